//! The vote journal's bytes: what is repaired, what is a torn write, what is damage.

use crate::network::Dice;
use crate::validators::hash;
use countersign_consensus::vote_journal::{Framer, PAYLOAD_BYTES_MAX, replay};
use countersign_types::Hash;
use proptest::prelude::*;

fn payloads(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|index| vec![index as u8; 3 + 40 * (index % 4)]).collect()
}

fn segment(payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<usize>) {
    let (mut framer, mut bytes, mut ends) = (Framer::new(hash("salt")), Vec::new(), vec![0]);
    for payload in payloads {
        bytes.extend(framer.frame(payload).unwrap());
        ends.push(bytes.len());
    }
    (bytes, ends)
}

#[test]
fn a_whole_segment_reads_back_and_goes_on() {
    let payloads = payloads(9);
    let (mut bytes, _) = segment(&payloads);
    let mut replayed = replay(&bytes, hash("salt")).unwrap();
    assert_eq!(replayed.payloads, payloads);
    assert_eq!(replayed.valid_len, bytes.len());
    assert_eq!(replayed.repaired, None);
    bytes.extend(replayed.framer.frame(b"next").unwrap());
    assert_eq!(replay(&bytes, hash("salt")).unwrap().payloads.len(), 10);
    assert_eq!(replay(b"", hash("salt")).unwrap().payloads, Vec::<Vec<u8>>::new());
}

#[test]
fn every_truncation_is_a_torn_write_of_the_last_record() {
    let payloads = payloads(5);
    let (bytes, ends) = segment(&payloads);
    for length in 0..bytes.len() {
        let replayed = replay(&bytes[..length], hash("salt")).unwrap();
        let whole = ends.iter().filter(|end| **end > 0 && **end <= length).count();
        // A record whose first copy is whole counts, and its second copy is repaired.
        let first_copy_whole = whole < payloads.len() && length >= ends[whole] + (ends[whole + 1] - ends[whole]) / 2;
        let expected = whole + usize::from(first_copy_whole);
        assert_eq!(replayed.payloads, payloads[..expected], "cut at {length}");
        assert_eq!(replayed.repaired.is_some(), first_copy_whole);
        if let Some(repaired) = replayed.repaired {
            assert_eq!(repaired, bytes[..ends[expected]]);
        }
    }
}

#[test]
fn every_single_flipped_bit_is_repaired() {
    let payloads = payloads(4);
    let (bytes, _) = segment(&payloads);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let replayed = replay(&flipped, hash("salt")).unwrap();
        assert_eq!(replayed.payloads, payloads, "bit {bit}");
        assert_eq!(replayed.repaired.as_ref(), Some(&bytes), "bit {bit}");
    }
}

#[test]
fn both_copies_bad_in_the_middle_are_damage_and_at_the_end_a_torn_write() {
    let payloads = payloads(4);
    let (bytes, ends) = segment(&payloads);
    for record in 0..payloads.len() {
        let (start, half) = (ends[record], (ends[record + 1] - ends[record]) / 2);
        let mut bad = bytes.clone();
        bad[start + half - 1] ^= 1;
        bad[start + 2 * half - 1] ^= 1;
        match replay(&bad, hash("salt")) {
            Ok(replayed) => {
                assert_eq!(record, payloads.len() - 1);
                assert_eq!(replayed.payloads, payloads[..record]);
                assert_eq!(replayed.valid_len, ends[record]);
            }
            Err(damaged) => {
                assert!(record < payloads.len() - 1);
                assert_eq!((damaged.intact, damaged.records), (ends[record], record));
            }
        }
    }
}

#[test]
fn a_record_cannot_be_left_out_moved_or_brought_from_elsewhere() {
    let payloads = payloads(4);
    let (bytes, ends) = segment(&payloads);
    let mut without = bytes.clone();
    without.drain(ends[1]..ends[2]);
    assert_eq!(replay(&without, hash("salt")).unwrap_err().records, 1);
    let mut twice = bytes.clone();
    twice.extend_from_slice(&bytes[ends[3]..]);
    assert_eq!(
        replay(&twice, hash("salt")).unwrap_err().records,
        4,
        "no torn write leaves an old record behind the end"
    );
    assert_eq!(replay(&bytes, hash("other")).unwrap().payloads.len(), 0, "another key's journal is empty");
}

#[test]
fn a_record_written_over_the_newest_ones_is_damage_and_no_torn_write() {
    let (mut bytes, ends) = segment(&payloads(6));
    let (start, length) = (ends[4], ends[1]);
    let first = bytes[..length].to_vec();
    bytes.truncate(start + length);
    bytes[start..].copy_from_slice(&first);
    assert!(replay(&bytes, hash("salt")).is_err());
    // Also if one of its copies alone is whole.
    bytes.truncate(start + length - 1);
    assert!(replay(&bytes, hash("salt")).is_err());
}

#[test]
fn a_payload_that_imitates_a_record_is_not_taken_for_one() {
    let (foreign, _) = {
        let mut framer = Framer::new(Hash::ZERO);
        let mut bytes = Vec::new();
        (0..9).for_each(|_| bytes.extend(framer.frame(b"forged").unwrap()));
        (bytes, ())
    };
    let mut framer = Framer::new(hash("salt"));
    let mut bytes = framer.frame(b"first").unwrap();
    let end = bytes.len();
    bytes.extend(framer.frame(&foreign).unwrap());
    let torn = &bytes[..end + foreign.len()];
    assert_eq!(replay(torn, hash("salt")).unwrap().payloads, [b"first".to_vec()]);
}

#[test]
fn an_oversize_record_is_refused() {
    let mut framer = Framer::new(Hash::ZERO);
    assert!(framer.frame(&vec![0; PAYLOAD_BYTES_MAX + 1]).is_err());
    assert!(framer.frame(&vec![0; PAYLOAD_BYTES_MAX]).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_panic_and_damage_never_invents_records(seed in any::<u64>(), hits in 1usize..6) {
        let payloads = payloads(6);
        let (mut bytes, _) = segment(&payloads);
        let mut dice = Dice(seed);
        for _ in 0..hits {
            let at = dice.roll(bytes.len() as u64) as usize;
            bytes[at] ^= 1 << dice.roll(8);
        }
        if let Ok(replayed) = replay(&bytes, hash("salt")) {
            prop_assert_eq!(&replayed.payloads[..], &payloads[..replayed.payloads.len()]);
        }
    }
}

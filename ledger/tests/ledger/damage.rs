//! Bit rot and lost records: noticed by reads and by the check of the whole database, never served.

use crate::chain::{Chain, genesis, work};
use countersign_ledger::store::{Batch, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, Ledger, LedgerError, MemoryStore, Reader, Store};
use countersign_types::Height;
use proptest::prelude::*;

fn sound(heights: u64) -> MemoryStore {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=heights {
        chain.commit_certified(&work(height));
    }
    store
}

/// Either the ledger refuses to open, or the check finds something.
fn is_noticed(store: MemoryStore) -> bool {
    match Ledger::open(store, &genesis()) {
        Err(_) => true,
        Ok(ledger) => !verify(&ledger.reader(), &genesis(), |_| ()).is_sound(),
    }
}

#[test]
fn a_sound_database_is_found_sound() {
    let store = sound(12);
    let ledger = Ledger::open(store, &genesis()).unwrap();
    let mut parts = std::collections::BTreeSet::new();
    let report = verify(&ledger.reader(), &genesis(), |progress| {
        assert!(progress.done <= progress.total);
        parts.insert(progress.part);
    });
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.blocks, 12);
    assert_eq!(report.certificates, 24);
    assert_eq!(report.log_records, 24);
    assert_eq!(parts, ["blocks", "state"].into());
}

#[test]
fn every_lost_record_of_the_tip_is_noticed() {
    let store = sound(5);
    for space in Space::ALL {
        for (key, _) in store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            let store = store.fork();
            store.lose(space, &key);
            // Old versions and old certificates may be missing without harm to the tip; reads of them say so.
            let is_current = match space {
                Space::Certificates => key == 5u64.to_be_bytes(),
                Space::Values | Space::Pages => !is_spare(&store),
                // All deltas since the genesis are there, which list every place.
                Space::Table => false,
                _ => true,
            };
            assert!(!is_current || is_noticed(store), "{space} {key:?}");
        }
    }
}

/// A lower certified height would look as if results were still to be certified, and nobody would ever do so again.
#[test]
fn a_certified_height_without_its_certificate_is_refused() {
    let store = sound(5);
    for bit in 0..64 {
        let store = store.fork();
        assert!(store.rot(Space::Meta, b"certified", bit));
        assert!(Ledger::open(store, &genesis()).is_err(), "bit {bit}");
    }
}

/// Whether what was done to a pack concerns only what no key at the tip needs: all of them are read.
fn is_spare(store: &MemoryStore) -> bool {
    let reader = Ledger::open(store.clone(), &genesis()).unwrap().reader();
    let keys = store.scan(Space::Keys, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    keys.into_iter().all(|(key, _)| reader.read(&key).is_ok_and(|value| value.is_some()))
}

/// What clients and execution are answered from the rows that no state root covers.
fn answers(reader: &Reader<MemoryStore>) -> Vec<Result<String, LedgerError>> {
    let mut answers = Vec::new();
    for height in (1..=5).map(Height) {
        answers.push(reader.header(height).map(|read| format!("{read:?}")));
        answers.push(reader.finality(height).map(|read| format!("{read:?}")));
        answers.push(reader.result(height).map(|read| format!("{read:?}")));
        answers.push(reader.result_certificate(height).map(|read| format!("{read:?}")));
        answers.push(reader.block(height).map(|read| format!("{read:?}")));
        answers.push(reader.receipts(height).map(|read| format!("{read:?}")));
        for stored in reader.transactions(height).unwrap_or_default() {
            answers.push(reader.receipt(&stored.id).map(|read| format!("{read:?}")));
            answers.push(reader.transaction(&stored.id).map(|read| format!("{read:?}")));
        }
    }
    answers.push(reader.keys_between(&[0], &[0xff], usize::MAX).map(|read| format!("{read:?}")));
    answers.push(reader.scan(&[0], None, usize::MAX).map(|read| format!("{read:?}")));
    answers
}

/// The spaces that [`answers`] are read from, other than the state's.
const CHECKED: [Space; 4] = [Space::Headers, Space::Receipts, Space::Certificates, Space::Keys];

#[test]
fn a_row_that_was_written_in_the_place_of_another_is_damage() {
    let store = sound(5);
    let pristine = answers(&Ledger::open(store.fork(), &genesis()).unwrap().reader());
    for space in CHECKED {
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        let (first, (second, value)) = (rows[0].0.clone(), rows[1].clone());
        let store = store.fork();
        let mut batch = Batch::default();
        batch.put(space, first.as_slice(), value);
        store.write(batch, true).unwrap();
        let found = answers(&Ledger::open(store, &genesis()).unwrap().reader());
        let named = found.iter().filter_map(|answer| answer.as_ref().err()).map(ToString::to_string);
        assert!(named.clone().any(|said| said.contains(space.name())), "{space}: {:?}", named.collect::<Vec<_>>());
        for (found, pristine) in found.iter().zip(&pristine) {
            assert!(found.is_err() || found.as_ref().ok() == pristine.as_ref().ok(), "{space} {second:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No flipped bit makes a read answer something else than before: it answers the same or fails.
    #[test]
    fn flipped_bits_are_never_served(space in 0..Space::ALL.len(), row in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let space = Space::ALL[space];
        let store = sound(5);
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        let (key, value) = row.get(&rows).clone();
        prop_assume!(!value.is_empty());
        let pristine = Ledger::open(store.fork(), &genesis()).unwrap().reader();
        prop_assert!(store.rot(space, &key, bit.index(value.len() * 8)));
        let Ok(ledger) = Ledger::open(store.clone(), &genesis()) else { return Ok(()) };
        let reader = ledger.reader();
        if CHECKED.contains(&space) {
            for (found, pristine) in answers(&reader).into_iter().zip(answers(&pristine)) {
                prop_assert!(found.is_err() || found.ok() == pristine.ok(), "{} {:?}", space, key);
            }
        }
        for (state_key, _) in store.scan(Space::Keys, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            if let Ok(found) = reader.read(&state_key) {
                prop_assert_eq!(found, pristine.read(&state_key).unwrap());
            }
        }
        let is_unchecked = matches!(space, Space::Values | Space::Pages) && is_spare(&store);
        prop_assert!(is_unchecked || !verify(&reader, &genesis(), |_| ()).is_sound(), "{} {:?}", space, key);
    }
}

//! Whom a node that is behind asks, and when.

use crate::chain::{BEGIN, call, genesis, key, open};
use crate::network::{Validator, asked_blocks, certified_blocks, sent};
use countersign_ledger::snapshot::{self, Piece};
use countersign_ledger::{Ledger, MemoryStore};
use countersign_replica::Output;
use countersign_replica::catch_up::CatchUp;
use countersign_replica::wire::Wire;
use countersign_types::Height;
use std::collections::BTreeMap;

#[test]
fn one_peer_is_asked_at_a_time_and_never_itself() {
    let mut catch_up = CatchUp::default();
    assert_eq!(catch_up.due(BEGIN, Height(3), 4, Some(1)), None);
    catch_up.want(Height(9), 0);
    assert_eq!(catch_up.due(BEGIN, Height(3), 4, Some(1)), Some((0, Height(4))));
    assert!(catch_up.awaits(0) && !catch_up.awaits(2));
    assert_eq!(catch_up.next_at(), Some(BEGIN.plus(2_000)));
    assert_eq!(catch_up.due(BEGIN.plus(1_999), Height(3), 4, Some(1)), None);
    // No answer: the next peer, past itself.
    assert_eq!(catch_up.due(BEGIN.plus(2_000), Height(3), 4, Some(1)), Some((2, Height(4))));
    // A useful answer: the same one again, at once, from where the ledger stands.
    catch_up.answered(true, 4);
    assert_eq!(catch_up.due(BEGIN.plus(2_010), Height(7), 4, Some(1)), Some((2, Height(8))));
    // A useless one: the next, but not before it is time to ask again.
    catch_up.answered(false, 4);
    assert_eq!(catch_up.due(BEGIN.plus(2_020), Height(7), 4, Some(1)), None);
    assert_eq!(catch_up.due(BEGIN.plus(4_010), Height(7), 4, Some(1)), Some((3, Height(8))));
    catch_up.answered(true, 4);
    assert_eq!(catch_up.due(BEGIN.plus(4_030), Height(9), 4, Some(1)), None);
    assert!(!catch_up.is_active() && catch_up.next_at().is_none());
}

#[test]
fn the_highest_wish_counts_and_a_clock_set_back_delays_nothing() {
    let mut catch_up = CatchUp::default();
    catch_up.want(Height(9), 2);
    catch_up.want(Height(5), 3);
    assert_eq!(catch_up.target(), Some(Height(9)));
    assert_eq!(catch_up.due(BEGIN, Height(5), 4, None), Some((2, Height(6))));
    assert!(catch_up.due(countersign_types::TimestampMs(5), Height(5), 4, None).is_some());
}

#[test]
fn a_height_that_nobody_has_is_given_up() {
    let mut catch_up = CatchUp::default();
    catch_up.want(Height(u64::MAX), 2);
    for round in 0..4 {
        assert!(catch_up.due(BEGIN.plus(2_000 * round), Height(5), 4, Some(1)).is_some(), "round {round}");
        catch_up.answered(false, 4);
    }
    assert!(!catch_up.is_active());
    catch_up.want(Height(7), 0);
    assert_eq!(catch_up.due(BEGIN.plus(8_000), Height(5), 4, Some(1)).map(|(_, from)| from), Some(Height(6)));
}

#[test]
fn peers_that_no_longer_keep_a_block_are_believed_once_more_say_so_than_can_be_faulty() {
    let mut catch_up = CatchUp::default();
    catch_up.want(Height(900), 2);
    assert!(catch_up.due(BEGIN, Height(5), 4, Some(1)).is_some());
    catch_up.gone(2, Height(700));
    catch_up.gone(2, Height(700));
    assert_eq!(catch_up.peers_keep_from(1), None, "one may lie");
    catch_up.gone(3, Height(650));
    assert_eq!(catch_up.peers_keep_from(1), Some(Height(700)));
    // It is not forgotten when the target is given up, but with the next block that comes.
    (0..4).for_each(|_| catch_up.answered(false, 4));
    assert_eq!(catch_up.peers_keep_from(1), Some(Height(700)));
    catch_up.answered(true, 4);
    assert_eq!(catch_up.peers_keep_from(1), None);
}

/// A validator that has six blocks, and one that was made from its snapshot.
#[test]
fn who_has_not_got_a_block_any_more_says_so_and_who_needs_it_says_what_to_do() {
    let calls: Vec<_> = (0..6).map(|nonce| call(11, nonce)).collect();
    let blocks = certified_blocks(6, &calls);
    let mut whole = Validator::with(3, open(Ledger::create(MemoryStore::new(), &genesis()).unwrap(), Some(key(4))));
    let (peer, _) = whole.fall_behind(0);
    whole.hear(peer, Wire::Blocks { certified: Height(6), blocks: blocks.clone() });
    let mut pieces: BTreeMap<Piece, Vec<u8>> = BTreeMap::new();
    let _ = snapshot::make(&whole.replica.reader(), &genesis(), Height(6), &mut pieces, |_| {}).unwrap();
    let restored = snapshot::restore(MemoryStore::new(), &pieces, &genesis(), |_| {}).unwrap();
    let mut pruned = Validator::with(2, open(restored, Some(key(3))));
    let outputs = pruned.hear(0, Wire::BlocksWanted { from: Height(3) });
    let gone = sent(&outputs).map(|(_, message)| message.clone()).collect::<Vec<_>>();
    assert_eq!(gone, [Wire::BlocksGone { oldest: Height(7) }]);
    // Of what is not there yet, nothing is said but that.
    let outputs = pruned.hear(0, Wire::BlocksWanted { from: Height(7) });
    let none = sent(&outputs).map(|(_, message)| message.clone()).collect::<Vec<_>>();
    assert_eq!(none, [Wire::Blocks { certified: Height(6), blocks: Vec::new() }]);

    let mut behind = Validator::new(3);
    let stranded = |outputs: &[Output]| {
        let told = outputs.iter().filter_map(|output| match output {
            Output::Stranded { needs, oldest } => Some((*needs, *oldest)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let (mut peer, _) = behind.fall_behind(0);
    let mut told = Vec::new();
    for _ in 0..4 {
        let outputs = behind.hear(peer, Wire::BlocksGone { oldest: Height(7) });
        told.push(stranded(&outputs));
        let asked = (0..30).find_map(|_| asked_blocks(&behind.wait(100)));
        peer = asked.map_or_else(|| behind.fall_behind(peer).0, |(peer, _)| peer);
    }
    // One peer may lie; afterwards it is said once.
    assert_eq!(told, [vec![], vec![(Height(1), Height(7))], vec![], vec![]]);
    assert_eq!(behind.replica.counters().peers_keep_from, 7);
    behind.hear(peer, Wire::Blocks { certified: Height(6), blocks });
    assert_eq!((behind.height(), behind.replica.counters().peers_keep_from), (Height(6), 0));
}

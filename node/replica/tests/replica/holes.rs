//! Result certificates that a power failure took, since they are not synced, are got back from peers.

use crate::chain::{call, genesis, key, open};
use crate::network::{Validator, asked_blocks, certified_blocks, sent};
use countersign_consensus::Message;
use countersign_ledger::store::Space;
use countersign_ledger::{Ledger, MemoryStore};
use countersign_replica::limits::TRANSACTIONS_SERVED_BURST;
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_types::{Epoch, Height};

#[test]
fn missing_certificates_far_below_the_tip_are_asked_for_and_proven() {
    const BLOCKS: usize = 40;
    let store = MemoryStore::new();
    let calls: Vec<_> = (0..BLOCKS as u64).map(|nonce| call(11, nonce)).collect();
    let blocks = certified_blocks(BLOCKS, &calls);
    let mut last = Validator::with(3, open(Ledger::create(store.clone(), &genesis()).unwrap(), Some(key(4))));
    let (peer, _) = last.fall_behind(0);
    last.hear(peer, Wire::Blocks { certified: Height(BLOCKS as u64), blocks: blocks.clone() });
    assert_eq!(last.height(), Height(BLOCKS as u64));
    for height in [5u64, 9, 23] {
        store.lose(Space::Certificates, &height.to_be_bytes());
    }
    let now = last.now;
    drop(last);

    let mut last = Validator::with(3, open(Ledger::open(store, &genesis()).unwrap(), Some(key(4))));
    last.now = now;
    let (peer, from) = (0..100).find_map(|_| asked_blocks(&last.wait(100))).expect("it asks for what it lacks");
    assert_eq!(from, Height(5));
    // A certificate of another height or with a forged signature fills nothing.
    let mut wrong = blocks[4..].to_vec();
    wrong[0].certificate = blocks[5].certificate.clone();
    wrong[4].certificate.signatures[1].1 = wrong[4].certificate.signatures[0].1;
    last.hear(peer, Wire::Blocks { certified: Height(BLOCKS as u64), blocks: wrong });
    let certificate = |last: &Validator, height| last.replica.reader().result_certificate(Height(height)).unwrap();
    assert_eq!((certificate(&last, 5), certificate(&last, 9)), (None, None));
    assert_eq!(certificate(&last, 23), Some(blocks[22].certificate.clone()));
    let (peer, from) = (0..100).find_map(|_| asked_blocks(&last.wait(100))).expect("it asks again");
    assert_eq!(from, Height(5));
    last.hear(peer, Wire::Blocks { certified: Height(BLOCKS as u64), blocks: blocks[4..].to_vec() });
    for height in 1..=BLOCKS as u64 {
        assert_eq!(certificate(&last, height), Some(blocks[height as usize - 1].certificate.clone()), "{height}");
    }
    assert_eq!((0..50).find_map(|_| asked_blocks(&last.wait(100))), None, "nothing is missing any more");
}

/// Result certificates are not synced, so a power failure at all of them leaves the last block final, executed and
/// uncertified. Who did not execute it gets it from those who did, though their engines have begun anew since.
#[test]
fn a_block_that_is_executed_and_not_certified_is_served_after_a_restart() {
    let store = MemoryStore::new();
    let blocks = certified_blocks(2, &[call(11, 0), call(11, 1)]);
    let mut victim = Validator::with(3, open(Ledger::create(store.clone(), &genesis()).unwrap(), Some(key(4))));
    let (peer, _) = victim.fall_behind(0);
    victim.hear(peer, Wire::Blocks { certified: Height(2), blocks: blocks.clone() });
    assert_eq!(victim.height(), Height(2));
    drop(victim);
    store.crash(0);

    let mut victim = Validator::with(3, open(Ledger::open(store, &genesis()).unwrap(), Some(key(4))));
    let asked = |block: &CertifiedBlock, victim: &mut Validator| {
        let message = Message::BlockRequest { block: block.block.hash() };
        let outputs = victim.hear(1, Wire::Consensus { epoch: Epoch::ZERO, message });
        let answer = Message::BlockResponse(Box::new(block.block.clone()));
        let answer = Wire::Consensus { epoch: Epoch::ZERO, message: answer };
        sent(&outputs).any(|(_, message)| *message == answer)
    };
    assert!(asked(&blocks[1], &mut victim));
    assert!(!asked(&blocks[0], &mut victim), "what is certified is caught up on");
    let answers = (0..1_000).filter(|_| asked(&blocks[1], &mut victim)).count();
    assert!(u32::try_from(answers).unwrap() < TRANSACTIONS_SERVED_BURST, "{answers}");
}

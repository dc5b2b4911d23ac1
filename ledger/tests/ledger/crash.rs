//! Crashes at every write, and writes that fail.

use crate::chain::{Chain, genesis, work};
use countersign_ledger::store::memory::Fault;
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, LedgerError, MemoryStore};
use countersign_types::Height;

#[test]
fn committed_blocks_survive_power_loss() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=8 {
        let result = chain.commit(&work(height));
        assert_eq!(store.unsynced(), 0, "a commit is synced");
        store.crash(0);
        let reopened = Ledger::open(store.clone(), &genesis()).unwrap();
        assert_eq!(reopened.tip().result, result);
        let report = verify(&reopened.reader(), &genesis(), |_| ());
        assert!(report.is_sound(), "{report:?}");
    }
}

#[test]
fn a_lost_certificate_is_gathered_again() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let result = chain.commit_certified(&work(1));
    assert_eq!(store.unsynced(), 1, "a certificate is not synced");
    store.crash(0);
    let mut reopened = Chain { genesis: genesis(), ledger: Ledger::open(store, &genesis()).unwrap() };
    assert_eq!(reopened.reader().certified(), Height::ZERO);
    reopened.certify(&result);
    reopened.commit(&work(2));
    assert_eq!(reopened.reader().certified(), Height(1));
}

#[test]
fn after_a_failed_write_nothing_is_taken_and_the_disk_is_whole() {
    for fault in [Fault::Lost, Fault::Kept] {
        for after in 0..4 {
            let store = MemoryStore::new();
            let mut chain = Chain::create(store.clone());
            store.fail_after(after, fault);
            let mut last = chain.tip().clone();
            let failed = (1..=10).find_map(|height| {
                let block = chain.block(&work(height));
                let failed = chain.ledger.commit(block).err();
                if failed.is_none() {
                    last = chain.tip().clone();
                }
                failed
            });
            assert!(matches!(failed, Some(LedgerError::Store(_))), "{failed:?}");
            assert_eq!(*chain.tip(), last, "a failed commit does not show");
            let next = chain.block(&work(last.height.0 + 1));
            assert!(matches!(chain.ledger.commit(next), Err(LedgerError::Poisoned)));
            let result = last.result.clone();
            if last.height > Height::ZERO {
                let certificate = crate::chain::certify(
                    &chain.genesis,
                    countersign_types::Phase::Checkpoint,
                    result.height.0,
                    result.hash(),
                );
                let refused = chain.ledger.put_result_certificate(&result, &certificate);
                assert!(matches!(refused, Err(LedgerError::Poisoned)));
            }

            store.crash(usize::MAX);
            let reopened = Ledger::open(store, &genesis()).unwrap();
            let kept = if fault == Fault::Kept { 1 } else { 0 };
            assert_eq!(reopened.tip().height.0, last.height.0 + kept);
            let report = verify(&reopened.reader(), &genesis(), |_| ());
            assert!(report.is_sound(), "{report:?}");
        }
    }
}

#[test]
fn a_torn_creation_leaves_nothing() {
    let store = MemoryStore::new();
    store.fail_after(0, Fault::Lost);
    assert!(Ledger::create(store.clone(), &genesis()).is_err());
    store.crash(0);
    assert!(matches!(Ledger::open(store.clone(), &genesis()), Err(LedgerError::Empty)));
    Ledger::create(store, &genesis()).unwrap();
}

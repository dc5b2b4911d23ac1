//! Old heights stay readable for as long as promised, and no longer than bounded.

use crate::chain::{Chain, contract, work};
use countersign_ledger::limits::STATE_HEIGHTS_RETAINED;
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, LedgerError, MemoryStore, Store};
use countersign_types::{Height, state_key};

fn rows(store: &MemoryStore, space: Space) -> usize {
    store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap().len()
}

#[test]
fn retained_heights_are_readable_and_older_ones_say_pruned() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    let heights = STATE_HEIGHTS_RETAINED + 40;
    for height in 1..=heights {
        chain.commit_certified(&work(height));
    }
    let reader = chain.reader();
    let oldest = heights + 1 - STATE_HEIGHTS_RETAINED;
    assert_eq!(reader.oldest_state(), Height(oldest));
    for height in oldest..=heights {
        let value = reader.read_at(&key, Height(height)).unwrap();
        assert_eq!(value, Some(height.to_be_bytes().to_vec()));
        let witness = reader.witness(Height(height), &[&key]).unwrap();
        let root = reader.result(Height(height)).unwrap().unwrap().state_root;
        witness.verify(&root).unwrap().check(&key, value.as_deref()).unwrap();
        assert_eq!(reader.log_at(&contract(), b"all", Height(height)).unwrap().len() as u64, height);
    }
    let pruned = reader.read_at(&key, Height(oldest - 1));
    assert!(matches!(pruned, Err(LedgerError::Pruned { oldest: found, .. }) if found == Height(oldest)));
    let unknown = reader.read_at(&key, Height(heights + 1));
    assert!(matches!(unknown, Err(LedgerError::Unknown { .. })));
    assert_eq!(rows(&store, Space::Roots) as u64, STATE_HEIGHTS_RETAINED);
    assert_eq!(rows(&store, Space::Stale) as u64, STATE_HEIGHTS_RETAINED - 1);
    let report = verify(&reader, &chain.genesis, |_| ());
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn pruning_leaves_exactly_what_retained_heights_need() {
    // Sixty rounds of overwriting the same keys after the retention began must not grow the store.
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let same = work(1);
    let mut sizes = Vec::new();
    for height in 1..=STATE_HEIGHTS_RETAINED + 60 {
        let mut work = same.clone();
        for value in work.writes.values_mut() {
            *value = Some(height.to_be_bytes().to_vec());
        }
        work.appends.clear();
        chain.commit_certified(&work);
        if height > STATE_HEIGHTS_RETAINED + 10 {
            sizes.push((rows(&store, Space::Values), rows(&store, Space::Pages)));
        }
    }
    assert!(sizes.windows(2).all(|pair| pair[0] == pair[1]), "{sizes:?}");
}

#[test]
fn the_certified_state_is_never_pruned() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit_certified(&work(1));
    for height in 2..=STATE_HEIGHTS_RETAINED + 20 {
        chain.commit(&work(height));
    }
    let reader = chain.reader();
    assert_eq!(reader.oldest_state(), Height(1));
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    assert_eq!(reader.read_at(&key, Height(1)).unwrap(), Some(1u64.to_be_bytes().to_vec()));
}

#[test]
fn a_backlog_of_old_heights_is_worked_off() {
    let mut chain = Chain::create(MemoryStore::new());
    let mut results = Vec::new();
    for height in 1..=STATE_HEIGHTS_RETAINED + 20 {
        results.push(chain.commit(&work(height)));
    }
    chain.certify(results.last().unwrap());
    for height in 1..=30 {
        chain.commit_certified(&work(STATE_HEIGHTS_RETAINED + 20 + height));
    }
    assert_eq!(chain.reader().oldest_state(), Height(51));
}

#[test]
fn readers_work_beside_the_writer() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit_certified(&work(1));
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (reader, key) = (chain.reader(), key.clone());
            scope.spawn(move || {
                let mut last = Height::ZERO;
                while last < Height(200) {
                    let height = reader.tip().height;
                    assert!(height >= last);
                    last = height;
                    match reader.read_at(&key, height) {
                        Ok(value) => assert_eq!(value, Some(height.0.to_be_bytes().to_vec())),
                        Err(cause) => assert!(matches!(cause, LedgerError::Pruned { .. }), "{cause}"),
                    }
                }
            });
        }
        for height in 2..=200 {
            chain.commit_certified(&work(height));
        }
    });
}

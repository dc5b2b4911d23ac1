//! Both stores answer alike.

use countersign_ledger::store::{Batch, KeyRange, Space};
use countersign_ledger::{Direction, MemoryStore, RocksStore, Store};
use proptest::prelude::*;
use std::ops::Bound;

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(u8, Vec<u8>, Option<Vec<u8>>)>),
    Scan(u8, KeyRange, bool, usize),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0u8, 1, 255]), 0..4)
}

fn bound() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![key().prop_map(Bound::Included), key().prop_map(Bound::Excluded), Just(Bound::Unbounded)]
}

fn range() -> impl Strategy<Value = KeyRange> {
    prop_oneof![
        (bound(), bound()).prop_map(|(from, to)| KeyRange { from, to }),
        key().prop_map(|prefix| KeyRange::prefix(&prefix)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec((0..2u8, key(), prop::option::of(key())), 1..6).prop_map(Step::Write),
        (0..2u8, range(), any::<bool>(), 0..20usize).prop_map(|(space, range, is_backward, limit)| Step::Scan(
            space,
            range,
            is_backward,
            limit
        )),
    ]
}

fn space(number: u8) -> Space {
    if number == 0 { Space::Keys } else { Space::Logs }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn memory_and_rocksdb_agree(steps in prop::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        let rocks = RocksStore::create(&directory.path().join("db")).unwrap();
        let memory = MemoryStore::new();
        for step in steps {
            match step {
                Step::Write(changes) => {
                    let mut batch = Batch::default();
                    for (number, key, value) in changes {
                        match value {
                            Some(value) => batch.put(space(number), key, value),
                            None => batch.remove(space(number), key),
                        }
                    }
                    memory.write(batch.clone(), true).unwrap();
                    rocks.write(batch, false).unwrap();
                }
                Step::Scan(number, range, is_backward, limit) => {
                    let direction = if is_backward { Direction::Backward } else { Direction::Forward };
                    let found = memory.scan(space(number), &range, direction, limit).unwrap();
                    prop_assert_eq!(&found, &rocks.scan(space(number), &range, direction, limit).unwrap());
                    for (key, value) in found {
                        prop_assert!(range.contains(&key));
                        prop_assert_eq!(rocks.get(space(number), &key).unwrap(), Some(value));
                    }
                }
            }
        }
    }
}

#[test]
fn memory_keeps_a_prefix_of_unsynced_batches() {
    let put = |store: &MemoryStore, value: u8, sync| {
        let mut batch = Batch::default();
        batch.put(Space::Meta, [1], [value]);
        batch.put(Space::Meta, [value], [value]);
        store.write(batch, sync).unwrap();
    };
    for kept in 0..=3usize {
        let store = MemoryStore::new();
        put(&store, 10, true);
        for value in 11..=13 {
            put(&store, value, false);
        }
        assert_eq!(store.unsynced(), 3);
        store.crash(kept);
        let last = 10 + u8::try_from(kept).unwrap();
        assert_eq!(store.get(Space::Meta, &[1]).unwrap(), Some(vec![last]));
        for value in 10..=13 {
            assert_eq!(store.get(Space::Meta, &[value]).unwrap().is_some(), value <= last);
        }
    }
}

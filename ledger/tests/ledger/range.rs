//! Pages of long logs and earlier results: proven from the trees that are stored, and never served from damaged ones.

use crate::chain::{Chain, START, Work, contract, work};
use countersign_ledger::limits::{LOG_PAGE_BYTES_MAX, PAGE_ITEMS_MAX, RANGE_TREE_LEVEL_MIN};
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, Fate, Ledger, LedgerError, MemoryStore, Store};
use countersign_types::range::Range;
use countersign_types::{Hash, Height, TimestampMs};

const LOG: &[u8] = b"long";

/// Appends so many records to a log, and one to another.
fn appending(count: usize) -> Work {
    let mut appends: Vec<_> = (0..count).map(|index| (LOG.to_vec(), index.to_be_bytes().to_vec())).collect();
    appends.push((b"short".to_vec(), vec![1]));
    Work { transactions: 1, appends, ..Work::default() }
}

/// Blocks that append 1, 2, 3, … records, so that a block begins and ends at all kinds of places.
fn long(store: MemoryStore, blocks: usize) -> Chain<MemoryStore> {
    let mut chain = Chain::create(store);
    for count in 1..=blocks {
        chain.commit_certified(&appending(count));
    }
    chain
}

fn tree_rows(store: &MemoryStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    store.scan(Space::Trees, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap()
}

#[test]
fn every_page_is_proven_under_the_log_of_every_height() {
    let chain = long(MemoryStore::new(), 24);
    let (reader, total) = (chain.reader(), 300u64);
    let all = reader.log_at(&contract(), LOG, Height(24)).unwrap();
    assert_eq!(all.len() as u64, total);
    for height in [1, 11, 12, 16, 23, 24] {
        let count = height * (height + 1) / 2;
        for start in (0..=count).filter(|start| start % 7 == 0 || start % 64 < 2 || *start + 2 > count) {
            for limit in [1usize, 2, 63, 64, 65, 1000] {
                let page = reader.log_page(&contract(), LOG, Height(height), start..u64::MAX, limit).unwrap();
                let end = (start + limit as u64).min(count);
                assert_eq!((page.start, page.end(), page.is_last()), (start, end, end == count));
                assert_eq!(page.records, all[start as usize..end as usize]);
                assert_eq!(page.range, reader.log_range(&contract(), LOG, Height(height)).unwrap());
                let items: Vec<Hash> =
                    (start..).zip(&page.records).map(|(at, record)| record.item(&contract(), LOG, at)).collect();
                assert_eq!(page.path.verify(&page.range, start, &items), Ok(()));
            }
        }
    }
    let beyond = reader.log_page(&contract(), LOG, Height(24), 500..600, 10).unwrap();
    assert_eq!((beyond.start, beyond.records.len(), beyond.is_last()), (total, 0, true));
    let none = reader.log_page(&contract(), b"none", Height(24), 0..10, 10).unwrap();
    assert_eq!((none.range, none.records.len()), (Range::default(), 0));
    let between = reader.log_page(&contract(), LOG, Height(24), 60..70, 1000).unwrap();
    assert_eq!((between.start, between.end(), between.is_last()), (60, 70, false));
}

#[test]
fn a_log_had_at_any_height_the_records_of_the_blocks_up_to_it() {
    let chain = long(MemoryStore::new(), 150);
    let reader = chain.reader();
    assert!(reader.oldest_state() > Height(20));
    for height in 0..=150 {
        assert_eq!(reader.log_len_at(&contract(), LOG, Height(height)).unwrap(), height * (height + 1) / 2);
        assert_eq!(reader.log_len_at(&contract(), b"none", Height(height)).unwrap(), 0);
    }
    let beyond = reader.log_len_at(&contract(), LOG, Height(151));
    assert!(matches!(beyond, Err(LedgerError::Unknown { .. })));
}

#[test]
fn a_page_ends_before_it_holds_too_much() {
    let mut chain = Chain::create(MemoryStore::new());
    let entry = vec![7; LOG_PAGE_BYTES_MAX / 10];
    let appends = (0..25).map(|_| (LOG.to_vec(), entry.clone())).collect();
    chain.commit_certified(&Work { appends, ..Work::default() });
    let larger = Work { appends: vec![(b"one".to_vec(), vec![7; LOG_PAGE_BYTES_MAX + 1])], ..Work::default() };
    chain.commit_certified(&larger);
    let page = |log: &[u8], start| chain.reader().log_page(&contract(), log, Height(2), start..u64::MAX, 1000).unwrap();
    assert_eq!((page(LOG, 0).end(), page(LOG, 10).end(), page(LOG, 20).end()), (10, 20, 25));
    assert_eq!(page(b"one", 0).end(), 1);
    let many = Work { appends: (0..1500).map(|_| (b"many".to_vec(), vec![1])).collect(), ..Work::default() };
    chain.commit_certified(&many);
    let page = chain.reader().log_page(&contract(), b"many", Height(3), 0..u64::MAX, usize::MAX).unwrap();
    assert_eq!(page.records.len(), PAGE_ITEMS_MAX);
}

#[test]
fn each_result_is_shown_under_each_later_one() {
    let chain = long(MemoryStore::new(), 140);
    let reader = chain.reader();
    let result = |height| reader.result(Height(height)).unwrap().unwrap();
    for later in [2, 3, 64, 65, 66, 129, 140] {
        for earlier in (1..later).filter(|height| height % 5 == 1 || later - height < 3) {
            let proof = reader.result_proof(Height(earlier), Height(later)).unwrap();
            assert_eq!(proof.verify(&result(earlier), &result(later)), Ok(()));
            assert!(proof.path.0.len() <= 7);
        }
    }
    for (earlier, later) in [(0, 5), (5, 5), (6, 5), (5, 141)] {
        let refused = reader.result_proof(Height(earlier), Height(later));
        assert!(matches!(refused, Err(LedgerError::Unknown { .. })), "{earlier} {later}");
    }
}

#[test]
fn trees_are_taken_back_with_their_blocks() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for count in 1..=70 {
        chain.commit_certified(&appending(count));
    }
    let (before, tip) = (tree_rows(&store), chain.tip().clone());
    for _ in 0..3 {
        for count in [3, 200, 1, 64] {
            chain.commit(&appending(count));
        }
        assert!(tree_rows(&store).len() > before.len());
        chain.ledger.rewind(Height(70), Fate::Dropped).unwrap();
        assert_eq!(tree_rows(&store), before);
        assert_eq!(*chain.tip(), tip);
    }
    chain.ledger.rewind(Height(70), Fate::Dropped).unwrap();
    assert_eq!(*chain.tip(), tip);
    let report = verify(&chain.reader(), &chain.genesis, |_| ());
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn a_damaged_tree_is_noticed_and_serves_nothing() {
    let store = MemoryStore::new();
    let mut chain = long(store.clone(), 70);
    let genesis = chain.genesis.clone();
    let rows = tree_rows(&store);
    let of_results = rows.iter().filter(|(key, _)| key.starts_with(&[0; 16])).count();
    // 70 results; 2,485 records, and 70 in the other log.
    assert_eq!((of_results, rows.len()), (1, 1 + 38 + 19 + 9 + 4 + 2 + 1 + 1));
    for (key, _) in &rows {
        let (lost, rotten) = (store.fork(), store.fork());
        lost.lose(Space::Trees, key);
        assert!(rotten.rot(Space::Trees, key, 5));
        for damaged in [lost, rotten] {
            let ledger = Ledger::open(damaged, &genesis).unwrap();
            let reader = ledger.reader();
            assert!(!verify(&reader, &genesis, |_| ()).is_sound());
            for start in (0..2485).step_by(97) {
                let page = |reader: &countersign_ledger::Reader<_>| {
                    reader.log_page(&contract(), LOG, Height(70), start..u64::MAX, 10)
                };
                match page(&reader) {
                    Ok(found) => assert_eq!(found, page(&chain.reader()).unwrap()),
                    Err(cause) => assert!(matches!(cause, LedgerError::Damaged { .. }), "{cause}"),
                }
            }
        }
    }
    // The range that a rewind goes back to is made of them.
    chain.commit(&appending(1));
    let damaged = store.fork();
    assert!(damaged.rot(Space::Trees, &rows[0].0, 0));
    let mut ledger = Ledger::open(damaged, &genesis).unwrap();
    assert!(matches!(ledger.rewind(Height(70), Fate::Dropped), Err(LedgerError::Damaged { .. })));
}

#[test]
fn only_large_trees_are_rows() {
    let store = MemoryStore::new();
    let chain = long(store.clone(), 10);
    assert_eq!(tree_rows(&store), []);
    drop(chain);
    assert_eq!(RANGE_TREE_LEVEL_MIN, 6);
}

#[test]
fn the_height_of_a_time_is_that_of_the_last_block_until_then() {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=20 {
        chain.commit(&work(height));
    }
    let at = |ms: u64, last| chain.reader().height_at(TimestampMs(START.0 + ms), Height(last)).unwrap().0;
    assert_eq!((at(0, 20), at(999, 20), at(1000, 20), at(1001, 20)), (0, 0, 1, 1));
    for height in 1..=20 {
        assert_eq!((at(height * 1000 - 1, 20), at(height * 1000, 20)), (height - 1, height));
        assert_eq!(at(height * 1000, 5), height.min(5));
    }
    assert_eq!((at(1 << 40, 20), at(1 << 40, 99)), (20, 20));
}

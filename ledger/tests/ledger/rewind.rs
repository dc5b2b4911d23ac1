//! Taking blocks back leaves what was there before them, and nothing of them.

use crate::chain::{Chain, Work, contract, work};
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, Fate, Ledger, LedgerError, MemoryStore, Store};
use countersign_types::{Height, state_key};

/// All rows but those of packs, which stay, of the list of places, which is written anew, and of the state's accounts, which count on.
fn rows(store: &MemoryStore) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
    let spaces = Space::ALL.into_iter().filter(|space| !matches!(space, Space::Pages | Space::Values | Space::Table));
    let rows = spaces.flat_map(|space| {
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        rows.into_iter().map(move |(key, value)| (space, key, value))
    });
    rows.filter(|(_, key, _)| key != b"state").collect()
}

fn storage(name: &[u8]) -> Vec<u8> {
    state_key::storage(&contract(), name)
}

/// Inserts, changes and removes keys, appends to a log that is there and to one that is not, announces events.
fn busy(turn: u64) -> Work {
    let mut work = work(turn);
    work.transactions = 3;
    work.writes.insert(storage(b"same"), Some(turn.to_be_bytes().to_vec()));
    work.writes.insert(storage(&turn.to_le_bytes()), Some(vec![1]));
    work.writes.insert(storage(&(turn.saturating_sub(2)).to_le_bytes()), None);
    work.appends.push((b"all".to_vec(), vec![turn as u8]));
    work.appends.push((turn.to_le_bytes().to_vec(), vec![2]));
    work
}

#[test]
fn what_is_taken_back_leaves_nothing_and_can_be_done_again() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for turn in 1..=5 {
        chain.commit_certified(&busy(turn));
    }
    let (before, tip) = (rows(&store), chain.tip().clone());
    let first: Vec<_> = (6..=9).map(|turn| chain.commit(&busy(turn))).collect();
    let genesis = chain.genesis.clone();
    chain.ledger.rewind(Height(5), Fate::Dropped).unwrap();
    assert_eq!(rows(&store), before);
    assert_eq!(*chain.tip(), tip);
    assert_eq!(*chain.reader().tip(), tip);
    assert_eq!(chain.ledger.aside().unwrap(), None);
    assert!(verify(&chain.reader(), &genesis, |_| {}).is_sound());
    // Also for the next process.
    let mut chain = Chain { ledger: Ledger::open(store.clone(), &genesis).unwrap(), genesis };
    let again: Vec<_> = (6..=9).map(|turn| chain.commit(&busy(turn))).collect();
    assert_eq!(again, first);
    for result in &again {
        chain.certify(result);
    }
    assert!(verify(&chain.reader(), &chain.genesis, |_| {}).is_sound());
}

#[test]
fn blocks_that_stay_final_wait_to_be_executed_again() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    chain.commit_certified(&busy(1));
    let blocks: Vec<_> = (2..=4)
        .map(|turn| {
            let block = chain.block(&busy(turn));
            chain.ledger.commit(block.clone()).unwrap();
            block
        })
        .collect();
    let genesis = chain.genesis.clone();
    chain.ledger.rewind(Height(2), Fate::Again).unwrap();
    chain.ledger.rewind(Height(1), Fate::Again).unwrap();
    let mut ledger = Ledger::open(store, &genesis).unwrap();
    for block in blocks {
        let aside = ledger.aside().unwrap().unwrap();
        assert_eq!((&aside.block, &aside.certificate), (&block.block, &block.certificate));
        assert_eq!(aside.transactions.len(), 3);
        let _ = ledger.commit(block).unwrap();
    }
    assert_eq!(ledger.aside().unwrap(), None);
    assert!(verify(&ledger.reader(), &genesis, |_| {}).is_sound());
}

#[test]
fn nothing_certified_is_taken_back_and_the_first_block_may_be() {
    let mut chain = Chain::create(MemoryStore::new());
    let begin = chain.tip().clone();
    let first = chain.commit(&busy(1));
    chain.ledger.rewind(Height(0), Fate::Dropped).unwrap();
    assert_eq!(*chain.tip(), begin);
    assert_eq!(chain.commit(&busy(1)), first);
    chain.certify(&first);
    chain.commit(&busy(2));
    for to in [0, 3] {
        let refused = chain.ledger.rewind(Height(to), Fate::Dropped);
        assert!(matches!(refused, Err(LedgerError::Rewind { .. })), "{to}: {refused:?}");
    }
}

//! Scheduled calls that blocks ran: their receipts stand behind those of the transactions, and are found by their ids.

use crate::chain::{Chain, Work, genesis, scheduled, work};
use countersign_ledger::limits::{BLOCK_HEIGHTS_RETAINED_MIN, PRUNED_HEIGHTS_STEP, STATE_HEIGHTS_RETAINED};
use countersign_ledger::store::Space;
use countersign_ledger::verify::verify;
use countersign_ledger::{
    EventCursor, EventFilter, Fate, Keep, Ledger, LedgerError, MemoryStore, Repair, Retention, prove_event,
    prove_transaction,
};
use countersign_types::proof::{Shown, Trusted};
use countersign_types::{Hash, Height, state_key};

/// Three transactions and two scheduled calls.
const AT: Height = Height(3);
/// No transaction, and two of them.
const ALONE: Height = Height(12);
const TIP: Height = Height(13);

/// Every third block runs two scheduled calls.
fn both(height: u64) -> Work {
    Work { scheduled: if height.is_multiple_of(3) { 2 } else { 0 }, ..work(height) }
}

fn chain(store: MemoryStore) -> Chain<MemoryStore> {
    let mut chain = Chain::create(store);
    for height in 1..=TIP.0 {
        chain.commit_certified(&both(height));
    }
    chain
}

#[test]
fn they_are_found_by_their_ids_and_are_no_transactions() {
    let chain = chain(MemoryStore::new());
    let reader = chain.reader();
    for (height, transactions) in [(AT, 3), (ALONE, 0)] {
        assert_eq!(reader.transactions(height).unwrap().len(), transactions as usize);
        for index in 0..2 {
            let id = scheduled(height, index);
            let place = transactions + u32::from(index);
            assert_eq!(reader.locate(&id).unwrap(), Some((height, place)));
            let receipt = reader.receipt(&id).unwrap().unwrap();
            assert_eq!((receipt.transaction, receipt.height, receipt.index), (id, height, place));
            assert_eq!(reader.transaction(&id).unwrap(), None);
            assert_eq!(prove_transaction(&reader, TIP, &id).unwrap(), None);
        }
    }
    assert!(verify(&reader, &genesis(), |_| ()).is_sound());
}

#[test]
fn their_events_are_found_and_proven_like_others() {
    let chain = chain(MemoryStore::new());
    let reader = chain.reader();
    let filter = EventFilter { from: AT, to: AT, ..EventFilter::all() };
    let page = reader.events(&filter, None, 100, countersign_ledger::Direction::Forward).unwrap();
    let last = page.items.last().unwrap();
    assert_eq!((page.items.len(), last.transaction), (5, scheduled(AT, 1)));
    let proof = prove_event(&reader, TIP, EventCursor { height: AT, index: 4 }).unwrap().unwrap();
    let proven = proof.verify(&Trusted::from(&genesis())).unwrap();
    let Shown::Event(record) = proven.shown else { panic!("{proof:?}") };
    assert_eq!(record, *last);
}

#[test]
fn a_place_that_leads_elsewhere_is_damage() {
    let store = MemoryStore::new();
    let reader = chain(store.clone()).reader();
    let lie = |id: Hash| {
        // A bit of the position flips.
        assert!(store.rot(Space::Places, &id.0, 8 * 8 + 6));
        assert!(matches!(reader.transaction(&id), Err(LedgerError::Damaged { .. })), "{id}");
        assert!(matches!(reader.receipt(&id), Err(LedgerError::Damaged { .. })), "{id}");
    };
    lie(scheduled(AT, 0));
    lie(reader.transactions(AT).unwrap()[1].id);
    assert!(!verify(&reader, &genesis(), |_| ()).is_sound());
}

#[test]
fn receipts_come_again_with_their_places() {
    for height in [AT, ALONE] {
        let store = MemoryStore::new();
        let mut ledger = chain(store.clone()).ledger;
        let reader = ledger.reader();
        let good = Repair {
            block: reader.block(height).unwrap().unwrap(),
            transactions: reader.transactions(height).unwrap(),
            finality: reader.finality(height).unwrap().unwrap(),
            result: reader.result(height).unwrap().unwrap(),
            certificate: reader.result_certificate(height).unwrap().unwrap(),
            overrides: Vec::new(),
            receipts: Some(reader.receipts(height).unwrap()),
        };
        store.lose(Space::Receipts, &height.0.to_be_bytes());
        store.lose(Space::Places, &scheduled(height, 1).0);
        let mut fewer = good.clone();
        fewer.receipts.as_mut().unwrap().pop();
        assert!(matches!(ledger.repair(&fewer), Err(LedgerError::Repair { .. })));
        ledger.repair(&good).unwrap();
        assert!(reader.receipt(&scheduled(height, 1)).unwrap().is_some());
        let ledger = Ledger::open(store, &genesis()).unwrap();
        assert!(verify(&ledger.reader(), &genesis(), |_| ()).is_sound());
    }
}

#[test]
fn they_go_with_a_block_that_is_taken_back() {
    for fate in [Fate::Again, Fate::Dropped] {
        let mut chain = chain(MemoryStore::new());
        chain.commit(&Work { scheduled: 3, ..Work::default() });
        let id = scheduled(TIP.next(), 2);
        assert!(chain.reader().receipt(&id).unwrap().is_some());
        chain.ledger.rewind(TIP, fate).unwrap();
        assert_eq!(chain.reader().locate(&id).unwrap(), None);
        if fate == Fate::Dropped {
            assert!(verify(&chain.reader(), &genesis(), |_| ()).is_sound());
        }
    }
}

#[test]
fn places_stay_when_receipts_are_pruned() {
    let mut chain = Chain::create(MemoryStore::new());
    let keep = || Keep::Heights(BLOCK_HEIGHTS_RETAINED_MIN);
    chain.ledger.retain(Retention::new(keep(), keep(), STATE_HEIGHTS_RETAINED).unwrap());
    for height in 1..=BLOCK_HEIGHTS_RETAINED_MIN + PRUNED_HEIGHTS_STEP {
        chain.commit_certified(&both(height));
    }
    let reader = chain.reader();
    let id = scheduled(AT, 0);
    assert_eq!(reader.locate(&id).unwrap(), Some((AT, 3)));
    assert!(matches!(reader.receipt(&id), Err(LedgerError::Pruned { .. })));
    assert!(verify(&reader, &genesis(), |_| ()).is_sound());
}

#[test]
fn receipts_of_transactions_come_first() {
    let mut chain = chain(MemoryStore::new());
    let mut block = chain.block(&Work { transactions: 2, scheduled: 1, ..Work::default() });
    block.receipts.swap(1, 2);
    for (index, receipt) in (0..).zip(&mut block.receipts) {
        receipt.index = index;
    }
    let refused = chain.ledger.commit(block);
    assert!(matches!(refused, Err(LedgerError::Block { what: "its receipts are for other transactions", .. })));
}

#[test]
fn keys_are_in_the_order_of_time_and_number() {
    let time = countersign_types::TimestampMs;
    let keys = [(0, 9), (255, 0), (256, 3), (256, 256), (257, 1)].map(|(at, number)| {
        let key = state_key::scheduled(time(at), number);
        assert_eq!(state_key::scheduled_place(&key), Some((time(at), number)));
        key
    });
    assert!(keys.is_sorted());
    assert_eq!(state_key::scheduled_place(&state_key::scheduled_next()), None);
}

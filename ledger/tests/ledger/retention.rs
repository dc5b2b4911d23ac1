//! Blocks' parts go when they are too old, and answers say so.

use crate::chain::{Chain, genesis, work};
use countersign_ledger::limits::{BLOCK_HEIGHTS_RETAINED_MIN, PRUNED_HEIGHTS_STEP, STATE_HEIGHTS_RETAINED};
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{
    Class, Direction, EventCursor, EventFilter, Keep, Ledger, LedgerError, MemoryStore, Reader, Retention, Store,
};
use countersign_types::{Hash, Height};

const LEAST: u64 = BLOCK_HEIGHTS_RETAINED_MIN;
const STEP: u64 = PRUNED_HEIGHTS_STEP;

fn keeping(bodies: Keep, receipts: Keep) -> Retention {
    Retention::new(bodies, receipts, STATE_HEIGHTS_RETAINED).unwrap()
}

fn grow(chain: &mut Chain<MemoryStore>, to: u64) {
    for height in chain.tip().height.0 + 1..=to {
        chain.commit_certified(&work(height));
    }
}

/// A chain that kept receipts of the least number of heights and transactions of a step more.
fn pruned(store: MemoryStore) -> Chain<MemoryStore> {
    let mut chain = Chain::create(store);
    chain.ledger.retain(keeping(Keep::Heights(LEAST + STEP), Keep::Heights(LEAST)));
    grow(&mut chain, LEAST + 2 * STEP);
    chain
}

fn count(store: &MemoryStore, space: Space) -> u64 {
    store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap().len() as u64
}

fn is_pruned<T: std::fmt::Debug>(read: Result<T, LedgerError>, class: Class, from: u64) -> bool {
    matches!(&read, Err(LedgerError::Pruned { what, oldest, .. }) if (*what, oldest.0) == (class, from))
}

fn ids(reader: &Reader<MemoryStore>, height: u64) -> Vec<Hash> {
    reader.transactions(Height(height)).unwrap().into_iter().map(|stored| stored.id).collect()
}

#[test]
fn old_parts_of_blocks_go_and_answers_say_so() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    grow(&mut chain, 5);
    let early = ids(&chain.reader(), 2)[0];
    chain.ledger.retain(keeping(Keep::Heights(LEAST + STEP), Keep::Heights(LEAST)));
    grow(&mut chain, LEAST + 2 * STEP);
    let reader = chain.reader();
    let (bodies, receipts) = (1 + STEP, 1 + 2 * STEP);
    assert_eq!([Class::Bodies, Class::Receipts].map(|class| reader.oldest(class).0), [bodies, receipts]);
    assert_eq!(count(&store, Space::Bodies), LEAST + STEP);
    assert_eq!(count(&store, Space::Receipts), LEAST);
    for height in [1, bodies - 1] {
        assert!(is_pruned(reader.block(Height(height)), Class::Bodies, bodies), "{height}");
        assert!(is_pruned(reader.transactions(Height(height)), Class::Bodies, bodies), "{height}");
        assert!(is_pruned(reader.receipts(Height(height)), Class::Receipts, receipts), "{height}");
        assert!(reader.header(Height(height)).unwrap().is_some(), "headers stay");
        assert!(reader.anchor(Height(height)).unwrap().is_some(), "results and certificates stay");
    }
    assert!(reader.block(Height(bodies)).unwrap().is_some());
    assert!(is_pruned(reader.receipts(Height(receipts - 1)), Class::Receipts, receipts));
    assert!(!reader.receipts(Height(receipts)).unwrap().is_empty());
    // A transaction of a pruned block is not unknown.
    assert_eq!(reader.locate(&early).unwrap(), Some((Height(2), 0)));
    assert!(is_pruned(reader.transaction(&early), Class::Bodies, bodies));
    assert!(is_pruned(reader.receipt(&early), Class::Receipts, receipts));
    assert_eq!(reader.receipt(&Hash([9; 32])).unwrap(), None);
    assert_eq!(reader.damaged().met, 0);
}

#[test]
fn a_pruned_ledger_reopens_and_is_sound_from_where_it_says() {
    let store = MemoryStore::new();
    let chain = pruned(store.clone());
    let tip = chain.tip().clone();
    drop(chain);
    let ledger = Ledger::open(store.clone(), &genesis()).unwrap();
    let reader = ledger.reader();
    assert_eq!(reader.oldest(Class::Receipts), Height(1 + 2 * STEP));
    let report = verify(&reader, &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.kept_from.bodies, Height(1 + STEP));
    assert_eq!(report.kept_from.receipts, Height(1 + 2 * STEP));
    assert_eq!(report.blocks, tip.height.0);
    let of = |space| report.spaces.iter().find(|rows| rows.space == space).unwrap();
    assert_eq!(of(Space::Bodies).rows, LEAST + STEP);
    assert!(of(Space::Headers).bytes > of(Space::Headers).rows * 100);
    // What is missing from there on is a fault.
    store.lose(Space::Receipts, &(2 * STEP + 2).to_be_bytes());
    assert!(!verify(&reader, &genesis(), |_| ()).is_sound());
}

#[test]
fn a_lost_note_of_what_was_pruned_is_noticed() {
    let store = MemoryStore::new();
    drop(pruned(store.clone()));
    store.lose(Space::Meta, b"floors");
    let reader = Ledger::open(store.clone(), &genesis()).unwrap().reader();
    assert!(reader.block(Height(1)).unwrap_err().damaged_row().is_some());
    for bit in 0..64 {
        let store = MemoryStore::new();
        let mut chain = pruned(store.clone());
        chain.commit(&work(1));
        assert!(store.rot(Space::Meta, b"floors", bit));
        assert!(Ledger::open(store.clone(), &genesis()).is_err(), "bit {bit}");
        if bit == 1 {
            break; // A row that is sealed is sealed in each bit; building the chain is what takes time.
        }
    }
}

#[test]
fn what_somebody_holds_stays() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    chain.ledger.retain(keeping(Keep::Heights(LEAST), Keep::Heights(LEAST)));
    chain.ledger.hold(Some(Height(STEP + 10)));
    grow(&mut chain, LEAST + 3 * STEP);
    assert_eq!(chain.reader().oldest(Class::Bodies), Height(1 + STEP));
    chain.ledger.hold(None);
    chain.commit_certified(&work(1));
    assert_eq!(chain.reader().oldest(Class::Bodies), Height(2 + 3 * STEP));
}

#[test]
fn no_block_that_may_be_taken_back_goes() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.ledger.retain(keeping(Keep::Heights(LEAST), Keep::Heights(LEAST)));
    grow(&mut chain, 300);
    for height in 301..=LEAST + 3 * STEP {
        chain.commit(&work(height));
    }
    assert_eq!(chain.reader().oldest(Class::Bodies), Height(257));
    chain.ledger.rewind(Height(300), countersign_ledger::Fate::Again).unwrap();
    assert!(chain.ledger.aside().unwrap().is_some());
}

#[test]
fn a_search_for_events_never_passes_for_whole() {
    let chain = pruned(MemoryStore::new());
    let reader = chain.reader();
    let from = 1 + 2 * STEP;
    let all = EventFilter::all();
    for filter in [all.clone(), EventFilter { contract: Some(crate::chain::contract()), ..all }] {
        assert!(is_pruned(reader.events(&filter, None, 10, Direction::Forward), Class::Receipts, from));
        let kept = EventFilter { from: Height(from), ..filter.clone() };
        let page = reader.events(&kept, None, usize::MAX, Direction::Forward).unwrap();
        assert!(!page.items.is_empty());
        // Backward, the newest come first, and the end leads to the refusal.
        let mut cursor = None;
        let mut found = 0;
        let refused = loop {
            match reader.events(&filter, cursor, 500, Direction::Backward) {
                Ok(page) => {
                    found += page.items.len();
                    assert!(page.items.iter().all(|item| item.height.0 >= from));
                    cursor = Some(page.next.expect("a list that was cut off is not at its end"));
                }
                Err(cause) => break cause,
            }
        };
        assert!(is_pruned::<()>(Err(refused), Class::Receipts, from));
        let everything: usize = (from..=chain.tip().height.0).map(|height| ids(&reader, height).len()).sum();
        assert_eq!(found, everything);
        let start = Some(EventCursor { height: Height(3), index: 0 });
        assert!(is_pruned(reader.events(&filter, start, 10, Direction::Backward), Class::Receipts, from));
    }
}

#[test]
fn events_of_pruned_blocks_leave_the_index() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    grow(&mut chain, LEAST + STEP - 1);
    let before = count(&store, Space::Events);
    chain.ledger.retain(keeping(Keep::All, Keep::Heights(LEAST)));
    grow(&mut chain, LEAST + STEP);
    assert!(count(&store, Space::Events) < before * 9 / 10);
}

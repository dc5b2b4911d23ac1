//! Searching events against a plain search through all receipts.

use crate::chain::{Chain, contract, work};
use countersign_ledger::{Direction, EventCursor, EventFilter, MemoryStore, Reader};
use countersign_types::receipt::EventRecord;
use countersign_types::{Address, Height};
use proptest::prelude::*;

fn reader() -> Reader<MemoryStore> {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=20 {
        chain.commit(&work(height));
    }
    chain.reader()
}

fn all(reader: &Reader<MemoryStore>) -> Vec<EventRecord> {
    let mut events = Vec::new();
    for height in (1..=20).map(Height) {
        let mut index = 0;
        for receipt in reader.receipts(height).unwrap() {
            for event in receipt.events {
                events.push(EventRecord { height, index, transaction: receipt.transaction, event });
                index += 1;
            }
        }
    }
    events
}

fn filters() -> impl Strategy<Value = EventFilter> {
    (
        prop::option::of(prop::sample::select(vec![contract(), Address([3; 32])])),
        prop::option::of(prop::sample::select(vec!["captured".to_owned(), "shipped".to_owned(), "lost".to_owned()])),
        prop::option::of((0..4u8).prop_map(|lot| ("lot".to_owned(), vec![lot]))),
        0..22u64,
        0..25u64,
    )
        .prop_map(|(contract, name, attribute, from, to)| EventFilter {
            contract,
            name,
            attribute,
            from: Height(from),
            to: Height(to),
        })
}

proptest! {
    #[test]
    fn pages_together_are_the_plain_search(filter in filters(), limit in 1..7usize, is_backward: bool) {
        let reader = reader();
        let direction = if is_backward { Direction::Backward } else { Direction::Forward };
        let mut expected: Vec<EventRecord> = all(&reader)
            .into_iter()
            .filter(|record| filter.matches(&record.event) && record.height >= filter.from && record.height <= filter.to)
            .collect();
        if is_backward {
            expected.reverse();
        }
        let mut found = Vec::new();
        let mut cursor: Option<EventCursor> = None;
        loop {
            let page = reader.events(&filter, cursor, limit, direction).unwrap();
            prop_assert!(page.items.len() <= limit);
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert_eq!(found, expected);
    }
}

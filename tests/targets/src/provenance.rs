//! What companies capture.

use crate::seeds;
use countersign_epcis::rule::Policy;
use countersign_epcis::{Event, document, json};

const GOLDEN: &str = include_str!("../../../contracts/epcis/tests/golden/harvest-to-shop.hex");
const DOCUMENTS: [&str; 7] = [
    include_str!("../../data/demo/1-farm.json"),
    include_str!("../../data/epcis/valid/harvest-to-shop.json"),
    include_str!("../../data/epcis/valid/cold-chain-query.json"),
    include_str!("../../data/epcis/valid/bare-transaction.json"),
    include_str!("../../data/epcis/invalid/one-event-of-two.json"),
    include_str!("../../data/epcis/pairs/version-1-2.xml"),
    include_str!("../../data/epcis/pairs/version-2-0.xml"),
];

/// A document, and each of its events as it is signed.
pub fn document(data: &[u8]) {
    let Ok(document) = document::parse(data, Policy::default()) else { return };
    let _ = document.render();
    document.accepted().for_each(|one| event(&one.canonical_bytes()));
}

/// An event as a contract reads it.
pub fn event(data: &[u8]) {
    let Ok(event) = borsh::from_slice::<Event>(data) else { return };
    assert_eq!(event.canonical_bytes(), data, "two encodings of one event");
    let _ = (json::write(&json::render(&event)), event.subjects().count(), event.step_word());
}

pub fn event_seeds() -> Vec<Vec<u8>> {
    GOLDEN.lines().filter_map(seeds::bytes).collect()
}

pub fn document_seeds() -> Vec<Vec<u8>> {
    DOCUMENTS.iter().map(|text| text.as_bytes().to_vec()).collect()
}

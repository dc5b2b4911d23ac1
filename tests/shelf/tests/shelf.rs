//! The collections, run natively; `tests/tests/contracts.rs` runs the same as Wasm beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "shelf/scenario.rs"]
mod scenario;

use countersign_contract::testing::Host;
use countersign_shelf::Shelf;

#[test]
fn natively() {
    let mut host = Host::new::<Shelf>();
    scenario::collections_agree_with_the_standard_library(&mut host);
    assert!(host.storage().is_empty());
}

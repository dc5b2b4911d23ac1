//! The scenario on the native host; `tests/tests/schedule.rs` runs it on the node's machine.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "offer/scenario.rs"]
mod scenario;

use countersign_contract::testing::Host;
use countersign_offer::Offers;

#[test]
fn offers_end_by_schedule() {
    scenario::offers_end_by_schedule(&mut Host::new::<Offers>());
}

#[test]
fn one_transaction_schedules_so_many() {
    scenario::what_is_out_of_range_is_refused(&mut Host::new::<Offers>());
}

#[test]
fn offers_wait_while_the_contract_is_frozen() {
    scenario::offers_wait_while_the_contract_is_frozen(&mut Host::new::<Offers>());
}

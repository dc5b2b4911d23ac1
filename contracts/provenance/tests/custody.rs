//! Hand-overs in the contract, run natively; `tests/tests/shipped.rs` runs the same as Wasm beside it. What the registers
//! hold and who has what is tested in `countersign-epcis`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "custody/scenario.rs"]
mod scenario;

use countersign_contract::testing::Host;
use countersign_provenance::Provenance;

fn provenance() -> Host {
    Host::with_init::<Provenance>(&()).unwrap()
}

#[test]
fn hand_overs_are_accepted_and_refused_by_who_receives() {
    scenario::hand_overs_are_accepted_and_refused_by_who_receives(&mut provenance());
}

#[test]
fn time_and_the_receivers_policy_decide_what_waits() {
    scenario::time_and_the_receivers_policy_decide_what_waits(&mut provenance());
}

#[test]
fn everybody_does_what_is_theirs_and_nothing_else() {
    scenario::everybody_does_what_is_theirs_and_nothing_else(&mut provenance());
}

#[test]
fn many_are_accepted_at_once_or_none() {
    scenario::many_are_accepted_at_once_or_none(&mut provenance());
}

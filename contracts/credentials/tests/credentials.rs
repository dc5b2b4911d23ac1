//! The registry, run natively; `tests/tests/shipped.rs` runs the same as Wasm beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "credentials/model.rs"]
mod model;
#[path = "credentials/scenario.rs"]
mod scenario;

use countersign_contract::testing::Host;
use countersign_credentials::Credentials;
use proptest::prelude::*;

fn registry() -> Host {
    Host::new::<Credentials>()
}

#[test]
fn credentials_are_issued_asked_for_presented_and_revoked() {
    scenario::credentials_are_issued_asked_for_presented_and_revoked(&mut registry());
}

#[test]
fn everybody_does_what_is_theirs_and_nothing_else() {
    scenario::everybody_does_what_is_theirs_and_nothing_else(&mut registry());
}

#[test]
fn a_signature_counts_for_what_was_signed_and_nothing_else() {
    scenario::a_signature_counts_for_what_was_signed_and_nothing_else(&mut registry());
}

#[test]
fn what_is_over_makes_room() {
    scenario::what_is_over_makes_room(&mut registry());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn it_answers_as_a_plain_list_would(steps in model::steps()) {
        model::runs_alike(&mut registry(), &steps);
    }
}

//! The registry, run natively; `tests/tests/shipped.rs` runs the same as Wasm beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "certification/model.rs"]
mod model;
#[path = "certification/scenario.rs"]
mod scenario;

use countersign_certification::{Certification, Error};
use countersign_contract::testing::{Failure, Host};
use proptest::prelude::*;

fn registry() -> Host {
    Host::with_init::<Certification>(&("board",)).unwrap()
}

#[test]
fn certificates_are_granted_asked_for_and_revoked() {
    scenario::certificates_are_granted_asked_for_and_revoked(&mut registry());
}

#[test]
fn everybody_does_what_is_theirs_and_nothing_else() {
    scenario::everybody_does_what_is_theirs_and_nothing_else(&mut registry());
}

#[test]
fn what_is_over_makes_room_and_nobody_fills_it_alone() {
    scenario::what_is_over_makes_room_and_nobody_fills_it_alone(&mut registry());
}

#[test]
fn what_cannot_be_kept_is_refused() {
    scenario::what_cannot_be_kept_is_refused(&mut registry());
}

#[test]
fn a_registry_without_a_registrar_is_not_deployed() {
    let failure: Failure = Host::with_init::<Certification>(&("",)).err().unwrap();
    assert!(matches!(failure.error(), Some(Error::Length { bytes: 0, .. })), "{failure}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_answers_as_a_plain_list_would(steps in model::steps()) {
        model::runs_alike(&mut registry(), &steps);
    }
}

//! The escrow among the contracts that it asks, run natively; `tests/tests/shipped.rs` runs the same as Wasm beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "escrow/model.rs"]
mod model;
#[path = "escrow/relay.rs"]
mod relay;
#[path = "escrow/scenario.rs"]
mod scenario;
#[path = "escrow/world.rs"]
mod world;

use countersign_certification::Certification;
use countersign_coldchain::ColdChain;
use countersign_contract::testing::Host;
use countersign_escrow::Escrow;
use countersign_provenance::Provenance;
use proptest::prelude::*;

use world::World;

fn within(scenario: impl FnOnce(&mut World<'_, Host>)) {
    let mut host = Host::with_init::<Escrow>(&("bank",)).unwrap();
    let records = host.deploy_with::<Provenance>(&()).unwrap();
    let certification = host.deploy_with::<Certification>(&("board",)).unwrap();
    let coldchain = host.deploy_with::<ColdChain>(&("board",)).unwrap();
    let mut world = World::new(&mut host, [records, certification, coldchain]);
    scenario(&mut world);
}

#[test]
fn what_is_delivered_countersigned_and_certified_is_paid() {
    within(scenario::what_is_delivered_countersigned_and_certified_is_paid);
}

#[test]
fn an_excursion_holds_the_item_and_time_gives_the_price_back() {
    within(scenario::an_excursion_holds_the_item_and_time_gives_the_price_back);
}

#[test]
fn a_deadline_too_far_to_be_scheduled_waits_for_somebody() {
    within(scenario::a_deadline_too_far_to_be_scheduled_waits_for_somebody);
}

#[test]
fn a_revoked_certificate_is_not_paid_for() {
    within(scenario::a_revoked_certificate_is_not_paid_for);
}

#[test]
fn only_the_buyers_receipt_of_the_item_is_a_delivery() {
    within(scenario::only_the_buyers_receipt_of_the_item_is_a_delivery);
}

#[test]
fn an_arbiter_decides_what_is_disputed() {
    within(scenario::an_arbiter_decides_what_is_disputed);
}

#[test]
fn a_dispute_at_the_last_moment_leaves_the_arbiter_its_time() {
    within(scenario::a_dispute_at_the_last_moment_leaves_the_arbiter_its_time);
}

#[test]
fn a_hold_that_the_buyer_could_bring_about_is_none() {
    within(scenario::a_hold_that_the_buyer_could_bring_about_is_none);
}

#[test]
fn a_delivery_settles_one_deal() {
    within(scenario::a_delivery_settles_one_deal);
}

#[test]
fn everybody_does_what_is_theirs_and_nothing_else() {
    within(scenario::everybody_does_what_is_theirs_and_nothing_else);
}

#[test]
fn terms_that_cannot_be_kept_are_refused() {
    within(scenario::terms_that_cannot_be_kept_are_refused);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn credit_is_never_made_or_lost(steps in model::steps()) {
        within(|world| model::runs_alike(world, &steps));
    }
}

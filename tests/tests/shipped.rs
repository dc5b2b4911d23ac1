//! The contracts that ship, natively and as Wasm beside each other: the scenarios and models of their own tests, and
//! what their methods cost, held to a baseline.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "shipped/certification.rs"]
mod certification;
#[path = "shipped/coldchain.rs"]
mod coldchain;
#[path = "shipped/credentials.rs"]
mod credentials;
#[path = "shipped/escrow.rs"]
mod escrow;
#[path = "shipped/gas.rs"]
mod gas;
#[path = "shipped/provenance.rs"]
mod provenance;

use countersign_certification::Certification;
use countersign_coldchain::ColdChain;
use countersign_contract::Contract;
use countersign_contract::borsh::BorshSerialize;
use countersign_credentials::Credentials;
use countersign_escrow::Escrow;
use countersign_provenance::Provenance;
use countersign_testing::Both;
use countersign_tests::cluster::contract_module;
use escrow::world::World;
use proptest::prelude::*;

fn module(name: &str) -> Vec<u8> {
    contract_module(name).unwrap()
}
fn deployed<C: Contract>(name: &str, arguments: &impl BorshSerialize) -> Both {
    Both::with_init::<C>(&module(name), arguments).unwrap()
}
fn registry() -> Both {
    deployed::<Certification>("certification", &("board",))
}
fn keeper() -> Both {
    deployed::<ColdChain>("coldchain", &("board",))
}
fn records() -> Both {
    deployed::<Provenance>("provenance", &())
}
fn wallet() -> Both {
    Both::new::<Credentials>(&module("credentials")).unwrap()
}
/// The escrow, and the contracts that it asks.
fn within(scenario: impl FnOnce(&mut World<'_, Both>)) {
    let mut both = deployed::<Escrow>("escrow", &("bank",));
    let mut others = [[0; 32]; 3];
    others[0] = both.deploy_with::<Provenance>("records", &module("provenance"), &()).unwrap();
    others[1] = both.deploy_with::<Certification>("certification", &module("certification"), &("board",)).unwrap();
    others[2] = both.deploy_with::<ColdChain>("coldchain", &module("coldchain"), &("board",)).unwrap();
    scenario(&mut World::new(&mut both, others));
}

#[test]
fn certificates() {
    certification::scenario::certificates_are_granted_asked_for_and_revoked(&mut registry());
    certification::scenario::everybody_does_what_is_theirs_and_nothing_else(&mut registry());
    certification::scenario::what_is_over_makes_room_and_nobody_fills_it_alone(&mut registry());
    certification::scenario::what_cannot_be_kept_is_refused(&mut registry());
}

#[test]
fn cold_chain() {
    coldchain::scenario::too_long_outside_of_limits_is_held_until_released(&mut keeper());
    coldchain::scenario::a_pallet_is_judged_by_the_class_it_is_assigned_to(&mut keeper());
    coldchain::scenario::everybody_does_what_is_theirs_and_nothing_else(&mut keeper());
    coldchain::scenario::a_bottle_is_judged_by_its_own_class(&mut keeper());
    coldchain::scenario::readings_are_of_times_that_were(&mut keeper());
    coldchain::scenario::more_than_a_call_takes_is_refused(&mut keeper());
}

#[test]
fn hand_overs() {
    provenance::custody::hand_overs_are_accepted_and_refused_by_who_receives(&mut records());
    provenance::custody::time_and_the_receivers_policy_decide_what_waits(&mut records());
    provenance::custody::everybody_does_what_is_theirs_and_nothing_else(&mut records());
    provenance::custody::many_are_accepted_at_once_or_none(&mut records());
}

#[test]
fn access_credentials() {
    credentials::scenario::credentials_are_issued_asked_for_presented_and_revoked(&mut wallet());
    credentials::scenario::everybody_does_what_is_theirs_and_nothing_else(&mut wallet());
    credentials::scenario::a_signature_counts_for_what_was_signed_and_nothing_else(&mut wallet());
    credentials::scenario::what_is_over_makes_room(&mut wallet());
}

#[test]
fn delivered_countersigned_and_certified_is_paid() {
    within(escrow::scenario::what_is_delivered_countersigned_and_certified_is_paid);
}

#[test]
fn an_excursion_holds_and_time_refunds() {
    within(escrow::scenario::an_excursion_holds_the_item_and_time_gives_the_price_back);
    within(escrow::scenario::a_deadline_too_far_to_be_scheduled_waits_for_somebody);
}

#[test]
fn a_revoked_certificate_is_not_paid_for() {
    within(escrow::scenario::a_revoked_certificate_is_not_paid_for);
}

#[test]
fn escrow_keeps_to_its_terms() {
    within(escrow::scenario::only_the_buyers_receipt_of_the_item_is_a_delivery);
    within(escrow::scenario::an_arbiter_decides_what_is_disputed);
    within(escrow::scenario::a_dispute_at_the_last_moment_leaves_the_arbiter_its_time);
    within(escrow::scenario::a_hold_that_the_buyer_could_bring_about_is_none);
    within(escrow::scenario::a_delivery_settles_one_deal);
    within(escrow::scenario::everybody_does_what_is_theirs_and_nothing_else);
    within(escrow::scenario::terms_that_cannot_be_kept_are_refused);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn random_steps_agree(
        certificates in certification::model::steps(),
        readings in coldchain::model::steps(),
        presentations in credentials::model::steps(),
        deals in escrow::model::steps(),
    ) {
        certification::model::runs_alike(&mut registry(), &certificates);
        coldchain::model::runs_alike(&mut keeper(), &readings);
        credentials::model::runs_alike(&mut wallet(), &presentations);
        within(|world| escrow::model::runs_alike(world, &deals));
    }
}

//! The keeper, run natively; `tests/tests/shipped.rs` runs the same as Wasm beside it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "coldchain/model.rs"]
mod model;
#[path = "coldchain/scenario.rs"]
mod scenario;

use countersign_coldchain::ColdChain;
use countersign_contract::testing::Host;
use proptest::prelude::*;

fn keeper() -> Host {
    Host::with_init::<ColdChain>(&("board",)).unwrap()
}

#[test]
fn too_long_outside_of_limits_is_held_until_released() {
    scenario::too_long_outside_of_limits_is_held_until_released(&mut keeper());
}

#[test]
fn a_pallet_is_judged_by_the_class_it_is_assigned_to() {
    scenario::a_pallet_is_judged_by_the_class_it_is_assigned_to(&mut keeper());
}

#[test]
fn everybody_does_what_is_theirs_and_nothing_else() {
    scenario::everybody_does_what_is_theirs_and_nothing_else(&mut keeper());
}

#[test]
fn a_bottle_is_judged_by_its_own_class() {
    scenario::a_bottle_is_judged_by_its_own_class(&mut keeper());
}

#[test]
fn readings_are_of_times_that_were() {
    scenario::readings_are_of_times_that_were(&mut keeper());
}

#[test]
fn more_than_a_call_takes_is_refused() {
    scenario::more_than_a_call_takes_is_refused(&mut keeper());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn it_holds_what_a_plain_count_of_moments_would(steps in model::steps()) {
        model::runs_alike(&mut keeper(), &steps);
    }
}

//! The keeper against a set of all minutes outside of limits, over random readings and releases.

use std::collections::BTreeSet;

use countersign_contract::Role;
use countersign_contract::testing::{Account, Harness};
use countersign_interfaces::coldchain::{Hold, Reading};
use proptest::collection::vec;
use proptest::prelude::*;

use super::scenario::{BOTTLE, at, entrust, observe, truck};

/// What happens to the bottle.
#[derive(Clone, Debug)]
pub enum Step {
    /// From a minute on, for some minutes, at a temperature.
    Read(u64, u64, i64),
    Release,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let read = (0..300u64, 0..20u64, 0..10_000i64);
    let step = prop_oneof![
        8 => read.prop_map(|(minute, length, temperature)| Step::Read(minute, length, temperature)),
        1 => Just(Step::Release),
    ];
    vec(step, 1..20)
}

pub fn runs_alike(host: &mut impl Harness, steps: &[Step]) {
    entrust(host);
    let (mut outside, mut forgiven, mut held) = (BTreeSet::new(), 0, false);
    for step in steps {
        match *step {
            Step::Read(minute, length, temperature) => {
                host.as_account(&truck());
                let reading = at(minute, temperature);
                let reading = Reading { to_ms: reading.from_ms + length * 60_000, ..reading };
                let answer = observe(host, BOTTLE, &[reading]).unwrap();
                let before = outside.len();
                if !(2_000..=8_000).contains(&temperature) {
                    outside.extend(minute..minute + length.max(10));
                }
                held |= outside.len() > before && outside.len() - forgiven > 30;
                assert_eq!(answer.len(), usize::from(held), "{step:?}");
            }
            Step::Release => {
                host.as_account(&Account::new("dairy/head", &[Role::Admin]));
                let done = host.invoke::<()>("release", &(BOTTLE, "checked"));
                assert_eq!(done.is_ok(), held);
                if held {
                    (forgiven, held) = (outside.len(), false);
                }
            }
        }
        assert_eq!(host.query::<Option<Hold>>("hold", &(BOTTLE,)).unwrap().is_some(), held);
    }
}

//! The registry against a plain list of credentials, over random steps.

use std::collections::BTreeSet;

use countersign_contract::Hash;
use countersign_contract::testing::Harness;
use proptest::collection::vec;
use proptest::prelude::*;

use super::scenario::{access, gate, holds, issue, issuer, port, present, register};

/// What somebody tries.
#[derive(Clone, Debug)]
pub enum Step {
    /// For some hours, with a serial number.
    Issue(u64, u64),
    Revoke(usize),
    Present(usize, u8),
    Wait(u64),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..4u64, 0..6u64).prop_map(|(hours, serial)| Step::Issue(hours, serial)),
        1 => (0..5usize).prop_map(Step::Revoke),
        3 => (0..5usize, 0..3u8).prop_map(|(number, nonce)| Step::Present(number, nonce)),
        2 => (1..7_200_000u64).prop_map(Step::Wait),
    ];
    vec(step, 1..24)
}

struct Known {
    id: Hash,
    from_ms: u64,
    to_ms: u64,
}

impl Known {
    fn is_valid(&self, at_ms: u64) -> bool {
        (self.from_ms..self.to_ms).contains(&at_ms)
    }
}

pub fn runs_alike(host: &mut impl Harness, steps: &[Step]) {
    host.as_account(&port());
    register(host, "port", &issuer()).unwrap();
    host.as_account(&gate());
    let (mut known, mut used): (Vec<Known>, BTreeSet<(usize, u8)>) = (Vec::new(), BTreeSet::new());
    for step in steps {
        let now_ms = host.environment().time_ms;
        match *step {
            Step::Issue(hours, serial) => {
                let credential = access(host, hours, serial);
                match issue(host, &credential) {
                    Ok(id) => {
                        assert!(hours > 0);
                        known.push(Known { id, from_ms: credential.from_ms, to_ms: credential.to_ms });
                    }
                    // Time moves on with each call, so that no two credentials are the same.
                    Err(failure) => assert_eq!(hours, 0, "{failure}"),
                }
            }
            Step::Revoke(number) => {
                let id = known.get(number).map_or([0; 32], |known| known.id);
                let done = host.invoke::<()>("revoke", &(id, "x"));
                // A revoked one ends at its revocation; one that was not begun or is over keeps its time.
                match known.get_mut(number) {
                    Some(known) if done.is_ok() => known.to_ms = known.to_ms.min(now_ms),
                    Some(known) => assert!(known.to_ms <= now_ms, "refused twice only"),
                    None => assert!(done.is_err()),
                }
            }
            Step::Present(number, nonce) => {
                let id = known.get(number).map_or([0; 32], |known| known.id);
                let valid = known.get(number).is_some_and(|known| known.is_valid(now_ms));
                let done = present(host, id, nonce);
                assert_eq!(done.is_ok(), valid && !used.contains(&(number, nonce)), "{done:?}");
                if done.is_ok() {
                    used.insert((number, nonce));
                }
            }
            Step::Wait(ms) => host.travel(ms),
        }
    }
    let now_ms = host.environment().time_ms;
    for at_ms in [now_ms, now_ms.saturating_sub(3_600_000), now_ms + 3_600_000] {
        let valid: Vec<Hash> = known.iter().filter(|known| known.is_valid(at_ms)).map(|known| known.id).collect();
        match holds(host, at_ms) {
            Ok(id) => assert!(valid.contains(&id)),
            Err(reason) => assert!(valid.is_empty(), "{reason:?}"),
        }
    }
}

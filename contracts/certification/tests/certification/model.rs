//! The registry against a plain list of certificates, over random steps.

use std::collections::BTreeSet;

use countersign_certification::Certificate;
use countersign_contract::testing::Harness;
use countersign_interfaces::certification::{Invalid, Period};
use proptest::collection::vec;
use proptest::prelude::*;

use super::scenario::{accredit, board, grant, inspector, revoke};

const INSPECTORS: [&str; 2] = ["tuv", "lab"];
const SCHEMES: [&str; 2] = ["organic", "fair"];
const SUBJECTS: [&str; 2] = ["https://id.gs1.org/417/9521321000018", "urn:farm:2"];

/// What somebody tries.
#[derive(Clone, Debug)]
pub enum Step {
    Accredit(usize, usize),
    Withdraw(usize, usize),
    Grant { inspector: usize, scheme: usize, subject: usize, from: u64, length: u64 },
    Revoke { inspector: usize, id: u64 },
    Wait(u64),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = 0..2usize;
    let step = prop_oneof![
        2 => (one.clone(), one.clone()).prop_map(|(inspector, scheme)| Step::Accredit(inspector, scheme)),
        1 => (one.clone(), one.clone()).prop_map(|(inspector, scheme)| Step::Withdraw(inspector, scheme)),
        4 => (one.clone(), one.clone(), one.clone(), 0..40u64, 0..40u64).prop_map(
            |(inspector, scheme, subject, from, length)| Step::Grant { inspector, scheme, subject, from, length }
        ),
        2 => (one, 0..12u64).prop_map(|(inspector, id)| Step::Revoke { inspector, id }),
        1 => (1..10_000u64).prop_map(Step::Wait),
    ];
    vec(step, 1..30)
}

#[derive(Default)]
struct Model {
    accredited: BTreeSet<(usize, usize)>,
    /// Inspector, subject, scheme and time of each certificate.
    granted: Vec<(usize, usize, usize, Period)>,
}

/// Seconds since the beginning as a moment of the chain.
fn moment(start_ms: u64, seconds: u64) -> u64 {
    start_ms + seconds * 1_000
}

pub fn runs_alike(host: &mut impl Harness, steps: &[Step]) {
    let start_ms = host.environment().time_ms;
    let mut model = Model::default();
    for step in steps {
        run(host, &mut model, start_ms, step);
    }
    for (subject, subject_name) in SUBJECTS.iter().enumerate() {
        for (scheme, scheme_name) in SCHEMES.iter().enumerate() {
            for seconds in (0..90).step_by(7) {
                let at_ms = moment(start_ms, seconds);
                let answer = host.query::<Period>("valid", &(subject_name, scheme_name, at_ms));
                let mut all = model.granted.iter().filter(|(_, s, c, _)| (*s, *c) == (subject, scheme));
                let expected = all.any(|(.., period)| holds(period, at_ms));
                match answer {
                    Ok(period) => assert!(expected && holds(&period, at_ms), "{period:?} at {at_ms}"),
                    Err(failure) => assert!(!expected && failure.error::<Invalid>().is_some(), "{failure} at {at_ms}"),
                }
            }
        }
    }
}

fn holds(period: &Period, at_ms: u64) -> bool {
    let end = period.revoked_ms.map_or(period.to_ms, |revoked| revoked.min(period.to_ms));
    (period.from_ms..end).contains(&at_ms)
}

fn run(host: &mut impl Harness, model: &mut Model, start_ms: u64, step: &Step) {
    match *step {
        Step::Accredit(who, scheme) => {
            host.as_account(&board());
            accredit(host, INSPECTORS[who], SCHEMES[scheme]).unwrap();
            model.accredited.insert((who, scheme));
        }
        Step::Withdraw(who, scheme) => {
            host.as_account(&board());
            let done = host.invoke::<()>("withdraw", &(INSPECTORS[who], SCHEMES[scheme]));
            assert_eq!(done.is_ok(), model.accredited.remove(&(who, scheme)));
        }
        Step::Grant { inspector: who, scheme, subject, from, length } => {
            host.as_account(&inspector(INSPECTORS[who]));
            let (from_ms, to_ms) = (moment(start_ms, from), moment(start_ms, from + length));
            let (subject_name, scheme_name) = (SUBJECTS[subject].to_owned(), SCHEMES[scheme].to_owned());
            let certificate =
                Certificate { subject: subject_name, scheme: scheme_name, from_ms, to_ms, document: [0; 32] };
            let id = u64::try_from(model.granted.len()).unwrap();
            let now_ms = host.environment().time_ms;
            let own = model.granted.iter().filter(|(w, s, c, _)| (*w, *s, *c) == (who, subject, scheme));
            let standing = own.filter(|(.., period)| period.revoked_ms.is_none() && now_ms < period.to_ms).count();
            match grant(host, &certificate) {
                Ok(given) => {
                    assert!(given == id && length > 0 && model.accredited.contains(&(who, scheme)));
                    model.granted.push((who, subject, scheme, Period { id, from_ms, to_ms, revoked_ms: None }));
                }
                Err(_) => assert!(length == 0 || standing == 8 || !model.accredited.contains(&(who, scheme))),
            }
        }
        Step::Revoke { inspector: who, id } => {
            host.as_account(&inspector(INSPECTORS[who]));
            let now_ms = host.environment().time_ms;
            let known = model.granted.get_mut(usize::try_from(id).unwrap());
            let allowed = known.filter(|(granter, _, _, period)| *granter == who && period.revoked_ms.is_none());
            let done = revoke(host, id);
            assert_eq!(done.is_ok(), allowed.is_some(), "{done:?}");
            if let Some((.., period)) = allowed {
                period.revoked_ms = Some(now_ms);
            }
        }
        Step::Wait(ms) => host.travel(ms),
    }
}

//! The search finds nothing in the protocol as it is, and something as soon as a rule is missing.
#![allow(clippy::unwrap_used)]

use countersign_model::Rules;
use countersign_model::search::{AGREEMENT, EXCLUSION, FINAL_STAYS, ONE_CERTIFICATE, Search};
use stateright::{Checker as _, HasDiscoveries, Model as _};

/// Takes a rule away.
type Spoil = fn(&mut Rules);

/// Searches for a state that breaks a property; answers the steps that lead there, if there is one.
fn breaks(mut search: Search, property: &'static str, spoil: Spoil) -> Option<usize> {
    spoil(search.rules());
    let checker = search.checker().finish_when(HasDiscoveries::AnyOf([property].into())).spawn_bfs().join();
    checker.discovery(property).map(|path| path.into_actions().len())
}

fn holds(search: Search) -> usize {
    let checker = search.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.unique_state_count()
}

#[test]
fn one_faulty_validator_of_four_breaks_nothing() {
    assert!(holds(Search::byzantine(4)) > 500_000);
}

#[test]
fn two_validators_that_lose_their_votes_one_after_the_other_break_nothing() {
    assert!(holds(Search::amnesia(2)) > 100_000);
}

#[test]
fn a_missing_rule_is_found() {
    let spoilt: [(&'static str, Spoil); 8] = [
        (AGREEMENT, |rules| rules.quorum = 2),
        (ONE_CERTIFICATE, |rules| rules.quorum = 2),
        (AGREEMENT, |rules| rules.one_prepare = false),
        (AGREEMENT, |rules| rules.gap = false),
        (AGREEMENT, |rules| rules.commit_rests_on_certificate = false),
        (AGREEMENT, |rules| rules.exclusion = false),
        (EXCLUSION, |rules| rules.exclusion = false),
        (FINAL_STAYS, |rules| rules.exclusion = false),
    ];
    for (number, (property, spoil)) in spoilt.into_iter().enumerate() {
        assert!(breaks(Search::byzantine(3), property, spoil).is_some(), "{property} {number}");
    }
}

#[test]
fn amnesia_without_silence_or_with_too_little_is_found() {
    assert!(breaks(Search::amnesia(2), AGREEMENT, |rules| rules.silence = None).is_some());
    assert!(breaks(Search::amnesia(2), ONE_CERTIFICATE, |rules| rules.silence = Some(0)).is_some());
}

//! Proposals: making them, voting on them, and deciding.

use crate::error::ReplicaError;
use crate::govern::epoch_and_validators;
use crate::measure;
use crate::organisation;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::governance::{Electorate, Kind, Threshold};
use countersign_types::{
    Account, Ballot, Decision, Header, Measure, Proposal, RejectCode, RulesState, Standing, Told, state_key,
};
use std::collections::BTreeSet;

/// The least time that a proposal is open.
const OPEN_MS_MIN: u64 = 1_000;

/// The rules of governance in force.
///
/// # Errors
/// If the state cannot be read.
pub fn rules(state: &impl StateSource) -> Result<RulesState, ReplicaError> {
    let found: Option<RulesState> = state.read_value(&state_key::rules(), "the rules of governance")?;
    found.ok_or(ReplicaError::State { what: "the rules of governance" })
}

/// The proposal of a number, if there is one.
///
/// # Errors
/// If the state cannot be read.
pub fn numbered(state: &impl StateSource, number: u64) -> Result<Option<Proposal>, ReplicaError> {
    state.read_value(&state_key::proposal(number), "a proposal")
}

/// How many proposals there are.
///
/// # Errors
/// If the state cannot be read.
pub fn count(state: &impl StateSource) -> Result<u64, ReplicaError> {
    Ok(state.read_value(&state_key::proposal_next(), "the number of proposals")?.unwrap_or(0))
}

/// Who may vote now. Those who are suspended are among them, though they cannot: they count against every proposal, so
/// that few cannot rid themselves of others one by one and then decide alone.
///
/// # Errors
/// If the state cannot be read.
pub fn electorate(state: &impl StateSource, of: Electorate) -> Result<BTreeSet<String>, ReplicaError> {
    match of {
        Electorate::Validators => {
            let (_, validators) = epoch_and_validators(state)?;
            Ok(validators.organisations().into_iter().map(str::to_owned).collect())
        }
        Electorate::Members => {
            let mut members = BTreeSet::new();
            for id in organisation::all(state)? {
                let known = organisation::of(state, &id)?;
                if known.is_some_and(|known| !matches!(known.standing, Standing::Expelled { .. })) {
                    members.insert(id);
                }
            }
            Ok(members)
        }
    }
}

/// Whether members and validators could still be decided about if this organisation did not vote.
pub(crate) fn can_decide_without(state: &impl StateSource, id: &str) -> Result<bool, ReplicaError> {
    let RulesState { rules, .. } = rules(state)?;
    for kind in [Kind::Members, Kind::Validators] {
        let Threshold { more_than, of } = rules.threshold(kind);
        let voters = electorate(state, of)?;
        let mut able = 0;
        for voter in voters.iter().filter(|voter| *voter != id) {
            able += usize::from(organisation::of(state, voter)?.is_some_and(|known| known.standing.is_good()));
        }
        if !more_than.is_exceeded(able, voters.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes a proposal and votes for it, or votes for the open one of the same measure. An organisation that may not vote on it only proposes.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if it is refused.
pub fn propose<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    (measure, reason, open_ms): (&Measure, &str, u64),
    header: &Header,
    run_ahead: u64,
) -> Result<Result<Told, RejectCode>, ReplicaError> {
    let key = state_key::proposal_of(&measure.hash());
    let known: Option<u64> = overlay.read_value(&key, "the number of a proposal")?;
    if let Some(number) = known
        && numbered(overlay, number)?.is_some_and(|known| known.is_open(header.time))
    {
        return vote(overlay, signer, (number, true), header, run_ahead);
    }
    let RulesState { rules, .. } = rules(overlay)?;
    if !(OPEN_MS_MIN..=rules.window_ms).contains(&open_ms) {
        return Ok(Err(RejectCode::BadWindow));
    }
    if let Err(refused) = measure::check(overlay, measure)? {
        return Ok(Err(refused));
    }
    let number = count(overlay)?;
    let proposal = Proposal {
        measure: measure.clone(),
        reason: reason.to_owned(),
        proposer: signer.id.clone(),
        height: header.height,
        time: header.time,
        expires: header.time.plus(open_ms),
        votes: std::collections::BTreeMap::new(),
        decision: None,
    };
    overlay.write(state_key::proposal_next(), Some(encode(&number.saturating_add(1))));
    overlay.write(key, Some(encode(&number)));
    let voters = electorate(overlay, rules.threshold(measure.kind()).of)?;
    if voters.contains(signer.id.organisation()) {
        let adopted = count_in(overlay, signer, (number, proposal), true, (&voters, header, run_ahead))?;
        return Ok(Ok(Told::Voted { proposal: number, adopted }));
    }
    overlay.write(state_key::proposal(number), Some(encode(&proposal)));
    Ok(Ok(Told::Voted { proposal: number, adopted: None }))
}

/// Takes an organisation's vote on a proposal, or another one in the place of its earlier one. The measure takes effect at once when enough have
/// voted for it; a vote is refused once it could not take effect any more.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the vote is refused.
pub fn vote<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    (number, approve): (u64, bool),
    header: &Header,
    run_ahead: u64,
) -> Result<Result<Told, RejectCode>, ReplicaError> {
    let open = numbered(overlay, number)?.filter(|proposal| proposal.is_open(header.time));
    let Some(proposal) = open else { return Ok(Err(RejectCode::ProposalOver)) };
    let RulesState { rules, .. } = rules(overlay)?;
    let voters = electorate(overlay, rules.threshold(proposal.measure.kind()).of)?;
    if !voters.contains(signer.id.organisation()) {
        return Ok(Err(RejectCode::Forbidden));
    }
    if let Err(refused) = measure::check(overlay, &proposal.measure)? {
        return Ok(Err(refused));
    }
    let adopted = count_in(overlay, signer, (number, proposal), approve, (&voters, header, run_ahead))?;
    Ok(Ok(Told::Voted { proposal: number, adopted }))
}

/// Enters a vote and decides if it can be; whether the measure was adopted, none while it is open.
fn count_in<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    (number, mut proposal): (u64, Proposal),
    approve: bool,
    (voters, header, run_ahead): (&BTreeSet<String>, &Header, u64),
) -> Result<Option<bool>, ReplicaError> {
    let ballot = Ballot { approve, by: signer.id.clone(), height: header.height };
    proposal.votes.insert(signer.id.organisation().to_owned(), ballot);
    let (of_them, kind) = (proposal.votes.iter().filter(|(id, _)| voters.contains(*id)), proposal.measure.kind());
    let more_than = rules(overlay)?.rules.threshold(kind).more_than;
    let (mut yes, mut no) = (0usize, 0usize);
    for (_, ballot) in of_them {
        if ballot.approve {
            yes = yes.saturating_add(1);
        } else {
            no = no.saturating_add(1);
        }
    }
    let adopted = if more_than.is_exceeded(yes, voters.len()) {
        Some(true)
    } else if !more_than.is_exceeded(voters.len().saturating_sub(no), voters.len()) {
        Some(false)
    } else {
        None
    };
    if let Some(adopted) = adopted {
        proposal.decision = Some(Decision { adopted, height: header.height });
        overlay.write(state_key::proposal_of(&proposal.measure.hash()), None);
        if adopted {
            measure::apply(overlay, &proposal.measure, header, run_ahead)?;
        }
    }
    overlay.write(state_key::proposal(number), Some(encode(&proposal)));
    Ok(adopted)
}

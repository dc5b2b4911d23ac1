//! `consensus_*`: how agreement goes.

use super::conn::{Conn, Node};
use super::doctor;
use super::failure::of_ledger;
use super::point::Point;
use crate::replica_thread::now;
use countersign_api::method::consensus::{
    Case, ConsensusEvidence, ConsensusStatus, ConsensusValidators, EvidenceParams, Missing, Signed, Status,
    ValidatorsOf,
};
use countersign_api::{Code, Read, Registry, RpcError};
use countersign_types::{Epoch, EpochState, Equivocation, Height, ValidatorSet, state_key};
use std::collections::BTreeMap;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ConsensusStatus, _, _>(|conn, _| conn.read(status));
    registry.on::<ConsensusValidators, _, _>(|conn, params| conn.read(move |node| validators(node, &params)));
    registry.on::<ConsensusEvidence, _, _>(|conn, params| conn.read(move |node| evidence(node, &params)));
}

fn status(node: &Node) -> Result<Status, RpcError> {
    let context = &node.context;
    let standing = context.shared.standing();
    let (status, replica) = standing.ok_or_else(|| RpcError::new(Code::NotReady, "the node is starting"))?;
    let tip = node.reader().tip();
    let header = node.reader().header(status.finalised).map_err(|cause| of_ledger(&cause))?;
    let members = context.membership.now();
    let validators = &members.validators;
    let now = now();
    let connected: Vec<u16> = context
        .network
        .peers()
        .into_iter()
        .filter(|peer| peer.is_connected)
        .filter_map(|peer| members.index_of(&peer.key))
        .collect();
    let missing = (0u16..).zip(validators.members()).filter(|(index, _)| !status.active.contains(index));
    let missing = missing.map(|(validator, member)| Missing {
        validator,
        organisation: member.organisation.clone(),
        silent_ms: status.heard.get(usize::from(validator)).copied().flatten().map(|heard| now.since(heard)),
        connected: connected.contains(&validator),
    });
    let mut answer = Status {
        epoch: status.epoch,
        view: status.view,
        leader: status.leader,
        validators: validators.count(),
        quorum: validators.quorum(),
        faulty_max: validators.faulty_max(),
        own: members.own,
        voting: members.own.is_some() && !status.recovering && !status.rejoining,
        rejoining: status.rejoining,
        prepared_height: status.prepared,
        final_height: status.finalised,
        // What is final and not executed yet has no stored header; the executed tip has.
        final_block: header.map_or(tip.block, |header| header.hash()),
        certified_height: status.certified,
        halted_height: Some(Height(replica.halted)).filter(|height| *height > Height::ZERO),
        block_due: status.due,
        failed_views: status.failures.into(),
        missing: missing.collect(),
        active: status.active,
        view_ms: now.since(status.round.since),
        since_final_ms: now.since(status.final_at),
        proposed: status.round.proposed,
        prepared: status.round.prepare,
        giving_up: status.round.view_change,
        next_timeout_ms: status.round.deadline.map(|deadline| deadline.since(now)),
        window_closed: status.window_closed,
        advice: Vec::new(),
        counters: BTreeMap::from(status.counters.named().map(|(name, value)| (name.to_owned(), value))),
    };
    answer.advice = doctor::advice(&answer);
    answer.advice.extend(doctor::of_retention(tip.height.next(), Height(replica.peers_keep_from)));
    answer.advice.extend(doctor::of_damage(&node.reader().damaged()));
    Ok(answer)
}

/// The epoch that is asked about, the last height before it, its validators, and the state of the epochs at the point.
fn epoch_of(
    node: &Node,
    params: &EvidenceParams,
    point: &Point,
) -> Result<(Epoch, Height, ValidatorSet, EpochState), RpcError> {
    let state: EpochState = node.native(&state_key::epoch(), point)?.unwrap_or_default();
    let epoch = params.epoch.unwrap_or(state.epoch);
    let known = node.reader().epoch(epoch).map_err(|cause| of_ledger(&cause))?;
    let Some((origin, validators)) = known.filter(|(origin, _)| *origin <= point.height) else {
        let cause = format!("epoch {epoch} has not begun at height {}", point.height);
        return Err(RpcError::new(Code::InvalidParams, cause));
    };
    Ok((epoch, origin, validators, state))
}

/// The proof shows the state of the epochs and the validators that it names now.
fn validators(node: &Node, params: &EvidenceParams) -> Result<Read<ValidatorsOf>, RpcError> {
    let point = node.point(params.at)?;
    let (epoch, origin, set, state) = epoch_of(node, params, &point)?;
    let change = state.change.filter(|_| state.epoch == epoch);
    let answer = ValidatorsOf {
        epoch,
        origin,
        quorum: set.quorum(),
        faulty_max: set.faulty_max(),
        validators: set.members().to_vec(),
        ends_at: change.as_ref().map(|change| change.last),
        next: change.map(|change| change.set.members().to_vec()),
    };
    let keys = [state_key::epoch(), state_key::validators()];
    let proof = if params.prove { Some(node.prove_entries(keys, &point)?) } else { None };
    Ok(point.read(answer, proof))
}

fn evidence(node: &Node, params: &EvidenceParams) -> Result<Read<Vec<Case>>, RpcError> {
    let point = node.point(params.at)?;
    let (epoch, _, validators, _) = epoch_of(node, params, &point)?;
    let (mut cases, mut keys) = (Vec::new(), Vec::new());
    for (validator, member) in (0u16..).zip(validators.members()) {
        let key = state_key::equivocation(epoch, validator);
        if let Some(Equivocation { evidence, reporter, height, time }) = node.native(&key, &point)? {
            let signed = [&evidence.first, &evidence.second];
            cases.push(Case {
                epoch,
                validator,
                organisation: member.organisation.clone(),
                key: member.key,
                number: evidence.first.number,
                signed: signed.map(|vote| Signed { phase: vote.phase, digest: vote.digest }),
                height,
                time,
                reporter,
            });
        }
        keys.push(key);
    }
    let proof = if params.prove { Some(node.prove_entries(keys, &point)?) } else { None };
    Ok(point.read(cases, proof))
}

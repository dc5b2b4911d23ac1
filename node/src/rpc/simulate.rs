//! `gov_simulate`: what a measure would do, before anybody votes on it.

use super::conn::{Conn, Node};
use super::failure::of_replica;
use super::point::Point;
use countersign_api::method::gov::{GovSimulate, SimulateParams, Simulation, Tolerance};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_replica::state_source::At as StateAt;
use countersign_replica::{ReplicaError, measure, organisation, proposal};
use countersign_types::governance::Threshold;
use countersign_types::proposal::Wanted;
use countersign_types::{Measure, PublicKey, RejectCode, Validator, ValidatorSet, state_key};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<GovSimulate, _, _>(|conn, params| conn.read(move |node| simulate(node, &params)));
}

fn simulate(node: &Node, params: &SimulateParams) -> Result<Read<Simulation>, RpcError> {
    let point = node.point(At::Final)?;
    let (measure, votes) = match (&params.measure, &params.proposal) {
        (Some(measure), None) => (measure.clone(), open_votes(node, measure, &point)?),
        (None, Some(number)) => {
            let proposal = node.proposal(number.0, &point)?;
            (proposal.measure, votes_of(proposal.votes))
        }
        _ => return Err(RpcError::new(Code::InvalidParams, "give either `measure` or `proposal`")),
    };
    measure.check().map_err(|cause| RpcError::new(Code::InvalidParams, cause.to_string()))?;
    let data = judge(node, &point, &measure, votes)?;
    Ok(point.read(data, None))
}

/// Votes by organisation.
type Votes = BTreeMap<String, bool>;

fn votes_of(votes: BTreeMap<String, countersign_types::Ballot>) -> Votes {
    votes.into_iter().map(|(organisation, ballot)| (organisation, ballot.approve)).collect()
}

/// Votes on an open proposal of a measure, if there is one.
fn open_votes(node: &Node, measure: &Measure, point: &Point) -> Result<Votes, RpcError> {
    let number: Option<u64> = node.native(&state_key::proposal_of(&measure.hash()), point)?;
    let Some(number) = number else { return Ok(Votes::new()) };
    let proposal = node.proposal(number, point)?;
    Ok(if proposal.is_open(point.time) { votes_of(proposal.votes) } else { Votes::new() })
}

fn judge(node: &Node, point: &Point, measure: &Measure, votes: Votes) -> Result<Simulation, RpcError> {
    let state = StateAt { reader: node.reader(), height: point.height };
    let of = |cause: ReplicaError| of_replica(&cause);
    let refused = measure::check(&state, measure).map_err(of)?.err().map(RejectCode::explain);
    let Threshold { more_than, of: who } = proposal::rules(&state).map_err(of)?.rules.threshold(measure.kind());
    let electorate = proposal::electorate(&state, who).map_err(of)?;
    let side = |wanted| {
        let mut ids: Vec<String> = Vec::new();
        ids.extend(
            votes.iter().filter(|(id, cast)| **cast == wanted && electorate.contains(*id)).map(|(id, _)| id.clone()),
        );
        ids
    };
    let standings = standings(&state).map_err(of)?;
    let now: Option<ValidatorSet> = node.native(&state_key::validators(), point)?;
    let now = now.ok_or_else(|| RpcError::new(Code::InternalError, "the state has no validators"))?;
    let then = if let Measure::Validators { validators, .. } = measure { validators } else { &now };
    let reached = reached(node);
    let acting = standings.values().filter(|acts| **acts).count();
    let before = tolerance(&now, &reached, acting);
    let after = tolerance(then, &reached, acting_with(measure, &standings, acting));
    let halts = after.reachable < after.quorum;
    let warnings = warnings(measure, (&now, then), (&before, &after), &reached);
    let (approve, reject) = (side(true), side(false));
    Ok(Simulation {
        about: measure.to_string(),
        possible: refused.is_none(),
        refused: refused.map(str::to_owned),
        needed: u32::try_from(more_than.needed(electorate.len())).unwrap_or(u32::MAX),
        electorate: electorate.into_iter().collect(),
        approve,
        reject,
        before,
        after,
        halts,
        warnings,
    })
}

/// Whether each member's accounts may act.
fn standings(
    state: &impl countersign_replica::state_source::StateSource,
) -> Result<BTreeMap<String, bool>, ReplicaError> {
    let mut standings = BTreeMap::new();
    for id in organisation::all(state)? {
        let acts = organisation::of(state, &id)?.is_some_and(|known| known.standing.is_good());
        standings.insert(id, acts);
    }
    Ok(standings)
}

/// How many members' accounts may act once a measure has taken effect.
fn acting_with(measure: &Measure, standings: &BTreeMap<String, bool>, acting: usize) -> usize {
    let acts = |id: &str| standings.get(id).copied().unwrap_or(false);
    match measure {
        Measure::Admit { .. } => acting.saturating_add(1),
        Measure::Standing { organisation, standing: Wanted::Good } if !acts(organisation) => acting.saturating_add(1),
        Measure::Standing { organisation, standing } if *standing != Wanted::Good && acts(organisation) => {
            acting.saturating_sub(1)
        }
        _ => acting,
    }
}

/// Network keys that this node reaches: its own, and those connected to it.
fn reached(node: &Node) -> BTreeSet<PublicKey> {
    let connected = node.context.network.peers().into_iter().filter(|peer| peer.is_connected).map(|peer| peer.key);
    let members = node.context.membership.now();
    let own = members.own.and_then(|own| members.validators.member(own).map(|validator| validator.network_key));
    connected.chain(own).collect()
}

fn tolerance(set: &ValidatorSet, reached: &BTreeSet<PublicKey>, members: usize) -> Tolerance {
    let up = set.members().iter().filter(|validator| reached.contains(&validator.network_key)).count();
    Tolerance {
        validators: set.count(),
        faulty_max: set.faulty_max(),
        quorum: set.quorum(),
        reachable: u16::try_from(up).unwrap_or(u16::MAX),
        members: u32::try_from(members).unwrap_or(u32::MAX),
    }
}

fn warnings(
    measure: &Measure,
    (now, then): (&ValidatorSet, &ValidatorSet),
    (before, after): (&Tolerance, &Tolerance),
    reached: &BTreeSet<PublicKey>,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Measure::Validators { .. } = measure {
        let is_new = |validator: &&Validator| !now.members().contains(validator);
        let away = then.members().iter().filter(is_new).filter(|new| !reached.contains(&new.network_key));
        warnings.extend(away.map(|new| {
            format!(
                "the new validator {} of {} is not connected to this node: let it follow the chain before it votes",
                new.key, new.organisation
            )
        }));
        if after.faulty_max < before.faulty_max {
            warnings.push(format!(
                "the network would bear {} faulty validators instead of {}",
                after.faulty_max, before.faulty_max
            ));
        }
        if after.reachable < after.quorum {
            warnings.push(format!(
                "this would halt the network: {} validators must be up for a block to be final, and {} of the {} are reachable",
                after.quorum, after.reachable, after.validators
            ));
        } else if after.reachable == after.quorum && after.faulty_max > 0 {
            warnings.push(format!(
                "{} of the {} validators are reachable, which is just a quorum: one more that fails would halt the network",
                after.reachable, after.validators
            ));
        }
    }
    if let Measure::Standing { organisation, standing: Wanted::Suspended } = measure
        && now.organisations().contains(organisation.as_str())
    {
        warnings
            .push(format!("{organisation} runs validators: they go on voting on blocks, and its vote here is missing"));
    }
    warnings
}

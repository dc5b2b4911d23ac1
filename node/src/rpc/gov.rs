//! `gov_*`: what members decide together.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::point::Point;
use crate::limits::PROPOSALS_READ_MAX;
use countersign_api::method::gov::{
    AtParams, DeployPolicy, GetProposalParams, GovGetDeployPolicy, GovGetProposal, GovGetRules, GovListProposals,
    ListProposalsParams, Proposal, ProposalState, RulesInForce, Vote,
};
use countersign_api::read::page_size;
use countersign_api::{At, Code, Page, Read, Registry, RpcError, U64};
use countersign_types::{PolicyState, RulesState, TimestampMs, state_key};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<GovGetDeployPolicy, _, _>(|conn, params| conn.read(move |node| policy(node, &params)));
    registry.on::<GovGetRules, _, _>(|conn, params| conn.read(move |node| rules(node, &params)));
    registry.on::<GovListProposals, _, _>(|conn, params| conn.read(move |node| list(node, params)));
    registry.on::<GovGetProposal, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
}

impl Node {
    /// The deployment policy in force.
    pub fn policy(&self, point: &Point) -> Result<PolicyState, RpcError> {
        self.native(&state_key::policy(), point)?.ok_or_else(|| absent("deployment policy"))
    }

    /// A proposal by its number.
    pub fn proposal(&self, number: u64, point: &Point) -> Result<countersign_types::Proposal, RpcError> {
        let found = self.native(&state_key::proposal(number), point)?;
        found.ok_or_else(|| {
            let cause =
                format!("there is no proposal {number} at height {}; `gov_listProposals` lists them", point.height);
            RpcError::new(Code::ProposalUnknown, cause)
        })
    }
}

fn absent(what: &str) -> RpcError {
    RpcError::new(Code::InternalError, format!("the state has no {what}; run `countersignd verify`"))
}

fn policy(node: &Node, params: &AtParams) -> Result<Read<DeployPolicy>, RpcError> {
    let point = node.point(params.at)?;
    let PolicyState { version, policy } = node.policy(&point)?;
    let organisations = policy.organisations.map(|organisations| organisations.into_iter().collect());
    let (approvals, upgrades) = (policy.approvals, policy.upgrades);
    Ok(point.read(DeployPolicy { version: U64(version), organisations, approvals, upgrades }, None))
}

fn rules(node: &Node, params: &AtParams) -> Result<Read<RulesInForce>, RpcError> {
    let point = node.point(params.at)?;
    let found: Option<RulesState> = node.native(&state_key::rules(), &point)?;
    let RulesState { version, rules } = found.ok_or_else(|| absent("rules of governance"))?;
    Ok(point.read(RulesInForce { version: U64(version), rules }, None))
}

fn get(node: &Node, params: &GetProposalParams) -> Result<Read<Proposal>, RpcError> {
    let point = node.point(params.at)?;
    let number = params.proposal.0;
    let told = told(number, node.proposal(number, &point)?, point.time);
    let proof = if params.prove { Some(node.prove_entries([state_key::proposal(number)], &point)?) } else { None };
    Ok(point.read(told, proof))
}

/// The newest come first. A page that met as many proposals as one may read ends there, be they of the state asked for or not.
fn list(node: &Node, mut params: ListProposalsParams) -> Result<Page<Proposal>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<GovListProposals>(&params);
    let cursor: Option<Cursor<u64>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let mut below = match cursor {
        Some(Cursor { place, .. }) => place,
        None => node.native::<u64>(&state_key::proposal_next(), &point)?.unwrap_or(0),
    };
    let (mut items, mut read) = (Vec::new(), 0);
    while items.len() < size && read < PROPOSALS_READ_MAX {
        let Some(number) = below.checked_sub(1) else { break };
        let proposal = told(number, node.proposal(number, &point)?, point.time);
        if params.state.is_none_or(|wanted| wanted == proposal.state) {
            items.push(proposal);
        }
        (below, read) = (number, read.saturating_add(1));
    }
    let next = (below > 0).then(|| query.text(&Cursor { height: point.height, place: below }));
    Ok(point.page(items, next))
}

fn told(number: u64, proposal: countersign_types::Proposal, now: TimestampMs) -> Proposal {
    let state = match proposal.decision {
        Some(decision) if decision.adopted => ProposalState::Adopted,
        Some(_) => ProposalState::Rejected,
        None if proposal.is_open(now) => ProposalState::Open,
        None => ProposalState::Expired,
    };
    let vote = |(organisation, ballot): (String, countersign_types::Ballot)| Vote {
        organisation,
        approve: ballot.approve,
        by: ballot.by,
        height: ballot.height,
    };
    Proposal {
        number: U64(number),
        state,
        about: proposal.measure.to_string(),
        measure: proposal.measure,
        reason: proposal.reason,
        proposer: proposal.proposer,
        height: proposal.height,
        time: proposal.time,
        expires: proposal.expires,
        decided_at: proposal.decision.map(|decision| decision.height),
        votes: proposal.votes.into_iter().map(vote).collect(),
    }
}

//! `governance_*`: what members decide together.

use super::conn::{Conn, Node};
use super::point::Point;
use countersign_api::method::governance::{DeployPolicy, GetDeployPolicyParams, GovernanceGetDeployPolicy, PolicyVote};
use countersign_api::{Code, Read, Registry, RpcError, U64};
use countersign_types::{PolicyState, ValidatorSet, state_key};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<GovernanceGetDeployPolicy, _, _>(|conn, params| conn.read(move |node| policy(node, &params)));
}

impl Node {
    /// The deployment policy in force.
    pub fn policy(&self, point: &Point) -> Result<PolicyState, RpcError> {
        let found = self.native(&state_key::policy(), point)?;
        let none =
            || RpcError::new(Code::InternalError, "the state has no deployment policy; run `countersignd verify`");
        found.ok_or_else(none)
    }
}

fn policy(node: &Node, params: &GetDeployPolicyParams) -> Result<Read<DeployPolicy>, RpcError> {
    let point = node.point(params.at)?;
    let PolicyState { version, policy } = node.policy(&point)?;
    let validators: Option<ValidatorSet> = node.native(&state_key::validators(), &point)?;
    let mut votes = Vec::new();
    for organisation in validators.iter().flat_map(ValidatorSet::organisations) {
        let cast: Option<countersign_types::PolicyVote> = node.native(&state_key::policy_vote(organisation), &point)?;
        let counts = cast.filter(|vote| vote.version == version);
        votes.extend(counts.map(|vote| PolicyVote { organisation: organisation.to_owned(), policy: vote.policy }));
    }
    let organisations = policy.organisations.map(|organisations| organisations.into_iter().collect());
    let (approvals, upgrades) = (policy.approvals, policy.upgrades);
    Ok(point.read(DeployPolicy { version: U64(version), organisations, approvals, upgrades, votes }, None))
}

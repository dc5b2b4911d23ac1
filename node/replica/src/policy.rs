//! Who may put code on the chain: the policy in force, votes for another one, and approvals of code.

use crate::error::ReplicaError;
use crate::govern::{cast, epoch_and_validators};
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::limits::APPROVALS_MAX;
use countersign_types::{
    Account, Address, ContractRecord, DeployPolicy, Hash, PolicyState, PolicyVote, RejectCode, state_key,
};
use std::collections::BTreeSet;

/// The policy in force.
///
/// # Errors
/// If the state cannot be read.
pub fn in_force(state: &impl StateSource) -> Result<PolicyState, ReplicaError> {
    let found: Option<PolicyState> = state.read_value(&state_key::policy(), "the deployment policy")?;
    found.ok_or(ReplicaError::State { what: "the deployment policy" })
}

/// Organisations that approved code to be this revision of a contract.
///
/// # Errors
/// If the state cannot be read.
pub fn approvals(
    state: &impl StateSource,
    contract: &str,
    revision: u32,
    code: &Hash,
) -> Result<BTreeSet<String>, ReplicaError> {
    Ok(state.read_value(&state_key::approvals(contract, revision, code), "approvals of code")?.unwrap_or_default())
}

/// Takes an organisation's vote on the deployment policy. Once more than two thirds of the organisations that run validators
/// want the same one, it holds from the next transaction on.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the vote is refused.
pub fn vote<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    version: u64,
    wanted: &DeployPolicy,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    if in_force(overlay)?.version != version {
        return Ok(Err(RejectCode::PolicyOver));
    }
    let (_, validators) = epoch_and_validators(overlay)?;
    let voters = validators.organisations();
    let voter = signer.id.organisation();
    if !voters.contains(voter) {
        return Ok(Err(RejectCode::Forbidden));
    }
    for organisation in wanted.organisations.iter().flatten() {
        if overlay.read(&state_key::organisation(organisation))?.is_none() {
            return Ok(Err(RejectCode::BadPolicy));
        }
    }
    if cast(overlay, &voters, voter, &PolicyVote { version, policy: wanted.hash() }, state_key::policy_vote)? {
        let next = PolicyState { version: version.saturating_add(1), policy: wanted.clone() };
        overlay.write(state_key::policy(), Some(encode(&next)));
    }
    Ok(Ok(()))
}

/// Notes that an organisation approves code to be the next revision of a contract, or takes it back. Beyond [`APPROVALS_MAX`] approvals, which
/// satisfy every policy, none is added.
///
/// # Errors
/// If the state cannot be read.
pub fn approve<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    contract: &str,
    code: &Hash,
    approve: bool,
) -> Result<(), ReplicaError> {
    let record: Option<ContractRecord> =
        overlay.read_value(&state_key::contract(&Address::of(contract)), "a contract's record")?;
    let revision = ContractRecord::next_revision(record.as_ref());
    let mut approved = approvals(overlay, contract, revision, code)?;
    if !approve {
        approved.remove(signer.id.organisation());
    } else if approved.len() < APPROVALS_MAX {
        approved.insert(signer.id.organisation().to_owned());
    }
    let value = Some(approved).filter(|approved| !approved.is_empty()).map(|approved| encode(&approved));
    overlay.write(state_key::approvals(contract, revision, code), value);
    Ok(())
}

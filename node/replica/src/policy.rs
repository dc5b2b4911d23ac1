//! Who may put code on the chain: the policy in force, and approvals of code.

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::limits::APPROVALS_MAX;
use countersign_types::policy::NETWORK;
use countersign_types::{Account, Address, ContractRecord, Hash, PolicyState, state_key};
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

/// Notes that the network consents to code, whatever number of approvals the policy asks for.
///
/// # Errors
/// If the state cannot be read.
pub fn consent<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    contract: &str,
    revision: u32,
    code: &Hash,
) -> Result<(), ReplicaError> {
    let mut approved = approvals(overlay, contract, revision, code)?;
    approved.insert(NETWORK.to_owned());
    overlay.write(state_key::approvals(contract, revision, code), Some(encode(&approved)));
    Ok(())
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

//! Stopping a contract: by its owner, or by those who run the network.

use crate::error::ReplicaError;
use crate::govern::{cast, epoch_and_validators};
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::{Account, Address, ContractRecord, FreezeVote, RejectCode, state_key};

fn record<B: StateSource>(
    overlay: &Overlay<'_, B>,
    contract: &Address,
) -> Result<Option<ContractRecord>, ReplicaError> {
    overlay.read_value(&state_key::contract(contract), "a contract's record")
}

/// Stops a contract of the signer's organisation or lets it run again.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the contract is unknown or another organisation's.
pub fn set<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    contract: &Address,
    frozen: bool,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let Some(mut record) = record(overlay, contract)? else { return Ok(Err(RejectCode::NoContract)) };
    if record.organisation() != signer.id.organisation() {
        return Ok(Err(RejectCode::NotOwner));
    }
    record.frozen.by_owner = frozen;
    overlay.write(state_key::contract(contract), Some(encode(&record)));
    Ok(Ok(()))
}

/// Takes an organisation's vote on whether a contract is stopped. Once more than two thirds of the organisations that run
/// validators want the same, it is so, and the next decision needs new votes.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the contract is unknown or the organisation runs no validator.
pub fn vote<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    contract: &Address,
    frozen: bool,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let Some(mut record) = record(overlay, contract)? else { return Ok(Err(RejectCode::NoContract)) };
    let (_, validators) = epoch_and_validators(overlay)?;
    let voters = validators.organisations();
    let voter = signer.id.organisation();
    if !voters.contains(voter) {
        return Ok(Err(RejectCode::Forbidden));
    }
    let key = |organisation: &str| state_key::freeze_vote(contract, organisation);
    let vote = FreezeVote { revision: record.revision, was_frozen: record.frozen.by_network, frozen };
    if cast(overlay, &voters, voter, &vote, key)? {
        record.frozen.by_network = frozen;
        overlay.write(state_key::contract(contract), Some(encode(&record)));
        for organisation in &voters {
            overlay.write(key(organisation), None);
        }
    }
    Ok(Ok(()))
}

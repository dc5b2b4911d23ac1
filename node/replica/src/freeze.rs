//! Stopping a contract by its owner. The network stops one by a [`crate::measure`].

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::{Account, Address, ContractRecord, RejectCode, state_key};

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

//! Who may do what: the account behind a key, and the role an operation needs.

use crate::error::ReplicaError;
use crate::state_source::StateSource;
use countersign_types::{Account, Height, NativeOperation, Payload, PublicKey, RejectCode, Roles, state_key};

/// The account that a key signs for at a height.
///
/// # Errors
/// If the state cannot be read.
pub fn account_of(state: &impl StateSource, key: &PublicKey, height: Height) -> Result<Option<Account>, ReplicaError> {
    let Some(id) = state.read(&state_key::account_of_key(key))? else { return Ok(None) };
    let id = core::str::from_utf8(&id).map_err(|_| ReplicaError::State { what: "an account's id" })?;
    let account: Option<Account> = state.read_value(&state_key::account(id), "an account")?;
    Ok(account.filter(|account| account.signs_with(key, height)))
}

/// The account behind a signer, if it may do what the payload asks.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the signer is unknown or lacks the
/// role.
pub fn authorise(
    state: &impl StateSource,
    signer: &PublicKey,
    payload: &Payload,
    height: Height,
) -> Result<Result<Account, RejectCode>, ReplicaError> {
    let Some(account) = account_of(state, signer, height)? else { return Ok(Err(RejectCode::UnknownSigner)) };
    let needed = match payload {
        Payload::Call { .. } => Roles::SUBMITTER.with(Roles::DEVICE),
        Payload::Deploy { .. } => Roles::DEPLOYER,
        Payload::Native(NativeOperation::PutAccount { .. } | NativeOperation::VoteValidators { .. }) => Roles::ADMIN,
    };
    Ok(if account.roles.has_any(needed) { Ok(account) } else { Err(RejectCode::Forbidden) })
}

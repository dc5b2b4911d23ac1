//! Who may do what: the account behind a key, and the role an operation needs.

use crate::error::ReplicaError;
use crate::organisation;
use crate::state_source::StateSource;
use countersign_types::{
    Account, AccountId, Height, NativeOperation, Payload, PublicKey, RejectCode, Roles, ValidatorSet, state_key,
};

/// How a validator is named where an account is expected.
const VALIDATOR: &str = "validator";

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

/// What stands for an account where a validator of the current epoch signs with the key that it votes with: no roles, and
/// its organisation.
fn validator(state: &impl StateSource, key: &PublicKey) -> Result<Option<Account>, ReplicaError> {
    let set: Option<ValidatorSet> = state.read_value(&state_key::validators(), "the validators")?;
    let member = set.and_then(|set| set.member(set.index_of(key)?).cloned());
    let id = member.and_then(|member| format!("{}/{VALIDATOR}", member.organisation).parse::<AccountId>().ok());
    Ok(id.map(|id| Account::new(id, Roles::NONE, Vec::new())))
}

/// The account behind a signer, if it may do what the payload asks.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the signer is unknown, its organisation
/// may not act, or it lacks the role.
pub fn authorise(
    state: &impl StateSource,
    signer: &PublicKey,
    payload: &Payload,
    height: Height,
) -> Result<Result<Account, RejectCode>, ReplicaError> {
    let account = match account_of(state, signer, height)? {
        Some(account) => account,
        None => match payload {
            // A validator reports what it sees by itself.
            Payload::Native(NativeOperation::ReportEquivocation { .. }) => match validator(state, signer)? {
                Some(validator) => return Ok(Ok(validator)),
                None => return Ok(Err(RejectCode::UnknownSigner)),
            },
            _ => return Ok(Err(RejectCode::UnknownSigner)),
        },
    };
    let needed = match payload {
        Payload::Call { .. } => Roles::SUBMITTER.with(Roles::DEVICE),
        Payload::Deploy { .. } | Payload::Upgrade { .. } => Roles::DEPLOYER,
        Payload::Native(
            NativeOperation::PutAccount { .. }
            | NativeOperation::PutOrganisation { .. }
            | NativeOperation::Propose { .. }
            | NativeOperation::Vote { .. }
            | NativeOperation::ReportEquivocation { .. }
            | NativeOperation::ApproveCode { .. }
            | NativeOperation::SetFrozen { .. },
        ) => Roles::ADMIN,
    };
    if !organisation::may_act(state, account.id.organisation(), height)? {
        return Ok(Err(RejectCode::Suspended));
    }
    Ok(if account.roles.has_any(needed) { Ok(account) } else { Err(RejectCode::Forbidden) })
}

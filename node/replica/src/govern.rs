//! Native operations: what the chain does itself.

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::{Account, AccountId, RejectCode, state_key};

/// Creates or replaces an account of the signer's organisation. A key that was registered stays
/// with its account for good, so that old signatures keep their meaning; it is retired by
/// `valid_to`.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the operation is refused.
pub fn put_account<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    account: &Account,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    if account.id.organisation() != signer.id.organisation() {
        return Ok(Err(RejectCode::Forbidden));
    }
    for entry in &account.keys {
        let owner = overlay.read(&state_key::account_of_key(&entry.key))?;
        if owner.is_some_and(|owner| owner != account.id.as_str().as_bytes()) {
            return Ok(Err(RejectCode::KeyTaken));
        }
    }
    write_account(overlay, &account.id, account);
    Ok(Ok(()))
}

fn write_account<B: StateSource>(overlay: &mut Overlay<'_, B>, id: &AccountId, account: &Account) {
    overlay.write(state_key::account(id.as_str()), Some(encode(account)));
    for entry in &account.keys {
        overlay.write(state_key::account_of_key(&entry.key), Some(id.as_str().as_bytes().to_vec()));
    }
}

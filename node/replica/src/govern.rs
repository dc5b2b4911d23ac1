//! Native operations: what the chain does itself.

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::{Account, AccountId, KeyProof, RejectCode, state_key};

/// Creates or replaces an account of the signer's organisation. A key that was registered stays
/// with its account for good, so that old signatures keep their meaning; it is retired by
/// `valid_to`. A new key has signed that it belongs to the account, and an organisation that has an
/// admin keeps one. The proofs were checked with the transaction's signature.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the operation is refused.
pub fn put_account<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    account: &Account,
    proofs: &[KeyProof],
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let organisation = account.id.organisation();
    if organisation != signer.id.organisation() {
        return Ok(Err(RejectCode::Forbidden));
    }
    for entry in &account.keys {
        match overlay.read(&state_key::account_of_key(&entry.key))? {
            Some(owner) if owner == account.id.as_str().as_bytes() => {}
            Some(_) => return Ok(Err(RejectCode::KeyTaken)),
            None if proofs.iter().any(|proof| proof.key == entry.key) => {}
            None => return Ok(Err(RejectCode::KeyUnproven)),
        }
    }
    let known: Option<Account> = overlay.read_value(&state_key::account(account.id.as_str()), "an account")?;
    let was_admin = known.is_some_and(|known| known.is_lasting_admin());
    let admins: u32 = overlay.read_value(&state_key::admins(organisation), "a number of admins")?.unwrap_or_default();
    let others = admins.saturating_sub(u32::from(was_admin));
    let left = others.saturating_add(u32::from(account.is_lasting_admin()));
    if left == 0 && was_admin {
        return Ok(Err(RejectCode::LastAdmin));
    }
    if left != admins {
        overlay.write(state_key::admins(organisation), Some(encode(&left)));
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

//! Members: taking them in, what they say of themselves, and whether they may act.

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::limits::ORGANISATIONS_MAX;
use countersign_types::{
    Account, AccountId, Height, KeyProof, Organisation, RejectCode, Roles, Standing, proposal::Wanted, state_key,
};
use std::collections::BTreeSet;

/// The organisation of an id, if there is or was one.
///
/// # Errors
/// If the state cannot be read.
pub fn of(state: &impl StateSource, id: &str) -> Result<Option<Organisation>, ReplicaError> {
    state.read_value(&state_key::organisation(id), "an organisation")
}

/// Whether accounts of an organisation may act in the block at a height.
///
/// # Errors
/// If the state cannot be read.
pub fn may_act(state: &impl StateSource, id: &str, height: Height) -> Result<bool, ReplicaError> {
    Ok(of(state, id)?.is_some_and(|organisation| organisation.standing.admits(height)))
}

/// Ids of all that are or were members.
///
/// # Errors
/// If the state cannot be read.
pub fn all(state: &impl StateSource) -> Result<BTreeSet<String>, ReplicaError> {
    Ok(state.read_value(&state_key::organisations(), "the organisations")?.unwrap_or_default())
}

/// Ids of an organisation's accounts with the admin role.
///
/// # Errors
/// If the state cannot be read.
pub fn admins(state: &impl StateSource, id: &str) -> Result<BTreeSet<AccountId>, ReplicaError> {
    Ok(state.read_value(&state_key::admins(id), "the admins of an organisation")?.unwrap_or_default())
}

/// How many of these accounts are admins with a key that does not end.
pub(crate) fn lasting(state: &impl StateSource, admins: &BTreeSet<AccountId>) -> Result<usize, ReplicaError> {
    let mut lasting = 0;
    for id in admins {
        let account: Option<Account> = state.read_value(&state_key::account(id.as_str()), "an account")?;
        lasting += usize::from(account.is_some_and(|account| account.is_lasting_admin()));
    }
    Ok(lasting)
}

/// Sets what an organisation says of itself. As many admins as it asks to agree must be there.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if it is refused.
pub fn put<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    said: &Organisation,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let id = signer.id.organisation();
    let Some(known) = of(overlay, id)? else { return Ok(Err(RejectCode::BadOrganisation)) };
    let there = lasting(overlay, &admins(overlay, id)?)?;
    if said.threshold > known.threshold && usize::from(said.threshold) > there {
        return Ok(Err(RejectCode::LastAdmin));
    }
    let Organisation { name, gln, contact, threshold, .. } = said.clone();
    let next = Organisation { name, gln, contact, threshold, ..known };
    overlay.write(state_key::organisation(id), Some(encode(&next)));
    Ok(Ok(()))
}

/// Whether an organisation with these admins can be taken in.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if it cannot.
pub fn can_admit(
    state: &impl StateSource,
    organisation: &Organisation,
    (accounts, proofs): (&[Account], &[KeyProof]),
) -> Result<Result<(), RejectCode>, ReplicaError> {
    if of(state, &organisation.id)?.is_some() || all(state)?.len() >= ORGANISATIONS_MAX {
        return Ok(Err(RejectCode::BadOrganisation));
    }
    keys_are_free(state, accounts, proofs)
}

/// Takes an organisation in whose admission was found to be possible.
///
/// # Errors
/// If the state cannot be read.
pub fn admit<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    organisation: &Organisation,
    accounts: &[Account],
) -> Result<(), ReplicaError> {
    let mut ids = all(overlay)?;
    ids.insert(organisation.id.clone());
    overlay.write(state_key::organisations(), Some(encode(&ids)));
    overlay.write(state_key::organisation(&organisation.id), Some(encode(organisation)));
    write_admins(overlay, &organisation.id, accounts);
    Ok(())
}

/// Whether an organisation that is no member any more can be left out of account, and others can be given these admins.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if it cannot.
pub fn can_restore(
    state: &impl StateSource,
    id: &str,
    (accounts, proofs): (&[Account], &[KeyProof]),
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let Some(known) = of(state, id)?.filter(|known| !matches!(known.standing, Standing::Expelled { .. })) else {
        return Ok(Err(RejectCode::BadOrganisation));
    };
    if accounts.len() < usize::from(known.threshold) {
        return Ok(Err(RejectCode::LastAdmin));
    }
    keys_are_free(state, accounts, proofs)
}

/// Gives an organisation new admins; those of before keep their other roles.
///
/// # Errors
/// If the state cannot be read.
pub fn restore<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    id: &str,
    accounts: &[Account],
) -> Result<(), ReplicaError> {
    for before in admins(overlay, id)? {
        let account: Option<Account> = overlay.read_value(&state_key::account(before.as_str()), "an account")?;
        if let Some(account) = account {
            let roles = account.roles.without(Roles::ADMIN);
            overlay.write(state_key::account(before.as_str()), Some(encode(&Account { roles, ..account })));
        }
    }
    write_admins(overlay, id, accounts);
    Ok(())
}

/// Changes an organisation's standing from the next block on.
///
/// # Errors
/// If the state cannot be read.
pub fn set_standing<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    id: &str,
    wanted: Wanted,
    height: Height,
) -> Result<(), ReplicaError> {
    let from = height.next();
    let standing = match wanted {
        Wanted::Good => Standing::Good,
        Wanted::Suspended => Standing::Suspended { from },
        Wanted::Expelled => Standing::Expelled { from },
    };
    if let Some(known) = of(overlay, id)? {
        overlay.write(state_key::organisation(id), Some(encode(&Organisation { standing, ..known })));
    }
    Ok(())
}

fn write_admins<B: StateSource>(overlay: &mut Overlay<'_, B>, id: &str, accounts: &[Account]) {
    let ids: BTreeSet<&AccountId> = accounts.iter().map(|account| &account.id).collect();
    overlay.write(state_key::admins(id), Some(encode(&ids)));
    for account in accounts {
        write_account(overlay, account);
    }
}

/// Writes an account and whose its keys are.
pub(crate) fn write_account<B: StateSource>(overlay: &mut Overlay<'_, B>, account: &Account) {
    overlay.write(state_key::account(account.id.as_str()), Some(encode(account)));
    for entry in &account.keys {
        overlay.write(state_key::account_of_key(&entry.key), Some(account.id.as_str().as_bytes().to_vec()));
    }
}

/// Whether each key of these accounts is its account's already, or is nobody's and has signed that it shall be. The proofs
/// were checked with the transaction's signature.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if a key is not free.
pub(crate) fn keys_are_free(
    state: &impl StateSource,
    accounts: &[Account],
    proofs: &[KeyProof],
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let mut seen = BTreeSet::new();
    for account in accounts {
        for entry in &account.keys {
            if !seen.insert(entry.key) {
                return Ok(Err(RejectCode::KeyTaken));
            }
            match state.read(&state_key::account_of_key(&entry.key))? {
                Some(owner) if owner == account.id.as_str().as_bytes() => {}
                Some(_) => return Ok(Err(RejectCode::KeyTaken)),
                None if proofs.iter().any(|proof| proof.key == entry.key) => {}
                None => return Ok(Err(RejectCode::KeyUnproven)),
            }
        }
    }
    Ok(Ok(()))
}

//! Organisations that ask several of their admins to agree before something is done in their name.

use crate::error::ReplicaError;
use crate::limits::CONSENT_MS;
use crate::organisation;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::hash::Tag;
use countersign_types::{Account, AccountId, Consent, Hash, Header, NativeOperation, Roles, Told, state_key};
use std::collections::BTreeSet;

/// Notes that an admin asks for an operation; what it still waits for, or none if enough of the organisation's admins ask
/// for the same. Only admins count who are that now and have a key that signs.
///
/// # Errors
/// If the state cannot be read.
pub fn gather<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    operation: &NativeOperation,
    header: &Header,
) -> Result<Option<Told>, ReplicaError> {
    let id = signer.id.organisation();
    let needed = organisation::of(overlay, id)?.map_or(1, |organisation| organisation.threshold);
    if needed <= 1 || matches!(operation, NativeOperation::ReportEquivocation { .. }) {
        return Ok(None);
    }
    let key = state_key::consent(id, &subject(operation));
    let before: Option<Consent> = overlay.read_value(&key, "the consent of admins")?;
    let fresh = || Consent { admins: BTreeSet::new(), until: header.time.plus(CONSENT_MS) };
    let mut consent = before.filter(|consent| header.time <= consent.until).unwrap_or_else(fresh);
    consent.admins.insert(signer.id.clone());
    let mut asked: u16 = 0;
    for admin in &consent.admins {
        asked = asked.saturating_add(u16::from(counts(overlay, admin, header)?));
    }
    let reached = asked >= needed;
    overlay.write(key, if reached { None } else { Some(encode(&consent)) });
    Ok(if reached { None } else { Some(Told::Waits { asked, needed }) })
}

fn counts(state: &impl StateSource, admin: &AccountId, header: &Header) -> Result<bool, ReplicaError> {
    let account: Option<Account> = state.read_value(&state_key::account(admin.as_str()), "an account")?;
    Ok(account.is_some_and(|account| {
        let signs = account.keys.iter().any(|entry| account.signs_with(&entry.key, header.height));
        signs && account.roles.has_any(Roles::ADMIN)
    }))
}

/// What admins agree on. Proposals of the same measure are the same whatever reason they give.
fn subject(operation: &NativeOperation) -> Hash {
    match operation {
        NativeOperation::Propose { measure, .. } => measure.hash(),
        operation => Hash::of_value(Tag::CONSENT, operation),
    }
}

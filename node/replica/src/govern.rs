//! Native operations: what the chain does itself.

use crate::error::ReplicaError;
use crate::limits::ADMINS_MAX;
use crate::organisation;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_ledger::{Reader, Store};
use countersign_types::codec::encode;
use countersign_types::{
    Account, EpochState, Equivocation, Evidence, Hash, Header, Height, KeyProof, Phase, RejectCode, Roles,
    ValidatorSet, state_key,
};

/// Creates or replaces an account of the signer's organisation. A key that was registered stays
/// with its account for good, so that old signatures keep their meaning; it is retired by
/// `valid_to`. A new key has signed that it belongs to the account, and an organisation keeps as many
/// admins as it asks to agree. The proofs were checked with the transaction's signature. What is refused
/// may have written: the caller drops it.
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
    if let Err(refused) = organisation::keys_are_free(overlay, std::slice::from_ref(account), proofs)? {
        return Ok(Err(refused));
    }
    let admins = organisation::admins(overlay, organisation)?;
    let mut after = admins.clone();
    if account.roles.has_any(Roles::ADMIN) {
        after.insert(account.id.clone());
    } else {
        after.remove(&account.id);
    }
    if after.len() > ADMINS_MAX {
        return Ok(Err(RejectCode::TooManyAdmins));
    }
    let there = organisation::lasting(overlay, &admins)?;
    organisation::write_account(overlay, account);
    let left = organisation::lasting(overlay, &after)?;
    let needed = organisation::of(overlay, organisation)?.map_or(1, |organisation| organisation.threshold);
    if left < there && left < usize::from(needed) {
        return Ok(Err(RejectCode::LastAdmin));
    }
    if after != admins {
        overlay.write(state_key::admins(organisation), Some(encode(&after)));
    }
    Ok(Ok(()))
}

/// Records that a validator of the current epoch contradicted itself. One case for each validator and epoch: it proves
/// it faulty, and the next epoch need not have it.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the report is refused.
pub fn report_equivocation<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    chain: Hash,
    reporter: &Account,
    evidence: &Evidence,
    header: &Header,
    run_ahead: u64,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let (state, current) = epoch_and_validators(overlay)?;
    let key = state_key::equivocation(state.epoch, evidence.first.signer);
    if overlay.read(&key)?.is_some() && !planted(Mutation::EvidenceTwice) {
        return Ok(Err(RejectCode::EvidenceKnown));
    }
    if evidence.verify(chain, state.epoch, &current).is_err() || is_excused(overlay, evidence, run_ahead)? {
        return Ok(Err(RejectCode::BadEvidence));
    }
    let (height, time) = (header.height, header.time);
    let case = Equivocation { evidence: evidence.clone(), reporter: reporter.id.clone(), height, time };
    overlay.write(key, Some(encode(&case)));
    Ok(Ok(()))
}

/// P6.5: whether the votes are CHECKPOINTs of a height that an override gave another result.
fn is_excused<B: StateSource>(
    overlay: &Overlay<'_, B>,
    evidence: &Evidence,
    run_ahead: u64,
) -> Result<bool, ReplicaError> {
    let height = evidence.first.number;
    let first = height.saturating_add(1).saturating_sub(run_ahead);
    if evidence.first.phase == Phase::Checkpoint {
        for below in (first..=height).map(Height) {
            if overlay.read(&state_key::overridden(below))?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The epoch and the validators of the height that is executed.
pub(crate) fn epoch_and_validators(state: &impl StateSource) -> Result<(EpochState, ValidatorSet), ReplicaError> {
    let epoch: Option<EpochState> = state.read_value(&state_key::epoch(), "the epoch")?;
    let current: Option<ValidatorSet> = state.read_value(&state_key::validators(), "the validators")?;
    epoch.zip(current).ok_or(ReplicaError::State { what: "the epoch or its validators" })
}

/// Begins the next epoch above the last height of the current one.
///
/// # Errors
/// If the state cannot be read.
pub fn end_epoch<B: StateSource>(overlay: &mut Overlay<'_, B>, height: Height) -> Result<(), ReplicaError> {
    let state: Option<EpochState> = overlay.read_value(&state_key::epoch(), "the epoch")?;
    let Some(EpochState { epoch, change: Some(change), .. }) = state else { return Ok(()) };
    if change.last == height {
        overlay.write(state_key::validators(), Some(encode(&change.set)));
        let next = EpochState { epoch: epoch.next(), origin: height, change: None };
        overlay.write(state_key::epoch(), Some(encode(&next)));
    }
    Ok(())
}

/// Puts the validators into the state that an order named (P11.3): the first block after it does.
///
/// # Errors
/// If the ledger cannot be read.
pub fn restart<B: StateSource, S: Store>(
    overlay: &mut Overlay<'_, B>,
    reader: &Reader<S>,
    header: &Header,
) -> Result<(), ReplicaError> {
    let Some((origin, set)) = reader.epoch(header.epoch)? else { return Ok(()) };
    if origin.next() == header.height && reader.restart(header.epoch)?.is_some() {
        overlay.write(state_key::validators(), Some(encode(&set)));
        let state = EpochState { epoch: header.epoch, origin, change: None };
        overlay.write(state_key::epoch(), Some(encode(&state)));
    }
    Ok(())
}

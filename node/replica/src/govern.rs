//! Native operations: what the chain does itself.

use crate::error::ReplicaError;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_consensus::mutation::{Mutation, planted};
use countersign_ledger::{Reader, Store};
use countersign_types::codec::encode;
use countersign_types::{
    Account, AccountId, Epoch, EpochState, Equivocation, Evidence, Hash, Header, Height, KeyProof, Phase, RejectCode,
    SetChange, SetVote, ValidatorSet, state_key,
};
use std::collections::BTreeSet;

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

/// Takes an organisation's vote on the validators of the next epoch. Once more than two thirds of the
/// organisations that run validators want the same set, this epoch ends one run-ahead window later.
///
/// # Errors
/// The outer one if the state cannot be read, the inner one if the vote is refused.
pub fn vote_validators<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    signer: &Account,
    (epoch, wanted): (Epoch, &ValidatorSet),
    height: Height,
    run_ahead: u64,
) -> Result<Result<(), RejectCode>, ReplicaError> {
    let (state, current) = epoch_and_validators(overlay)?;
    if state.epoch != epoch || state.change.is_some() {
        return Ok(Err(RejectCode::EpochOver));
    }
    let voters = current.organisations();
    let voter = signer.id.organisation();
    if !voters.contains(voter) {
        return Ok(Err(RejectCode::Forbidden));
    }
    for organisation in wanted.organisations() {
        if overlay.read(&state_key::organisation(organisation))?.is_none() {
            return Ok(Err(RejectCode::BadValidators));
        }
    }
    if current.check_next(wanted).is_err() {
        return Ok(Err(RejectCode::BadValidators));
    }
    let vote = SetVote { epoch, set: wanted.hash() };
    if cast(overlay, &voters, voter, &vote, state_key::set_vote)? {
        let run_ahead = if planted(Mutation::ChangeAtOnce) { 0 } else { run_ahead };
        let change = SetChange { set: wanted.clone(), last: height.plus(run_ahead) };
        overlay.write(state_key::epoch(), Some(encode(&EpochState { change: Some(change), ..state })));
    }
    Ok(Ok(()))
}

/// Writes an organisation's vote; whether more than two thirds of those that run validators vote the same now.
pub(crate) fn cast<B: StateSource, V: BorshSerialize + BorshDeserialize + PartialEq>(
    overlay: &mut Overlay<'_, B>,
    voters: &BTreeSet<&str>,
    voter: &str,
    vote: &V,
    key: impl Fn(&str) -> Vec<u8>,
) -> Result<bool, ReplicaError> {
    overlay.write(key(voter), Some(encode(vote)));
    let mut agreeing = 0;
    for organisation in voters {
        let cast: Option<V> = overlay.read_value(&key(organisation), "a vote")?;
        agreeing += usize::from(cast.as_ref() == Some(vote));
    }
    Ok(agreeing * 3 > voters.len() * 2)
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
pub(crate) fn epoch_and_validators<B: StateSource>(
    overlay: &Overlay<'_, B>,
) -> Result<(EpochState, ValidatorSet), ReplicaError> {
    let state: Option<EpochState> = overlay.read_value(&state_key::epoch(), "the epoch")?;
    let current: Option<ValidatorSet> = overlay.read_value(&state_key::validators(), "the validators")?;
    state.zip(current).ok_or(ReplicaError::State { what: "the epoch or its validators" })
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

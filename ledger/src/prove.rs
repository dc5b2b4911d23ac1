//! Proof files, made of what a query read.

use crate::error::LedgerError;
use crate::reader::Reader;
use crate::store::Store;
use countersign_types::proof::{Entry, Log, Proof, Subject, VERSION};
use countersign_types::{Address, EpochEnd, Height, Restart, RestartOrder, state_key};
use std::collections::BTreeSet;

/// What a query read: the keys of state entries and whole logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Keys of state entries, whether they were there or not.
    pub entries: BTreeSet<Vec<u8>>,
    /// Contract and key of logs.
    pub logs: BTreeSet<(Address, Vec<u8>)>,
}

/// The proof of everything that was read, at a certified height.
///
/// # Errors
/// [`LedgerError::NotCertified`] if the height has no result certificate,
/// [`LedgerError::Pruned`] if its state is no longer kept.
pub fn prove<S: Store>(
    reader: &Reader<S>,
    height: Height,
    subject: Subject,
    reads: &Reads,
) -> Result<Proof, LedgerError> {
    let certified = reader.certified();
    let anchor = reader.anchor(height)?.ok_or(LedgerError::NotCertified { height, certified })?;
    let mut entries = Vec::with_capacity(reads.entries.len());
    for key in &reads.entries {
        entries.push(Entry { key: key.clone(), value: reader.read_at(key, height)? });
    }
    let mut logs = Vec::with_capacity(reads.logs.len());
    for (contract, key) in &reads.logs {
        let records = reader.log_at(contract, key, height)?;
        logs.push(Log {
            contract: *contract,
            key: key.clone(),
            records: records.into_iter().map(Into::into).collect(),
        });
    }
    let ranges: Vec<Vec<u8>> = reads.logs.iter().map(|(contract, key)| state_key::log(contract, key)).collect();
    let keys: Vec<&[u8]> = reads.entries.iter().chain(&ranges).map(Vec::as_slice).collect();
    let witness = reader.witness(height, &keys)?;
    let epochs = reader.epoch_ends(anchor.header.epoch)?;
    Ok(Proof { version: VERSION, chain: reader.chain(), subject, epochs, anchor, entries, logs, witness })
}

/// The end of an epoch by an order, with the proof that the state at its height lets its signers order it.
///
/// # Errors
/// [`LedgerError::Unknown`] above the tip, [`LedgerError::Pruned`] if the state at the height is no longer kept.
pub fn end_by_order<S: Store>(reader: &Reader<S>, order: &RestartOrder) -> Result<EpochEnd, LedgerError> {
    let RestartOrder { epoch, result, certificate, validators, signatures, .. } = order.clone();
    let keys = order.state_keys();
    let entry = |key: &Vec<u8>| Ok(Entry { key: key.clone(), value: reader.read_at(key, result.height)? });
    let entries = keys.iter().map(entry).collect::<Result<_, LedgerError>>()?;
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let witness = reader.witness(result.height, &keys)?;
    let restart = Some(Restart { epoch, signatures, entries, witness });
    Ok(EpochEnd { result, certificate, validators, restart })
}

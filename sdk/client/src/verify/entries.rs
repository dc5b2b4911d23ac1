//! A contract's registers, as far as a proof shows them.

use countersign_epcis::register::{LogEntry, Reader};
use countersign_types::hash::sha256;
use countersign_types::proof::Proven;
use countersign_types::{Address, state_key};

/// Reads proven entries and logs of one contract.
pub(super) struct Entries<'a> {
    pub proven: &'a Proven,
    pub contract: Address,
}

/// The walk needs something that the file does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} {} is not in it", key.escape_ascii())]
pub struct NotProven {
    /// `entry` or `log`.
    pub what: &'static str,
    /// Its key in the contract.
    pub key: Vec<u8>,
}

impl Reader for Entries<'_> {
    type Error = NotProven;

    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, NotProven> {
        let value = self.proven.entry(&state_key::storage(&self.contract, key));
        value.map(|value| value.map(<[u8]>::to_vec)).ok_or_else(|| NotProven { what: "entry", key: key.to_vec() })
    }

    fn log_len(&mut self, key: &[u8]) -> Result<u64, NotProven> {
        let records = self.proven.log(&self.contract, key);
        let missing = || NotProven { what: "log", key: key.to_vec() };
        records.and_then(|records| u64::try_from(records.len()).ok()).ok_or_else(missing)
    }

    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, NotProven> {
        let records = self.proven.log(&self.contract, key);
        let records = records.ok_or_else(|| NotProven { what: "log", key: key.to_vec() })?;
        let record = usize::try_from(index).ok().and_then(|index| records.get(index));
        Ok(record.map(|record| LogEntry {
            height: record.height.0,
            time_ms: record.time.0,
            transaction: record.transaction.0,
            signer: record.signer.0,
            entry: record.entry.clone(),
        }))
    }

    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

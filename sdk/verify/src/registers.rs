//! A contract's registers, as far as a proof shows them.

use countersign_epcis::register::{LogEntry, Reader};
use countersign_types::hash::sha256;
use countersign_types::proof::{ProvenLog, ProvenState};
use countersign_types::{Address, state_key};

/// Reads proven entries and logs of one contract.
pub(crate) struct Registers<'a> {
    pub state: &'a ProvenState,
    pub contract: Address,
}

/// The walk needs something that the file does not prove.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} {} is not in it", key.escape_ascii())]
pub struct NotProven {
    /// `entry`, `log`, or `record of the log`.
    pub what: &'static str,
    /// Its key in the contract.
    pub key: Vec<u8>,
}

impl Registers<'_> {
    fn log(&self, key: &[u8]) -> Result<&ProvenLog, NotProven> {
        self.state.log(&self.contract, key).ok_or_else(|| NotProven { what: "log", key: key.to_vec() })
    }
}

impl Reader for Registers<'_> {
    type Error = NotProven;

    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, NotProven> {
        let value = self.state.entry(&state_key::storage(&self.contract, key));
        value.map(|value| value.map(<[u8]>::to_vec)).ok_or_else(|| NotProven { what: "entry", key: key.to_vec() })
    }

    fn log_len(&mut self, key: &[u8]) -> Result<u64, NotProven> {
        Ok(self.log(key)?.count())
    }

    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, NotProven> {
        let record = self.log(key)?.record(index);
        let record = record.ok_or_else(|| NotProven { what: "record of the log", key: key.to_vec() })?;
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

//! The registers in the contract's own storage and logs.

use alloc::vec::Vec;
use core::convert::Infallible;

use countersign_contract::{log, sha256, storage};
use countersign_epcis::register::{LogEntry, Reader, Writer, key};

/// The state of the running contract. Logs are read in views only.
pub(crate) struct Registers;

/// The same while events are captured. All of them move the number of records on, so it is read once and
/// written once, by [`Capturing::finish`].
#[derive(Default)]
pub(crate) struct Capturing {
    /// The number of records as events left it.
    count: Option<Vec<u8>>,
}

impl Capturing {
    /// Writes what is written once.
    pub(crate) fn finish(self) {
        if let Some(count) = self.count {
            storage::write(key::COUNT, &count);
        }
    }
}

impl Writer for Capturing {
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        match &self.count {
            Some(count) if key == key::COUNT => Some(count.clone()),
            _ => storage::read(key),
        }
    }
    fn write(&mut self, key: &[u8], value: &[u8]) {
        if key == key::COUNT {
            self.count = Some(value.to_vec());
        } else {
            storage::write(key, value);
        }
    }
    fn log_append(&mut self, key: &[u8], entry: &[u8]) {
        let _index = log::append(key, entry);
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

impl Reader for Registers {
    type Error = Infallible;

    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(storage::read(key))
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Infallible> {
        Ok(log::len(key))
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Infallible> {
        Ok(log::read(key, index).map(|record| {
            let log::Record { height, time_ms, transaction, signer, entry } = record;
            LogEntry { height, time_ms, transaction, signer, entry }
        }))
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

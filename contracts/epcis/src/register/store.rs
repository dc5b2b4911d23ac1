//! Store: what the registers are written to and read from.

use alloc::vec::Vec;

/// State and logs to be read: a contract's in a view, or the proven entries of a proof file.
pub trait Reader {
    /// Why a key cannot be read (it is not covered by the proof, …).
    type Error;

    /// The value at `key`, `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the key cannot be read.
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Self::Error>;

    /// The number of entries of the log at `key`, 0 if there is no such log.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Self::Error>;

    /// An entry of the log at `key`, `None` past its end.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Self::Error>;

    /// Shows the entries of the log at `key` to `each`, in order, until it answers that it wants no more. False if the
    /// log should have an entry that is not there.
    ///
    /// # Errors
    ///
    /// If the log cannot be read.
    fn log_each(&mut self, key: &[u8], each: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, Self::Error> {
        for index in 0..self.log_len(key)? {
            match self.log_entry(key, index)? {
                Some(line) if each(&line.entry) => {}
                Some(_) => break,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Shows the entries of several logs to `each`, with the place of their key among `keys`: one log after the other, each as
    /// by [`Reader::log_each`], so that they can be fetched at a time.
    ///
    /// # Errors
    ///
    /// If a log cannot be read.
    fn logs_each(&mut self, keys: &[Vec<u8>], each: &mut dyn FnMut(usize, &[u8]) -> bool) -> Result<bool, Self::Error> {
        for (at, key) in keys.iter().enumerate() {
            if !self.log_each(key, &mut |bytes| each(at, bytes))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// SHA-256.
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32];
}

/// State and logs to be written, as in a contract's call: what is in a log cannot be read.
pub trait Writer {
    /// The value at `key`, `None` if there is none.
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>>;

    /// Sets the value at `key`.
    fn write(&mut self, key: &[u8], value: &[u8]);

    /// Appends to the log at `key`.
    fn log_append(&mut self, key: &[u8], entry: &[u8]);

    /// SHA-256.
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32];
}

/// A log's entry, and what the ledger says of its origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEntry {
    /// Height of the block that appended it.
    pub height: u64,
    /// Time of that block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Id of the transaction.
    pub transaction: [u8; 32],
    /// Key that signed the transaction.
    pub signer: [u8; 32],
    /// The entry.
    pub entry: Vec<u8>,
}

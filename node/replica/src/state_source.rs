//! Where execution and queries read state from.

use crate::error::ReplicaError;
use crate::limits::{EXPIRED_IDS_PER_BLOCK, SCHEDULED_CALLS_PER_BLOCK};
use countersign_ledger::{Reader, Store};
use countersign_types::codec::decode;
use countersign_types::log::LogRecord;
use countersign_types::range::Range;
use countersign_types::{Address, Height, TimestampMs, state_key};

/// State that can be read: the ledger at some height, or changes laid over it.
pub trait StateSource {
    /// The value at a state key.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError>;

    /// A record of a contract's log.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError>;

    /// The range of a contract's log, empty if there is none.
    ///
    /// # Errors
    /// If the ledger cannot be read or the range does not decode.
    fn log_range(&self, contract: &Address, log: &[u8]) -> Result<Range, ReplicaError> {
        match self.read(&state_key::log(contract, log))? {
            None => Ok(Range::default()),
            Some(bytes) => decode(&bytes, RANGE_BYTES_MAX)
                .ok()
                .filter(Range::is_well_formed)
                .ok_or(ReplicaError::State { what: "the range of a log" }),
        }
    }

    /// Reads and decodes a native value.
    ///
    /// # Errors
    /// If the ledger cannot be read or the value does not decode.
    fn read_value<T: borsh::BorshDeserialize>(
        &self,
        key: &[u8],
        what: &'static str,
    ) -> Result<Option<T>, ReplicaError> {
        self.read(key)?
            .map(|bytes| decode(&bytes, NATIVE_BYTES_MAX).map_err(|_| ReplicaError::State { what }))
            .transpose()
    }
}

/// A count, and at most 64 peaks with their length.
const RANGE_BYTES_MAX: usize = 8 + 4 + 64 * 32;
/// Native values are far smaller; this only bounds the decoder.
const NATIVE_BYTES_MAX: usize = 1 << 20;

/// The ledger's newest state.
#[derive(Debug)]
pub struct Latest<'a, S: Store>(pub &'a Reader<S>);

impl<S: Store> StateSource for Latest<'_, S> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        Ok(self.0.read(key)?)
    }
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError> {
        Ok(self.0.log_record(contract, log, index)?)
    }
}

impl<S: Store> Latest<'_, S> {
    /// What has its time in a block of `time` above this state.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn ripe(&self, time: TimestampMs) -> Result<Ripe, ReplicaError> {
        let expired = state_key::consumed(time, &countersign_types::Hash::ZERO);
        let due = state_key::scheduled(time.next(), 0);
        Ok(Ripe {
            expired: self.0.keys_between(&state_key::consumed_all(), &expired, EXPIRED_IDS_PER_BLOCK)?,
            due: self.0.keys_between(&state_key::scheduled_all(), &due, SCHEDULED_CALLS_PER_BLOCK)?,
        })
    }

    /// The time of the scheduled call that comes first, if there is one.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub fn first_due(&self) -> Result<Option<TimestampMs>, ReplicaError> {
        let end = state_key::scheduled(TimestampMs(u64::MAX), u64::MAX);
        let first = self.0.keys_between(&state_key::scheduled_all(), &end, 1)?;
        Ok(first.first().and_then(|key| state_key::scheduled_place(key)).map(|(at, _)| at))
    }
}

/// Keys of the state that a block looks at since their time has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ripe {
    /// Of consumed transaction ids that expired before it, oldest first, at most [`EXPIRED_IDS_PER_BLOCK`].
    pub expired: Vec<Vec<u8>>,
    /// Of scheduled calls that are due, in their order, at most [`SCHEDULED_CALLS_PER_BLOCK`].
    pub due: Vec<Vec<u8>>,
}

/// The ledger's state as it was after a height.
#[derive(Debug)]
pub struct At<'a, S: Store> {
    /// The ledger.
    pub reader: &'a Reader<S>,
    /// The height.
    pub height: Height,
}

impl<S: Store> StateSource for At<'_, S> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        Ok(self.reader.read_at(key, self.height)?)
    }
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError> {
        Ok(self.reader.log_record(contract, log, index)?.filter(|record| record.height <= self.height))
    }
}

//! Reading ahead: a log that is read record by record is read in runs.
//!
//! A contract asks for one record at a time, and what reads a log reads it from its beginning mostly. Each record that is
//! asked for right after the one before doubles the run that is read next, so that who looks at single records pays for
//! no others.

use crate::limits::LOG_RECORDS_AHEAD;
use countersign_types::Address;
use countersign_types::log::LogRecord;

/// Records of one log that were read last.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    contract: Address,
    log: Vec<u8>,
    start: u64,
    records: Vec<LogRecord>,
    /// Records that the next run has, if it goes on from this one.
    next: usize,
}

impl Ahead {
    /// The record at an index; `read` answers records from an index on, at most so many, none only if there is none.
    pub(super) fn record<E>(
        &mut self,
        contract: &Address,
        log: &[u8],
        index: u64,
        read: impl FnOnce(u64, usize) -> Result<Vec<LogRecord>, E>,
    ) -> Result<Option<LogRecord>, E> {
        let is_same = self.contract == *contract && self.log == log;
        let place = index.checked_sub(self.start).filter(|_| is_same).and_then(|place| usize::try_from(place).ok());
        if let Some(record) = place.and_then(|place| self.records.get(place)) {
            return Ok(Some(record.clone()));
        }
        let goes_on = place == Some(self.records.len());
        let count = if goes_on { self.next.clamp(1, LOG_RECORDS_AHEAD) } else { 1 };
        self.records = read(index, count)?;
        if !is_same {
            (self.contract, self.log) = (*contract, log.to_vec());
        }
        (self.start, self.next) = (index, count.saturating_mul(2));
        Ok(self.records.first().cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_types::{Hash, Height, PublicKey, TimestampMs};
    use std::convert::Infallible;

    /// A log of so many records, and the runs that were read of it.
    struct Log {
        length: u64,
        runs: Vec<(u64, usize)>,
    }

    impl Log {
        fn ask(&mut self, ahead: &mut Ahead, log: &[u8], index: u64) -> Option<u64> {
            let read = |start, count: usize| {
                self.runs.push((start, count));
                let end = self.length.min(start + u64::try_from(count).unwrap());
                Ok::<_, Infallible>((start..end).map(record).collect())
            };
            let Ok(found) = ahead.record(&Address([7; 32]), log, index, read);
            found.map(|record| record.height.0)
        }
    }

    fn record(index: u64) -> LogRecord {
        let (transaction, signer) = (Hash::ZERO, PublicKey([0; 32]));
        LogRecord { height: Height(index), time: TimestampMs(0), transaction, signer, entry: Vec::new() }
    }

    #[test]
    fn a_log_read_from_its_beginning_is_read_in_few_runs() {
        let (mut ahead, mut log) = (Ahead::default(), Log { length: 1_000, runs: Vec::new() });
        for index in 0..1_000 {
            assert_eq!(log.ask(&mut ahead, b"a", index), Some(index));
        }
        assert_eq!(log.ask(&mut ahead, b"a", 1_000), None);
        assert!(log.runs.len() < 25, "{:?}", log.runs);
        assert!(log.runs.iter().all(|(_, count)| *count <= LOG_RECORDS_AHEAD));
    }

    #[test]
    fn single_records_are_read_alone_and_never_mistaken_for_another_logs() {
        let (mut ahead, mut log) = (Ahead::default(), Log { length: 100, runs: Vec::new() });
        for index in [50, 25, 37, 31, 99, 0] {
            assert_eq!(log.ask(&mut ahead, b"a", index), Some(index));
        }
        assert_eq!(log.runs, [(50, 1), (25, 1), (37, 1), (31, 1), (99, 1), (0, 1)]);
        // The next index of another log is none of this one's, whatever was read of this one.
        let mut other = Log { length: 1, runs: Vec::new() };
        assert_eq!(other.ask(&mut ahead, b"b", 1), None);
        assert_eq!(other.runs, [(1, 1)]);
        assert_eq!(log.ask(&mut ahead, b"a", 1), Some(1));
        assert_eq!(log.ask(&mut ahead, b"a", 100), None);
    }
}

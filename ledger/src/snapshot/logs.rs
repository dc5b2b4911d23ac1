//! A piece of logs: runs of records, each proven against its log's range in the state.

use super::error::BadPiece;
use super::layout::LogStart;
use crate::limits::SNAPSHOT_PIECE_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::log::LogRecord;
use countersign_types::range::{Range, RangeProof};
use countersign_types::{Address, Hash, codec};

/// A log of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogHead {
    /// Its contract.
    pub contract: Address,
    /// Its key.
    pub key: Vec<u8>,
    /// Its range.
    pub range: Range,
}

/// Records of one log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Run {
    /// Position of the log among the logs of the state piece.
    pub log: u32,
    /// Index of the first record.
    pub index: u64,
    /// Stored bytes of the records.
    pub records: Vec<Vec<u8>>,
    /// That they stand there.
    pub proof: RangeProof,
}

/// Runs of records. Doubtful until [`LogsPiece::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct LogsPiece {
    /// The runs in order.
    pub runs: Vec<Run>,
}

impl LogsPiece {
    /// Reads a piece and checks that it is all records from `start` up to `end`, or up to the last of the logs.
    ///
    /// # Errors
    /// [`BadPiece`] says what it is instead.
    pub fn verify(bytes: &[u8], logs: &[LogHead], start: LogStart, end: Option<LogStart>) -> Result<Self, BadPiece> {
        let piece: Self = codec::decode(bytes, SNAPSHOT_PIECE_BYTES_MAX)?;
        let mut at = Some(start);
        for (run, Run { log, index, records, proof }) in piece.runs.iter().enumerate() {
            let place = LogStart { log: *log, index: *index };
            let head = usize::try_from(*log).ok().and_then(|log| logs.get(log));
            let Some(head) = head.filter(|_| at == Some(place) && at != end && !records.is_empty()) else {
                return Err(BadPiece::Run { run });
            };
            let items = items(head, *index, records).map_err(|index| BadPiece::Record { run, index })?;
            proof.verify(&head.range, *index, &items).map_err(|cause| BadPiece::Records { run, cause })?;
            at = after(logs, place, u64::try_from(records.len()).unwrap_or(u64::MAX));
        }
        if at == end { Ok(piece) } else { Err(BadPiece::Run { run: piece.runs.len() }) }
    }
}

/// Items of a log's range for these records; else the index of what is none.
fn items(head: &LogHead, index: u64, records: &[Vec<u8>]) -> Result<Vec<Hash>, u64> {
    let numbered = records.iter().zip(index..);
    numbered
        .map(|(bytes, index)| {
            let record = LogRecord::from_bytes(bytes).ok_or(index)?;
            Ok(record.item(&head.contract, &head.key, index))
        })
        .collect()
}

/// The place of the first record from a log on, if there is one.
pub(super) fn first_from(logs: &[LogHead], log: usize) -> Option<LogStart> {
    let log = logs.iter().enumerate().skip(log).find(|(_, head)| head.range.count() > 0)?.0;
    Some(LogStart { log: u32::try_from(log).ok()?, index: 0 })
}

/// The place behind so many records.
pub(super) fn after(logs: &[LogHead], start: LogStart, records: u64) -> Option<LogStart> {
    let log = usize::try_from(start.log).ok()?;
    let index = start.index.saturating_add(records);
    if index < logs.get(log)?.range.count() {
        return Some(LogStart { log: start.log, index });
    }
    first_from(logs, log.saturating_add(1))
}

//! A provenance contract's registers, read straight from the ledger: walks run here and not in the machine, so they take no
//! gas, and what a module can hold in memory bounds no answer. The layout is [`countersign_epcis::register`]'s, by which the
//! contract writes and by which a verifier walks over a proof file as well.

use super::conn::Node;
use super::failure::of_ledger;
use super::point::Point;
use super::trace::Asked;
use crate::limits::{AHEAD_LOGS, AHEAD_THREADS, WALK_LOG_RECORDS, WALK_TIME_MAX};
use countersign_api::{Code, RpcError};
use countersign_epcis::question::{Answer, Question, ask};
use countersign_epcis::register::{LogEntry, Reader as Registers};
use countersign_epcis::walk::{AsOf, Limits, Unanswered};
use countersign_ledger::{LedgerError, Lines, Reader, Reads, RocksStore};
use countersign_types::hash::sha256;
use countersign_types::log::LogRecord;
use countersign_types::{Address, Height, state_key};
use std::time::Instant;

/// The registers of one contract after one block, for one question.
pub(super) struct LedgerRegisters<'a> {
    reader: &'a Reader<RocksStore>,
    contract: Address,
    height: Height,
    /// When the question has taken too long.
    until: Instant,
    log: Run,
    /// What was read, if that is to be proven.
    reads: Option<Reads>,
}

/// The records of one log that were read last.
#[derive(Default)]
struct Run {
    key: Vec<u8>,
    length: u64,
    start: u64,
    records: Vec<LogRecord>,
}

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    /// The ledger's fault.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The question took too long.
    #[error("the question took longer than {} s", WALK_TIME_MAX.as_secs())]
    Late,
}

impl<'a> LedgerRegisters<'a> {
    /// The registers of `contract` at `point`.
    pub fn at(node: &'a Node, contract: Address, point: &Point) -> Self {
        let until = Instant::now() + WALK_TIME_MAX;
        Self { reader: node.reader(), contract, height: point.height, until, log: Run::default(), reads: None }
    }

    /// The same, remembering what is read.
    pub fn recorded(self) -> Self {
        Self { reads: Some(Reads::default()), ..self }
    }

    /// What was read: entries, and logs of which anything was read.
    pub fn into_reads(self) -> Reads {
        self.reads.unwrap_or_default()
    }

    fn check_time(&self) -> Result<(), Unread> {
        if Instant::now() > self.until { Err(Unread::Late) } else { Ok(()) }
    }

    /// The entries of short logs, in the order of their keys. They are read in the order in which they lie on the disk.
    fn fetch(&self, keys: &[Vec<u8>]) -> Vec<Option<Lines>> {
        let (reader, contract, height, until) = (self.reader, self.contract, self.height, self.until);
        let place = |(at, key): (usize, &Vec<u8>)| (Reader::<RocksStore>::log_place(&contract, key), at);
        let mut order: Vec<([u8; 16], usize)> = keys.iter().enumerate().map(place).collect();
        order.sort_unstable();
        let read = |some: &[([u8; 16], usize)]| {
            let mut found: Vec<(usize, Lines)> = Vec::with_capacity(some.len());
            for (_, at) in some {
                let Some(key) = keys.get(*at).filter(|_| Instant::now() <= until) else { break };
                if let Ok(Some(lines)) = reader.log_lines(&contract, key, height) {
                    found.push((*at, lines));
                }
            }
            found
        };
        let read = &read;
        let mut all: Vec<Option<Lines>> = keys.iter().map(|_| None).collect();
        std::thread::scope(|scope| {
            let named = || std::thread::Builder::new().name("ahead".to_owned());
            let parts = order.chunks(order.len().div_ceil(AHEAD_THREADS).max(1));
            let readers: Vec<_> = parts.map(|part| named().spawn_scoped(scope, move || read(part))).collect();
            for found in readers.into_iter().flatten().filter_map(|reader| reader.join().ok()) {
                for (at, lines) in found {
                    if let Some(place) = all.get_mut(at) {
                        *place = Some(lines);
                    }
                }
            }
        });
        all
    }

    /// Makes `key` the log that was read last.
    fn open(&mut self, key: &[u8]) -> Result<(), Unread> {
        if self.log.key == key {
            return Ok(());
        }
        self.check_time()?;
        if let Some(reads) = &mut self.reads {
            reads.logs.insert((self.contract, key.to_vec()));
        }
        let length = self.reader.log_range(&self.contract, key, self.height)?.count();
        self.log = Run { key: key.to_vec(), length, start: 0, records: Vec::new() };
        Ok(())
    }
}

impl Registers for LedgerRegisters<'_> {
    type Error = Unread;

    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Unread> {
        self.check_time()?;
        let key = state_key::storage(&self.contract, key);
        let value = self.reader.read_at(&key, self.height)?;
        if let Some(reads) = &mut self.reads {
            reads.entries.insert(key);
        }
        Ok(value)
    }

    fn log_len(&mut self, key: &[u8]) -> Result<u64, Unread> {
        self.open(key)?;
        Ok(self.log.length)
    }

    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Unread> {
        self.open(key)?;
        if index >= self.log.length {
            return Ok(None);
        }
        let place = |log: &Run| index.checked_sub(log.start).and_then(|place| usize::try_from(place).ok());
        if place(&self.log).is_none_or(|place| place >= self.log.records.len()) {
            let limit = usize::try_from(self.log.length.saturating_sub(index)).unwrap_or(usize::MAX);
            let limit = limit.min(WALK_LOG_RECORDS);
            self.log.records = self.reader.log_records(&self.contract, key, index, limit)?;
            self.log.start = index;
        }
        let record = place(&self.log).and_then(|place| self.log.records.get(place));
        Ok(record.map(|record| LogEntry {
            height: record.height.0,
            time_ms: record.time.0,
            transaction: record.transaction.0,
            signer: record.signer.0,
            entry: record.entry.clone(),
        }))
    }

    fn log_each(&mut self, key: &[u8], each: &mut dyn FnMut(&[u8]) -> bool) -> Result<bool, Unread> {
        self.check_time()?;
        if let Some(reads) = &mut self.reads {
            reads.logs.insert((self.contract, key.to_vec()));
        }
        if let Some(lines) = self.reader.log_lines(&self.contract, key, self.height)? {
            for entry in lines.up_to(self.height) {
                if !each(entry) {
                    break;
                }
            }
            return Ok(true);
        }
        for index in 0..self.log_len(key)? {
            match self.log_entry(key, index)? {
                Some(line) if each(&line.entry) => {}
                Some(_) => break,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Several at a time. What cannot be fetched so, because it is long or fails, is read alone.
    fn logs_each(&mut self, keys: &[Vec<u8>], each: &mut dyn FnMut(usize, &[u8]) -> bool) -> Result<bool, Unread> {
        for (some, from) in keys.chunks(AHEAD_LOGS).zip((0..).step_by(AHEAD_LOGS)) {
            self.check_time()?;
            for ((key, at), lines) in some.iter().zip(from..).zip(self.fetch(some)) {
                let Some(lines) = lines else {
                    if !self.log_each(key, &mut |entry| each(at, entry))? {
                        return Ok(false);
                    }
                    continue;
                };
                if let Some(reads) = &mut self.reads {
                    reads.logs.insert((self.contract, key.clone()));
                }
                let mut entries = lines.up_to(self.height);
                while entries.next().is_some_and(|entry| each(at, entry)) {}
            }
        }
        Ok(true)
    }

    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

impl Node {
    /// Answers a question about a provenance contract's registers.
    pub fn answer(&self, question: &Question, asked: &Asked) -> Result<Answer, RpcError> {
        let mut registers = LedgerRegisters::at(self, asked.contract, &asked.over);
        ask(&mut registers, question, as_of(asked), Limits::default()).map_err(of_unanswered)
    }

    /// The same, with all that was read.
    pub fn answer_recorded(&self, question: &Question, asked: &Asked) -> Result<(Answer, Reads), RpcError> {
        let mut registers = LedgerRegisters::at(self, asked.contract, &asked.over).recorded();
        let answer = ask(&mut registers, question, as_of(asked), Limits::default()).map_err(of_unanswered)?;
        Ok((answer, registers.into_reads()))
    }
}

/// As of when a walk answers. What receivers said of hand-overs has heights and is no record, so a position alone does not
/// tell.
fn as_of(asked: &Asked) -> AsOf {
    AsOf { position: asked.position, height: asked.position.map(|_| asked.as_of.height.0) }
}

/// A question that has no answer.
pub(super) fn of_unanswered(cause: Unanswered<Unread>) -> RpcError {
    match cause {
        Unanswered::Read(Unread::Ledger(cause)) => of_ledger(&cause),
        Unanswered::Read(Unread::Late) => {
            let cause = format!(
                "the question took longer than {} s; ask for less, or again: what was read is in memory now",
                WALK_TIME_MAX.as_secs()
            );
            RpcError::new(Code::TimedOut, cause)
        }
        Unanswered::Damaged(cause) => RpcError::new(Code::NotProvenance, cause),
    }
}

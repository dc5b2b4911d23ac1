//! A vote journal on a disk that keeps what was synced, and of the rest as much as luck allows; unless it is made to
//! forget or garble.

use super::fault::Harm;
use super::random::Random;
use countersign_consensus::Record;
use countersign_consensus::vote_journal::{Framer, replay};
use countersign_replica::journal::JournalRecord;
use countersign_types::{Hash, Phase};
use std::collections::BTreeSet;

/// The journal's file.
#[derive(Debug, Clone)]
pub struct JournalDisk {
    synced: Vec<u8>,
    unsynced: Vec<u8>,
    /// Where each record begins in `synced`, as far as is known.
    starts: Vec<usize>,
    fresh: Vec<Vec<u8>>,
    /// Votes and payloads on disk.
    durable: BTreeSet<(Phase, u64, Hash)>,
    payloads: BTreeSet<Hash>,
    /// The highest view with a COMMIT certificate on disk.
    final_view: u64,
    /// What became durable since it was last asked for.
    written: Vec<JournalRecord>,
    salt: Hash,
    framer: Framer,
}

/// What a restarting node found in its journal.
#[derive(Debug)]
pub struct Found {
    /// Its records.
    pub records: Vec<Vec<u8>>,
    /// Whether a bad copy was repaired.
    pub repaired: bool,
    /// Whether votes are lost, so that it begins anew and must recover.
    pub damaged: bool,
}

impl JournalDisk {
    /// A journal that begins with this record.
    #[must_use]
    pub fn new(salt: Hash, first: &[u8]) -> Self {
        let mut disk = Self::empty(salt);
        disk.append(first);
        disk.sync();
        disk
    }

    fn empty(salt: Hash) -> Self {
        Self {
            synced: Vec::new(),
            unsynced: Vec::new(),
            starts: Vec::new(),
            fresh: Vec::new(),
            durable: BTreeSet::new(),
            payloads: BTreeSet::new(),
            final_view: 0,
            written: Vec::new(),
            salt,
            framer: Framer::new(salt),
        }
    }

    /// Appends a record.
    pub fn append(&mut self, record: &[u8]) {
        let framed = self.framer.frame(record).expect("records are within their limit");
        self.starts.push(self.synced.len() + self.unsynced.len());
        self.unsynced.extend(framed);
        self.fresh.push(record.to_vec());
    }

    /// Makes everything appended durable.
    pub fn sync(&mut self) {
        self.synced.append(&mut self.unsynced);
        let fresh = std::mem::take(&mut self.fresh);
        self.note(&fresh);
    }

    /// Replaces everything.
    pub fn replace(&mut self, records: &[Vec<u8>]) {
        // What was appended before in the same turn counts, as far as it may be dropped.
        self.sync();
        self.wipe();
        for record in records {
            self.append(record);
        }
        self.sync();
    }

    /// The file is gone.
    pub fn wipe(&mut self) {
        let written = std::mem::take(&mut self.written);
        let durable = std::mem::take(&mut self.durable);
        *self = Self { written, durable, ..Self::empty(self.salt) };
        self.forget();
    }

    /// Power loss: a random part of what was not synced is still there, perhaps torn. What the disk suffers besides
    /// concerns what was synced.
    pub fn crash(&mut self, random: &mut Random, harm: Harm) {
        let kept = random.index(self.unsynced.len() + 1);
        self.unsynced.truncate(kept);
        match harm {
            Harm::FlippedCopy => self.flip(random, 1),
            Harm::FlippedRecord => self.flip(random, 2),
            Harm::MisdirectedRecord => self.misdirect(random),
            Harm::LostTail => {
                // The origin stays: without it the loss would be noticed.
                let first = self.starts.get(1).copied().unwrap_or(self.synced.len());
                let lost = random.index(8);
                let end = self.starts.iter().rev().nth(lost).copied().unwrap_or(first).max(first);
                self.synced.truncate(end);
                self.unsynced.clear();
            }
            _ => {}
        }
        self.synced.append(&mut self.unsynced);
        self.forget();
    }

    /// Flips a bit in one or both copies of a record that is not the last one.
    fn flip(&mut self, random: &mut Random, copies: usize) {
        let Some(before_last) = self.starts.len().checked_sub(1).filter(|count| *count > 0) else { return };
        let place = random.index(before_last);
        let (Some(start), Some(end)) = (self.starts.get(place).copied(), self.starts.get(place + 1).copied()) else {
            return;
        };
        let length = (end - start) / 2;
        let first = if copies == 1 { random.index(2) } else { 0 };
        for copy in first..first + copies {
            let at = start + copy * length + random.index(length.max(1));
            if let Some(byte) = self.synced.get_mut(at) {
                *byte ^= 1 << random.index(8);
            }
        }
    }

    /// Writes a record's bytes over another one's place.
    fn misdirect(&mut self, random: &mut Random) {
        let Some(pairs) = self.starts.len().checked_sub(2).filter(|count| *count > 0) else { return };
        let (from, to) = (random.index(pairs), random.index(pairs));
        let (Some(start), Some(end)) = (self.starts.get(from).copied(), self.starts.get(from + 1).copied()) else {
            return;
        };
        let Some(target) = self.starts.get(to).copied().filter(|target| *target != start) else { return };
        // With less than a copy of it at the very end this would be a lost tail.
        if self.synced.len().saturating_sub(target) < (end - start) / 2 {
            return;
        }
        let bytes = self.synced.get(start..end).map(<[u8]>::to_vec).unwrap_or_default();
        for (place, byte) in self.synced.iter_mut().skip(target).zip(bytes) {
            *place = byte;
        }
    }

    /// Whether a vote is on disk, and so are the transactions of the block that a PREPARE is for, here or in the
    /// ledger; or a COMMIT certificate is, in whose view and below nothing is signed any more.
    #[must_use]
    pub fn holds(&self, vote: &(Phase, u64, Hash), in_ledger: &impl Fn(&Hash) -> bool) -> bool {
        if vote.0 != Phase::Checkpoint && vote.1 <= self.final_view {
            return true;
        }
        self.durable.contains(vote)
            && (vote.0 != Phase::Prepare || self.payloads.contains(&vote.2) || in_ledger(&vote.2))
    }

    fn forget(&mut self) {
        self.fresh.clear();
        // CHECKPOINTs are dropped once certified, and signing one again gives the same.
        self.durable.retain(|(phase, ..)| *phase == Phase::Checkpoint);
        self.payloads.clear();
        self.final_view = 0;
    }

    fn note(&mut self, records: &[Vec<u8>]) {
        for record in records.iter().filter_map(|bytes| JournalRecord::from_bytes(bytes).ok()) {
            match &record {
                JournalRecord::Engine(Record::Vote(vote)) => {
                    self.durable.insert((vote.phase, vote.number, vote.digest));
                }
                JournalRecord::Payload { block, .. } => {
                    self.payloads.insert(block.hash());
                }
                JournalRecord::Engine(Record::Certificate(one)) if one.phase == Phase::Commit => {
                    self.final_view = self.final_view.max(one.number);
                }
                JournalRecord::Engine(_) => {}
            }
            self.written.push(record);
        }
    }

    /// What became durable since the last call.
    pub fn take_written(&mut self) -> Vec<JournalRecord> {
        std::mem::take(&mut self.written)
    }

    /// What a restarting node reads, as `countersignd` does: a bad copy is repaired, a torn end cut off, a damaged
    /// journal put aside.
    pub fn restart(&mut self) -> Found {
        let Ok(replayed) = replay(&self.synced, self.salt) else {
            self.wipe();
            return Found { records: Vec::new(), repaired: false, damaged: true };
        };
        let repaired = replayed.repaired.is_some();
        match replayed.repaired {
            Some(repaired) => self.synced = repaired,
            None => self.synced.truncate(replayed.valid_len),
        }
        self.framer = replayed.framer;
        self.forget();
        let mut framer = Framer::new(self.salt);
        let mut start = 0;
        self.starts.clear();
        for record in &replayed.payloads {
            self.starts.push(start);
            start += framer.frame(record).map_or(0, |framed| framed.len());
        }
        self.note(&replayed.payloads);
        // Old marks, that a later one may have overtaken.
        let is_mark = |record: &_| matches!(record, JournalRecord::Engine(Record::Origin { .. } | Record::Amnesia));
        self.written.retain(|record| !is_mark(record));
        Found { records: replayed.payloads, repaired, damaged: false }
    }
}

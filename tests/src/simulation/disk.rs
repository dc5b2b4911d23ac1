//! A vote journal on a disk that keeps what was synced, and of the rest as much as luck allows.

use super::random::Random;
use countersign_consensus::Record;
use countersign_consensus::vote_journal::{Framer, replay};
use countersign_replica::journal::JournalRecord;
use countersign_types::{Hash, Phase};
use std::collections::BTreeSet;

/// The journal's file.
#[derive(Debug)]
pub struct JournalDisk {
    synced: Vec<u8>,
    unsynced: Vec<u8>,
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

impl JournalDisk {
    /// A journal that begins with this record.
    #[must_use]
    pub fn new(salt: Hash, first: &[u8]) -> Self {
        let mut disk = Self {
            synced: Vec::new(),
            unsynced: Vec::new(),
            fresh: Vec::new(),
            durable: BTreeSet::new(),
            payloads: BTreeSet::new(),
            final_view: 0,
            written: Vec::new(),
            salt,
            framer: Framer::new(salt),
        };
        disk.append(first);
        disk.sync();
        disk
    }
    /// Appends a record.
    pub fn append(&mut self, record: &[u8]) {
        let framed = self.framer.frame(record).expect("records are within their limit");
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
        self.framer = Framer::new(self.salt);
        self.synced.clear();
        self.unsynced.clear();
        self.forget();
        for record in records {
            self.append(record);
        }
        self.sync();
    }
    /// Power loss: a random part of what was not synced is still there, perhaps torn.
    pub fn crash(&mut self, random: &mut Random) {
        let kept = random.index(self.unsynced.len() + 1);
        self.unsynced.truncate(kept);
        self.synced.append(&mut self.unsynced);
        self.forget();
    }
    /// Whether a vote is on disk, and so are the transactions of the block that a PREPARE is for, here or in the
    /// ledger; or a COMMIT certificate is, in whose view and below nothing is signed any more.
    #[must_use]
    pub fn holds(&self, vote: &(Phase, u64, Hash), in_ledger: impl Fn(&Hash) -> bool) -> bool {
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
    /// What a restarting node reads.
    ///
    /// # Errors
    /// If the journal is damaged, which this disk does not do.
    pub fn restart(&mut self) -> Result<Vec<Vec<u8>>, String> {
        let replayed = replay(&self.synced, self.salt).map_err(|damage| damage.to_string())?;
        match replayed.repaired {
            Some(repaired) => self.synced = repaired,
            None => self.synced.truncate(replayed.valid_len),
        }
        self.framer = replayed.framer;
        self.forget();
        self.note(&replayed.payloads);
        // Old marks, that a later one may have overtaken.
        let is_mark = |record: &_| matches!(record, JournalRecord::Engine(Record::Origin { .. } | Record::Amnesia));
        self.written.retain(|record| !is_mark(record));
        Ok(replayed.payloads)
    }
}

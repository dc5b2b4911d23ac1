//! A vote journal on a disk that keeps what was synced, and of the rest as much as luck allows.

use super::random::Random;
use countersign_consensus::vote_journal::{Framer, replay};
use countersign_types::Hash;

/// The journal's file.
#[derive(Debug)]
pub struct JournalDisk {
    synced: Vec<u8>,
    unsynced: Vec<u8>,
    salt: Hash,
    framer: Framer,
}

impl JournalDisk {
    /// A journal that begins with this record.
    #[must_use]
    pub fn new(salt: Hash, first: &[u8]) -> Self {
        let mut disk = Self { synced: Vec::new(), unsynced: Vec::new(), salt, framer: Framer::new(salt) };
        disk.append(first);
        disk.sync();
        disk
    }
    /// Appends a record.
    pub fn append(&mut self, record: &[u8]) {
        let framed = self.framer.frame(record).expect("records are within their limit");
        self.unsynced.extend(framed);
    }
    /// Makes everything appended durable.
    pub fn sync(&mut self) {
        self.synced.append(&mut self.unsynced);
    }
    /// Replaces everything.
    pub fn replace(&mut self, records: &[Vec<u8>]) {
        self.framer = Framer::new(self.salt);
        self.synced.clear();
        self.unsynced.clear();
        for record in records {
            self.append(record);
        }
        self.sync();
    }
    /// Power loss: a random part of what was not synced is still there, perhaps torn.
    pub fn crash(&mut self, random: &mut Random) {
        let kept = random.index(self.unsynced.len() + 1);
        self.unsynced.truncate(kept);
        self.sync();
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
        Ok(replayed.payloads)
    }
}

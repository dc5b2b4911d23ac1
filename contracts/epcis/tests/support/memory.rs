//! Memory: registers in ordered maps, and readers over them that record and replay.

use std::collections::{BTreeMap, BTreeSet};

use countersign_epcis::register::{LogEntry, Reader, Submission, Writer};
use sha2::{Digest, Sha256};

/// State and logs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub state: BTreeMap<Vec<u8>, Vec<u8>>,
    pub logs: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Writer for Memory {
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key).cloned()
    }
    fn write(&mut self, key: &[u8], value: &[u8]) {
        assert!(key.len() <= 512, "the host refuses longer keys");
        self.state.insert(key.to_vec(), value.to_vec());
    }
    fn log_append(&mut self, key: &[u8], entry: &[u8]) {
        assert!(key.len() <= 512, "the host refuses longer keys");
        self.logs.entry(key.to_vec()).or_default().push(entry.to_vec());
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// Why [`Memory`] cannot be read: it can.
#[derive(Debug, PartialEq, Eq)]
pub enum Never {}

impl Reader for Memory {
    type Error = Never;
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Never> {
        Ok(self.state.get(key).cloned())
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Never> {
        Ok(self.logs.get(key).map_or(0, |log| log.len() as u64))
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Never> {
        let entry = self.logs.get(key).and_then(|log| log.get(usize::try_from(index).unwrap()));
        Ok(entry.map(|entry| LogEntry { entry: entry.clone(), ..LogEntry::default() }))
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// Remembers which keys and logs were asked for: what a proof has to hold.
#[derive(Debug, Default)]
pub struct Recorder {
    pub memory: Memory,
    pub keys: BTreeSet<Vec<u8>>,
    pub logs: BTreeSet<Vec<u8>>,
}

impl Reader for Recorder {
    type Error = Never;
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Never> {
        self.keys.insert(key.to_vec());
        Reader::read(&mut self.memory, key)
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Never> {
        self.logs.insert(key.to_vec());
        self.memory.log_len(key)
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Never> {
        self.logs.insert(key.to_vec());
        self.memory.log_entry(key, index)
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// Only what was recorded: a key that is not covered is an error, as in a proof.
#[derive(Clone, Debug)]
pub struct Proven {
    memory: Memory,
    keys: BTreeSet<Vec<u8>>,
    logs: BTreeSet<Vec<u8>>,
}

/// A key that a proof does not cover.
#[derive(Debug, PartialEq, Eq)]
pub struct Uncovered(pub Vec<u8>);

impl Proven {
    pub fn of(recorder: Recorder) -> Self {
        let Recorder { mut memory, keys, logs } = recorder;
        memory.state.retain(|key, _| keys.contains(key));
        memory.logs.retain(|key, _| logs.contains(key));
        Self { memory, keys, logs }
    }

    /// What was recorded, without the key at `index`.
    pub fn without(&self, index: usize) -> Self {
        let mut less = self.clone();
        let key = less.keys.iter().nth(index).cloned().unwrap();
        less.keys.remove(&key);
        less
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Reader for Proven {
    type Error = Uncovered;
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Uncovered> {
        if !self.keys.contains(key) {
            return Err(Uncovered(key.to_vec()));
        }
        Ok(Reader::read(&mut self.memory, key).unwrap())
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Uncovered> {
        if !self.logs.contains(key) {
            return Err(Uncovered(key.to_vec()));
        }
        Ok(self.memory.log_len(key).unwrap())
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Uncovered> {
        if !self.logs.contains(key) {
            return Err(Uncovered(key.to_vec()));
        }
        Ok(self.memory.log_entry(key, index).unwrap())
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        Sha256::digest(bytes).into()
    }
}

/// A submission by the organisation `org`, in the block of this height.
pub fn by(org: &str, height: u64) -> Submission {
    Submission { account: format!("{org}/erp"), height, time_ms: 1_800_000_000_000 + height, transaction: [7; 32] }
}

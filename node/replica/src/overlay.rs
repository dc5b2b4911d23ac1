//! Changes laid over state, until they are committed or dropped.

use crate::error::ReplicaError;
use crate::state_source::StateSource;
use countersign_ledger::RangeTree;
use countersign_types::codec::encode;
use countersign_types::log::LogRecord;
use countersign_types::range::Range;
use countersign_types::{Address, CodeRecord, ContractRecord, Hash, state_key};
use countersign_vm::{CodeFacts, CodeHash, CodeLayout, HostFault, StateReader};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Writes and log records over a base. Overlays nest: an overlay is itself a base.
#[derive(Debug)]
pub struct Overlay<'a, B: StateSource> {
    base: &'a B,
    changes: Changes,
}

/// What an overlay holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Changes {
    /// New values by state key; `None` removes. Ranges of logs are among them.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// New log records by contract, log and index.
    pub records: BTreeMap<(Address, Vec<u8>, u64), Appended>,
}

/// A new record of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The record.
    pub record: LogRecord,
    /// The trees of the log's range that it completes and that the ledger stores.
    pub trees: Vec<RangeTree>,
}

impl<'a, B: StateSource> Overlay<'a, B> {
    /// An overlay without changes.
    pub fn new(base: &'a B) -> Self {
        Self { base, changes: Changes::default() }
    }
    /// Sets or removes a value.
    pub fn write(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.changes.writes.insert(key, value);
    }
    /// Appends a record to a contract's log.
    ///
    /// # Errors
    /// If the log's range cannot be read.
    pub fn append(&mut self, contract: Address, log: Vec<u8>, record: LogRecord) -> Result<(), ReplicaError> {
        let mut range: Range = self.log_range(&contract, &log)?;
        let index = range.count();
        let mut trees = Vec::new();
        let item = record.item(&contract, &log, index);
        range.append_noting(&item, |place, hash| trees.extend(RangeTree::stored(place, hash)));
        self.write(state_key::log(&contract, &log), Some(encode(&range)));
        self.changes.records.insert((contract, log, index), Appended { record, trees });
        Ok(())
    }
    /// Takes the changes out.
    #[must_use]
    pub fn into_changes(self) -> Changes {
        self.changes
    }
    /// Lays another overlay's changes on top.
    pub fn apply(&mut self, changes: Changes) {
        self.changes.writes.extend(changes.writes);
        self.changes.records.extend(changes.records);
    }
}

impl<B: StateSource> StateSource for Overlay<'_, B> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        match self.changes.writes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.base.read(key),
        }
    }
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError> {
        match self.changes.records.get(&(*contract, log.to_vec(), index)) {
            Some(appended) => Ok(Some(appended.record.clone())),
            None => self.base.log_record(contract, log, index),
        }
    }
}

/// Shows a state source to the contract machine.
#[derive(Debug)]
pub struct MachineState<'a, B: StateSource>(pub &'a B);

impl<B: StateSource> StateReader for MachineState<'_, B> {
    fn code_hash(&mut self, contract: &[u8; 32]) -> Result<Option<CodeHash>, HostFault> {
        let key = state_key::contract(&Address(*contract));
        let record: Option<ContractRecord> =
            self.0.read_value(&key, "a contract's record").map_err(HostFault::state)?;
        Ok(record.map(|record| record.code.0))
    }
    fn is_frozen(&mut self, contract: &[u8; 32]) -> Result<bool, HostFault> {
        let key = state_key::contract(&Address(*contract));
        let record: Option<ContractRecord> =
            self.0.read_value(&key, "a contract's record").map_err(HostFault::state)?;
        Ok(record.is_some_and(|record| record.frozen.is_frozen()))
    }
    fn facts(&mut self, hash: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        let key = state_key::code_record(&Hash(*hash));
        let record: Option<CodeRecord> = self.0.read_value(&key, "the record of code").map_err(HostFault::state)?;
        Ok(record.map(|record| {
            let CodeRecord { methods, code_bytes, data_bytes, elements, memory_pages, layout } = record;
            let layout = layout.map(|layout| CodeLayout { version: layout.version, fields: layout.fields.0 });
            CodeFacts { methods, code_bytes, data_bytes, elements, memory_pages, layout }
        }))
    }
    fn code(&mut self, hash: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        let code = self.0.read(&state_key::code(&Hash(*hash))).map_err(HostFault::state)?;
        Ok(code.map(Arc::from))
    }
    fn read(&mut self, contract: &[u8; 32], key: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        self.0.read(&state_key::storage(&Address(*contract), key)).map_err(HostFault::state)
    }
    fn log_len(&mut self, contract: &[u8; 32], key: &[u8]) -> Result<u64, HostFault> {
        self.0.log_range(&Address(*contract), key).map(|range| range.count()).map_err(HostFault::state)
    }
    fn log_record(&mut self, contract: &[u8; 32], key: &[u8], index: u64) -> Result<Option<Vec<u8>>, HostFault> {
        let record = self.0.log_record(&Address(*contract), key, index).map_err(HostFault::state)?;
        Ok(record.map(|record| record.to_bytes()))
    }
}

//! Reading: views of contracts at certified heights, and the proof of what a view read.

mod ahead;

use crate::error::ReplicaError;
use crate::overlay::MachineState;
use crate::state_source::{At, StateSource};
use ahead::Ahead;
use countersign_abi::trap::METHOD_NOT_FOUND;
use countersign_ledger::{Reader, Store};
use countersign_types::log::LogRecord;
use countersign_types::{Address, Hash, Header, state_key};
use countersign_vm::{Call, CallContext, CallKind, Effects, Outcome, RESERVED_METHODS, Status, Vm};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A view to run: everything but the ledger it runs over.
#[derive(Debug, Clone)]
pub struct View {
    /// The contract.
    pub contract: Address,
    /// The method.
    pub method: String,
    /// borsh of the arguments.
    pub input: Vec<u8>,
    /// Most gas.
    pub gas_limit: u64,
}

/// What a view read of its contract's and the chain's state.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reads {
    /// State keys and what stood there.
    pub entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Logs of which entries were read.
    pub logs: BTreeSet<(Address, Vec<u8>)>,
}

impl Reads {
    /// What has to be proven: the entries, and every log that was touched, whole, since its length
    /// alone says something.
    #[must_use]
    pub fn to_prove(self) -> countersign_ledger::Reads {
        let mut whole = countersign_ledger::Reads { logs: self.logs, ..countersign_ledger::Reads::default() };
        for key in self.entries.into_keys() {
            match log_of(&key) {
                Some(log) => whole.logs.insert(log),
                None => whole.entries.insert(key),
            };
        }
        whole
    }
}

impl View {
    /// Runs the view over the state after `header`.
    ///
    /// # Errors
    /// Only faults of this machine.
    pub fn run<S: Store>(
        &self,
        vm: &Vm,
        chain: Hash,
        reader: &Reader<S>,
        header: &Header,
    ) -> Result<Outcome, ReplicaError> {
        self.run_over(vm, chain, header, &Viewed::at(reader, header))
    }

    /// As [`View::run`], noting everything that was read.
    ///
    /// # Errors
    /// As [`View::run`].
    pub fn run_recorded<S: Store>(
        &self,
        vm: &Vm,
        chain: Hash,
        reader: &Reader<S>,
        header: &Header,
    ) -> Result<(Outcome, Reads), ReplicaError> {
        let source = Recording { base: Viewed::at(reader, header), reads: RefCell::default() };
        let outcome = self.run_over(vm, chain, header, &source)?;
        let mut reads = source.reads.into_inner();
        // What the machine itself reads to find the code says nothing about the answer.
        reads
            .entries
            .retain(|key, _| key.starts_with(&state_key::storage(&self.contract, &[])) || log_of(key).is_some());
        Ok((outcome, reads))
    }

    fn run_over(
        &self,
        vm: &Vm,
        chain: Hash,
        header: &Header,
        source: &impl StateSource,
    ) -> Result<Outcome, ReplicaError> {
        if RESERVED_METHODS.contains(&self.method.as_str()) {
            let status = Status::Trapped { cause: METHOD_NOT_FOUND };
            return Ok(Outcome { status, gas_used: 0, effects: Effects::default() });
        }
        let call = Call {
            contract: self.contract.0,
            method: self.method.clone(),
            input: self.input.clone(),
            gas_limit: self.gas_limit,
            kind: CallKind::View,
            context: CallContext {
                height: header.height.0,
                time_ms: header.time.0,
                chain: chain.0,
                ..CallContext::default()
            },
        };
        Ok(vm.run(&mut MachineState(source), &call)?)
    }
}

/// The log whose range stands under a state key, if one does.
fn log_of(key: &[u8]) -> Option<(Address, Vec<u8>)> {
    let contract = Address(key.get(1..33)?.try_into().ok()?);
    let log = key.get(34..)?;
    (state_key::log(&contract, log) == key).then(|| (contract, log.to_vec()))
}

/// The state after a height, whose logs are read ahead.
struct Viewed<'a, S: Store> {
    state: At<'a, S>,
    ahead: RefCell<Ahead>,
}

impl<'a, S: Store> Viewed<'a, S> {
    fn at(reader: &'a Reader<S>, header: &Header) -> Self {
        Self { state: At { reader, height: header.height }, ahead: RefCell::default() }
    }
}

impl<S: Store> StateSource for Viewed<'_, S> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        self.state.read(key)
    }
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError> {
        let At { reader, height } = self.state;
        let read = |start, limit| reader.log_records(contract, log, start, limit);
        let found = self.ahead.borrow_mut().record(contract, log, index, read)?;
        Ok(found.filter(|record| record.height <= height))
    }
}

struct Recording<B> {
    base: B,
    reads: RefCell<Reads>,
}

impl<B: StateSource> StateSource for Recording<B> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ReplicaError> {
        let value = self.base.read(key)?;
        self.reads.borrow_mut().entries.insert(key.to_vec(), value.clone());
        Ok(value)
    }
    fn log_record(&self, contract: &Address, log: &[u8], index: u64) -> Result<Option<LogRecord>, ReplicaError> {
        self.reads.borrow_mut().logs.insert((*contract, log.to_vec()));
        self.base.log_record(contract, log, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_of_which_only_the_length_was_read_is_proven_whole() {
        let contract = Address([7; 32]);
        let mut reads = Reads::default();
        reads.entries.insert(state_key::log(&contract, b"empty"), None);
        reads.entries.insert(state_key::storage(&contract, b"key"), None);
        reads.logs.insert((contract, b"read".to_vec()));
        let whole = reads.to_prove();
        assert_eq!(whole.entries.into_iter().collect::<Vec<_>>(), [state_key::storage(&contract, b"key")]);
        assert_eq!(
            whole.logs.into_iter().map(|(_, log)| log).collect::<Vec<_>>(),
            [b"empty".to_vec(), b"read".to_vec()]
        );
    }
}

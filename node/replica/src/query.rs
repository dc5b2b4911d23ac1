//! Reading: views of contracts at certified heights, and the proof of what a view read.

use crate::error::ReplicaError;
use crate::overlay::MachineState;
use crate::state_source::{At, StateSource};
use countersign_ledger::{Reader, Store};
use countersign_types::log::LogRecord;
use countersign_types::{Address, Hash, Header, state_key};
use countersign_vm::{Call, CallContext, CallKind, Outcome, Vm};
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

impl View {
    /// Runs the view over the state after `header`.
    ///
    /// # Errors
    /// Only faults of this machine.
    pub fn run<S: Store>(&self, vm: &Vm, chain: Hash, reader: &Reader<S>, header: &Header) -> Result<Outcome, ReplicaError> {
        self.run_over(vm, chain, header, &At { reader, height: header.height })
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
        let source = Recording { base: At { reader, height: header.height }, reads: RefCell::default() };
        let outcome = self.run_over(vm, chain, header, &source)?;
        let mut reads = source.reads.into_inner();
        // What the machine itself reads to find the code says nothing about the answer.
        reads.entries.retain(|key, _| key.starts_with(&state_key::storage(&self.contract, &[])) || is_log(key));
        Ok((outcome, reads))
    }

    fn run_over(&self, vm: &Vm, chain: Hash, header: &Header, source: &impl StateSource) -> Result<Outcome, ReplicaError> {
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

fn is_log(key: &[u8]) -> bool {
    matches!(key, [1, rest @ ..] if rest.get(32) == Some(&1))
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

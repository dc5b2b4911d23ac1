//! The harness that runs modules on the node's machine: what a scenario does natively by [`Host`], it does
//! here in WebAssembly, and gas is counted.
//!
//! [`Host`]: countersign_contract::testing::Host

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use countersign_contract::abi::trap;
use countersign_contract::testing::{Environment, Event, Failure, Harness, Made, Schedule, Waiting};
use countersign_types::codec::encode;
use countersign_types::hash::sha256;
use countersign_types::limits::TRANSACTION_GAS_DEFAULT;
use countersign_types::log::LogRecord;
use countersign_types::{Hash, Height, Layout, PublicKey, TimestampMs};
use countersign_vm::{
    Address, Call, CallContext, CallKind, CheckedCode, CodeFacts, CodeHash, Effects, HostFault, Outcome,
    RESERVED_METHODS, StateReader, Status, Vm,
};

use crate::Error;

/// Contracts, their state, and a machine.
pub struct WasmHost {
    vm: Vm,
    state: State,
    environment: Environment,
    events: Vec<Event>,
    schedule: Schedule,
    contract: Address,
    gas_limit: u64,
    gas_used: u64,
}

#[derive(Default)]
struct State {
    hashes: BTreeMap<Address, CodeHash>,
    code: BTreeMap<CodeHash, Arc<[u8]>>,
    facts: BTreeMap<CodeHash, CodeFacts>,
    values: BTreeMap<Address, BTreeMap<Vec<u8>, Vec<u8>>>,
    logs: BTreeMap<(Address, Vec<u8>), Vec<Vec<u8>>>,
    frozen: BTreeSet<Address>,
}

impl WasmHost {
    /// A host with a module deployed, its `init` not run.
    ///
    /// # Errors
    /// If the module may not be deployed.
    pub fn new(vm: Vm, module: &[u8]) -> Result<Self, Error> {
        let mut host = Self {
            vm,
            state: State::default(),
            environment: Environment::default(),
            events: Vec::new(),
            schedule: Schedule::default(),
            contract: [0; 32],
            gas_limit: TRANSACTION_GAS_DEFAULT.0,
            gas_used: 0,
        };
        host.contract = host.deploy(module)?;
        Ok(host)
    }

    /// A host with a module deployed as by a transaction: its `init` has run with these argument bytes.
    ///
    /// # Errors
    /// If the module may not be deployed, or `init` fails or traps.
    pub fn with_init(vm: Vm, module: &[u8], input: &[u8]) -> Result<Self, Error> {
        let mut host = Self::new(vm, module)?;
        host.run("init", input, CallKind::Call).map_err(Error::Init)?;
        host.environment.advance();
        Ok(host)
    }

    /// Deploys another contract, its `init` not run; answers its address, which is the one that the native host
    /// gives to the contract deployed in this order.
    ///
    /// # Errors
    /// If the module may not be deployed.
    pub fn deploy(&mut self, module: &[u8]) -> Result<Address, Error> {
        let CheckedCode { hash, facts, .. } = self.vm.check(module)?;
        let address = sha256(&encode(&format!("contract {}", self.state.hashes.len())));
        self.state.hashes.insert(address, hash);
        self.state.code.insert(hash, module.into());
        self.state.facts.insert(hash, facts);
        Ok(address)
    }

    /// Deploys another contract as by a transaction: its `init` has run with these argument bytes.
    ///
    /// # Errors
    /// If the module may not be deployed, or `init` fails or traps.
    pub fn deploy_with(&mut self, module: &[u8], input: &[u8]) -> Result<Address, Error> {
        let address = self.deploy(module)?;
        let selected = std::mem::replace(&mut self.contract, address);
        let ended = self.run("init", input, CallKind::Call);
        self.contract = selected;
        ended.map_err(Error::Init)?;
        self.environment.advance();
        Ok(address)
    }

    /// Replaces the code of the selected contract as by a transaction: `migrate` of the new code, if it has one, has run
    /// over the old storage with these argument bytes. If anything is refused or fails, the old code goes on.
    ///
    /// # Errors
    /// If the module may not be deployed, or not in the place of what is there, or `migrate` fails or traps.
    pub fn upgrade(&mut self, module: &[u8], input: &[u8]) -> Result<(), Error> {
        let old = self.state.hashes.get(&self.contract).copied();
        let CheckedCode { hash, facts, .. } = self.vm.check(module)?;
        self.admit(old, hash, &facts)?;
        self.run_due();
        let migrates = facts.has_method("migrate");
        self.state.code.insert(hash, module.into());
        self.state.facts.insert(hash, facts);
        self.state.hashes.insert(self.contract, hash);
        let ended = if migrates { self.run("migrate", input, CallKind::Call).map(drop) } else { Ok(()) };
        if let (Err(_), Some(old)) = (&ended, old) {
            self.state.hashes.insert(self.contract, old);
        }
        self.environment.advance();
        ended.map_err(Error::Migrate)
    }

    /// Whether code may take the place of other code.
    fn admit(&self, old: Option<CodeHash>, new: CodeHash, facts: &CodeFacts) -> Result<(), Error> {
        if old == Some(new) {
            return Err(Error::SameCode);
        }
        let layout = |facts: &CodeFacts| {
            facts.layout.map(|layout| Layout { version: layout.version, fields: Hash(layout.fields) })
        };
        let there = old.and_then(|old| self.state.facts.get(&old)).and_then(layout);
        let new = layout(facts);
        match there.filter(|there| !new.is_some_and(|new| there.admits(&new))) {
            Some(there) => Err(Error::Layout { there: there.version, new: new.map(|new| new.version) }),
            None => Ok(()),
        }
    }

    /// The most gas that a call or view may use from now on; at first what a transaction has unless a genesis says
    /// otherwise.
    pub fn limit_gas(&mut self, limit: u64) {
        self.gas_limit = limit;
    }

    /// Gas that the latest call or view used.
    #[must_use]
    pub fn gas_used(&self) -> u64 {
        self.gas_used
    }

    /// The state of the selected contract, without its logs.
    #[must_use]
    pub fn storage(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.state.values.get(&self.contract).cloned().unwrap_or_default()
    }

    /// Exchanges the machine, and with it whatever it has compiled.
    pub fn move_to(&mut self, vm: Vm) {
        self.vm = vm;
    }

    /// Methods that the chain alone runs are not there for anybody else, as in a replica.
    fn ask(&mut self, method: &str, input: &[u8], kind: CallKind) -> Result<Vec<u8>, Failure> {
        if RESERVED_METHODS.contains(&method) {
            return Err(Failure::Trapped(trap::METHOD_NOT_FOUND));
        }
        self.run(method, input, kind)
    }

    fn run(&mut self, method: &str, input: &[u8], kind: CallKind) -> Result<Vec<u8>, Failure> {
        let call = self.top_level(method, input, kind);
        self.perform(&call)
    }

    fn perform(&mut self, call: &Call) -> Result<Vec<u8>, Failure> {
        let fault = "the host reads memory, which does not fail";
        let Outcome { status, gas_used, effects } = self.vm.run(&mut self.state, call).expect(fault);
        self.gas_used = gas_used;
        match status {
            Status::Succeeded { output } => {
                self.apply(effects);
                Ok(output)
            }
            Status::Failed { code, message } => Err(Failure::Failed { code, data: message }),
            Status::Trapped { cause } => Err(Failure::Trapped(cause)),
        }
    }

    /// Makes the scheduled calls that are due; whether there were any.
    fn run_due(&mut self) -> bool {
        let frozen = &self.state.frozen;
        let due = self.schedule.take_due(self.environment.time_ms, |contract| frozen.contains(contract));
        let any = !due.is_empty();
        for (id, waiting) in due {
            let own = waiting.environment(id, &self.environment);
            let now = std::mem::replace(&mut self.environment, own);
            let mut call = self.top_level(&waiting.method, &waiting.input, CallKind::Call);
            (call.contract, call.gas_limit, call.context.scheduled) = (waiting.contract, waiting.gas, true);
            let result = self.perform(&call);
            self.environment = now;
            self.schedule.made(waiting, result);
        }
        any
    }

    fn top_level(&self, method: &str, input: &[u8], kind: CallKind) -> Call {
        let Environment { account, roles, attributes, signer, height, time_ms, transaction, chain } =
            self.environment.clone();
        let attributes = if attributes.is_empty() { Vec::new() } else { borsh::to_vec(&attributes).expect("memory") };
        let block = CallContext { height, time_ms, chain, ..CallContext::default() };
        let context = match kind {
            CallKind::Call => CallContext { signer_key: signer, account, roles, attributes, transaction, ..block },
            CallKind::View => block,
        };
        let (contract, gas_limit) = (self.contract, self.gas_limit);
        Call { contract, method: method.to_owned(), input: input.to_vec(), gas_limit, kind, context }
    }

    fn apply(&mut self, effects: Effects) {
        for ((contract, key), value) in effects.writes {
            let values = self.state.values.entry(contract).or_default();
            match value {
                Some(value) => values.insert(key, value),
                None => values.remove(&key),
            };
        }
        let waiting = effects.scheduled.into_iter().map(|call| {
            Waiting::new(&self.environment, call.contract, &call.method, &call.input, (call.at_ms, call.gas))
        });
        self.schedule.add(waiting);
        let Environment { height, time_ms, transaction, signer, .. } = &self.environment;
        for append in effects.appends {
            let record = LogRecord {
                height: Height(*height),
                time: TimestampMs(*time_ms),
                transaction: Hash(*transaction),
                signer: PublicKey(*signer),
                entry: append.entry,
            };
            self.state.logs.entry((append.contract, append.key)).or_default().push(record.to_bytes());
        }
        self.events.extend(effects.events.into_iter().map(|event| Event {
            contract: event.contract,
            name: event.name,
            data: event.data,
            attributes: event.attributes,
        }));
    }
}

impl Harness for WasmHost {
    fn environment(&mut self) -> &mut Environment {
        &mut self.environment
    }

    fn contract(&self) -> Address {
        self.contract
    }

    fn select(&mut self, contract: Address) {
        self.contract = contract;
    }

    fn call(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        self.run_due();
        let result = if self.state.frozen.contains(&self.contract) {
            Err(Failure::Trapped(trap::FROZEN))
        } else {
            self.ask(method, input, CallKind::Call)
        };
        self.environment.advance();
        result
    }

    fn view(&mut self, method: &str, input: &[u8]) -> Result<Vec<u8>, Failure> {
        self.ask(method, input, CallKind::View)
    }

    fn events(&self) -> &[Event] {
        &self.events
    }

    fn freeze(&mut self, frozen: bool) {
        if frozen {
            self.state.frozen.insert(self.contract);
        } else {
            self.state.frozen.remove(&self.contract);
        }
    }

    fn made(&self) -> &[Made] {
        self.schedule.all_made()
    }

    fn travel(&mut self, ms: u64) {
        self.environment.travel(ms);
        if self.run_due() {
            self.environment.advance();
        }
    }
}

impl StateReader for State {
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        Ok(self.hashes.get(contract).copied())
    }

    fn is_frozen(&mut self, contract: &Address) -> Result<bool, HostFault> {
        Ok(self.frozen.contains(contract))
    }

    fn facts(&mut self, hash: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        Ok(self.facts.get(hash).cloned())
    }

    fn code(&mut self, hash: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        Ok(self.code.get(hash).cloned())
    }

    fn read(&mut self, contract: &Address, key: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(self.values.get(contract).and_then(|values| values.get(key)).cloned())
    }

    fn log_len(&mut self, contract: &Address, key: &[u8]) -> Result<u64, HostFault> {
        let log = self.logs.get(&(*contract, key.to_vec()));
        Ok(log.and_then(|log| u64::try_from(log.len()).ok()).unwrap_or_default())
    }

    fn log_record(&mut self, contract: &Address, key: &[u8], index: u64) -> Result<Option<Vec<u8>>, HostFault> {
        let log = self.logs.get(&(*contract, key.to_vec()));
        Ok(log.and_then(|log| log.get(usize::try_from(index).ok()?)).cloned())
    }
}

//! A state in memory, with contracts given as text.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use countersign_vm::{
    Address, Call, CallContext, CallKind, CodeFacts, CodeHash, Effects, HostFault, OptLevel, Outcome, StateReader,
    Status, Vm, VmConfig,
};

pub const GAS: u64 = 50_000_000;

/// State below a call, and a note of what was read of it.
#[derive(Clone, Default)]
pub struct World {
    pub contracts: BTreeMap<Address, CodeHash>,
    pub codes: BTreeMap<CodeHash, Arc<[u8]>>,
    pub facts: BTreeMap<CodeHash, CodeFacts>,
    pub cells: BTreeMap<(Address, Vec<u8>), Vec<u8>>,
    pub logs: BTreeMap<(Address, Vec<u8>), Vec<Vec<u8>>>,
    pub reads: Vec<(Address, Vec<u8>)>,
    pub broken: bool,
    pub frozen: BTreeSet<Address>,
}

impl World {
    /// A world with one contract, at address 1.
    pub fn of(text: &str) -> Self {
        let mut world = Self::default();
        world.deploy(1, text);
        world
    }

    pub fn deploy(&mut self, number: u8, text: &str) {
        let code = wat::parse_str(text).unwrap();
        let checked = vm().check(&code).unwrap();
        self.contracts.insert(address(number), checked.hash);
        self.codes.insert(checked.hash, code.into());
        self.facts.insert(checked.hash, checked.facts);
    }

    pub fn apply(&mut self, effects: Effects) {
        for (key, value) in effects.writes {
            match value {
                Some(value) => self.cells.insert(key, value),
                None => self.cells.remove(&key),
            };
        }
        for append in effects.appends {
            let log = self.logs.entry((append.contract, append.key)).or_default();
            log.push(append.entry);
        }
    }

    pub fn run(&mut self, call: &Call) -> Outcome {
        vm().run(self, call).unwrap()
    }
}

impl StateReader for World {
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        Ok(self.contracts.get(contract).copied())
    }

    fn is_frozen(&mut self, contract: &Address) -> Result<bool, HostFault> {
        Ok(self.frozen.contains(contract))
    }

    fn facts(&mut self, hash: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        Ok(self.facts.get(hash).cloned())
    }

    fn code(&mut self, hash: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        Ok(self.codes.get(hash).cloned())
    }

    fn read(&mut self, contract: &Address, key: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        if self.broken {
            return Err(HostFault::state("disk on fire"));
        }
        let key = (*contract, key.to_vec());
        self.reads.push(key.clone());
        Ok(self.cells.get(&key).cloned())
    }

    fn log_len(&mut self, contract: &Address, key: &[u8]) -> Result<u64, HostFault> {
        let log = self.logs.get(&(*contract, key.to_vec()));
        Ok(log.map_or(0, |log| log.len() as u64))
    }

    fn log_record(&mut self, contract: &Address, key: &[u8], index: u64) -> Result<Option<Vec<u8>>, HostFault> {
        let log = self.logs.get(&(*contract, key.to_vec()));
        Ok(log.and_then(|log| log.get(usize::try_from(index).ok()?).cloned()))
    }
}

/// The machine that tests share.
pub fn vm() -> &'static Vm {
    static VM: OnceLock<Vm> = OnceLock::new();
    VM.get_or_init(|| machine(OptLevel::Speed))
}

/// A machine with nothing compiled yet.
pub fn machine(opt_level: OptLevel) -> Vm {
    Vm::new(VmConfig { opt_level, calls_max: 2, views_max: 1, ..VmConfig::default() }).unwrap()
}

pub fn address(number: u8) -> Address {
    [number; 32]
}

/// A call of method `run` of the contract at address 1.
pub fn call(input: &[u8]) -> Call {
    Call {
        contract: address(1),
        method: "run".into(),
        input: input.into(),
        gas_limit: GAS,
        kind: CallKind::Call,
        context: CallContext {
            signer_key: [7; 32],
            account: "acme/alice".into(),
            roles: 4,
            attributes: b"attributes".to_vec(),
            transaction: [8; 32],
            height: 42,
            time_ms: 1_700_000_000_000,
            chain: [9; 32],
            scheduled: false,
        },
    }
}

pub fn view(input: &[u8]) -> Call {
    Call { kind: CallKind::View, ..call(input) }
}

/// The output of a run that succeeded.
pub fn output(outcome: &Outcome) -> &[u8] {
    match &outcome.status {
        Status::Succeeded { output } => output,
        other => panic!("{other:?}"),
    }
}

pub fn trapped(cause: u32) -> Status {
    Status::Trapped { cause }
}

/// A module with memory and the body of `run`, and the host functions it names.
pub fn contract(body: &str) -> String {
    with(body, "")
}

/// The same with further definitions.
pub fn with(body: &str, definitions: &str) -> String {
    const IMPORTS: [(&str, &str); 19] = [
        ("input_len", "(result i32)"),
        ("input_read", "(param i32)"),
        ("output", "(param i32 i32)"),
        ("fail", "(param i32 i32 i32)"),
        ("context", "(param i32 i32 i32) (result i32)"),
        ("storage_read", "(param i32 i32 i32 i32) (result i64)"),
        ("storage_write", "(param i32 i32 i32 i32)"),
        ("storage_remove", "(param i32 i32) (result i32)"),
        ("log_append", "(param i32 i32 i32 i32) (result i64)"),
        ("log_len", "(param i32 i32) (result i64)"),
        ("log_read", "(param i32 i32 i64 i32 i32) (result i64)"),
        ("emit", "(param i32 i32 i32 i32 i32 i32)"),
        ("call", "(param i32 i32 i32 i32 i32 i64) (result i32)"),
        ("schedule", "(param i32 i32 i32 i32 i64 i64) (result i64)"),
        ("returned_len", "(result i32)"),
        ("returned_read", "(param i32)"),
        ("returned_code", "(result i32)"),
        ("sha256", "(param i32 i32 i32)"),
        ("ed25519_verify", "(param i32 i32 i32 i32) (result i32)"),
    ];
    let text = format!("{body}{definitions}");
    let imports: String = IMPORTS
        .iter()
        .filter(|(name, _)| text.contains(&format!("(call ${name}")) || text.contains(&format!("call ${name}\n")))
        .map(|(name, signature)| format!("(import \"countersign\" \"{name}\" (func ${name} {signature}))\n"))
        .collect();
    let memory = if definitions.contains("(memory") { "" } else { "(memory (export \"memory\") 1)" };
    format!("(module {imports} {memory} {definitions} (func $run (export \"run\") {body}))")
}

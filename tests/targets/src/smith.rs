//! Modules that wasm-smith makes from bytes: what the check accepts is run, and comes to the same outcome at two
//! levels of optimisation, without a fault of the host's.
//!
//! The modules are valid and use all that contracts may; where the rules for contracts are narrower than WebAssembly
//! itself (segments, results, methods) some are refused, so that the border is crossed in both directions.

use std::sync::{Arc, LazyLock};

use arbitrary::Unstructured;
use countersign_abi::trap;
use countersign_vm::{
    Address, Call, CallContext, CallKind, CodeFacts, CodeHash, HostFault, OptLevel, Outcome, StateReader, Status, Vm,
    VmConfig,
};
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices, Module};

/// What all a module's loops and calls may use: milliseconds.
const GAS: u64 = 2_000_000;
/// The module answers at both. Memory starts with zeros, so calls of the first are likely.
const ADDRESSES: [Address; 2] = [[0; 32], [1; 32]];

/// What the host offers, as text of a module.
const IMPORTS: &str = r#"
    (import "countersign" "input_len" (func (result i32)))
    (import "countersign" "input_read" (func (param i32)))
    (import "countersign" "output" (func (param i32 i32)))
    (import "countersign" "fail" (func (param i32 i32 i32)))
    (import "countersign" "context" (func (param i32 i32 i32) (result i32)))
    (import "countersign" "storage_read" (func (param i32 i32 i32 i32) (result i64)))
    (import "countersign" "storage_write" (func (param i32 i32 i32 i32)))
    (import "countersign" "storage_remove" (func (param i32 i32) (result i32)))
    (import "countersign" "log_append" (func (param i32 i32 i32 i32) (result i64)))
    (import "countersign" "log_len" (func (param i32 i32) (result i64)))
    (import "countersign" "log_read" (func (param i32 i32 i64 i32 i32) (result i64)))
    (import "countersign" "emit" (func (param i32 i32 i32 i32 i32 i32)))
    (import "countersign" "call" (func (param i32 i32 i32 i32 i32 i64) (result i32)))
    (import "countersign" "returned_len" (func (result i32)))
    (import "countersign" "returned_read" (func (param i32)))
    (import "countersign" "returned_code" (func (result i32)))
    (import "countersign" "sha256" (func (param i32 i32 i32)))
    (import "countersign" "ed25519_verify" (func (param i32 i32 i32 i32) (result i32)))"#;

/// What a contract exports.
const EXPORTS: &str = r#"(module
    (memory (export "memory") 1 16)
    (func (export "run")) (func (export "tell")) (func (export "init")))"#;

/// What came of a module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Whether the check accepted it.
    pub accepted: bool,
    /// Runs that returned.
    pub returned: u32,
    /// Runs that a host function ended.
    pub ended_by_host: u32,
    /// Runs that used up their gas.
    pub exhausted: u32,
    /// Runs that ended in a trap of their own.
    pub trapped: u32,
}

/// One module from bytes, run at both levels.
///
/// # Panics
/// If the host has a fault, or the levels differ.
pub fn target(data: &[u8]) {
    let _ = run(data);
}

/// The same, with what came of it; `None` if the bytes make no module.
///
/// # Panics
/// As [`target`].
#[must_use]
pub fn run(data: &[u8]) -> Option<Made> {
    static FAST: LazyLock<Vm> = LazyLock::new(|| machine(OptLevel::Speed));
    static PLAIN: LazyLock<Vm> = LazyLock::new(|| machine(OptLevel::None));
    let code = module(data)?;
    let mut made = Made::default();
    let Ok(checked) = FAST.check(&code) else { return Some(made) };
    made.accepted = true;
    let mut state = State { hash: checked.hash, code: code.into(), facts: checked.facts };
    for method in state.facts.methods.clone() {
        for kind in [CallKind::Call, CallKind::View] {
            let call = call(&method, kind);
            let [fast, plain] = [&FAST, &PLAIN].map(|vm| vm.run(&mut state, &call).expect("the host has no fault"));
            assert_eq!(fast, plain, "the levels differ in {method}");
            made.count(&fast);
        }
    }
    Some(made)
}

impl Made {
    fn count(&mut self, outcome: &Outcome) {
        let count = match &outcome.status {
            Status::Succeeded { .. } => &mut self.returned,
            Status::Failed { .. } => &mut self.ended_by_host,
            Status::Trapped { cause } => match *cause {
                trap::OUT_OF_GAS => &mut self.exhausted,
                trap::BAD_HOST_ARGUMENT | trap::WRITE_IN_VIEW | trap::LOG_READ_IN_CALL | trap::TOO_MUCH_OUTPUT => {
                    &mut self.ended_by_host
                }
                _ => &mut self.trapped,
            },
        };
        *count += 1;
    }
}

fn machine(opt_level: OptLevel) -> Vm {
    let config = VmConfig { opt_level, calls_max: 1, views_max: 1, ..VmConfig::default() };
    Vm::new(config).expect("the machine starts")
}

fn call(method: &str, kind: CallKind) -> Call {
    Call {
        contract: [1; 32],
        method: method.to_owned(),
        input: b"input".to_vec(),
        gas_limit: GAS,
        kind,
        context: CallContext { account: "acme/alice".to_owned(), time_ms: 7, ..CallContext::default() },
    }
}

/// A module by the bytes; the first chooses what is beyond the usual.
fn module(data: &[u8]) -> Option<Vec<u8>> {
    static PARTS: LazyLock<[Vec<u8>; 2]> =
        // Each import several times, so that host functions are called more often than others.
        LazyLock::new(|| {
            [format!("(module {})", IMPORTS.repeat(4)), EXPORTS.to_owned()]
                .map(|text| wat::parse_str(text).expect("the text is a module"))
        });
    let [imports, exports] = &*PARTS;
    let (choice, bytes) = data.split_first()?;
    let chosen = |bit: u8| choice & (1 << bit) != 0;
    let few = InstructionKinds::new(&[
        InstructionKind::Control,
        InstructionKind::MemoryInt,
        InstructionKind::Parametric,
        InstructionKind::Variable,
    ]);
    let config = Config {
        available_imports: Some(imports.clone()),
        exports: Some(exports.clone()),
        max_imports: 100,
        // With about half of what is imported; few of its own, so that bytes are left for those that are exported.
        max_funcs: 40,
        // That of the exports comes on top.
        max_memories: 0,
        allow_floats: !chosen(5),
        allowed_instructions: if chosen(5) { few } else { InstructionKinds::all() },
        max_instructions: if chosen(0) { 1_000 } else { 150 },
        max_nesting_depth: 20,
        max_memory32_bytes: 1 << 20,
        max_table_elements: 100,
        // A run without traps gets further; one with all of them sees more kinds of ends.
        disallow_traps: chosen(1),
        memory_offset_choices: if chosen(2) { MemoryOffsetChoices(90, 9, 1) } else { MemoryOffsetChoices(1, 0, 0) },
        // Refused by the check, mostly.
        multi_value_enabled: chosen(3),
        allow_start_export: chosen(3) && chosen(4),
        // What contracts may not use at all.
        compact_imports_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    Module::new(config, &mut Unstructured::new(bytes)).ok().map(|module| module.to_bytes())
}

/// Bytes without a pattern, of a module's length.
pub fn seeds() -> Vec<Vec<u8>> {
    (0..16).map(seed).collect()
}

/// The same for any number.
#[must_use]
pub fn seed(number: u64) -> Vec<u8> {
    let mut bytes = crate::Mutations::new(number);
    let length = 500 + 1_000 * usize::try_from(number % 16).unwrap_or(0);
    (0..length).map(|_| bytes.byte()).collect()
}

/// A contract with something to read.
struct State {
    hash: CodeHash,
    code: Arc<[u8]>,
    facts: CodeFacts,
}

impl StateReader for State {
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        Ok(ADDRESSES.contains(contract).then_some(self.hash))
    }

    fn is_frozen(&mut self, _: &[u8; 32]) -> Result<bool, HostFault> {
        Ok(false)
    }

    fn facts(&mut self, _: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        Ok(Some(self.facts.clone()))
    }

    fn code(&mut self, _: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        Ok(Some(Arc::clone(&self.code)))
    }

    fn read(&mut self, _: &Address, key: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(key.len().is_multiple_of(2).then(|| b"value".to_vec()))
    }

    fn log_len(&mut self, _: &Address, key: &[u8]) -> Result<u64, HostFault> {
        Ok(u64::from(key.len().is_multiple_of(3)))
    }

    fn log_record(&mut self, _: &Address, key: &[u8], index: u64) -> Result<Option<Vec<u8>>, HostFault> {
        Ok((key.len().is_multiple_of(3) && index == 0).then(|| b"record".to_vec()))
    }
}

//! A second machine, for a second opinion: wasmi, an interpreter that shares no code with wasmtime, runs the
//! metered form of contracts over host functions written anew from the tables of `countersign_abi` and `GAS.md`.
//!
//! What both share is the metered form itself (`random.rs` and `gas.rs` hold that to what it should count) and the
//! facts that the check states. Everything behind it is there twice: the compiler and the interpreter, the host
//! functions with their prices and limits, calls between contracts, and what is undone.

mod chain;
mod host;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use countersign_abi::{limits as abi, trap};
use countersign_metering::{GAS_EXPORT, STACK_EXPORT, V3, check};
use countersign_vm::{Call, CodeHash, Effects, Outcome, Status};
use wasmi::{CompilationMode, Config, Engine, Instance, Linker, Module, Store, TrapCode, Val};

use crate::world::World;
use chain::{Chain, End, Frame, Job, enter};

/// The stack of a call chain, by `DETERMINISM.md`.
const STACK_SLOTS: i64 = 32_768;

/// The interpreter, and what it has translated.
pub struct Interpreter {
    engine: Engine,
    linker: Linker<Frame>,
    modules: RefCell<BTreeMap<CodeHash, Translated>>,
}

/// Code as the interpreter takes it.
#[derive(Clone)]
pub struct Translated {
    module: Arc<Module>,
    pub methods: Arc<[String]>,
    pages: u32,
    pub instantiation: u64,
}

impl Interpreter {
    /// Its own stack is so large that only the metered one runs out.
    pub fn new() -> Self {
        let mut config = Config::default();
        config
            .set_max_recursion_depth(10_000)
            .set_max_stack_height(256 << 20)
            .compilation_mode(CompilationMode::Eager)
            .wasm_tail_call(false)
            .wasm_extended_const(false)
            .wasm_multi_memory(false);
        let engine = Engine::new(&config);
        let mut linker = Linker::new(&engine);
        host::define(&mut linker).unwrap();
        Self { engine, linker, modules: RefCell::default() }
    }

    /// What comes of a call of contracts that were checked.
    pub fn run(self: &Rc<Self>, world: &World, call: &Call) -> Outcome {
        let bytes = (call.method.len() + call.input.len()) as u64;
        let fixed = 10_000 + bytes;
        if call.input.len() > abi::INPUT_BYTES_MAX {
            return trapped(trap::BAD_HOST_ARGUMENT, fixed.min(call.gas_limit));
        }
        let Some(gas) = call.gas_limit.checked_sub(fixed) else { return trapped(trap::OUT_OF_GAS, call.gas_limit) };
        let chain = Rc::new(RefCell::new(Chain::new(world.clone(), call)));
        let job = Job {
            contract: call.contract,
            caller: None,
            method: call.method.clone(),
            input: call.input.clone(),
            gas,
            stack: STACK_SLOTS,
        };
        let ended = enter(self, &chain, job);
        let gas_used = fixed + ended.gas_used;
        let effects = std::mem::take(&mut chain.borrow_mut().effects);
        match ended.end {
            End::Returned(output) => Outcome { status: Status::Succeeded { output }, gas_used, effects },
            End::Failed { code, message } => {
                Outcome { status: Status::Failed { code, message }, gas_used, effects: Effects::default() }
            }
            End::Trapped(cause) => trapped(cause, gas_used),
        }
    }

    pub fn translated(&self, world: &World, hash: &CodeHash) -> Translated {
        if let Some(known) = self.modules.borrow().get(hash) {
            return known.clone();
        }
        let metered = check(&world.codes[hash], &V3).unwrap();
        let module = Module::new(&self.engine, &metered.wasm).unwrap_or_else(|error| panic!("wasmi refuses: {error}"));
        let translated = Translated {
            module: Arc::new(module),
            methods: metered.facts.methods.into(),
            pages: metered.facts.memory_pages,
            instantiation: metered.stats.instantiation_gas,
        };
        self.modules.borrow_mut().insert(*hash, translated.clone());
        translated
    }
}

fn trapped(cause: u32, gas_used: u64) -> Outcome {
    Outcome { status: Status::Trapped { cause }, gas_used, effects: Effects::default() }
}

/// Sets both counters.
fn set_counters(store: &mut Store<Frame>, instance: Instance, gas: i64, stack: i64) {
    for (name, value) in [(GAS_EXPORT, gas), (STACK_EXPORT, stack)] {
        instance.get_global(&*store, name).unwrap().set(&mut *store, Val::I64(value)).unwrap();
    }
}

/// Gas and stack that are left.
fn counters(store: &Store<Frame>, instance: Instance) -> (i64, i64) {
    let [gas, stack] =
        [GAS_EXPORT, STACK_EXPORT].map(|name| match instance.get_global(store, name).unwrap().get(store) {
            Val::I64(value) => value,
            other => panic!("{name} is {other:?}"),
        });
    (gas, stack)
}

/// The number of a trap that is the guest's own.
fn cause_of(code: TrapCode) -> u32 {
    match code {
        TrapCode::UnreachableCodeReached => trap::UNREACHABLE,
        TrapCode::MemoryOutOfBounds => trap::MEMORY_OUT_OF_BOUNDS,
        TrapCode::TableOutOfBounds => trap::TABLE_OUT_OF_BOUNDS,
        TrapCode::IndirectCallToNull | TrapCode::BadSignature => trap::BAD_INDIRECT_CALL,
        TrapCode::IntegerDivisionByZero => trap::DIVISION_BY_ZERO,
        TrapCode::IntegerOverflow => trap::INTEGER_OVERFLOW,
        TrapCode::BadConversionToInteger => trap::BAD_CONVERSION,
        other => panic!("the interpreter itself gave up: {other}"),
    }
}

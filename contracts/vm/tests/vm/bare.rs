//! The metered form alone, on wasmtime and on wasmi: whatever a run ends in, both counters hold the same numbers
//! after it. Through the machine only the gas is seen, and nothing of it once it is below zero.

use countersign_abi::MODULE;
use countersign_metering::{GAS_EXPORT, STACK_EXPORT};

/// The stack of a call chain, by `DETERMINISM.md`.
pub const STACK_SLOTS: i64 = 32_768;

/// What a run leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// Why it trapped, in words both engines are given.
    pub cause: Option<&'static str>,
    pub gas: i64,
    pub stack: i64,
}

/// Both engines, with `output` that does nothing.
pub struct Bare {
    compiler: (wasmtime::Engine, wasmtime::Linker<()>),
    interpreter: (wasmi::Engine, wasmi::Linker<()>),
}

impl Bare {
    pub fn new() -> Self {
        let mut config = wasmtime::Config::new();
        config.cranelift_nan_canonicalization(true).max_wasm_stack(1 << 20).wasm_backtrace_max_frames(None);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let mut linker = wasmtime::Linker::new(&engine);
        linker.func_wrap(MODULE, "output", |_: i32, _: i32| {}).unwrap();
        let compiler = (engine, linker);

        let mut config = wasmi::Config::default();
        config.set_max_recursion_depth(10_000).set_max_stack_height(256 << 20);
        let engine = wasmi::Engine::new(&config);
        let mut linker = wasmi::Linker::new(&engine);
        linker.func_wrap(MODULE, "output", |_: i32, _: i32| {}).unwrap();
        Self { compiler, interpreter: (engine, linker) }
    }

    /// Whether a module asks for nothing but `output`.
    pub fn links(&self, metered: &[u8]) -> bool {
        let module = wasmi::Module::new(&self.interpreter.0, metered).unwrap();
        module.imports().all(|import| import.name() == "output")
    }

    /// Runs `run` with so much gas on both, which must come to the same.
    pub fn both(&self, metered: &[u8], gas: i64) -> Result<After, String> {
        let (compiled, interpreted) = (self.compiled(metered, gas), self.interpreted(metered, gas));
        if compiled == interpreted { Ok(compiled) } else { Err(format!("{compiled:?}, interpreted {interpreted:?}")) }
    }

    fn compiled(&self, metered: &[u8], gas: i64) -> After {
        let (engine, linker) = &self.compiler;
        let module = wasmtime::Module::new(engine, metered).unwrap();
        let mut store = wasmtime::Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let [gas_left, stack_left] = [(GAS_EXPORT, gas), (STACK_EXPORT, STACK_SLOTS)].map(|(name, value)| {
            let global = instance.get_global(&mut store, name).unwrap();
            global.set(&mut store, wasmtime::Val::I64(value)).unwrap();
            global
        });
        let ran = instance.get_typed_func::<(), ()>(&mut store, "run").unwrap().call(&mut store, ());
        let cause = ran.err().map(|error| match error.downcast_ref::<wasmtime::Trap>() {
            Some(wasmtime::Trap::UnreachableCodeReached) => "unreachable",
            Some(wasmtime::Trap::MemoryOutOfBounds) => "memory",
            Some(wasmtime::Trap::TableOutOfBounds) => "table",
            Some(wasmtime::Trap::IndirectCallToNull) => "empty element",
            Some(wasmtime::Trap::BadSignature) => "signature",
            Some(wasmtime::Trap::IntegerDivisionByZero) => "division by zero",
            Some(wasmtime::Trap::IntegerOverflow) => "overflow",
            Some(wasmtime::Trap::BadConversionToInteger) => "conversion",
            other => panic!("{other:?}: {error:#}"),
        });
        let [gas, stack] = [gas_left, stack_left].map(|global| global.get(&mut store).i64().unwrap());
        After { cause, gas, stack }
    }

    fn interpreted(&self, metered: &[u8], gas: i64) -> After {
        let (engine, linker) = &self.interpreter;
        let module = wasmi::Module::new(engine, metered).unwrap();
        let mut store = wasmi::Store::new(engine, ());
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        let [gas_left, stack_left] = [(GAS_EXPORT, gas), (STACK_EXPORT, STACK_SLOTS)].map(|(name, value)| {
            let global = instance.get_global(&store, name).unwrap();
            global.set(&mut store, wasmi::Val::I64(value)).unwrap();
            global
        });
        let ran = instance.get_typed_func::<(), ()>(&store, "run").unwrap().call(&mut store, ());
        let cause = ran.err().map(|error| match error.as_trap_code() {
            Some(wasmi::TrapCode::UnreachableCodeReached) => "unreachable",
            Some(wasmi::TrapCode::MemoryOutOfBounds) => "memory",
            Some(wasmi::TrapCode::TableOutOfBounds) => "table",
            Some(wasmi::TrapCode::IndirectCallToNull) => "empty element",
            Some(wasmi::TrapCode::BadSignature) => "signature",
            Some(wasmi::TrapCode::IntegerDivisionByZero) => "division by zero",
            Some(wasmi::TrapCode::IntegerOverflow) => "overflow",
            Some(wasmi::TrapCode::BadConversionToInteger) => "conversion",
            other => panic!("{other:?}: {error}"),
        });
        let [gas, stack] = [gas_left, stack_left].map(|global| match global.get(&store) {
            wasmi::Val::I64(value) => value,
            other => panic!("a counter is {other:?}"),
        });
        After { cause, gas, stack }
    }
}

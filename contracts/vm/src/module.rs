//! A contract's code, compiled and ready to be instantiated.

use std::collections::BTreeMap;

use wasmtime::{Engine, InstancePre, Linker, Module, ModuleExport};

use crate::HostFault;
use crate::check::{GAS_EXPORT, Metered, STACK_EXPORT};
use crate::frame::Frame;
use countersign_abi::MEMORY;

/// Compiled code.
pub(crate) struct Compiled {
    /// Ready to be instantiated.
    pub ready: InstancePre<Frame>,
    /// Exports by method.
    pub methods: BTreeMap<String, ModuleExport>,
    /// The gas counter.
    pub gas: ModuleExport,
    /// The stack counter.
    pub stack: ModuleExport,
    /// The memory.
    pub memory: ModuleExport,
    /// Gas for each instantiation.
    pub instantiation_gas: u64,
    /// Pages its memory starts with.
    pub pages: u32,
    /// What it weighs in the cache.
    pub bytes: usize,
}

impl Compiled {
    /// Compiles a metered module.
    pub(crate) fn new(engine: &Engine, linker: &Linker<Frame>, metered: &Metered) -> Result<Self, HostFault> {
        let module = Module::new(engine, &metered.wasm).map_err(|error| HostFault::engine("compiling", &error))?;
        let ready = linker.instantiate_pre(&module).map_err(|error| HostFault::engine("linking", &error))?;
        let methods = metered
            .methods
            .iter()
            .map(|name| Ok((name.clone(), export(&module, name)?)))
            .collect::<Result<_, HostFault>>()?;
        Ok(Self {
            methods,
            gas: export(&module, GAS_EXPORT)?,
            stack: export(&module, STACK_EXPORT)?,
            memory: export(&module, MEMORY)?,
            instantiation_gas: metered.stats.instantiation_gas,
            pages: metered.stats.memory_pages,
            bytes: metered.wasm.len(),
            ready,
        })
    }
}

fn export(module: &Module, name: &str) -> Result<ModuleExport, HostFault> {
    module
        .get_export_index(name)
        .ok_or_else(|| HostFault::Engine { doing: "finding an export", cause: name.to_owned() })
}

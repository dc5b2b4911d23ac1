//! A contract's code, compiled and ready to be instantiated.

use std::collections::BTreeMap;

use countersign_abi::MEMORY;
use countersign_metering::{GAS_EXPORT, STACK_EXPORT};
use wasmtime::{InstancePre, Linker, Module, ModuleExport};

use crate::frame::Frame;
use crate::{CodeFacts, HostFault};

/// Compiled code.
pub(crate) struct Compiled {
    /// Ready to be instantiated.
    pub ready: InstancePre<Frame>,
    /// What is known without it.
    pub facts: CodeFacts,
    /// Exports by method.
    pub methods: BTreeMap<String, ModuleExport>,
    /// The gas counter.
    pub gas: ModuleExport,
    /// The stack counter.
    pub stack: ModuleExport,
    /// The memory.
    pub memory: ModuleExport,
    /// What it weighs in memory: native code with its tables, as mapped.
    pub bytes: usize,
}

impl Compiled {
    /// Links a compiled module.
    pub(crate) fn new(linker: &Linker<Frame>, module: &Module, facts: CodeFacts) -> Result<Self, HostFault> {
        let ready = linker.instantiate_pre(module).map_err(|error| HostFault::engine("linking", &error))?;
        let methods = facts
            .methods
            .iter()
            .map(|name| Ok((name.clone(), export(module, name)?)))
            .collect::<Result<_, HostFault>>()?;
        let image = module.image_range();
        Ok(Self {
            ready,
            facts,
            methods,
            gas: export(module, GAS_EXPORT)?,
            stack: export(module, STACK_EXPORT)?,
            memory: export(module, MEMORY)?,
            bytes: image.end.addr().saturating_sub(image.start.addr()),
        })
    }
}

fn export(module: &Module, name: &str) -> Result<ModuleExport, HostFault> {
    module
        .get_export_index(name)
        .ok_or_else(|| HostFault::Engine { doing: "finding an export", cause: name.to_owned() })
}

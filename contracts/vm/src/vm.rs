//! The machine.

use crate::{Call, CodeHash, CodeRejected, HostFault, Outcome, StateReader};

/// How the machine is built. Nothing here changes an outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VmConfig {
    /// How hard the compiler tries.
    pub opt_level: OptLevel,
    /// Calls and views that run at the same time; more wait.
    pub runs_max: u32,
}

impl Default for VmConfig {
    fn default() -> Self {
        Self { opt_level: OptLevel::Speed, runs_max: 8 }
    }
}

/// How hard the compiler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptLevel {
    /// Compiles sooner, runs slower.
    None,
    /// Compiles later, runs faster.
    Speed,
}

/// Code that may be deployed.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCode {
    /// SHA-256 of the code.
    pub hash: CodeHash,
    /// Its methods' names, in ascending order.
    pub methods: Vec<String>,
    /// The bytes of its [`countersign_abi::SECTION`], empty if it has none.
    pub interface: Vec<u8>,
    /// Its size.
    pub stats: CodeStats,
    /// Gas to charge for deploying it.
    pub deploy_gas: u64,
}

/// The size of checked code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeStats {
    /// Length of the module as deployed.
    pub code_bytes: u64,
    /// Length after instrumentation.
    pub metered_bytes: u64,
    /// Functions defined.
    pub functions: u32,
    /// Instructions in them.
    pub instructions: u64,
    /// Basic blocks charged for.
    pub blocks: u64,
    /// Pages of 64 KiB its memory starts with.
    pub memory_pages: u32,
    /// Elements its table starts with.
    pub table_elements: u32,
    /// Bytes of its data segments.
    pub data_bytes: u64,
    /// Gas charged each time it is instantiated.
    pub instantiation_gas: u64,
}

/// Engine and compiled code. Shared by reference between threads.
pub struct Vm {}

impl Vm {
    /// Builds the engine and reserves its memory.
    pub fn new(_config: VmConfig) -> Result<Self, HostFault> {
        Ok(Self {})
    }

    /// Checks and instruments code. Pure: the same bytes draw the same verdict everywhere.
    pub fn check(&self, code: &[u8]) -> Result<CheckedCode, CodeRejected> {
        Err(CodeRejected::TooLong { bytes: code.len(), max: 0 })
    }

    /// Compiles deployed code ahead of its first use; slow, so it belongs off the voting path.
    pub fn prepare(&self, _code: &[u8]) -> Result<(), HostFault> {
        Err(HostFault::CodeMissing([0; 32]))
    }

    /// Runs a call and everything it calls over `state`.
    pub fn run(&self, _state: &mut dyn StateReader, call: &Call) -> Result<Outcome, HostFault> {
        Err(HostFault::CodeMissing(call.contract))
    }
}

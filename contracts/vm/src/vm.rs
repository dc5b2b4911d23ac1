//! The machine.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use countersign_abi::{limits as abi_limits, trap};
use countersign_metering::{Costs, V3, check};
use sha2::{Digest, Sha256};
use wasmtime::Engine;

use crate::chain::{Chain, End, Ended, Job, enter};
use crate::lent::Lent;
use crate::library::{Library, Want};
use crate::limits;
use crate::overlay::Overlay;
use crate::{
    Call, CallKind, CodeFacts, CodeHash, CodeRejected, CodeStats, DiskConfig, Effects, HostFault, Outcome, StateReader,
    Status, VmCounters, engine, host,
};

/// How the machine is built. Nothing here changes an outcome.
#[derive(Clone, Debug)]
pub struct VmConfig {
    /// How hard the compiler tries.
    pub opt_level: OptLevel,
    /// Calls that run at the same time; more wait. Each reserves address space for
    /// [`limits::CALL_DEPTH_MAX`] instances.
    pub calls_max: u32,
    /// Views that run at the same time; more wait. Apart from calls, so that views never hold up
    /// a block. With 0 they take turns with calls: for programs that have few addresses to reserve.
    pub views_max: u32,
    /// Where compiled code is kept beyond the life of the machine; nowhere by default.
    pub disk: Option<DiskConfig>,
    /// Microseconds since some moment, for [`Vm::counters`] alone; always 0 by default.
    pub clock: fn() -> u64,
}

impl Default for VmConfig {
    fn default() -> Self {
        Self { opt_level: OptLevel::Speed, calls_max: 2, views_max: 4, disk: None, clock: || 0 }
    }
}

/// How hard the compiler tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptLevel {
    /// Compiles sooner, runs slower.
    None,
    /// Compiles later, runs faster.
    Speed,
    /// As `Speed`, where that makes no longer code.
    SpeedAndSize,
}

/// Code that may be deployed.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCode {
    /// SHA-256 of the code.
    pub hash: CodeHash,
    /// What the chain keeps beside it.
    pub facts: CodeFacts,
    /// The bytes of its [`countersign_abi::SECTION`], empty if it has none.
    pub interface: Vec<u8>,
    /// Its size.
    pub stats: CodeStats,
    /// Gas to charge for deploying it.
    pub deploy_gas: u64,
}

/// Engine and compiled code. Shared by reference between threads; a clone shares both.
#[derive(Clone)]
pub struct Vm {
    machine: Arc<Machine>,
    is_aside: bool,
}

/// What a machine holds.
pub(crate) struct Machine {
    pub engine: Engine,
    pub library: Library,
    pub costs: &'static Costs,
    calls: Gate,
    /// None if views take turns with calls.
    views: Option<Gate>,
    clock: fn() -> u64,
}

impl Vm {
    /// Builds the engine and reserves its memory.
    pub fn new(config: VmConfig) -> Result<Self, HostFault> {
        let engine = engine::build(&config)?;
        let linker = host::linker(&engine)?;
        let VmConfig { calls_max, views_max, disk, clock, .. } = config;
        let library = Library::new(engine.clone(), linker, &V3, clock, disk);
        let library = library.map_err(|cause| HostFault::Engine {
            doing: "opening the directory of compiled code",
            cause: cause.to_string(),
        })?;
        let (calls, views) = (Gate::new(calls_max), (views_max > 0).then(|| Gate::new(views_max)));
        Ok(Self { machine: Arc::new(Machine { engine, library, costs: &V3, calls, views, clock }), is_aside: false })
    }

    /// The same machine for calls that nothing waits for, such as trials: they take turns with views, and the code that
    /// they need stands and counts among that of views. Blocks wait for none of them and lose no code to them.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self { machine: Arc::clone(&self.machine), is_aside: true }
    }

    /// Version of the cost table in use.
    #[must_use]
    pub fn cost_version(&self) -> u32 {
        self.machine.costs.version
    }

    /// Checks and instruments code. Pure: the same bytes draw the same verdict everywhere.
    pub fn check(&self, code: &[u8]) -> Result<CheckedCode, CodeRejected> {
        let metered = check(code, self.machine.costs)?;
        Ok(CheckedCode {
            hash: sha256(code),
            facts: metered.facts,
            interface: metered.interface,
            stats: metered.stats,
            deploy_gas: self.deploy_gas(code.len()),
        })
    }

    /// Gas to charge for deploying code of this length, known before it is checked.
    #[must_use]
    pub fn deploy_gas(&self, code_bytes: usize) -> u64 {
        self.machine.costs.deploy.of(code_bytes)
    }

    /// Compiles code ahead of its first use; slow (some 2 ms for each KiB), so it belongs off the voting
    /// path. It is on disk afterwards, and in memory where nothing else has to go for it. Code that
    /// [`Vm::check`] refuses is a fault here.
    pub fn prepare(&self, code: &[u8]) -> Result<(), HostFault> {
        let hash = sha256(code);
        let metered = check(code, self.machine.costs).map_err(|cause| HostFault::CodeRefused { hash, cause })?;
        self.machine.library.obtain(&hash, &metered.facts, Want::Ahead, || Ok(code.into())).map(|_| ())
    }

    /// As [`Vm::prepare`] for code that is deployed: loads it, and compiles it only where there is no good
    /// file of it.
    pub fn prepare_deployed(&self, state: &mut dyn StateReader, hash: &CodeHash) -> Result<(), HostFault> {
        let facts = state.facts(hash)?.ok_or(HostFault::CodeMissing(*hash))?;
        let code = || state.code(hash)?.ok_or(HostFault::CodeMissing(*hash));
        self.machine.library.obtain(hash, &facts, Want::Ahead, code).map(|_| ())
    }

    /// What the machine has done so far.
    #[must_use]
    pub fn counters(&self) -> VmCounters {
        self.machine.library.counters()
    }

    /// Runs a call and everything it calls over `state`. Needs
    /// [`limits::NATIVE_STACK_BYTES`] and half a MiB more of the thread's stack.
    pub fn run(&self, state: &mut dyn StateReader, call: &Call) -> Result<Outcome, HostFault> {
        let machine = &self.machine;
        let gas_limit = call.gas_limit.min(limits::GAS_LIMIT_MAX);
        let fixed = machine.costs.host.call.of(call.method.len().saturating_add(call.input.len()));
        if call.input.len() > abi_limits::INPUT_BYTES_MAX {
            return Ok(trapped(trap::BAD_HOST_ARGUMENT, fixed.min(gas_limit)));
        }
        let Some(gas) = gas_limit.checked_sub(fixed) else {
            return Ok(trapped(trap::OUT_OF_GAS, gas_limit));
        };
        let room = if self.is_aside { CallKind::View } else { call.kind };
        let _turn = match (room, &machine.views) {
            (CallKind::View, Some(views)) => views.turn(),
            (CallKind::Call, _) | (CallKind::View, None) => machine.calls.turn(),
        };
        let begun = (machine.clock)();
        // SAFETY: the chain that holds the loan is dropped before this function returns, and
        // `state` is not touched until then.
        #[allow(unsafe_code)]
        let lent = unsafe { Lent::new(state) };
        let overlay = Overlay::new(lent);
        let chain = Box::new(Chain::new(Arc::clone(machine), overlay, (call.kind, room), call.context.clone()));
        let job = Job {
            contract: call.contract,
            caller: call.context.scheduled.then_some(call.contract),
            method: call.method.clone(),
            input: call.input.clone(),
            gas,
            stack: i64::from(limits::STACK_SLOTS_MAX),
        };
        let (chain, ended) = enter(chain, job);
        machine.library.tally.runs(room).ran((machine.clock)().saturating_sub(begun));
        let Ended { end, gas_used } = ended?;
        let gas_used = gas_used.saturating_add(fixed);
        Ok(match end {
            End::Returned(output) => {
                Outcome { status: Status::Succeeded { output }, gas_used, effects: chain.overlay.into_effects() }
            }
            End::Failed { code, message } => {
                Outcome { status: Status::Failed { code, message }, gas_used, effects: Effects::default() }
            }
            End::Trapped(cause) => trapped(cause, gas_used),
        })
    }
}

fn trapped(cause: u32, gas_used: u64) -> Outcome {
    Outcome { status: Status::Trapped { cause }, gas_used, effects: Effects::default() }
}

fn sha256(bytes: &[u8]) -> CodeHash {
    Sha256::digest(bytes).into()
}

/// Lets so many pass at a time and makes the rest wait, so that the engine's pool never runs dry.
struct Gate {
    free: Mutex<u32>,
    freed: Condvar,
}

/// A turn within a [`Gate`]; ends when dropped.
struct Turn<'g>(&'g Gate);

impl Gate {
    fn new(width: u32) -> Self {
        Self { free: Mutex::new(width.max(1)), freed: Condvar::new() }
    }

    fn turn(&self) -> Turn<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_sub(1);
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        *free = free.saturating_add(1);
        self.0.freed.notify_one();
    }
}

//! A call chain: contracts that call contracts, over one overlay, one gas limit and one stack.

use std::sync::Arc;

use countersign_abi::trap;
use wasmtime::{Store, Trap, Val};

use crate::frame::{Exports, Frame, Pages, Stop};
use crate::library::Want;
use crate::limits;
use crate::module::Compiled;
use crate::overlay::Overlay;
use crate::vm::Machine;
use crate::{Address, CallContext, CallKind, CodeFacts, HostFault, RESERVED_METHODS};

/// What all frames of a chain share. The frame that runs holds it.
pub(crate) struct Chain {
    pub machine: Arc<Machine>,
    pub overlay: Overlay,
    pub kind: CallKind,
    /// Whose code it takes its own from: that of views also where it is a call that nothing waits for.
    room: CallKind,
    pub context: CallContext,
    /// The contracts on the chain, the outermost first.
    active: Vec<Address>,
    /// Pages of all their memories but the one that runs.
    pub pages: u32,
}

/// One call within a chain.
pub(crate) struct Job {
    pub contract: Address,
    pub caller: Option<Address>,
    pub method: String,
    pub input: Vec<u8>,
    /// The most gas it may use.
    pub gas: u64,
    /// Stack slots left to it.
    pub stack: i64,
}

/// How one call within a chain ended.
pub(crate) struct Ended {
    pub end: End,
    /// Gas used; at most the job's.
    pub gas_used: u64,
}

pub(crate) enum End {
    Returned(Vec<u8>),
    Failed { code: u32, message: Vec<u8> },
    Trapped(u32),
}

impl Chain {
    pub(crate) fn new(
        machine: Arc<Machine>,
        overlay: Overlay,
        (kind, room): (CallKind, CallKind),
        context: CallContext,
    ) -> Self {
        Self { machine, overlay, kind, room, context, active: Vec::with_capacity(limits::CALL_DEPTH_MAX), pages: 0 }
    }

    /// Finds the code to run, or the trap that stands in its place.
    fn admit(&mut self, job: &Job) -> Result<Result<Arc<Compiled>, u32>, HostFault> {
        if self.active.contains(&job.contract) {
            return Ok(Err(trap::REENTRANCE));
        }
        if self.active.len() >= limits::CALL_DEPTH_MAX {
            return Ok(Err(trap::CALL_TOO_DEEP));
        }
        let Some(hash) = self.overlay.code_hash(&job.contract)? else {
            return Ok(Err(trap::CONTRACT_NOT_FOUND));
        };
        if self.kind == CallKind::Call && job.caller.is_some() && self.overlay.is_frozen(&job.contract)? {
            return Ok(Err(trap::FROZEN));
        }
        let want = Want::Run(self.room);
        let found = self.machine.library.find(&hash, want);
        let read = match &found {
            Some(_) => None,
            None => Some(self.overlay.below().reader().facts(&hash)?.ok_or(HostFault::CodeMissing(hash))?),
        };
        // Code in memory has its facts with it; without, no code is loaded before they are judged.
        let facts = found.as_ref().map(|compiled| &compiled.facts).or(read.as_ref());
        let facts = facts.expect("one of the two was taken just now");
        if let Some(cause) = self.refusal(job, facts) {
            return Ok(Err(cause));
        }
        let compiled = match found {
            Some(compiled) => compiled,
            None => {
                let below = self.overlay.below();
                let code = || below.reader().code(&hash)?.ok_or(HostFault::CodeMissing(hash));
                self.machine.library.obtain(&hash, facts, want, code)?
            }
        };
        Ok(Ok(compiled))
    }

    /// The trap that stands in the place of a run of code with these facts, if one does.
    fn refusal(&self, job: &Job, facts: &CodeFacts) -> Option<u32> {
        let reserved = job.caller.is_some() && RESERVED_METHODS.contains(&job.method.as_str());
        if reserved || !facts.has_method(&job.method) {
            return Some(trap::METHOD_NOT_FOUND);
        }
        if self.pages.saturating_add(facts.memory_pages) > limits::CHAIN_PAGES_MAX {
            return Some(trap::MEMORY_LIMIT);
        }
        (job.gas < self.machine.costs.instantiation(facts)).then_some(trap::OUT_OF_GAS)
    }
}

/// Runs one call of a chain and hands the chain back.
pub(crate) fn enter(mut chain: Box<Chain>, job: Job) -> (Box<Chain>, Result<Ended, HostFault>) {
    match chain.admit(&job) {
        Ok(Ok(compiled)) => run(chain, job, compiled),
        Ok(Err(cause)) => {
            let gas_used = if cause == trap::OUT_OF_GAS { job.gas } else { 0 };
            let end = End::Trapped(cause);
            (chain, Ok(Ended { end, gas_used }))
        }
        Err(fault) => (chain, Err(fault)),
    }
}

fn run(mut chain: Box<Chain>, job: Job, compiled: Arc<Compiled>) -> (Box<Chain>, Result<Ended, HostFault>) {
    chain.active.push(job.contract);
    let machine = Arc::clone(&chain.machine);
    let frame = Frame {
        pages: Pages::above(chain.pages),
        chain: Some(chain),
        costs: &machine.costs.host,
        contract: job.contract,
        code: Arc::clone(&compiled),
        caller: job.caller,
        input: job.input,
        output: Vec::new(),
        returned: Vec::new(),
        returned_code: 0,
        stop: None,
        exports: None,
    };
    let mut store = Store::new(&machine.engine, frame);
    store.limiter(|frame| &mut frame.pages);
    let instantiation = machine.costs.instantiation(&compiled.facts);
    let ran = execute(&mut store, &compiled, &job.method, job.gas.saturating_sub(instantiation), job.stack);
    let counted = counters(&mut store);
    let mut frame = store.into_data();
    let mut chain = frame.chain.take().expect("callees hand the chain back before their caller goes on");
    chain.active.pop();
    let ended = ended(&mut frame, ran, counted, job.gas);
    (chain, ended)
}

/// What is left in the counters; nothing if the instance could not be made.
struct Counted {
    gas: i64,
    stack: i64,
}

fn counters(store: &mut Store<Frame>) -> Option<Counted> {
    let exports = store.data().exports?;
    Some(Counted { gas: exports.gas.get(&mut *store).i64()?, stack: exports.stack.get(&mut *store).i64()? })
}

fn execute(store: &mut Store<Frame>, compiled: &Compiled, method: &str, gas: u64, stack: i64) -> wasmtime::Result<()> {
    let instance = compiled.ready.instantiate(&mut *store)?;
    let missing = || wasmtime::Error::msg("an export is gone");
    let mut export = |name| instance.get_module_export(&mut *store, name).ok_or_else(missing);
    let exports = Exports {
        gas: export(&compiled.gas)?.into_global().ok_or_else(missing)?,
        stack: export(&compiled.stack)?.into_global().ok_or_else(missing)?,
        memory: export(&compiled.memory)?.into_memory().ok_or_else(missing)?,
    };
    let method = compiled.methods.get(method).ok_or_else(missing)?;
    let method = export(method)?.into_func().ok_or_else(missing)?;
    store.data_mut().exports = Some(exports);
    let gas = i64::try_from(gas).map_err(|_| wasmtime::Error::msg("gas over its limit"))?;
    exports.gas.set(&mut *store, Val::I64(gas))?;
    exports.stack.set(&mut *store, Val::I64(stack))?;
    method.typed::<(), ()>(&*store)?.call(store, ())
}

/// Tells what a run's end means. Gas below zero decides before anything else: whatever a guest did
/// after its gas was gone did not happen.
fn ended(frame: &mut Frame, ran: wasmtime::Result<()>, counted: Option<Counted>, gas: u64) -> Result<Ended, HostFault> {
    if let Some(cause) = frame.pages.failed.take() {
        return Err(HostFault::Engine { doing: "growing a memory", cause });
    }
    let trapped = |cause| End::Trapped(cause);
    let Some(counted) = counted else {
        return match ran {
            Err(_) if frame.pages.exceeded => Ok(Ended { end: trapped(trap::MEMORY_LIMIT), gas_used: gas }),
            Err(error) => Err(HostFault::engine("instantiating", &error)),
            Ok(()) => Err(HostFault::Engine { doing: "instantiating", cause: "no counters".to_owned() }),
        };
    };
    let left = u64::try_from(counted.gas).ok();
    let end = match (frame.stop.take(), ran) {
        (Some(Stop::Fault(fault)), _) => return Err(fault),
        (Some(Stop::Failed { code, message }), _) => End::Failed { code, message },
        (Some(Stop::Trapped(cause)), _) => trapped(cause),
        (None, Ok(())) => End::Returned(std::mem::take(&mut frame.output)),
        (None, Err(_)) if frame.pages.exceeded => trapped(trap::MEMORY_LIMIT),
        (None, Err(error)) => match error.downcast_ref::<Trap>() {
            Some(Trap::UnreachableCodeReached) if counted.stack < 0 => trapped(trap::STACK_OVERFLOW),
            Some(cause) => trapped(cause_of(*cause)?),
            None => return Err(HostFault::engine("running", &error)),
        },
    };
    Ok(match left {
        Some(left) => Ended { end, gas_used: gas.saturating_sub(left) },
        None => Ended { end: trapped(trap::OUT_OF_GAS), gas_used: gas },
    })
}

/// The number of a trap that a guest can cause.
fn cause_of(cause: Trap) -> Result<u32, HostFault> {
    Ok(match cause {
        Trap::UnreachableCodeReached => trap::UNREACHABLE,
        Trap::MemoryOutOfBounds => trap::MEMORY_OUT_OF_BOUNDS,
        Trap::TableOutOfBounds => trap::TABLE_OUT_OF_BOUNDS,
        Trap::IndirectCallToNull | Trap::BadSignature => trap::BAD_INDIRECT_CALL,
        Trap::IntegerDivisionByZero => trap::DIVISION_BY_ZERO,
        Trap::IntegerOverflow => trap::INTEGER_OVERFLOW,
        Trap::BadConversionToInteger => trap::BAD_CONVERSION,
        other => return Err(HostFault::ImpossibleTrap(format!("{other:?}"))),
    })
}

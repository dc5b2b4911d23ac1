//! Calls of contracts by contracts, interpreted.

use std::cell::RefCell;
use std::rc::Rc;

use countersign_abi::trap;
use countersign_vm::{Address, Call, CallContext, CallKind, Effects};
use wasmi::{ResourceLimiter, Store, TrapCode};
use wasmi_core::LimiterError;

use super::{Interpreter, Translated, cause_of, counters, set_counters};
use crate::world::World;

/// Contracts on a chain of calls.
const DEPTH_MAX: usize = 8;
/// Pages of one memory, and of all on a chain.
const PAGES_MAX: u32 = 512;
const CHAIN_PAGES_MAX: u32 = 1_024;
const PAGE_BYTES: usize = 65_536;

/// What the contracts on a chain share.
pub struct Chain {
    pub below: World,
    pub kind: CallKind,
    pub context: CallContext,
    pub effects: Effects,
    /// Number and bytes of writes, appends and events, undone or not.
    pub used: [(u64, u64); 3],
    /// Calls scheduled, undone or not.
    pub scheduled: u64,
    active: Vec<Address>,
    /// Pages of the memories below the one that runs.
    pages: u32,
}

/// One contract that runs.
pub struct Frame {
    pub interpreter: Rc<Interpreter>,
    pub chain: Rc<RefCell<Chain>>,
    pub contract: Address,
    pub caller: Option<Address>,
    pub input: Vec<u8>,
    pub output: Vec<u8>,
    pub returned: Vec<u8>,
    pub returned_code: u32,
    /// Why a host function ended the run.
    pub stop: Option<End>,
    pub pages: Pages,
}

/// A memory's size.
pub struct Pages {
    pub own: u32,
    below: u32,
    exceeded: bool,
}

pub struct Job {
    pub contract: Address,
    pub caller: Option<Address>,
    pub method: String,
    pub input: Vec<u8>,
    pub gas: u64,
    pub stack: i64,
}

pub struct Ended {
    pub end: End,
    pub gas_used: u64,
}

#[derive(Debug)]
pub enum End {
    Returned(Vec<u8>),
    Failed { code: u32, message: Vec<u8> },
    Trapped(u32),
}

impl Chain {
    pub fn new(below: World, call: &Call) -> Self {
        Self {
            below,
            kind: call.kind,
            context: call.context.clone(),
            effects: Effects::default(),
            used: [(0, 0); 3],
            scheduled: 0,
            active: Vec::new(),
            pages: 0,
        }
    }

    fn admit(&self, interpreter: &Interpreter, job: &Job) -> Result<Translated, u32> {
        if self.active.contains(&job.contract) {
            return Err(trap::REENTRANCE);
        }
        if self.active.len() >= DEPTH_MAX {
            return Err(trap::CALL_TOO_DEEP);
        }
        let hash = self.below.contracts.get(&job.contract).ok_or(trap::CONTRACT_NOT_FOUND)?;
        let may_freeze = self.kind == CallKind::Call && job.caller.is_some();
        if may_freeze && self.below.frozen.contains(&job.contract) {
            return Err(trap::FROZEN);
        }
        let code = interpreter.translated(&self.below, hash);
        let reserved = job.caller.is_some() && ["init", "migrate"].contains(&job.method.as_str());
        if reserved || !code.methods.contains(&job.method) {
            return Err(trap::METHOD_NOT_FOUND);
        }
        if self.pages + code.pages > CHAIN_PAGES_MAX {
            return Err(trap::MEMORY_LIMIT);
        }
        if job.gas < code.instantiation { Err(trap::OUT_OF_GAS) } else { Ok(code) }
    }
}

/// A contract's call of another: what it did is undone unless it returned.
pub fn call(interpreter: &Rc<Interpreter>, chain: &Rc<RefCell<Chain>>, own_pages: u32, job: Job) -> Ended {
    let before = chain.borrow().effects.clone();
    chain.borrow_mut().pages += own_pages;
    let ended = enter(interpreter, chain, job);
    let mut chain = chain.borrow_mut();
    chain.pages -= own_pages;
    if !matches!(ended.end, End::Returned(_)) {
        chain.effects = before;
    }
    ended
}

pub fn enter(interpreter: &Rc<Interpreter>, chain: &Rc<RefCell<Chain>>, job: Job) -> Ended {
    let admitted = chain.borrow().admit(interpreter, &job);
    match admitted {
        Ok(code) => run(interpreter, chain, job, &code),
        Err(cause) => {
            let gas_used = if cause == trap::OUT_OF_GAS { job.gas } else { 0 };
            Ended { end: End::Trapped(cause), gas_used }
        }
    }
}

fn run(interpreter: &Rc<Interpreter>, chain: &Rc<RefCell<Chain>>, job: Job, code: &Translated) -> Ended {
    chain.borrow_mut().active.push(job.contract);
    let frame = Frame {
        interpreter: Rc::clone(interpreter),
        chain: Rc::clone(chain),
        contract: job.contract,
        caller: job.caller,
        input: job.input,
        output: Vec::new(),
        returned: Vec::new(),
        returned_code: 0,
        stop: None,
        pages: Pages { own: 0, below: chain.borrow().pages, exceeded: false },
    };
    let mut store = Store::new(&interpreter.engine, frame);
    store.limiter(|frame| &mut frame.pages);
    let instance = interpreter.linker.instantiate_and_start(&mut store, &code.module);
    let instance = instance.unwrap_or_else(|error| panic!("wasmi makes no instance: {error}"));
    let gas = i64::try_from(job.gas - code.instantiation).unwrap();
    set_counters(&mut store, instance, gas, job.stack);
    let method = instance.get_typed_func::<(), ()>(&store, &job.method).unwrap();
    let ran = method.call(&mut store, ());
    let (gas_left, stack_left) = counters(&store, instance);
    let frame = store.into_data();
    chain.borrow_mut().active.pop();
    let end = match (frame.stop, ran) {
        (Some(end), _) => end,
        (None, Ok(())) => {
            assert!(stack_left == job.stack || gas_left < 0, "a function that returns gives its frame back");
            End::Returned(frame.output)
        }
        (None, Err(_)) if frame.pages.exceeded => End::Trapped(trap::MEMORY_LIMIT),
        (None, Err(error)) => match error.as_trap_code() {
            Some(TrapCode::UnreachableCodeReached) if stack_left < 0 => End::Trapped(trap::STACK_OVERFLOW),
            Some(code) => End::Trapped(cause_of(code)),
            None => panic!("the interpreter itself gave up: {error}"),
        },
    };
    match u64::try_from(gas_left) {
        Ok(left) => Ended { end, gas_used: job.gas - left },
        Err(_) => Ended { end: End::Trapped(trap::OUT_OF_GAS), gas_used: job.gas },
    }
}

impl ResourceLimiter for Pages {
    fn memory_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> Result<bool, LimiterError> {
        let pages = u32::try_from(desired / PAGE_BYTES).unwrap();
        if pages > PAGES_MAX || maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if self.below + pages > CHAIN_PAGES_MAX {
            self.exceeded = true;
            return Err(LimiterError::ResourceLimiterDeniedAllocation);
        }
        self.own = pages;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> Result<bool, LimiterError> {
        Ok(true)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        1
    }

    fn memories(&self) -> usize {
        1
    }
}

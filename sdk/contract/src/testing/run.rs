//! The call that runs on this thread: state, call chain, and how a call ends early.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use countersign_abi::{limits, trap};

use super::{Environment, Event, Failure, Schedule, Waiting};
use crate::{Address, Method};

/// Longest chain of calls between contracts.
const CALL_DEPTH_MAX: usize = 8;

std::thread_local! {
    static RUNNING: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Everything that calls see and change.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) environment: Environment,
    pub(crate) contracts: BTreeMap<Address, Deployed>,
    pub(crate) events: Vec<Event>,
    pub(crate) frames: Vec<Frame>,
    /// Whether the outermost call is one that its contract scheduled.
    pub(crate) is_scheduled: bool,
    pub(crate) schedule: Schedule,
    /// What the running transaction scheduled, and how many calls that were, undone ones included.
    booked: Vec<Waiting>,
    bookings: u32,
    undo: Vec<Undo>,
}

/// A contract and what it has stored.
pub(crate) struct Deployed {
    pub(crate) methods: &'static [Method],
    pub(crate) is_frozen: bool,
    pub(crate) storage: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) logs: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

/// A running call.
#[derive(Default)]
pub(crate) struct Frame {
    pub(crate) contract: Address,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    pub(crate) view: bool,
}

/// How to take back one change of the contract at an address.
pub(crate) enum Undo {
    Storage(Address, Vec<u8>, Option<Vec<u8>>),
    Log(Address, Vec<u8>),
    Event,
    Booking,
}

/// Gives `look` the world of the running call.
///
/// # Panics
///
/// If no call is running: storage and context exist only inside one.
pub(crate) fn with<R>(look: impl FnOnce(&mut World) -> R) -> R {
    RUNNING.with_borrow_mut(|running| {
        look(running.as_mut().expect("a contract's storage and context exist only while a testing::Host runs a call"))
    })
}

/// Ends the running call as failed.
pub(crate) fn stop_by_failure(code: u32, bytes: &[u8]) -> ! {
    let data = bytes.to_vec();
    resume_unwind(Box::new(Failure::Failed { code, data }))
}

/// Ends the running call as trapped.
pub(crate) fn stop_by_trap(number: u32) -> ! {
    resume_unwind(Box::new(Failure::Trapped(number)))
}

/// Makes `world` the one that this thread's calls see while `body` runs.
pub(crate) fn enter<R>(world: &mut World, body: impl FnOnce() -> R) -> R {
    RUNNING.with_borrow_mut(|running| {
        assert!(running.is_none(), "a testing::Host is already running here");
        *running = Some(core::mem::take(world));
    });
    let result = body();
    RUNNING.with_borrow_mut(|running| {
        *world = running.take().expect("set above, taken only here");
    });
    result
}

/// Runs a method of the contract at an address inside the running world, as the outermost call or
/// as a call by the innermost.
pub(crate) fn method(address: Address, name: &str, frame: Frame) -> Result<Vec<u8>, Failure> {
    let run = with(|world| {
        if world.frames.iter().any(|frame| frame.contract == address) {
            return Err(Failure::Trapped(trap::REENTRANCE));
        }
        if world.frames.len() >= CALL_DEPTH_MAX {
            return Err(Failure::Trapped(trap::CALL_TOO_DEEP));
        }
        let Some(deployed) = world.contracts.get(&address) else {
            return Err(Failure::Trapped(trap::CONTRACT_NOT_FOUND));
        };
        let is_called_by_contract = world.is_scheduled || !world.frames.is_empty();
        if deployed.is_frozen && is_called_by_contract && !frame.view {
            return Err(Failure::Trapped(trap::FROZEN));
        }
        let method = deployed.methods.iter().find(|method| method.name == name);
        method.map(|method| method.run).ok_or(Failure::Trapped(trap::METHOD_NOT_FOUND))
    })?;
    body(frame, run).map(|((), output)| output)
}

/// Runs `body` as one call; takes its changes back if it does not return.
pub(crate) fn body<R>(frame: Frame, body: impl FnOnce() -> R) -> Result<(R, Vec<u8>), Failure> {
    let mark = with(|world| {
        world.frames.push(frame);
        world.undo.len()
    });
    let outcome = catch_unwind(AssertUnwindSafe(body));
    with(|world| {
        let frame = world.frames.pop().expect("pushed above");
        let result = match outcome {
            Ok(value) => Ok((value, frame.output)),
            Err(payload) => {
                world.take_back(mark);
                Err(payload.downcast::<Failure>().map_or(Failure::Trapped(trap::UNREACHABLE), |failure| *failure))
            }
        };
        if world.frames.is_empty() {
            world.undo.clear();
            world.bookings = 0;
            let booked = core::mem::take(&mut world.booked);
            world.schedule.add(booked);
        }
        result
    })
}

impl World {
    /// The innermost running call.
    pub(crate) fn frame(&self) -> &Frame {
        self.frames.last().expect("a call is running")
    }

    /// The contract of the innermost running call.
    pub(crate) fn deployed(&mut self) -> &mut Deployed {
        let address = self.frame().contract;
        self.contracts.get_mut(&address).expect("a running contract is deployed")
    }

    /// Notes how to take back a change that is about to be made.
    pub(crate) fn note(&mut self, undo: Undo) {
        self.undo.push(undo);
    }

    /// Notes a call to be made later; answers its position, or nothing if the transaction scheduled too many.
    pub(crate) fn schedule(&mut self, call: Waiting) -> Option<u32> {
        self.bookings = self.bookings.saturating_add(1);
        if self.bookings > limits::SCHEDULED_CALLS_MAX {
            return None;
        }
        let position = u32::try_from(self.booked.len()).ok();
        self.booked.push(call);
        self.note(Undo::Booking);
        position
    }

    fn take_back(&mut self, mark: usize) {
        while self.undo.len() > mark {
            match self.undo.pop().expect("longer than the mark") {
                Undo::Storage(address, key, value) => {
                    let storage = &mut self.contract(&address).storage;
                    match value {
                        Some(value) => storage.insert(key, value),
                        None => storage.remove(&key),
                    };
                }
                Undo::Log(address, key) => {
                    let logs = &mut self.contract(&address).logs;
                    logs.entry(key).or_default().pop();
                }
                Undo::Event => {
                    self.events.pop();
                }
                Undo::Booking => {
                    self.booked.pop();
                }
            }
        }
    }

    fn contract(&mut self, address: &Address) -> &mut Deployed {
        self.contracts.get_mut(address).expect("a contract that wrote is deployed")
    }
}

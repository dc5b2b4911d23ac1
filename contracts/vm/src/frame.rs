//! One running contract: what its host functions see.

use std::sync::Arc;

use countersign_metering::HostCosts;
use wasmtime::{Global, Memory, ResourceLimiter};

use crate::chain::Chain;
use crate::limits::{CHAIN_PAGES_MAX, MEMORY_PAGES_MAX, TABLE_ELEMENTS_MAX};
use crate::module::Compiled;
use crate::{Address, HostFault};

const PAGE_BYTES: usize = 65_536;

/// The data of a store: one contract's run.
pub(crate) struct Frame {
    /// The call chain. It is away while a contract that this one calls holds it.
    pub chain: Option<Box<Chain>>,
    /// What host functions cost.
    pub costs: &'static HostCosts,
    /// The contract that runs.
    pub contract: Address,
    /// Its code.
    pub code: Arc<Compiled>,
    /// The contract that called it, if one did; itself in a call that it scheduled.
    pub caller: Option<Address>,
    /// Argument bytes.
    pub input: Vec<u8>,
    /// What `output` was given last.
    pub output: Vec<u8>,
    /// What the last `call` returned or failed with.
    pub returned: Vec<u8>,
    /// The code that the last `call` failed or trapped with.
    pub returned_code: u32,
    /// Why a host function ended the run.
    pub stop: Option<Stop>,
    /// The memory's size, against its limits.
    pub pages: Pages,
    /// The instance's exports; absent until it exists.
    pub exports: Option<Exports>,
}

/// Exports of an instance.
#[derive(Clone, Copy)]
pub(crate) struct Exports {
    pub gas: Global,
    pub stack: Global,
    pub memory: Memory,
}

/// Why a host function ended a run.
pub(crate) enum Stop {
    /// `fail` was called.
    Failed { code: u32, message: Vec<u8> },
    /// A trap, one of [`countersign_abi::trap`].
    Trapped(u32),
    /// This machine cannot go on.
    Fault(HostFault),
}

/// Takes the engine out of guest code. The reason is in [`Frame::stop`].
#[derive(Debug, thiserror::Error)]
#[error("ended by a host function")]
pub(crate) struct Stopped;

impl Frame {
    /// The call chain.
    pub(crate) fn chain(&mut self) -> &mut Chain {
        self.chain.as_mut().expect("a frame's code runs only while it holds the chain")
    }

    /// Whether another contract called this one.
    pub(crate) fn is_called_by_another(&self) -> bool {
        self.caller.is_some_and(|caller| caller != self.contract)
    }

    /// The instance's exports.
    pub(crate) fn exports(&self) -> Exports {
        self.exports.expect("host functions run only once the instance exists")
    }
}

/// The size of a frame's memory, against its own limit and the chain's.
pub(crate) struct Pages {
    /// Pages of this frame's memory.
    pub own: u32,
    /// Pages of the memories below it on the chain.
    pub below: u32,
    /// The chain's limit was reached.
    pub exceeded: bool,
    /// The system did not give memory that it should have had.
    pub failed: Option<String>,
}

impl Pages {
    pub(crate) fn above(below: u32) -> Self {
        Self { own: 0, below, exceeded: false, failed: None }
    }
}

impl ResourceLimiter for Pages {
    fn memory_growing(&mut self, _current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let pages = u32::try_from(desired / PAGE_BYTES).unwrap_or(u32::MAX);
        if pages > MEMORY_PAGES_MAX || maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if self.below.saturating_add(pages) > CHAIN_PAGES_MAX {
            self.exceeded = true;
            return Err(wasmtime::Error::from(Stopped));
        }
        self.own = pages;
        Ok(true)
    }

    /// Called only for growth that was allowed: metered code never asks for more pages than a
    /// memory can have.
    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        self.failed = Some(format!("{error:#}"));
        Err(wasmtime::Error::from(Stopped))
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(u64::try_from(desired).is_ok_and(|desired| desired <= TABLE_ELEMENTS_MAX))
    }
}

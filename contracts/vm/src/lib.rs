//! What is executed: metered WebAssembly contracts on wasmtime.
//!
//! A [`Vm`] runs one call, with the calls it makes to other contracts, over state that the caller
//! lends it as a [`StateReader`], and answers an [`Outcome`]. It knows nothing of blocks, trees or
//! disks, and it never writes: what a call changed is the [`Effects`] of its outcome.
//!
//! Three fates, three types: code that may not be deployed is [`CodeRejected`]; what a contract
//! does wrong is a [`Status`] of its outcome and the same on every machine; what this machine does
//! wrong is a [`HostFault`], after which the node must stop.
//!
//! The same code, input and state give the same outcome and the same gas on every CPU, in every
//! cache state and at every optimisation level: gas is counted by instructions that [`countersign_metering`]
//! writes into the code, never by the engine. `GAS.md` says what is charged, `DETERMINISM.md` how the
//! engine is set.

mod call;
mod chain;
mod engine;
mod fault;
mod frame;
mod host;
mod lent;
mod library;
mod module;
mod outcome;
mod overlay;
mod state;
mod vm;

pub mod limits;

pub use call::{Call, CallContext, CallKind, RESERVED_METHODS};
pub use countersign_metering::{CodeFacts, CodeLimit, CodeRejected, CodeStats, Layout as CodeLayout, SegmentKind};
pub use fault::HostFault;
pub use library::{CodeUse, DiskConfig, Ran, VmCounters};
pub use outcome::{Effects, Emitted, LogAppend, Outcome, Scheduled, Status};
pub use state::{Address, CodeHash, StateReader};
pub use vm::{CheckedCode, OptLevel, Vm, VmConfig};

//! What is recorded: blocks, authenticated state and proofs.
//!
//! [`Ledger`] is the only writer: one atomic synced batch for each block. [`Reader`]s work beside it.
//! State lives in a binary tree of immutable buckets ([`tree`]) whose leaves name stored values, so
//! the last [`limits::STATE_HEIGHTS_RETAINED`] heights stay readable and provable at no extra cost.
//! How much of the past stays is a [`Retention`]. Everything is over a small [`Store`]; RocksDB is one, [`MemoryStore`] with its faults another.
//! `FORMAT.md` lists every byte on disk, `PROOF.md` explains proof files.

mod cache;
mod damage;
mod error;
mod event;
mod genesis;
mod ledger;
pub mod limits;
mod lines;
mod prove;
mod range_tree;
mod reader;
mod record;
mod retention;
mod shared;
pub mod snapshot;
mod state;
pub mod store;
mod tip;
pub mod tree;
pub mod verify;

pub use damage::Damaged;
pub use error::LedgerError;
pub use event::{EventCursor, EventFilter, EventPage};
pub use genesis::genesis_state;
pub use ledger::{
    AppendedRecord, Aside, ExecutedBlock, Fate, Lacks, Ledger, LogRun, LogSurvey, LostRun, Repair, StoredTransaction,
    Survey,
};
pub use lines::Lines;
pub use prove::{
    Blocks, LogQuestion, Reads, TraceQuestion, ValidatorChain, end_by_order, prove_event, prove_log, prove_state,
    prove_trace, prove_transaction, prove_validators,
};
pub use range_tree::RangeTree;
pub use reader::{LogPage, Reader, StateRow};
pub use retention::{BadRetention, Class, Keep, Retention};
pub use shared::Pin;
pub use store::memory::MemoryStore;
pub use store::rocks::RocksStore;
pub use store::tuning::Tuning;
pub use store::{Direction, Store};
pub use tip::Tip;

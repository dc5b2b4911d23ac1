//! A whole validator without I/O.
//!
//! [`Replica`] joins the consensus engine, the mempool, the contract machine and the ledger. Facts
//! and the time go in ([`Input`]), orders come out ([`Output`]); sockets, files, threads and clocks
//! are the shell's. The simulator runs this very crate in virtual time.
//!
//! Order of a turn, which the shell must keep: append every [`Output::Persist`] to the vote journal
//! in order, sync it once, then send; a [`Output::Send`] names the journal entry that must be
//! durable before it leaves.

pub mod access;
pub mod arrival;
pub mod catch_up;
pub mod consent;
pub mod counters;
pub mod error;
pub mod execute;
pub mod freeze;
pub mod govern;
pub mod guard;
pub mod heal;
pub mod input;
pub mod journal;
pub mod limits;
pub mod measure;
pub mod mempool;
pub mod organisation;
pub mod overlay;
pub mod payload;
pub mod policy;
pub mod proposal;
pub mod query;
pub mod repair;
pub mod replay;
pub mod replica;
pub mod snapshot;
pub mod state_source;
pub mod throttle;
pub mod wire;

pub use error::ReplicaError;
pub use guard::{Attempt, Guard, Watch};
pub use input::{Input, Output, Source};
pub use mempool::Refused;
pub use replay::{Replay, ReplayError};
pub use replica::{Replica, ReplicaConfig};

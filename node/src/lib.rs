//! The node's shell: the parts of `countersignd` that touch the network, the disk, the clock and the
//! operator. Decisions are made in `countersign-replica`.
//!
//! ```text
//! network ─▶ intake ─▶ verifier ─▶ replica_thread ─▶ vote journal, ledger, network
//! client  ─▶ listener ─▶ rpc ─▶ context ─▶ verifier, ledger, contract machine
//! ```

pub mod admin;
pub mod attempt_file;
pub mod backup;
pub mod command;
pub mod compiler;
pub mod config;
pub mod context;
pub mod fact;
pub mod heal;
pub mod intake;
pub mod join;
pub mod journal_file;
pub mod keystore;
pub mod limits;
pub mod listener;
pub mod members;
pub mod metrics;
pub mod network;
pub mod node;
pub mod override_files;
pub mod pending;
pub mod queue;
mod renew;
pub mod replica_thread;
pub mod rpc;
pub mod share;
pub mod shared;
pub mod snapshots;
pub mod space;
pub mod suspect;
pub mod telemetry;
pub mod threads;
pub mod verifier;
pub mod waiters;

//! The ledger over its public interface, in memory and in RocksDB.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]

mod chain;
mod commit;
mod crash;
mod damage;
mod events;
mod mend;
mod mend_logs;
mod proof;
mod range;
mod repair;
mod retention;
mod rewind;
mod rocks;
mod scheduled;
mod snapshot;
mod store;
mod tree;
mod versions;

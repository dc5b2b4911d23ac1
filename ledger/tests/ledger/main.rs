//! The ledger over its public interface, in memory and in RocksDB.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]

mod chain;
mod commit;
mod crash;
mod damage;
mod events;
mod proof;
mod range;
mod rewind;
mod rocks;
mod store;
mod tree;
mod versions;

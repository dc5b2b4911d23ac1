//! The node's shell: the parts of `countersignd` that touch the network, the disk, the clock and the
//! operator. Decisions are made in `countersign-replica`.

pub mod config;
pub mod keystore;
pub mod limits;
pub mod listener;
pub mod metrics;
pub mod network;
pub mod telemetry;

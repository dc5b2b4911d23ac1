//! The shipped replica, four times, in virtual time.
//!
//! Consensus, mempool, execution with the real contract machine and the ledger run as they do in
//! `countersignd`; network, clock and disks are the simulator's. A seed decides everything: delays,
//! losses, duplicates, partitions, crashes with what the disk had synced, and what clients submit.
//! First faults reign and only safety must hold; then the network heals and everything must come
//! to rest: every client's transaction final everywhere, all ledgers equal.
//!
//! In some worlds f of the validators do wrong all the time (`adversary`); then all this must hold for the others.
//!
//! What nodes wrote in their vote journals is held against the protocol's model ([`facts`]).
//! `checker` states what must hold in terms of what nodes sent and stored; it shares no code with
//! the engine.

mod adversary;
mod changes;
mod checker;
mod describe;
mod disk;
pub mod facts;
mod genesis;
mod network;
mod node;
mod plan;
mod random;
mod world;

pub use adversary::KINDS;
pub use checker::Violation;
pub use plan::{Absence, Plan, Report};
pub use random::Random;
pub use world::World;

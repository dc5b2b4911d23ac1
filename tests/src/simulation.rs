//! The shipped replica, many times, in virtual time.
//!
//! Consensus, mempool, execution with the real contract machine and the ledger run as they do in
//! `countersignd`; network, clock and disks are the simulator's. A seed decides everything. Before a run it draws the
//! run's [`Plan`]: the list of its faults. First these reign and only safety must hold; then all but the validators
//! that do wrong are healed and everything must come to rest: every client's transaction final everywhere, all ledgers
//! equal, and what is submitted then final soon.
//!
//! At most f of the validators do wrong (`adversary`), forget (disks that lose or garble what was synced), or have a clock
//! that is an hour off. All others may crash at any point and hear as badly as the plan says.
//!
//! What nodes wrote in their vote journals is held against the protocol's model ([`facts`]).
//! `checker` states what must hold in terms of what nodes sent and stored; it shares no code with
//! the engine. A [`Campaign`] runs many seeds, reduces the faults of one that fails, and tells what was exercised.

mod adversary;
mod campaign;
mod changes;
mod checker;
mod clients;
mod coverage;
mod describe;
mod disk;
pub mod facts;
mod fault;
mod genesis;
mod network;
mod node;
mod plan;
mod profile;
mod random;
mod report;
mod shrink;
mod world;

pub use adversary::Kind;
pub use campaign::{Campaign, Failure, Stage};
pub use checker::Violation;
pub use coverage::Coverage;
pub use fault::{Fault, Group, Harm, What};
pub use plan::Plan;
pub use profile::Profile;
pub use random::Random;
pub use report::{Absence, Report};
pub use shrink::shrink;
pub use world::World;

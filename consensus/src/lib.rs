//! How it is agreed: PBFT's messages with Simplex's rules, as a pure engine.
//!
//! [`Engine::handle`] takes the time and one [`Event`] and answers [`Action`]s. There is no input,
//! output, clock or randomness inside. `PROTOCOL.md` beside this crate states the rules by line;
//! comments such as `P3.1` name those lines.

mod action;
mod chain;
mod committee;
mod config;
mod engine;
mod error;
mod event;
mod fetch;
pub mod limits;
mod message;
pub mod mutation;
mod pacemaker;
mod peers;
mod record;
mod results;
mod round;
mod status;
mod tally;
pub mod vote_journal;

pub use action::{Action, Propose, Stop, Target};
pub use committee::Committee;
pub use config::{Base, Config, Origin, Recent};
pub use engine::Engine;
pub use error::Error;
pub use event::{Event, Synced, Verdict};
pub use message::{Message, Proposal};
pub use record::Record;
pub use status::{Counters, Kept, RoundStatus, Status};

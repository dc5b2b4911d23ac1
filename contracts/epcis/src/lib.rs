//! EPCIS 2.0 as Countersign records it: identifiers, events, rules, registers and the trace walk.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod answer;
pub mod context;
pub mod decimal;
pub mod error;
pub mod event;
pub mod identifier;
#[cfg(feature = "json")]
pub mod json;
pub mod limits;
pub mod register;
pub mod rule;
pub mod sensor;
pub mod term;
pub mod time;
pub mod value;
pub mod walk;

pub use decimal::Decimal;
pub use error::Error;
pub use event::Event;
pub use identifier::Identifier;
pub use term::Term;
pub use time::{Offset, Time};
pub use value::Value;

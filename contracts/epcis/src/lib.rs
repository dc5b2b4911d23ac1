//! EPCIS 2.0 as Countersign records it: identifiers, events, rules, registers and the trace walk.
//!
//! The truth on the chain is the typed [`Event`]; JSON-LD and XML are read into it before signing, and JSON-LD is
//! rendered from it without loss. The same crate runs in three places: in the client (features `json` and
//! `xml`), which parses, validates and canonicalises; in the contract (`no_std`, feature `contract`), which checks
//! again and keeps the registers; and beside a proof file, where the same walk runs over proven records.
//!
//! ```text
//!          document::parse            borsh               rule::check
//!  document ────────────▶ [Event] ───────────▶ contract ───────────────▶ register, walk
//!            ◀────────────                                │
//!            json::render                                 ▼ Violation { path, rule, reason }, hint
//! ```
//!
//! | module | question |
//! |---|---|
//! | [`event`], [`sensor`], [`value`] | what does an event hold? |
//! | [`identifier`], [`term`], [`time`], [`decimal`] | what is the one form of a key, a word, a time, a number, and how was it written? |
//! | [`unit`] | what does a unit measure, and how much is that in another? |
//! | [`rule`] | which events are refused, where, why, under which policy? |
//! | [`context`], `document`, `json`, `xml` | what is JSON-LD to us, and what is XML? |
//! | [`report`] | what does a regulation want to know of a thing? |
//! | `query` | which events match the parameters of EPCIS 2.0? |
//! | `hash` | which name do other systems compute for an event? |
//! | [`register`], [`walk`], [`answer`] | what is known of a thing, and where did it come from and go? |
//! | [`question`] | what can be asked, and which walk answers it? |
//!
//! Not here yet: the profile rules of GDST and others, and private fields (events have the place for them, and every
//! rule refuses a filled one).
//!
//! ```
//! # #[cfg(feature = "json")] {
//! use countersign_epcis::{document, rule::Policy};
//!
//! let document = document::parse(
//!     br#"{"type":"ObjectEvent","eventTime":"2026-05-01T08:00:00Z","eventTimeZoneOffset":"+00:00",
//!          "action":"OBSERVE","epcList":["urn:epc:id:sscc:95213210000.00000000001"]}"#,
//!     Policy::Strict,
//! )
//! .expect("a bare event is a document");
//! let fault = document.rejected().next().expect("22 digits are no SSCC");
//! assert_eq!((fault.path.as_str(), fault.rule.name()), ("$.epcList[0]", "identifier.digits"));
//! # }
//! ```
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod answer;
mod by_words;
pub mod context;
pub mod decimal;
#[cfg(feature = "json")]
pub mod document;
pub mod error;
pub mod event;
#[cfg(feature = "json")]
pub mod hash;
pub mod identifier;
#[cfg(feature = "json")]
pub mod json;
pub mod limits;
#[cfg(feature = "json")]
pub mod query;
pub mod question;
pub mod register;
pub mod report;
pub mod rule;
pub mod sensor;
pub mod term;
pub mod time;
pub mod unit;
pub mod value;
pub mod walk;
#[cfg(feature = "xml")]
mod xml;

pub use decimal::Decimal;
pub use error::Error;
pub use event::Event;
pub use identifier::Identifier;
pub use term::Term;
pub use time::{Offset, Time};
pub use value::Value;

//! Registers: what the provenance contract keeps, and how an event changes it.
//!
//! The whole state is written through [`Writer`] and read through [`Reader`], over raw bytes, so that the
//! same code runs in the contract, natively, and over the proven entries of a proof file.
//!
//! | key | holds |
//! |---|---|
//! | `n` | number of records, which is the next sequence number |
//! | `e` sequence | [`Record`]: the event, who submitted it and when, and what voided it |
//! | `b` sequence | canonical bytes of an event too large to stand in its record |
//! | `i` identity | [`Known`]: the records under one event identity: original and error declarations |
//! | `o` identifier | [`Object`]: what calls need to know of an instance, container or asset |
//! | `x` identifier | log of [`Entry`]: every event that names the identifier, in which role |
//! | `t` transformation | log of [`Entry`]: the events joined by a transformation identifier |
//! | `d` type, document | log of [`Entry`]: the events that name a business document |
//! | `s` kind of measurement | log of [`Entry`]: the events with a reading of that kind |
//! | `p` sequence | [`Handover`](handover::Handover): what the event hands over, and what the receiver says of it |
//! | `q` `<` or `>`, organisation | log of [`Entry`]: the events that hand something over to it, or by it |
//! | `g` party | the organisation that acts for it |
//! | `w` receiver `/` giver, or none | [`HandoverPolicy`](crate::answer::HandoverPolicy) of the receiver for the giver, or for all others |
//! | `a` | log of [`Anomaly`](crate::answer::Anomaly): what a lenient policy let pass |
//! | `y` identifier | log of [`Anomaly`](crate::answer::Anomaly): the same for one instance |
//!
//! The bytes of hand-overs and what they rest on are held to `tests/golden/handover.hex`.
//!
//! What must be listed and proven whole is a log, and its entries are small, since a proof carries all of
//! it: the events they point at are state entries of their own. Entries hold the time of the event, so
//! intervals are found by sorting them and never depend on the order of capture.

mod anomaly;
pub mod audit;
mod capture;
mod draft;
mod entry;
pub mod handover;
pub mod key;
mod known;
mod lot;
mod object;
mod record;
mod refusal;
mod store;
mod stored;

pub use anomaly::anomalies;
pub use audit::{Audit, audit, count, document, object, position_at, record};
pub use capture::{Captured, capture};
pub use entry::{Entry, Pos, Relation, Role};
pub use known::Known;
pub(crate) use lot::{escaped, is_lot_of};
pub use lot::{lot_of, lots};
pub use object::{Object, Persistent, Stay};
pub use record::{Record, Submission};
pub use refusal::Refusal;
pub use store::{LogEntry, Reader, Writer};
pub use stored::{Damaged, Stored};

//! Checks proof files without a network and without trusting whoever handed them over.
//!
//! The reader brings a root that is trusted, the network's genesis or a checkpoint; the file brings the
//! rest. First the chain of reasons is checked ([`countersign_types::proof`]). Then, for a trace, the answer
//! is found again by the same walk that the contract runs, over the proven entries alone: what the walk needs
//! and the file does not prove is an error, so an answer that comes out rests on nothing else.
//!
//! | to do | with |
//! |---|---|
//! | check a file and say everything about it | [`report()`]: texts in, [`Report`] out |
//! | check a proof that a program holds | [`verify()`]: [`Proof`] in, [`Verified`] out |
//! | read a file, a genesis or a checkpoint | [`read`], [`trusted`] |
//! | take out the answer to a question | [`Verified::values`], [`Verified::transaction`], [`Verified::trace`], … |
//! | follow the chain without its blocks | [`Light`] |
//! | pin a point of the chain | [`Verified::checkpoint`] |
//!
//! Only [`verify()`] makes a [`Verified`], so that what is shown cannot be confused with what was only said. The
//! crate reads no clock: the reader says what time it is. It is pure, and builds for `wasm32-unknown-unknown`.
//!
//! ```
//! use countersign_verify::{BadFile, Options, report};
//!
//! let refused = report(b"{\"version\": 1}", b"{}", &Options::default());
//! assert!(matches!(refused, Err(BadFile::Version(1))));
//! ```

mod answer;
mod basis;
mod error;
mod finding;
mod light;
mod read;
mod registers;
mod report;
mod text;
mod trace;
mod verified;

pub use answer::LogPage;
pub use basis::{Basis, NotShown};
pub use countersign_epcis::question::{Answer, Part, Question};
pub use countersign_types::proof::{Checkpoint, Proof, Root, Trusted};
pub use error::BadFile;
pub use finding::Finding;
pub use light::{Conflict, LIGHT_VERSION, Light, LightFile, LightKind, Refusal, Step};
pub use read::{light, read, trusted};
pub use registers::NotProven;
pub use report::{Options, Report, report};
pub use verified::{Verified, verify};

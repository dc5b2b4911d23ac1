//! What contract code may be, and what it costs: the check that every network makes, and the metered
//! form that it runs. Without an engine, so that a developer's tools say before deployment what a
//! network would say.
//!
//! [`check`] reads a module once, refuses it as [`CodeRejected`] or answers [`Metered`]: the module with
//! the counting of gas and stack written into it by the prices of a cost table ([`Costs`], of which
//! [`V3`] is in use). The same bytes draw the same answer everywhere.
//!
//! [`static_costs`] tells what methods cost before anything is known of their arguments.
//!
//! `contracts/vm/GAS.md` says what is charged.

mod check;
mod cost;
mod facts;
mod imports;
mod meter;
mod reject;
mod static_costs;
mod stats;
mod usage;

pub mod limits;

pub use check::{GAS_EXPORT, Metered, STACK_EXPORT, check};
pub use cost::{Costs, HostCosts, Linear, Load, V3};
pub use facts::{CodeFacts, Layout};
pub use meter::VERSION as FORM_VERSION;
pub use reject::{CodeLimit, CodeRejected, SegmentKind};
pub use static_costs::{MethodCost, static_costs};
pub use stats::CodeStats;
pub use usage::Share;

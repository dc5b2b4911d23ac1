//! Refusal: why an event is not captured.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

use crate::rule::Violation;

/// Why an event is refused. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The stable name of the rule: one of [`crate::rule::Rule`] or of [`rule`].
    pub rule: &'static str,
    /// Where in the event, as a JSON path.
    pub path: String,
    /// What is wrong, with the values found.
    pub reason: String,
}

/// The rules that need the registers, by their stable names.
pub mod rule {
    /// A container may not be placed inside its own content.
    pub const CYCLE: &str = "containment.cycle";
    /// Containers are in containers, up to a bound.
    pub const NESTING: &str = "containment.nesting";
    /// An instance is in one container at a time.
    pub const TWO_CONTAINERS: &str = "containment.two";
    /// A serial number is commissioned once.
    pub const COMMISSIONED: &str = "object.commissioned";
    /// Persistent dispositions of one object are bounded.
    pub const PERSISTENT: &str = "object.persistent";
    /// An eventID names one event.
    pub const EVENT_ID: &str = "event.conflict";
    /// An error is declared by the organisation that submitted the event.
    pub const DECLARER: &str = "error.declarer";
    /// Error declarations of one event are bounded.
    pub const DECLARATIONS: &str = "error.declarations";
}

impl Refusal {
    pub(super) fn new(rule: &'static str, path: &str, reason: String) -> Self {
        Self { rule, path: path.to_owned(), reason }
    }
}

impl From<Violation> for Refusal {
    fn from(violation: Violation) -> Self {
        Self { rule: violation.rule.name(), path: violation.path, reason: violation.reason }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.path, self.reason, self.rule)
    }
}

impl core::error::Error for Refusal {}

//! Why parameters are no query.

use alloc::string::String;

use thiserror::Error;

use crate::limits::QUERY_VALUES_MAX;

/// Why parameters are no query.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The parameters are not an object.
    #[error("the parameters of a query are an object")]
    Shape,
    /// More values than a query may have.
    #[error("the parameters have {found} values, more than {QUERY_VALUES_MAX}: ask in several queries")]
    Many {
        /// How many.
        found: usize,
    },
    /// No parameter has this name.
    #[error("`{name}` is no query parameter; the nearest is `{nearest}`")]
    Unknown {
        /// The name.
        name: String,
        /// A name that looks like it.
        nearest: &'static str,
    },
    /// A parameter of the standard that is not applied here, so that the answer would be too large.
    #[error("`{name}` is a parameter of the standard that is not supported here: leave it out and filter the answer")]
    Unsupported {
        /// The name.
        name: String,
    },
    /// A value that the parameter cannot have.
    #[error("`{name}` takes {expected}")]
    Value {
        /// The name.
        name: String,
        /// What it takes.
        expected: &'static str,
    },
}

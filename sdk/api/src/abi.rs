//! A contract's interface, and its values as JSON.
//!
//! The interface is the custom section `countersign.abi` of a module: one JSON object per line, each
//! describing the contract, a method, a type, an event or an error. Contracts take and return borsh;
//! people and programs outside write JSON. The mapping:
//!
//! | type | JSON |
//! |---|---|
//! | `u8`…`u128`, `i8`…`i128` | number up to ±2^53, decimal string beyond (either is read) |
//! | `bool`, `String` | boolean, string |
//! | `Vec<u8>`, `[u8;N]` | base64 |
//! | `[u8;32]` | `0x` and hexadecimal |
//! | `Vec<T>` | array |
//! | `Option<T>` | the value or `null`; a member that is missing is `null` |
//! | `(A,B)` | array; `()` is `null` |
//! | `BTreeMap<K,V>` | object if `K` is `String`, else an array of `[key, value]` |
//! | struct | object; with unnamed fields an array, with one unnamed field that field |
//! | enum | `"Name"`, or `{"Name": fields}` with the fields as of a struct |
//!
//! An interface comes from whoever wrote the contract, so nothing here trusts it: depth and lengths
//! are bounded, and every fault names where it is.

mod borsh_in;
mod borsh_out;
mod change;
mod interface;
mod line;
mod type_name;

pub use change::{Change, Concern, changes};
pub use interface::{Abi, EventType, Field, Fields, Layout, Method, Mode, Named, Shape, Variant};
pub use type_name::Type;

/// Name of the custom section of a module that holds the interface.
pub const SECTION: &str = "countersign.abi";

/// What is wrong with an interface or with a value, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AbiError {
    /// A line of the section cannot be read.
    #[error("line {line} of the interface: {reason}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// The interface contradicts itself.
    #[error("the interface {0}")]
    Interface(String),
    /// There is no such method, event or error.
    #[error("the contract has no {kind} `{name}`{}", hint(known))]
    Unknown {
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// A JSON value does not fit its type.
    #[error("`{path}`: {reason}")]
    Value {
        /// The argument and the way into it: `events[3].id`.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// Bytes are no encoding of their type.
    #[error("byte {at} of the {what}: {reason}")]
    Bytes {
        /// What was decoded.
        what: String,
        /// How far it was read.
        at: usize,
        /// What is wrong.
        reason: String,
    },
}

fn hint(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!("; it has {}", known.join(", ")) }
}

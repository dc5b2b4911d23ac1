//! What can be wrong with one value, before it has a place in a document.

use thiserror::Error;

/// The fault of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// Not a decimal number, or one that does not fit 38 digits with 30 decimal places.
    #[error("not a decimal number that fits")]
    Decimal,
    /// Not a date and time with seconds and a time zone.
    #[error("not a date and time with time zone")]
    Time,
    /// Not a time zone offset `±hh:mm` within 14 hours.
    #[error("not a time zone offset of the form ±hh:mm")]
    Offset,
    /// Neither a URI nor a GS1 key.
    #[error("not a URI")]
    Uri,
    /// A GS1 key with the wrong number of digits.
    #[error("{key} has {found} digits where {expected} belong")]
    Digits {
        /// The scheme of the URN, or the name of the key.
        key: &'static str,
        /// How many the standard wants.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A GS1 key whose check digit is wrong.
    #[error("the check digit of the {key} is {found} and should be {expected}")]
    CheckDigit {
        /// The name of the key.
        key: &'static str,
        /// The digit computed.
        expected: u8,
        /// The digit written.
        found: u8,
    },
    /// An EPC URN or a GS1 key whose parts are not formed as its scheme wants.
    #[error("the {key} is not formed as its scheme wants")]
    Form {
        /// The scheme of the URN, or the name of the key.
        key: &'static str,
    },
    /// An `urn:epc:` scheme that the standard does not know.
    #[error("an EPC scheme that is not known")]
    Scheme,
    /// No identifier at all.
    #[error("an empty identifier")]
    Empty,
    /// An identifier with a character that none can hold.
    #[error("an identifier with {found:?}; none holds white space or control characters")]
    Character {
        /// The character.
        found: char,
    },
    /// An identifier past its bound.
    #[error("an identifier of {found} bytes where {max} are the most")]
    Long {
        /// Its bytes.
        found: usize,
        /// The most.
        max: usize,
    },
}

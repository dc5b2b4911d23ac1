//! Checks that many methods begin with. A contract gives their errors a place among its own by `From`, and `?` does the rest.

use alloc::string::String;

use crate::{Address, Context};

/// Another contract calls a method that takes a signature of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ByContract {
    /// The contract that calls.
    pub contract: Address,
}

/// A text that is empty or too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLength<'a> {
    /// Which one.
    pub field: &'a str,
    /// Its bytes.
    pub bytes: u64,
    /// How many there may be; at least one.
    pub max: u64,
}

impl Context {
    /// Whether the transaction, and no contract, calls this method. Whoever signs trusts the contract that the transaction
    /// names, so nobody should act for an organisation through a contract that one of its accounts called for something
    /// else. A call that the contract scheduled is refused as well.
    ///
    /// # Errors
    ///
    /// If a contract calls.
    pub fn check_direct(&self) -> Result<(), ByContract> {
        self.caller_contract().map_or(Ok(()), |contract| Err(ByContract { contract }))
    }
}

/// Whether a text has one byte or more, and `max` at most.
///
/// # Errors
///
/// If it has not.
pub fn check_length<'a>(field: &'a str, text: &str, max: usize) -> Result<(), BadLength<'a>> {
    if text.is_empty() || text.len() > max {
        return Err(BadLength { field, bytes: wide(text.len()), max: wide(max) });
    }
    Ok(())
}

/// The text, if it has one byte or more, and `max` at most.
///
/// # Errors
///
/// If it has not.
pub fn checked_text(field: &str, text: String, max: usize) -> Result<String, BadLength<'_>> {
    check_length(field, &text, max).map(|()| text)
}

/// A count of things in memory as interfaces have it.
#[must_use]
pub fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_byte_up_to_the_most() {
        assert_eq!(check_length("name", "a", 3), Ok(()));
        assert_eq!(checked_text("name", "abc".into(), 3), Ok("abc".into()));
        for (text, bytes) in [("", 0), ("abcd", 4), ("éé", 4)] {
            assert_eq!(check_length("name", text, 3), Err(BadLength { field: "name", bytes, max: 3 }), "{text}");
        }
    }
}

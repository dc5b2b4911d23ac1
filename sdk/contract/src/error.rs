//! Errors that reach the caller as data.

use borsh::{BorshDeserialize, BorshSerialize, io};

/// The error of a method. Derive it: `#[derive(ContractError)]` on an enum.
///
/// A method that returns `Err` fails: its writes, events and log entries are undone, and the
/// receipt carries the code and the borsh encoding of the error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an error of a contract",
    label = "needs `#[derive(ContractError)]`",
    note = "a method's error is an enum that derives ContractError"
)]
pub trait ContractError: BorshSerialize {
    /// Name of the type, as in the embedded interface.
    const NAME: &'static str;

    /// The variant's position, counted from 1.
    fn code(&self) -> u32;
}

/// The error of a method that returns no `Result`. It has no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoError {}

impl BorshSerialize for NoError {
    fn serialize<W: io::Write>(&self, _: &mut W) -> io::Result<()> {
        match *self {}
    }
}

impl BorshDeserialize for NoError {
    fn deserialize_reader<R: io::Read>(_: &mut R) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::InvalidData, "the method has no errors"))
    }
}

impl ContractError for NoError {
    const NAME: &'static str = "";

    fn code(&self) -> u32 {
        match *self {}
    }
}

/// Holds at compile time that the interface names the error by its own name.
#[track_caller]
pub const fn assert_described<E: ContractError>(name: &str) {
    assert!(
        crate::described::same(E::NAME, name),
        "name the error type itself in a method's signature, not an alias of it"
    );
}

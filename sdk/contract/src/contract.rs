//! What `#[contract]` implements, and what its output runs on.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::described::same;
use crate::error::ContractError;
use crate::host;
use crate::item::encode;

/// Code of a call that failed because its arguments do not decode, with a UTF-8 message as bytes.
/// A contract's own codes begin at 1.
pub const BAD_ARGUMENTS: u32 = u32::MAX;

/// A contract's stored state: `#[contract]` on the struct.
pub trait State: Sized {
    /// The handles of all fields. Reads nothing.
    fn open() -> Self;
}

/// A contract's methods: `#[contract]` on the impl block.
pub trait Contract: State {
    /// The methods, in the order of the source.
    const METHODS: &'static [Method];
}

/// A field of a contract's struct: [`Item`](crate::Item), [`Map`](crate::Map), [`Set`](crate::Set),
/// [`OrderedMap`](crate::OrderedMap), [`Index`](crate::Index), [`Log`](crate::Log) or
/// [`Logs`](crate::Logs).
#[diagnostic::on_unimplemented(
    message = "a contract's struct cannot hold `{Self}` itself",
    label = "make it `Item<{Self}>`",
    note = "the fields of a contract are `Item`, `Map`, `Set`, `OrderedMap`, `Index`, `Log` and `Logs`"
)]
pub trait Slot {
    /// The handle whose keys begin with `name`. Reads nothing.
    fn at(name: &'static str) -> Self;
}

/// One method of a contract.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Name under which it is called.
    pub name: &'static str,
    /// How it may be run.
    pub mode: Mode,
    /// The types of its arguments, result and error, as the embedded interface names them.
    pub signature: &'static str,
    /// Decodes the arguments, runs the method, hands over its result.
    pub run: fn(),
}

/// One method that an interface's client calls.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Required {
    pub name: &'static str,
    pub mode: Mode,
    pub signature: &'static str,
    /// What to tell the author of a contract that has no such method.
    pub refusal: &'static str,
}

/// Holds at compile time that a contract has the methods of an interface, with types of the same
/// names. Types of the same name from two crates are refused when the module is built.
#[track_caller]
pub const fn assert_implemented<C: Contract>(mut required: &[Required]) {
    while let [first, rest @ ..] = required {
        let mut found = false;
        let mut methods = C::METHODS;
        while let [method, others @ ..] = methods {
            found |= same(method.name, first.name)
                && method.mode as u8 == first.mode as u8
                && same(method.signature, first.signature);
            methods = others;
        }
        assert!(found, "{}", first.refusal);
        required = rest;
    }
}

/// How a method may be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a transaction or another contract.
    Call,
    /// Without a transaction; it writes nothing.
    View,
    /// Once, by the deployment.
    Init,
    /// By an upgrade.
    Migrate,
}

/// The arguments of the running call, taken one by one.
pub struct Input {
    bytes: Vec<u8>,
    taken: usize,
}

impl Input {
    /// All arguments of the running call.
    pub fn read() -> Self {
        Self { bytes: host::input(), taken: 0 }
    }

    /// The next argument. Ends the call with [`BAD_ARGUMENTS`] if it does not decode.
    pub fn next<T: BorshDeserialize>(&mut self, name: &str) -> T {
        let mut rest = self.bytes.get(self.taken..).unwrap_or_default();
        let Ok(value) = T::deserialize(&mut rest) else {
            host::fail(BAD_ARGUMENTS, name.as_bytes());
        };
        self.taken = self.bytes.len() - rest.len();
        value
    }

    /// Ends the call with [`BAD_ARGUMENTS`] if bytes are left.
    pub fn end(self) {
        if self.taken != self.bytes.len() {
            host::fail(BAD_ARGUMENTS, b"bytes after the last argument");
        }
    }
}

/// Hands over a result.
pub fn answer<T: BorshSerialize>(value: &T) {
    let bytes = encode(value);
    if !bytes.is_empty() {
        host::output(&bytes);
    }
}

/// Ends the call with an error.
pub fn refuse<E: ContractError>(error: &E) -> ! {
    host::fail(error.code(), &encode(error))
}

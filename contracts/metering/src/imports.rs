//! The host functions that a module may import, with their signatures.

use countersign_abi::import;
use wasmparser::ValType::{self, I32, I64};

/// A host function's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// Its name under [`countersign_abi::MODULE`].
    pub name: &'static str,
    /// Its parameters.
    pub parameters: &'static [ValType],
    /// Its results.
    pub results: &'static [ValType],
}

/// All of them, in the order of the interface's table.
pub(crate) const IMPORTS: [Import; 19] = [
    entry(import::INPUT_LEN, &[], &[I32]),
    entry(import::INPUT_READ, &[I32], &[]),
    entry(import::OUTPUT, &[I32, I32], &[]),
    entry(import::FAIL, &[I32, I32, I32], &[]),
    entry(import::CONTEXT, &[I32, I32, I32], &[I32]),
    entry(import::STORAGE_READ, &[I32, I32, I32, I32], &[I64]),
    entry(import::STORAGE_WRITE, &[I32, I32, I32, I32], &[]),
    entry(import::STORAGE_REMOVE, &[I32, I32], &[I32]),
    entry(import::LOG_APPEND, &[I32, I32, I32, I32], &[I64]),
    entry(import::LOG_LEN, &[I32, I32], &[I64]),
    entry(import::LOG_READ, &[I32, I32, I64, I32, I32], &[I64]),
    entry(import::EMIT, &[I32, I32, I32, I32, I32, I32], &[]),
    entry(import::CALL, &[I32, I32, I32, I32, I32, I64], &[I32]),
    entry(import::SCHEDULE, &[I32, I32, I32, I32, I64, I64], &[I64]),
    entry(import::RETURNED_LEN, &[], &[I32]),
    entry(import::RETURNED_READ, &[I32], &[]),
    entry(import::RETURNED_CODE, &[], &[I32]),
    entry(import::SHA256, &[I32, I32, I32], &[]),
    entry(import::ED25519_VERIFY, &[I32, I32, I32, I32], &[I32]),
];

/// The host function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Import> {
    IMPORTS.iter().find(|import| import.name == name)
}

const fn entry(name: &'static str, parameters: &'static [ValType], results: &'static [ValType]) -> Import {
    Import { name, parameters, results }
}

//! The host's functions as imports of the Wasm module.
//!
//! The only file of the SDK with unsafe code: the imports take pointers into this module's memory.
#![allow(unsafe_code)]

use alloc::vec::Vec;

use countersign_abi::ABSENT;

use super::Returned;

/// Room offered for a value of unknown length, so that most are read with one host call.
const FIRST_READ_BYTES: usize = 512;

mod import {
    #[link(wasm_import_module = "countersign")]
    unsafe extern "C" {
        pub(super) safe fn input_len() -> u32;
        pub(super) fn input_read(ptr: *mut u8);
        pub(super) fn output(ptr: *const u8, len: usize);
        pub(super) fn fail(code: u32, ptr: *const u8, len: usize) -> !;
        pub(super) fn context(field: i32, ptr: *mut u8, cap: usize) -> u32;
        pub(super) fn storage_read(key: *const u8, key_len: usize, ptr: *mut u8, cap: usize) -> i64;
        pub(super) fn storage_write(key: *const u8, key_len: usize, value: *const u8, value_len: usize);
        pub(super) fn storage_remove(key: *const u8, key_len: usize) -> i32;
        pub(super) fn log_append(key: *const u8, key_len: usize, entry: *const u8, entry_len: usize) -> i64;
        pub(super) fn log_len(key: *const u8, key_len: usize) -> i64;
        pub(super) fn log_read(key: *const u8, key_len: usize, index: i64, ptr: *mut u8, cap: usize) -> i64;
        pub(super) fn emit(
            name: *const u8,
            name_len: usize,
            data: *const u8,
            data_len: usize,
            attributes: *const u8,
            attributes_len: usize,
        );
        pub(super) fn call(
            contract: *const u8,
            method: *const u8,
            method_len: usize,
            input: *const u8,
            input_len: usize,
            gas: i64,
        ) -> i32;
        pub(super) fn schedule(
            method: *const u8,
            method_len: usize,
            input: *const u8,
            input_len: usize,
            at: i64,
            gas: i64,
        ) -> i64;
        pub(super) safe fn returned_len() -> u32;
        pub(super) fn returned_read(ptr: *mut u8);
        pub(super) safe fn returned_code() -> u32;
        pub(super) fn sha256(ptr: *const u8, len: usize, out: *mut u8);
        pub(super) fn ed25519_verify(
            key: *const u8,
            message: *const u8,
            message_len: usize,
            signature: *const u8,
        ) -> i32;
    }
}

/// A vector of exactly `len` bytes that `fill` has written.
fn filled(len: usize, fill: impl FnOnce(*mut u8)) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    fill(bytes.as_mut_ptr());
    // SAFETY: `fill` is a host function that writes exactly `len` bytes, and the capacity is there.
    unsafe { bytes.set_len(len) };
    bytes
}

/// Reads a value of unknown length: `read` copies if the room is enough and answers the length.
fn sized(read: impl Fn(*mut u8, usize) -> i64) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::with_capacity(FIRST_READ_BYTES);
    let answer = read(bytes.as_mut_ptr(), bytes.capacity());
    if answer == ABSENT {
        return None;
    }
    let len = usize::try_from(answer).expect("a length fits the memory");
    if len > bytes.capacity() {
        return Some(filled(len, |ptr| {
            read(ptr, len);
        }));
    }
    // SAFETY: the host wrote `len` bytes, since they fit.
    unsafe { bytes.set_len(len) };
    Some(bytes)
}

pub(crate) fn input() -> Vec<u8> {
    let len = usize::try_from(import::input_len()).expect("a length fits the memory");
    // SAFETY: the buffer holds `input_len` bytes.
    filled(len, |ptr| unsafe { import::input_read(ptr) })
}

pub(crate) fn output(bytes: &[u8]) {
    // SAFETY: pointer and length are of a live slice.
    unsafe { import::output(bytes.as_ptr(), bytes.len()) }
}

pub(crate) fn fail(code: u32, bytes: &[u8]) -> ! {
    // SAFETY: pointer and length are of a live slice.
    unsafe { import::fail(code, bytes.as_ptr(), bytes.len()) }
}

pub(crate) fn context(field: i32, into: &mut [u8]) -> usize {
    // SAFETY: the host writes at most `into.len()` bytes.
    let len = unsafe { import::context(field, into.as_mut_ptr(), into.len()) };
    usize::try_from(len).expect("a length fits the memory")
}

pub(crate) fn storage_read(key: &[u8]) -> Option<Vec<u8>> {
    // SAFETY: key is a live slice and `ptr` has room for `cap` bytes.
    sized(|ptr, cap| unsafe { import::storage_read(key.as_ptr(), key.len(), ptr, cap) })
}

pub(crate) fn storage_has(key: &[u8]) -> bool {
    // SAFETY: key is a live slice; nothing is written into a room of no bytes.
    let answer = unsafe { import::storage_read(key.as_ptr(), key.len(), key.as_ptr().cast_mut(), 0) };
    answer != ABSENT
}

pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
    // SAFETY: both are live slices.
    unsafe { import::storage_write(key.as_ptr(), key.len(), value.as_ptr(), value.len()) }
}

pub(crate) fn storage_remove(key: &[u8]) -> bool {
    // SAFETY: key is a live slice.
    unsafe { import::storage_remove(key.as_ptr(), key.len()) == 1 }
}

pub(crate) fn log_append(key: &[u8], entry: &[u8]) -> u64 {
    // SAFETY: both are live slices.
    let index = unsafe { import::log_append(key.as_ptr(), key.len(), entry.as_ptr(), entry.len()) };
    index.cast_unsigned()
}

pub(crate) fn log_len(key: &[u8]) -> u64 {
    // SAFETY: key is a live slice.
    unsafe { import::log_len(key.as_ptr(), key.len()) }.cast_unsigned()
}

pub(crate) fn log_read(key: &[u8], index: u64) -> Option<Vec<u8>> {
    let index = i64::try_from(index).ok()?;
    // SAFETY: key is a live slice and `ptr` has room for `cap` bytes.
    sized(|ptr, cap| unsafe { import::log_read(key.as_ptr(), key.len(), index, ptr, cap) })
}

pub(crate) fn emit(name: &str, data: &[u8], attributes: &[u8]) {
    // SAFETY: all three are live slices.
    unsafe {
        import::emit(name.as_ptr(), name.len(), data.as_ptr(), data.len(), attributes.as_ptr(), attributes.len());
    }
}

pub(crate) fn call(contract: &[u8; 32], method: &str, input: &[u8], gas: u64) -> Returned {
    let gas = i64::try_from(gas).unwrap_or(i64::MAX);
    // SAFETY: the address has 32 bytes, the others are live slices.
    let status =
        unsafe { import::call(contract.as_ptr(), method.as_ptr(), method.len(), input.as_ptr(), input.len(), gas) };
    let len = usize::try_from(import::returned_len()).expect("a length fits the memory");
    // SAFETY: the buffer holds `returned_len` bytes.
    let bytes = filled(len, |ptr| unsafe { import::returned_read(ptr) });
    Returned { status, code: import::returned_code(), bytes }
}

pub(crate) fn schedule(method: &str, input: &[u8], at_ms: u64, gas: u64) -> u32 {
    let (at, gas) = (at_ms.cast_signed(), gas.cast_signed());
    // SAFETY: both are live slices.
    let position = unsafe { import::schedule(method.as_ptr(), method.len(), input.as_ptr(), input.len(), at, gas) };
    u32::try_from(position).expect("positions are few")
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // SAFETY: a live slice in, 32 bytes out.
    unsafe { import::sha256(bytes.as_ptr(), bytes.len(), out.as_mut_ptr()) };
    out
}

pub(crate) fn ed25519_verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    // SAFETY: 32 bytes of key, 64 of signature, and a live slice.
    let answer = unsafe { import::ed25519_verify(key.as_ptr(), message.as_ptr(), message.len(), signature.as_ptr()) };
    answer == 1
}

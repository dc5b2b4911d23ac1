//! The module's exports: bytes in, JSON out, over the module's own memory.
//!
//! 1. `input(bytes)` makes room and answers where; 0 if that is more than is ever read.
//! 2. The page writes the proof file there, and behind it the trusted root.
//! 3. `check(file_bytes, now_ms, stale_s)` answers the length of a [`View`](crate::View) in JSON.
//! 4. `output()` answers where that is. It stands until the next `input` or `check`.
//!
//! Exporting a name is what the compiler calls unsafe here, since two crates could export the same one; there is no
//! block of unsafe code.
#![allow(unsafe_code)]

use crate::limits::INPUT_BYTES_MAX;
use countersign_types::TimestampMs;
use std::cell::RefCell;
use std::ptr;

/// What lies on the desk between the page and the verifier.
#[derive(Default)]
struct Desk {
    input: Vec<u8>,
    output: Vec<u8>,
}

thread_local! {
    static DESK: RefCell<Desk> = RefCell::default();
}

/// Makes room for so many bytes and answers where it is.
#[unsafe(no_mangle)]
pub extern "C" fn input(bytes: usize) -> *mut u8 {
    if bytes > INPUT_BYTES_MAX {
        return ptr::null_mut();
    }
    DESK.with_borrow_mut(|desk| {
        *desk = Desk { input: vec![0; bytes], output: Vec::new() };
        desk.input.as_mut_ptr()
    })
}

/// Checks what stands in the input: a proof file of so many bytes, the rest being the trusted root.
#[unsafe(no_mangle)]
pub extern "C" fn check(file_bytes: usize, now_ms: u64, stale_s: u64) -> usize {
    DESK.with_borrow_mut(|desk| {
        let (file, root) = desk.input.split_at_checked(file_bytes).unwrap_or((desk.input.as_slice(), &[]));
        let view = crate::check(file, root, TimestampMs(now_ms), stale_s);
        desk.output = serde_json::to_vec(&view).expect("a view has only text keys");
        desk.output.len()
    })
}

/// Where the answer is.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    DESK.with_borrow(|desk| desk.output.as_ptr())
}

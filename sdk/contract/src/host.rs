//! The host's functions as safe Rust, once for wasm32 (imports) and once for native tests
//! (the [`testing`](crate::testing) host of this thread). Both modules have the same functions.
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod wasm;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::*;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm::*;

/// What a finished call to another contract left: its status, code and bytes.
pub(crate) struct Returned {
    pub(crate) status: i32,
    pub(crate) code: u32,
    pub(crate) bytes: alloc::vec::Vec<u8>,
}

//! The allocator of `no_std` contracts: blocks of powers of two, reused by size.
//!
//! A call lives for milliseconds and its memory is dropped whole, so speed and code size count for
//! more than density. A block costs at most twice its layout's size; a freed one is reused for the
//! same size only; the topmost block grows in place, which is what a vector being filled is.
//!
//! With `wasm.rs` the only file with unsafe code: it is an allocator.
#![allow(unsafe_code)]

use core::alloc::Layout;
use core::ptr;

/// Smallest block, and the alignment of all blocks.
const BLOCK_BYTES_MIN: usize = 16;
/// Block sizes from 16 bytes to 1 GiB.
const CLASSES: usize = 27;

/// A heap over the addresses from `top` to `end`, which `grow` moves on.
pub(crate) struct Heap {
    /// The first free block of each size, which holds the address of the next; null at the end.
    free: [*mut u8; CLASSES],
    top: *mut u8,
    end: *mut u8,
}

impl Heap {
    /// A heap without memory.
    pub(crate) const fn new() -> Self {
        Self { free: [ptr::null_mut(); CLASSES], top: ptr::null_mut(), end: ptr::null_mut() }
    }

    /// A block for `layout`, or null if there is no memory. `grow` answers the address from which on
    /// at least so many more bytes are there.
    ///
    /// # Safety
    ///
    /// The bytes that `grow` gives belong to this heap alone.
    pub(crate) unsafe fn alloc(&mut self, layout: Layout, grow: impl Fn(usize) -> Option<(*mut u8, usize)>) -> *mut u8 {
        let Some((class, bytes)) = block(layout.size().max(layout.align())) else {
            return ptr::null_mut();
        };
        if let Some(free) = self.free.get_mut(class)
            && !free.is_null()
            && free.align_offset(layout.align()) == 0
        {
            let block = *free;
            // SAFETY: a block on the list holds the address of the next, written by `dealloc`.
            *free = unsafe { block.cast::<*mut u8>().read() };
            return block;
        }
        self.cut(bytes, layout.align().max(BLOCK_BYTES_MIN), grow)
    }

    /// Takes a block back.
    ///
    /// # Safety
    ///
    /// `block` came from this heap for `layout` and is used no more.
    pub(crate) unsafe fn dealloc(&mut self, block_at: *mut u8, layout: Layout) {
        let class = block(layout.size().max(layout.align()));
        if let Some(free) = class.and_then(|(class, _)| self.free.get_mut(class)) {
            // SAFETY: every block has room and alignment for an address, and nobody uses this one.
            unsafe { block_at.cast::<*mut u8>().write(*free) };
            *free = block_at;
        }
    }

    /// Whether a block has come to hold `size` bytes where it stands.
    pub(crate) fn resize(&mut self, block_at: *mut u8, layout: Layout, size: usize) -> bool {
        let old = block(layout.size().max(layout.align()));
        let new = block(size.max(layout.align()));
        let (Some((_, old)), Some((_, new))) = (old, new) else {
            return false;
        };
        if old == new {
            return true;
        }
        let is_top = block_at.wrapping_add(old) == self.top;
        let room = self.end.addr().saturating_sub(block_at.addr());
        if is_top && new > old && new <= room {
            self.top = block_at.wrapping_add(new);
            return true;
        }
        false
    }

    /// A new block from the top.
    fn cut(&mut self, bytes: usize, align: usize, grow: impl Fn(usize) -> Option<(*mut u8, usize)>) -> *mut u8 {
        let mut skip = self.top.align_offset(align);
        let room = self.end.addr().saturating_sub(self.top.addr());
        let needed = bytes.saturating_add(skip);
        if room < needed {
            let Some((start, grown)) = grow(bytes.saturating_add(align)) else {
                return ptr::null_mut();
            };
            if start != self.end || self.top.is_null() {
                self.top = start;
                skip = self.top.align_offset(align);
            }
            self.end = start.wrapping_add(grown);
        }
        let block = self.top.wrapping_add(skip);
        self.top = block.wrapping_add(bytes);
        block
    }
}

/// The size class of a block for `bytes`, and its size.
fn block(bytes: usize) -> Option<(usize, usize)> {
    let bytes = bytes.max(BLOCK_BYTES_MIN).checked_next_power_of_two()?;
    let class = usize::try_from(bytes.ilog2() - BLOCK_BYTES_MIN.ilog2()).ok()?;
    (class < CLASSES).then_some((class, bytes))
}

#[cfg(test)]
mod tests;

//! What a `no_std` contract is linked with on wasm32: an allocator, and a panic that traps.
#![allow(unsafe_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32;
use core::cell::UnsafeCell;

use crate::heap::Heap;

/// Bytes of a page of Wasm memory.
const PAGE_BYTES: usize = 64 << 10;

/// The allocator that [`no_std_runtime!`](crate::no_std_runtime) installs.
pub struct Allocator(UnsafeCell<Heap>);

// SAFETY: contracts run on one thread; their modules cannot have more.
unsafe impl Sync for Allocator {}

impl Allocator {
    /// An allocator that has taken no memory yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Heap::new()))
    }
}

impl Default for Allocator {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: blocks come from `Heap`, which hands out memory that was grown for it alone. Its borrows end
// before each function returns, and there is one thread.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the only borrow; grown pages belong to nobody else.
        unsafe { (*self.0.get()).alloc(layout, grow) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the only borrow; the caller's promise is the same.
        unsafe { (*self.0.get()).dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the only borrow.
        if unsafe { (*self.0.get()).resize(block, layout, size) } {
            return block;
        }
        // SAFETY: the caller promises that `size` is a valid size for this alignment.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as in `alloc`.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: both blocks hold the smaller of the two sizes and are apart; the old one is
            // used no more.
            unsafe {
                core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

/// At least `bytes` more at the end of the memory: where, and how many.
fn grow(bytes: usize) -> Option<(*mut u8, usize)> {
    let pages = bytes.div_ceil(PAGE_BYTES);
    let before = wasm32::memory_grow::<0>(pages);
    if before == usize::MAX {
        return None;
    }
    let start = before.checked_mul(PAGE_BYTES)?;
    Some((core::ptr::with_exposed_provenance_mut(start), pages.checked_mul(PAGE_BYTES)?))
}

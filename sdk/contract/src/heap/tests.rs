//! The allocator on a native buffer: blocks do not overlap, are aligned, and are reused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use alloc::vec;
use alloc::vec::Vec;
use core::alloc::Layout;
use core::cell::Cell;

use super::Heap;

/// Memory that grows in steps, as a Wasm memory does.
struct Memory {
    start: *mut u8,
    given: Cell<usize>,
    bytes: usize,
}

impl Memory {
    fn of(bytes: usize) -> Self {
        let words = vec![0u128; bytes / 16].leak();
        Self { start: words.as_mut_ptr().cast(), given: Cell::new(0), bytes }
    }

    fn grow(&self, bytes: usize) -> Option<(*mut u8, usize)> {
        let grown = bytes.next_multiple_of(4096);
        let at = self.given.get();
        self.given.set(at + grown);
        (at + grown <= self.bytes).then(|| (self.start.wrapping_add(at), grown))
    }
}

#[test]
fn blocks_are_apart_aligned_and_keep_their_bytes() {
    let memory = Memory::of(8 << 20);
    let mut heap = Heap::new();
    let mut live: Vec<(*mut u8, Layout, u8)> = Vec::new();
    let mut seed = 7u64;
    for round in 0..20_000u32 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let size = (seed >> 33) as usize % 300 + 1;
        let layout = Layout::from_size_align(size, 1 << ((seed >> 50) % 5)).unwrap();
        if live.len() > 200 {
            let (at, layout, mark) = live.swap_remove((seed >> 40) as usize % live.len());
            // SAFETY: allocated below with this layout, and taken off the list.
            unsafe {
                let bytes = core::slice::from_raw_parts(at, layout.size());
                assert!(bytes.iter().all(|byte| *byte == mark));
                heap.dealloc(at, layout);
            }
        }
        let mark = round as u8;
        // SAFETY: `grow` hands out each byte once.
        let at = unsafe { heap.alloc(layout, |bytes| memory.grow(bytes)) };
        assert!(!at.is_null());
        assert_eq!(at.align_offset(layout.align()), 0);
        // SAFETY: the block has `size` bytes.
        unsafe { at.write_bytes(mark, size) };
        live.push((at, layout, mark));
    }
    assert!(memory.given.get() < 1 << 20, "freed blocks are reused");
}

#[test]
fn the_topmost_block_grows_in_place_and_others_do_not() {
    let memory = Memory::of(64 << 10);
    let mut heap = Heap::new();
    let layout = Layout::from_size_align(100, 1).unwrap();
    // SAFETY: `grow` hands out each byte once.
    let (first, second) =
        unsafe { (heap.alloc(layout, |bytes| memory.grow(bytes)), heap.alloc(layout, |bytes| memory.grow(bytes))) };
    assert!(heap.resize(first, layout, 128), "within its block");
    assert!(!heap.resize(first, layout, 129), "another stands above it");
    assert!(heap.resize(second, layout, 1000), "it is the topmost");
    // SAFETY: as above.
    let third = unsafe { heap.alloc(layout, |bytes| memory.grow(bytes)) };
    assert_eq!(third, second.wrapping_add(1024));
}

#[test]
fn without_memory_the_answer_is_null() {
    let memory = Memory::of(16 << 10);
    let mut heap = Heap::new();
    for size in [1 << 20, usize::MAX >> 1] {
        let layout = Layout::from_size_align(size, 1).unwrap();
        // SAFETY: `grow` hands out each byte once.
        assert!(unsafe { heap.alloc(layout, |bytes| memory.grow(bytes)) }.is_null());
    }
}

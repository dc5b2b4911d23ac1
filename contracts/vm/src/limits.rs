//! Bounds of the machine, with their arithmetic; those of code are beside its check.
//!
//! Every bound that decides an outcome is part of the protocol: it changes only with a protocol
//! version. Bounds of host resources (the cache) change nothing that is seen from outside.

pub use countersign_metering::limits::*;

/// Pages that the memories of a call chain can reach together: 64 MiB.
pub const CHAIN_PAGES_MAX: u32 = 1_024;
/// Calls of one contract by another, the outermost counted.
pub const CALL_DEPTH_MAX: usize = 8;
/// Stack of a call chain, in slots of 8 bytes: 256 KiB.
///
/// A frame takes 16 + locals + highest operand stack + instructions / 4 slots. The last term is
/// there because a compiler can keep far more values alive than the operand stack shows.
/// The smallest frame takes 16 slots, so that 2,048 of them fit.
pub const STACK_SLOTS_MAX: u32 = 32_768;
/// Native stack lent to guests: 1 MiB, four times what the metered stack can take, so that running
/// out of it is a fault of this machine. [`crate::Vm::run`] needs it, with room for the frames of
/// the host, on the thread it is called from; Rust's own threads have 2 MiB.
pub const NATIVE_STACK_BYTES: usize = 1 << 20;

/// Largest gas limit a call can have: far over any block's, and far under where an `i64` counter
/// could wrap.
pub const GAS_LIMIT_MAX: u64 = 1 << 53;

/// Writes and removals of one top-level call, undone ones included.
pub const WRITES_MAX: u64 = 20_000;
/// Bytes of their keys and values.
pub const WRITE_BYTES_MAX: u64 = 8 << 20;
/// Log entries appended by one top-level call, undone ones included.
pub const APPENDS_MAX: u64 = 20_000;
/// Bytes of their keys and entries.
pub const APPEND_BYTES_MAX: u64 = 8 << 20;
/// Events emitted by one top-level call, undone ones included.
pub const EVENTS_MAX: u64 = 4_096;
/// Bytes of their names, data and attributes.
pub const EVENT_BYTES_MAX: u64 = 2 << 20;
/// Bytes of committed values that a call remembers having read. Beyond it a key may be read from
/// the state again; what the guest sees is the same.
pub const REMEMBERED_BYTES_MAX: usize = 16 << 20;

/// Compiled code that calls keep in memory, as mapped: some 30 modules of the largest size, or 150 like
/// the provenance contract.
pub const CALL_CODE_BYTES_MAX: usize = 256 << 20;
/// The same for views, beside what calls keep.
pub const VIEW_CODE_BYTES_MAX: usize = 64 << 20;
/// Longest file of compiled code. The largest module that was found takes a quarter of it; a longer one
/// is compiled each time.
pub const DISK_FILE_BYTES_MAX: u64 = 64 << 20;
/// Compiled code on disk: some 500 modules of the largest size.
pub const DISK_BYTES_MAX: u64 = 4 << 30;

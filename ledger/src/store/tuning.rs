//! What an operator may set of the database of a node, with its bounds. `node/docs/operate.md` explains each.

use crate::limits::{BLOCK_CACHE_BYTES, COMPACTION_BYTES_PER_SECOND, MEMTABLES_BYTES, OPEN_FILES_MAX};
use std::ops::RangeInclusive;

const MIB: u64 = 1 << 20;

/// Memory and pace of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Memory of the cache of blocks of files, indexes and filters included.
    pub block_cache_bytes: u64,
    /// Memory of what was written and is not in files yet, over all spaces.
    pub write_buffer_bytes: u64,
    /// Files kept open.
    pub open_files: u64,
    /// Threads that write and merge files.
    pub background_jobs: u64,
    /// Bytes that they write in a second at most; 0 for as many as they can.
    pub compaction_bytes_per_second: u64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            block_cache_bytes: BLOCK_CACHE_BYTES,
            write_buffer_bytes: MEMTABLES_BYTES,
            open_files: OPEN_FILES_MAX,
            background_jobs: 2,
            compaction_bytes_per_second: COMPACTION_BYTES_PER_SECOND,
        }
    }
}

impl Tuning {
    /// Below 8 MiB indexes and filters push each other out.
    pub const BLOCK_CACHE_BYTES: RangeInclusive<u64> = 8 * MIB..=64 << 30;
    /// Two memtables of a space are the least that lets one be written while the other fills.
    pub const WRITE_BUFFER_BYTES: RangeInclusive<u64> = 16 * MIB..=4 << 30;
    /// One for each space in each level is the least that is not opened anew all the time.
    pub const OPEN_FILES: RangeInclusive<u64> = 128..=65_536;
    /// One to write, one to merge; more than there are cores are of no use.
    pub const BACKGROUND_JOBS: RangeInclusive<u64> = 2..=64;
    /// Slower than 8 MiB/s, files pile up until writes must wait for them.
    pub const COMPACTION_BYTES_PER_SECOND: RangeInclusive<u64> = 8 * MIB..=16 << 30;
}

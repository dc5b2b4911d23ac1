//! Bounds of the ledger, with their arithmetic.

/// Heights whose whole state stays readable and provable. Execution runs at most 64 blocks ahead of
/// its certification (the largest `runAhead`), so twice that always reaches the certified state.
pub const STATE_HEIGHTS_RETAINED: u64 = 128;
/// Heights whose superseded tree pages and values are removed by one commit. One is retired for each
/// commit, so two catch up with any backlog; the work is bounded by what two blocks can write.
pub const PRUNED_HEIGHTS_PER_COMMIT: u64 = 2;
/// Levels of the state tree in one stored page: up to 8 children, 7 inner nodes. Fewer levels mean
/// more records for an update, more levels mean more bytes rewritten for it (`benches/tree.rs`).
pub const PAGE_LEVELS: usize = 3;
/// Memory of an inner node in a cached page: three hashes' worth of node, counts and the allocator's.
pub const INNER_MEMORY_BYTES: usize = 160;
/// Memory of a leaf in a cached page.
pub const LEAF_MEMORY_BYTES: usize = 136;
/// Memory of the cache of tree pages, 64 MiB: the whole tree of some 180,000 keys at 160 bytes for each of
/// 1.44 inner nodes and 136 for the leaf, and the upper levels of any larger one.
pub const PAGE_CACHE_BYTES: usize = 64 << 20;
/// Memory of the cache of state values.
pub const VALUE_CACHE_BYTES: usize = 16 << 20;
/// Values above this size are not cached: a thousand of the rest fit into the cache.
pub const CACHED_VALUE_BYTES_MAX: usize = VALUE_CACHE_BYTES / 1024;
/// Memory of RocksDB's block cache, which also holds indexes and filters.
pub const BLOCK_CACHE_BYTES: usize = 32 << 20;
/// Memory of RocksDB's memtables over all spaces.
pub const MEMTABLES_BYTES: usize = 64 << 20;
/// Memory of one space's memtable.
pub const MEMTABLE_BYTES: usize = 8 << 20;
/// Write-ahead log kept before memtables are flushed: bounds what is replayed at start.
pub const WAL_BYTES_MAX: u64 = 128 << 20;
/// Files RocksDB keeps open.
pub const OPEN_FILES_MAX: i32 = 512;
/// Most items of one page of an answer.
pub const PAGE_ITEMS_MAX: usize = 1000;
/// Levels of the smallest trees of a range that are stored: one row for each 64 items, and one more for each 64 of these
/// on. What is smaller is made of at most 32 items; a proof does that at either end of its run for each lower level.
pub const RANGE_TREE_LEVEL_MIN: u32 = 6;
/// Most bytes of entries in one page of a log, an entry more where a single one is larger. 32 entries of the largest
/// size, 64 KiB, make 2 MiB: the items of any tree that is not stored are read at once.
pub const LOG_PAGE_BYTES_MAX: usize = 4 << 20;
/// Records of a log that one scan reads, at most 64 KiB each.
pub const LOG_ROWS_AT_ONCE: usize = 64;
/// Most index entries or blocks that one search for events looks at before it answers with a cursor.
pub const EVENT_SEARCH_STEPS_MAX: usize = 10_000;
/// Largest stored record: a block's transactions (2 MiB and 68 bytes for each of 10,000) or its
/// receipts with the events and outputs of 10,000 transactions.
pub const RECORD_BYTES_MAX: usize = 256 << 20;
/// Most faults that a check of the database lists; more are only counted.
pub const FAULTS_LISTED_MAX: usize = 1000;

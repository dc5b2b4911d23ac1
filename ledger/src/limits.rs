//! Bounds of the ledger, with their arithmetic.

/// Heights whose whole state stays readable and provable. Execution runs at most 64 blocks ahead of
/// its certification (the largest `runAhead`), so twice that always reaches the certified state.
pub const STATE_HEIGHTS_RETAINED: u64 = 128;
/// Most heights whose whole state an operator may keep: 27 minutes at ten blocks a second. Each costs the pages and values
/// that its block superseded (some 20 KB for a block of ten transactions), and 100 bytes of memory for its root. Older states are made again by
/// `countersignd replay --until`.
pub const STATE_HEIGHTS_RETAINED_MAX: u64 = 16_384;
/// Fewest heights of which transactions and receipts are kept: 16 answers of a catching-up peer (64 blocks each), two minutes at
/// eight blocks a second, and far more than execution runs ahead (64).
pub const BLOCK_HEIGHTS_RETAINED_MIN: u64 = 1_024;
/// Heights whose bodies or receipts go at once: 256 blocks of 2 MiB are half a gigabyte at worst, and a range deletion is 40 bytes.
pub const PRUNED_HEIGHTS_STEP: u64 = 256;
/// Heights with damaged rows that are remembered until peers have brought them again; others are noticed when read once more.
pub const DAMAGED_HEIGHTS_MAX: usize = 1_024;
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
pub const BLOCK_CACHE_BYTES: u64 = 32 << 20;
/// Memory of RocksDB's memtables over all spaces.
pub const MEMTABLES_BYTES: u64 = 64 << 20;
/// Memory of one space's memtable.
pub const MEMTABLE_BYTES: usize = 8 << 20;
/// Write-ahead log kept before memtables are flushed: bounds what is replayed at start.
pub const WAL_BYTES_MAX: u64 = 128 << 20;
/// Files RocksDB keeps open.
pub const OPEN_FILES_MAX: u64 = 512;
/// Bytes that RocksDB's background threads write in a second. It is a ceiling that RocksDB tunes below by itself: what a full
/// load writes (10 MB/s of blocks and state, merged some five times) passes, a burst of merges does not take the disk from the
/// write-ahead log, which finality waits for.
pub const COMPACTION_BYTES_PER_SECOND: u64 = 256 << 20;
/// Bytes of a file that are written before RocksDB asks for them to be stored, so that the sync at its end is short.
pub const FILE_SYNC_BYTES: u64 = 1 << 20;
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
/// Bytes of state entries in one piece of a snapshot. A subtree that takes more is cut in two, down to single entries,
/// so pieces of a large state are about two thirds of this: 10 GiB are some 30,000, and their places in the manifest,
/// 34 bytes each, 1 MiB.
pub const SNAPSHOT_STATE_BYTES: usize = 512 << 10;
/// Bytes of log records in one piece of a snapshot, with 28 bytes for each run of records.
pub const SNAPSHOT_LOGS_BYTES: usize = 512 << 10;
/// Largest piece of a snapshot: one entry of the largest value (1 MiB) and key (546 bytes), or 512 KiB of records and
/// one more (64 KiB and 80 bytes) with two proofs of at most 126 hashes (8 KiB); rounded up.
pub const SNAPSHOT_PIECE_BYTES_MAX: usize = 2 << 20;
/// Bytes of a manifest in one piece.
pub const SNAPSHOT_MANIFEST_PIECE_BYTES: usize = 1 << 20;
/// Largest manifest: places of 30 GiB of state (3 MiB), of 100 GiB of logs (16 bytes for each 512 KiB: 3 MiB), 128 blocks
/// (three certificates of 9 KB and a header each: 4 MiB) with overrides, and 1,000 ends of epochs with 128 validators
/// (45 KiB each), or 20,000 with four.
pub const SNAPSHOT_MANIFEST_BYTES_MAX: usize = 64 << 20;
/// Heights for which a reader may keep a state from being pruned: a snapshot of 10 GiB takes minutes, and ten blocks a
/// second for an hour are 36,000.
pub const PINNED_HEIGHTS_MAX: u64 = 50_000;

//! Bounds of the ledger, with their arithmetic.

/// Heights whose whole state stays readable and provable. Execution runs at most 64 blocks ahead of
/// its certification (the largest `runAhead`), so twice that always reaches the certified state.
pub const STATE_HEIGHTS_RETAINED: u64 = 128;
/// Most heights whose whole state an operator may keep: 27 minutes at ten blocks a second. Each costs the buckets and values
/// that its block superseded (some 20 KB for a block of ten transactions). Older states are made again by
/// `countersignd replay --until`.
pub const STATE_HEIGHTS_RETAINED_MAX: u64 = 16_384;
/// Fewest heights of which transactions and receipts are kept: 16 answers of a catching-up peer (64 blocks each), two minutes at
/// eight blocks a second, and far more than execution runs ahead (64).
pub const BLOCK_HEIGHTS_RETAINED_MIN: u64 = 1_024;
/// Heights whose bodies or receipts go at once: 256 blocks of 2 MiB are half a gigabyte at worst, and a range deletion is 40 bytes.
pub const PRUNED_HEIGHTS_STEP: u64 = 256;
/// Heights with damaged rows that are remembered until peers have brought them again, and damaged rows of the state; others are
/// noticed when read once more.
pub const DAMAGED_HEIGHTS_MAX: usize = 1_024;
/// Places that one look at the state finds lost at most, 88 bytes each, and keys that their index lacks, 545 each: 2 MiB.
pub const SURVEYED_PLACES_MAX: usize = 4_096;
/// Rows of the index of keys that one scan reads, of at most 553 bytes.
pub const SURVEY_KEYS_AT_ONCE: usize = 4_096;
/// Keys of one bucket of the state tree at most. A bucket is on average 0.69 times as full (a random trie). More keys mean more
/// bytes written for an update (72 each), fewer mean more nodes in memory.
pub const BUCKET_LEAVES_MAX: usize = 12;
/// Two buckets of together not more keys than that become one. Half, so that a key that comes and goes does not
/// split and merge a bucket each time.
pub const BUCKET_LEAVES_MERGED: usize = BUCKET_LEAVES_MAX / 2;
/// Bytes of items in a pack of buckets or values, which is a row of the database: a block of RocksDB's tables. Larger
/// items stand alone.
pub const PACK_BYTES: usize = 4 << 10;
/// Sizes of stored items are counted in units of so many bytes, so that 16 bits reach to 2 MiB: the largest item
/// is a value of 1 MiB and its key of 545 bytes.
pub const UNIT_BYTES: usize = 32;
/// Dead units of packs for each live one from which on the oldest packs are cleared away. Two: disk is spent, three times what lives,
/// for little to be written again; `tree/relocate.rs` has the arithmetic.
pub const DEAD_PER_LIVE_MAX: u64 = 2;
/// Dead units of each kind that are never cleared away: 1 MiB.
pub const RELOCATION_SLACK_UNITS: u64 = (1 << 20) / 32;
/// Live units that a block writes again at most, beside as many as it writes itself: 4 KiB of each kind, so that blocks without
/// writes clear away too.
pub const RELOCATED_UNITS_BASE: u64 = (4 << 10) / 32;
/// Partitions of the list of places, as a power of two: 4,096 rows, of 20 places each at 1 M keys, 220 at 10 M.
pub const TABLE_BITS: u32 = 12;
/// Bytes of a delta for each byte of partitions that its commit writes. Larger, less is written and more is read at start: this many
/// times the list's bytes.
pub const DELTA_PER_TABLE_BYTES: usize = 2;
/// Partitions that a commit looks at at most, so that a small list costs little: the whole of it in 16 commits.
pub const TABLE_PARTITIONS_PER_COMMIT: u16 = 256;
/// Newest heights whose roots stay in memory, more than certification is usually behind; older ones are made of deltas
/// when they are asked for.
pub const ROOTS_KEPT: usize = 8;
/// Memory of nodes that only these roots need: a block of 1,000 writes makes some 9 nodes for each.
pub const ROOTS_KEPT_BYTES: usize = 32 << 20;
/// Roots of older heights that are kept after they were asked for. Each may be as large as the tree's upper part.
pub const ROOTS_REMADE_KEPT: usize = 2;
/// Heights between two notes of how far packs reach that a height needs. Packs go when a noted height does.
pub const FLOORS_NOTED_EVERY: u64 = 16;
/// Memory of an inner node: two links of 48 bytes, counts and the allocator's.
pub const INNER_MEMORY_BYTES: usize = 128;
/// Memory of a leaf in a cached bucket: 72 bytes, and 32 for a hash above it.
pub const LEAF_MEMORY_BYTES: usize = 104;
/// Memory of a cached bucket beside its leaves: counts, the allocator's, and the cache's own entries.
pub const BUCKET_MEMORY_BYTES: usize = 128;
/// Memory of the cache of buckets: all of some 840,000 keys (104 bytes each, and 128 for 8.3 of them). With 128 MiB a validator that
/// captures went past 512 MiB.
/// Above them are 1.44 nodes of 128 bytes for each bucket, always in memory: 22 MB at 1 M keys, 220 MB at 10 M.
pub const BUCKET_CACHE_BYTES: usize = 96 << 20;
/// Memory of the cache of state values.
pub const VALUE_CACHE_BYTES: usize = 16 << 20;
/// Values above this size are not cached: a thousand of the rest fit into the cache.
pub const CACHED_VALUE_BYTES_MAX: usize = VALUE_CACHE_BYTES / 1024;
/// Memory of short logs that were read whole: those of 120,000 things with three events each (96 bytes, and
/// [`LINES_MEMORY_BYTES`]). It fills as they are asked for, so a validator that answers no traces does not need it.
pub const LINES_CACHE_BYTES: usize = 32 << 20;
/// Memory of a log that is kept beside its entries: the allocator's and the cache's own.
pub const LINES_MEMORY_BYTES: usize = 160;
/// Entries of the longest log that is kept whole; longer ones are read in parts.
pub const LINES_MAX: usize = 1024;
/// Memory of RocksDB's block cache, which also holds indexes and filters: these are some 10 MiB for a million events, and what
/// is left holds the rows that are asked for again.
pub const BLOCK_CACHE_BYTES: u64 = 64 << 20;
/// Bytes of a part of a table's index or filter: a read loads one, a data block's worth, instead of the whole, which is 400 KiB
/// for a table of 64 MiB with a row of 4 KiB in each block.
pub const INDEX_PART_BYTES: usize = 4 << 10;
/// Memory of RocksDB's memtables over all spaces.
pub const MEMTABLES_BYTES: u64 = 48 << 20;
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

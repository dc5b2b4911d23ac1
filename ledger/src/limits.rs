//! Bounds of the ledger, with their arithmetic.

/// Heights whose whole state stays readable and provable. Execution runs at most 64 blocks ahead of
/// its certification (the largest `runAhead`), so twice that always reaches the certified state.
pub const STATE_HEIGHTS_RETAINED: u64 = 128;
/// Keys of one bucket of the state tree at most. A bucket is on average 0.69 times as full (a random trie). More keys mean more
/// bytes written for an update (72 each), fewer mean more nodes in memory; `ledger/BENCH.md` has both.
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
/// Live units that a block writes again at most, beside as many as it writes itself: 64 KiB of each kind.
pub const RELOCATED_UNITS_BASE: u64 = (64 << 10) / 32;
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
/// Memory of an inner node: its hash, two links of 48 bytes, counts and the allocator's.
pub const INNER_MEMORY_BYTES: usize = 160;
/// Memory of a leaf in a cached bucket: 72 bytes, and 32 for a hash above it.
pub const LEAF_MEMORY_BYTES: usize = 104;
/// Memory of a cached bucket beside its leaves: its head, three allocations and the cache's own entry.
pub const BUCKET_MEMORY_BYTES: usize = 240;
/// Memory of the cache of buckets: all of some 950,000 keys (104 bytes each, and 240 for 8.3 of them).
/// Above them are 1.44 nodes of 160 bytes for each bucket, always in memory: 28 MB at 1 M keys, 280 MB at 10 M.
pub const BUCKET_CACHE_BYTES: usize = 128 << 20;
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
/// Most index entries or blocks that one search for events looks at before it answers with a cursor.
pub const EVENT_SEARCH_STEPS_MAX: usize = 10_000;
/// Largest stored record: a block's transactions (2 MiB and 68 bytes for each of 10,000) or its
/// receipts with the events and outputs of 10,000 transactions.
pub const RECORD_BYTES_MAX: usize = 256 << 20;
/// Most faults that a check of the database lists; more are only counted.
pub const FAULTS_LISTED_MAX: usize = 1000;

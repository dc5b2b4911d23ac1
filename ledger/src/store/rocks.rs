//! RocksDB: the database of a node, and the only file that names it.
//!
//! One database with a column family for each [`Space`]. The write-ahead log is on and checked:
//! only an incomplete last record is forgiven, since it can never have been acknowledged; any other
//! damage refuses to open. Memory is bounded by one block cache and one memtable budget for all.
//! `node/docs/decisions/0004-rocksdb.md` argues each setting.

use super::tuning::Tuning;
use super::{Batch, Direction, KeyRange, Rows, Space, Store, StoreError};
use crate::event::event_height;
use crate::limits::{FILE_SYNC_BYTES, INDEX_PART_BYTES, MEMTABLE_BYTES, WAL_BYTES_MAX};
use crate::reader::Reader;
use rocksdb::checkpoint::Checkpoint;
use rocksdb::compaction_filter::Decision;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType,
    DBRecoveryMode, ErrorKind, IteratorMode, Options, ReadOptions, WriteBatch, WriteBufferManager, WriteOptions,
};
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A RocksDB database.
pub struct RocksStore {
    db: DB,
    /// Events of heights below this one go when their files are merged.
    events_from: Arc<AtomicU64>,
}

impl std::fmt::Debug for RocksStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RocksStore({})", self.db.path().display())
    }
}

impl RocksStore {
    /// Makes a new database in a directory that is missing or empty.
    ///
    /// # Errors
    /// [`StoreError::Remains`] if there are files in it.
    pub fn create(directory: &Path) -> Result<Self, StoreError> {
        Self::create_with(directory, &Tuning::default())
    }

    /// As [`RocksStore::create`], with settings.
    ///
    /// # Errors
    /// As [`RocksStore::create`].
    pub fn create_with(directory: &Path, tuning: &Tuning) -> Result<Self, StoreError> {
        if !is_vacant(directory)? {
            return Err(remains(directory, "an empty directory"));
        }
        Self::start(directory, true, tuning)
    }

    /// Opens an existing database. It never creates one.
    ///
    /// # Errors
    /// [`StoreError::Remains`] if its own files are missing, [`StoreError::Failed`] if RocksDB finds
    /// damage or another process holds it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_with(directory, &Tuning::default())
    }

    /// As [`RocksStore::open`], with settings.
    ///
    /// # Errors
    /// As [`RocksStore::open`].
    pub fn open_with(directory: &Path, tuning: &Tuning) -> Result<Self, StoreError> {
        if !directory.join("CURRENT").is_file() {
            return Err(remains(directory, "CURRENT"));
        }
        let names = std::fs::read_dir(directory).map_err(|cause| failed("listing its directory", &cause))?;
        let has_manifest = names
            .filter_map(Result::ok)
            .any(|entry| entry.file_name().to_str().is_some_and(|name| name.starts_with("MANIFEST-")));
        if !has_manifest {
            return Err(remains(directory, "MANIFEST"));
        }
        Self::start(directory, false, tuning)
    }

    fn start(directory: &Path, create: bool, tuning: &Tuning) -> Result<Self, StoreError> {
        let cache = Cache::new_lru_cache(size(tuning.block_cache_bytes));
        let events_from = Arc::new(AtomicU64::new(0));
        let spaces = Space::ALL.map(|space| {
            let mut options = space_options(space, &cache);
            if space == Space::Events {
                forget(&mut options, &events_from);
            }
            ColumnFamilyDescriptor::new(space.name(), options)
        });
        let db = DB::open_cf_descriptors(&database_options(create, tuning), directory, spaces)
            .map_err(|cause| failed("opening", &cause))?;
        Ok(Self { db, events_from })
    }

    fn family(&self, space: Space) -> Result<&ColumnFamily, StoreError> {
        self.db.cf_handle(space.name()).ok_or_else(|| failed("finding a column family", &space))
    }

    /// Bytes of the database on disk, by RocksDB's own account.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        Space::ALL.iter().map(|space| self.space_bytes(*space)).sum()
    }

    /// Bytes of a space's files.
    fn space_bytes(&self, space: Space) -> u64 {
        let bytes = |family| self.db.property_int_value_cf(family, "rocksdb.total-sst-files-size").ok().flatten();
        self.family(space).ok().and_then(bytes).unwrap_or_default()
    }

    /// Writes a copy of the database as it stands into a directory that does not exist: hard links where the file system
    /// allows them, else copies. Writing goes on meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Failed`] with RocksDB's words.
    pub fn checkpoint(&self, directory: &Path) -> Result<(), StoreError> {
        let checkpoint = Checkpoint::new(&self.db).map_err(|cause| failed("beginning a backup", &cause))?;
        checkpoint.create_checkpoint(directory).map_err(|cause| failed("writing a backup", &cause))
    }
}

impl Reader<RocksStore> {
    /// Bytes on disk of each space.
    #[must_use]
    pub fn space_bytes(&self) -> Vec<(Space, u64)> {
        Space::ALL.iter().map(|space| (*space, self.store().space_bytes(*space))).collect()
    }

    /// Where the database is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.store().db.path()
    }

    /// As [`RocksStore::checkpoint`].
    ///
    /// # Errors
    /// As [`RocksStore::checkpoint`].
    pub fn checkpoint(&self, directory: &Path) -> Result<(), StoreError> {
        self.store().checkpoint(directory)
    }
}

fn database_options(create: bool, tuning: &Tuning) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    options.set_paranoid_checks(true);
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    let buffers = WriteBufferManager::new_write_buffer_manager(size(tuning.write_buffer_bytes), false);
    options.set_write_buffer_manager(&buffers);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_open_files(i32::try_from(tuning.open_files).unwrap_or(i32::MAX));
    options.set_max_background_jobs(i32::try_from(tuning.background_jobs).unwrap_or(i32::MAX));
    options.set_bytes_per_sync(FILE_SYNC_BYTES);
    if let Ok(pace @ 1..) = i64::try_from(tuning.compaction_bytes_per_second) {
        options.set_auto_tuned_ratelimiter(pace, PACE_REFILL_US, PACE_FAIRNESS);
    }
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(1 << 20);
    options.set_stats_dump_period_sec(0);
    options
}

fn space_options(space: Space, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    // In one piece the index of a table of small rows is larger than a shard of the cache, so that each read would load it anew.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_metadata_block_size(INDEX_PART_BYTES);
    table.set_pin_top_level_index_and_filter(true);
    if matches!(space, Space::Places | Space::Keys | Space::Blocks) {
        table.set_bloom_filter(10.0, false);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(MEMTABLE_BYTES);
    options.set_level_compaction_dynamic_level_bytes(true);
    // Hashes do not compress.
    let is_hashes = matches!(
        space,
        Space::Pages
            | Space::Deltas
            | Space::Table
            | Space::Places
            | Space::Blocks
            | Space::Certificates
            | Space::Trees
    );
    options.set_compression_type(if is_hashes { DBCompressionType::None } else { DBCompressionType::Lz4 });
    // What is written once and mostly lies in the last level is worth more time.
    if matches!(space, Space::Bodies | Space::Receipts | Space::Logs) {
        options.set_bottommost_compression_type(DBCompressionType::Zstd);
    }
    options
}

/// RocksDB's own defaults: ten refills a second, and one of ten turns for whoever waits longest.
const PACE_REFILL_US: i64 = 100_000;
const PACE_FAIRNESS: i32 = 10;

/// Lets merges leave out events of heights below a floor.
fn forget(options: &mut Options, from: &Arc<AtomicU64>) {
    let from = Arc::clone(from);
    options.set_compaction_filter("events below the floor", move |_, key, _| match event_height(key) {
        Some(height) if height < from.load(Ordering::Relaxed) => Decision::Remove,
        _ => Decision::Keep,
    });
}

/// A setting in bytes; more than the address space has is as much as it has.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Store for RocksStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(space)?, key).map_err(|cause| unreadable(space, key, "reading", &cause))
    }

    fn scan(&self, space: Space, range: &KeyRange, direction: Direction, limit: usize) -> Result<Rows, StoreError> {
        if range.is_empty() {
            return Ok(Rows::new());
        }
        let mut options = ReadOptions::default();
        let (lower, upper) = (lower_bound(&range.from), upper_bound(&range.to));
        if let Some(lower) = lower {
            options.set_iterate_lower_bound(lower);
        }
        if let Some(upper) = upper {
            options.set_iterate_upper_bound(upper);
        }
        let mode = match direction {
            Direction::Forward => IteratorMode::Start,
            Direction::Backward => IteratorMode::End,
        };
        let mut rows = Rows::new();
        for row in self.db.iterator_cf_opt(self.family(space)?, options, mode).take(limit) {
            let (key, value) = row.map_err(|cause| unreadable(space, &[], "scanning", &cause))?;
            rows.push((key.into_vec(), value.into_vec()));
        }
        Ok(rows)
    }

    fn write(&self, batch: Batch, sync: bool) -> Result<(), StoreError> {
        let mut writes = WriteBatch::default();
        for range in batch.ranges() {
            writes.delete_range_cf(self.family(range.space)?, &range.from, &range.to);
        }
        for change in batch.changes() {
            let family = self.family(change.space)?;
            match &change.value {
                Some(value) => writes.put_cf(family, &change.key, value),
                None => writes.delete_cf(family, &change.key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(sync);
        self.db.write_opt(writes, &options).map_err(|cause| failed("writing", &cause))
    }

    /// Deletes the tables that hold nothing else. Rows in sequence never overlap, so compaction moves their tables
    /// down as they are, and no tombstone is written.
    fn discard(&self, space: Space, to: &[u8]) -> Result<(), StoreError> {
        // RocksDB counts the end in.
        let Some(last) = just_below(to) else { return Ok(()) };
        let family = self.family(space)?;
        self.db
            .delete_file_in_range_cf(family, [].as_slice(), last.as_slice())
            .map_err(|cause| failed("discarding", &cause))
    }

    fn forget_events(&self, below: u64) {
        self.events_from.fetch_max(below, Ordering::Relaxed);
    }
}

/// The largest key of the same length that is below a key, if there is one.
fn just_below(key: &[u8]) -> Option<Vec<u8>> {
    let mut below = key.to_vec();
    for byte in below.iter_mut().rev() {
        let (less, borrows) = byte.overflowing_sub(1);
        *byte = less;
        if !borrows {
            return Some(below);
        }
    }
    None
}

/// The smallest key in the range; the next key after `k` is `k` and a zero byte.
fn lower_bound(from: &Bound<Vec<u8>>) -> Option<Vec<u8>> {
    match from {
        Bound::Included(from) => Some(from.clone()),
        Bound::Excluded(from) => Some([from.as_slice(), &[0]].concat()),
        Bound::Unbounded => None,
    }
}

/// The first key behind the range.
fn upper_bound(to: &Bound<Vec<u8>>) -> Option<Vec<u8>> {
    match to {
        Bound::Included(to) => Some([to.as_slice(), &[0]].concat()),
        Bound::Excluded(to) => Some(to.clone()),
        Bound::Unbounded => None,
    }
}

fn is_vacant(directory: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(cause) => Err(failed("listing its directory", &cause)),
    }
}

fn remains(directory: &Path, missing: &'static str) -> StoreError {
    StoreError::Remains { directory: directory.display().to_string(), missing }
}

/// A read that failed: what the disk changed is told from a disk that does not answer.
fn unreadable(space: Space, key: &[u8], doing: &'static str, cause: &rocksdb::Error) -> StoreError {
    match cause.kind() {
        ErrorKind::Corruption => StoreError::Damaged { space, key: key.to_vec(), cause: cause.to_string() },
        _ => failed(doing, cause),
    }
}

fn failed(doing: &'static str, cause: &impl ToString) -> StoreError {
    StoreError::Failed { doing, cause: cause.to_string() }
}

#[cfg(test)]
mod tests {
    use super::just_below;

    #[test]
    fn the_key_below_is_the_number_before() {
        for number in [1u64, 255, 256, 65_536, u64::MAX] {
            assert_eq!(just_below(&number.to_be_bytes()), Some((number - 1).to_be_bytes().to_vec()));
        }
        assert_eq!(just_below(&[0; 8]), None);
    }
}

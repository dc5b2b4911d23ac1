//! RocksDB: the database of a node, and the only file that names it.
//!
//! One database with a column family for each [`Space`]. The write-ahead log is on and checked:
//! only an incomplete last record is forgiven, since it can never have been acknowledged; any other
//! damage refuses to open. Memory is bounded by one block cache and one memtable budget for all.

use super::{Batch, Direction, KeyRange, Rows, Space, Store, StoreError};
use crate::limits::{BLOCK_CACHE_BYTES, MEMTABLE_BYTES, MEMTABLES_BYTES, OPEN_FILES_MAX, WAL_BYTES_MAX};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode,
    IteratorMode, Options, ReadOptions, WriteBatch, WriteBufferManager, WriteOptions,
};
use std::ops::Bound;
use std::path::Path;

/// A RocksDB database.
pub struct RocksStore {
    db: DB,
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
        if !is_vacant(directory)? {
            return Err(remains(directory, "an empty directory"));
        }
        Self::start(directory, true)
    }

    /// Opens an existing database. It never creates one.
    ///
    /// # Errors
    /// [`StoreError::Remains`] if its own files are missing, [`StoreError::Failed`] if RocksDB finds
    /// damage or another process holds it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
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
        Self::start(directory, false)
    }

    fn start(directory: &Path, create: bool) -> Result<Self, StoreError> {
        let cache = Cache::new_lru_cache(BLOCK_CACHE_BYTES);
        let spaces = Space::ALL.map(|space| ColumnFamilyDescriptor::new(space.name(), space_options(space, &cache)));
        let db = DB::open_cf_descriptors(&database_options(create), directory, spaces)
            .map_err(|cause| failed("opening", &cause))?;
        Ok(Self { db })
    }

    fn family(&self, space: Space) -> Result<&ColumnFamily, StoreError> {
        self.db.cf_handle(space.name()).ok_or_else(|| failed("finding a column family", &space))
    }

    /// Bytes of the database on disk, by RocksDB's own account.
    #[must_use]
    pub fn disk_bytes(&self) -> u64 {
        Space::ALL
            .iter()
            .filter_map(|space| self.family(*space).ok())
            .filter_map(|family| self.db.property_int_value_cf(family, "rocksdb.total-sst-files-size").ok().flatten())
            .sum()
    }
}

fn database_options(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_error_if_exists(create);
    options.set_paranoid_checks(true);
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_write_buffer_manager(&WriteBufferManager::new_write_buffer_manager(MEMTABLES_BYTES, false));
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(2);
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
    if matches!(space, Space::Places | Space::Keys | Space::Blocks) {
        table.set_bloom_filter(10.0, false);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(MEMTABLE_BYTES);
    options.set_level_compaction_dynamic_level_bytes(true);
    // Hashes do not compress.
    let is_hashes = matches!(space, Space::Pages | Space::Places | Space::Blocks | Space::Certificates | Space::Trees);
    options.set_compression_type(if is_hashes { DBCompressionType::None } else { DBCompressionType::Lz4 });
    options
}

impl Store for RocksStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(space)?, key).map_err(|cause| failed("reading", &cause))
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
            let (key, value) = row.map_err(|cause| failed("scanning", &cause))?;
            rows.push((key.into_vec(), value.into_vec()));
        }
        Ok(rows)
    }

    fn write(&self, batch: Batch, sync: bool) -> Result<(), StoreError> {
        let mut writes = WriteBatch::default();
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

fn failed(doing: &'static str, cause: &impl ToString) -> StoreError {
    StoreError::Failed { doing, cause: cause.to_string() }
}

//! Backups: a copy of the ledger as it stood at one moment, made while the node goes on.
//!
//! ```text
//! DIR/backup.json     what it is: chain, height, version
//! DIR/genesis.json    the genesis
//! DIR/ledger/         the database: hard links where DIR is on the same file system, else copies
//! ```
//!
//! It is written beside its place and renamed at the end, so that nobody takes a part for the whole. The vote journal is never
//! part of one: an old journal has forgotten votes.

use crate::limits::{SPACE_RESUME_BYTES, SPACE_STOP_BYTES};
use crate::node::LEDGER_DIRECTORY;
use crate::space::free_bytes;
use countersign_ledger::store::StoreError;
use countersign_ledger::{Reader, RocksStore};
use countersign_types::{Genesis, Hash, Height};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What a backup says of itself.
pub const MANIFEST_FILE: &str = "backup.json";
/// The genesis in a backup.
pub const GENESIS_FILE: &str = "genesis.json";
/// Version of the layout above.
const FORMAT: u32 = 1;
/// Largest manifest that is read.
const MANIFEST_BYTES_MAX: u64 = 64 << 10;

/// What a backup is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// Version of the program that made it.
    pub version: String,
    /// The network's name.
    pub network: String,
    /// The chain.
    pub chain: Hash,
    /// The tip when it was begun; the copy may hold a few blocks more.
    pub height: Height,
    /// The certified height then.
    pub certified: Height,
    /// Bytes of its database.
    pub bytes: u64,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory exists.
    #[error("{} exists; a backup is made in a new directory", .0.display())]
    Exists(PathBuf),
    /// The directory is relative, or in no directory.
    #[error("{} must be an absolute path in a directory that exists", .0.display())]
    Place(PathBuf),
    /// There is too little room.
    #[error("{} has {free} bytes free; a backup needs {needed} there, and what the node keeps free to go on voting", .directory.display())]
    Room {
        /// Where.
        directory: PathBuf,
        /// Bytes free.
        free: u64,
        /// Bytes needed.
        needed: u64,
    },
    /// Something could not be written or read.
    #[error("{doing} {}: {cause}", .path.display())]
    File {
        /// What was done.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The database could not be copied.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory holds no backup that this program reads.
    #[error("{} is no backup: {cause}", .path.display())]
    NoBackup {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        cause: String,
    },
}

/// Writes a backup of a ledger into a new directory. Writing to the ledger goes on meanwhile.
///
/// # Errors
/// See [`BackupError`]; what was begun is removed.
pub fn write(reader: &Reader<RocksStore>, genesis: &Genesis, directory: &Path) -> Result<Manifest, BackupError> {
    let parent = directory.parent().filter(|parent| directory.is_absolute() && parent.is_dir());
    let parent = parent.ok_or_else(|| BackupError::Place(directory.to_owned()))?;
    if directory.symlink_metadata().is_ok() {
        return Err(BackupError::Exists(directory.to_owned()));
    }
    check_room(reader, parent)?;
    let partial = partial(directory);
    remove(&partial)?;
    let outcome = fill(reader, genesis, &partial);
    let done = outcome.and_then(|manifest| {
        fs::rename(&partial, directory).map_err(file("renaming", &partial))?;
        sync(parent)?;
        Ok(manifest)
    });
    if done.is_err() {
        // The error that is told is the first one.
        let _ = remove(&partial);
    }
    done
}

/// Where a backup is until it is whole. No other directory that a backup might be asked for has this name, nor has one that
/// a person made for something else.
fn partial(directory: &Path) -> PathBuf {
    let mut name = directory.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

fn fill(reader: &Reader<RocksStore>, genesis: &Genesis, partial: &Path) -> Result<Manifest, BackupError> {
    fs::create_dir(partial).map_err(file("making", partial))?;
    let (height, certified) = (reader.tip().height, reader.certified());
    let ledger = partial.join(LEDGER_DIRECTORY);
    reader.checkpoint(&ledger)?;
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        network: genesis.network.clone(),
        chain: genesis.chain(),
        height,
        certified,
        bytes: directory_bytes(&ledger)?,
    };
    put(&partial.join(GENESIS_FILE), genesis)?;
    put(&partial.join(MANIFEST_FILE), &manifest)?;
    sync(partial)?;
    Ok(manifest)
}

/// Reads what a backup says of itself.
///
/// # Errors
/// [`BackupError::NoBackup`].
pub fn read(directory: &Path) -> Result<Manifest, BackupError> {
    let path = directory.join(MANIFEST_FILE);
    let no_backup = |cause: String| BackupError::NoBackup { path: path.clone(), cause };
    let length = fs::metadata(&path).map_err(|cause| no_backup(cause.to_string()))?.len();
    if length > MANIFEST_BYTES_MAX {
        return Err(no_backup(format!("{length} bytes are too many")));
    }
    let text = fs::read(&path).map_err(|cause| no_backup(cause.to_string()))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|cause| no_backup(cause.to_string()))?;
    match manifest.format {
        FORMAT => Ok(manifest),
        other => Err(no_backup(format!("it has format {other}, this program reads format {FORMAT}"))),
    }
}

/// Copies a directory of files, each synced.
///
/// # Errors
/// [`BackupError::File`].
pub fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::create_dir(to).map_err(file("making", to))?;
    for entry in fs::read_dir(from).map_err(file("listing", from))? {
        let entry = entry.map_err(file("listing", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !entry.file_type().map_err(file("looking at", &source))?.is_file() {
            return Err(BackupError::NoBackup { path: source, cause: "it is no regular file".to_owned() });
        }
        fs::copy(&source, &target).map_err(file("copying", &source))?;
        sync(&target)?;
    }
    sync(to)
}

/// Bytes of the files of a directory.
///
/// # Errors
/// [`BackupError::File`].
pub fn directory_bytes(directory: &Path) -> Result<u64, BackupError> {
    let entries = fs::read_dir(directory).map_err(file("listing", directory))?;
    let sizes = entries.filter_map(Result::ok).filter_map(|entry| entry.metadata().ok());
    Ok(sizes.fold(0, |sum, metadata| sum.saturating_add(metadata.len())))
}

/// Removes a directory of ours, if it is there.
///
/// # Errors
/// [`BackupError::File`].
pub fn remove(directory: &Path) -> Result<(), BackupError> {
    match fs::remove_dir_all(directory) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(file("removing", directory)(cause)),
        _ => Ok(()),
    }
}

/// Makes a file's or directory's content durable.
///
/// # Errors
/// [`BackupError::File`].
pub fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(file("syncing", path))
}

/// On the node's own file system hard links take no room, but what they keep from being removed does; elsewhere all is copied.
fn check_room(reader: &Reader<RocksStore>, parent: &Path) -> Result<(), BackupError> {
    let same = device(reader.directory()).is_some_and(|own| device(parent) == Some(own));
    let files = reader.space_bytes().iter().fold(0u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    let needed = if same { SPACE_RESUME_BYTES } else { files.saturating_add(SPACE_STOP_BYTES) };
    let free = free_bytes(parent).map_err(file("looking at", parent))?;
    if free < needed {
        return Err(BackupError::Room { directory: parent.to_owned(), free, needed });
    }
    Ok(())
}

fn device(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.dev())
}

fn put(path: &Path, value: &impl Serialize) -> Result<(), BackupError> {
    let text = serde_json::to_vec_pretty(value).map_err(io::Error::from);
    text.and_then(|text| fs::write(path, text)).map_err(file("writing", path))?;
    sync(path)
}

fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.to_owned();
    move |cause| BackupError::File { doing, path, cause }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use countersign_ledger::Ledger;
    use countersign_types::account::KeyEntry;
    use countersign_types::{
        Account, Organisation, Parameters, Roles, SecretKey, TimestampMs, Validator, ValidatorSet,
    };

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            version: "0.1.0".to_owned(),
            network: "test".to_owned(),
            chain: Hash([7; 32]),
            height: Height(9),
            certified: Height(8),
            bytes: 1_000,
        }
    }

    #[test]
    fn what_is_no_backup_is_refused_by_name() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |text: &str| {
            fs::write(directory.path().join(MANIFEST_FILE), text).unwrap();
            read(directory.path()).map_err(|cause| cause.to_string())
        };
        assert!(read(&directory.path().join("none")).unwrap_err().to_string().contains("is no backup"));
        assert!(refused("{}").unwrap_err().contains("missing field"));
        let other = Manifest { format: 2, ..manifest() };
        let said = refused(&serde_json::to_string(&other).unwrap()).unwrap_err();
        assert!(said.contains("it has format 2, this program reads format 1"), "{said}");
        assert!(refused(&" ".repeat(100_000)).unwrap_err().contains("too many"));
        assert_eq!(refused(&serde_json::to_string(&manifest()).unwrap()), Ok(manifest()));
    }

    #[test]
    fn a_backup_is_written_beside_nothing_and_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let genesis = genesis();
        let store = RocksStore::create(&directory.path().join("ledger")).unwrap();
        let reader = Ledger::create(store, &genesis).unwrap().reader();
        let target = directory.path().join("backup");
        assert!(matches!(write(&reader, &genesis, Path::new("backup")), Err(BackupError::Place(_))));
        let nowhere = directory.path().join("no/backup");
        assert!(matches!(write(&reader, &genesis, &nowhere), Err(BackupError::Place(_))));
        // What a backup that was cut off left behind gives way; what is another's does not.
        fs::create_dir(directory.path().join("backup.partial")).unwrap();
        let dated = directory.path().join("2026.11.29");
        let other = directory.path().join("2026.11.partial");
        fs::create_dir(&other).unwrap();
        write(&reader, &genesis, &dated).unwrap();
        assert!(other.exists() && dated.exists());
        let written = write(&reader, &genesis, &target).unwrap();
        assert_eq!((written.chain, written.height), (genesis.chain(), Height::ZERO));
        assert_eq!(read(&target).unwrap(), written);
        assert!(!directory.path().join("backup.partial").exists());
        assert!(matches!(write(&reader, &genesis, &target), Err(BackupError::Exists(_))));
        let copied = directory.path().join("copied");
        copy(&target.join(LEDGER_DIRECTORY), &copied).unwrap();
        assert!(Ledger::open(RocksStore::open(&copied).unwrap(), &genesis).is_ok());
        assert!(copy(&target, &directory.path().join("deep")).is_err(), "a directory in it is no file");
    }

    fn genesis() -> Genesis {
        let public = |seed| SecretKey::from_seed(&[seed; 32]).public();
        let validator = Validator { organisation: "farm".into(), key: public(1), network_key: public(2) };
        Genesis {
            network: "test".into(),
            time: TimestampMs(1_700_000_000_000),
            parameters: Parameters::default(),
            deployment: countersign_types::DeployPolicy::default(),
            governance: countersign_types::Rules::default(),
            validators: ValidatorSet::new(vec![validator]).unwrap(),
            organisations: vec![Organisation::new("farm", "Farm")],
            accounts: vec![Account {
                id: "farm/admin".parse().unwrap(),
                roles: Roles::ADMIN,
                keys: vec![KeyEntry { key: public(3), valid_from: Height::ZERO, valid_to: None }],
                attributes: std::collections::BTreeMap::new(),
            }],
        }
    }
}

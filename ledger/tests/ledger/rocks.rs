//! The ledger in RocksDB: the same results as in memory, and no database beside an old one.

use crate::chain::{Chain, genesis, work};
use countersign_ledger::store::StoreError;
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, MemoryStore, RocksStore};
use countersign_types::Height;
use std::path::Path;

fn fill(directory: &Path, heights: u64) {
    let mut chain = Chain::create(RocksStore::create(directory).unwrap());
    for height in 1..=heights {
        chain.commit_certified(&work(height));
    }
}

#[test]
fn a_ledger_in_rocksdb_reopens_and_is_sound() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("ledger");
    fill(&directory, 140);
    let mut memory = Chain::create(MemoryStore::new());
    for height in 1..=140 {
        memory.commit(&work(height));
    }
    let ledger = Ledger::open(RocksStore::open(&directory).unwrap(), &genesis()).unwrap();
    assert_eq!(ledger.tip(), memory.tip());
    assert_eq!(ledger.reader().certified(), Height(140));
    let report = verify(&ledger.reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
    assert!(ledger.reader().witness(Height(20), &[b"any"]).is_ok());
}

#[test]
fn nothing_is_created_beside_remains() {
    for missing in ["CURRENT", "MANIFEST"] {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path(), 3);
        let before = names(directory.path());
        for name in &before {
            if name.starts_with(missing) {
                std::fs::remove_file(directory.path().join(name)).unwrap();
            }
        }
        let refused = RocksStore::open(directory.path());
        assert!(
            matches!(&refused, Err(StoreError::Remains { missing: found, .. }) if *found == missing),
            "{refused:?}"
        );
        assert!(matches!(RocksStore::create(directory.path()), Err(StoreError::Remains { .. })));
        let left: Vec<String> = before.into_iter().filter(|name| !name.starts_with(missing)).collect();
        assert_eq!(names(directory.path()), left, "a refusal touches nothing");
    }
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(RocksStore::open(directory.path()), Err(StoreError::Remains { .. })));
    assert!(matches!(RocksStore::open(&directory.path().join("none")), Err(StoreError::Remains { .. })));
}

#[test]
fn damage_on_disk_is_found() {
    for pattern in [".log", ".sst"] {
        let directory = tempfile::tempdir().unwrap();
        fill(directory.path(), 60);
        // Opening flushes the log into tables.
        if pattern == ".sst" {
            drop(RocksStore::open(directory.path()).unwrap());
        }
        let mut flipped = 0;
        for name in names(directory.path()).iter().filter(|name| name.ends_with(pattern)) {
            let path = directory.path().join(name);
            let mut bytes = std::fs::read(&path).unwrap();
            if bytes.len() > 4096 {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 4;
                std::fs::write(&path, bytes).unwrap();
                flipped += 1;
            }
        }
        assert!(flipped > 0, "there is something to damage: {:?}", names(directory.path()));
        let is_noticed = match RocksStore::open(directory.path()).map(|store| Ledger::open(store, &genesis())) {
            Err(_) | Ok(Err(_)) => true,
            Ok(Ok(ledger)) => !verify(&ledger.reader(), &genesis(), |_| ()).is_sound(),
        };
        assert!(is_noticed, "{pattern}");
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("LOG"));
    names.sort();
    names
}

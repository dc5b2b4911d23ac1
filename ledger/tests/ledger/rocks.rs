//! The ledger in RocksDB: the same results as in memory, and no database beside an old one.

use crate::chain::{Chain, Work, contract, genesis, work};
use countersign_ledger::store::StoreError;
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, MemoryStore, RocksStore};
use countersign_types::{Height, state_key};
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

/// RocksDB drops whole tables of packs that nobody needs, and none that anybody does.
#[test]
fn packs_that_died_give_their_room_back() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("ledger");
    let mut chain = Chain::create(RocksStore::create(&directory).unwrap());
    let key = |number: u64| state_key::storage(&contract(), &number.to_be_bytes());
    let mut written = 0;
    let mut sizes = Vec::new();
    for height in 1..=1200u64 {
        let numbers = (0..60).map(|index| (height * 31 + index * 97) % 1500);
        let writes = numbers.map(|number| (key(number), Some((height ^ number).to_be_bytes().repeat(100)))).collect();
        chain.commit_certified(&Work { writes, ..Work::default() });
        written += 60 * 850;
        if height.is_multiple_of(300) {
            chain = Chain { ledger: Ledger::open(reopen(chain, &directory), &genesis()).unwrap(), genesis: genesis() };
            sizes.push(bytes_below(&directory));
        }
    }
    let report = verify(&chain.reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
    for height in [chain.reader().oldest_state(), chain.tip().height] {
        for number in 0..1500 {
            chain.reader().read_at(&key(number), height).unwrap();
        }
    }
    assert!(sizes[3] < written * 2 / 3, "{sizes:?} of {written}");
}

fn reopen(chain: Chain<RocksStore>, directory: &Path) -> RocksStore {
    drop(chain);
    RocksStore::open(directory).unwrap()
}

/// Bytes of the tables.
fn bytes_below(directory: &Path) -> u64 {
    let tables = std::fs::read_dir(directory).unwrap().map(Result::unwrap);
    tables
        .filter(|file| file.path().extension().is_some_and(|end| end == "sst"))
        .map(|file| file.metadata().unwrap().len())
        .sum()
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

/// What is done to a file.
type Harm = (&'static str, fn(&Path));
const HARM: [Harm; 4] = [
    ("gone", |file| std::fs::remove_file(file).unwrap()),
    ("empty", |file| std::fs::write(file, []).unwrap()),
    ("cut", |file| {
        let bytes = std::fs::read(file).unwrap();
        std::fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
    }),
    ("flipped", |file| {
        let mut bytes = std::fs::read(file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        std::fs::write(file, bytes).unwrap();
    }),
];

/// Each file of a database is lost, emptied, cut and flipped in turn: it is refused, found damaged, or everything is there.
/// Never is a ledger answered that is empty or has a hole. Only the end of the newest write-ahead log may be missing: it
/// looks like one that was cut off by a power failure, and what is there is a whole ledger of fewer blocks.
#[test]
fn no_harmed_file_leads_to_another_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let (sound, copy) = (directory.path().join("sound"), directory.path().join("copy"));
    fill(&sound, 30);
    // Opening moves the log into tables; the blocks after it are in a log.
    let mut chain =
        Chain { ledger: Ledger::open(RocksStore::open(&sound).unwrap(), &genesis()).unwrap(), genesis: genesis() };
    for height in 31..=60 {
        chain.commit_certified(&work(height));
    }
    let tip = chain.tip().clone();
    let blocks: Vec<_> = (1..=60).map(|height| chain.reader().block(Height(height)).unwrap()).collect();
    drop(chain);
    let logs: Vec<String> = names(&sound).into_iter().filter(|name| name.ends_with(".log")).collect();
    let mut seen = std::collections::BTreeMap::new();
    let is_empty = |name: &String| std::fs::metadata(sound.join(name)).unwrap().len() == 0;
    for name in names(&sound).into_iter().filter(|name| !is_empty(name)) {
        for (harm, harmed) in HARM {
            let _ = std::fs::remove_dir_all(&copy);
            std::fs::create_dir(&copy).unwrap();
            for name in names(&sound) {
                std::fs::copy(sound.join(&name), copy.join(&name)).unwrap();
            }
            harmed(&copy.join(&name));
            let opened = RocksStore::open(&copy).map(|store| Ledger::open(store, &genesis()));
            let outcome = match opened {
                Err(_) | Ok(Err(_)) => "refused",
                Ok(Ok(ledger)) if !verify(&ledger.reader(), &genesis(), |_| ()).is_sound() => "found damaged",
                Ok(Ok(ledger)) if ledger.tip() == &tip => "whole",
                Ok(Ok(ledger)) => {
                    let reader = ledger.reader();
                    let height = reader.tip().height;
                    assert_eq!(logs.last(), Some(&name), "{name} {harm}: blocks are lost");
                    assert!(height >= Height(30), "{name} {harm}: only what is in the log");
                    for (block, number) in blocks.iter().zip(1..=height.0) {
                        assert_eq!(reader.block(Height(number)).unwrap(), *block);
                    }
                    "behind"
                }
            };
            *seen.entry(outcome).or_insert(0u32) += 1;
        }
    }
    println!("{seen:?}");
    assert!(seen["refused"] > 0 && seen["whole"] > 0, "{seen:?}");
}

/// What was pruned goes from the disk too, events with the next merge.
#[test]
fn pruned_rows_leave_the_disk() {
    use countersign_ledger::limits::{BLOCK_HEIGHTS_RETAINED_MIN, PRUNED_HEIGHTS_STEP, STATE_HEIGHTS_RETAINED};
    use countersign_ledger::{Class, Keep, Retention};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    let mut chain = Chain::create(RocksStore::create(&path).unwrap());
    let kept = Keep::Heights(BLOCK_HEIGHTS_RETAINED_MIN);
    chain.ledger.retain(Retention::new(kept, kept, STATE_HEIGHTS_RETAINED).unwrap());
    for height in 1..=BLOCK_HEIGHTS_RETAINED_MIN + PRUNED_HEIGHTS_STEP {
        chain.commit_certified(&work(height));
    }
    let from = Height(1 + PRUNED_HEIGHTS_STEP);
    assert_eq!(chain.reader().oldest(Class::Bodies), from);
    drop(chain);
    let ledger = Ledger::open(RocksStore::open(&path).unwrap(), &genesis()).unwrap();
    let report = verify(&ledger.reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.kept_from.receipts, from);
}

fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with("LOG"));
    names.sort();
    names
}

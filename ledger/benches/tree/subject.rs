//! What is measured.

use crate::chain::{Chain, Work, genesis};
use crate::jellyfish::Jellyfish;
use countersign_ledger::store::{Batch, Space};
use countersign_ledger::tree::{Accounts, Bucket, Buckets, Link, Node, Update, Write, find, witness};
use countersign_ledger::{ExecutedBlock, Ledger, LedgerError, RocksStore, Store};
use countersign_types::Height;
use countersign_types::state::{path, value_hash};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

pub type Writes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

pub trait Subject {
    /// Takes the writes of the next block; not measured.
    fn prepare(&mut self, writes: Writes);
    /// Applies them.
    fn apply(&mut self);
    /// Bytes of a proof, and microseconds to make it and to check it.
    fn prove(&self, _keys: &[Vec<u8>]) -> Option<(f64, f64)> {
        None
    }
    /// Milliseconds until it stands there again.
    fn reopen(self: Box<Self>, _directory: &Path) -> Option<f64> {
        None
    }
}

pub fn make(name: &str, directory: &Path) -> Box<dyn Subject> {
    let rocks = || RocksStore::create(directory).unwrap();
    match name {
        "tree" => Box::new(Tree::default()),
        "ledger" => Box::new(Whole { chain: Chain::create(rocks()), block: None }),
        "rocksdb" => Box::new(Plain { store: rocks(), writes: Writes::new() }),
        "jmt" => Box::new(Jellyfish::new(None)),
        "jmt-rocksdb" => Box::new(Jellyfish::new(Some(rocks()))),
        _ => panic!("no subject is called {name}"),
    }
}

/// The tree alone, all of it in memory; packs are filled and thrown away.
#[derive(Default)]
struct Tree {
    held: Held,
    root: Option<Node>,
    accounts: Accounts,
    writes: Writes,
}

#[derive(Default)]
struct Held(HashMap<u64, Bucket>);

impl Buckets for Held {
    fn bucket(&self, link: &Link, _: usize) -> Result<Bucket, LedgerError> {
        Ok(self.0[&link.at.0].clone())
    }
}

impl Subject for Tree {
    fn prepare(&mut self, writes: Writes) {
        self.writes = writes;
    }

    fn apply(&mut self) {
        let entries: Vec<(&[u8], &[u8])> =
            self.writes.iter().map(|(key, value)| (key.as_slice(), value.as_deref().unwrap())).collect();
        let hashed = entries.iter().enumerate();
        let mut list: Vec<Write> =
            hashed.map(|(source, (key, value))| Write::put(path(key), value_hash(value), source)).collect();
        list.sort_unstable_by_key(|write| write.path);
        let root = self.root.take().unwrap_or(Node::Empty);
        let (root, changes) = Update::new(&self.held, self.accounts, &entries).apply(&root, &list).unwrap();
        (self.root, self.accounts) = (Some(root), changes.accounts);
        for change in &changes.places {
            change.old.map(|link| self.held.0.remove(&link.at.0));
        }
        self.held.0.extend(changes.buckets.into_iter().map(|(link, bucket)| (link.at.0, bucket)));
    }

    fn prove(&self, keys: &[Vec<u8>]) -> Option<(f64, f64)> {
        let root = self.root.as_ref()?;
        let mut bytes = 0;
        let start = Instant::now();
        for key in keys {
            let path = path(key);
            let proof = witness(&self.held, root, &[path]).unwrap();
            bytes += borsh::object_length(&proof).unwrap();
            let found = proof.verify(&root.hash()).unwrap().value_hash(key).unwrap();
            assert_eq!(found, find(&self.held, root, &path).unwrap().map(|leaf| leaf.value));
        }
        Some(each(bytes, start, keys.len()))
    }
}

/// Mean bytes and microseconds.
pub fn each(bytes: usize, start: Instant, count: usize) -> (f64, f64) {
    (bytes as f64 / count as f64, start.elapsed().as_secs_f64() * 1e6 / count as f64)
}

/// Whole blocks through the ledger into RocksDB.
struct Whole {
    chain: Chain<RocksStore>,
    block: Option<ExecutedBlock>,
}

impl Subject for Whole {
    fn prepare(&mut self, writes: Writes) {
        let tip = self.chain.tip().result.clone();
        if tip.height > Height::ZERO {
            self.chain.certify(&tip);
        }
        self.block = Some(self.chain.block(&Work { writes, ..Work::default() }));
    }

    fn apply(&mut self) {
        let _ = self.chain.ledger.commit(self.block.take().unwrap()).unwrap();
    }

    fn prove(&self, keys: &[Vec<u8>]) -> Option<(f64, f64)> {
        let (reader, tip) = (self.chain.reader(), self.chain.tip());
        let mut bytes = 0;
        let start = Instant::now();
        for key in keys {
            let value = reader.read(key).unwrap();
            let proof = reader.witness(tip.height, &[key]).unwrap();
            bytes += borsh::object_length(&proof).unwrap();
            proof.verify(&tip.state_root()).unwrap().check(key, value.as_deref()).unwrap();
        }
        Some(each(bytes, start, keys.len()))
    }

    fn reopen(self: Box<Self>, directory: &Path) -> Option<f64> {
        drop(self);
        let store = RocksStore::open(directory).unwrap();
        let start = Instant::now();
        drop(Ledger::open(store, &genesis()).unwrap());
        Some(start.elapsed().as_secs_f64() * 1e3)
    }
}

/// Keys and values in RocksDB, with nothing that proves them.
struct Plain {
    store: RocksStore,
    writes: Writes,
}

impl Subject for Plain {
    fn prepare(&mut self, writes: Writes) {
        self.writes = writes;
    }

    fn apply(&mut self) {
        let mut batch = Batch::default();
        for (key, value) in std::mem::take(&mut self.writes) {
            batch.put(Space::Keys, key, value.unwrap());
        }
        self.store.write(batch, true).unwrap();
    }
}

//! Updates of the state tree: blocks of 1,000 random writes over trees of 1 k and 100 k keys, and of
//! 1 M with `COUNTERSIGN_BENCH_LARGE=1`. `tree` is the tree alone, every page in memory; `commit` is
//! a whole block through the ledger into RocksDB, synced. The throughput is in updates.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]

#[path = "../tests/ledger/chain.rs"]
#[allow(dead_code)]
mod chain;

use chain::{Chain, Work, contract};
use countersign_ledger::tree::{Inner, Node, Pages, Update, Write};
use countersign_ledger::{LedgerError, RocksStore};
use countersign_types::state::{path, value_hash};
use countersign_types::{Hash, state_key};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

const WRITES: u64 = 1_000;

fn sizes() -> Vec<u64> {
    let mut sizes = vec![1_000, 100_000];
    if std::env::var_os("COUNTERSIGN_BENCH_LARGE").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

/// Numbers that look random and are the same in every run.
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

#[derive(Default)]
struct InMemory {
    pages: HashMap<u64, Arc<Inner>>,
    next: u64,
}

impl Pages for InMemory {
    fn page(&self, id: u64, _: &Hash) -> Result<Arc<Inner>, LedgerError> {
        Ok(self.pages[&id].clone())
    }
}

impl InMemory {
    fn apply(&mut self, root: &Node, keys: impl Iterator<Item = u64>, round: u64) -> Node {
        let writes: BTreeMap<Hash, Hash> =
            keys.map(|key| (path(&key.to_be_bytes()), value_hash(&round.to_be_bytes()))).collect();
        let writes: Vec<Write> =
            writes.into_iter().map(|(path, value)| Write { path, value: Some(value), source: 0 }).collect();
        let (root, changes) = Update::new(self, self.next, round * 1_000_000_000).apply(root, &writes).unwrap();
        for (id, page, _) in changes.pages {
            self.next = id + 1;
            self.pages.insert(id, page);
        }
        for id in changes.stale_pages {
            self.pages.remove(&id);
        }
        root
    }
}

fn tree(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    group.throughput(Throughput::Elements(WRITES)).sample_size(20);
    for size in sizes() {
        let mut pages = InMemory::default();
        let mut root = pages.apply(&Node::Empty, 0..size, 1);
        let mut round = 1;
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_custom(|blocks| {
                let start = cpu_time();
                for _ in 0..blocks {
                    round += 1;
                    let keys = (0..WRITES).map(|index| scatter(round * WRITES + index) % size);
                    root = pages.apply(&root, keys, round);
                }
                cpu_time() - start
            });
        });
    }
    group.finish();
}

fn commit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("commit");
    group.throughput(Throughput::Elements(WRITES)).sample_size(20);
    for size in sizes() {
        let directory = tempfile::tempdir().unwrap();
        let mut chain = Chain::create(RocksStore::create(&directory.path().join("db")).unwrap());
        let write = |key: u64, value: u64| {
            (state_key::storage(&contract(), &key.to_be_bytes()), Some(value.to_be_bytes().repeat(8)))
        };
        for start in (0..size).step_by(10_000) {
            let writes = (start..size.min(start + 10_000)).map(|key| write(key, 0)).collect();
            chain.commit_certified(&Work { writes, ..Work::default() });
        }
        let mut round = 1;
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            // Making a block (its certificates are three signatures each) is part of what is measured.
            bencher.iter_custom(|blocks| {
                let start = cpu_time();
                for _ in 0..blocks {
                    round += 1;
                    let keys = (0..WRITES).map(|index| scatter(round * WRITES + index) % size);
                    let writes = keys.map(|key| write(key, round)).collect();
                    chain.commit_certified(&Work { writes, ..Work::default() });
                }
                cpu_time() - start
            });
        });
        println!("commit/{size}: {} blocks, resident {} MiB", chain.tip().height, resident_mib());
    }
    group.finish();
}

/// Processor time of this thread, so that other load on the machine does not count; RocksDB's own
/// threads do not either. Wall time where the kernel does not say.
fn cpu_time() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split_whitespace().next().and_then(|number| number.parse().ok());
    nanoseconds.map_or_else(|| START.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

criterion_group!(benches, tree, commit);
criterion_main!(benches);

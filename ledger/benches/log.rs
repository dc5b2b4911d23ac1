//! Pages of a long log, with the proof that they are what they say: of 1,000,000 records in RocksDB, 100 at a time, read
//! from places all over it. `COUNTERSIGN_BENCH_RECORDS` sets another length.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]

#[path = "../tests/ledger/chain.rs"]
#[allow(dead_code)]
mod chain;

use chain::{Chain, Work, contract};
use countersign_ledger::RocksStore;
use countersign_types::{Hash, Height};
use criterion::{Criterion, criterion_group, criterion_main};

const LOG: &[u8] = b"all";
const BLOCK: u64 = 10_000;
const PAGE: u64 = 100;

fn records() -> u64 {
    std::env::var("COUNTERSIGN_BENCH_RECORDS").map_or(1_000_000, |text| text.parse().unwrap())
}

fn pages(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().unwrap();
    let mut chain = Chain::create(RocksStore::create(&directory.path().join("db")).unwrap());
    let blocks = records().div_ceil(BLOCK);
    for block in 0..blocks {
        let appends = (0..BLOCK).map(|entry| (LOG.to_vec(), (block * BLOCK + entry).to_be_bytes().to_vec())).collect();
        chain.commit_certified(&Work { appends, ..Work::default() });
    }
    let (reader, tip, total) = (chain.reader(), Height(blocks), blocks * BLOCK);
    let mut start = 0;
    let mut next = || {
        start = (start + 7_919 * 61) % (total - PAGE);
        start
    };
    let mut group = criterion.benchmark_group("log");
    group.sample_size(50);
    group.bench_function(format!("a page of {PAGE} of {total}, proven"), |bench| {
        bench.iter(|| reader.log_page(&contract(), LOG, tip, next()..total, PAGE as usize).unwrap());
    });
    let page = reader.log_page(&contract(), LOG, tip, 12_345..total, PAGE as usize).unwrap();
    println!("its path has {} hashes", page.path.0.len());
    let items: Vec<Hash> =
        (page.start..).zip(&page.records).map(|(at, record)| record.item(&contract(), LOG, at)).collect();
    group.bench_function("verified", |bench| {
        bench.iter(|| page.path.verify(&page.range, page.start, &items).unwrap());
    });
    group.bench_function("the length as of a height", |bench| {
        bench.iter(|| reader.log_len_at(&contract(), LOG, Height(next() % blocks)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);

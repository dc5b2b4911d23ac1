//! Updates of the state: this ledger beside RocksDB alone and beside `jmt`, on the same writes.
//!
//! `COUNTERSIGN_BENCH_KEYS=1000,100000` are the numbers of keys, `COUNTERSIGN_BENCH_SUBJECTS=ledger,…` what is measured,
//! `COUNTERSIGN_BENCH_UPDATES` how many updates in blocks of 1,000 and more. Each subject has a process of its own, so that memory and bytes are its own. Processor
//! time is that of all threads of the process, so RocksDB's work in the background counts; making the writes and, for
//! the ledger, the blocks around them does not. Values have 64 bytes and keys 42, and blocks are synced.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, missing_docs)]
#![allow(clippy::cast_precision_loss)]

#[path = "../../tests/ledger/chain.rs"]
#[allow(dead_code)]
mod chain;
mod jellyfish;
mod meter;
mod subject;

use chain::contract;
use countersign_types::state_key;
use meter::Meter;
use std::process::Command;
use subject::{Subject, Writes};

/// That of a node.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SUBJECTS: [&str; 5] = ["tree", "ledger", "rocksdb", "jmt", "jmt-rocksdb"];
const BLOCKS: [u64; 3] = [10_000, 1_000, 100];
/// Writes of a block while the keys are made.
const LOADED: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--one") {
        let (name, keys) = (arguments.next().unwrap(), arguments.next().unwrap().parse().unwrap());
        return one(&name, keys);
    }
    println!(
        "| subject | keys | block | CPU µs/update | wall µs/update | bytes/update | insert µs | open ms | proof bytes | proof + verify µs | MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let listed = |name, otherwise: &str| std::env::var(name).unwrap_or_else(|_| otherwise.into());
    for keys in listed("COUNTERSIGN_BENCH_KEYS", "1000,100000").split(',') {
        for name in listed("COUNTERSIGN_BENCH_SUBJECTS", &SUBJECTS.join(",")).split(',') {
            let program = std::env::current_exe().unwrap();
            assert!(Command::new(program).args(["--one", name, keys]).status().unwrap().success());
        }
    }
}

/// Numbers that look random and are the same in every run.
fn scatter(number: u64) -> u64 {
    let mixed = (number ^ (number >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 7
}

fn key(number: u64) -> Vec<u8> {
    state_key::storage(&contract(), &number.to_be_bytes())
}

fn writes(keys: impl Iterator<Item = u64>, value: u64) -> Writes {
    keys.map(|number| (key(number), Some((value ^ number).to_be_bytes().repeat(8)))).collect()
}

fn one(name: &str, keys: u64) {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("db");
    let mut subject = subject::make(name, &directory);
    let insert = measure(&mut *subject, &mut |from| (from < keys).then(|| writes(from..keys.min(from + LOADED), 0)));
    let many: u64 = std::env::var("COUNTERSIGN_BENCH_UPDATES").map_or(60_000, |text| text.parse().unwrap());
    let mut round = 1;
    let mut rows = Vec::new();
    for block in BLOCKS {
        let updates = if block < 1_000 { many / 6 } else { many };
        let spent = measure(&mut *subject, &mut |from| {
            round += 1;
            let numbers = (0..block).map(|index| scatter(round * 1_000_003 + index) % keys);
            (from < updates).then(|| writes(numbers, round))
        });
        rows.push((block, spent));
    }
    let proofs = subject.prove(&(0..1000).map(|index| key(scatter(index) % keys)).collect::<Vec<_>>());
    let memory = meter::resident_mib();
    let open = subject.reopen(&directory);
    let of = |figure: Option<f64>| figure.map_or("–".into(), |figure| format!("{figure:.1}"));
    for (block, spent) in rows.iter().rev() {
        println!(
            "| {name} | {keys} | {block} | {:.2} | {:.2} | {:.0} | {:.2} | {} | {} | {} | {memory} |",
            spent.cpu_us,
            spent.wall_us,
            spent.bytes,
            insert.cpu_us,
            of(open),
            of(proofs.map(|(bytes, _)| bytes)),
            of(proofs.map(|(_, us)| us)),
        );
    }
}

/// What one write cost.
struct Spent {
    cpu_us: f64,
    wall_us: f64,
    bytes: f64,
}

/// Applies blocks until `next` has none, given how many writes there were.
fn measure(subject: &mut dyn Subject, next: &mut dyn FnMut(u64) -> Option<Writes>) -> Spent {
    let mut meter = Meter::start();
    let mut count = 0;
    loop {
        let ready = meter.pause(|| {
            let writes = next(count)?;
            count += writes.len() as u64;
            subject.prepare(writes);
            Some(())
        });
        if ready.is_none() {
            break;
        }
        subject.apply();
    }
    let (cpu, wall, bytes) = meter.stop();
    let each = |sum: f64| sum / count as f64;
    Spent { cpu_us: each(cpu.as_secs_f64() * 1e6), wall_us: each(wall.as_secs_f64() * 1e6), bytes: each(bytes as f64) }
}

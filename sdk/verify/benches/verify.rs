//! Time to verify a proof file, from its text on: a history of 100 events, of 1,000, and the smaller kinds. The sizes are
//! printed first.
#![allow(clippy::unwrap_used)]

#[path = "../tests/support/sample.rs"]
mod sample;

use countersign_types::proof::{Proof, Trusted};
use countersign_types::state_key;
use countersign_verify::{read, verify};
use criterion::{Criterion, criterion_group, criterion_main};
use sample::{BUSY, ITEM, Sample, TIP, genesis, many_events};
use std::hint::black_box;

fn files() -> Vec<(String, Proof)> {
    let small = Sample::default();
    let mut files = vec![
        ("state".to_owned(), small.state(&[state_key::account("acme/admin")], TIP)),
        ("transaction".to_owned(), small.transaction(BUSY, 3)),
    ];
    for count in [100, 1_000] {
        let sample = Sample::new(&many_events(count));
        files.push((format!("history of {count} events"), sample.trace("history", ITEM, TIP, None)));
    }
    files
}

fn bench(criterion: &mut Criterion) {
    let trusted = Trusted::from(&genesis());
    for (name, proof) in files() {
        let text = serde_json::to_vec(&proof).unwrap();
        println!("{name}: {} bytes, {} changes of validators", text.len(), proof.epochs.len());
        criterion.bench_function(&format!("verify/{name}"), |bencher| {
            bencher.iter(|| verify(&read(black_box(&text)).unwrap(), &trusted).unwrap());
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = bench
}
criterion_main!(benches);

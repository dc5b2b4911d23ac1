//! What the shipped contracts take on the node's machine: time and gas of a warm call, over state in memory.
//!
//! `cargo bench --workspace --bench contract` after `countersign contract build` of both contracts. The last column is
//! what a unit of gas takes here; `contracts/vm/benches/worst.rs` has what it takes at worst.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)]

use countersign_contract::testing::Harness;
use countersign_epcis::answer::Mode;
use countersign_epcis::event::{Action, Event, Items, Place, Quantity, What};
use countersign_epcis::{Identifier, Offset, Time};
use countersign_testing::WasmHost;
use countersign_tests::cluster::contract_module;
use countersign_vm::{Vm, VmConfig};
use std::time::{Duration, Instant};

/// How long each is repeated.
const LONG_ENOUGH: Duration = Duration::from_secs(2);

fn main() {
    let vm = Vm::new(VmConfig::default()).unwrap();
    let mut counter = WasmHost::new(vm.clone(), &contract_module("counter").unwrap()).unwrap();
    report("counter add", 1, &mut counter, |_| ("add", borsh::to_vec(&(1u64,)).unwrap()));

    let module = contract_module("provenance").unwrap();
    for batch in [1, 100] {
        let mut host = WasmHost::new(vm.clone(), &module).unwrap();
        report(&format!("capture of {batch}"), batch, &mut host, |round| {
            capture(&(0..batch).map(|n| observation(round * batch + n)).collect::<Vec<_>>())
        });
    }
    for (name, action) in [("commissioning", 0), ("packing", 1)] {
        for count in [100, 12_500] {
            let mut host = WasmHost::new(vm.clone(), &module).unwrap();
            report(&format!("{name} of {count}"), count, &mut host, |round| {
                capture(&[if action == 0 { commissioning(round, count) } else { packing(round, count) }])
            });
        }
    }
}

/// Repeats a call and prints the mean.
fn report(name: &str, parts: usize, host: &mut WasmHost, input: impl Fn(usize) -> (&'static str, Vec<u8>)) {
    let (mut calls, mut gas, mut time) = (0u32, 0, Duration::ZERO);
    let (method, first) = input(0);
    host.call(method, &first).unwrap();
    while time < LONG_ENOUGH {
        calls += 1;
        let (method, input) = input(usize::try_from(calls).unwrap());
        let begun = Instant::now();
        host.call(method, &input).unwrap();
        time += begun.elapsed();
        gas += host.gas_used();
    }
    let (micros, gas) = (time.as_secs_f64() * 1e6 / f64::from(calls), gas as f64 / f64::from(calls));
    println!(
        "{name:24} {micros:10.1} µs {gas:14.0} gas; for each part {:7.2} µs {:8.0} gas; {:.3} ns for a unit",
        micros / parts as f64,
        gas / parts as f64,
        micros * 1_000.0 / gas
    );
}

fn capture(events: &[Event]) -> (&'static str, Vec<u8>) {
    let events: Vec<Vec<u8>> = events.iter().map(Event::canonical_bytes).collect();
    ("capture", borsh::to_vec(&(events, Mode::Rollback)).unwrap())
}

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

fn event(name: &str, what: What) -> Event {
    let mut event = Event::new(what, Time::at(1_780_000_000_000), Offset::default());
    event.event_id = Some(name.into());
    event.location = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    event
}

/// One observation of a lot of its own: what a batch of small events is made of.
fn observation(n: usize) -> Event {
    let class = id(&format!("urn:epc:class:lgtin:9521321.000101.L{n}"));
    let quantities = vec![Quantity { class, quantity: "12.5".parse().ok(), uom: Some("KGM".into()) }];
    let items = Items { epcs: Vec::new(), quantities };
    event(&format!("urn:uuid:00000000-0000-4000-8000-{n:012}"), What::Object { action: Action::Observe, items })
}

fn items(round: usize, count: usize) -> Items {
    let epcs = (0..count).map(|n| id(&format!("urn:epc:id:sgtin:9521321.000031.s{round}x{n}"))).collect();
    Items { epcs, quantities: Vec::new() }
}

fn commissioning(round: usize, count: usize) -> Event {
    event(&format!("urn:c:{round}"), What::Object { action: Action::Add, items: items(round, count) })
}

fn packing(round: usize, count: usize) -> Event {
    let parent = Some(id(&format!("urn:epc:id:sscc:9521321.{:010}", round + 1)));
    let children = items(round, count);
    event(&format!("urn:p:{round}"), What::Aggregation { action: Action::Add, parent, children })
}

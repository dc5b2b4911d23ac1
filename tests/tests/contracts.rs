//! The same scenario natively and in WebAssembly: equal answers, failures, events and storage, byte by byte. And what
//! the methods cost, held to a baseline.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_abi::{role, trap};
use countersign_contract::Contract;
use countersign_contract::testing::{Failure, Harness};
use countersign_counter::Counter;
use countersign_epcis::answer::{EventReceipt, Mode, Outcome};
use countersign_epcis::event::{Action, Event, Items, Place, Quantity, What};
use countersign_epcis::{Identifier, Offset, Time};
use countersign_metering::limits::WORK_MAX;
use countersign_metering::{MethodCost, V3, static_costs};
use countersign_provenance::Provenance;
use countersign_shelf::Shelf;
use countersign_testing::{Both, Error, GasReport, WasmHost};
use countersign_tests::cluster::contract_module;
use countersign_types::Parameters;
use countersign_types::limits::PAYLOAD_BYTES_MAX;
use countersign_vm::{OptLevel, Vm, VmConfig};
use std::path::Path;

#[path = "../shelf/tests/shelf/scenario.rs"]
mod shelf;

fn both<C: Contract>(module: &str) -> Both {
    Both::new::<C>(&contract_module(module).unwrap()).unwrap()
}

fn vm() -> Vm {
    Vm::new(VmConfig::default()).unwrap()
}

#[test]
fn the_counter_counts_alike() {
    let mut both = both::<Counter>("counter");
    assert_eq!(both.query::<u64>("total", &()), Ok(0));
    assert_eq!(both.invoke::<u64>("add", &(2u64,)), Ok(2));
    assert_eq!(both.invoke::<u64>("add", &(u64::MAX,)), Err(Failure::Trapped(trap::UNREACHABLE)));
    assert!(matches!(both.call("add", &[1, 2, 3]), Err(Failure::Failed { .. })));
    assert!(matches!(both.call("add", &[0; 9]), Err(Failure::Failed { .. })));
    assert_eq!(both.call("nowhere", &[]), Err(Failure::Trapped(trap::METHOD_NOT_FOUND)));
    assert_eq!(both.call("init", &[]), Err(Failure::Trapped(trap::METHOD_NOT_FOUND)));
    assert_eq!(both.view("add", &[1; 8]), Err(Failure::Trapped(trap::WRITE_IN_VIEW)));
    assert_eq!(both.query::<u64>("total", &()), Ok(2));
}

#[test]
fn collections_are_kept_alike() {
    shelf::collections_agree_with_the_standard_library(&mut both::<Shelf>("shelf"));
}

/// Each module in the place of the one before: what may not come there, what its `migrate` does, and what is left when it
/// fails.
#[test]
fn code_is_replaced_over_the_old_state() {
    let mut both = both::<Counter>("counter");
    assert_eq!(both.invoke::<u64>("add", &(2u64,)), Ok(2));
    let upgraded = both.upgrade::<Counter>(&contract_module("counter").unwrap(), &());
    assert!(matches!(upgraded, Err(Error::SameCode)), "{upgraded:?}");
    let upgraded = both.upgrade::<Shelf>(&contract_module("shelf").unwrap(), &());
    assert!(matches!(upgraded, Err(Error::Layout { there: 1, new: Some(1) })), "{upgraded:?}");
    assert_eq!(both.invoke::<u64>("add", &(3u64,)), Ok(5));

    let module = |migrate: &str, answer: &str| {
        let text = format!(
            r#"(module
            (import "countersign" "output" (func $output (param i32 i32)))
            (import "countersign" "storage_write" (func $write (param i32 i32 i32 i32)))
            (import "countersign" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
            (memory (export "memory") 1)
            (data (i32.const 0) "k{answer}")
            (func (export "migrate") {migrate})
            (func (export "answer")
                (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 1)))
                (call $output (i32.const 1) (i32.const 8))))"#
        );
        wat::parse_str(text).unwrap()
    };
    let writes = "(call $write (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1))";
    let mut host = WasmHost::new(vm(), &module("", "aaaaaaa")).unwrap();
    assert_eq!(host.call("answer", &[]).unwrap(), b"aaaaaaa\0");
    host.upgrade(&module(writes, "bbbbbbb"), &[]).unwrap();
    assert_eq!(host.call("answer", &[]).unwrap(), b"bbbbbbbb", "what migrate wrote is there");
    let failed = host.upgrade(&module(&format!("{writes} unreachable"), "ccccccc"), &[]);
    assert!(matches!(failed, Err(Error::Migrate(Failure::Trapped(trap::UNREACHABLE)))), "{failed:?}");
    assert_eq!(host.call("answer", &[]).unwrap(), b"bbbbbbbb", "the old code goes on over the old state");
    assert_eq!(host.call("migrate", &[]), Err(Failure::Trapped(trap::METHOD_NOT_FOUND)));
}

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn items(count: usize) -> Items {
    Items {
        epcs: (0..count).map(|n| id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))).collect(),
        quantities: vec![],
    }
}
fn event(name: &str, ms: i64, what: What) -> Event {
    Event { event_id: Some(name.into()), ..Event::new(what, Time::at(ms), Offset::default()) }
}
fn commissioning(name: &str, count: usize) -> Event {
    let mut event = event(name, 10, What::Object { action: Action::Add, items: items(count) });
    event.location = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    event
}
fn packing(name: &str, count: usize) -> Event {
    let parent = Some(id("urn:epc:id:sscc:9521321.0000000001"));
    event(name, 20, What::Aggregation { action: Action::Add, parent, children: items(count) })
}
/// One observation of a lot of its own: what a batch of small events is made of.
fn observation(n: usize) -> Event {
    let class = id(&format!("urn:epc:class:lgtin:9521321.000101.L{n}"));
    let quantities = vec![Quantity { class, quantity: "12.5".parse().ok(), uom: Some("KGM".into()) }];
    let items = Items { epcs: Vec::new(), quantities };
    let mut event = event(
        &format!("urn:uuid:00000000-0000-4000-8000-{n:012}"),
        30,
        What::Object { action: Action::Observe, items },
    );
    event.location = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    event
}
fn bytes(events: &[Event]) -> Vec<Vec<u8>> {
    events.iter().map(Event::canonical_bytes).collect()
}
fn capture(host: &mut impl Harness, events: &[Event], mode: Mode) -> Result<Vec<EventReceipt>, Failure> {
    host.invoke("capture", &(bytes(events), mode))
}

#[test]
fn provenance_records_and_answers_alike() {
    let mut both = both::<Provenance>("provenance");
    let faulty = [commissioning("urn:e:1", 3), commissioning("urn:e:2", 1), packing("urn:e:3", 3)];
    assert!(matches!(capture(&mut both, &faulty, Mode::Rollback), Err(Failure::Failed { .. })));
    let receipts = capture(&mut both, &faulty, Mode::Proceed).unwrap();
    assert!(matches!(receipts[1].outcome, Outcome::Rejected { .. }));
    let again = capture(&mut both, &faulty[..1], Mode::Rollback).unwrap();
    assert!(matches!(again[0].outcome, Outcome::Duplicate { sequence: 0 }));
    capture(&mut both, &[commissioning("urn:e:4", 400)], Mode::Proceed).unwrap();
    both.call("capture", &[1, 0, 0, 0]).unwrap_err();
    both.environment().roles = role::AUDITOR;
    capture(&mut both, &[observation(1)], Mode::Rollback).unwrap_err();
    both.environment().roles = role::DEVICE;
    capture(&mut both, &(0..20).map(observation).collect::<Vec<_>>(), Mode::Rollback).unwrap();

    for item in [
        "urn:epc:id:sgtin:9521321.000031.s1",
        "urn:epc:id:sscc:9521321.0000000001",
        "urn:never",
        "https://id.gs1.org/00/1",
    ] {
        for method in ["history", "back", "forward", "recall"] {
            for at in [None, Some(1u64)] {
                let _ = both.view(method, &borsh::to_vec(&(item, at)).unwrap());
            }
        }
        let _ = both.view("object", &borsh::to_vec(&(item,)).unwrap());
        let _ = both.view("contents", &borsh::to_vec(&(item, 25i64, None::<u64>)).unwrap());
        let _ = both.view("document", &borsh::to_vec(&("po", item)).unwrap());
    }
    for name in ["urn:e:1", "urn:e:2", "urn:e:3", "urn:e:4"] {
        both.view("event", &borsh::to_vec(&(name,)).unwrap()).unwrap();
    }
    for number in 0..4u64 {
        both.view("event_by_seq", &borsh::to_vec(&(number,)).unwrap()).unwrap();
        both.view("position_at", &borsh::to_vec(&(number,)).unwrap()).unwrap();
    }
    assert!(both.query::<u64>("count", &()).unwrap() > 20);
}

/// What each step costs on the host, by name, in order.
fn costs(vm: &Vm) -> Vec<(String, u64)> {
    let mut costs = Vec::new();
    let module = |name: &str| contract_module(name).unwrap();
    let mut counter = WasmHost::new(vm.clone(), &module("counter")).unwrap();
    counter.invoke::<u64>("add", &(1u64,)).unwrap();
    costs.push(("counter add, first".into(), counter.gas_used()));
    counter.invoke::<u64>("add", &(1u64,)).unwrap();
    costs.push(("counter add".into(), counter.gas_used()));
    counter.query::<u64>("total", &()).unwrap();
    costs.push(("counter total".into(), counter.gas_used()));

    let code = module("provenance");
    costs.push(("provenance deployment".into(), vm.check(&code).unwrap().deploy_gas));
    let mut host = WasmHost::new(vm.clone(), &code).unwrap();
    let mut next = 0;
    for count in [1, 10, 100] {
        let batch: Vec<Event> = (next..next + count).map(observation).collect();
        next += count;
        assert_eq!(capture(&mut host, &batch, Mode::Rollback).unwrap().len(), count);
        costs.push((format!("provenance capture, {count} events of one lot each"), host.gas_used()));
    }
    for (name, event) in [
        ("commissioning of 100", commissioning("urn:e:c100", 100)),
        ("packing of 100", packing("urn:e:p100", 100)),
        ("the packing again, a duplicate", packing("urn:e:p100", 100)),
    ] {
        let receipts = capture(&mut host, &[event], Mode::Rollback).unwrap();
        assert_eq!(matches!(receipts[0].outcome, Outcome::Duplicate { .. }), name.contains("duplicate"));
        costs.push((format!("provenance capture, {name}"), host.gas_used()));
    }
    for method in ["history", "back", "forward", "recall"] {
        let item = "urn:epc:id:sscc:9521321.0000000001";
        host.view(method, &borsh::to_vec(&(item, None::<u64>)).unwrap()).unwrap();
        costs.push((format!("provenance {method} of a container of 100"), host.gas_used()));
    }
    costs
}

#[test]
fn gas_is_that_of_the_baseline() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/gas.txt");
    let mut report = GasReport::new(&contract_module("provenance").unwrap());
    costs(&vm()).into_iter().for_each(|(name, gas)| report.add(name, gas));
    report.hold(&path).unwrap();
}

/// Besides what depends on lengths, which are short here.
#[test]
fn what_methods_cost_by_their_code_bounds_what_they_use() {
    const BY_LENGTHS: u64 = 500;
    let code = contract_module("counter").unwrap();
    let methods = static_costs(&code, &V3).unwrap();
    let mut host = WasmHost::new(vm(), &code).unwrap();
    let before = V3.host.call.fixed + vm().check(&code).unwrap().stats.instantiation_gas;
    host.invoke::<u64>("add", &(1u64,)).unwrap();
    host.invoke::<u64>("add", &(1u64,)).unwrap();
    let add = host.gas_used() - before;
    host.query::<u64>("total", &()).unwrap();
    let total = host.gas_used() - before;
    for (name, used) in [("add", add), ("total", total)] {
        let MethodCost { gas, repeats } = methods[name];
        assert!(!repeats, "{name} has no loop");
        assert!(used <= gas + BY_LENGTHS && used > gas / 2, "{name} uses {used} gas of {gas}");
    }
}

#[test]
fn the_compiler_has_less_work_with_shipped_contracts_than_three_fifths_of_what_it_may() {
    let stats = vm().check(&contract_module("provenance").unwrap()).unwrap().stats;
    eprintln!("provenance: {} units of work of {WORK_MAX}", stats.work);
    assert!(5 * stats.work <= 3 * WORK_MAX, "{} units", stats.work);
}

#[test]
fn gas_does_not_depend_on_the_machine() {
    let warm = vm();
    let first = costs(&warm);
    assert_eq!(costs(&warm), first, "a second time, with everything compiled");
    let other =
        Vm::new(VmConfig { opt_level: OptLevel::None, calls_max: 1, views_max: 1, ..VmConfig::default() }).unwrap();
    assert_eq!(costs(&other), first, "by a compiler that does not try hard");
}

/// The largest published event has 12,492 EPCs.
#[test]
fn an_event_of_12_500_items_fits_a_transaction() {
    let most = Parameters::default().transaction_gas_max.0;
    let mut host = WasmHost::new(vm(), &contract_module("provenance").unwrap()).unwrap();
    host.limit_gas(most);
    for event in [commissioning("urn:e:c", 12_500), packing("urn:e:p", 12_500)] {
        let input = borsh::to_vec(&(bytes(std::slice::from_ref(&event)), Mode::Rollback)).unwrap();
        assert!(input.len() <= PAYLOAD_BYTES_MAX, "{} bytes", input.len());
        let receipts: Vec<EventReceipt> = borsh::from_slice(&host.call("capture", &input).unwrap()).unwrap();
        assert!(matches!(receipts[0].outcome, Outcome::Accepted { .. }));
        let gas = host.gas_used();
        eprintln!("{:?}: {} bytes, {gas} gas, {} an item, of {most}", event.event_id, input.len(), gas / 12_500);
        assert!(gas < most / 2, "{gas} of {most}");
    }
}

//! What a warm call of a small contract costs, and which part of it is making the instance.
//!
//! `empty` does nothing: it is the store, the instance, the call and the clean-up. `store` reads and
//! writes one key. `relay` calls `empty` through another contract. `loop` runs a million rounds of
//! a checksum, to compare gas with time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use countersign_vm::{
    Address, Call, CallContext, CallKind, CheckedCode, CodeFacts, CodeHash, HostFault, StateReader, Status, Vm,
    VmConfig,
};
use criterion::{Criterion, criterion_group, criterion_main};

struct World {
    contracts: BTreeMap<Address, CodeHash>,
    codes: BTreeMap<CodeHash, Arc<[u8]>>,
    facts: BTreeMap<CodeHash, CodeFacts>,
}

impl StateReader for World {
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        Ok(self.contracts.get(contract).copied())
    }

    fn is_frozen(&mut self, _: &Address) -> Result<bool, HostFault> {
        Ok(false)
    }

    fn facts(&mut self, hash: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        Ok(self.facts.get(hash).cloned())
    }

    fn code(&mut self, hash: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        Ok(self.codes.get(hash).cloned())
    }

    fn read(&mut self, _: &Address, _: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(Some(vec![1; 100]))
    }

    fn log_len(&mut self, _: &Address, _: &[u8]) -> Result<u64, HostFault> {
        Ok(0)
    }

    fn log_record(&mut self, _: &Address, _: &[u8], _: u64) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(None)
    }
}

const EMPTY: &str = r#"(module (memory (export "memory") 17) (func (export "run")))"#;

const STORE: &str = r#"(module
  (import "countersign" "input_read" (func $input_read (param i32)))
  (import "countersign" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "countersign" "storage_write" (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 17)
  (func (export "run")
    (call $input_read (i32.const 0))
    (drop (call $read (i32.const 0) (i32.const 32) (i32.const 1000) (i32.const 1000)))
    (call $write (i32.const 0) (i32.const 32) (i32.const 1000) (i32.const 100))))"#;

const RELAY: &str = r#"(module
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (memory (export "memory") 17)
  (data (i32.const 0) "\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01\01run")
  (func (export "run")
    (drop (call $call (i32.const 0) (i32.const 32) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))))"#;

const LOOP: &str = r#"(module (memory (export "memory") 1)
  (func (export "run") (local $i i32) (local $sum i64)
    (loop
      (local.set $sum (i64.add (i64.rotl (local.get $sum) (i64.const 5))
        (i64.load8_u (i32.and (local.get $i) (i32.const 65535)))))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000000))))
    (i64.store (i32.const 0) (local.get $sum))))"#;

/// Prints which part of a warm call is making the instance, calling it and cleaning up: all that `empty` does.
fn share(vm: &Vm, world: &mut World) {
    const TIMES: u32 = 20_000;
    let mut each = |number: u8| {
        let call = Call {
            contract: [number; 32],
            method: "run".into(),
            input: vec![7; 300],
            gas_limit: 100_000_000,
            kind: CallKind::Call,
            context: CallContext::default(),
        };
        let begun = Instant::now();
        for _ in 0..TIMES {
            let _ = black_box(vm.run(world, &call).unwrap());
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES)
    };
    let (empty, store, relay) = (each(1), each(2), each(3));
    println!(
        "instance: {empty:.1} µs, {:.0} % of a call that reads and writes a key ({store:.1} µs)",
        100.0 * empty / store
    );
    println!("a call of another contract: {relay:.1} µs, two instances are {:.0} % of it", 200.0 * empty / relay);
}

fn calls(c: &mut Criterion) {
    let vm = Vm::new(VmConfig::default()).unwrap();
    let mut world = World { contracts: BTreeMap::new(), codes: BTreeMap::new(), facts: BTreeMap::new() };
    for (number, text) in [(1, EMPTY), (2, STORE), (3, RELAY), (4, LOOP)] {
        let code = wat::parse_str(text).unwrap();
        let CheckedCode { hash, facts, .. } = vm.check(&code).unwrap();
        world.facts.insert(hash, facts);
        vm.prepare(&code).unwrap();
        world.contracts.insert([number; 32], hash);
        world.codes.insert(hash, code.into());
    }
    for (name, number) in [("empty", 1), ("store", 2), ("relay", 3), ("loop", 4)] {
        let call = Call {
            contract: [number; 32],
            method: "run".into(),
            input: vec![7; 300],
            gas_limit: 100_000_000,
            kind: CallKind::Call,
            context: CallContext::default(),
        };
        let outcome = vm.run(&mut world, &call).unwrap();
        assert!(matches!(outcome.status, Status::Succeeded { .. }));
        println!("{name}: {} gas", outcome.gas_used);
        c.bench_function(&format!("call/{name}"), |b| {
            b.iter(|| black_box(vm.run(&mut world, &call).unwrap()));
        });
    }

    share(&vm, &mut world);

    let code = wat::parse_str(STORE).unwrap();
    c.bench_function("check/store", |b| {
        b.iter(|| black_box(vm.check(&code).unwrap()));
    });
}

criterion_group!(benches, calls);
criterion_main!(benches);

//! The dearest work that a unit of gas buys: what takes longest for its price, of every kind there is.
//!
//! Each contract repeats one operation until its gas is gone; the bench prints nanoseconds for a unit. The worst of
//! them times a block's gas is the longest that a block can take, and that is what the chain's limits are chosen by
//! (`GAS.md`). `cargo bench --workspace --bench worst`, or with `-- NAME` for some of them.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use countersign_vm::{
    Address, Call, CallContext, CallKind, CheckedCode, CodeFacts, CodeHash, HostFault, StateReader, Vm, VmConfig,
};

/// State without a disk below it: the time is the machine's own.
struct World {
    contracts: BTreeMap<Address, CodeHash>,
    code: Arc<[u8]>,
    facts: CodeFacts,
}

impl StateReader for World {
    fn code_hash(&mut self, contract: &Address) -> Result<Option<CodeHash>, HostFault> {
        Ok(self.contracts.get(contract).copied())
    }
    fn is_frozen(&mut self, _: &Address) -> Result<bool, HostFault> {
        Ok(false)
    }

    fn facts(&mut self, _: &CodeHash) -> Result<Option<CodeFacts>, HostFault> {
        Ok(Some(self.facts.clone()))
    }
    fn code(&mut self, _: &CodeHash) -> Result<Option<Arc<[u8]>>, HostFault> {
        Ok(Some(Arc::clone(&self.code)))
    }
    fn read(&mut self, _: &Address, _: &[u8]) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(None)
    }
    fn log_len(&mut self, _: &Address, _: &[u8]) -> Result<u64, HostFault> {
        Ok(0)
    }
    fn log_record(&mut self, _: &Address, _: &[u8], _: u64) -> Result<Option<Vec<u8>>, HostFault> {
        Ok(None)
    }
}

const GAS: u64 = 200_000_000;
const PAGES: u32 = 512;

const IMPORTS: &str = r#"
  (import "countersign" "input_len" (func $input_len (result i32)))
  (import "countersign" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "countersign" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "countersign" "storage_remove" (func $remove (param i32 i32) (result i32)))
  (import "countersign" "log_append" (func $append (param i32 i32 i32 i32) (result i64)))
  (import "countersign" "log_len" (func $log_len (param i32 i32) (result i64)))
  (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
  (import "countersign" "context" (func $context (param i32 i32 i32) (result i32)))
  (import "countersign" "sha256" (func $sha256 (param i32 i32 i32)))
  (import "countersign" "ed25519_verify" (func $verify (param i32 i32 i32 i32) (result i32)))"#;

/// Code before the loop, and the operation, repeated in the loop so that the loop itself weighs little.
fn module(pages: u32, before: &str, operation: &str, times: usize) -> String {
    let mut body = String::new();
    for _ in 0..times {
        writeln!(body, "{operation}").unwrap();
    }
    format!(
        r#"(module {IMPORTS} (memory (export "memory") {pages} {pages}) (table 2 funcref) (elem (i32.const 0) $leaf $leaf)
          (func $leaf (param i32) (result i32) (local.get 0))
          (func (export "run") (local $a i32) (local $b i64) (local $c f64) (local $i i32)
            {before} (loop $again {body} (br $again))))"#
    )
}

/// Loads that wait for one another: the memory is a chain of pointers in which every step is a cache line and a
/// page away.
fn chase(pages: u32) -> String {
    let (bytes, last) = (pages << 16, (pages << 16) - 64);
    let chain = format!(
        "(loop $fill
          (i32.store (local.get $i) (i32.and (i32.add (local.get $i) (i32.const 12345664)) (i32.const {last})))
          (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 64))) (i32.const {bytes}))))"
    );
    module(pages, &chain, "(local.set $a (i32.load (local.get $a)))", 100)
}

fn cases() -> Vec<(&'static str, String)> {
    let key = "(i32.store (i32.const 0) (local.tee $a (i32.add (local.get $a) (i32.const 1))))";
    let keyed = |operation: &str| format!("{key} {operation}");
    let far = "(local.set $a (i32.and (i32.add (local.get $a) (i32.const 12345664)) (i32.const 33550336)))
        (i32.store (local.get $a) (i32.const 1))";
    vec![
        ("add", module(1, "", "(local.set $b (i64.add (local.get $b) (i64.const 3)))", 100)),
        ("mul", module(1, "", "(local.set $b (i64.mul (local.get $b) (i64.const 3)))", 100)),
        ("div", module(1, "", "(local.set $b (i64.div_u (i64.const -1) (i64.or (local.get $b) (i64.const 3))))", 100)),
        ("fdiv", module(1, "", "(local.set $c (f64.div (f64.const 1) (f64.add (local.get $c) (f64.const 3))))", 100)),
        ("fnearest", module(1, "", "(local.set $c (f64.nearest (f64.add (local.get $c) (f64.const 0.3))))", 100)),
        (
            "branch",
            module(
                1,
                "",
                "(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 1103515245)) (i32.const 12345)))
            (block (br_if 0 (i32.and (local.get $a) (i32.const 65536))) (local.set $b (i64.const 1)))",
                100,
            ),
        ),
        ("chase, 1 MiB", chase(16)),
        ("chase, 2 MiB", chase(32)),
        ("chase, 4 MiB", chase(64)),
        ("chase, 8 MiB", chase(128)),
        ("chase, 16 MiB", chase(256)),
        ("chase, 32 MiB", chase(PAGES)),
        ("far stores", module(PAGES, "", far, 100)),
        (
            "call indirect",
            module(1, "", "(local.set $a (call_indirect (param i32) (result i32) (local.get $a) (i32.const 1)))", 100),
        ),
        ("copy, short", module(1, "", "(memory.copy (i32.const 0) (i32.const 100) (i32.const 1))", 100)),
        ("copy, long", module(PAGES, "", "(memory.copy (i32.const 0) (i32.const 16777216) (i32.const 16777216))", 1)),
        ("fill, long", module(PAGES, "", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 33554432))", 1)),
        ("table copy", module(1, "", "(table.copy (i32.const 0) (i32.const 1) (i32.const 1))", 100)),
        ("grow", module(1, "", "(drop (memory.grow (i32.const 0)))", 100)),
        ("input_len", module(1, "", "(drop (call $input_len))", 100)),
        ("context", module(1, "", "(drop (call $context (i32.const 1) (i32.const 0) (i32.const 100)))", 100)),
        (
            "storage_read, new",
            module(1, "", &keyed("(drop (call $read (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)))"), 10),
        ),
        (
            "storage_read, same",
            module(1, "", "(drop (call $read (i32.const 0) (i32.const 256) (i32.const 0) (i32.const 0)))", 10),
        ),
        (
            "storage_write",
            module(1, "", &keyed("(call $write (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 1))"), 10),
        ),
        ("storage_remove", module(1, "", &keyed("(drop (call $remove (i32.const 0) (i32.const 32)))"), 10)),
        (
            "log_append",
            module(1, "", &keyed("(drop (call $append (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 1)))"), 10),
        ),
        ("log_len", module(1, "", &keyed("(drop (call $log_len (i32.const 0) (i32.const 32)))"), 10)),
        (
            "emit",
            module(
                1,
                "(i32.store8 (i32.const 0) (i32.const 97))",
                "(call $emit (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))",
                10,
            ),
        ),
        ("sha256, short", module(1, "", "(call $sha256 (i32.const 0) (i32.const 1) (i32.const 100))", 10)),
        ("sha256, long", module(PAGES, "", "(call $sha256 (i32.const 0) (i32.const 1048576) (i32.const 100))", 1)),
        (
            "ed25519_verify",
            module(
                1,
                "(i32.store8 (i32.const 0) (i32.const 1))",
                "(drop (call $verify (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))",
                10,
            ),
        ),
        (
            "call, nothing there",
            module(
                1,
                "",
                "(drop (call $call (i32.const 100) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0) (i64.const -1)))",
                10,
            ),
        ),
        (
            "call, no gas",
            module(
                1,
                "(i64.store (i32.const 0) (i64.const -1))",
                "(drop (call $call (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 0) (i32.const 0) (i64.const 0)))",
                10,
            ),
        ),
        (
            "instantiate, 512 pages touched",
            format!(
                r#"(module (import "countersign" "call" (func $call (param i32 i32 i32 i32 i32 i64) (result i32)))
          (memory (export "memory") {PAGES})
          (func (export "run") (local $i i32)
            (loop (i32.store (local.get $i) (i32.const 1))
              (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4096))) (i32.const 33554432))))))"#
            ),
        ),
        ("instantiate", r#"(module (memory (export "memory") 1) (func (export "run")))"#.to_owned()),
    ]
}

/// Nanoseconds for a unit of gas, the least of some runs.
fn measure(vm: &Vm, text: &str) -> (f64, u64) {
    let code: Arc<[u8]> = wat::parse_str(text).unwrap().into();
    let CheckedCode { hash, facts, .. } = vm.check(&code).unwrap();
    vm.prepare(&code).unwrap();
    let mut world = World { contracts: BTreeMap::from([([1; 32], hash), ([255; 32], hash)]), code, facts };
    let call = Call {
        contract: [1; 32],
        method: "run".into(),
        input: Vec::new(),
        gas_limit: GAS,
        kind: CallKind::Call,
        context: CallContext::default(),
    };
    let mut least = f64::MAX;
    let mut gas = 0;
    for _ in 0..3 {
        let begun = Instant::now();
        let mut used = 0;
        while used < GAS / 4 {
            used += vm.run(&mut world, &call).unwrap().gas_used;
        }
        gas = used;
        #[allow(clippy::cast_precision_loss)]
        let each = begun.elapsed().as_nanos() as f64 / used as f64;
        least = least.min(each);
    }
    (least, gas)
}

fn main() {
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let vm = Vm::new(VmConfig::default()).unwrap();
    for (name, text) in cases() {
        if wanted.as_ref().is_none_or(|wanted| name.contains(wanted.as_str())) {
            let (each, gas) = measure(&vm, &text);
            println!("{each:8.3} ns for a unit of gas  {name} ({gas} gas)");
        }
    }
}

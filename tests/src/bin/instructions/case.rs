//! The calls that are counted.

use anyhow::{Context as _, anyhow};
use countersign_contract::testing::Harness as _;
use countersign_epcis::answer::Mode;
use countersign_testing::WasmHost;
use countersign_tests::cluster::contract_module;
use countersign_tests::lives::Lives;
use countersign_types::SecretKey;
use countersign_types::codec::encode;
use countersign_vm::{DiskConfig, Vm, VmConfig};
use std::hint::black_box;
use std::path::Path;

/// A kind of call.
pub struct Case {
    /// What it is called in the table.
    pub name: &'static str,
    /// So many calls are counted.
    pub calls: u64,
    work: Work,
}

/// What a call does.
enum Work {
    /// Nothing but reading its input: the instance is made, called and cleared.
    Nothing,
    /// One host function, [`ROUNDS`] times in a loop, with the imports and instructions that this takes.
    Rounds { import: &'static str, body: &'static str },
    /// `add` of the contract `counter`.
    Add,
    /// `capture` of the contract `provenance`, of so many events that each put an item of their own into the world.
    Capture(u64),
}

const ROUNDS: u64 = 100;
/// Calls before those that are counted: the first ones find the machine's memory untouched.
const WARM_CALLS: u64 = 3;
/// Bytes that are signed, hashed and kept.
const BYTES: usize = 100;

/// All cases. The first one is the call that does nothing, which the others of rounds are seen beside.
pub const ALL: &[Case] = &[
    Case { name: "call of a method that only reads its input", calls: 20, work: Work::Nothing },
    rounds(
        "storage_write, key of 32 bytes, value of 100",
        "",
        "(call $write (i32.const 0) (i32.const 32) (i32.const 256) (i32.const 100))",
    ),
    rounds(
        "storage_read, key of 32 bytes, value of 100",
        r#"(import "countersign" "storage_read" (func $f (param i32 i32 i32 i32) (result i64)))"#,
        "(drop (call $f (i32.const 0) (i32.const 32) (i32.const 256) (i32.const 100)))",
    ),
    rounds(
        "log_append, key of 32 bytes, entry of 100",
        r#"(import "countersign" "log_append" (func $f (param i32 i32 i32 i32) (result i64)))"#,
        "(drop (call $f (i32.const 0) (i32.const 32) (i32.const 256) (i32.const 100)))",
    ),
    rounds(
        "emit, name of 8 bytes, data of 100",
        r#"(import "countersign" "emit" (func $f (param i32 i32 i32 i32 i32 i32)))"#,
        "(call $f (i32.const 8) (i32.const 8) (i32.const 256) (i32.const 100) (i32.const 0) (i32.const 0))",
    ),
    rounds(
        "call of another contract, a method like the first",
        r#"(import "countersign" "call" (func $f (param i32 i32 i32 i32 i32 i64) (result i32)))"#,
        "(drop (call $f (i32.const 1024) (i32.const 1280) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))",
    ),
    rounds(
        "sha256 of 100 bytes",
        r#"(import "countersign" "sha256" (func $f (param i32 i32 i32)))"#,
        "(call $f (i32.const 256) (i32.const 100) (i32.const 512))",
    ),
    rounds(
        "ed25519_verify of 100 bytes",
        r#"(import "countersign" "ed25519_verify" (func $f (param i32 i32 i32 i32) (result i32)))"#,
        "(if (i32.eqz (call $f (i32.const 1056) (i32.const 1152) (i32.const 100) (i32.const 1088))) (then unreachable))",
    ),
    Case { name: "counter add", calls: 20, work: Work::Add },
    Case { name: "provenance capture of 1 event", calls: 20, work: Work::Capture(1) },
    Case { name: "provenance capture of 100 events", calls: 4, work: Work::Capture(100) },
];

const fn rounds(name: &'static str, import: &'static str, body: &'static str) -> Case {
    Case { name, calls: 10, work: Work::Rounds { import, body } }
}

/// A host, a method of its contract, and the input of each call.
struct Prepared {
    host: WasmHost,
    method: &'static str,
    inputs: Vec<Vec<u8>>,
}

impl Case {
    /// Repetitions within each call, if the row is about one of them.
    pub fn rounds(&self) -> Option<u64> {
        matches!(self.work, Work::Rounds { .. }).then_some(ROUNDS)
    }

    /// Makes the calls; answers the gas of those that are counted. `compiled` keeps compiled contracts.
    pub fn run(&self, compiled: &Path) -> anyhow::Result<u64> {
        // With room for one call at a time, since valgrind has few addresses to give away. The secret protects nothing here.
        let disk = Some(DiskConfig::new(compiled.to_owned(), [0; 32]));
        let vm = Vm::new(VmConfig { calls_max: 1, views_max: 0, disk, ..VmConfig::default() })?;
        let Prepared { mut host, method, inputs } = self.prepare(vm)?;
        let mut gas = 0;
        for (number, input) in (0..).zip(&inputs) {
            let counted = number >= WARM_CALLS;
            let done = if counted { measured_call(&mut host, method, input) } else { call(&mut host, method, input) };
            gas += done.map(|gas| if counted { gas } else { 0 })?;
        }
        Ok(gas)
    }

    fn prepare(&self, vm: Vm) -> anyhow::Result<Prepared> {
        let times = usize::try_from(WARM_CALLS + self.calls)?;
        Ok(match self.work {
            Work::Nothing => {
                Prepared { host: filled(vm, &module("", "")?)?, method: "run", inputs: vec![input(&[0; 32]); times] }
            }
            Work::Rounds { import, body } => {
                let mut host = filled(vm, &module(import, &repeated(body))?)?;
                let other = host.deploy(&module("", "")?)?;
                Prepared { host, method: "run", inputs: vec![input(&other); times] }
            }
            Work::Add => Prepared {
                host: WasmHost::new(vm, &contract_module("counter")?)?,
                method: "add",
                inputs: vec![encode(&(1u64,)); times],
            },
            Work::Capture(count) => {
                let host = WasmHost::new(vm, &contract_module("provenance")?)?;
                let lives = Lives::of(1);
                let mut events = (0..lives.events()).map(|number| lives.event(number).canonical_bytes());
                let batches = (0..times).map(|_| -> anyhow::Result<Vec<u8>> {
                    let batch: Vec<Vec<u8>> = events.by_ref().take(usize::try_from(count)?).collect();
                    Ok(encode(&(batch, Mode::Rollback)))
                });
                let inputs = batches.collect::<anyhow::Result<_>>()?;
                Prepared { host, method: "capture", inputs }
            }
        })
    }
}

/// What callgrind counts, with everything it calls. Its name stands in `callgrind.rs`.
#[inline(never)]
pub fn measured_call(host: &mut WasmHost, method: &str, input: &[u8]) -> anyhow::Result<u64> {
    // Not the last thing done here, or the compiler would jump there and callgrind not see the end.
    black_box(call(host, method, input))
}

/// Makes a call; answers its gas.
fn call(host: &mut WasmHost, method: &str, input: &[u8]) -> anyhow::Result<u64> {
    host.call(method, input).map_err(|failure| anyhow!("the call failed: {failure:?}"))?;
    Ok(host.gas_used())
}

/// A contract whose method `run` copies its input to 1024 and does something; the key at 0 begins with the number of the
/// round, and the method's name stands at 1280. `fill` writes the keys of all rounds.
fn module(import: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    let fill = repeated("(call $write (i32.const 0) (i32.const 32) (i32.const 256) (i32.const 100))");
    let text = format!(
        r#"(module
          (import "countersign" "input_read" (func $input_read (param i32)))
          (import "countersign" "storage_write" (func $write (param i32 i32 i32 i32)))
          {import}
          (memory (export "memory") 17 64)
          (data (i32.const 8) "measured")
          (data (i32.const 1280) "run")
          (func (export "fill") (local $round i32) {fill})
          (func (export "run") (local $round i32)
            (call $input_read (i32.const 1024))
            {body}))"#
    );
    wat::parse_str(text).context("the text of a module")
}

/// Something done in all rounds.
fn repeated(body: &str) -> String {
    format!(
        "(loop (i32.store (i32.const 0) (local.get $round)) {body}
          (br_if 0 (i32.lt_u (local.tee $round (i32.add (local.get $round) (i32.const 1))) (i32.const {ROUNDS}))))"
    )
}

/// A host with a contract that has its keys.
fn filled(vm: Vm, module: &[u8]) -> anyhow::Result<WasmHost> {
    let mut host = WasmHost::new(vm, module)?;
    call(&mut host, "fill", &[])?;
    Ok(host)
}

/// Input of a call: an address, then from 1056 on in the contract's memory a key, from 1088 a signature, from 1152 what it
/// signs.
fn input(address: &[u8; 32]) -> Vec<u8> {
    let (key, message) = (SecretKey::from_seed(&[7; 32]), [9; BYTES]);
    let mut input = address.to_vec();
    input.extend(key.public().0);
    input.extend(key.sign(&message).0);
    input.extend(message);
    input
}

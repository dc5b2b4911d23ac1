//! What compiling takes at the limits: each of the modules that a compiler has most work with, in a process of its own,
//! whose memory may grow by half a gibibyte for it. How long it takes, as the processor's time, is printed beside what the first
//! takes; no test depends on it.

use std::fs;
use std::process::Command;

use countersign_vm::{Vm, VmConfig};

use crate::world::contract;

/// Bytes that compiling one module may take at most.
const GROWTH_BYTES_MAX: u64 = 512 << 20;
/// Tells the process that compiles which module it is.
const MODULE: &str = "COUNTERSIGN_TEST_COMPILES";

/// Modules just inside the limits, by name.
fn modules() -> Vec<(&'static str, String)> {
    let function = |head: &str, body: &str, times: usize| format!("(func {head} {})", body.repeat(times));
    let module = |functions: &str| {
        format!("(module (memory (export \"memory\") 1) (func (export \"run\")) (func $leaf) {functions})")
    };
    let sum = "(local.set 0 (i64.add (i64.mul (local.get 0) (i64.const 3)) (i64.load (i32.wrap_i64 (local.get 0)))))";
    let branch = "(if (i32.wrap_i64 (local.get 0)) (then (local.set 0 (i64.const 7))))";
    let set: String =
        (0..1_999).map(|at| format!("(if (local.get {at}) (then (local.set {at} (i32.const 1))))")).collect();
    vec![
        ("a mebibyte of arithmetic", module(&function("(local i64)", sum, 9_300).repeat(8))),
        ("as much work with calls", module(&function("", "(call $leaf)", 65_000).repeat(6))),
        ("as many functions as there may be", module(&function("(local i64)", sum, 2).repeat(19_998))),
        ("as much work with blocks", module(&function("(local i64)", branch, 4_900).repeat(7))),
        ("the same in small functions", module(&function("(local i64)", branch, 50).repeat(650))),
        ("as many blocks with as many locals", contract(&format!("(local {}) {set}", "i32 ".repeat(4_095)))),
    ]
}

#[test]
fn modules_at_the_limits_compile_within_bounds() {
    let mut first = None;
    for (name, _) in modules() {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["compile::in_a_process_of_its_own", "--exact", "--nocapture"])
            .env(MODULE, name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{name}: {said}\n{}", String::from_utf8_lossy(&child.stderr));
        let line = said.lines().find_map(|line| line.split_once("compiled: ")).unwrap().1;
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [growth, _, work, micros] = numbers[..] else { panic!("{line}") };
        let of_first = 100 * micros / *first.get_or_insert(micros);
        println!("{name}: {line}, {} ns for a unit, {of_first} % of the first", 1_000 * micros / work);
        assert!((1..=GROWTH_BYTES_MAX).contains(&growth), "{name}: {line}");
    }
}

/// Does nothing unless a module is named.
#[test]
fn in_a_process_of_its_own() {
    let Ok(wanted) = std::env::var(MODULE) else { return };
    let (_, text) = modules().into_iter().find(|(name, _)| *name == wanted).unwrap();
    let code = wat::parse_str(&text).unwrap();
    drop(text);
    let vm = Vm::new(VmConfig { calls_max: 1, views_max: 1, ..VmConfig::default() }).unwrap();
    let checked = vm.check(&code).unwrap_or_else(|refused| panic!("{refused}"));
    let (before, begun) = (resident(), busy_micros());
    // The peak so far was that of the text: it begins anew.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    vm.prepare(&code).unwrap();
    let growth = peak().saturating_sub(before);
    let (bytes, work, micros) = (code.len(), checked.stats.work, busy_micros() - begun);
    println!("compiled: {growth} bytes of memory for {bytes} of code, {work} units of work in {micros} microseconds");
}

/// Microseconds that its threads have run for.
fn busy_micros() -> u64 {
    let tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path().join("schedstat"));
    let nanos = tasks.map(|path| fs::read_to_string(path).unwrap().split(' ').next().unwrap().parse::<u64>().unwrap());
    nanos.sum::<u64>() / 1_000
}

/// Bytes that the process has in memory.
fn resident() -> u64 {
    status("VmRSS:")
}

/// The most it had.
fn peak() -> u64 {
    status("VmHWM:")
}

fn status(key: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

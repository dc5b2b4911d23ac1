//! The hostile corpus: `corpus/*.wat`, each with exactly what comes of it, and families of calls with wild
//! arguments beside it.
//!
//! Every entry is run from a cold cache, a warm one and the one on disk, and at every optimisation level; all
//! must come to the same outcome, gas and effects. `corpus/expected.txt` holds them for all entries;
//! `COUNTERSIGN_BLESS=1` writes it. What an entry is expected to come to stands in its own file as well, and is
//! never written by a test.

pub mod entry;
pub mod shown;
pub mod wild;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use countersign_vm::{DiskConfig, OptLevel, Outcome, Vm, VmConfig};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use entry::{Entry, entries};
use shown::hex;

use crate::world::{World, machine};

/// A machine that keeps compiled code in this directory.
fn keeping(directory: &Path) -> Vm {
    let disk = Some(DiskConfig::new(directory.join("compiled"), [5; 32]));
    Vm::new(VmConfig { disk, calls_max: 1, views_max: 1, ..VmConfig::default() }).unwrap()
}

/// Runs what is accepted in every way there is, and says what comes of it.
fn run(entry: &Entry, world: &mut World, ways: &[(&str, &Vm)]) -> Outcome {
    let outcomes: Vec<(&str, Outcome)> =
        ways.iter().map(|(way, vm)| (*way, vm.run(world, &entry.call).expect("a host fault"))).collect();
    let [(first, expected), rest @ ..] = outcomes.as_slice() else { unreachable!("there are ways") };
    for (way, outcome) in rest {
        assert!(outcome == expected, "{}: {first} {expected:?}, {way} {outcome:?}", entry.name);
    }
    expected.clone()
}

#[test]
fn comes_to_exactly_this_everywhere() {
    let mut entries = entries();
    let written = entries.len();
    assert!(written >= 60, "{written}");
    entries.extend(wild::entries());
    let directory = TempDir::new().unwrap();
    let cold = keeping(directory.path());
    let (plain, small) = (machine(OptLevel::None), machine(OptLevel::SpeedAndSize));
    let ways = [("cold", &cold), ("warm", &cold), ("without optimisation", &plain), ("for size", &small)];

    let mut lines = Vec::new();
    let mut wrong = Vec::new();
    let mut accepted = Vec::new();
    for entry in &entries {
        let (came, gas, effects) = match entry.deploy() {
            Err(refused) => (format!("refused {}", shown::verdict(&refused)), None, String::new()),
            Ok(mut world) => {
                let outcome = run(entry, &mut world, &ways);
                let (came, gas) = (shown::outcome(&outcome.status), outcome.gas_used);
                let effects = shown::effects(&outcome.effects);
                if !came.starts_with("succeeded") {
                    assert_eq!(outcome.effects, Default::default(), "{}: nothing remains", entry.name);
                }
                accepted.push((entry, world, outcome));
                (came, Some(gas), effects)
            }
        };
        if came != entry.expect || gas != entry.gas.or(gas.filter(|_| entry.of_family)) {
            wrong.push(format!("{}: {came}, gas {gas:?}", entry.file));
        }
        let gas = gas.map_or_else(|| "-".to_owned(), |gas| gas.to_string());
        lines.push(format!("{} | {came} | {gas} | {effects}", entry.name));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    // A node that starts anew over the same directory compiles nothing.
    let restarted = keeping(directory.path());
    for (entry, mut world, outcome) in accepted {
        let again = run(entry, &mut world, &[("from disk", &restarted)]);
        assert!(again == outcome, "{}: from disk {again:?}", entry.name);
    }
    let code = restarted.counters().for_calls;
    assert!(code.loaded > 100, "{code:?}");
    assert_eq!(code.compiled, 0, "{code:?}");
    assert_golden(&lines);
}

/// Compares with `expected.txt`, whose last line is a hash over all that stand before it.
fn assert_golden(lines: &[String]) {
    let names: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(" | ").next()).collect();
    assert_eq!(names.len(), lines.len(), "a name is used twice");
    let text = format!("{}\n", lines.join("\n"));
    let text = format!("{text}sha256 {}\n", hex(&Sha256::digest(&text)));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/expected.txt");
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = text.lines().filter(|line| !known.lines().any(|old| old == *line)).collect();
    assert!(
        known == text,
        "an outcome, its gas or its effects changed: that is a new protocol version\n{}",
        changed.join("\n")
    );
}

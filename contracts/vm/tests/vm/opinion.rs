//! The interpreter's opinion on the hostile corpus: the same outcome, gas and effects as the compiler, which stand in
//! `corpus/expected.txt`, and the same in both counters.

use std::collections::BTreeMap;
use std::rc::Rc;

use countersign_metering::{V3, check};

use crate::bare::Bare;
use crate::corpus::entry::{Entry, entries};
use crate::corpus::{shown, wild};
use crate::interpreter::Interpreter;
use crate::world::{trapped, vm};

/// What a run is given that has no end: an interpreter takes long to use up as much as the compiled code has.
const ENDLESS_GAS: u64 = 3_000_000;
const OUT_OF_GAS: &str = "trapped OUT_OF_GAS";

#[test]
fn an_interpreter_comes_to_the_same() {
    let interpreter = Rc::new(Interpreter::new());
    let expected = include_str!("../../corpus/expected.txt");
    let expected: BTreeMap<&str, &str> = expected.lines().filter_map(|line| line.split_once(" | ")).collect();
    let (mut as_written, mut with_less, mut refused) = (0, 0, 0);
    let mut wrong = Vec::new();
    for mut entry in all() {
        let Ok(mut world) = entry.deploy() else {
            refused += 1;
            continue;
        };
        let line = expected[entry.name.as_str()];
        if entry.expect == OUT_OF_GAS && entry.call.gas_limit > ENDLESS_GAS {
            with_less += 1;
            entry.call.gas_limit = ENDLESS_GAS;
            let (compiled, interpreted) =
                (vm().run(&mut world, &entry.call).unwrap(), interpreter.run(&world, &entry.call));
            if compiled != interpreted || compiled.status != trapped(countersign_abi::trap::OUT_OF_GAS) {
                wrong.push(format!("{}: {compiled:?}, interpreted {interpreted:?}", entry.name));
            }
            continue;
        }
        as_written += 1;
        let outcome = interpreter.run(&world, &entry.call);
        let (status, effects) = (shown::outcome(&outcome.status), shown::effects(&outcome.effects));
        let interpreted = format!("{status} | {} | {effects}", outcome.gas_used);
        if line != interpreted {
            wrong.push(format!("{}: {line}, interpreted {interpreted}", entry.name));
        }
    }
    println!("{as_written} as written, {with_less} endless ones with less gas; {refused} are refused and never run");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(as_written >= 330 && with_less >= 15, "{as_written} and {with_less}: entries are no longer compared");
}

#[test]
fn both_counters_are_equal_however_a_run_ends() {
    let bare = Bare::new();
    let (mut compared, mut left_out) = (0, 0);
    let mut causes = BTreeMap::new();
    for entry in all() {
        let Some(metered) = alone(&bare, &entry) else {
            left_out += 1;
            continue;
        };
        for gas in [0, 7, 1_000, 1_000_000] {
            let after = bare.both(&metered, gas).unwrap_or_else(|why| panic!("{} with {gas}: {why}", entry.name));
            *causes.entry(after.cause).or_insert(0) += 1;
            compared += 1;
        }
    }
    println!("{compared} runs compared, {causes:?}; {left_out} entries left out");
    assert!(compared >= 200 && causes.len() >= 8, "{compared} {causes:?}: entries are no longer compared");
}

fn all() -> Vec<Entry> {
    let mut all = entries();
    all.extend(wild::entries());
    all
}

/// The metered form of what needs nothing but `output`, and is not so large that compiling it once more takes long.
fn alone(bare: &Bare, entry: &Entry) -> Option<Vec<u8>> {
    let [text] = entry.contracts.as_slice() else { return None };
    let metered = check(&wat::parse_str(text).unwrap(), &V3).ok()?.wasm;
    (metered.len() < 64 << 10 && bare.links(&metered)).then_some(metered)
}

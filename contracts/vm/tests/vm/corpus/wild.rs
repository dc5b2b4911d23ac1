//! Each host function with each of its pointers and lengths gone wild, the others good.

use countersign_vm::CallKind;

use super::Entry;
use crate::world::{call, contract, with};

/// An argument of a host function.
#[derive(Clone, Copy)]
enum Argument {
    /// A pointer to so many bytes, and a good value of it.
    Pointer { good: i64, bytes: i64 },
    /// The length of what the pointer before it points to, and a good value of it.
    Length(i64),
    /// Neither.
    Number(i64),
}

use Argument::{Length, Number, Pointer};

const fn at(good: i64, bytes: i64) -> Argument {
    Pointer { good, bytes }
}

/// Where the memory has `kept`, then the address of the second contract, then `run`.
const DATA: &str = "(data (i32.const 0) \"kept\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\
    \\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02\\02run\")";
const MEMORY_BYTES: i64 = 65_536;

/// Every host function that is given a pointer. A capacity is a number: more room than there is harms nobody
/// while the answer fits.
fn functions() -> Vec<(&'static str, Vec<Argument>)> {
    let key = [at(0, 4), Length(4)];
    let keyed = |rest: &[Argument]| [&key, rest].concat();
    vec![
        ("input_read", vec![at(100, 3)]),
        ("output", vec![at(0, 4), Length(4)]),
        ("fail", vec![Number(1), at(0, 4), Length(4)]),
        ("context", vec![Number(0), at(100, 32), Number(32)]),
        ("storage_read", keyed(&[at(100, 5), Number(5)])),
        ("storage_write", keyed(&[at(0, 4), Length(4)])),
        ("storage_remove", key.to_vec()),
        ("log_append", keyed(&[at(0, 4), Length(4)])),
        ("log_len", key.to_vec()),
        ("log_read", keyed(&[Number(0), at(100, 6), Number(6)])),
        ("emit", vec![at(0, 4), Length(4), at(0, 4), Length(4), at(100, 0), Length(0)]),
        ("call", vec![at(4, 32), at(36, 3), Length(3), at(0, 4), Length(4), Number(1_000_000)]),
        ("schedule", vec![at(36, 3), Length(3), at(0, 4), Length(4), Number(1_700_000_000_001), Number(1_000_000)]),
        ("returned_read", vec![at(100, 2)]),
        ("sha256", vec![at(0, 4), Length(4), at(100, 32)]),
        ("ed25519_verify", vec![at(4, 32), at(0, 4), Length(4), at(200, 64)]),
    ]
}

/// The calls: at a wild place or of a wild length, each ends in the same trap. With all arguments good it does not.
pub fn entries() -> Vec<Entry> {
    let mut entries = Vec::new();
    for (name, arguments) in functions() {
        let good: Vec<i64> = arguments.iter().map(|argument| good(*argument)).collect();
        entries.push(entry(name, "good", &good, if name == "fail" { "failed 1 6b657074" } else { "succeeded" }));
        for (index, argument) in arguments.iter().enumerate() {
            for wild in wild(*argument) {
                let mut arguments = good.clone();
                arguments[index] = wild;
                entries.push(entry(name, &format!("argument {index} {wild}"), &arguments, "trapped BAD_HOST_ARGUMENT"));
            }
        }
    }
    entries
}

fn good(argument: Argument) -> i64 {
    match argument {
        Pointer { good, .. } | Length(good) | Number(good) => good,
    }
}

/// The last place where the bytes do not fit, the end, the last place of all and one whose end wraps to the start.
fn wild(argument: Argument) -> Vec<i64> {
    match argument {
        Pointer { bytes: 0, .. } => vec![MEMORY_BYTES + 1, -1],
        Pointer { bytes, .. } => {
            let mut places = vec![MEMORY_BYTES - bytes + 1, MEMORY_BYTES, i64::from(i32::MIN), -bytes];
            places.extend((bytes > 1).then_some(-1));
            places
        }
        Length(_) => vec![MEMORY_BYTES + 1, i64::from(i32::MIN), -1],
        Number(_) => vec![],
    }
}

fn entry(name: &str, how: &str, arguments: &[i64], expect: &str) -> Entry {
    let last = arguments.len() - 1;
    let operands: String = arguments
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let long = (name == "call" && index == last)
                || (name == "log_read" && index == 2)
                || (name == "schedule" && index >= 4);
            format!(" ({} {value})", if long { "i64.const" } else { "i32.const" })
        })
        .collect();
    let function = format!("(call ${name}{operands})");
    let function = match name {
        "context" | "storage_read" | "storage_remove" | "log_append" | "log_len" | "log_read" | "call" | "schedule"
        | "ed25519_verify" => format!("(drop {function})"),
        _ => function,
    };
    let before = match name {
        "returned_read" => {
            "(drop (call $call (i32.const 4) (i32.const 36) (i32.const 3) (i32.const 0) (i32.const 0) (i64.const -1)))"
        }
        _ => "",
    };
    let callee = with("(call $output (i32.const 0) (i32.const 2))", "(data (i32.const 0) \"hi\")");
    let mut call = call(if name == "input_read" { b"abc" } else { b"" });
    if name == "log_read" {
        call.kind = CallKind::View;
    }
    let mut contracts = vec![with(&format!("{before} {function}"), DATA)];
    contracts.push(if name.ends_with("_read") || name == "call" { callee } else { contract("") });
    let expect = match (name, how) {
        ("output", "good") => "succeeded 6b657074",
        _ => expect,
    };
    Entry {
        name: format!("{name}, {how}"),
        file: format!("{name}, {how}"),
        contracts,
        call,
        expect: expect.to_owned(),
        gas: None,
        of_family: true,
    }
}

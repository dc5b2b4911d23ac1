//! What came of an entry, in one line.

use std::fmt::Write as _;

use countersign_abi::trap;
use countersign_vm::{CodeLimit, CodeRejected, Effects, Status};
use sha2::{Digest, Sha256};

const CAUSES: [(u32, &str); 20] = [
    (trap::OUT_OF_GAS, "OUT_OF_GAS"),
    (trap::STACK_OVERFLOW, "STACK_OVERFLOW"),
    (trap::UNREACHABLE, "UNREACHABLE"),
    (trap::MEMORY_OUT_OF_BOUNDS, "MEMORY_OUT_OF_BOUNDS"),
    (trap::TABLE_OUT_OF_BOUNDS, "TABLE_OUT_OF_BOUNDS"),
    (trap::BAD_INDIRECT_CALL, "BAD_INDIRECT_CALL"),
    (trap::DIVISION_BY_ZERO, "DIVISION_BY_ZERO"),
    (trap::INTEGER_OVERFLOW, "INTEGER_OVERFLOW"),
    (trap::BAD_CONVERSION, "BAD_CONVERSION"),
    (trap::BAD_HOST_ARGUMENT, "BAD_HOST_ARGUMENT"),
    (trap::WRITE_IN_VIEW, "WRITE_IN_VIEW"),
    (trap::LOG_READ_IN_CALL, "LOG_READ_IN_CALL"),
    (trap::CALL_TOO_DEEP, "CALL_TOO_DEEP"),
    (trap::REENTRANCE, "REENTRANCE"),
    (trap::METHOD_NOT_FOUND, "METHOD_NOT_FOUND"),
    (trap::CONTRACT_NOT_FOUND, "CONTRACT_NOT_FOUND"),
    (trap::TOO_MUCH_OUTPUT, "TOO_MUCH_OUTPUT"),
    (trap::MEMORY_LIMIT, "MEMORY_LIMIT"),
    (trap::SCHEDULE_LIMIT, "SCHEDULE_LIMIT"),
    (trap::FROZEN, "FROZEN"),
];

pub fn outcome(status: &Status) -> String {
    let shown = match status {
        Status::Succeeded { output } => format!("succeeded {}", hex(output)),
        Status::Failed { code, message } => format!("failed {code} {}", hex(message)),
        Status::Trapped { cause } => {
            let name = CAUSES.iter().find(|(number, _)| number == cause);
            format!("trapped {}", name.unwrap_or_else(|| panic!("trap {cause} has no name")).1)
        }
    };
    shown.trim_end().to_owned()
}

/// Numbers of writes, appends and events, and a hash over all that they say.
pub fn effects(effects: &Effects) -> String {
    let (writes, appends, events) = (effects.writes.len(), effects.appends.len(), effects.events.len());
    let scheduled = effects.scheduled.len();
    if writes + appends + events + scheduled == 0 {
        return "nothing".to_owned();
    }
    let mut bytes = Vec::new();
    let mut field = |value: &[u8]| {
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
        bytes.extend_from_slice(value);
    };
    for ((contract, key), value) in &effects.writes {
        field(contract);
        field(key);
        field(&[u8::from(value.is_some())]);
        field(value.as_deref().unwrap_or_default());
    }
    for append in &effects.appends {
        [&append.contract[..], &append.key, &append.entry].iter().for_each(|value| field(value));
    }
    for event in &effects.events {
        [&event.contract[..], event.name.as_bytes(), &event.data].iter().for_each(|value| field(value));
        for (name, value) in &event.attributes {
            field(name.as_bytes());
            field(value);
        }
    }
    for call in &effects.scheduled {
        [&call.contract[..], call.method.as_bytes(), &call.input].iter().for_each(|value| field(value));
        field(&call.at_ms.to_le_bytes());
        field(&call.gas.to_le_bytes());
    }
    let calls = if scheduled == 0 { String::new() } else { format!("{scheduled} scheduled, ") };
    format!("{writes} writes, {appends} appends, {events} events, {calls}{}", hex(&Sha256::digest(&bytes)))
}

/// Why code may not be deployed, without words of a library.
pub fn verdict(refused: &CodeRejected) -> String {
    match refused {
        // Where the sum passes the limit follows from the order of functions and is no matter.
        CodeRejected::OverLimit {
            limit: limit @ (CodeLimit::BlockLocals | CodeLimit::Work),
            function: None,
            max,
            ..
        } => {
            format!("limit {limit:?} of {max}")
        }
        CodeRejected::OverLimit { limit, function: None, value, max } => format!("limit {limit:?}: {value} > {max}"),
        CodeRejected::OverLimit { limit, function: Some(function), value, max } => {
            format!("limit {limit:?} of {function}: {value} > {max}")
        }
        CodeRejected::Invalid { .. } => "invalid".to_owned(),
        CodeRejected::Feature { feature, .. } => format!("feature {feature}"),
        CodeRejected::Opcode { opcode, .. } => format!("opcode {opcode}"),
        CodeRejected::Component => "component".to_owned(),
        CodeRejected::StartFunction { function } => format!("start function {function}"),
        CodeRejected::UnknownImport { module, name } => format!("import {module}.{name}"),
        CodeRejected::ImportSignature { name } => format!("signature of {name}"),
        CodeRejected::NoMemory => "no memory".to_owned(),
        CodeRejected::NoMethods => "no methods".to_owned(),
        CodeRejected::MethodSignature { name } => format!("method signature {name}"),
        CodeRejected::MethodName { name } => format!("method name {name}"),
        CodeRejected::ReferenceValue { .. } => "reference as a value".to_owned(),
        CodeRejected::Offset { .. } => "offset".to_owned(),
        CodeRejected::SegmentOutOfBounds { kind, index, end, size } => {
            format!("{kind} segment {index} ends at {end} of {size}")
        }
        other => panic!("{other:?} has no words"),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

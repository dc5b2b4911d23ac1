//! The host's functions on the [`testing`](crate::testing) host of this thread, with the node's
//! rules and limits.

use alloc::string::String;
use alloc::vec::Vec;

use countersign_abi::{attributes, call_status, field, limits, trap};
use sha2::{Digest, Sha256};

use super::Returned;
use crate::Mode;
use crate::testing::{Event, Failure, Frame, Undo, Waiting, method, stop_by_failure, stop_by_trap, with};

pub(crate) fn input() -> Vec<u8> {
    with(|world| world.frame().input.clone())
}

pub(crate) fn output(bytes: &[u8]) {
    let view = with(|world| world.frame().view);
    limited(bytes, if view { limits::VIEW_OUTPUT_BYTES_MAX } else { limits::OUTPUT_BYTES_MAX });
    with(|world| {
        let frame = world.frames.last_mut().expect("a call is running");
        frame.output = bytes.to_vec();
    });
}

pub(crate) fn fail(code: u32, bytes: &[u8]) -> ! {
    limited(bytes, limits::FAIL_BYTES_MAX);
    stop_by_failure(code, bytes)
}

pub(crate) fn context(field: i32, into: &mut [u8]) -> usize {
    let Some(value) = fact(field) else {
        stop_by_trap(trap::BAD_HOST_ARGUMENT);
    };
    if let Some(room) = into.get_mut(..value.len()) {
        room.copy_from_slice(&value);
    }
    value.len()
}

/// A field of the context.
fn fact(field: i32) -> Option<Vec<u8>> {
    with(|world| {
        let env = &world.environment;
        let view = world.frame().view;
        Some(match field {
            field::SIGNER_KEY if !view => env.signer.to_vec(),
            field::TRANSACTION if !view => env.transaction.to_vec(),
            field::SIGNER_KEY | field::TRANSACTION => [0; 32].to_vec(),
            field::ACCOUNT if !view => env.account.as_bytes().to_vec(),
            field::ACCOUNT => Vec::new(),
            field::ROLES => [if view || world.frames.len() > 1 { 0 } else { env.roles }].to_vec(),
            field::CONTRACT => world.frame().contract.to_vec(),
            field::CALLER_CONTRACT => match world.frames.as_slice() {
                [own] if world.is_scheduled => own.contract.to_vec(),
                [.., caller, _] => caller.contract.to_vec(),
                _ => Vec::new(),
            },
            field::HEIGHT => env.height.to_le_bytes().to_vec(),
            field::TIME_MS => env.time_ms.to_le_bytes().to_vec(),
            field::CHAIN => env.chain.to_vec(),
            field::IS_VIEW => [u8::from(view)].to_vec(),
            field::ATTRIBUTES if view || world.frames.len() > 1 || env.attributes.is_empty() => Vec::new(),
            field::ATTRIBUTES => borsh::to_vec(&env.attributes).ok()?,
            _ => return None,
        })
    })
}

pub(crate) fn storage_read(key: &[u8]) -> Option<Vec<u8>> {
    limited(key, limits::KEY_BYTES_MAX);
    with(|world| world.deployed().storage.get(key).cloned())
}

pub(crate) fn storage_has(key: &[u8]) -> bool {
    limited(key, limits::KEY_BYTES_MAX);
    with(|world| world.deployed().storage.contains_key(key))
}

pub(crate) fn storage_write(key: &[u8], value: &[u8]) {
    limited(key, limits::KEY_BYTES_MAX);
    limited(value, limits::VALUE_BYTES_MAX);
    writable();
    with(|world| {
        let old = world.deployed().storage.insert(key.into(), value.into());
        world.note(Undo::Storage(world.frame().contract, key.into(), old));
    });
}

pub(crate) fn storage_remove(key: &[u8]) -> bool {
    limited(key, limits::KEY_BYTES_MAX);
    writable();
    with(|world| {
        let old = world.deployed().storage.remove(key);
        let there = old.is_some();
        world.note(Undo::Storage(world.frame().contract, key.into(), old));
        there
    })
}

pub(crate) fn log_append(key: &[u8], entry: &[u8]) -> u64 {
    limited(key, limits::KEY_BYTES_MAX);
    limited(entry, limits::LOG_ENTRY_BYTES_MAX);
    writable();
    with(|world| {
        let env = &world.environment;
        let mut record = Vec::new();
        record.extend_from_slice(&env.height.to_le_bytes());
        record.extend_from_slice(&env.time_ms.to_le_bytes());
        record.extend_from_slice(&env.transaction);
        record.extend_from_slice(&env.signer);
        record.extend_from_slice(entry);
        world.note(Undo::Log(world.frame().contract, key.into()));
        let log = world.deployed().logs.entry(key.into()).or_default();
        log.push(record);
        length(log) - 1
    })
}

pub(crate) fn log_len(key: &[u8]) -> u64 {
    limited(key, limits::KEY_BYTES_MAX);
    with(|world| world.deployed().logs.get(key).map_or(0, |log| length(log)))
}

pub(crate) fn log_read(key: &[u8], index: u64) -> Option<Vec<u8>> {
    limited(key, limits::KEY_BYTES_MAX);
    if !with(|world| world.frame().view) {
        stop_by_trap(trap::LOG_READ_IN_CALL);
    }
    let index = usize::try_from(index).ok()?;
    with(|world| world.deployed().logs.get(key)?.get(index).cloned())
}

pub(crate) fn emit(name: &str, data: &[u8], attributes: &[u8]) {
    limited(name.as_bytes(), limits::NAME_BYTES_MAX);
    limited(data, limits::EVENT_BYTES_MAX);
    writable();
    let Some(attributes) = parsed(attributes).filter(|_| !name.is_empty()) else {
        stop_by_trap(trap::BAD_HOST_ARGUMENT);
    };
    with(|world| {
        let event = Event { contract: world.frame().contract, name: name.into(), data: data.into(), attributes };
        world.events.push(event);
        world.note(Undo::Event);
    });
}

pub(crate) fn call(contract: &[u8; 32], name: &str, input: &[u8], _gas: u64) -> Returned {
    limited(name.as_bytes(), limits::NAME_BYTES_MAX);
    limited(input, limits::INPUT_BYTES_MAX);
    let frame = Frame {
        contract: *contract,
        input: input.to_vec(),
        output: Vec::new(),
        view: with(|world| world.frame().view),
    };
    let (status, code, bytes) = match method(*contract, name, frame) {
        Ok(output) => (call_status::OK, 0, output),
        Err(Failure::Failed { code, data }) => (call_status::FAILED, code, data),
        Err(Failure::Trapped(number)) => (call_status::TRAPPED, number, Vec::new()),
    };
    Returned { status, code, bytes }
}

pub(crate) fn schedule(name: &str, input: &[u8], at_ms: u64, gas: u64) -> u32 {
    limited(name.as_bytes(), limits::NAME_BYTES_MAX);
    limited(input, limits::SCHEDULED_INPUT_BYTES_MAX);
    writable();
    let refused = with(|world| {
        let methods = world.deployed().methods;
        if !methods.iter().any(|method| method.name == name && matches!(method.mode, Mode::Call | Mode::View)) {
            return Some(trap::METHOD_NOT_FOUND);
        }
        let now = world.environment.time_ms;
        let in_range = at_ms > now && at_ms.saturating_sub(now) <= limits::SCHEDULE_AHEAD_MS_MAX;
        // What making the instance takes is not known here.
        let is_paid = (limits::SCHEDULED_GAS_MIN..=limits::SCHEDULED_GAS_MAX).contains(&gas);
        (!in_range || !is_paid || world.frames.len() > 1).then_some(trap::BAD_HOST_ARGUMENT)
    });
    if let Some(number) = refused {
        stop_by_trap(number);
    }
    let position = with(|world| {
        let call = Waiting::new(&world.environment, world.frame().contract, name, input, (at_ms, gas));
        world.schedule(call)
    });
    position.unwrap_or_else(|| stop_by_trap(trap::SCHEDULE_LIMIT))
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub(crate) fn ed25519_verify(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = ed25519_zebra::Signature::from_bytes(signature);
    ed25519_zebra::VerificationKey::try_from(*key).is_ok_and(|key| key.verify(&signature, message).is_ok())
}

/// Traps on bytes over a limit.
fn limited(bytes: &[u8], max: usize) {
    if bytes.len() > max {
        stop_by_trap(trap::BAD_HOST_ARGUMENT);
    }
}

/// Traps in a view.
fn writable() {
    if with(|world| world.frame().view) {
        stop_by_trap(trap::WRITE_IN_VIEW);
    }
}

fn length(log: &[Vec<u8>]) -> u64 {
    u64::try_from(log.len()).expect("a log fits the memory")
}

/// Attributes taken apart; none if they are not laid out as they should or over their limits.
fn parsed(mut bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut parsed = Vec::new();
    while let Some((name_len, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
        let (value_len, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*value_len)))?;
        let name_fits = !name.is_empty() && name.len() <= attributes::NAME_BYTES_MAX;
        if !name_fits || value.len() > attributes::VALUE_BYTES_MAX {
            return None;
        }
        parsed.push((core::str::from_utf8(name).ok()?.into(), value.to_vec()));
        bytes = rest;
    }
    (parsed.len() <= attributes::COUNT_MAX).then_some(parsed)
}

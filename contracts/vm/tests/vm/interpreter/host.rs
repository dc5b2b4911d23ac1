//! The host functions once more, by the words and numbers of `GAS.md` and `countersign_abi`.

use std::fmt;
use std::ops::Range;

use countersign_abi::{ABSENT, MEMORY, MODULE, attributes, call_status, field, import, limits as abi, trap};
use countersign_metering::GAS_EXPORT;
use countersign_vm::{CallKind, Emitted, LogAppend, Scheduled};
use ed25519_zebra::{Signature, VerificationKey};
use sha2::{Digest, Sha256};
use wasmi::errors::{HostError, LinkerError};
use wasmi::{Caller, Error, Extern, Global, Linker, Memory, Val};

use super::chain::{self, End, Frame, Job};

type Guest<'a> = Caller<'a, Frame>;

/// Ends a run; why is in the frame.
#[derive(Debug)]
struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("ended by a host function")
    }
}

impl HostError for Stopped {}

/// Bytes that a guest points at: where, how many, and how many there may be.
type Span = (i32, i32, usize);

/// Number and bytes of what may be written, as used in `Chain::used`.
const WRITES: (usize, u64, u64) = (0, 20_000, 8 << 20);
const APPENDS: (usize, u64, u64) = (1, 20_000, 8 << 20);
const EVENTS: (usize, u64, u64) = (2, 4_096, 2 << 20);

pub fn define(linker: &mut Linker<Frame>) -> Result<(), LinkerError> {
    linker
        .func_wrap(MODULE, import::INPUT_LEN, |mut guest: Guest<'_>| {
            charge(&mut guest, 30)?;
            Ok::<i32, Error>(guest.data().input.len() as i32)
        })?
        .func_wrap(MODULE, import::INPUT_READ, |mut guest: Guest<'_>, at: i32| {
            let input = guest.data().input.clone();
            copy_out(&mut guest, at, &input)
        })?
        .func_wrap(MODULE, import::OUTPUT, |mut guest: Guest<'_>, at: i32, len: i32| {
            let max = if is_view(&guest) { abi::VIEW_OUTPUT_BYTES_MAX } else { abi::OUTPUT_BYTES_MAX };
            let [output] = admit(&mut guest, 50, 1, [(at, len, max)])?;
            guest.data_mut().output = output;
            Ok(())
        })?
        .func_wrap(MODULE, import::FAIL, |mut guest: Guest<'_>, code: i32, at: i32, len: i32| {
            let [message] = admit(&mut guest, 50, 1, [(at, len, abi::FAIL_BYTES_MAX)])?;
            Err::<(), Error>(stop(&mut guest, End::Failed { code: code as u32, message }))
        })?
        .func_wrap(MODULE, import::CONTEXT, context)?
        .func_wrap(MODULE, import::STORAGE_READ, storage_read)?
        .func_wrap(MODULE, import::STORAGE_WRITE, storage_write)?
        .func_wrap(MODULE, import::STORAGE_REMOVE, storage_remove)?
        .func_wrap(MODULE, import::LOG_APPEND, log_append)?
        .func_wrap(MODULE, import::LOG_LEN, |mut guest: Guest<'_>, key: i32, len: i32| {
            let [key] = admit(&mut guest, 8_000, 4, [(key, len, abi::KEY_BYTES_MAX)])?;
            Ok::<i64, Error>(entries(&guest, &key))
        })?
        .func_wrap(MODULE, import::LOG_READ, log_read)?
        .func_wrap(MODULE, import::EMIT, emit)?
        .func_wrap(MODULE, import::CALL, call)?
        .func_wrap(MODULE, import::SCHEDULE, schedule)?
        .func_wrap(MODULE, import::RETURNED_LEN, |mut guest: Guest<'_>| {
            charge(&mut guest, 30)?;
            Ok::<i32, Error>(guest.data().returned.len() as i32)
        })?
        .func_wrap(MODULE, import::RETURNED_READ, |mut guest: Guest<'_>, at: i32| {
            let returned = guest.data().returned.clone();
            copy_out(&mut guest, at, &returned)
        })?
        .func_wrap(MODULE, import::RETURNED_CODE, |mut guest: Guest<'_>| {
            charge(&mut guest, 30)?;
            Ok::<i32, Error>(guest.data().returned_code as i32)
        })?
        .func_wrap(MODULE, import::SHA256, |mut guest: Guest<'_>, at: i32, len: i32, out: i32| {
            let [message, _] = admit(&mut guest, 1_000, 7, [(at, len, usize::MAX), (out, 32, 32)])?;
            write(&mut guest, out, &Sha256::digest(message))
        })?
        .func_wrap(MODULE, import::ED25519_VERIFY, ed25519_verify)?;
    Ok(())
}

fn context(mut guest: Guest<'_>, which: i32, at: i32, cap: i32) -> Result<i32, Error> {
    charge(&mut guest, 30)?;
    let frame = guest.data();
    let facts = frame.chain.borrow().context.clone();
    let bytes = match which {
        field::SIGNER_KEY => facts.signer_key.to_vec(),
        field::ACCOUNT => facts.account.into_bytes(),
        field::ROLES if frame.caller.is_some_and(|caller| caller != frame.contract) => vec![0],
        field::ROLES => vec![facts.roles],
        field::CONTRACT => frame.contract.to_vec(),
        field::CALLER_CONTRACT => frame.caller.map(Vec::from).unwrap_or_default(),
        field::TRANSACTION => facts.transaction.to_vec(),
        field::HEIGHT => facts.height.to_le_bytes().to_vec(),
        field::TIME_MS => facts.time_ms.to_le_bytes().to_vec(),
        field::CHAIN => facts.chain.to_vec(),
        field::IS_VIEW => vec![u8::from(is_view(&guest))],
        field::ATTRIBUTES if frame.caller.is_some_and(|caller| caller != frame.contract) => Vec::new(),
        field::ATTRIBUTES => facts.attributes,
        _ => return Err(trap(&mut guest, trap::BAD_HOST_ARGUMENT)),
    };
    if which == field::ATTRIBUTES {
        charge(&mut guest, bytes.len() as u64)?;
    }
    if bytes.len() as u64 <= u64::from(cap as u32) {
        copy_out(&mut guest, at, &bytes)?;
    }
    Ok(bytes.len() as i32)
}

fn storage_read(mut guest: Guest<'_>, key: i32, len: i32, at: i32, cap: i32) -> Result<i64, Error> {
    let [key] = admit(&mut guest, 8_000, 4, [(key, len, abi::KEY_BYTES_MAX)])?;
    let value = stored(&guest, &key);
    found(&mut guest, value, at, cap)
}

/// Pays for what was found and copies it if there is room.
fn found(guest: &mut Guest<'_>, value: Option<Vec<u8>>, at: i32, cap: i32) -> Result<i64, Error> {
    let Some(value) = value else { return Ok(ABSENT) };
    charge(guest, value.len() as u64)?;
    if value.len() as u64 <= u64::from(cap as u32) {
        copy_out(guest, at, &value)?;
    }
    Ok(value.len() as i64)
}

fn storage_write(mut guest: Guest<'_>, key: i32, key_len: i32, at: i32, len: i32) -> Result<(), Error> {
    let spans = [(key, key_len, abi::KEY_BYTES_MAX), (at, len, abi::VALUE_BYTES_MAX)];
    let [key, value] = admit(&mut guest, 10_000, 8, spans)?;
    may_write(&mut guest)?;
    count(&mut guest, WRITES, key.len() + value.len())?;
    set(&guest, key, Some(value));
    Ok(())
}

fn storage_remove(mut guest: Guest<'_>, key: i32, len: i32) -> Result<i32, Error> {
    let [key] = admit(&mut guest, 18_000, 8, [(key, len, abi::KEY_BYTES_MAX)])?;
    may_write(&mut guest)?;
    if stored(&guest, &key).is_none() {
        return Ok(0);
    }
    count(&mut guest, WRITES, key.len())?;
    set(&guest, key, None);
    Ok(1)
}

fn log_append(mut guest: Guest<'_>, key: i32, key_len: i32, at: i32, len: i32) -> Result<i64, Error> {
    let spans = [(key, key_len, abi::KEY_BYTES_MAX), (at, len, abi::LOG_ENTRY_BYTES_MAX)];
    let [key, entry] = admit(&mut guest, 10_000, 8, spans)?;
    may_write(&mut guest)?;
    count(&mut guest, APPENDS, key.len() + entry.len())?;
    let index = entries(&guest, &key);
    let contract = guest.data().contract;
    guest.data().chain.borrow_mut().effects.appends.push(LogAppend { contract, key, entry });
    Ok(index)
}

fn log_read(mut guest: Guest<'_>, key: i32, len: i32, index: i64, at: i32, cap: i32) -> Result<i64, Error> {
    let [key] = admit(&mut guest, 10_000, 4, [(key, len, abi::KEY_BYTES_MAX)])?;
    if !is_view(&guest) {
        return Err(trap(&mut guest, trap::LOG_READ_IN_CALL));
    }
    let frame = guest.data();
    let log = frame.chain.borrow().below.logs.get(&(frame.contract, key)).cloned().unwrap_or_default();
    let record = usize::try_from(index as u64).ok().and_then(|index| log.get(index).cloned());
    found(&mut guest, record, at, cap)
}

fn emit(
    mut guest: Guest<'_>,
    name: i32,
    name_len: i32,
    data: i32,
    data_len: i32,
    listed: i32,
    listed_len: i32,
) -> Result<(), Error> {
    let layout = attributes::COUNT_MAX * (1 + attributes::NAME_BYTES_MAX + 2 + attributes::VALUE_BYTES_MAX);
    let spans =
        [(name, name_len, abi::NAME_BYTES_MAX), (data, data_len, abi::EVENT_BYTES_MAX), (listed, listed_len, layout)];
    let [name, data, listed] = admit(&mut guest, 2_000, 8, spans)?;
    may_write(&mut guest)?;
    let name = String::from_utf8(name).ok().filter(|name| !name.is_empty());
    let (Some(name), Some(attributes)) = (name, listing(&listed)) else {
        return Err(trap(&mut guest, trap::BAD_HOST_ARGUMENT));
    };
    let pairs: usize = attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    count(&mut guest, EVENTS, name.len() + data.len() + pairs)?;
    let event = Emitted { contract: guest.data().contract, name, data, attributes };
    guest.data().chain.borrow_mut().effects.events.push(event);
    Ok(())
}

/// Attributes as `name_len u8 | name | value_len u16 | value`, one after the other.
fn listing(bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut at = 0;
    let mut take = |len: usize| {
        at += len;
        bytes.get(at - len..at)
    };
    let mut listed = Vec::new();
    while let Some(&[name]) = take(1) {
        let name = String::from_utf8(take(usize::from(name))?.to_vec()).ok()?;
        let &[low, high] = take(2)? else { return None };
        let value = take(usize::from(u16::from_le_bytes([low, high])))?.to_vec();
        if name.is_empty() || name.len() > attributes::NAME_BYTES_MAX || value.len() > attributes::VALUE_BYTES_MAX {
            return None;
        }
        listed.push((name, value));
    }
    (listed.len() <= attributes::COUNT_MAX).then_some(listed)
}

fn call(
    mut guest: Guest<'_>,
    contract: i32,
    method: i32,
    method_len: i32,
    input: i32,
    input_len: i32,
    gas: i64,
) -> Result<i32, Error> {
    let spans =
        [(contract, 32, 32), (method, method_len, abi::NAME_BYTES_MAX), (input, input_len, abi::INPUT_BYTES_MAX)];
    let [contract, method, input] = admit(&mut guest, 10_000, 1, spans)?;
    let left = counter(&guest, GAS_EXPORT).1.max(0) as u64;
    let job = Job {
        contract: contract.try_into().unwrap(),
        caller: Some(guest.data().contract),
        method: String::from_utf8(method).unwrap_or_default(),
        input,
        gas: (gas as u64).min(left),
        stack: counter(&guest, countersign_metering::STACK_EXPORT).1,
    };
    let frame = guest.data();
    let ended = chain::call(&frame.interpreter, &frame.chain, frame.pages.own, job);
    charge(&mut guest, ended.gas_used)?;
    let (status, code, returned) = match ended.end {
        End::Returned(output) => (call_status::OK, 0, output),
        End::Failed { code, message } => (call_status::FAILED, code, message),
        End::Trapped(cause) => (call_status::TRAPPED, cause, Vec::new()),
    };
    guest.data_mut().returned = returned;
    guest.data_mut().returned_code = code;
    Ok(status)
}

fn schedule(
    mut guest: Guest<'_>,
    method: i32,
    method_len: i32,
    input: i32,
    input_len: i32,
    at: i64,
    gas: i64,
) -> Result<i64, Error> {
    let spans = [(method, method_len, abi::NAME_BYTES_MAX), (input, input_len, abi::SCHEDULED_INPUT_BYTES_MAX)];
    let [method, input] = admit(&mut guest, 20_000, 8, spans)?;
    may_write(&mut guest)?;
    let method = String::from_utf8(method).unwrap_or_default();
    let (at_ms, gas) = (at as u64, gas as u64);
    let frame = guest.data();
    let hash = frame.chain.borrow().below.contracts[&frame.contract];
    let code = frame.interpreter.translated(&frame.chain.borrow().below, &hash);
    if ["init", "migrate"].contains(&method.as_str()) || !code.methods.contains(&method) {
        return Err(trap(&mut guest, trap::METHOD_NOT_FOUND));
    }
    let now = frame.chain.borrow().context.time_ms;
    let least = (10_000 + (method.len() + input.len()) as u64 + code.instantiation).max(750_000);
    let good =
        at_ms > now && at_ms - now <= abi::SCHEDULE_AHEAD_MS_MAX && (least..=abi::SCHEDULED_GAS_MAX).contains(&gas);
    if !good || frame.caller.is_some_and(|caller| caller != frame.contract) {
        return Err(trap(&mut guest, trap::BAD_HOST_ARGUMENT));
    }
    charge(&mut guest, gas)?;
    let contract = guest.data().contract;
    let position = {
        let mut chain = guest.data().chain.borrow_mut();
        chain.scheduled += 1;
        let position = chain.effects.scheduled.len() as i64;
        let within = chain.scheduled <= u64::from(abi::SCHEDULED_CALLS_MAX);
        within.then(|| {
            chain.effects.scheduled.push(Scheduled { contract, method, input, at_ms, gas });
            position
        })
    };
    position.ok_or_else(|| trap(&mut guest, trap::SCHEDULE_LIMIT))
}

fn ed25519_verify(mut guest: Guest<'_>, key: i32, at: i32, len: i32, signature: i32) -> Result<i32, Error> {
    let spans = [(key, 32, 32), (at, len, usize::MAX), (signature, 64, 64)];
    let [key, message, signature] = admit(&mut guest, 65_000, 5, spans)?;
    let signature = Signature::try_from(signature.as_slice()).unwrap();
    let key = VerificationKey::try_from(key.as_slice());
    Ok(i32::from(key.is_ok_and(|key| key.verify(&signature, &message).is_ok())))
}

fn is_view(guest: &Guest<'_>) -> bool {
    guest.data().chain.borrow().kind == CallKind::View
}

fn may_write(guest: &mut Guest<'_>) -> Result<(), Error> {
    if is_view(guest) { Err(trap(guest, trap::WRITE_IN_VIEW)) } else { Ok(()) }
}

fn stored(guest: &Guest<'_>, key: &[u8]) -> Option<Vec<u8>> {
    let chain = guest.data().chain.borrow();
    let key = (guest.data().contract, key.to_vec());
    chain.effects.writes.get(&key).cloned().unwrap_or_else(|| chain.below.cells.get(&key).cloned())
}

fn set(guest: &Guest<'_>, key: Vec<u8>, value: Option<Vec<u8>>) {
    let contract = guest.data().contract;
    guest.data().chain.borrow_mut().effects.writes.insert((contract, key), value);
}

/// Entries of a log, with those appended.
fn entries(guest: &Guest<'_>, key: &[u8]) -> i64 {
    let contract = guest.data().contract;
    let chain = guest.data().chain.borrow();
    let below = chain.below.logs.get(&(contract, key.to_vec())).map_or(0, Vec::len);
    let appended = chain.effects.appends.iter().filter(|one| one.contract == contract && one.key == key).count();
    (below + appended) as i64
}

fn count(guest: &mut Guest<'_>, (kind, most, most_bytes): (usize, u64, u64), bytes: usize) -> Result<(), Error> {
    let within = {
        let used = &mut guest.data().chain.borrow_mut().used[kind];
        *used = (used.0 + 1, used.1 + bytes as u64);
        used.0 <= most && used.1 <= most_bytes
    };
    if within { Ok(()) } else { Err(trap(guest, trap::TOO_MUCH_OUTPUT)) }
}

/// Copies what spans point at, for `fixed` and `each` for a byte of all; spans that are no good cost `fixed`.
fn admit<const N: usize>(
    guest: &mut Guest<'_>,
    fixed: u64,
    each: u64,
    spans: [Span; N],
) -> Result<[Vec<u8>; N], Error> {
    let size = memory(guest).data_size(&*guest);
    let ranges = spans.map(|(at, len, max)| {
        let (at, len) = (at as u32 as usize, len as u32 as usize);
        (len <= max && at + len <= size).then_some(at..at + len)
    });
    if ranges.contains(&None) {
        charge(guest, fixed)?;
        return Err(trap(guest, trap::BAD_HOST_ARGUMENT));
    }
    let ranges: [Range<usize>; N] = ranges.map(Option::unwrap);
    let bytes: usize = ranges.iter().map(ExactSizeIterator::len).sum();
    charge(guest, fixed + each * bytes as u64)?;
    Ok(ranges.map(|range| {
        let mut bytes = vec![0; range.len()];
        memory(guest).read(&*guest, range.start, &mut bytes).unwrap();
        bytes
    }))
}

fn copy_out(guest: &mut Guest<'_>, at: i32, bytes: &[u8]) -> Result<(), Error> {
    charge(guest, 50 + bytes.len() as u64)?;
    write(guest, at, bytes)
}

fn write(guest: &mut Guest<'_>, at: i32, bytes: &[u8]) -> Result<(), Error> {
    let memory = memory(guest);
    memory.write(&mut *guest, at as u32 as usize, bytes).map_err(|_| trap(guest, trap::BAD_HOST_ARGUMENT))
}

fn charge(guest: &mut Guest<'_>, gas: u64) -> Result<(), Error> {
    let (global, left) = counter(guest, GAS_EXPORT);
    let left = left.saturating_sub(i64::try_from(gas).unwrap());
    global.set(&mut *guest, Val::I64(left)).unwrap();
    if left < 0 { Err(trap(guest, trap::OUT_OF_GAS)) } else { Ok(()) }
}

fn counter(guest: &Guest<'_>, name: &str) -> (Global, i64) {
    match guest.get_export(name) {
        Some(Extern::Global(global)) => match global.get(guest) {
            Val::I64(value) => (global, value),
            other => panic!("{name} is {other:?}"),
        },
        other => panic!("{name} is {other:?}"),
    }
}

fn memory(guest: &Guest<'_>) -> Memory {
    guest.get_export(MEMORY).and_then(Extern::into_memory).unwrap()
}

fn trap(guest: &mut Guest<'_>, cause: u32) -> Error {
    stop(guest, End::Trapped(cause))
}

fn stop(guest: &mut Guest<'_>, end: End) -> Error {
    guest.data_mut().stop = Some(end);
    Error::host(Stopped)
}

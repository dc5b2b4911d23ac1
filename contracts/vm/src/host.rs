//! The host functions, as [`countersign_abi`] lists them.
//!
//! Each checks its lengths against their limits and the guest's memory, charges, and only then
//! acts. What cannot be known before (the length of a stored value) is charged before it is handed
//! over.

mod guest;
mod schedule;

use countersign_abi::{ABSENT, MODULE, attributes, call_status, field, import, limits as abi, trap};
use ed25519_zebra::{Signature, VerificationKey};
use sha2::{Digest, Sha256};
use wasmtime::{Caller, Engine, Linker};

use crate::chain::{End, Job, enter};
use crate::frame::{Frame, Stop};
use crate::overlay::TooMuch;
use crate::{CallKind, Emitted, HostFault};

use guest::{Guest, Span};

type Ran<T> = wasmtime::Result<T>;
type Calling<'a> = Caller<'a, Frame>;

/// All host functions under their names.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<Frame>, HostFault> {
    let mut linker = Linker::new(engine);
    define(&mut linker).map_err(|error| HostFault::engine("defining host functions", &error))?;
    Ok(linker)
}

fn define(linker: &mut Linker<Frame>) -> Ran<()> {
    linker
        .func_wrap(MODULE, import::INPUT_LEN, input_len)?
        .func_wrap(MODULE, import::INPUT_READ, input_read)?
        .func_wrap(MODULE, import::OUTPUT, output)?
        .func_wrap(MODULE, import::FAIL, fail)?
        .func_wrap(MODULE, import::CONTEXT, context)?
        .func_wrap(MODULE, import::STORAGE_READ, storage_read)?
        .func_wrap(MODULE, import::STORAGE_WRITE, storage_write)?
        .func_wrap(MODULE, import::STORAGE_REMOVE, storage_remove)?
        .func_wrap(MODULE, import::LOG_APPEND, log_append)?
        .func_wrap(MODULE, import::LOG_LEN, log_len)?
        .func_wrap(MODULE, import::LOG_READ, log_read)?
        .func_wrap(MODULE, import::EMIT, emit)?
        .func_wrap(MODULE, import::CALL, call)?
        .func_wrap(MODULE, import::SCHEDULE, schedule::schedule)?
        .func_wrap(MODULE, import::RETURNED_LEN, returned_len)?
        .func_wrap(MODULE, import::RETURNED_READ, returned_read)?
        .func_wrap(MODULE, import::RETURNED_CODE, returned_code)?
        .func_wrap(MODULE, import::SHA256, sha256)?
        .func_wrap(MODULE, import::ED25519_VERIFY, ed25519_verify)?;
    Ok(())
}

fn input_len(caller: Calling<'_>) -> Ran<i32> {
    let mut guest = Guest(caller);
    guest.charge(guest.costs().answer)?;
    Ok(length32(guest.frame().input.len()))
}

fn input_read(caller: Calling<'_>, at: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let input = std::mem::take(&mut guest.frame().input);
    let copied = guest.copy_out(at, &input);
    guest.frame().input = input;
    copied
}

fn output(caller: Calling<'_>, at: i32, len: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let max = match guest.frame().chain().kind {
        CallKind::Call => abi::OUTPUT_BYTES_MAX,
        CallKind::View => abi::VIEW_OUTPUT_BYTES_MAX,
    };
    let [bytes] = guest.admit_copy([Span { at, len, max }])?;
    guest.frame().output = guest.bytes(&bytes);
    Ok(())
}

fn fail(caller: Calling<'_>, code: i32, at: i32, len: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let max = abi::FAIL_BYTES_MAX;
    let [message] = guest.admit_copy([Span { at, len, max }])?;
    let message = guest.bytes(&message);
    let code = code.cast_unsigned();
    Err(guest.stop(Stop::Failed { code, message }))
}

fn context(caller: Calling<'_>, which: i32, at: i32, cap: i32) -> Ran<i32> {
    let mut guest = Guest(caller);
    guest.charge(guest.costs().answer)?;
    let frame = guest.frame();
    let (contract, caller, is_called_by_another) = (frame.contract, frame.caller, frame.is_called_by_another());
    let chain = frame.chain();
    let facts = &chain.context;
    let bytes = match which {
        field::SIGNER_KEY => facts.signer_key.to_vec(),
        field::ACCOUNT => facts.account.clone().into_bytes(),
        // Who signed trusts the contract that the transaction names, not all that it calls.
        field::ROLES => vec![if is_called_by_another { 0 } else { facts.roles }],
        field::CONTRACT => contract.to_vec(),
        field::CALLER_CONTRACT => caller.map(Vec::from).unwrap_or_default(),
        field::TRANSACTION => facts.transaction.to_vec(),
        field::HEIGHT => facts.height.to_le_bytes().to_vec(),
        field::TIME_MS => facts.time_ms.to_le_bytes().to_vec(),
        field::CHAIN => facts.chain.to_vec(),
        field::IS_VIEW => vec![u8::from(chain.kind == CallKind::View)],
        field::ATTRIBUTES if is_called_by_another => Vec::new(),
        field::ATTRIBUTES => facts.attributes.clone(),
        _ => return Err(guest.trap(trap::BAD_HOST_ARGUMENT)),
    };
    if which == field::ATTRIBUTES {
        guest.charge(guest.costs().value.of(bytes.len()))?;
    }
    if fits(bytes.len(), cap) {
        guest.copy_out(at, &bytes)?;
    }
    Ok(length32(bytes.len()))
}

fn storage_read(caller: Calling<'_>, key: i32, key_len: i32, at: i32, cap: i32) -> Ran<i64> {
    let mut guest = Guest(caller);
    let [key] = guest.admit(guest.costs().read, [Span::key(key, key_len)])?;
    let key = guest.bytes(&key);
    let contract = guest.frame().contract;
    // Cloned only if it is to be copied: a probe for the length costs no copy.
    let found =
        guest.frame().chain().overlay.value(contract, key, |value| {
            value.map(|value| (value.len(), fits(value.len(), cap).then(|| value.to_vec())))
        });
    let Some((len, value)) = guest.sound(found)? else {
        return Ok(ABSENT);
    };
    guest.charge(guest.costs().value.of(len))?;
    if let Some(value) = value {
        guest.copy_out(at, &value)?;
    }
    Ok(length64(len))
}

fn storage_write(caller: Calling<'_>, key: i32, key_len: i32, at: i32, len: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let max = abi::VALUE_BYTES_MAX;
    let spans = [Span::key(key, key_len), Span { at, len, max }];
    let [key, value] = guest.admit(guest.costs().write, spans)?;
    guest.may_write()?;
    let (key, value) = (guest.bytes(&key), guest.bytes(&value));
    let contract = guest.frame().contract;
    let overlay = &mut guest.frame().chain().overlay;
    let written = overlay.write(contract, key, Some(value));
    guest.within(written)
}

fn storage_remove(caller: Calling<'_>, key: i32, key_len: i32) -> Ran<i32> {
    let mut guest = Guest(caller);
    let [key] = guest.admit(guest.costs().remove, [Span::key(key, key_len)])?;
    guest.may_write()?;
    let key = guest.bytes(&key);
    let contract = guest.frame().contract;
    let overlay = &mut guest.frame().chain().overlay;
    let found = overlay.value(contract, key.clone(), |value| value.is_some());
    if !guest.sound(found)? {
        return Ok(0);
    }
    let overlay = &mut guest.frame().chain().overlay;
    let written = overlay.write(contract, key, None);
    guest.within(written)?;
    Ok(1)
}

fn log_append(caller: Calling<'_>, key: i32, key_len: i32, at: i32, len: i32) -> Ran<i64> {
    let mut guest = Guest(caller);
    let max = abi::LOG_ENTRY_BYTES_MAX;
    let spans = [Span::key(key, key_len), Span { at, len, max }];
    let [key, entry] = guest.admit(guest.costs().append, spans)?;
    guest.may_write()?;
    let (key, entry) = (guest.bytes(&key), guest.bytes(&entry));
    let contract = guest.frame().contract;
    let appended = guest.frame().chain().overlay.append(contract, key, entry);
    let appended = guest.sound(appended)?;
    let index = guest.within(appended)?;
    Ok(i64::try_from(index).unwrap_or(i64::MAX))
}

fn log_len(caller: Calling<'_>, key: i32, key_len: i32) -> Ran<i64> {
    let mut guest = Guest(caller);
    let [key] = guest.admit(guest.costs().log_len, [Span::key(key, key_len)])?;
    let key = guest.bytes(&key);
    let contract = guest.frame().contract;
    let len = guest.frame().chain().overlay.log_len(contract, key);
    let len = guest.sound(len)?;
    Ok(i64::try_from(len).unwrap_or(i64::MAX))
}

fn log_read(caller: Calling<'_>, key: i32, key_len: i32, index: i64, at: i32, cap: i32) -> Ran<i64> {
    let mut guest = Guest(caller);
    let [key] = guest.admit(guest.costs().log_read, [Span::key(key, key_len)])?;
    if guest.frame().chain().kind == CallKind::Call {
        return Err(guest.trap(trap::LOG_READ_IN_CALL));
    }
    let key = guest.bytes(&key);
    let contract = guest.frame().contract;
    let overlay = &mut guest.frame().chain().overlay;
    let record = overlay.log_record(&contract, &key, index.cast_unsigned());
    let Some(record) = guest.sound(record)? else {
        return Ok(ABSENT);
    };
    guest.charge(guest.costs().value.of(record.len()))?;
    if fits(record.len(), cap) {
        guest.copy_out(at, &record)?;
    }
    Ok(length64(record.len()))
}

fn emit(
    caller: Calling<'_>,
    name: i32,
    name_len: i32,
    data: i32,
    data_len: i32,
    attributes: i32,
    attributes_len: i32,
) -> Ran<()> {
    let mut guest = Guest(caller);
    let spans = [
        Span::name(name, name_len),
        Span { at: data, len: data_len, max: abi::EVENT_BYTES_MAX },
        Span { at: attributes, len: attributes_len, max: ATTRIBUTES_BYTES_MAX },
    ];
    let [name, data, attributes] = guest.admit(guest.costs().emit, spans)?;
    guest.may_write()?;
    let name = String::from_utf8(guest.bytes(&name)).ok();
    let attributes = parse_attributes(&guest.bytes(&attributes));
    let (Some(name), Some(attributes)) = (name.filter(|name| !name.is_empty()), attributes) else {
        return Err(guest.trap(trap::BAD_HOST_ARGUMENT));
    };
    let event = Emitted { contract: guest.frame().contract, name, data: guest.bytes(&data), attributes };
    let emitted = guest.frame().chain().overlay.emit(event);
    guest.within(emitted)
}

fn call(
    caller: Calling<'_>,
    contract: i32,
    method: i32,
    method_len: i32,
    input: i32,
    input_len: i32,
    gas: i64,
) -> Ran<i32> {
    let mut guest = Guest(caller);
    let spans = [
        Span::fixed(contract, 32),
        Span::name(method, method_len),
        Span { at: input, len: input_len, max: abi::INPUT_BYTES_MAX },
    ];
    let [contract, method, input] = guest.admit(guest.costs().call, spans)?;
    let left = guest.gas();
    let (gas_left, stack) = (u64::try_from(left).unwrap_or(0), guest.stack());
    let job = Job {
        contract: guest.array(&contract),
        caller: Some(guest.frame().contract),
        // No method has a name that is not UTF-8, nor an empty one.
        method: String::from_utf8(guest.bytes(&method)).unwrap_or_default(),
        input: guest.bytes(&input),
        gas: gas.cast_unsigned().min(gas_left),
        stack,
    };

    let frame = guest.frame();
    let own_pages = frame.pages.own;
    let mut chain = frame.chain.take().expect("a frame's code runs only while it holds the chain");
    let mark = chain.overlay.mark();
    chain.pages = chain.pages.saturating_add(own_pages);
    let (mut chain, ended) = enter(chain, job);
    chain.pages = chain.pages.saturating_sub(own_pages);
    if !matches!(&ended, Ok(ended) if matches!(ended.end, End::Returned(_))) {
        chain.overlay.undo(mark);
    }
    guest.frame().chain = Some(chain);

    let ended = guest.sound(ended)?;
    guest.charge(ended.gas_used)?;
    let (status, code, returned) = match ended.end {
        End::Returned(output) => (call_status::OK, 0, output),
        End::Failed { code, message } => (call_status::FAILED, code, message),
        End::Trapped(cause) => (call_status::TRAPPED, cause, Vec::new()),
    };
    let frame = guest.frame();
    frame.returned = returned;
    frame.returned_code = code;
    Ok(status)
}

fn returned_len(caller: Calling<'_>) -> Ran<i32> {
    let mut guest = Guest(caller);
    guest.charge(guest.costs().answer)?;
    Ok(length32(guest.frame().returned.len()))
}

fn returned_read(caller: Calling<'_>, at: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let returned = std::mem::take(&mut guest.frame().returned);
    let copied = guest.copy_out(at, &returned);
    guest.frame().returned = returned;
    copied
}

fn returned_code(caller: Calling<'_>) -> Ran<i32> {
    let mut guest = Guest(caller);
    guest.charge(guest.costs().answer)?;
    Ok(guest.frame().returned_code.cast_signed())
}

fn sha256(caller: Calling<'_>, at: i32, len: i32, out: i32) -> Ran<()> {
    let mut guest = Guest(caller);
    let max = usize::MAX;
    let spans = [Span { at, len, max }, Span::fixed(out, 32)];
    let [message, _] = guest.admit(guest.costs().sha256, spans)?;
    let hash: [u8; 32] = Sha256::digest(guest.slice(&message)).into();
    guest.write(out, &hash)
}

fn ed25519_verify(caller: Calling<'_>, key: i32, message: i32, message_len: i32, signature: i32) -> Ran<i32> {
    let mut guest = Guest(caller);
    let spans =
        [Span::fixed(key, 32), Span { at: message, len: message_len, max: usize::MAX }, Span::fixed(signature, 64)];
    let [key, message, signature] = guest.admit(guest.costs().ed25519_verify, spans)?;
    let key: [u8; 32] = guest.array(&key);
    let signature: [u8; 64] = guest.array(&signature);
    let valid = VerificationKey::try_from(key)
        .is_ok_and(|key| key.verify(&Signature::from(signature), guest.slice(&message)).is_ok());
    Ok(i32::from(valid))
}

/// Longest layout of attributes: each with the lengths of its name and value.
const ATTRIBUTES_BYTES_MAX: usize =
    attributes::COUNT_MAX * (1 + attributes::NAME_BYTES_MAX + 2 + attributes::VALUE_BYTES_MAX);

/// Reads the layout of [`countersign_abi::attributes`]; `None` if it is not that.
fn parse_attributes(mut bytes: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut parsed = Vec::new();
    while let Some((name_len, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
        let (value_len, rest) = rest.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*value_len)))?;
        let bounded = !name.is_empty()
            && name.len() <= attributes::NAME_BYTES_MAX
            && value.len() <= attributes::VALUE_BYTES_MAX
            && parsed.len() < attributes::COUNT_MAX;
        if !bounded {
            return None;
        }
        parsed.push((str::from_utf8(name).ok()?.to_owned(), value.to_vec()));
        bytes = rest;
    }
    Some(parsed)
}

fn fits(len: usize, cap: i32) -> bool {
    u64::try_from(len).is_ok_and(|len| len <= u64::from(cap.cast_unsigned()))
}

/// A length that a limit keeps far below 2^31.
fn length32(len: usize) -> i32 {
    i32::try_from(len).unwrap_or(i32::MAX)
}

fn length64(len: usize) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

impl Guest<'_> {
    /// Passes a host fault on as the end of the run.
    fn sound<T>(&mut self, result: Result<T, HostFault>) -> Ran<T> {
        result.map_err(|fault| self.stop(Stop::Fault(fault)))
    }

    /// Traps if too much was written.
    fn within<T>(&mut self, result: Result<T, TooMuch>) -> Ran<T> {
        result.map_err(|_| self.trap(TooMuch::CAUSE))
    }

    /// Traps in a view.
    fn may_write(&mut self) -> Ran<()> {
        if self.frame().chain().kind == CallKind::View {
            return Err(self.trap(trap::WRITE_IN_VIEW));
        }
        Ok(())
    }
}

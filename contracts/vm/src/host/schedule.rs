//! Scheduling a call: it is paid for now and run by the chain later.
//!
//! What can be known to fail is refused here, since nobody hears of it later: a method that is not there, gas that does
//! not even make the instance, or is too little for a place in a block. So is a contract that another one called: its later call would run in the name of an
//! account that never called it. The gas is taken from the caller's and never paid back, so that a flood of scheduled
//! calls costs what a flood of calls does, and a call that schedules itself anew comes to an end.

use countersign_abi::{limits as abi, trap};

use super::guest::{Guest, Span};
use super::{Calling, Ran, length64};
use crate::{RESERVED_METHODS, Scheduled};

pub(super) fn schedule(
    caller: Calling<'_>,
    method: i32,
    method_len: i32,
    input: i32,
    input_len: i32,
    at: i64,
    gas: i64,
) -> Ran<i64> {
    let mut guest = Guest(caller);
    let max = abi::SCHEDULED_INPUT_BYTES_MAX;
    let spans = [Span::name(method, method_len), Span { at: input, len: input_len, max }];
    let [method, input] = guest.admit(guest.costs().schedule, spans)?;
    guest.may_write()?;
    // No method has a name that is not UTF-8.
    let method = String::from_utf8(guest.bytes(&method)).unwrap_or_default();
    let (at_ms, gas) = (at.cast_unsigned(), gas.cast_unsigned());
    let call = Scheduled { contract: guest.frame().contract, method, input: guest.bytes(&input), at_ms, gas };
    if let Some(cause) = guest.refusal(&call) {
        return Err(guest.trap(cause));
    }
    guest.charge(gas)?;
    match guest.frame().chain().overlay.schedule(call) {
        Some(position) => Ok(length64(position)),
        None => Err(guest.trap(trap::SCHEDULE_LIMIT)),
    }
}

impl Guest<'_> {
    /// The trap that stands in the place of scheduling this call, if one does.
    fn refusal(&mut self, call: &Scheduled) -> Option<u32> {
        let frame = self.frame();
        let facts = &frame.code.facts;
        if RESERVED_METHODS.contains(&call.method.as_str()) || !facts.has_method(&call.method) {
            return Some(trap::METHOD_NOT_FOUND);
        }
        let entering = frame.costs.call.of(call.method.len().saturating_add(call.input.len()));
        let chain = frame.chain.as_ref().expect("a frame's code runs only while it holds the chain");
        let least = entering.saturating_add(chain.machine.costs.instantiation(facts)).max(abi::SCHEDULED_GAS_MIN);
        let now = chain.context.time_ms;
        let is_due = call.at_ms > now && call.at_ms.saturating_sub(now) <= abi::SCHEDULE_AHEAD_MS_MAX;
        let is_paid = (least..=abi::SCHEDULED_GAS_MAX).contains(&call.gas);
        (!is_due || !is_paid || frame.is_called_by_another()).then_some(trap::BAD_HOST_ARGUMENT)
    }
}

//! Capture: a call's events, their receipts, and what it emits.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use countersign_contract::borsh::BorshDeserialize;
use countersign_contract::{Context, ContractEvent, Hash, Role};
use countersign_epcis::Event;
use countersign_epcis::answer::{EventReceipt, Mode, Outcome};
use countersign_epcis::register::{Captured as Standing, Refusal, Submission, capture as record};
use countersign_epcis::rule::Policy;

use crate::consult::{Noted, Registries};
use crate::limits::{EVENTS_MAX, REASON_BYTES_MAX, REASONS_BYTES_MAX};
use crate::registers::Capturing;
use crate::{Error, custody};

/// Bytes of an indexed field that the host takes.
const INDEXED_BYTES_MAX: usize = countersign_contract::abi::attributes::VALUE_BYTES_MAX;

/// An event is recorded. Indexed fields too long for the index are empty.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Captured<'a> {
    /// Number of its record.
    pub sequence: u64,
    /// SHA-256 of its canonical bytes.
    pub hash: Hash,
    /// When it happened, milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// The submitter's name for it, empty if it has none.
    #[indexed]
    pub event_id: &'a str,
    /// Type of the event, in the standard's words.
    #[indexed]
    pub kind: &'a str,
    /// Business step, empty if there is none.
    #[indexed]
    pub step: &'a str,
    /// Where the things are afterwards, empty if it does not say.
    #[indexed]
    pub location: &'a str,
}

/// Captures the events of a call, and asks registries about those that are new.
pub(crate) fn capture(
    ctx: &mut Context,
    events: &[Vec<u8>],
    mode: Mode,
    registries: Registries,
) -> Result<Vec<EventReceipt>, Error> {
    if !ctx.has_role(Role::Submitter) && !ctx.has_role(Role::Device) {
        return Err(Error::NotPermitted);
    }
    if events.len() > EVENTS_MAX {
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        return Err(Error::TooMany { count, max: u32::try_from(EVENTS_MAX).unwrap_or(u32::MAX) });
    }
    let by = submission(ctx);
    let mut room = REASONS_BYTES_MAX;
    let mut receipts = Vec::with_capacity(events.len());
    let mut registers = Capturing::default();
    let mut noted = Noted::of(registries);
    for (index, bytes) in (0..).zip(events) {
        let outcome = match one(ctx, &mut registers, &mut noted, bytes, &by) {
            Ok(Standing { sequence, duplicate: true, .. }) => Outcome::Duplicate { sequence },
            Ok(Standing { sequence, hash, anomalies, .. }) => Outcome::Accepted { sequence, hash, anomalies },
            Err(refusal) => {
                let Refusal { rule, path, reason } = refusal;
                let (rule, path, reason) = (rule.to_string(), cut(path), cut(reason));
                match mode {
                    Mode::Rollback => return Err(Error::Refused { index, rule, path, reason }),
                    Mode::Proceed => rejected(rule, path, reason, &mut room),
                }
            }
        };
        receipts.push(EventReceipt { index, outcome });
    }
    registers.finish();
    noted.consult(ctx);
    Ok(receipts)
}

/// Who calls, and when.
pub(crate) fn submission(ctx: &Context) -> Submission {
    Submission { account: ctx.account(), height: ctx.height(), time_ms: ctx.time_ms(), transaction: ctx.transaction() }
}

/// Records one event and tells the outside world.
fn one(
    ctx: &mut Context,
    registers: &mut Capturing,
    noted: &mut Noted,
    bytes: &[u8],
    by: &Submission,
) -> Result<Standing, Refusal> {
    let event = Event::try_from_slice(bytes).map_err(|error| Refusal {
        rule: "event.encoding",
        path: "$".to_string(),
        reason: alloc::format!("not the borsh encoding of an event: {error}"),
    })?;
    let standing = record(registers, &event, by, Policy::default())?;
    if !standing.duplicate {
        ctx.emit(&Captured {
            sequence: standing.sequence,
            hash: standing.hash,
            time_ms: event.time.ms(),
            event_id: indexed(event.event_id.as_deref()),
            kind: event.what.type_name(),
            step: indexed(Some(event.step_word())),
            location: indexed(event.location.as_ref().map(|place| place.id.canonical())),
        });
        noted.note(&event, standing.sequence, by.time_ms);
        if let Some(handover) = &standing.handover {
            custody::announce(ctx, standing.sequence, handover);
        }
    }
    Ok(standing)
}

/// Text as an indexed field; empty if it is too long for one.
pub(crate) fn indexed(text: Option<&str>) -> &str {
    text.filter(|text| text.len() <= INDEXED_BYTES_MAX).unwrap_or_default()
}

/// A refusal as a receipt; what it says of path and reason must fit `room`.
fn rejected(rule: String, path: String, reason: String, room: &mut usize) -> Outcome {
    match room.checked_sub(path.len() + reason.len()) {
        Some(left) => {
            *room = left;
            Outcome::Rejected { rule, path, reason }
        }
        None => Outcome::Rejected { rule, path: String::new(), reason: String::new() },
    }
}

/// Text from a refusal, cut to a bounded length at a character's border.
fn cut(mut text: String) -> String {
    let mut end = REASON_BYTES_MAX.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

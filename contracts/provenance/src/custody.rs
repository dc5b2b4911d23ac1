//! Custody: hand-overs that captured events propose, and what receivers say of them. The logic is
//! [`countersign_epcis::register::handover`]; here is who may do what, and what is announced.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use countersign_contract::{Context, ContractEvent, Role, check_length, checked_text};
use countersign_epcis::answer::{HandedOver, HandedOverPage, HandoverPolicy};
use countersign_epcis::limits::{HANDOVER_REASON_BYTES_MAX, HANDOVER_WINDOW_MAX_MS, HANDOVER_WINDOW_MIN_MS};
use countersign_epcis::register;
use countersign_epcis::register::Record;
use countersign_epcis::register::handover::{self, Handover, Part, Unsettled};

use crate::capture::{indexed, submission};
use crate::limits::{HANDOVERS, ORGANISATION_BYTES_MAX, SETTLED_MAX};
use crate::registers::{Capturing, Registers};
use crate::{Error, item};

/// An event hands custody or ownership to a party. Indexed fields too long for the index are empty.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct HandoverProposed<'a> {
    /// Number of the event's record.
    pub sequence: u64,
    /// The organisation that submitted it.
    #[indexed]
    pub giver: &'a str,
    /// The organisation that receives; empty if the party was entrusted to none.
    #[indexed]
    pub receiver: &'a str,
    /// The party that receives.
    #[indexed]
    pub party: &'a str,
    /// How it stands: `pending`, `oneSided`, or `accepted` where giver and receiver are one.
    #[indexed]
    pub state: &'a str,
    /// The last block time at which it can be accepted, milliseconds since 1970 UTC; 0 if it need not be.
    pub until_ms: u64,
}

/// A receiver has accepted or refused a hand-over.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct HandoverSettled<'a> {
    /// Number of the event's record.
    pub sequence: u64,
    /// The organisation that submitted the event.
    #[indexed]
    pub giver: &'a str,
    /// The organisation that receives.
    #[indexed]
    pub receiver: &'a str,
    /// Whether it accepted.
    #[indexed]
    pub accepted: bool,
    /// Why it refused; empty if it accepted.
    pub reason: &'a str,
}

/// An organisation acts for a party from now on.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct PartyEntrusted<'a> {
    /// The party. Empty if it is too long for the index.
    #[indexed]
    pub party: &'a str,
    /// The organisation; empty if none does any more.
    #[indexed]
    pub organisation: &'a str,
}

/// An organisation receives in another way from now on.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct HandoverPolicySet<'a> {
    /// The organisation.
    #[indexed]
    pub receiver: &'a str,
    /// From whom; empty for all that it has set nothing for.
    #[indexed]
    pub giver: &'a str,
    /// How long it may take to countersign; 0 if it need not.
    pub window_ms: u64,
}

/// Announces what a captured event hands over.
pub(crate) fn announce(ctx: &mut Context, sequence: u64, handover: &Handover) {
    for part in &handover.parts {
        let state = part.state(0, |_| true);
        ctx.emit(&HandoverProposed {
            sequence,
            giver: &handover.giver,
            receiver: part.organisation().unwrap_or_default(),
            party: indexed(Some(&part.to)),
            state: state.word(),
            until_ms: part.until_ms().unwrap_or_default(),
        });
    }
}

pub(crate) fn accept(ctx: &mut Context, sequences: &[u64]) -> Result<(), Error> {
    check_count(sequences.len())?;
    settle(ctx, sequences, None)
}

pub(crate) fn refuse(ctx: &mut Context, sequence: u64, reason: String) -> Result<(), Error> {
    let reason = checked_text("reason", reason, HANDOVER_REASON_BYTES_MAX)?;
    settle(ctx, &[sequence], Some(&reason))
}

fn check_count(count: usize) -> Result<(), Error> {
    if count <= SETTLED_MAX {
        return Ok(());
    }
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Err(Error::TooMany { count: number(count), max: number(SETTLED_MAX) })
}

fn settle(ctx: &mut Context, sequences: &[u64], refused: Option<&str>) -> Result<(), Error> {
    ctx.check_direct()?;
    if !ctx.has_role(Role::Submitter) {
        return Err(Error::NotPermitted);
    }
    let (by, receiver) = (submission(ctx), ctx.organisation());
    let mut registers = Capturing::default();
    for sequence in sequences {
        let settled = handover::settle(&mut registers, *sequence, &by, refused);
        let handover = settled.map_err(|cause| unsettled(*sequence, cause))?;
        ctx.emit(&HandoverSettled {
            sequence: *sequence,
            giver: &handover.giver,
            receiver: &receiver,
            accepted: refused.is_none(),
            reason: refused.unwrap_or_default(),
        });
    }
    Ok(())
}

fn unsettled(sequence: u64, cause: Unsettled) -> Error {
    match cause {
        Unsettled::Unknown => Error::NoHandover { sequence },
        Unsettled::Void => Error::HandoverVoid { sequence },
        Unsettled::NotReceiver => Error::NotReceiver { sequence },
        Unsettled::OneSided => Error::HandoverOneSided { sequence },
        Unsettled::Settled => Error::HandoverSettled { sequence },
        Unsettled::Expired { until_ms } => Error::HandoverExpired { sequence, until_ms },
    }
}

/// Lets an organisation act for a party, or none.
pub(crate) fn entrust(ctx: &mut Context, party: &str, organisation: Option<String>) -> Result<(), Error> {
    let party = item(party)?;
    if let Some(organisation) = &organisation {
        check_organisation("organisation", organisation)?;
    }
    handover::entrust(&mut Capturing::default(), party.canonical(), organisation.as_deref());
    let organisation = organisation.as_deref().unwrap_or_default();
    ctx.emit(&PartyEntrusted { party: indexed(Some(party.canonical())), organisation });
    Ok(())
}

pub(crate) fn set_policy(ctx: &mut Context, giver: Option<String>, policy: HandoverPolicy) -> Result<(), Error> {
    ctx.check_direct()?;
    if !ctx.has_role(Role::Admin) {
        return Err(Error::NotPermitted);
    }
    if let Some(giver) = &giver {
        check_organisation("giver", giver)?;
    }
    let window_ms = match policy {
        HandoverPolicy::OneSided => 0,
        HandoverPolicy::Countersign { window_ms } => {
            let (min_ms, max_ms) = (HANDOVER_WINDOW_MIN_MS, HANDOVER_WINDOW_MAX_MS);
            if !(min_ms..=max_ms).contains(&window_ms) {
                return Err(Error::Window { window_ms, min_ms, max_ms });
            }
            window_ms
        }
    };
    let receiver = ctx.organisation();
    handover::set_policy(&mut Capturing::default(), &receiver, giver.as_deref(), policy);
    ctx.emit(&HandoverPolicySet { receiver: &receiver, giver: giver.as_deref().unwrap_or_default(), window_ms });
    Ok(())
}

/// An organisation's identifier has no slash, by which keys tell receiver and giver apart.
fn check_organisation(field: &'static str, name: &str) -> Result<(), Error> {
    check_length(field, name, ORGANISATION_BYTES_MAX)?;
    if name.contains('/') {
        return Err(Error::Identifier { reason: alloc::format!("`{name}` is no organisation") });
    }
    Ok(())
}

/// What one event hands over.
pub(crate) fn of_record(ctx: &Context, sequence: u64) -> Result<Vec<HandedOver>, Error> {
    let Some(found) = handover::handover(&mut Registers, sequence)? else { return Ok(Vec::new()) };
    let record = register::record(&mut Registers, sequence)?;
    let is_void = record.is_none_or(|record| record.voided.is_some());
    Ok(told(ctx, sequence, is_void, &found).collect())
}

/// A part of what an organisation received, or gave.
pub(crate) fn page(ctx: &Context, organisation: &str, given: bool, from: u64) -> Result<HandedOverPage, Error> {
    let listing = handover::handovers(&mut Registers, organisation, given, from, HANDOVERS, None)?;
    let own = |part: &HandedOver| given || part.receiver.as_deref() == Some(organisation);
    let mut handovers = Vec::new();
    for (sequence, Record { voided, .. }, found) in &listing.handovers {
        handovers.extend(told(ctx, *sequence, voided.is_some(), found).filter(own));
    }
    Ok(HandedOverPage { handovers, next: listing.next })
}

fn told(ctx: &Context, sequence: u64, is_void: bool, found: &Handover) -> impl Iterator<Item = HandedOver> {
    let now_ms = ctx.time_ms();
    let state = move |part: &Part| (!is_void).then(|| part.state(now_ms, |_| true));
    found.parts.iter().map(move |part| HandedOver::of(sequence, part, &found.giver, state(part)))
}

/// The organisation that acts for a party.
pub(crate) fn party(id: &str) -> Result<Option<String>, Error> {
    Ok(handover::party(&mut Registers, item(id)?.canonical())?)
}

pub(crate) fn policy(receiver: &str, giver: &str) -> Result<HandoverPolicy, Error> {
    Ok(handover::policy(&mut Registers, receiver, giver)?)
}

impl From<countersign_contract::BadLength<'_>> for Error {
    fn from(bad: countersign_contract::BadLength<'_>) -> Self {
        let countersign_contract::BadLength { field, bytes, max } = bad;
        Self::Text { field: field.to_string(), bytes, max }
    }
}

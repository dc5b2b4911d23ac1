//! Sighting: what one event says of one thing, for contracts that ask. It reads state entries alone, so that calls may
//! ask it too.

use alloc::string::{String, ToString};
use core::convert::Infallible;

use countersign_contract::storage;
use countersign_epcis::Identifier;
use countersign_epcis::register::{self, Damaged, key};
use countersign_epcis::walk::Unanswered;
use countersign_interfaces::records::{Sighting, Unreadable};

use crate::registers::Registers;

pub(crate) fn sighting(event_id: &str, item: &str) -> Result<Option<Sighting>, Unreadable> {
    let item = Identifier::parse(item).map_err(|fault| Unreadable::Identifier { reason: fault.to_string() })?;
    let audit = register::audit(&mut Registers, event_id).map_err(unread)?;
    let mut records = audit.into_iter().flat_map(|audit| audit.records);
    let Some((sequence, record)) = records.find(|(_, record)| record.event.error.is_none()) else { return Ok(None) };
    if record.voided.is_some() {
        return Ok(None);
    }
    let (organisation, recorded_ms) = (record.organisation().to_string(), record.time_ms);
    let body = if record.head_only { storage::read(&key::body(sequence)) } else { None };
    let event = record.whole(body.as_deref()).map_err(damaged)?;
    if !event.subjects().any(|subject| subject.canonical() == item.canonical()) {
        return Ok(None);
    }
    let place = event.location.as_ref().or(event.read_point.as_ref());
    Ok(Some(Sighting {
        sequence,
        organisation,
        time_ms: event.time.ms(),
        recorded_ms,
        step: event.step_word().to_string(),
        place: place.map_or_else(String::new, |place| place.id.canonical().to_string()),
    }))
}

fn unread(unanswered: Unanswered<Infallible>) -> Unreadable {
    match unanswered {
        Unanswered::Damaged(what) => damaged(what),
        Unanswered::Read(never) => match never {},
    }
}

fn damaged(damaged: Damaged) -> Unreadable {
    Unreadable::Damaged { what: damaged.0.into() }
}

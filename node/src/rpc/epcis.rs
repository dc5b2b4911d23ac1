//! `epcis_*`: EPCIS documents and events.

use super::conn::{Conn, Node};
use super::failure::{internal, of_ledger};
use super::foresee::foresee;
use super::point::Point;
use super::view::view;
use countersign_api::method::epcis::{EpcisEvent, EpcisValidate, EventParams, EventRecord, EventRecords};
use countersign_api::{Code, Read, Registry, RpcError};
use countersign_epcis::answer::Recorded;
use countersign_epcis::register::{Known, Record, Stored, key};
use countersign_epcis::{Event, json};
use countersign_types::{Address, Hash, Height, TimestampMs, codec, state_key};
use serde_json::value::RawValue;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<EpcisValidate, _, _>(|conn, params| conn.view(move |node| foresee(node, &params)));
    registry.on::<EpcisEvent, _, _>(|conn, params| conn.view(move |node| event(node, &params)));
}

fn event(node: &Node, params: &EventParams) -> Result<Read<EventRecords>, RpcError> {
    let point = node.point(params.at)?;
    let (contract, _) = node.provenance(params.contract.as_ref(), &point)?;
    let mut found = named(node, contract, &params.id, &point)?;
    if found.is_empty() {
        found = unnamed(node, contract, &params.id, &point)?;
    }
    if found.is_empty() {
        let cause = format!("no event at height {} has the eventID or hash `{}`", point.height, params.id);
        return Err(RpcError::new(Code::EventUnknown, cause));
    }
    let records = found.into_iter().map(record).collect::<Result<_, _>>()?;
    Ok(point.read(EventRecords { records }, None))
}

/// Records under an eventID.
fn named(node: &Node, contract: Address, id: &str, point: &Point) -> Result<Vec<Recorded>, RpcError> {
    node.ask(&view(contract, "event", codec::encode(&id)), point)
}

/// The record of an event without an eventID, which its hash names.
fn unnamed(node: &Node, contract: Address, id: &str, point: &Point) -> Result<Vec<Recorded>, RpcError> {
    let Ok(hash) = id.parse::<Hash>() else { return Ok(Vec::new()) };
    let key = state_key::storage(&contract, &key::unnamed(&hash.0));
    let known = node.reader().read_at(&key, point.height).map_err(|cause| of_ledger(&cause))?;
    let Some(known) = known else { return Ok(Vec::new()) };
    let known = Known::from_bytes(&known).map_err(|cause| RpcError::new(Code::NotProvenance, cause))?;
    let Some(sequence) = known.with_hash(&hash.0) else { return Ok(Vec::new()) };
    let found: Option<Recorded> = node.ask(&view(contract, "event_by_seq", codec::encode(&sequence)), point)?;
    Ok(found.into_iter().collect())
}

fn record(recorded: Recorded) -> Result<EventRecord, RpcError> {
    let event: Event = codec::decode(&recorded.event, recorded.event.len())
        .map_err(|cause| RpcError::new(Code::NotProvenance, format!("a recorded event cannot be read: {cause}")))?;
    let Recorded { sequence, hash, submitter, height, recorded_ms, transaction, voided, .. } = recorded;
    let head_only = false;
    told(sequence, &Record { hash, submitter, height, time_ms: recorded_ms, transaction, voided, head_only, event })
}

/// A whole record in the interface's form.
pub(super) fn told(sequence: u64, record: &Record) -> Result<EventRecord, RpcError> {
    let text = json::write(&json::render(&record.event));
    Ok(EventRecord {
        sequence,
        hash: Hash(record.hash),
        submitter: record.submitter.parse().ok(),
        transaction: Hash(record.transaction),
        height: Height(record.height),
        recorded: TimestampMs(record.time_ms),
        declares_error: record.event.error.is_some(),
        event: RawValue::from_string(text).map_err(|cause| internal(&cause))?,
    })
}

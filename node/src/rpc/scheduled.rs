//! Calls that wait for their time.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use countersign_api::method::contract::{ContractListScheduled, ListScheduledParams, Scheduled};
use countersign_api::read::page_size;
use countersign_api::{At, Page, Registry, RpcError};
use countersign_types::{ScheduledCall, TimestampMs, state_key};

/// Calls looked at for one page: what a block runs, and 17 MiB at most, of which an answer shows as many as it asks for.
const LOOKED_AT_MAX: usize = 1_000;
/// Bytes of arguments in one page, beyond which it ends: with the rest 1.5 MiB of JSON, below the largest answer.
const INPUT_BYTES_MAX: usize = 1 << 20;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractListScheduled, _, _>(|conn, params| conn.read(move |node| list(node, params)));
}

fn list(node: &Node, mut params: ListScheduledParams) -> Result<Page<Scheduled>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<ContractListScheduled>(&params);
    let cursor: Option<Cursor<(TimestampMs, u64)>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(At::Final, |cursor| At::Height(cursor.height)))?;
    let contract = params.contract.map(|named| node.contract(&named, &point)).transpose()?.map(|(address, _)| address);
    let from = cursor.map_or(state_key::scheduled_all(), |Cursor { place: (at, number), .. }| {
        state_key::scheduled(at, number.saturating_add(1))
    });
    let end = state_key::scheduled(TimestampMs(u64::MAX), u64::MAX);
    // Keys are the newest state's; what was scheduled since is not there yet, and what ran since is gone.
    let keys = node.reader().keys_between(&from, &end, LOOKED_AT_MAX).map_err(|cause| of_ledger(&cause))?;
    let mut is_last = keys.len() < LOOKED_AT_MAX;
    let (mut items, mut bytes, mut place) = (Vec::new(), 0usize, None);
    for key in keys {
        if items.len() >= size || bytes > INPUT_BYTES_MAX {
            is_last = false;
            break;
        }
        place = state_key::scheduled_place(&key).or(place);
        let call: Option<ScheduledCall> = node.native(&key, &point)?;
        if let Some(call) = call.filter(|call| contract.is_none_or(|contract| contract == call.contract)) {
            bytes = bytes.saturating_add(call.input.len());
            items.push(Scheduled::of(call));
        }
    }
    let next = place.filter(|_| !is_last).map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}

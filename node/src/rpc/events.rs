//! Events that contracts emitted: listed, and sent as their blocks are certified.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use super::feed::{Feed, Wanted};
use super::point::Point;
use countersign_api::limits::NOTICE_EVENTS_MAX;
use countersign_api::method::chain::Subscribed;
use countersign_api::method::contract::{
    ContractListEvents, ContractRef, ContractSubscribeEvents, EventPlace, EventRecord, EventsNotice, ListEventsParams,
    SubscribeEventsParams,
};
use countersign_api::method::tx::Attribute;
use countersign_api::read::page_size;
use countersign_api::{At, Code, Order, Page, Registry, RpcError};
use countersign_ledger::{Direction, EventCursor, EventFilter};
use countersign_types::Height;
use std::collections::BTreeMap;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ContractListEvents, _, _>(|conn, params| conn.read(move |node| list(node, params)));
    registry.on::<ContractSubscribeEvents, _, _>(|conn, params| async move { subscribe(&conn, params).await });
}

fn list(node: &Node, mut params: ListEventsParams) -> Result<Page<EventRecord>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let query = node.query::<ContractListEvents>(&params);
    let cursor: Option<Cursor<(Height, u32)>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let newest = node.point(At::Final)?;
    let point = cursor.as_ref().map_or(Ok(newest.clone()), |cursor| node.point(At::Height(cursor.height)))?;
    let filter = EventFilter {
        from: params.from.unwrap_or(Height::ZERO),
        // What is executed and not certified yet is not told, nor what came after the first page.
        to: params.to.unwrap_or(point.height).min(point.height),
        ..filter(node, &newest, params.contract.as_ref(), params.name, params.attribute)?
    };
    let start = cursor.map(|Cursor { place: (height, index), .. }| EventCursor { height, index });
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let direction = match params.order {
        Order::Ascending => Direction::Forward,
        Order::Descending => Direction::Backward,
    };
    let found = node.reader().events(&filter, start, size, direction).map_err(|cause| of_ledger(&cause))?;
    let items = told(node, &newest, &found.items);
    let next = found
        .next
        .map(|EventCursor { height, index }| query.text(&Cursor { height: point.height, place: (height, index) }));
    Ok(point.page(items, next))
}

/// Which events are wanted, at any height.
fn filter(
    node: &Node,
    newest: &Point,
    contract: Option<&ContractRef>,
    name: Option<String>,
    attribute: Option<Attribute>,
) -> Result<EventFilter, RpcError> {
    let invalid = |cause: &str| Err(RpcError::new(Code::InvalidParams, cause));
    if name.is_some() && contract.is_none() {
        return invalid("`name` needs `contract`");
    }
    if attribute.is_some() && name.is_none() {
        return invalid("`attribute` needs `contract` and `name`");
    }
    let contract = contract.map(|named| node.contract(named, newest)).transpose()?;
    Ok(EventFilter {
        contract: contract.map(|(address, _)| address),
        name,
        attribute: attribute.map(|attribute| (attribute.name, attribute.value.0)),
        from: Height::ZERO,
        to: Height::ZERO,
    })
}

/// Events with their fields as JSON, where their contracts' interfaces can be read.
fn told(node: &Node, newest: &Point, found: &[countersign_types::receipt::EventRecord]) -> Vec<EventRecord> {
    let mut records = BTreeMap::new();
    let items = found.iter().map(|record| {
        let mut item = EventRecord::of(record);
        let contract = record.event.contract;
        let known = records.entry(contract).or_insert_with(|| node.contract_at(&contract, newest).ok().flatten());
        let interface = known.as_ref().and_then(|known| {
            let code = node.code_when(&contract, known, record.height, newest).ok()?;
            node.interface(&code, newest).ok()
        });
        item.event.value =
            interface.and_then(|interface| interface.abi.decode_event(&record.event.name, &record.event.data).ok());
        item
    });
    items.collect()
}

async fn subscribe(conn: &Conn, params: SubscribeEventsParams) -> Result<Subscribed, RpcError> {
    let call = conn.call.clone().ok_or_else(super::chain::needs_socket)?;
    let SubscribeEventsParams { contract, name, attribute, from, after } = params;
    if from.is_some() && after.is_some() {
        return Err(RpcError::new(Code::InvalidParams, "give either `from` or `after`"));
    }
    let asked = conn.clone().read(move |node| {
        let newest = node.point(At::Final)?;
        Ok((filter(node, &newest, contract.as_ref(), name, attribute)?, newest.height))
    });
    let (filter, certified) = asked.await?;
    let first = after.map(|after| after.height).or(from).unwrap_or(certified.next()).max(Height(1));
    Ok(Subscribed { subscription: call.subscribe(first, Wanted::Events { filter: Box::new(filter), after })? })
}

/// Events of a block from a place on, as many as fit a notification, and where more of them begin; nothing where there are none.
pub(super) fn notice(
    node: &Node,
    feed: &Feed,
    (filter, after): (&EventFilter, Option<EventPlace>),
    (height, from): (Height, Option<u32>),
) -> Result<(Option<EventsNotice>, Option<u32>), RpcError> {
    let seen = after.filter(|after| after.height == height).map(|after| after.index.saturating_add(1));
    let index = from.or(seen).unwrap_or(0);
    let point = node.point(At::Height(height))?;
    let filter = EventFilter { from: height, to: height, ..filter.clone() };
    let start = Some(EventCursor { height, index });
    let found = node.reader().events(&filter, start, NOTICE_EVENTS_MAX, Direction::Forward);
    let found = found.map_err(|cause| of_ledger(&cause))?;
    let more = found.next.filter(|next| next.height == height).map(|next| next.index);
    if found.items.is_empty() {
        return Ok((None, more));
    }
    let events = told(node, &node.point(At::Final)?, &found.items);
    Ok((Some(EventsNotice { subscription: feed.id, height, block_hash: point.block, events }), more))
}

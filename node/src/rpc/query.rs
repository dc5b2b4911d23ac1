//! `epcis_query`: captured events that match parameters, page by page.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::epcis::told;
use super::registers::{LedgerRegisters, of_unanswered};
use super::trace::asked;
use crate::limits::{QUERY_BYTES_MAX, QUERY_READS_MAX};
use countersign_api::method::epcis::{EpcisQuery, EventRecord, Form, QueryParams};
use countersign_api::read::{Page, page_size};
use countersign_api::{At, Code, Registry, RpcError};
use countersign_epcis::json;
use countersign_epcis::query::{Found, Order, Query, count, search};
use countersign_epcis::register::{self, Pos, Record};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<EpcisQuery, _, _>(|conn, params| conn.view(move |node| query(node, params)));
}

/// Where a query goes on: the last event that was looked at, and how many were answered by then.
type Place = (i64, u64, u64);

fn query(node: &Node, mut params: QueryParams) -> Result<Page<EventRecord>, RpcError> {
    let (limit, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let listed = node.query::<EpcisQuery>(&params);
    let cursor: Option<Cursor<Place>> = cursor.as_deref().map(|text| listed.cursor(text)).transpose()?;
    let query = read(&params)?;
    let at = cursor.as_ref().map_or(params.at, |cursor| At::Height(cursor.height));
    let asked = asked(node, params.contract.as_ref(), at)?;
    let mut registers = LedgerRegisters::at(node, asked.contract, &asked.over);
    let position = match asked.position {
        Some(position) => position,
        None => register::count(&mut registers).map_err(of_unanswered)?,
    };
    if cursor.is_none() {
        check_count(&mut registers, &query, position)?;
    }
    let (after, before) = match cursor.map(|cursor| cursor.place) {
        Some((time_ms, sequence, before)) => (Some(Pos { time_ms, sequence }), before),
        None => (None, 0),
    };
    let left = query.first.map_or(u64::MAX, |first| first.saturating_sub(before));
    let events = usize::try_from(left.min(u64::from(limit))).unwrap_or(usize::MAX);
    let page = search(&mut registers, &query, position, after, events, QUERY_READS_MAX).map_err(of_unanswered)?;
    let page = page.ok_or_else(|| too_much("to sort by time of event"))?;
    let whole = page.found.len();
    let (items, last) = told_within(page.found, query.order, params.form)?;
    let answered = before.saturating_add(u64::try_from(items.len()).unwrap_or(u64::MAX));
    // What did not fit into the answer comes with the next page.
    let next = if items.len() < whole { last } else { page.next };
    let next = next.filter(|_| query.first.is_none_or(|first| answered < first));
    let text = |Pos { time_ms, sequence }| {
        listed.text(&Cursor { height: asked.as_of.height, place: (time_ms, sequence, answered) })
    };
    Ok(asked.as_of.page(items, next.map(text)))
}

fn read(params: &QueryParams) -> Result<Query, RpcError> {
    let value = json::read(params.params.get().as_bytes());
    let value = value.map_err(|cause| RpcError::new(Code::InvalidParams, format!("`params`: {cause}")))?;
    Query::read(&value).map_err(|cause| RpcError::new(Code::InvalidParams, cause))
}

/// Refuses a query that more events match than its `maxEventCount` allows.
fn check_count(registers: &mut LedgerRegisters<'_>, query: &Query, position: u64) -> Result<(), RpcError> {
    let Some(most) = query.most else { return Ok(()) };
    match count(registers, query, position, most, QUERY_READS_MAX).map_err(of_unanswered)? {
        Some(count) if count <= most => Ok(()),
        Some(_) => Err(RpcError::new(Code::InvalidParams, format!("`maxEventCount`: more than {most} events match"))),
        None => Err(too_much("to count for `maxEventCount`")),
    }
}

fn too_much(purpose: &str) -> RpcError {
    let cause = format!(
        "more than {QUERY_READS_MAX} records would have to be looked at {purpose}: name an identifier or a document, or \
         narrow the record time"
    );
    RpcError::new(Code::InvalidParams, cause)
}

/// As many events as one answer holds, and the place of the last.
fn told_within(found: Vec<Found>, order: Order, form: Form) -> Result<(Vec<EventRecord>, Option<Pos>), RpcError> {
    let (mut items, mut last, mut bytes) = (Vec::with_capacity(found.len()), None, 0usize);
    for Found { sequence, record } in found {
        if bytes > QUERY_BYTES_MAX {
            break;
        }
        let time_ms = if order == Order::EventTime { record.event.time.ms() } else { 0 };
        let record = match form {
            Form::Written => record,
            Form::DigitalLink => Record { event: record.event.linked(), ..record },
        };
        let item = told(sequence, &record)?;
        bytes = bytes.saturating_add(item.event.get().len());
        items.push(item);
        last = Some(Pos { time_ms, sequence });
    }
    Ok((items, last))
}

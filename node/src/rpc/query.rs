//! `epcis_query`: captured events that match parameters, page by page.

mod indexed;

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::epcis::told;
use super::registers::{LedgerRegisters, of_unanswered};
use super::trace::asked;
use crate::limits::{QUERY_BYTES_MAX, QUERY_HITS, QUERY_HITS_MAX, QUERY_READS_MAX};
use countersign_api::method::epcis::{EpcisQuery, EventRecord, Form, QueryParams};
use countersign_api::read::{Page, page_size};
use countersign_api::{At, Code, Registry, RpcError};
use countersign_epcis::json;
use countersign_epcis::query::{Found, Order, Page as Part, Query, among, count, search, span};
use countersign_epcis::register::{self, Pos, Record};
use countersign_types::Height;
use indexed::Bound;

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
    let bound = Bound { contract: asked.contract, height: asked.as_of.height, position, after: None };
    if cursor.is_none() {
        check_count(node, &mut registers, &query, bound)?;
    }
    let (after, before) = match cursor.map(|cursor| cursor.place) {
        Some((time_ms, sequence, before)) => (Some(Pos { time_ms, sequence }), before),
        None => (None, 0),
    };
    let left = query.first.map_or(u64::MAX, |first| first.saturating_sub(before));
    let events = usize::try_from(left.min(u64::from(limit))).unwrap_or(usize::MAX);
    let page = match by_index(node, &mut registers, &query, bound, after, events)? {
        Some(page) => page,
        None => search(&mut registers, &query, position, after, events, QUERY_READS_MAX)
            .map_err(of_unanswered)?
            .ok_or_else(|| too_much("to sort by time of event"))?,
    };
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

/// A part of the answer by the node's index of events; none where that is no help.
fn by_index(
    node: &Node,
    registers: &mut LedgerRegisters<'_>,
    query: &Query,
    mut bound: Bound,
    after: Option<Pos>,
    events: usize,
) -> Result<Option<Part>, RpcError> {
    if span(registers, query, bound.position).map_err(of_unanswered)? <= QUERY_HITS_MAX {
        return Ok(None);
    }
    if query.order == Order::EventTime {
        let all = node.hits(query, bound)?.map(indexed::Hits::all).transpose()?.flatten();
        return all.map(|all| among(registers, query, all, after, events).map_err(of_unanswered)).transpose();
    }
    if let Some(Pos { sequence, .. }) = after {
        let record = register::record(registers, sequence).map_err(of_unanswered)?;
        bound.after = record.map(|record| (sequence, Height(record.height)));
    }
    let Some(mut hits) = node.hits(query, bound)? else { return Ok(None) };
    let mut page = Part::default();
    loop {
        let Some(mut found) = hits.take(QUERY_HITS)? else { return Ok(None) };
        let (last, is_end) = (found.last().copied(), found.len() < QUERY_HITS);
        found.sort_unstable();
        let part = among(registers, query, found, None, events.saturating_sub(page.found.len()));
        let Part { found, next, looked_at } = part.map_err(of_unanswered)?;
        page.found.extend(found);
        page.looked_at = page.looked_at.saturating_add(looked_at);
        if next.is_some() || is_end {
            page.next = next;
            return Ok(Some(page));
        }
        if page.found.len() >= events || page.looked_at >= QUERY_HITS_MAX {
            page.next = last.map(|sequence| Pos { time_ms: 0, sequence });
            return Ok(Some(page));
        }
    }
}

/// Refuses a query that more events match than its `maxEventCount` allows.
fn check_count(node: &Node, registers: &mut LedgerRegisters<'_>, query: &Query, bound: Bound) -> Result<(), RpcError> {
    let Some(most) = query.most else { return Ok(()) };
    let counted = match count(registers, query, bound.position, most, QUERY_READS_MAX).map_err(of_unanswered)? {
        Some(count) => Some(count),
        None => {
            let all = node.hits(query, bound)?.map(indexed::Hits::all).transpose()?.flatten();
            let page =
                all.map(|all| among(registers, query, all, None, usize::MAX).map_err(of_unanswered)).transpose()?;
            page.map(|page| u64::try_from(page.found.len()).unwrap_or(u64::MAX))
        }
    };
    match counted {
        Some(count) if count <= most => Ok(()),
        Some(_) => Err(RpcError::new(Code::InvalidParams, format!("`maxEventCount`: more than {most} events match"))),
        None => Err(too_much("to count for `maxEventCount`")),
    }
}

fn too_much(purpose: &str) -> RpcError {
    let cause = format!(
        "more than {QUERY_READS_MAX} records would have to be looked at {purpose}: name an identifier or a document, a \
         rare location or step, or narrow the record time"
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

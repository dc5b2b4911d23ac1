//! `epcis_listHandovers`: what was handed over to an organisation, or by it, and how that stands.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::registers::{LedgerRegisters, of_unanswered};
use super::trace::{Asked, asked};
use crate::limits::HANDOVERS_READ_MAX;
use countersign_api::method::epcis::{EpcisListHandovers, HandoverRow, ListHandoversParams};
use countersign_api::read::{Page, page_size};
use countersign_api::{At, Registry, RpcError};
use countersign_epcis::register::Record;
use countersign_epcis::register::handover::{Handover, Part, handovers};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<EpcisListHandovers, _, _>(|conn, params| conn.view(move |node| list(node, params)));
}

/// Where a list goes on: the number of the next hand-over in the organisation's log.
type Place = u64;

fn list(node: &Node, mut params: ListHandoversParams) -> Result<Page<HandoverRow>, RpcError> {
    let (limit, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let query = node.query::<EpcisListHandovers>(&params);
    let cursor: Option<Cursor<Place>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let at = cursor.as_ref().map_or(params.at, |cursor| At::Height(cursor.height));
    let asked = asked(node, params.contract.as_ref(), at)?;
    let mut registers = LedgerRegisters::at(node, asked.contract, &asked.over);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut items, mut next) = (Vec::new(), Some(cursor.map_or(0, |cursor| cursor.place)));
    for _ in 0..HANDOVERS_READ_MAX {
        let Some(from) = next.filter(|_| items.len() < limit) else { break };
        let listing = handovers(&mut registers, &params.organisation, params.given, from, 1, asked.position);
        let listing = listing.map_err(of_unanswered)?;
        for (sequence, record, handover) in &listing.handovers {
            items.extend(rows(&params, &asked, *sequence, record, handover));
        }
        next = listing.next;
    }
    let next = next.map(|place| query.text(&Cursor { height: asked.as_of.height, place }));
    Ok(asked.as_of.page(items, next))
}

/// What an event hands over that is asked about.
fn rows<'a>(
    params: &'a ListHandoversParams,
    asked: &'a Asked,
    sequence: u64,
    record: &'a Record,
    handover: &'a Handover,
) -> impl Iterator<Item = HandoverRow> + 'a {
    let (height, now_ms) = (asked.as_of.height.0, asked.as_of.time.0);
    // A declaration of a record that was not there yet changes nothing as of then.
    let voided = record.voided.is_some_and(|by| asked.position.is_none_or(|position| by < position));
    let state = move |part: &Part| (!voided).then(|| part.state(now_ms, |settled| settled.height <= height));
    let is_ours = move |part: &&Part| params.given || part.organisation() == Some(params.organisation.as_str());
    let row = move |part: &Part| HandoverRow::of(sequence, record, part, &handover.giver, state(part));
    let is_asked = move |row: &HandoverRow| params.state.is_none_or(|state| row.state == state.word());
    handover.parts.iter().filter(is_ours).map(row).filter(is_asked)
}

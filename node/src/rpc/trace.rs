//! `trace_*`: where an item comes from, what happened to it, where it went. Views of a provenance
//! contract, in the interface's form.

use super::ahead::Ahead;
use super::conn::{Conn, Node};
use super::cursor::{Cursor, Query};
use super::point::Point;
use super::view::view;
use crate::replica_thread::now;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::trace::{
    Contents, ContentsParams, HistoryParams, Trace, TraceBack, TraceContents, TraceForward, TraceHistory, TraceParams,
};
use countersign_api::read::page_size;
use countersign_api::trace::{of_contents, of_history, of_history_page, of_lineage};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_epcis::answer::{After, History, HistoryPage};
use countersign_epcis::register::Pos;
use countersign_epcis::{Identifier, Time, answer};
use countersign_types::{Address, codec};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TraceHistory, _, _>(|conn, params| conn.view(move |node| history(node, params)));
    registry.on::<TraceBack, _, _>(|conn, params| conn.view(move |node| lineage(node, &params, "back")));
    registry.on::<TraceForward, _, _>(|conn, params| conn.view(move |node| lineage(node, &params, "forward")));
    registry.on::<TraceContents, _, _>(|conn, params| conn.view(move |node| contents(node, &params)));
}

/// Whom to ask, and as of when.
pub(super) struct Asked {
    pub contract: Address,
    /// The block that was asked about, however old.
    pub as_of: Point,
    /// The newest state, which is what is read.
    pub over: Point,
    /// Number of records at the block, if it is not the newest. The contract answers the same about it for ever.
    pub position: Option<u64>,
}

pub(super) fn asked(node: &Node, named: Option<&ContractRef>, at: At) -> Result<Asked, RpcError> {
    let as_of = node.point(at)?;
    let over = node.point(At::Final)?;
    let (contract, record) = node.provenance(named, &over)?;
    if record.deployed_at > as_of.height {
        let cause = format!("{} was deployed at height {}, after {}", record.name, record.deployed_at, as_of.height);
        return Err(RpcError::new(Code::ContractUnknown, cause));
    }
    if as_of.height == over.height {
        return Ok(Asked { contract, as_of, over, position: None });
    }
    let position = node.ask(&view(contract, "position_at", codec::encode(&as_of.height.0)), &over)?;
    Ok(Asked { contract, as_of, over, position: Some(position) })
}

/// Where a history goes on: the instant and the record of the last event.
type Place = (i64, u64);

fn history(node: &Node, mut params: HistoryParams) -> Result<Read<Trace>, RpcError> {
    let item = identifier(&params.epc)?;
    let (limit, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let query = node.query::<TraceHistory>(&params);
    let cursor: Option<Cursor<Place>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let at = cursor.as_ref().map_or(params.at, |cursor| At::Height(cursor.height));
    let asked = asked(node, params.contract.as_ref(), at)?;
    let after = cursor.map(|Cursor { place: (time_ms, sequence), .. }| After { time_ms, sequence });
    let (contract, over) = (asked.contract, asked.over.height);
    let begin = after.map(|After { time_ms, sequence }| Pos { time_ms, sequence });
    let ahead =
        Ahead { contract, item: &item, over, after: begin, limit: usize::try_from(limit).unwrap_or(usize::MAX) };
    ahead.read(node);
    let input = codec::encode(&(&params.epc, asked.position, after, limit));
    match node.ask(&view(asked.contract, "history_page", input), &asked.over) {
        Ok(page) => Ok(history_page(&asked, &query, page)),
        // Contracts deployed before there were pages answer as much as they can at once, and say if that is not all.
        Err(error) if error.kind() == Some(Code::NotProvenance) && after.is_none() => {
            let whole: History = ask(node, &asked, &params.epc, "history")?;
            Ok(asked.as_of.read(of_history(whole), None))
        }
        Err(error) => Err(error),
    }
}

fn history_page(asked: &Asked, query: &Query, page: HistoryPage) -> Read<Trace> {
    let next = page.next.map(|After { time_ms, sequence }| {
        query.text(&Cursor { height: asked.as_of.height, place: (time_ms, sequence) })
    });
    asked.as_of.read(of_history_page(page.history, next), None)
}

fn lineage(node: &Node, params: &TraceParams, query: &str) -> Result<Read<Trace>, RpcError> {
    identifier(&params.epc)?;
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    let answer = ask(node, &asked, &params.epc, query)?;
    Ok(asked.as_of.read(of_lineage(answer), None))
}

/// Asks about one item.
fn ask<T: borsh::BorshDeserialize>(node: &Node, asked: &Asked, epc: &str, query: &str) -> Result<T, RpcError> {
    node.ask(&view(asked.contract, query, codec::encode(&(epc, asked.position))), &asked.over)
}

fn contents(node: &Node, params: &ContentsParams) -> Result<Read<Contents>, RpcError> {
    identifier(&params.epc)?;
    let time = match &params.time {
        Some(text) => {
            let time: Result<Time, _> = text.parse();
            time.map_err(|cause| RpcError::new(Code::InvalidParams, format!("`time`: {cause}")))?.ms()
        }
        None => i64::try_from(now().0).unwrap_or(i64::MAX),
    };
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    let input = codec::encode(&(&params.epc, time, asked.position));
    let answer: answer::Contents = node.ask(&view(asked.contract, "contents", input), &asked.over)?;
    Ok(asked.as_of.read(of_contents(answer), None))
}

/// An item to ask about. The contract refuses a bad one as well, in fewer words.
pub(super) fn identifier(text: &str) -> Result<Identifier, RpcError> {
    Identifier::parse(text).map_err(|cause| RpcError::new(Code::IdentifierInvalid, format!("`{text}`: {cause}")))
}

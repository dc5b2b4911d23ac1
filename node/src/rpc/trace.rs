//! `trace_*`: where an item comes from, what happened to it, where it went. Walks over a provenance
//! contract's registers, in the interface's form.

use super::ahead::Ahead;
use super::conn::{Conn, Node};
use super::cursor::{Cursor, Query};
use super::point::Point;
use super::registers::{LedgerRegisters, of_unanswered};
use crate::replica_thread::now;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::trace::{
    Contents, ContentsParams, HistoryParams, Trace, TraceBack, TraceContents, TraceForward, TraceHistory, TraceParams,
};
use countersign_api::read::page_size;
use countersign_api::trace::{of_contents, of_history, of_history_page, of_lineage};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_epcis::answer::{After, HistoryPage};
use countersign_epcis::question::{Answer, Part, Question};
use countersign_epcis::register::{self, Pos};
use countersign_epcis::walk::{self, Limits};
use countersign_epcis::{Identifier, Time};
use countersign_types::{Address, ContractRecord};
use std::num::NonZeroU32;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TraceHistory, _, _>(|conn, params| conn.view(move |node| history(node, params)));
    registry.on::<TraceBack, _, _>(|conn, params| conn.view(move |node| lineage(node, &params, Question::Back)));
    registry.on::<TraceForward, _, _>(|conn, params| conn.view(move |node| lineage(node, &params, Question::Forward)));
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
    check_provenance(node, &record, &over)?;
    if record.deployed_at > as_of.height {
        let cause = format!("{} was deployed at height {}, after {}", record.name, record.deployed_at, as_of.height);
        return Err(RpcError::new(Code::ContractUnknown, cause));
    }
    if as_of.height == over.height {
        return Ok(Asked { contract, as_of, over, position: None });
    }
    let mut registers = LedgerRegisters::at(node, contract, &over);
    let position = register::position_at(&mut registers, as_of.height.0).map_err(of_unanswered)?;
    Ok(Asked { contract, as_of, over, position: Some(position) })
}

/// Checks that a contract keeps registers, by the view that every provenance contract has: others' state is read as if nothing
/// had been captured.
fn check_provenance(node: &Node, record: &ContractRecord, over: &Point) -> Result<(), RpcError> {
    let is_one = match node.interface(&record.code, over) {
        Ok(interface) => interface.abi.methods.contains_key("history"),
        Err(error) if error.kind() == Some(Code::NoInterface) => false,
        Err(error) => return Err(error),
    };
    let cause = || format!("{} has no view `history`", record.name);
    if is_one { Ok(()) } else { Err(RpcError::new(Code::NotProvenance, cause())) }
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
    let events = usize::try_from(limit).unwrap_or(usize::MAX);
    Ahead { contract, item: &item, over, after: begin, limit: events }.read(node);
    let part = NonZeroU32::new(limit).map(|limit| Part { after, limit });
    match node.answer(&Question::History(item, part), &asked)? {
        Answer::Page(page) => Ok(history_page(&asked, &query, page)),
        Answer::History(whole) => Ok(asked.as_of.read(of_history(whole), None)),
        other => Err(not_asked(&other)),
    }
}

fn history_page(asked: &Asked, query: &Query, page: HistoryPage) -> Read<Trace> {
    let next = page.next.map(|After { time_ms, sequence }| {
        query.text(&Cursor { height: asked.as_of.height, place: (time_ms, sequence) })
    });
    asked.as_of.read(of_history_page(page.history, next), None)
}

fn lineage(
    node: &Node,
    params: &TraceParams,
    question: impl FnOnce(Identifier) -> Question,
) -> Result<Read<Trace>, RpcError> {
    let item = identifier(&params.epc)?;
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    match node.answer(&question(item), &asked)? {
        Answer::Lineage(lineage) => Ok(asked.as_of.read(of_lineage(lineage), None)),
        other => Err(not_asked(&other)),
    }
}

/// An answer to something else, which no question gets.
pub(super) fn not_asked(answer: &Answer) -> RpcError {
    tracing::error!(item = answer.item(), "a question was answered by the answer to another");
    RpcError::new(Code::InternalError, "see the node's log")
}

fn contents(node: &Node, params: &ContentsParams) -> Result<Read<Contents>, RpcError> {
    let item = identifier(&params.epc)?;
    let time = match &params.time {
        Some(text) => {
            let time: Result<Time, _> = text.parse();
            time.map_err(|cause| RpcError::new(Code::InvalidParams, format!("`time`: {cause}")))?.ms()
        }
        None => i64::try_from(now().0).unwrap_or(i64::MAX),
    };
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    let mut registers = LedgerRegisters::at(node, asked.contract, &asked.over);
    let answer =
        walk::contents(&mut registers, &item, time, asked.position, Limits::default()).map_err(of_unanswered)?;
    Ok(asked.as_of.read(of_contents(answer), None))
}

/// An item to ask about. The contract refuses a bad one as well, in fewer words.
pub(super) fn identifier(text: &str) -> Result<Identifier, RpcError> {
    Identifier::parse(text).map_err(|cause| RpcError::new(Code::IdentifierInvalid, format!("`{text}`: {cause}")))
}

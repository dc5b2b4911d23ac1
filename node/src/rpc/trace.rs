//! `trace_*`: where an item comes from, what happened to it, where it went. Walks over a provenance
//! contract's registers, in the interface's form.

use super::ahead::Ahead;
use super::conn::{Conn, Node};
use super::cursor::{Cursor, Query};
use super::point::Point;
use super::registers::{LedgerRegisters, of_unanswered};
use crate::replica_thread::now;
use countersign_api::limits::{CHAIN_PAGE_MAX, RECALL_PAGE_MAX};
use countersign_api::method::contract::ContractRef;
use countersign_api::method::trace::{
    AnomaliesParams, AnomalyReport, AtTimeParams, AuditTrail, AuditTrailParams, ChainPage, ChainParams, Excursions,
    ExcursionsParams, Held, HistoryParams, LineageParams, MassBalance, RecallParams, RecallScope, Trace,
    TraceAnomalies, TraceAuditTrail, TraceBack, TraceChain, TraceContents, TraceExcursions, TraceForward, TraceHistory,
    TraceHolder, TraceMassBalance, TraceParams, TraceRecall, TraceVerifyItem, Verification, VerifyItemParams,
    Whereabouts,
};
use countersign_api::read::page_size;
use countersign_api::trace::{of_chain, of_history, of_history_page, of_lineage};
use countersign_api::{At, Code, Method, Read, Registry, RpcError};
use countersign_epcis::answer::{After, HistoryPage, Way};
use countersign_epcis::question::{Answer, Part, Question, expiry, instance, spelled_lot};
use countersign_epcis::register::{self, Pos};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::walk::{Bounds, Claim, Reach, Rows};
use countersign_epcis::{Identifier, Time};
use countersign_types::{Address, ContractRecord};
use std::num::NonZeroU32;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TraceHistory, _, _>(|conn, params| conn.view(move |node| history(node, params)));
    registry.on::<TraceBack, _, _>(|conn, params| conn.view(move |node| lineage::<TraceBack>(node, params, Way::Back)));
    registry.on::<TraceForward, _, _>(|conn, params| {
        conn.view(move |node| lineage::<TraceForward>(node, params, Way::Forward))
    });
    registry.on::<TraceChain, _, _>(|conn, params| conn.view(move |node| chain(node, params)));
    registry.on::<TraceRecall, _, _>(|conn, params| conn.view(move |node| recall(node, &params)));
    registry.on::<TraceContents, _, _>(|conn, params| conn.view(move |node| contents(node, &params)));
    registry.on::<TraceHolder, _, _>(|conn, params| conn.view(move |node| holder(node, &params)));
    registry.on::<TraceMassBalance, _, _>(|conn, params| conn.view(move |node| mass_balance(node, &params)));
    registry.on::<TraceExcursions, _, _>(|conn, params| conn.view(move |node| excursions(node, &params)));
    registry.on::<TraceAuditTrail, _, _>(|conn, params| conn.view(move |node| audit_trail(node, &params)));
    registry.on::<TraceVerifyItem, _, _>(|conn, params| conn.view(move |node| verify_item(node, &params)));
    registry.on::<TraceAnomalies, _, _>(|conn, params| conn.view(move |node| anomalies(node, &params)));
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
        _ => Err(not_asked("history")),
    }
}

fn history_page(asked: &Asked, query: &Query, page: HistoryPage) -> Read<Trace> {
    let next = page.next.map(|After { time_ms, sequence }| {
        query.text(&Cursor { height: asked.as_of.height, place: (time_ms, sequence) })
    });
    asked.as_of.read(of_history_page(page.history, next), None)
}

fn lineage<M>(node: &Node, mut params: LineageParams, way: Way) -> Result<Read<Trace>, RpcError>
where
    M: Method<Params = LineageParams>,
{
    let item = identifier(&params.epc)?;
    let (size, cursor) = (limit(params.limit.take())?, params.cursor.take());
    let query = node.query::<M>(&params);
    let paged = Paged::of(node, params.contract.as_ref(), params.at, cursor.as_deref(), query)?;
    let depth = depth(params.depth)?;
    let question = match (way, depth, size, paged.after) {
        (Way::Back, None, None, 0) => Question::Back(item),
        (Way::Forward, None, None, 0) => Question::Forward(item),
        (way, depth, size, after) => {
            Question::Chain(item, way, Reach { depth, links: false, rows: Some(rows(after, size)) })
        }
    };
    match node.answer(&question, &paged.asked)? {
        Answer::Lineage(lineage) => {
            let mut trace = of_lineage(lineage);
            let next = trace.first_page();
            Ok(paged.asked.as_of.read(trace.with_next(paged.next(next)), None))
        }
        Answer::Chain(chain) => {
            let next = paged.next(chain.next);
            Ok(paged.asked.as_of.read(of_chain(chain, next), None))
        }
        _ => Err(not_asked("lineage")),
    }
}

fn chain(node: &Node, mut params: ChainParams) -> Result<Read<ChainPage>, RpcError> {
    let item = identifier(&params.epc)?;
    let (size, cursor) = (limit(params.limit.take())?, params.cursor.take());
    let query = node.query::<TraceChain>(&params);
    let paged = Paged::of(node, params.contract.as_ref(), params.at, cursor.as_deref(), query)?;
    let reach = Reach { depth: depth(params.depth)?, links: true, rows: Some(rows(paged.after, size)) };
    match node.answer(&Question::Chain(item, params.way, reach), &paged.asked)? {
        Answer::Chain(chain) => {
            let next_cursor = paged.next(chain.next);
            Ok(paged.asked.as_of.read(ChainPage { chain, next_cursor }, None))
        }
        _ => Err(not_asked("chain")),
    }
}

/// A list whose places are counted, read where its first page was.
struct Paged {
    query: Query,
    asked: Asked,
    /// What the pages before have listed.
    after: u64,
}

impl Paged {
    fn of(
        node: &Node,
        contract: Option<&ContractRef>,
        at: At,
        cursor: Option<&str>,
        query: Query,
    ) -> Result<Self, RpcError> {
        let cursor: Option<Cursor<u64>> = cursor.map(|text| query.cursor(text)).transpose()?;
        let at = cursor.as_ref().map_or(at, |cursor| At::Height(cursor.height));
        let asked = asked(node, contract, at)?;
        Ok(Self { query, asked, after: cursor.map_or(0, |cursor| cursor.place) })
    }

    /// The cursor of the next page.
    fn next(&self, place: Option<u64>) -> Option<String> {
        place.map(|place| self.query.text(&Cursor { height: self.asked.as_of.height, place }))
    }
}

fn rows(after: u64, limit: Option<NonZeroU32>) -> Rows {
    const MOST: NonZeroU32 = NonZeroU32::new(CHAIN_PAGE_MAX).expect("a page has room");
    Rows { after, limit: limit.map_or(MOST, |limit| limit.min(MOST)) }
}

fn depth(depth: Option<u32>) -> Result<Option<NonZeroU32>, RpcError> {
    let none =
        || RpcError::new(Code::InvalidParams, "`depth` is at least 1; without it there is no end before the last");
    depth.map(|depth| NonZeroU32::new(depth).ok_or_else(none)).transpose()
}

/// An answer to something else, which no question gets.
pub(super) fn not_asked(word: &str) -> RpcError {
    tracing::error!(question = word, "a question was answered by the answer to another");
    RpcError::new(Code::InternalError, "see the node's log")
}

/// Asks a question and picks its own answer out.
fn told<T>(
    node: &Node,
    contract: Option<&ContractRef>,
    at: At,
    question: &Question,
    own: impl FnOnce(Answer) -> Option<T>,
) -> Result<Read<T>, RpcError> {
    let asked = asked(node, contract, at)?;
    let answer = own(node.answer(question, &asked)?).ok_or_else(|| not_asked(question.word()))?;
    Ok(asked.as_of.read(answer, None))
}

/// Picks one kind of answer out.
macro_rules! own {
    ($kind:ident) => {
        |answer| if let Answer::$kind(own) = answer { Some(own) } else { None }
    };
}

fn recall(node: &Node, params: &RecallParams) -> Result<Read<RecallScope>, RpcError> {
    let limit = limit(Some(params.limit.unwrap_or(RECALL_PAGE_MAX).min(RECALL_PAGE_MAX)))?;
    let question = Question::Recall {
        item: identifier(&params.epc)?,
        after: params.after.clone(),
        containers_after: params.containers_after.clone(),
        limit,
    };
    told(node, params.contract.as_ref(), params.at, &question, own!(Recall))
}

fn contents(node: &Node, params: &AtTimeParams) -> Result<Read<Held>, RpcError> {
    let question = Question::Contents(identifier(&params.epc)?, instant(params)?);
    told(node, params.contract.as_ref(), params.at, &question, own!(Contents))
}

fn holder(node: &Node, params: &AtTimeParams) -> Result<Read<Whereabouts>, RpcError> {
    let question = Question::Holder(identifier(&params.epc)?, instant(params)?);
    told(node, params.contract.as_ref(), params.at, &question, own!(Holder))
}

fn mass_balance(node: &Node, params: &TraceParams) -> Result<Read<MassBalance>, RpcError> {
    let question = Question::MassBalance(identifier(&params.epc)?);
    told(node, params.contract.as_ref(), params.at, &question, own!(MassBalance))
}

fn excursions(node: &Node, params: &ExcursionsParams) -> Result<Read<Excursions>, RpcError> {
    if params.min.is_none() && params.max.is_none() {
        return Err(RpcError::new(
            Code::InvalidParams,
            "give `min`, `max` or both: without bounds nothing is out of them",
        ));
    }
    let bounds = Bounds {
        kind: Term::new(Vocabulary::Measurement, &params.kind).word().to_owned(),
        min: params.min.map(|bound| bound.0),
        max: params.max.map(|bound| bound.0),
        uom: params.uom.clone(),
        from_ms: time("from", params.from.as_deref())?,
        to_ms: time("to", params.to.as_deref())?,
    };
    let item = params.epc.as_deref().map(identifier).transpose()?;
    told(node, params.contract.as_ref(), params.at, &Question::Excursions(bounds, item), own!(Excursions))
}

fn audit_trail(node: &Node, params: &AuditTrailParams) -> Result<Read<AuditTrail>, RpcError> {
    let question = Question::AuditTrail(params.event_id.clone());
    told(node, params.contract.as_ref(), params.at, &question, own!(AuditTrail))
}

fn verify_item(node: &Node, params: &VerifyItemParams) -> Result<Read<Verification>, RpcError> {
    let item = instance(&params.gtin, &params.serial).map_err(|cause| {
        let cause = format!("GTIN `{}` with serial number `{}`: {cause}", params.gtin, params.serial);
        RpcError::new(Code::IdentifierInvalid, cause)
    })?;
    let expiry = params.expiry.as_deref().map(|text| {
        let none =
            || RpcError::new(Code::InvalidParams, "`expiry` is no day: YYYY-MM-DD, or the YYMMDD of the bar code");
        expiry(text).ok_or_else(none)
    });
    let claim = Claim { lot: params.lot.as_deref().map(spelled_lot), expiry: expiry.transpose()? };
    let own = |answer| if let Answer::VerifyItem(own) = answer { Some(*own) } else { None };
    told(node, params.contract.as_ref(), params.at, &Question::VerifyItem(item, claim), own)
}

fn anomalies(node: &Node, params: &AnomaliesParams) -> Result<Read<AnomalyReport>, RpcError> {
    let question = Question::Anomalies { since: params.since, limit: limit(params.limit)? };
    told(node, params.contract.as_ref(), params.at, &question, own!(Anomalies))
}

/// A limit that is none at all is a mistake.
fn limit(limit: Option<u32>) -> Result<Option<NonZeroU32>, RpcError> {
    let checked =
        |limit| NonZeroU32::new(limit).ok_or_else(|| RpcError::new(Code::InvalidParams, "`limit` is at least 1"));
    limit.map(checked).transpose()
}

/// The instant that is asked about; now if none is given.
fn instant(params: &AtTimeParams) -> Result<i64, RpcError> {
    Ok(time("time", params.time.as_deref())?.unwrap_or_else(|| i64::try_from(now().0).unwrap_or(i64::MAX)))
}

fn time(name: &str, text: Option<&str>) -> Result<Option<i64>, RpcError> {
    let read = |text: &str| text.parse().map(|time: Time| time.ms());
    text.map(read).transpose().map_err(|cause| RpcError::new(Code::InvalidParams, format!("`{name}`: {cause}")))
}

/// An item to ask about. The contract refuses a bad one as well, in fewer words.
pub(super) fn identifier(text: &str) -> Result<Identifier, RpcError> {
    Identifier::parse(text).map_err(|cause| RpcError::new(Code::IdentifierInvalid, format!("`{text}`: {cause}")))
}

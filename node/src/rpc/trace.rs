//! `trace_*`: where an item comes from, what happened to it, where it went. Views of a provenance
//! contract, in the interface's form.

use super::conn::{Conn, Node};
use super::point::Point;
use super::view::view;
use crate::replica_thread::now;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::trace::{
    Contents, ContentsParams, Trace, TraceBack, TraceContents, TraceForward, TraceHistory, TraceParams,
};
use countersign_api::trace::{of_contents, of_history, of_lineage};
use countersign_api::{At, Code, Read, Registry, RpcError};
use countersign_epcis::{Identifier, Time, answer};
use countersign_types::{Address, codec};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TraceHistory, _, _>(|conn, params| conn.view(move |node| ask(node, &params, "history", of_history)));
    registry.on::<TraceBack, _, _>(|conn, params| conn.view(move |node| ask(node, &params, "back", of_lineage)));
    registry.on::<TraceForward, _, _>(|conn, params| conn.view(move |node| ask(node, &params, "forward", of_lineage)));
    registry.on::<TraceContents, _, _>(|conn, params| conn.view(move |node| contents(node, &params)));
}

/// Whom to ask, and as of when.
pub(super) struct Asked {
    pub contract: Address,
    /// The block that was asked about.
    pub as_of: Point,
    /// The state that is read: that block's, or the newest where that block's is no longer kept.
    pub over: Point,
    /// Number of records at that block, where newer state is read. The contract answers the same
    /// about it for ever.
    pub position: Option<u64>,
}

pub(super) fn asked(node: &Node, named: Option<&ContractRef>, at: At) -> Result<Asked, RpcError> {
    let as_of = node.point(at)?;
    if as_of.height >= node.reader().oldest_state() {
        let (contract, _) = node.provenance(named, &as_of)?;
        return Ok(Asked { contract, over: as_of.clone(), as_of, position: None });
    }
    let over = node.point(At::Final)?;
    let (contract, _) = node.provenance(named, &over)?;
    let position = node.ask(&view(contract, "position_at", codec::encode(&as_of.height.0)), &over)?;
    Ok(Asked { contract, as_of, over, position: Some(position) })
}

fn ask<T: borsh::BorshDeserialize>(
    node: &Node,
    params: &TraceParams,
    query: &str,
    shape: fn(T) -> Trace,
) -> Result<Read<Trace>, RpcError> {
    identifier(&params.epc)?;
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    let input = codec::encode(&(&params.epc, asked.position));
    let answer: T = node.ask(&view(asked.contract, query, input), &asked.over)?;
    Ok(asked.as_of.read(shape(answer), None))
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

//! `trace_*`: where an item comes from, what happened to it, where it went. Views of a provenance
//! contract, in the interface's form.

use super::conn::{Conn, Node};
use super::view::view;
use crate::replica_thread::now;
use countersign_api::method::trace::{
    Contents, ContentsParams, Trace, TraceBack, TraceContents, TraceForward, TraceHistory, TraceParams,
};
use countersign_api::trace::{of_contents, of_history, of_lineage};
use countersign_api::{Code, Read, Registry, RpcError};
use countersign_epcis::{Identifier, Time, answer};
use countersign_types::codec;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TraceHistory, _, _>(|conn, params| conn.read(move |node| ask(node, &params, "history", of_history)));
    registry.on::<TraceBack, _, _>(|conn, params| conn.read(move |node| ask(node, &params, "back", of_lineage)));
    registry.on::<TraceForward, _, _>(|conn, params| conn.read(move |node| ask(node, &params, "forward", of_lineage)));
    registry.on::<TraceContents, _, _>(|conn, params| conn.read(move |node| contents(node, &params)));
}

fn ask<T: borsh::BorshDeserialize>(
    node: &Node,
    params: &TraceParams,
    query: &str,
    shape: fn(T) -> Trace,
) -> Result<Read<Trace>, RpcError> {
    identifier(&params.epc)?;
    let point = node.point(params.at)?;
    let (contract, _) = node.provenance(params.contract.as_ref(), &point)?;
    let answer: T = node.ask(&view(contract, query, arguments(&params.epc)), &point)?;
    Ok(point.read(shape(answer), None))
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
    let point = node.point(params.at)?;
    let (contract, _) = node.provenance(params.contract.as_ref(), &point)?;
    let input = codec::encode(&(&params.epc, time, None::<u64>));
    let answer: answer::Contents = node.ask(&view(contract, "contents", input), &point)?;
    Ok(point.read(of_contents(answer), None))
}

/// An item to ask about. The contract refuses a bad one as well, in fewer words.
pub(super) fn identifier(text: &str) -> Result<Identifier, RpcError> {
    Identifier::parse(text).map_err(|cause| RpcError::new(Code::IdentifierInvalid, format!("`{text}`: {cause}")))
}

/// Arguments of the views of one item, as of all records.
pub(super) fn arguments(item: &str) -> Vec<u8> {
    codec::encode(&(item, None::<u64>))
}

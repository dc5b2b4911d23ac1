//! `state_*`: the state, key by key.

use super::conn::{Conn, Node};
use super::failure::of_ledger;
use countersign_api::method::state::{GetParams, StateGet, Value};
use countersign_api::{Bytes, Read, Registry, RpcError};

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<StateGet, _, _>(|conn, params| conn.read(move |node| get(node, &params)));
}

fn get(node: &Node, params: &GetParams) -> Result<Read<Value>, RpcError> {
    let point = node.point(params.at)?;
    let key = params.key.to_bytes();
    let value = node.reader().read_at(&key, point.height).map_err(|cause| of_ledger(&cause))?;
    let proof = if params.prove { Some(node.prove_entries([key], &point)?) } else { None };
    Ok(point.read(Value { value: value.map(Bytes) }, proof))
}

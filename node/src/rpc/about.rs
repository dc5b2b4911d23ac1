//! `rpc_*`: the interface about itself.

use super::conn::{Conn, Node};
use crate::limits::{
    HTTP_CONNECTIONS_PER_ADDRESS_MAX, HTTP_IDLE_TIMEOUT, HTTP_REQUEST_TIMEOUT, SOCKETS_MAX, SUBSCRIPTIONS_MAX,
};
use countersign_api::method::rpc::{Limits, RpcLimits, RpcVersion, Versions};
use countersign_api::{Registry, limits};
use countersign_types::genesis::PROTOCOL;
use countersign_types::limits::TRANSACTION_BYTES_MAX;
use countersign_types::proof::VERSION;
use std::time::Duration;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<RpcVersion, _, _>(|conn, _| async move { Ok(version(&conn.node)) });
    registry.on::<RpcLimits, _, _>(|_, _| async move { Ok(bounds()) });
}

fn version(node: &Node) -> Versions {
    Versions {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL,
        proof_format: VERSION,
        chain: node.context.chain,
    }
}

fn bounds() -> Limits {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Limits {
        request_bytes: number(limits::REQUEST_BYTES_MAX),
        response_bytes: number(limits::RESPONSE_BYTES_MAX),
        proof_response_bytes: number(limits::PROOF_RESPONSE_BYTES_MAX),
        batch_calls: number(limits::BATCH_MAX),
        json_depth: number(limits::JSON_DEPTH_MAX),
        page_items: limits::PAGE_MAX,
        page_items_default: limits::PAGE_DEFAULT,
        submit_transactions: number(limits::SUBMIT_MAX),
        wait_ms: limits::WAIT_MS_MAX,
        state_keys: number(limits::PROOF_KEYS_MAX),
        transaction_bytes: number(TRANSACTION_BYTES_MAX),
        connections_per_address: number(HTTP_CONNECTIONS_PER_ADDRESS_MAX),
        web_sockets: number(SOCKETS_MAX),
        subscriptions: number(SUBSCRIPTIONS_MAX),
        request_ms: ms(HTTP_REQUEST_TIMEOUT),
        idle_ms: ms(HTTP_IDLE_TIMEOUT),
    }
}

//! What a node serves while it joins by snapshot: how far it is. It has no ledger to read yet, so of the methods only
//! `node_status` has an answer.

use super::{JSON, method};
use crate::metrics::{CONTENT_TYPE, Family, Metrics};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use countersign_api::method::node::{Joining as Come, KeptFrom, NodeStatus, State as Doing, Status};
use countersign_api::{Code, HTTP_PATH, Registry, RpcError};
use countersign_replica::snapshot::JoinProgress;
use countersign_types::{Hash, Height, Validator};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// A node that joins.
#[derive(Debug)]
pub struct Joining {
    /// The network's name.
    pub network: String,
    /// The chain's id.
    pub chain: Hash,
    /// Its index among the genesis' validators and what stands there, if it is one of them.
    pub own: Option<(u16, Validator)>,
    /// When it started.
    pub started: Instant,
    /// How far it is.
    pub progress: watch::Receiver<JoinProgress>,
}

struct Server {
    joining: Arc<Joining>,
    registry: Registry<Arc<Joining>>,
    metrics: Metrics,
}

/// The routes of a node that joins.
pub fn joining(joining: Joining) -> Router {
    let mut metrics = Metrics::default();
    let scraped = joining.progress.clone();
    metrics.source(move || families(&scraped.borrow()));
    let server = Server { joining: Arc::new(joining), registry: registry(), metrics };
    Router::new()
        .route(HTTP_PATH, post(call))
        .route("/healthz", get(async || "alive\n"))
        .route("/metrics", get(scrape))
        .fallback(not_ready)
        .with_state(Arc::new(server))
}

fn registry() -> Registry<Arc<Joining>> {
    let mut registry = Registry::new("Countersign", env!("CARGO_PKG_VERSION"));
    registry.on::<NodeStatus, _, _>(|joining: Arc<Joining>, _| async move { Ok(joining.status()) });
    let cause = "it fetches a snapshot of the ledger; `node_status` says how far it is, other nodes answer meanwhile";
    registry.refuse(method::registry().names(), &RpcError::new(Code::Joining, cause));
    registry
}

async fn call(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    match server.registry.respond(Arc::clone(&server.joining), &body).await {
        Some(answer) => (JSON, answer).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn not_ready(State(server): State<Arc<Server>>) -> Response {
    let text = said(&server.joining.progress.borrow());
    (StatusCode::SERVICE_UNAVAILABLE, format!("{text}\n")).into_response()
}

impl Joining {
    fn status(&self) -> Status {
        let JoinProgress { height, kept, pieces, bytes, peers, accused } = *self.progress.borrow();
        let own = self.own.as_ref();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            network: self.network.clone(),
            chain: self.chain,
            organisation: own.map(|(_, validator)| validator.organisation.clone()),
            key: own.map(|(_, validator)| validator.key),
            validator: own.map(|(index, _)| *index),
            state: Doing::Joining,
            joining: Some(Come { height, pieces, pieces_kept: kept, bytes_kept: bytes, peers_accused: accused }),
            final_height: Height::ZERO,
            executed_height: Height::ZERO,
            certified_height: Height::ZERO,
            known_height: height,
            kept_from: KeptFrom {
                headers: Height::ZERO,
                bodies: Height::ZERO,
                receipts: Height::ZERO,
                states: Height::ZERO,
            },
            peers: u32::try_from(peers).unwrap_or(u32::MAX),
            waiting_transactions: 0,
            waiting_bytes: 0,
            uptime_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn said(progress: &JoinProgress) -> String {
    let JoinProgress { height, kept, pieces, peers, .. } = progress;
    match *height {
        Height::ZERO => format!("joining: asking {peers} peers for a snapshot"),
        height if kept == pieces => format!("joining: restoring the ledger from the snapshot of height {height}"),
        height => format!("joining: {kept} of {pieces} pieces of the snapshot of height {height}, from {peers} peers"),
    }
}

fn families(progress: &JoinProgress) -> Vec<Family> {
    vec![
        Family::gauge(
            "join_height",
            "Height of the snapshot that is fetched, 0 before one is chosen",
            progress.height.0,
        ),
        Family::gauge("join_pieces", "Pieces of the snapshot that is fetched", progress.pieces),
        Family::gauge("join_pieces_kept", "Of these, those that are here", progress.kept),
        Family::gauge("join_bytes_kept", "Their bytes", progress.bytes),
        Family::gauge("join_peers_accused", "Peers that sent what is wrong", progress.accused),
    ]
}

async fn scrape(State(server): State<Arc<Server>>) -> Response {
    match server.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{cause}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::{Value, json};

    #[tokio::test]
    async fn of_the_methods_only_the_status_is_answered() {
        let progress = JoinProgress { height: Height(900), kept: 4, pieces: 7, bytes: 99, peers: 3, accused: 1 };
        let (_sender, progress) = watch::channel(progress);
        let (network, chain) = ("test".to_owned(), Hash([7; 32]));
        let joining = Arc::new(Joining { network, chain, own: None, started: Instant::now(), progress });
        let registry = registry();
        let ask = async |method: &str| -> Value {
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": {} }).to_string();
            let answer = registry.respond(Arc::clone(&joining), call.as_bytes()).await.unwrap();
            serde_json::from_slice(&answer).unwrap()
        };
        let status = ask("node_status").await["result"].clone();
        assert_eq!((&status["state"], &status["knownHeight"]), (&json!("joining"), &json!(900)));
        let come = json!({ "height": 900, "pieces": 7, "piecesKept": 4, "bytesKept": 99, "peersAccused": 1 });
        assert_eq!(status["joining"], come);
        for method in method::registry().names().filter(|method| *method != "node_status") {
            let refused = ask(method).await["error"].clone();
            assert_eq!((&refused["code"], &refused["data"]["retryable"]), (&json!(-32010), &json!(true)), "{method}");
        }
        assert_eq!(ask("node_statuses").await["error"]["code"], json!(-32601));
    }

    #[test]
    fn who_asks_is_told_how_far_it_is() {
        let mut progress = JoinProgress { peers: 3, ..JoinProgress::default() };
        assert_eq!(said(&progress), "joining: asking 3 peers for a snapshot");
        (progress.height, progress.kept, progress.pieces) = (Height(900), 4, 7);
        assert_eq!(said(&progress), "joining: 4 of 7 pieces of the snapshot of height 900, from 3 peers");
        progress.kept = 7;
        assert_eq!(said(&progress), "joining: restoring the ledger from the snapshot of height 900");
    }
}

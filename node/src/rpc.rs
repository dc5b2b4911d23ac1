//! The JSON-RPC server: every method of `countersign-api` over HTTP POST and WebSocket, and what
//! operators ask for by plain HTTP.
//!
//! | path | answers |
//! |---|---|
//! | `POST /` | JSON-RPC 2.0, single calls and batches |
//! | `GET /ws` | the same over a WebSocket, and subscriptions |
//! | `GET /openrpc.json` | the interface's description |
//! | `GET /healthz` | 200 while the process runs |
//! | `GET /readyz` | 200 if reads are current and submissions can be taken, else 503 and why |
//! | `GET /metrics` | OpenMetrics text |
//! | `GET /verify` | the page that checks proof files, if the setting `rpc.page` names one |
//!
//! Reads answer from the newest certified height unless `at` says otherwise. Whatever reads the disk
//! does so on a few blocking threads ([`READS_MAX`]), and whatever runs a contract on a few others
//! ([`VIEWS_MAX`]), so that slow views delay neither consensus nor cheap requests.

mod about;
mod ahead;
mod chain;
mod code;
mod conn;
mod consensus;
mod contract;
mod cursor;
mod custody;
mod doctor;
mod epcis;
mod events;
mod failure;
mod feed;
mod foresee;
mod gate;
mod gov;
mod health;
mod identity;
mod interface;
mod joining;
mod lifecycle;
mod method;
mod node;
mod page;
mod point;
mod pool;
mod proof;
mod query;
mod registers;
mod report;
mod scheduled;
mod scrape;
mod simulate;
mod socket;
mod state;
mod trace;
mod trial;
mod tx;
mod view;

pub use joining::{Joining, joining};

use crate::context::Context;
use crate::limits::{READS_MAX, TRIALS_MAX, VIEWS_MAX};
use crate::listener::{Listener, SocketGate};
use crate::metrics::{CONTENT_TYPE, Metrics};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use conn::{Conn, Node};
use countersign_api::{HTTP_PATH, OPENRPC_PATH, Registry, WEBSOCKET_PATH};
use gate::Gate;
use interface::Interfaces;
pub use page::Page;
use std::sync::Arc;

/// What all requests share.
struct Server {
    node: Arc<Node>,
    registry: Registry<Conn>,
    openrpc: String,
    gate: SocketGate,
    metrics: Metrics,
}

/// The routes of a node.
pub fn router(context: Arc<Context>, gate: SocketGate, listener: &Listener, page: Option<Page>) -> Router {
    let node = Arc::new(Node {
        context,
        reads: Gate::new(READS_MAX),
        views: Gate::new(VIEWS_MAX),
        trials: Gate::new(TRIALS_MAX),
        interfaces: Interfaces::default(),
    });
    let registry = method::registry();
    let openrpc = registry.openrpc().to_string();
    let metrics = scrape::metrics(&node, listener.counters(), gate.clone());
    let server = Arc::new(Server { node, registry, openrpc, gate, metrics });
    let router = Router::new()
        .route(HTTP_PATH, post(call))
        .route(WEBSOCKET_PATH, get(upgrade))
        .route(OPENRPC_PATH, get(openrpc_document))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape_all))
        .with_state(server);
    match page {
        None => router,
        Some(page) => router.route(page::PATH, get(move || std::future::ready(page.respond()))),
    }
}

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn call(State(server): State<Arc<Server>>, body: Bytes) -> Response {
    let conn = Conn::of_request(Arc::clone(&server.node));
    match server.registry.respond(conn, &body).await {
        Some(answer) => (JSON, answer).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn upgrade(State(server): State<Arc<Server>>, upgrade: WebSocketUpgrade) -> Response {
    let gate = server.gate.clone();
    gate.accept(upgrade, move |socket| socket::serve(server, socket))
}

async fn openrpc_document(State(server): State<Arc<Server>>) -> Response {
    (JSON, server.openrpc.clone()).into_response()
}

async fn ready(State(server): State<Arc<Server>>) -> Response {
    match health::readiness(&server.node.context) {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

async fn scrape_all(State(server): State<Arc<Server>>) -> Response {
    match server.metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{cause}\n")).into_response(),
    }
}

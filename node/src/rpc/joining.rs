//! What a node serves while it joins by snapshot: how far it is. It has no ledger to read yet.

use crate::metrics::{CONTENT_TYPE, Family, Metrics};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use countersign_replica::snapshot::JoinProgress;
use countersign_types::Height;
use std::sync::Arc;
use tokio::sync::watch;

/// The routes of a node that joins.
pub fn joining(progress: watch::Receiver<JoinProgress>) -> Router {
    let mut metrics = Metrics::default();
    let scraped = progress.clone();
    metrics.source(move || families(&scraped.borrow()));
    let metrics = Arc::new(metrics);
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/metrics", get(async move || scrape(&metrics)))
        .fallback(not_ready)
        .with_state(progress)
}

async fn not_ready(State(progress): State<watch::Receiver<JoinProgress>>) -> Response {
    let text = said(&progress.borrow());
    (StatusCode::SERVICE_UNAVAILABLE, format!("{text}\n")).into_response()
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

fn scrape(metrics: &Metrics) -> Response {
    match metrics.encode() {
        Ok(text) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Err(cause) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{cause}\n")).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

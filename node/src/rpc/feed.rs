//! A subscription: what it is sent of each certified block, in order of height.

use super::conn::Node;
use super::{chain, events, failure};
use countersign_api::RpcError;
use countersign_api::envelope::Notification;
use countersign_api::method::chain::NOTIFICATION;
use countersign_api::method::contract::{EVENTS_NOTIFICATION, EventPlace};
use countersign_ledger::EventFilter;
use countersign_types::Height;
use futures::future::AbortRegistration;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a subscription is sent.
#[derive(Debug, Clone)]
pub(super) enum Wanted {
    /// Each block.
    Blocks {
        /// With verdicts on its transactions.
        receipts: bool,
    },
    /// Events.
    Events {
        /// Which, at any height.
        filter: Box<EventFilter>,
        /// The last one that was sent before.
        after: Option<EventPlace>,
    },
}

/// A subscription.
#[derive(Debug)]
pub(super) struct Feed {
    /// Its number on the connection.
    pub id: u64,
    /// What it is sent.
    pub wanted: Wanted,
    /// The first height.
    pub first: Height,
    /// By which it is ended.
    pub registration: AbortRegistration,
}

/// Why a subscription ended on its own; the client is disconnected, and resumes elsewhere or later.
pub(super) enum Broken {
    /// The client is gone.
    Gone,
    /// The ledger could not be read.
    Failed,
}

/// Sends what is wanted of each block for as long as the client takes it.
pub(super) async fn send(node: Arc<Node>, feed: Feed, out: mpsc::Sender<String>) -> Broken {
    let feed = Arc::new(feed);
    let mut progress = node.context.shared.progress();
    let mut next = feed.first;
    loop {
        let certified = progress.borrow_and_update().certified;
        while next <= certified {
            if let Err(broken) = send_block(&node, &feed, next, &out).await {
                return broken;
            }
            next = next.next();
        }
        if progress.changed().await.is_err() {
            return Broken::Gone;
        }
    }
}

async fn send_block(
    node: &Arc<Node>,
    feed: &Arc<Feed>,
    height: Height,
    out: &mpsc::Sender<String>,
) -> Result<(), Broken> {
    let mut from = None;
    loop {
        let reading = Arc::clone(feed);
        let read = Arc::clone(node).read(move |node| told(node, &reading, height, from));
        let (text, more) = read.await.map_err(|cause| {
            tracing::warn!(%height, %cause, "a subscription ends");
            Broken::Failed
        })?;
        if let Some(text) = text {
            out.send(text).await.map_err(|_| Broken::Gone)?;
        }
        match more {
            Some(index) => from = Some(index),
            None => return Ok(()),
        }
    }
}

/// What is sent of a block from a place in it on, if anything is, and where more of it begins.
fn told(
    node: &Node,
    feed: &Feed,
    height: Height,
    from: Option<u32>,
) -> Result<(Option<String>, Option<u32>), RpcError> {
    match &feed.wanted {
        Wanted::Blocks { receipts } => {
            Ok((Some(text(NOTIFICATION, chain::notice(node, feed.id, *receipts, height)?)?), None))
        }
        Wanted::Events { filter, after } => {
            let (notice, more) = events::notice(node, feed, (filter, *after), (height, from))?;
            Ok((notice.map(|notice| text(EVENTS_NOTIFICATION, notice)).transpose()?, more))
        }
    }
}

fn text<T: Serialize>(method: &str, params: T) -> Result<String, RpcError> {
    serde_json::to_string(&Notification::new(method, params)).map_err(|cause| failure::internal(&cause))
}

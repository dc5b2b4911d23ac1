//! What a handler works on: the node, and the WebSocket that a call came in by, if it was one.

use super::failure;
use super::gate::Gate;
use super::interface::Interfaces;
use super::socket::Call;
use crate::context::Context;
use countersign_api::RpcError;
use countersign_ledger::{Reader, RocksStore};
use std::sync::Arc;

/// A node, as handlers see it.
#[derive(Debug)]
pub(super) struct Node {
    pub context: Arc<Context>,
    /// For reads of the ledger.
    pub reads: Gate,
    /// For contracts' views, which may take seconds.
    pub views: Gate,
    /// For transactions that are tried out: they run as calls do, and execution keeps a place of its own.
    pub trials: Gate,
    pub interfaces: Interfaces,
}

impl Node {
    /// The ledger.
    pub fn reader(&self) -> &Reader<RocksStore> {
        &self.context.reader
    }

    /// Runs work that reads the disk on a blocking thread, few at a time.
    pub async fn read<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let gate = self.reads.clone();
        self.work(&gate, work).await
    }

    /// Runs work on a blocking thread once there is room for it.
    pub async fn work<T: Send + 'static>(
        self: Arc<Self>,
        gate: &Gate,
        work: impl FnOnce(&Self) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let permit = gate.enter().await?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work(&self);
            drop(permit);
            answer
        });
        done.await.unwrap_or_else(|cause| Err(failure::internal(&cause)))
    }
}

/// One call's view of the node.
#[derive(Debug, Clone)]
pub(super) struct Conn {
    pub node: Arc<Node>,
    /// The call of a WebSocket client, none over plain HTTP.
    pub call: Option<Call>,
}

impl Conn {
    /// For a plain HTTP request.
    pub fn of_request(node: Arc<Node>) -> Self {
        Self { node, call: None }
    }

    /// As [`Node::read`].
    pub async fn read<T: Send + 'static>(
        self,
        work: impl FnOnce(&Node) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        self.node.read(work).await
    }

    /// Runs work that runs contracts, apart from reads, so that slow views do not delay those.
    pub async fn view<T: Send + 'static>(
        self,
        work: impl FnOnce(&Node) -> Result<T, RpcError> + Send + 'static,
    ) -> Result<T, RpcError> {
        let gate = self.node.views.clone();
        self.node.work(&gate, work).await
    }
}

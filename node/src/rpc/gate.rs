//! How many calls of one kind do their work at once; others wait in turn.

use countersign_api::{Code, RpcError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The way to the blocking threads. As many wait as there may be connections with open calls.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    room: Arc<Semaphore>,
    waiting: Arc<AtomicU64>,
}

/// Counts a call that waits, also one whose client goes away.
struct Waiting<'a>(&'a AtomicU64);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicU64) -> Self {
        count.fetch_add(1, Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Gate {
    /// For so many calls at once.
    pub fn new(calls_max: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(calls_max)), waiting: Arc::default() }
    }

    /// Waits for its turn, which lasts until the permit is dropped.
    pub async fn enter(&self) -> Result<OwnedSemaphorePermit, RpcError> {
        let _waiting = Waiting::new(&self.waiting);
        let permit = Arc::clone(&self.room).acquire_owned().await;
        permit.map_err(|_| RpcError::new(Code::NotReady, "the node is stopping"))
    }

    /// Calls that wait now.
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[tokio::test]
    async fn who_waits_is_counted_until_it_enters_or_gives_up() {
        let gate = Gate::new(1);
        let first = gate.enter().await.unwrap();
        let mut second = Box::pin(gate.enter());
        assert!(second.as_mut().now_or_never().is_none());
        let mut third = Box::pin(gate.enter());
        assert!(third.as_mut().now_or_never().is_none());
        assert_eq!(gate.waiting(), 2);
        drop(third);
        assert_eq!(gate.waiting(), 1);
        drop(first);
        drop(second.await.unwrap());
        assert_eq!(gate.waiting(), 0);
    }
}

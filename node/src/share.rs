//! Whose bytes wait: each thing that waits for the node holds a share of its sender's allowance until it is
//! handled, wherever it waits meanwhile, so that nobody can take the room of others.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::MESSAGE_COST_BYTES_MIN;

/// Bytes that one sender may have waiting.
#[derive(Debug, Clone)]
pub struct Allowance(Arc<Semaphore>);

/// A part of an allowance. It goes back when this is dropped.
#[derive(Debug)]
pub struct Share(OwnedSemaphorePermit);

impl Allowance {
    /// Of so many bytes.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes_max)))
    }

    /// A share for so many bytes, if as many are left. However short a thing is, it costs
    /// [`MESSAGE_COST_BYTES_MIN`].
    #[must_use]
    pub fn take(&self, bytes: usize) -> Option<Share> {
        Arc::clone(&self.0).try_acquire_many_owned(cost(bytes)).ok().map(Share)
    }

    /// A share for so many bytes, once as many are left.
    pub async fn wait(&self, bytes: usize) -> Option<Share> {
        Arc::clone(&self.0).acquire_many_owned(cost(bytes)).await.ok().map(Share)
    }
}

impl Share {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.num_permits()
    }
}

fn cost(bytes: usize) -> u32 {
    u32::try_from(bytes.max(MESSAGE_COST_BYTES_MIN)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_is_shared_out_and_comes_back() {
        let allowance = Allowance::new(3 * MESSAGE_COST_BYTES_MIN);
        let small = allowance.take(1).unwrap();
        assert_eq!(small.bytes(), MESSAGE_COST_BYTES_MIN);
        let large = allowance.take(2 * MESSAGE_COST_BYTES_MIN).unwrap();
        assert!(allowance.take(0).is_none());
        drop(large);
        assert!(allowance.take(2 * MESSAGE_COST_BYTES_MIN + 1).is_none());
        assert!(allowance.take(2 * MESSAGE_COST_BYTES_MIN).is_some());
    }
}

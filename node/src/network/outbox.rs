//! What waits to be written to one peer: a queue per class, bounded in messages and bytes.
//!
//! `push` never waits. When a queue is full the *oldest* message of that class gives way: newer
//! consensus messages supersede older ones and certificates are rebroadcast until there is progress;
//! the asker of an old sync request has given up by then and asks somebody else. Classes never
//! displace each other, and sync is written only in the gaps of consensus (see `link`).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::Class;
use crate::limits::{OUTBOX_CONSENSUS_BYTES_MAX, OUTBOX_MESSAGES_MAX, OUTBOX_SYNC_BYTES_MAX};

#[derive(Debug)]
pub(super) struct Outbox {
    consensus: Lane,
    sync: Lane,
}

#[derive(Debug)]
struct Lane {
    queue: Mutex<Queue>,
    filled: Notify,
    drained: Notify,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Arc<[u8]>>,
    bytes: usize,
    is_writing: bool,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self { consensus: Lane::new(OUTBOX_CONSENSUS_BYTES_MAX), sync: Lane::new(OUTBOX_SYNC_BYTES_MAX) }
    }

    /// Queues a message, and says how many older ones gave way.
    #[must_use]
    pub(super) fn push(&self, class: Class, message: Arc<[u8]>) -> u64 {
        let lane = self.lane(class);
        let mut dropped = 0;
        {
            let mut queue = lane.lock();
            queue.bytes = queue.bytes.saturating_add(message.len());
            queue.messages.push_back(message);
            while queue.messages.len() > OUTBOX_MESSAGES_MAX
                || (queue.bytes > lane.bytes_max && queue.messages.len() > 1)
            {
                queue.pop();
                dropped += 1;
            }
        }
        lane.filled.notify_one();
        dropped
    }

    /// The next message of `class`; waits for one. Safe to cancel. One caller per class.
    pub(super) async fn pop(&self, class: Class) -> Arc<[u8]> {
        loop {
            if let Some(message) = self.take(class) {
                return message;
            }
            self.lane(class).filled.notified().await;
        }
    }

    /// The next message of `class`, if there is one.
    pub(super) fn take(&self, class: Class) -> Option<Arc<[u8]>> {
        self.lane(class).take()
    }

    /// Waits until no consensus message is queued or being written.
    pub(super) async fn consensus_drained(&self) {
        loop {
            let drained = self.consensus.drained.notified();
            {
                let queue = self.consensus.lock();
                if queue.messages.is_empty() && !queue.is_writing {
                    return;
                }
            }
            drained.await;
        }
    }

    /// The writer of `class` has flushed what it popped.
    pub(super) fn written(&self, class: Class) {
        let lane = self.lane(class);
        lane.lock().is_writing = false;
        lane.drained.notify_waiters();
    }

    /// Forgets everything; says how many messages of `class` that were.
    pub(super) fn clear(&self, class: Class) -> u64 {
        let lane = self.lane(class);
        let forgotten = std::mem::take(&mut *lane.lock()).messages.len() as u64;
        lane.drained.notify_waiters();
        forgotten
    }

    /// Messages and bytes waiting, of both classes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        [&self.consensus, &self.sync].into_iter().fold((0, 0), |(messages, bytes), lane| {
            let queue = lane.lock();
            (messages + queue.messages.len(), bytes.saturating_add(queue.bytes))
        })
    }

    fn lane(&self, class: Class) -> &Lane {
        match class {
            Class::Consensus => &self.consensus,
            Class::Sync => &self.sync,
        }
    }
}

impl Lane {
    fn new(bytes_max: usize) -> Self {
        Self { queue: Mutex::default(), filled: Notify::new(), drained: Notify::new(), bytes_max }
    }

    fn take(&self) -> Option<Arc<[u8]>> {
        let mut queue = self.lock();
        let message = queue.pop()?;
        queue.is_writing = true;
        Some(message)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn pop(&mut self) -> Option<Arc<[u8]>> {
        let message = self.messages.pop_front()?;
        self.bytes = self.bytes.saturating_sub(message.len());
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(byte: u8, len: usize) -> Arc<[u8]> {
        vec![byte; len].into()
    }

    #[tokio::test]
    async fn the_oldest_of_the_class_gives_way() {
        let outbox = Outbox::new();
        let third = OUTBOX_CONSENSUS_BYTES_MAX / 3;
        assert_eq!(outbox.push(Class::Sync, message(9, 10)), 0);
        for byte in 0..3 {
            assert_eq!(outbox.push(Class::Consensus, message(byte, third)), 0);
        }
        assert_eq!(outbox.push(Class::Consensus, message(3, third)), 1);
        assert_eq!(outbox.pop(Class::Consensus).await.first(), Some(&1));
        assert_eq!(outbox.pop(Class::Sync).await.first(), Some(&9));
    }

    #[tokio::test]
    async fn message_count_is_bounded() {
        let outbox = Outbox::new();
        let dropped: u64 = (0..OUTBOX_MESSAGES_MAX + 10).map(|_| outbox.push(Class::Sync, message(0, 1))).sum();
        assert_eq!(dropped, 10);
        assert_eq!(outbox.waiting(), (OUTBOX_MESSAGES_MAX, OUTBOX_MESSAGES_MAX));
        assert_eq!(outbox.clear(Class::Sync), OUTBOX_MESSAGES_MAX as u64);
        assert_eq!(outbox.waiting(), (0, 0));
    }

    #[tokio::test]
    async fn drained_means_written_too() {
        let outbox = Outbox::new();
        let _ = outbox.push(Class::Consensus, message(0, 1));
        let _ = outbox.pop(Class::Consensus).await;
        let wait = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(wait, outbox.consensus_drained()).await.is_err());
        outbox.written(Class::Consensus);
        assert!(tokio::time::timeout(wait, outbox.consensus_drained()).await.is_ok());
    }
}

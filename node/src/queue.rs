//! A queue between threads. What waits in it is bounded by the shares that it holds ([`crate::share`]), so the
//! queue needs no length of its own: no sender can fill it, and nobody waits to send.

use crate::share::Share;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Something with the share that it holds until it is handled. What the node tells itself has none.
#[derive(Debug)]
pub struct Held<T> {
    /// The thing.
    pub value: T,
    /// Its share.
    pub share: Option<Share>,
}

impl<T> Held<T> {
    fn bytes(&self) -> u64 {
        self.share.as_ref().map_or(0, |share| u64::try_from(share.bytes()).unwrap_or(u64::MAX))
    }
}

/// How much waits in a queue, for metrics.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    items: AtomicU64,
    bytes: AtomicU64,
}

impl Gauge {
    /// Things that wait, and the bytes of their shares.
    #[must_use]
    pub fn read(&self) -> (u64, u64) {
        (self.0.items.load(Relaxed), self.0.bytes.load(Relaxed))
    }

    fn add(&self, bytes: u64) {
        self.0.items.fetch_add(1, Relaxed);
        self.0.bytes.fetch_add(bytes, Relaxed);
    }

    fn subtract(&self, bytes: u64) {
        self.0.items.fetch_sub(1, Relaxed);
        self.0.bytes.fetch_sub(bytes, Relaxed);
    }
}

/// Nobody receives any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the node is stopping")]
pub struct Stopping;

/// The end that sends.
#[derive(Debug)]
pub struct QueueSender<T> {
    sender: Sender<Held<T>>,
    gauge: Gauge,
}

impl<T> Clone for QueueSender<T> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), gauge: self.gauge.clone() }
    }
}

impl<T> QueueSender<T> {
    /// Queues a thing.
    ///
    /// # Errors
    /// [`Stopping`].
    pub fn send(&self, value: T, share: Option<Share>) -> Result<(), Stopping> {
        let held = Held { value, share };
        let bytes = held.bytes();
        self.gauge.add(bytes);
        self.sender.send(held).map_err(|_| {
            self.gauge.subtract(bytes);
            Stopping
        })
    }

    /// How much waits.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        self.gauge.clone()
    }
}

/// The end that receives.
#[derive(Debug)]
pub struct QueueReceiver<T> {
    receiver: Receiver<Held<T>>,
    gauge: Gauge,
}

impl<T> QueueReceiver<T> {
    /// The next thing; none once nobody sends any more.
    pub fn receive(&self) -> Option<Held<T>> {
        self.receiver.recv().ok().map(|held| self.taken(held))
    }

    /// The next thing, if it comes within this time.
    ///
    /// # Errors
    /// As the channel's.
    pub fn receive_within(&self, time: Duration) -> Result<Held<T>, RecvTimeoutError> {
        self.receiver.recv_timeout(time).map(|held| self.taken(held))
    }

    /// The next thing, if it is there.
    pub fn receive_now(&self) -> Option<Held<T>> {
        self.receiver.try_recv().ok().map(|held| self.taken(held))
    }

    fn taken(&self, held: Held<T>) -> Held<T> {
        self.gauge.subtract(held.bytes());
        held
    }
}

/// Both ends.
#[must_use]
pub fn queue<T>() -> (QueueSender<T>, QueueReceiver<T>) {
    let (sender, receiver) = channel();
    let gauge = Gauge::default();
    (QueueSender { sender, gauge: gauge.clone() }, QueueReceiver { receiver, gauge })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::share::Allowance;

    #[test]
    fn a_share_is_held_until_the_thing_is_handled() {
        let allowance = Allowance::new(8_192);
        let (sender, receiver) = queue();
        sender.send(1, allowance.take(8_192)).unwrap();
        sender.send(2, None).unwrap();
        assert_eq!(sender.gauge().read(), (2, 8_192));
        assert!(allowance.take(1).is_none(), "its sender can have no more waiting");
        let held = receiver.receive().unwrap();
        assert_eq!((held.value, sender.gauge().read()), (1, (1, 0)));
        assert!(allowance.take(1).is_none(), "taken is not handled");
        drop(held);
        assert!(allowance.take(8_192).is_some());
        assert_eq!(receiver.receive_now().unwrap().value, 2);
        drop(receiver);
        assert!(sender.send(3, None).is_err());
        assert_eq!(sender.gauge().read(), (0, 0));
    }
}

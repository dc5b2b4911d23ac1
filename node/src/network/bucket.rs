//! A token bucket in integer time (the generic cell rate algorithm): the state is the instant at which
//! everything admitted so far would have been paid for at the sustained rate.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::MESSAGE_COST_BYTES_MIN;

/// Admits bytes at a sustained rate with a burst of `burst` × rate.
#[derive(Debug)]
pub(super) struct Bucket {
    bytes_per_second: u64,
    burst: Duration,
    paid_until: Instant,
}

impl Bucket {
    pub(super) fn new(bytes_per_second: u64, burst: Duration, now: Instant) -> Self {
        Self { bytes_per_second: bytes_per_second.max(1), burst, paid_until: now }
    }

    /// Takes a message of `bytes`, and says how long its reader must wait before it goes on.
    pub(super) fn charge(&mut self, bytes: usize, now: Instant) -> Duration {
        self.paid_until = self.paid_until.max(now) + self.price(bytes);
        self.paid_until.duration_since(now).saturating_sub(self.burst)
    }

    /// Takes a message of `bytes` if that needs no waiting; a refused message costs nothing.
    #[must_use]
    pub(super) fn admit(&mut self, bytes: usize, now: Instant) -> bool {
        let paid_until = self.paid_until.max(now) + self.price(bytes);
        let admitted = paid_until.duration_since(now) <= self.burst;
        if admitted {
            self.paid_until = paid_until;
        }
        admitted
    }

    fn price(&self, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes.max(MESSAGE_COST_BYTES_MIN)).unwrap_or(u64::MAX);
        Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / self.bytes_per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1_000_000, Duration::from_millis(500), start);
        assert!(bucket.admit(500_000, start));
        assert!(!bucket.admit(10_000, start));
        assert!(bucket.admit(10_000, start + Duration::from_millis(10)));
        assert!(!bucket.admit(10_000, start + Duration::from_millis(10)));
    }

    #[test]
    fn a_charge_says_how_long_to_wait() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1_000_000, Duration::from_millis(500), start);
        assert_eq!(bucket.charge(500_000, start), Duration::ZERO);
        assert_eq!(bucket.charge(100_000, start), Duration::from_millis(100));
        assert_eq!(bucket.charge(100_000, start + Duration::from_millis(100)), Duration::from_millis(100));
    }

    #[test]
    fn short_messages_cost_the_minimum() {
        let start = Instant::now();
        let rate = MESSAGE_COST_BYTES_MIN as u64 * 10;
        let mut bucket = Bucket::new(rate, Duration::from_secs(1), start);
        let admitted = (0..100).filter(|_| bucket.admit(1, start)).count();
        assert_eq!(admitted, 10);
    }
}

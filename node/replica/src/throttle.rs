//! How often a peer is served what costs reading and sending much: a bucket of tokens for each peer.

use countersign_types::TimestampMs;
use std::collections::BTreeMap;

/// Buckets of one kind of request. There are as many as validators that asked.
#[derive(Debug)]
pub struct Throttle {
    burst: u32,
    every_ms: u64,
    buckets: BTreeMap<u16, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: u32,
    filled: TimestampMs,
}

impl Throttle {
    /// A peer may ask `burst` times at once, and once more after each `every_ms`, which is above
    /// zero.
    #[must_use]
    pub const fn new(burst: u32, every_ms: u64) -> Self {
        Self { burst, every_ms, buckets: BTreeMap::new() }
    }

    /// Number of peers that asked.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.buckets.len()
    }

    /// Whether a peer is served now.
    pub fn may(&mut self, peer: u16, now: TimestampMs) -> bool {
        let bucket = self.buckets.entry(peer).or_insert(Bucket { tokens: self.burst, filled: now });
        let earned = now.since(bucket.filled) / self.every_ms;
        if earned > 0 {
            bucket.tokens = bucket.tokens.saturating_add(u32::try_from(earned).unwrap_or(u32::MAX)).min(self.burst);
            bucket.filled = now;
        }
        let served = bucket.tokens > 0;
        bucket.tokens = bucket.tokens.saturating_sub(1);
        served
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_served_a_burst_and_then_at_the_rate() {
        let mut throttle = Throttle::new(3, 10);
        let served = |throttle: &mut Throttle, at| (0..5).filter(|_| throttle.may(1, TimestampMs(at))).count();
        assert_eq!(served(&mut throttle, 100), 3);
        assert_eq!(served(&mut throttle, 105), 0);
        assert_eq!(served(&mut throttle, 121), 2);
        assert_eq!(served(&mut throttle, 10_000), 3, "no more than the burst is saved up");
        assert!(throttle.may(2, TimestampMs(10_000)), "another peer has its own");
        assert_eq!(served(&mut throttle, 0), 0, "a clock that was set back earns nothing");
    }
}

//! Latencies in buckets: 64 to each doubling, so a quantile is at most 1.6 % above the true one, in
//! bounded memory however many are recorded.

use std::time::Duration;

const SUB_BITS: u32 = 6;
const SUB: u64 = 1 << SUB_BITS;
/// Microseconds below 2^36, that is 19 hours; longer ones count as that.
const DOUBLINGS: u32 = 36;

/// Recorded latencies.
#[derive(Debug, Clone)]
pub struct Latencies {
    buckets: Vec<u64>,
    count: u64,
    max: Duration,
}

impl Default for Latencies {
    fn default() -> Self {
        let buckets = usize::try_from(SUB * u64::from(DOUBLINGS - SUB_BITS + 1)).unwrap_or_default();
        Self { buckets: vec![0; buckets], count: 0, max: Duration::ZERO }
    }
}

impl Latencies {
    /// Records one.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).min((1 << DOUBLINGS) - 1);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(micros)) {
            *bucket += 1;
        }
        self.count += 1;
        self.max = self.max.max(latency);
    }

    /// How many were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The latency that this many of a thousand do not exceed; zero if none was recorded.
    pub fn quantile(&self, per_mille: u64) -> Duration {
        let wanted = self.count.saturating_mul(per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return Duration::from_micros(upper_edge(bucket)).min(self.max);
            }
        }
        Duration::ZERO
    }
}

/// Below 64 µs each microsecond has its bucket; above, each doubling has 64.
fn bucket_of(micros: u64) -> usize {
    let doublings = u64::from((micros | (SUB - 1)).ilog2() - (SUB_BITS - 1));
    let within = if doublings == 0 { micros } else { (micros >> (doublings - 1)) - SUB };
    usize::try_from(doublings * SUB + within).unwrap_or(usize::MAX)
}

fn upper_edge(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let (doublings, within) = (bucket / SUB, bucket % SUB);
    if doublings == 0 { within } else { ((within + SUB + 1) << (doublings - 1)) - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_within_its_bucket() {
        for micros in (0..5_000).chain((12..36).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 7])) {
            let bucket = bucket_of(micros);
            assert!(bucket < Latencies::default().buckets.len());
            assert!(upper_edge(bucket) >= micros, "{micros}");
            assert!(bucket == 0 || upper_edge(bucket - 1) < micros, "{micros}");
            assert!(upper_edge(bucket) - micros <= micros / 64 + 1, "{micros}");
        }
    }

    #[test]
    fn quantiles_of_a_known_distribution() {
        let mut latencies = Latencies::default();
        assert_eq!((latencies.quantile(500), latencies.max(), latencies.count()), (Duration::ZERO, Duration::ZERO, 0));
        for ms in 1..=1000 {
            latencies.record(Duration::from_millis(ms));
        }
        for (per_mille, ms) in [(500, 500), (950, 950), (990, 990), (1, 1)] {
            let (found, exact) = (latencies.quantile(per_mille), Duration::from_millis(ms));
            assert!(found >= exact && found <= exact + exact / 60, "{per_mille}: {found:?}");
        }
        assert_eq!(latencies.quantile(1000), Duration::from_secs(1));
        assert_eq!(latencies.max(), Duration::from_secs(1));
    }

    #[test]
    fn the_longest_count_too() {
        let mut latencies = Latencies::default();
        latencies.record(Duration::MAX);
        assert_eq!(latencies.count(), 1);
        assert!(latencies.quantile(500) >= Duration::from_secs(60_000));
    }
}

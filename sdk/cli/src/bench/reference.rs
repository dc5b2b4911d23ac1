//! How many signatures these cores verify in a second, one by one and in batches of 1,024 with
//! distinct keys, by the same code that the validators run.

use countersign_types::key::{Claim, verify_batch};
use countersign_types::{PublicKey, SecretKey, Signature};
use serde::Serialize;
use std::time::{Duration, Instant};

const BATCH: usize = 1024;
const TIME: Duration = Duration::from_millis(1_500);

/// Verifications per second, all cores together.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Threads that measured.
    pub cores: usize,
    /// One by one.
    pub single_per_second: u64,
    /// In batches of 1,024 distinct keys.
    pub batched_per_second: u64,
}

/// Measures for about three seconds.
pub fn measure() -> Reference {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let signed: Vec<(PublicKey, [u8; 32], Signature)> = (0..BATCH).map(sample).collect();
    let claims: Vec<Claim<'_>> =
        signed.iter().map(|(key, message, signature)| Claim { key: *key, message, signature: *signature }).collect();
    let single = || {
        let valid = claims.iter().take(64).filter(|claim| claim.key.verify(claim.message, &claim.signature).is_ok());
        valid.count()
    };
    let batched = || if verify_batch(&claims).is_ok() { claims.len() } else { 0 };
    Reference { cores, single_per_second: rate(cores, single), batched_per_second: rate(cores, batched) }
}

fn sample(index: usize) -> (PublicKey, [u8; 32], Signature) {
    let mut seed = [7; 32];
    for (to, from) in seed.iter_mut().zip(index.to_le_bytes()) {
        *to = from;
    }
    let key = SecretKey::from_seed(&seed);
    let signature = key.sign(&seed);
    (key.public(), seed, signature)
}

/// Runs `work`, which answers how many it did, on all cores at once.
fn rate(cores: usize, work: impl Fn() -> usize + Sync) -> u64 {
    let begun = Instant::now();
    let done: usize = std::thread::scope(|scope| {
        let run = || {
            let mut done = 0;
            while begun.elapsed() < TIME {
                done += work();
            }
            done
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).sum()
    });
    let micros = begun.elapsed().as_micros().max(1);
    u64::try_from(u128::try_from(done).unwrap_or_default() * 1_000_000 / micros).unwrap_or(u64::MAX)
}

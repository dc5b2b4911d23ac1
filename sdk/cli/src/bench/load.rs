//! Offering load, and counting what becomes final.
//!
//! Senders sign and submit in groups; one follower reads the chain's subscription. A transaction is
//! committed when its block's result is certified, and its latency runs from before signing was
//! begun to the notice of that block.

use super::latency::Latencies;
use super::workload::Workload;
use countersign_api::Bytes;
use countersign_api::method::chain::SubscribeParams;
use countersign_api::method::tx::{SubmitBatchParams, SubmitResult, TxSubmitBatch};
use countersign_client::{Client, Error, Signer, Subscription, Unverified};
use countersign_types::{Hash, encode};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Most transactions of one submission; fewer where their bytes would not fit a request.
const GROUP: usize = 64;
/// Bytes of transactions in one submission: base64 makes them a third larger, a request takes 2 MiB.
const GROUP_BYTES: usize = 1 << 20;
/// Submissions under way to each node.
const SENDERS_PER_NODE: usize = 2;
/// How long stragglers are waited for.
const DRAIN: Duration = Duration::from_secs(10);

/// What to do.
pub struct Plan {
    /// Nodes to submit to.
    pub nodes: Vec<Client>,
    /// Keys that sign in turn.
    pub signers: Vec<Signer>,
    /// Gas limit of a transaction.
    pub gas: u64,
    /// How fast.
    pub pace: Pace,
    /// Time before measuring.
    pub warm_up: Duration,
    /// Time of measuring.
    pub duration: Duration,
}

/// How fast load is offered.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// As many as wait for finality at a time.
    InFlight(u32),
    /// Transactions per second, whatever becomes of them; at most 100,000 wait at a time.
    PerSecond(u32),
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    /// Transactions submitted while measuring.
    pub submitted: u64,
    /// Transactions that became final and took effect while measuring.
    pub committed: u64,
    /// Transactions that became final without effect while measuring.
    pub failed: u64,
    /// Events to a transaction.
    pub events_each: usize,
    /// Gas of committed transactions.
    pub gas: u64,
    /// Bytes of committed transactions.
    pub bytes: u64,
    /// Blocks with transactions.
    pub blocks: u64,
    /// From signing to certified result, of those submitted while measuring.
    pub finality: Latencies,
    /// Refusals and lost connections, by name.
    pub errors: BTreeMap<String, u64>,
    /// Transactions without a receipt at the end.
    pub lost: u64,
    /// How long was measured.
    pub elapsed: Duration,
}

#[derive(Debug)]
struct Waiting {
    since: Instant,
    bytes: u64,
}

/// What senders and follower share.
struct Shared {
    waiting: Mutex<HashMap<Hash, Waiting>>,
    measured: Mutex<Measured>,
    permits: Semaphore,
    /// Whether a transaction that is done makes room for the next: in the closed loop alone.
    recycles: bool,
    /// When measuring begins and ends.
    window: (Instant, Instant),
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, HashMap<Hash, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn measured(&self) -> MutexGuard<'_, Measured> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn measures(&self, moment: Instant) -> bool {
        (self.window.0..self.window.1).contains(&moment)
    }
    /// So many transactions are done.
    fn done(&self, count: usize) {
        if self.recycles {
            self.permits.add_permits(count);
        }
    }
    fn error(&self, name: &str) {
        *self.measured().errors.entry(name.to_owned()).or_default() += 1;
    }
}

/// Runs the load.
pub async fn run(plan: Plan, workload: Workload) -> Result<Measured, Error> {
    let Some(first) = plan.nodes.first() else { return Ok(Measured::default()) };
    let params = SubscribeParams { from: None, receipts: true };
    let subscription = Subscription::open(first, &params).await?;
    let begins = Instant::now() + plan.warm_up;
    let in_flight = match plan.pace {
        Pace::InFlight(count) => usize::try_from(count).unwrap_or(usize::MAX),
        Pace::PerSecond(_) => 0,
    };
    let shared = Arc::new(Shared {
        waiting: Mutex::default(),
        measured: Mutex::new(Measured { events_each: workload.events_per_transaction(), ..Measured::default() }),
        permits: Semaphore::new(in_flight.min(Semaphore::MAX_PERMITS)),
        recycles: matches!(plan.pace, Pace::InFlight(_)),
        window: (begins, begins + plan.duration),
    });
    let follower = tokio::spawn(follow(subscription, Arc::clone(&shared)));
    let pacer = match plan.pace {
        Pace::PerSecond(rate) => Some(tokio::spawn(pace(rate, Arc::clone(&shared)))),
        Pace::InFlight(_) => None,
    };
    let source = Arc::new(Mutex::new(Source { workload, signers: plan.signers, turn: 0, gas: plan.gas }));
    let senders: Vec<_> = plan
        .nodes
        .iter()
        .flat_map(|node| std::iter::repeat_n(node.clone(), SENDERS_PER_NODE))
        .map(|node| tokio::spawn(send(node, Arc::clone(&source), Arc::clone(&shared))))
        .collect();
    tokio::time::sleep_until(shared.window.1.into()).await;
    shared.permits.close();
    for sender in senders {
        let _ = sender.await;
    }
    let drained = Instant::now() + DRAIN;
    while !shared.waiting().is_empty() && Instant::now() < drained && !follower.is_finished() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    follower.abort();
    if let Some(pacer) = pacer {
        pacer.abort();
    }
    let mut measured = shared.measured().clone();
    measured.lost = u64::try_from(shared.waiting().len()).unwrap_or(u64::MAX);
    measured.elapsed = plan.duration;
    Ok(measured)
}

/// Hands out permits at a rate, as many as the time that has passed calls for.
async fn pace(rate: u32, shared: Arc<Shared>) {
    const WAITING_MAX: usize = 100_000;
    let begun = Instant::now();
    let mut given = 0u64;
    loop {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let elapsed = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let due = elapsed.saturating_mul(u64::from(rate)) / 1_000_000;
        let more = usize::try_from(due.saturating_sub(given)).unwrap_or_default();
        given = due;
        if shared.waiting().len() < WAITING_MAX {
            shared.permits.add_permits(more);
        } else {
            shared.error("notOffered");
        }
    }
}

/// Where transactions come from.
struct Source {
    workload: Workload,
    signers: Vec<Signer>,
    turn: usize,
    gas: u64,
}

impl Source {
    fn next(&mut self) -> Option<(Signer, countersign_types::Payload)> {
        let signer = self.signers.get(self.turn % self.signers.len().max(1))?.clone();
        self.turn = self.turn.wrapping_add(1);
        Some((signer, self.workload.next()))
    }
}

async fn send(node: Client, source: Arc<Mutex<Source>>, shared: Arc<Shared>) {
    while let Ok(first) = shared.permits.acquire().await {
        first.forget();
        let mut count = 1;
        while count < GROUP {
            match shared.permits.try_acquire() {
                Ok(permit) => permit.forget(),
                Err(_) => break,
            }
            count += 1;
        }
        submit(&node, count, &source, &shared).await;
    }
}

/// Signs and submits this many transactions.
async fn submit(node: &Client, count: usize, source: &Mutex<Source>, shared: &Shared) {
    let mut left = count;
    while left > 0 {
        let (mut group, mut ids, mut bytes) = (Vec::new(), Vec::new(), 0);
        while left > 0 && bytes < GROUP_BYTES {
            let since = Instant::now();
            let (next, gas) = {
                let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
                (source.next(), source.gas)
            };
            let Some((signer, payload)) = next else { return };
            left -= 1;
            let Ok(signed) = signer.sign(payload, Some(gas)) else {
                shared.error("notSigned");
                continue;
            };
            let encoded = encode(&signed);
            let id = signed.body.id();
            let size = encoded.len();
            bytes += size;
            shared.waiting().insert(id, Waiting { since, bytes: u64::try_from(size).unwrap_or_default() });
            if shared.measures(since) {
                shared.measured().submitted += 1;
            }
            ids.push(id);
            group.push(Bytes(encoded));
        }
        match node
            .unverified()
            .call::<TxSubmitBatch>(&SubmitBatchParams { transactions: group })
            .await
            .map(Unverified::into_said)
        {
            Ok(answer) => {
                for (id, result) in ids.iter().zip(answer.results) {
                    if let SubmitResult::Error(error) = result {
                        drop_one(shared, id, &error.data.name);
                    }
                }
            }
            Err(error) => {
                let name = match &error {
                    Error::Rpc(error) => error.data.name.clone(),
                    _ => "noAnswer".to_owned(),
                };
                ids.iter().for_each(|id| drop_one(shared, id, &name));
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// A transaction that was refused: its place is free again after a moment, so that a full node is
/// not asked without pause.
fn drop_one(shared: &Shared, id: &Hash, name: &str) {
    if shared.waiting().remove(id).is_some() {
        shared.error(name);
        shared.done(1);
    }
}

async fn follow(mut subscription: Subscription, shared: Arc<Shared>) {
    loop {
        let notice = match subscription.next().await {
            Ok(notice) => notice,
            Err(_) => return shared.error("subscriptionEnded"),
        };
        let now = Instant::now();
        let counts = shared.measures(now);
        let (mut waiting, mut measured) = (shared.waiting(), shared.measured());
        if counts && notice.transactions > 0 {
            measured.blocks += 1;
        }
        let mut freed = 0;
        for verdict in notice.receipts {
            let Some(was) = waiting.remove(&verdict.transaction) else { continue };
            freed += 1;
            if shared.measures(was.since) {
                measured.finality.record(now.duration_since(was.since));
            }
            if !counts {
                continue;
            }
            if verdict.succeeded {
                measured.committed += 1;
                measured.gas = measured.gas.saturating_add(verdict.gas_used);
                measured.bytes = measured.bytes.saturating_add(was.bytes);
            } else {
                measured.failed += 1;
            }
        }
        drop((waiting, measured));
        shared.done(freed);
    }
}

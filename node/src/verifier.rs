//! The workers that check transactions: decoding, shape and signatures, in large batches, off the
//! replica's thread. What deploys code goes on to the compiler's thread, everything else to the replica.

use crate::compiler::{Compiler, Deployment};
use crate::fact::Fact;
use crate::limits::{FETCHED_BYTES_MAX, SUBMITTED_BYTES_MAX, VERIFIER_BATCH_MAX};
use crate::queue::{Gauge, Held, QueueReceiver, QueueSender, Stopping, queue};
use crate::share::{Allowance, Share};
use crate::shared::Shared;
use crate::threads::Threads;
use countersign_replica::{Input, Source};
use countersign_types::transaction::{BadTransaction, verify_all};
use countersign_types::{Hash, SignedTransaction, VerifiedTransaction, codec};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Transactions to check.
#[derive(Debug)]
pub struct Job {
    /// The transactions.
    pub transactions: Vec<SignedTransaction>,
    /// Where they came from.
    pub source: Source,
    /// Who wants to know the verdicts; the good ones go on to the replica either way.
    pub verdicts: Option<oneshot::Sender<Vec<Result<Hash, BadTransaction>>>>,
}

/// Hands jobs to the workers.
#[derive(Debug, Clone)]
pub struct Verifier {
    jobs: QueueSender<Job>,
    /// For what clients of this node have submitted.
    submitted: Allowance,
    /// For what was asked of peers.
    fetched: Allowance,
}

/// Why a job is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotQueued {
    /// Too many wait.
    #[error("too many transactions wait to be checked; try again in a moment")]
    Busy,
    /// There are no workers any more.
    #[error(transparent)]
    Stopping(#[from] Stopping),
}

impl Verifier {
    /// Starts the workers and adds them to `threads`. They end when the last [`Verifier`] is dropped.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub fn start(
        workers: usize,
        chain: Hash,
        replica: &QueueSender<Fact>,
        compiler: &Compiler,
        shared: &Arc<Shared>,
        threads: &mut Threads,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = queue();
        let queue = Arc::new(std::sync::Mutex::new(queue));
        for index in 0..workers.max(1) {
            let queue = Arc::clone(&queue);
            let (replica, compiler, shared) = (replica.clone(), compiler.clone(), Arc::clone(shared));
            let worker = Worker { chain, replica, compiler, shared };
            let thread = std::thread::Builder::new().name(format!("verifier-{index}")).spawn(move || {
                while let Some(batch) = take(&queue) {
                    worker.check(batch);
                }
            })?;
            threads.add(thread);
        }
        let (submitted, fetched) = (Allowance::new(SUBMITTED_BYTES_MAX), Allowance::new(FETCHED_BYTES_MAX));
        Ok(Self { jobs, submitted, fetched })
    }

    /// Queues transactions of this node's clients, or such as were asked of peers.
    ///
    /// # Errors
    /// [`NotQueued`]; nothing was taken.
    pub fn submit(&self, job: Job) -> Result<(), NotQueued> {
        let allowance = match job.source {
            Source::Client { .. } => &self.submitted,
            Source::Gossip | Source::Fetched => &self.fetched,
        };
        let share = allowance.take(codec::encoded_len(&job.transactions)).ok_or(NotQueued::Busy)?;
        Ok(self.check(job, Some(share))?)
    }

    /// Queues transactions that hold a share of their sender's allowance; it goes on with them to the replica.
    ///
    /// # Errors
    /// [`Stopping`].
    pub fn check(&self, job: Job, share: Option<Share>) -> Result<(), Stopping> {
        self.jobs.send(job, share)
    }

    /// How much waits to be checked.
    #[must_use]
    pub fn waiting(&self) -> Gauge {
        self.jobs.gauge()
    }
}

/// Waits for a job and takes along what else is queued, up to a batch.
fn take(queue: &std::sync::Mutex<QueueReceiver<Job>>) -> Option<Vec<Held<Job>>> {
    let queue = queue.lock().ok()?;
    let mut jobs = vec![queue.receive()?];
    let mut count: usize = jobs.iter().map(|job| job.value.transactions.len()).sum();
    while count < VERIFIER_BATCH_MAX {
        let Some(job) = queue.receive_now() else { break };
        count += job.value.transactions.len();
        jobs.push(job);
    }
    Some(jobs)
}

/// What a worker works with.
struct Worker {
    chain: Hash,
    replica: QueueSender<Fact>,
    compiler: Compiler,
    shared: Arc<Shared>,
}

impl Worker {
    fn check(&self, jobs: Vec<Held<Job>>) {
        let mut all = Vec::new();
        let mut parts = Vec::with_capacity(jobs.len());
        for Held { value: job, share } in jobs {
            parts.push((job.transactions.len(), job.source, job.verdicts, share));
            all.extend(job.transactions);
        }
        let mut checked = verify_all(all, &self.chain).into_iter();
        for (count, source, verdicts, share) in parts {
            let mut good: Vec<Arc<VerifiedTransaction>> = Vec::with_capacity(count);
            let mut answers = Vec::with_capacity(count);
            for verdict in checked.by_ref().take(count) {
                answers.push(verdict.map(|transaction| {
                    let id = transaction.id();
                    good.push(Arc::new(transaction));
                    id
                }));
            }
            // Nobody waits any more, or the node is stopping: nothing is lost that was acknowledged.
            if let Some(verdicts) = verdicts {
                let _ = verdicts.send(answers);
            }
            self.pass_on(good, source, share);
        }
    }

    /// Sends checked transactions on. Those of a client stay together, since they are answered together;
    /// of others, what deploys code holds up nothing else.
    fn pass_on(&self, good: Vec<Arc<VerifiedTransaction>>, source: Source, share: Option<Share>) {
        let deploys = |transaction: &Arc<VerifiedTransaction>| transaction.body().payload.code().is_some();
        let (deploying, plain) = match source {
            Source::Client { .. } if good.iter().any(deploys) => (good, Vec::new()),
            _ => good.into_iter().partition(deploys),
        };
        // The share goes on with what goes to the replica at once; what waits for the compiler alone is few.
        let (share, rest) = if plain.is_empty() { (share, None) } else { (None, share) };
        if !deploying.is_empty() && !self.compiler.submit(Deployment { transactions: deploying, source, share }) {
            tracing::warn!("too much code waits to be compiled; a deployment was dropped");
            if let Source::Client { ticket } = source {
                self.shared.drop_submission(ticket);
            }
        }
        if !plain.is_empty() {
            let _ = self.replica.send(Fact::Own(Input::Transactions { transactions: plain, source }), rest);
        }
    }
}

//! The workers that check transactions: decoding, shape and signatures, in large batches, off the
//! replica's thread. What deploys code goes on to the compiler's thread, everything else to the replica.

use crate::compiler::{Compiler, Deployment};
use crate::limits::{VERIFIER_BATCH_MAX, VERIFIER_QUEUE_MAX};
use crate::shared::Shared;
use crate::threads::Threads;
use countersign_replica::{Input, Source};
use countersign_types::transaction::{BadTransaction, verify_all};
use countersign_types::{Hash, Payload, SignedTransaction, VerifiedTransaction};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
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
    jobs: SyncSender<Job>,
}

/// Too many jobs wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many transactions wait to be checked; try again in a moment")]
pub struct Busy;

impl Verifier {
    /// Starts the workers and adds them to `threads`. They end when the last [`Verifier`] is dropped.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub fn start(
        workers: usize,
        chain: Hash,
        replica: &SyncSender<Input>,
        compiler: &Compiler,
        shared: &Arc<Shared>,
        threads: &mut Threads,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = sync_channel(VERIFIER_QUEUE_MAX);
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
        Ok(Self { jobs })
    }

    /// Queues a job.
    ///
    /// # Errors
    /// [`Busy`] if the queue is full; nothing was taken.
    pub fn submit(&self, job: Job) -> Result<(), Busy> {
        self.jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) | TrySendError::Disconnected(_) => Busy,
        })
    }
}

/// Waits for a job and takes along what else is queued, up to a batch.
fn take(queue: &std::sync::Mutex<Receiver<Job>>) -> Option<Vec<Job>> {
    let queue = queue.lock().ok()?;
    let mut jobs = vec![queue.recv().ok()?];
    let mut count: usize = jobs.iter().map(|job| job.transactions.len()).sum();
    while count < VERIFIER_BATCH_MAX {
        let Ok(job) = queue.try_recv() else { break };
        count += job.transactions.len();
        jobs.push(job);
    }
    Some(jobs)
}

/// What a worker works with.
struct Worker {
    chain: Hash,
    replica: SyncSender<Input>,
    compiler: Compiler,
    shared: Arc<Shared>,
}

impl Worker {
    fn check(&self, jobs: Vec<Job>) {
        let mut all = Vec::new();
        let mut parts = Vec::with_capacity(jobs.len());
        for job in jobs {
            parts.push((job.transactions.len(), job.source, job.verdicts));
            all.extend(job.transactions);
        }
        let mut checked = verify_all(all, &self.chain).into_iter();
        for (count, source, verdicts) in parts {
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
            self.pass_on(good, source);
        }
    }

    /// Sends checked transactions on. Those of a client stay together, since they are answered together;
    /// of others, what deploys code holds up nothing else.
    fn pass_on(&self, good: Vec<Arc<VerifiedTransaction>>, source: Source) {
        let deploys =
            |transaction: &Arc<VerifiedTransaction>| matches!(transaction.body().payload, Payload::Deploy { .. });
        let (deploying, plain) = match source {
            Source::Client { .. } if good.iter().any(deploys) => (good, Vec::new()),
            _ => good.into_iter().partition(deploys),
        };
        if !deploying.is_empty() && !self.compiler.submit(Deployment { transactions: deploying, source }) {
            tracing::warn!("too much code waits to be compiled; a deployment was dropped");
            if let Source::Client { ticket } = source {
                self.shared.drop_submission(ticket);
            }
        }
        if !plain.is_empty() {
            let _ = self.replica.send(Input::Transactions { transactions: plain, source });
        }
    }
}

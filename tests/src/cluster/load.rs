//! Clients that use a network while a test does things to it, and what was acknowledged to them.

use super::{COUNTER, Cluster};
use countersign_api::method::contract::ContractRef;
use countersign_client::Signer;
use countersign_client::contract::Contract;
use countersign_types::Hash;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A client at each of several nodes that adds one to the counter again and again.
#[derive(Debug)]
pub struct Load {
    acknowledged: Arc<Mutex<Vec<Hash>>>,
    count: Arc<AtomicUsize>,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
}

/// How long the network may take to acknowledge anything. Nothing is concluded from how long it took.
const PROGRESS: Duration = Duration::from_secs(90);

impl Load {
    /// Starts a client at each of these nodes, which must answer now.
    ///
    /// # Errors
    /// If one does not.
    pub async fn start(cluster: &Cluster, nodes: impl IntoIterator<Item = u16>) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let (acknowledged, count) = (Arc::<Mutex<Vec<Hash>>>::default(), Arc::<AtomicUsize>::default());
        let mut workers = Vec::new();
        for node in nodes {
            let signer = cluster.signer(&format!("org{}/erp", node % cluster.founders()), node).await?;
            let contract = Contract::open(signer.client(), &ContractRef(COUNTER.into())).await?;
            let (acknowledged, count, mut stopped) = (Arc::clone(&acknowledged), Arc::clone(&count), stopped.clone());
            workers.push(tokio::spawn(async move {
                tokio::select! {
                    () = add(&signer, &contract, &acknowledged, &count) => {}
                    _ = stopped.wait_for(|stop| *stop) => {}
                }
            }));
        }
        Ok(Self { acknowledged, count, stop, workers })
    }

    /// Transactions acknowledged so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until so many more transactions are acknowledged.
    ///
    /// # Errors
    /// If that never happens.
    pub async fn progress(&self, more: usize) -> anyhow::Result<()> {
        let (begun, wanted) = (Instant::now(), self.count() + more);
        while self.count() < wanted {
            anyhow::ensure!(begun.elapsed() < PROGRESS, "{} of {more} acknowledged", self.count() + more - wanted);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ids of what was acknowledged up to now.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<Hash> {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the clients. What is under way then is not acknowledged, and may be in the ledgers or not.
    pub async fn stop(self) -> Vec<Hash> {
        self.stop.send_replace(true);
        for worker in self.workers {
            // A client that panicked has acknowledged what it has.
            let _ = worker.await;
        }
        Arc::try_unwrap(self.acknowledged)
            .map(|ids| ids.into_inner().unwrap_or_else(PoisonError::into_inner))
            .unwrap_or_default()
    }
}

async fn add(signer: &Signer, contract: &Contract, acknowledged: &Mutex<Vec<Hash>>, count: &AtomicUsize) {
    loop {
        match contract.call(signer, "add", &json!({"n": 1}), None).await {
            Ok(called) => {
                acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(called.done.receipt.transaction);
                count.fetch_add(1, Ordering::Relaxed);
            }
            // The node is away: nothing was acknowledged, so nothing is counted.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

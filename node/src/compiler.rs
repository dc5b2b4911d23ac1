//! The compiler's thread: compiles code before a block that deploys it is voted for, so that neither
//! voting nor execution waits for a compiler.
//!
//! A transaction that deploys code goes through here on its way to the replica, wherever it came from,
//! and reaches it once its code is compiled and on disk. So a leader does not propose code that it has
//! not compiled, and a validator that has not compiled it yet lacks a part of the block and does not
//! vote: a quorum has compiled what a final block deploys. Execution meets code that is not ready only
//! while catching up, where a file was lost or went because compiled code outgrew its room on disk, or where the signer became a
//! deployer after the transaction came; then it compiles, and metrics tell.

use crate::fact::Fact;
use crate::limits::COMPILER_QUEUE_MAX;
use crate::network::NetworkHandle;
use crate::queue::QueueSender;
use crate::replica_thread::now;
use crate::share::Share;
use crate::shared::Shared;
use crate::threads::Threads;
use countersign_ledger::{LedgerError, Reader, Store};
use countersign_replica::access::authorise;
use countersign_replica::arrival::Arrival;
use countersign_replica::execute::{intrinsic_gas, outside_window};
use countersign_replica::overlay::MachineState;
use countersign_replica::state_source::{Latest, StateSource};
use countersign_replica::{Input, ReplicaError, Source};
use countersign_types::hash::sha256;
use countersign_types::{
    ContractRecord, Height, Parameters, RejectCode, Transaction, VerifiedTransaction, codec, state_key,
};
use countersign_vm::{HostFault, Vm};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Instant;

/// Directory of compiled code in a node's data directory.
pub const DIRECTORY: &str = "compiled";

/// The secret under which a node keeps compiled code: from its own key, so that nobody else can make a
/// file that it loads.
#[must_use]
pub fn secret(seed: &[u8; 32]) -> [u8; 32] {
    sha256(&[b"countersign compiled code".as_slice(), seed].concat())
}

/// Microseconds since the first call, for the machine's counters.
#[must_use]
pub fn clock() -> u64 {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Transactions of which one at least deploys code.
#[derive(Debug)]
pub struct Deployment {
    /// The transactions.
    pub transactions: Vec<Arc<VerifiedTransaction>>,
    /// Where they came from.
    pub source: Source,
    /// What they hold of their sender's allowance.
    pub share: Option<Share>,
}

/// Hands transactions to the compiler's thread.
#[derive(Debug, Clone)]
pub struct Compiler {
    queue: SyncSender<Deployment>,
}

impl Compiler {
    /// Starts the thread and adds it to `threads`. It ends when the last [`Compiler`] is dropped.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start<S: Store>(
        reader: Reader<S>,
        vm: Arc<Vm>,
        replica: QueueSender<Fact>,
        network: NetworkHandle,
        shared: Arc<Shared>,
        threads: &mut Threads,
    ) -> std::io::Result<Self> {
        let (queue, deployments) = sync_channel(COMPILER_QUEUE_MAX);
        let worker = Worker { reader, vm, replica, network, shared, deployments };
        threads.add(std::thread::Builder::new().name("compiler".into()).spawn(move || worker.run())?);
        Ok(Self { queue })
    }

    /// Queues transactions; they reach the replica when their code is compiled. Whether they were taken:
    /// if too many wait, nothing is.
    #[must_use]
    pub fn submit(&self, deployment: Deployment) -> bool {
        match self.queue.try_send(deployment) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

/// What the thread works with.
struct Worker<S: Store> {
    reader: Reader<S>,
    vm: Arc<Vm>,
    replica: QueueSender<Fact>,
    network: NetworkHandle,
    shared: Arc<Shared>,
    deployments: Receiver<Deployment>,
}

impl<S: Store> Worker<S> {
    fn run(&self) {
        if let Err(cause) = self.prepare_deployed() {
            tracing::warn!(%cause, "deployed contracts will be prepared when they are first called");
        }
        while let Ok(deployment) = self.deployments.recv() {
            self.take(deployment);
        }
    }

    /// Loads what is deployed already, and compiles it where no file is left. New deployments go first.
    fn prepare_deployed(&self) -> Result<(), LedgerError> {
        let state = Latest(&self.reader);
        let mut after = None;
        loop {
            let page = self.reader.scan(&state_key::contracts(), after.as_deref(), PAGE)?;
            for (_, value) in &page {
                match self.deployments.try_recv() {
                    Ok(deployment) => self.take(deployment),
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
                let Ok(record) = codec::decode::<ContractRecord>(value, value.len()) else { continue };
                match self.vm.prepare_deployed(&mut MachineState(&state), &record.code.0) {
                    Ok(()) => tracing::debug!(contract = record.name, "ready"),
                    Err(fault) => tracing::warn!(contract = record.name, %fault, "cannot prepare a deployed contract"),
                }
            }
            after = page.into_iter().next_back().map(|(key, _)| key);
            if after.is_none() {
                return Ok(());
            }
        }
    }

    fn take(&self, Deployment { transactions, source, share }: Deployment) {
        let deploys: Vec<_> = transactions.iter().filter(|transaction| self.is_worth_it(transaction)).collect();
        // Peers have as long to compile as this node has. A client is not kept waiting for a compiler: what it
        // hears is no promise yet.
        let mut source = source;
        if let Source::Client { ticket } = source {
            deploys.iter().for_each(|transaction| self.announce(transaction));
            if deploys.len() == transactions.len() {
                self.shared.admitted(ticket, deploys.iter().map(|transaction| Ok(transaction.id())).collect());
                source = Source::Gossip;
            }
        }
        for transaction in deploys {
            self.compile(transaction);
        }
        // The node is stopping if nobody takes them.
        let _ = self.replica.send(Fact::Own(Input::Transactions { transactions, source }), share);
    }

    /// Whether a transaction deploys code and would be let: compiling is work for nothing otherwise, and the replica
    /// says what is wrong with it.
    fn is_worth_it(&self, transaction: &VerifiedTransaction) -> bool {
        let body = transaction.body();
        let Some(code) = body.payload.code() else { return false };
        let state = Latest(&self.reader);
        let rules = state.read_value::<Parameters>(&state_key::parameters(), "the parameters");
        let Ok(Some(rules)) = rules else { return false };
        let is_absent = |key: Vec<u8>| matches!(state.read(&key), Ok(None));
        let gas = intrinsic_gas(transaction).saturating_add(self.vm.deploy_gas(code.len()));
        let height = self.reader.tip().height.next();
        body.gas_limit.0 >= gas
            && body.gas_limit <= rules.transaction_gas_max
            && outside_window(&rules, body.expires, now()).is_none()
            && matches!(self.is_permitted(&state, body, height), Ok(true))
            && is_absent(state_key::consumed(body.expires, &transaction.id()))
    }

    /// Whether the code may come to where it is to go, be it after other transactions that come before: the contract may be deployed,
    /// the policy changed, and an approval given until then.
    fn is_permitted(&self, state: &Latest<'_, S>, body: &Transaction, height: Height) -> Result<bool, ReplicaError> {
        let Ok(account) = authorise(state, &body.signer, &body.payload, height)? else { return Ok(false) };
        let arrival = Arrival::of(state, &account, &body.payload)?;
        Ok(matches!(arrival, Some(Ok(_) | Err(RejectCode::NoContract))))
    }

    fn announce(&self, transaction: &VerifiedTransaction) {
        let batch = codec::encode(&vec![transaction.bytes().to_vec()]);
        if let Err(cause) = self.network.broadcast_transactions(batch) {
            tracing::debug!(%cause, "a deployment was not announced");
        }
    }

    fn compile(&self, transaction: &VerifiedTransaction) {
        let Some(code) = transaction.body().payload.code() else { return };
        match self.vm.prepare(code) {
            // Execution says what is wrong with code, in a receipt.
            Ok(()) | Err(HostFault::CodeRefused { .. }) => {}
            Err(fault) => tracing::warn!(%fault, "compiling a contract ahead of its deployment failed"),
        }
    }
}

/// Contracts read in one step.
const PAGE: usize = 64;

//! What a running node offers to those who ask it: the JSON-RPC methods and the metrics read here.

use crate::members::{Members, Membership};
use crate::network::NetworkHandle;
use crate::queue::{Gauge, Stopping};
use crate::shared::Shared;
use crate::snapshots::{Server, Snapshots};
use crate::verifier::{Job, NotQueued, Verifier};
use countersign_ledger::{Reader, RocksStore};
use countersign_replica::{Refused, Source};
use countersign_types::transaction::BadTransaction;
use countersign_types::{Genesis, Hash, SignedTransaction};
use countersign_vm::Vm;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// A running node, for readers.
pub struct Context {
    /// The genesis.
    pub genesis: Genesis,
    /// Its hash.
    pub chain: Hash,
    /// Who agrees now, and whether this node does.
    pub membership: Arc<Membership>,
    /// The ledger.
    pub reader: Reader<RocksStore>,
    /// The contract machine.
    pub vm: Arc<Vm>,
    /// Peers.
    pub network: NetworkHandle,
    /// What the replica's thread publishes.
    pub shared: Arc<Shared>,
    /// Checks transactions.
    pub verifier: Verifier,
    /// Snapshots that it offers.
    pub snapshots: Arc<Snapshots>,
    /// Serves them.
    pub snapshot_server: Server,
    /// How much waits for the replica.
    pub replica_inbox: Gauge,
    /// Places of a damaged state that were stored anew since the process began.
    pub mended_places: u64,
    /// When the node started.
    pub started: Instant,
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("chain", &self.chain)
            .field("membership", &self.membership)
            .finish_non_exhaustive()
    }
}

/// Why a transaction was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It is wrong, whoever looks.
    #[error(transparent)]
    Bad(#[from] BadTransaction),
    /// The replica refused it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The node has too much to do, or is stopping.
    #[error(transparent)]
    NotQueued(#[from] NotQueued),
}

impl NotTaken {
    /// The node is stopping.
    pub const STOPPING: Self = Self::NotQueued(NotQueued::Stopping(Stopping));
}

impl Context {
    /// How many of the other validators are connected.
    #[must_use]
    pub fn connected_validators(&self, members: &Members) -> usize {
        let count = members.validators.count();
        let is_validator = |key| members.index_of(key).is_some_and(|index| index < count);
        self.network.peers().iter().filter(|peer| peer.is_connected && is_validator(&peer.key)).count()
    }

    /// Submits transactions and answers a verdict for each, in order. An accepted one waits for a
    /// block; that is no promise yet.
    pub async fn submit(&self, transactions: Vec<SignedTransaction>) -> Vec<Result<Hash, NotTaken>> {
        let count = transactions.len();
        let (ticket, admitted) = self.shared.open_submission();
        let (sender, checked) = oneshot::channel();
        let job = Job { transactions, source: Source::Client { ticket }, verdicts: Some(sender) };
        if let Err(cause) = self.verifier.submit(job) {
            self.shared.drop_submission(ticket);
            return vec![Err(cause.into()); count];
        }
        let Ok(checked) = checked.await else {
            self.shared.drop_submission(ticket);
            return vec![Err(NotTaken::STOPPING); count];
        };
        let mut verdicts = if checked.iter().any(Result::is_ok) {
            admitted.await.unwrap_or_default().into_iter()
        } else {
            self.shared.drop_submission(ticket);
            Vec::new().into_iter()
        };
        let dropped = || if self.shared.is_stopping() { NotTaken::STOPPING } else { NotQueued::Busy.into() };
        checked
            .into_iter()
            .map(|verdict| match verdict {
                Err(bad) => Err(bad.into()),
                Ok(_) => verdicts.next().map_or_else(|| Err(dropped()), |verdict| verdict.map_err(NotTaken::from)),
            })
            .collect()
    }
}

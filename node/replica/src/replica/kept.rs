//! How much a replica keeps of what others can make it keep.

use super::Replica;
use crate::counters::Kept;
use countersign_ledger::Store;

impl<S: Store> Replica<S> {
    /// The sizes of all its buffers.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let served = [&self.blocks_served, &self.transactions_served, &self.epochs_told].map(|served| served.peers());
        Kept {
            engine: self.engine.kept(),
            mempool: self.mempool.kept(),
            payloads: self.payloads.len(),
            checking: self.payloads.checking(),
            finalised: self.finalised.len(),
            open: self.open.len(),
            reports: self.reports.len(),
            repairs: self.repairs.len(),
            served: served.into_iter().max().unwrap_or_default(),
        }
    }
}

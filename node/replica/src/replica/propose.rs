//! Proposals: building the own one, judging those of others, and keeping their payloads.

use super::Replica;
use crate::error::ReplicaError;
use crate::journal::JournalRecord;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_consensus::{Event, Propose, Verdict};
use countersign_ledger::Store;
use countersign_types::{Block, Hash, Header, VerifiedTransaction, merkle};
use std::collections::BTreeMap;
use std::sync::Arc;

impl<S: Store> Replica<S> {
    pub(super) fn persist_payload(&mut self, hash: &Hash) {
        if planted(Mutation::PayloadUnwritten) {
            return;
        }
        if let Some(gathering) = self.payloads.find(hash) {
            let transactions = gathering.in_order().iter().map(|transaction| transaction.bytes().to_vec()).collect();
            let record = JournalRecord::Payload {
                block: gathering.block.clone(),
                ancestors: gathering.ancestors.clone(),
                transactions,
            };
            let bytes = record.to_bytes();
            self.persist(None, bytes);
        }
    }

    /// Builds this leader's block.
    pub(super) fn propose(&mut self, order: Propose) -> Result<(), ReplicaError> {
        let Propose { view, parent, parent_height, time_after, ancestors, result } = order;
        let Some(proposer) = self.own else { return Ok(()) };
        self.report()?;
        let time = self.now.max(time_after.next());
        let taken = self.payloads.ids_in(&ancestors);
        let patience = u64::from(self.set.faulty_max()) + 2;
        let drawn = self.mempool.draw(&self.rules, time, &taken, patience);
        let transactions: Vec<Hash> = drawn.iter().map(|transaction| transaction.hash()).collect();
        let header = Header {
            chain: self.chain,
            height: parent_height.next(),
            epoch: self.epoch,
            view,
            parent,
            time,
            proposer,
            validators: self.set.hash(),
            transactions_root: merkle::root(&transactions),
            transactions: u32::try_from(transactions.len()).unwrap_or(u32::MAX),
            result,
        };
        let block = Block { header, transactions };
        let hash = block.hash();
        let (mempool, needed) = (&self.mempool, self.engine.open_blocks());
        self.payloads.begin(block.clone(), ancestors, &needed, |name| mempool.find(name));
        self.persist_payload(&hash);
        self.events.push_back(Event::Proposed { view, block });
        Ok(())
    }

    /// Gathers a proposed block's transactions; the engine hears the verdict when all are held.
    pub(super) fn validate(&mut self, block: Block, ancestors: Vec<Hash>) -> Result<(), ReplicaError> {
        let hash = block.hash();
        if !block.is_consistent() {
            self.events.push_back(Event::Validated { block: hash, verdict: Verdict::Invalid });
            return Ok(());
        }
        let (mempool, payloads) = (&self.mempool, &self.payloads);
        let held: BTreeMap<Hash, Arc<VerifiedTransaction>> = block
            .transactions
            .iter()
            .filter_map(|name| Some((*name, mempool.find(name).or_else(|| payloads.transaction(name))?)))
            .collect();
        self.payloads.begin(block, ancestors, &self.engine.open_blocks(), |name| held.get(name).cloned());
        self.judge(&hash)
    }

    /// Gives the verdict on a block that is being gathered, once what is held of it is enough for one.
    pub(super) fn judge(&mut self, hash: &Hash) -> Result<(), ReplicaError> {
        let Some(gathering) = self.payloads.find(hash) else { return Ok(()) };
        let Some(verdict) = self.payloads.check(gathering, &self.rules) else { return Ok(()) };
        let mut valid = verdict.is_ok();
        for transaction in gathering.in_order() {
            // Exactly once: what stands in the ledger stands in no other block.
            let fresh = self.reader.locate(&transaction.id())?.is_none();
            valid = valid && (fresh || planted(Mutation::ExecutedTwice));
        }
        if valid {
            self.persist_payload(hash);
        } else {
            self.payloads.drop_block(hash);
        }
        let verdict = if valid { Verdict::Valid } else { Verdict::Invalid };
        self.events.push_back(Event::Validated { block: *hash, verdict });
        Ok(())
    }
}

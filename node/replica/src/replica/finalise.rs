//! Finalised blocks: executing them in order, and certifying what came out.

use super::Replica;
use super::perform::{Final, Machine};
use crate::error::ReplicaError;
use crate::input::Output;
use countersign_consensus::Event;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_ledger::Store;
use countersign_types::{Certificate, ExecutionResult, Hash};

impl<S: Store> Replica<S> {
    /// Executes the next finalised block, if there is one; whether it did.
    pub(super) fn execute_finalised(&mut self) -> Result<bool, ReplicaError> {
        let tip = self.ledger.tip().height;
        // What catching up stored meanwhile is done.
        while self.finalised.front().is_some_and(|(block, _)| block.header.height <= tip) {
            self.finalised.pop_front();
        }
        let Some((block, _)) = self.finalised.front() else { return Ok(false) };
        let decrees = self.guard.decrees(block, &self.set)?;
        if self.guard.condemns(block, &decrees) {
            self.halt();
            return Ok(false);
        }
        let Some(transactions) = self.payloads.take(&block.hash()) else {
            // It was held when it was voted for, and gave way to others since: peers' ledgers have it.
            self.catch_up.want(block.header.height, block.header.proposer);
            return Ok(false);
        };
        let Some((block, certificate)) = self.finalised.pop_front() else { return Ok(false) };
        let result =
            self.execute(Final { block, certificate, transactions: &transactions, decrees, expected: None })?;
        let last = self.epoch_last()?;
        self.events.push_back(Event::Executed { result, last });
        Ok(true)
    }

    /// Notes that the block after the tip is not executed, and says so once.
    pub(super) fn halt(&mut self) {
        if self.halted != self.guard.condemned {
            self.halted = self.guard.condemned;
            self.outputs.extend(self.halted.map(|attempt| Output::Halted { attempt }));
        }
    }

    /// Runs a block and stores it; what it gave is durable afterwards.
    pub(super) fn execute(&mut self, job: Final<'_>) -> Result<ExecutionResult, ReplicaError> {
        let height = job.block.header.height;
        let ids: Vec<Hash> = job.transactions.iter().map(|transaction| transaction.id()).collect();
        let machine = Machine { vm: &self.vm, chain: self.chain, rules: &self.rules };
        let (result, receipts) = machine.perform(&mut self.ledger, &mut self.guard, job)?;
        self.halted = None;
        self.note_first_due()?;
        self.count(&receipts, ids.len());
        self.mempool.committed(&ids);
        self.payloads.prune(height);
        let transactions = receipts.iter().map(|receipt| receipt.transaction).collect();
        self.outputs.push(Output::Committed { height, transactions });
        if planted(Mutation::AcknowledgedEarly) {
            self.outputs.push(Output::Certified { height });
        }
        Ok(result)
    }

    /// Counts a block's receipts, the first of which are those of its transactions.
    fn count(&mut self, receipts: &[countersign_types::Receipt], transactions: usize) {
        self.counters.blocks += 1;
        self.counters.block_gas = 0;
        for (index, receipt) in receipts.iter().enumerate() {
            if index < transactions {
                self.counters.transactions += 1;
                self.counters.succeeded += u64::from(receipt.succeeded());
                self.counters.gas = self.counters.gas.saturating_add(receipt.gas_used.0);
                self.counters.block_gas = self.counters.block_gas.saturating_add(receipt.gas_used.0);
            } else {
                // The gas that they use was counted with the transactions that paid for it.
                self.counters.scheduled += 1;
                self.counters.scheduled_succeeded += u64::from(receipt.succeeded());
            }
        }
    }

    /// Stores a result certificate. Receipts up to its height are now final and provable.
    pub(super) fn certify(&mut self, result: ExecutionResult, certificate: Certificate) -> Result<(), ReplicaError> {
        let height = result.height;
        if self.reader.result(height)?.is_some_and(|own| own != result) {
            return Err(ReplicaError::Diverged { height });
        }
        self.ledger.put_result_certificate(&result, &certificate)?;
        if height > self.certified {
            self.certified = height;
            self.outputs.push(Output::Certified { height });
        }
        while self.complete < self.certified && self.reader.sound_certificate(self.complete.next())?.is_some() {
            self.complete = self.complete.next();
        }
        Ok(())
    }
}

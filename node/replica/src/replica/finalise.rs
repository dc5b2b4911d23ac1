//! Finalised blocks: executing them in order, and certifying what came out.

use super::Replica;
use crate::error::ReplicaError;
use crate::execute::Executor;
use crate::input::Output;
use crate::limits::EXPIRED_IDS_PER_BLOCK;
use crate::state_source::Latest;
use countersign_consensus::Event;
use countersign_ledger::{AppendedRecord, ExecutedBlock, Store, StoredTransaction};
use countersign_types::{Block, Certificate, ExecutionResult, Hash, VerifiedTransaction};
use std::sync::Arc;

impl<S: Store> Replica<S> {
    /// Executes the next finalised block, if there is one; whether it did.
    pub(super) fn execute_finalised(&mut self) -> Result<bool, ReplicaError> {
        let tip = self.ledger.tip().height;
        // What catching up stored meanwhile is done.
        while self.finalised.front().is_some_and(|(block, _)| block.header.height <= tip) {
            self.finalised.pop_front();
        }
        let Some((block, _)) = self.finalised.front() else { return Ok(false) };
        let Some(transactions) = self.payloads.take(&block.hash()) else {
            // It was held when it was voted for, and gave way to others since: peers' ledgers have it.
            self.catch_up.want(block.header.height, block.header.proposer);
            return Ok(false);
        };
        let Some((block, certificate)) = self.finalised.pop_front() else { return Ok(false) };
        let result = self.execute(block, certificate, &transactions)?;
        let last = self.epoch_last()?;
        self.events.push_back(Event::Executed { result, last });
        Ok(true)
    }

    /// Runs a block and stores it; what it gave is durable afterwards.
    pub(super) fn execute(
        &mut self,
        block: Block,
        certificate: Certificate,
        transactions: &[Arc<VerifiedTransaction>],
    ) -> Result<ExecutionResult, ReplicaError> {
        let header = block.header.clone();
        let latest = Latest(&self.reader);
        let expired = latest.expired_ids(header.time, EXPIRED_IDS_PER_BLOCK)?;
        let executor = Executor { vm: &self.vm, chain: self.chain, parameters: &self.rules };
        let executed = executor.execute(&latest, &header, transactions, expired)?;
        self.count(&executed.receipts);
        let ids: Vec<Hash> = transactions.iter().map(|transaction| transaction.id()).collect();
        let records = executed.changes.records.into_iter();
        let result = self.ledger.commit(ExecutedBlock {
            block,
            certificate,
            transactions: transactions
                .iter()
                .map(|transaction| StoredTransaction {
                    id: transaction.id(),
                    signed_hash: transaction.hash(),
                    bytes: transaction.bytes().to_vec(),
                })
                .collect(),
            receipts: executed.receipts,
            writes: executed.changes.writes,
            log_records: records
                .map(|((contract, key, index), record)| AppendedRecord { contract, key, index, record })
                .collect(),
        })?;
        self.mempool.committed(&ids);
        self.payloads.prune(header.height);
        self.outputs.push(Output::Committed { height: header.height, transactions: ids });
        Ok(result)
    }

    fn count(&mut self, receipts: &[countersign_types::Receipt]) {
        self.counters.blocks += 1;
        self.counters.block_gas = 0;
        for receipt in receipts {
            self.counters.transactions += 1;
            self.counters.succeeded += u64::from(receipt.succeeded());
            self.counters.gas = self.counters.gas.saturating_add(receipt.gas_used.0);
            self.counters.block_gas = self.counters.block_gas.saturating_add(receipt.gas_used.0);
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
        Ok(())
    }
}

//! Running one block, with all that stands around it.

use crate::error::ReplicaError;
use crate::execute::Executor;
use crate::govern;
use crate::guard::Guard;
use crate::overlay::{Appended, Overlay};
use crate::state_source::Latest;
use countersign_ledger::{AppendedRecord, ExecutedBlock, Ledger, Store, StoredTransaction};
use countersign_types::transaction::verify_all;
use countersign_types::{
    Block, Certificate, ExecutionResult, Hash, Parameters, Receipt, SignedOverride, SignedTransaction,
    VerifiedTransaction,
};
use countersign_vm::Vm;
use std::sync::Arc;

/// A final block with its transactions and what was decreed about them.
pub(crate) struct Final<'a> {
    pub(crate) block: Block,
    pub(crate) certificate: Certificate,
    pub(crate) transactions: &'a [Arc<VerifiedTransaction>],
    pub(crate) decrees: Vec<SignedOverride>,
    /// Hash of its certified result, if that is known.
    pub(crate) expected: Option<Hash>,
}

/// What it is run with.
#[derive(Clone, Copy)]
pub(crate) struct Machine<'a> {
    pub(crate) vm: &'a Vm,
    pub(crate) chain: Hash,
    pub(crate) rules: &'a Parameters,
}

impl Machine<'_> {
    /// Runs a block and stores it; what it gave is durable afterwards.
    pub(crate) fn perform<S: Store>(
        &self,
        ledger: &mut Ledger<S>,
        guard: &mut Guard,
        job: Final<'_>,
    ) -> Result<(ExecutionResult, Vec<Receipt>), ReplicaError> {
        let Final { block, certificate, transactions, decrees, expected } = job;
        guard.begin(&block, &decrees);
        let reader = ledger.reader();
        let latest = Latest(&reader);
        let ripe = latest.ripe(block.header.time)?;
        let mut begun = Overlay::new(&latest);
        govern::restart(&mut begun, &reader, &block.header)?;
        let executor =
            Executor { vm: self.vm, chain: self.chain, parameters: self.rules, overrides: &decrees, is_trial: false };
        let executed = executor.execute(&begun, &block.header, transactions, ripe)?;
        let mut writes = begun.into_changes().writes;
        writes.extend(executed.changes.writes);
        let records = executed.changes.records.into_iter();
        let result = ledger.commit(ExecutedBlock {
            block,
            certificate,
            transactions: transactions.iter().map(|transaction| stored(transaction)).collect(),
            receipts: executed.receipts.clone(),
            writes,
            log_records: records
                .map(|((contract, key, index), Appended { record, trees })| AppendedRecord {
                    contract,
                    key,
                    index,
                    record,
                    trees,
                })
                .collect(),
            overrides: decrees,
            expected,
        })?;
        Ok((result, executed.receipts))
    }

    /// Executes again what was taken back, up to a block that is condemned.
    pub(crate) fn redo<S: Store>(&self, ledger: &mut Ledger<S>, guard: &mut Guard) -> Result<(), ReplicaError> {
        while let Some(aside) = ledger.aside()? {
            let damaged = ReplicaError::State { what: "a block that is to be executed again" };
            let Some((_, set)) = ledger.reader().epoch(aside.block.header.epoch)? else { return Err(damaged) };
            let decrees = guard.decrees(&aside.block, &set)?;
            if guard.condemns(&aside.block, &decrees) {
                break;
            }
            let Some(transactions) = named_by(&aside.block.transactions, &aside.transactions, &self.chain) else {
                return Err(damaged);
            };
            let job = Final {
                block: aside.block,
                certificate: aside.certificate,
                transactions: &transactions,
                decrees,
                expected: None,
            };
            self.perform(ledger, guard, job)?;
        }
        Ok(())
    }
}

pub(super) fn stored(transaction: &VerifiedTransaction) -> StoredTransaction {
    StoredTransaction { id: transaction.id(), signed_hash: transaction.hash(), bytes: transaction.bytes().to_vec() }
}

/// The transactions, if they are the ones a block names.
pub(crate) fn named_by(names: &[Hash], bytes: &[Vec<u8>], chain: &Hash) -> Option<Vec<Arc<VerifiedTransaction>>> {
    let signed = bytes.iter().map(|bytes| SignedTransaction::from_bytes(bytes)).collect::<Result<Vec<_>, _>>().ok()?;
    let verified: Vec<_> = verify_all(signed, chain).into_iter().collect::<Result<_, _>>().ok()?;
    let same = verified.len() == names.len()
        && verified.iter().zip(names).all(|(transaction, name)| transaction.hash() == *name);
    same.then(|| verified.into_iter().map(Arc::new).collect())
}

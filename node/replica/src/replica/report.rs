//! Validators that contradicted themselves: whoever has the proof puts a report of it into its next block.

use super::Replica;
use crate::error::ReplicaError;
use crate::execute::intrinsic_gas;
use countersign_ledger::Store;
use countersign_types::{
    Equivocation, Evidence, Gas, Hash, NativeOperation, Payload, SecretKey, TimestampMs, Transaction,
    VerifiedTransaction, state_key,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is to be reported: the first case of each validator of the epoch.
#[derive(Debug, Default)]
pub(super) struct Reports {
    cases: BTreeMap<u16, Case>,
}

#[derive(Debug)]
struct Case {
    evidence: Evidence,
    /// Id of the own report, once there is one.
    report: Option<Hash>,
}

impl Reports {
    /// Notes a case that was proven.
    pub(super) fn note(&mut self, evidence: Evidence) {
        self.cases.entry(evidence.first.signer).or_insert(Case { evidence, report: None });
    }

    /// Number of cases.
    pub(super) fn len(&self) -> usize {
        self.cases.len()
    }

    /// A new epoch has begun: evidence counts in its own only.
    pub(super) fn clear(&mut self) {
        self.cases.clear();
    }
}

impl<S: Store> Replica<S> {
    /// Puts reports of what the ledger does not know yet among the waiting transactions, for the block that is drawn
    /// next. Others get them with that block.
    pub(super) fn report(&mut self) -> Result<(), ReplicaError> {
        let Some((key, member)) = self.key.clone().zip(self.own.and_then(|own| self.set.member(own))) else {
            return Ok(());
        };
        let organisation = member.organisation.clone();
        let mut cases = std::mem::take(&mut self.reports.cases);
        for (validator, mut case) in std::mem::take(&mut cases) {
            let state_key = state_key::equivocation(self.epoch, validator);
            if self.reader.native::<Equivocation>(&state_key, "an equivocation")?.is_some() {
                self.mempool.withdraw(case.report.as_slice());
                continue;
            }
            let transaction = self.reported(&key, &case.evidence);
            let id = transaction.as_ref().map(VerifiedTransaction::id);
            // It was refused, now or in an earlier life: a block that held it again would be invalid.
            if self.is_in_ledger(case.report)? || self.is_in_ledger(id)? {
                continue;
            }
            if let Some(transaction) = transaction {
                case.report = id;
                // It waits already, or there is no room: the next block tries again.
                let _ = self.mempool.admit(Arc::new(transaction), &organisation);
            }
            cases.insert(validator, case);
        }
        self.reports.cases = cases;
        Ok(())
    }

    fn is_in_ledger(&self, id: Option<Hash>) -> Result<bool, ReplicaError> {
        id.map_or(Ok(false), |id| Ok(self.reader.locate(&id)?.is_some()))
    }

    /// The report of a case, signed. It is the same one for half a window, so that it waits only once.
    fn reported(&self, key: &SecretKey, evidence: &Evidence) -> Option<VerifiedTransaction> {
        let half = (self.rules.transaction_window_ms / 2).max(1);
        let mut transaction = Transaction {
            chain: self.chain,
            signer: key.public(),
            nonce: evidence.first.number,
            expires: TimestampMs((self.now.0 / half).saturating_add(1).saturating_mul(half)),
            gas_limit: Gas(0),
            payload: Payload::Native(NativeOperation::ReportEquivocation { evidence: evidence.clone() }),
        };
        let unpriced = transaction.clone().sign(key).verify(&self.chain).ok()?;
        transaction.gas_limit = Gas(intrinsic_gas(&unpriced));
        transaction.sign(key).verify(&self.chain).ok()
    }
}

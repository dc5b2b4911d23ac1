//! Executing blocks: the same block over the same state gives the same receipts and writes on every
//! validator.

mod call;
mod code;
mod scheduled;

use crate::access::authorise;
use crate::consent;
use crate::error::ReplicaError;
use crate::freeze;
use crate::govern;
use crate::limits::{GOVERNANCE_GAS, SIGNATURE_GAS, TRANSACTION_BYTE_GAS, TRANSACTION_GAS};
use crate::organisation;
use crate::overlay::{Changes, Overlay};
use crate::policy;
use crate::proposal;
use crate::state_source::{Ripe, StateSource};
use countersign_consensus::mutation::{Mutation, planted};
use countersign_types::codec::encode;
use countersign_types::{
    Account, ContractRecord, Event, Gas, Hash, Header, Height, NativeOperation, Organisation, Outcome, Override,
    Parameters, Payload, Receipt, RejectCode, SignedOverride, TimestampMs, Told, VerifiedTransaction, state_key,
};
use countersign_vm::{RESERVED_METHODS, Vm};

/// The parts of a chain that execution depends on beside the state.
#[derive(Clone, Copy)]
pub struct Executor<'a> {
    /// The contract machine.
    pub vm: &'a Vm,
    /// The chain's id.
    pub chain: Hash,
    /// The chain's rules.
    pub parameters: &'a Parameters,
    /// What was decreed about the block's transactions.
    pub overrides: &'a [SignedOverride],
    /// Whether the block is only tried out: then expiry times do not count.
    pub is_trial: bool,
}

/// What a block did.
#[derive(Debug)]
pub struct Executed {
    /// One for each transaction, in order, then one for each scheduled call that was run.
    pub receipts: Vec<Receipt>,
    /// What it changed.
    pub changes: Changes,
}

/// How one transaction ended, before it is a receipt.
struct Ended {
    outcome: Outcome,
    gas: u64,
    events: Vec<Event>,
}

impl Ended {
    fn rejected(code: RejectCode, gas: u64) -> Self {
        Self { outcome: Outcome::Rejected(code), gas, events: Vec::new() }
    }
}

impl Executor<'_> {
    /// Runs the scheduled calls that are due, then a block's transactions in order, and drops the ids that expired before
    /// it.
    ///
    /// # Errors
    /// Only faults of this machine; what transactions do wrong is in their receipts.
    pub fn execute<B: StateSource>(
        &self,
        base: &B,
        header: &Header,
        transactions: &[impl AsRef<VerifiedTransaction>],
        ripe: Ripe,
    ) -> Result<Executed, ReplicaError> {
        let mut overlay = Overlay::new(base);
        self.record_decrees(&mut overlay, header.height);
        let scheduled = self.run_due(&mut overlay, header, ripe.due)?;
        let mut receipts = Vec::with_capacity(transactions.len().saturating_add(scheduled.len()));
        for (index, transaction) in (0u32..).zip(transactions) {
            let transaction = transaction.as_ref();
            let Ended { outcome, gas, events } = match self.decreed(&mut overlay, transaction) {
                Some(ended) => ended,
                None => self.run(&mut overlay, header, transaction)?,
            };
            receipts.push(Receipt {
                transaction: transaction.id(),
                height: header.height,
                index,
                outcome,
                gas_used: Gas(gas.min(transaction.body().gas_limit.0)),
                events,
            });
        }
        let behind = u32::try_from(transactions.len()).unwrap_or(u32::MAX);
        for (index, (id, Ended { outcome, gas, events })) in (behind..).zip(scheduled) {
            let (height, gas_used) = (header.height, Gas(gas));
            receipts.push(Receipt { transaction: id, height, index, outcome, gas_used, events });
        }
        for key in ripe.expired {
            overlay.write(key, None);
        }
        govern::end_epoch(&mut overlay, header.height)?;
        Ok(Executed { receipts, changes: overlay.into_changes() })
    }

    /// Records what was decreed about a block's transactions.
    fn record_decrees<B: StateSource>(&self, overlay: &mut Overlay<'_, B>, height: Height) {
        let decrees: Vec<Override> = self.overrides.iter().map(|signed| signed.decree).collect();
        if !decrees.is_empty() {
            overlay.write(state_key::overridden(height), Some(encode(&decrees)));
        }
    }

    /// How a transaction ends that a quorum decreed not to run: nothing of it is looked at.
    fn decreed<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        transaction: &VerifiedTransaction,
    ) -> Option<Ended> {
        let id = transaction.id();
        if !self.is_overridden(&id) {
            return None;
        }
        overlay.write(state_key::consumed(transaction.body().expires, &id), Some(Vec::new()));
        Some(Ended::rejected(RejectCode::Overridden, intrinsic_gas(transaction)))
    }

    /// Whether a quorum decreed that a transaction or scheduled call is not run.
    fn is_overridden(&self, id: &Hash) -> bool {
        self.overrides.iter().any(|signed| signed.decree.transaction == *id)
    }

    fn run<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
    ) -> Result<Ended, ReplicaError> {
        let body = transaction.body();
        let late = outside_window(self.parameters, body.expires, header.time);
        if let Some(code) = late.filter(|_| !self.is_trial) {
            return Ok(Ended::rejected(code, 0));
        }
        let mark = state_key::consumed(body.expires, &transaction.id());
        if overlay.read(&mark)?.is_some() && !planted(Mutation::ExecutedTwice) {
            return Ok(Ended::rejected(RejectCode::Duplicate, 0));
        }
        overlay.write(mark, Some(Vec::new()));

        let intrinsic = intrinsic_gas(transaction);
        if body.gas_limit.0 < intrinsic || body.gas_limit > self.parameters.transaction_gas_max {
            return Ok(Ended::rejected(RejectCode::GasLimit, intrinsic));
        }
        let account = match authorise(overlay, &body.signer, &body.payload, header.height)? {
            Ok(account) => account,
            Err(code) => return Ok(Ended::rejected(code, intrinsic)),
        };
        match &body.payload {
            Payload::Native(operation) => {
                let mut trial = Overlay::new(&*overlay);
                let told = self.govern(&mut trial, &account, operation, header)?;
                let changes = trial.into_changes();
                Ok(match told {
                    Ok(told) => {
                        overlay.apply(changes);
                        let output = told.map(|told| encode(&told)).unwrap_or_default();
                        Ended { outcome: Outcome::Succeeded { output }, gas: intrinsic, events: Vec::new() }
                    }
                    Err(code) => Ended::rejected(code, intrinsic),
                })
            }
            Payload::Call { contract, method, input } => {
                let record: Option<ContractRecord> =
                    overlay.read_value(&state_key::contract(contract), "a contract's record")?;
                match record {
                    None => return Ok(Ended::rejected(RejectCode::NoContract, intrinsic)),
                    Some(record) if record.frozen.is_frozen() => {
                        return Ok(Ended::rejected(RejectCode::Frozen, intrinsic));
                    }
                    Some(_) => {}
                }
                if RESERVED_METHODS.contains(&method.as_str()) {
                    let cause = countersign_abi::trap::METHOD_NOT_FOUND;
                    return Ok(Ended { outcome: Outcome::Trapped { cause }, gas: intrinsic, events: Vec::new() });
                }
                let call = self.call(header, transaction, &account, contract, method, input, intrinsic);
                self.run_call(overlay, header, transaction, &call, intrinsic)
            }
            Payload::Deploy { .. } | Payload::Upgrade { .. } => {
                self.put_code(overlay, header, transaction, &account, intrinsic)
            }
        }
    }

    /// Does what an operation of the chain asks, once enough admins of the organisation ask for it; what is left undecided.
    fn govern<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        signer: &Account,
        operation: &NativeOperation,
        header: &Header,
    ) -> Result<Result<Option<Told>, RejectCode>, ReplicaError> {
        if let Some(waits) = consent::gather(overlay, signer, operation, header)? {
            return Ok(Ok(Some(waits)));
        }
        let run_ahead = self.parameters.run_ahead;
        let done = match operation {
            NativeOperation::PutAccount { account, proofs } => govern::put_account(overlay, signer, account, proofs)?,
            NativeOperation::PutOrganisation { name, gln, contact, threshold } => {
                let said = Organisation {
                    gln: gln.clone(),
                    contact: contact.clone(),
                    threshold: *threshold,
                    ..Organisation::new(signer.id.organisation(), name)
                };
                organisation::put(overlay, signer, &said)?
            }
            NativeOperation::ReportEquivocation { evidence } => {
                govern::report_equivocation(overlay, self.chain, signer, evidence, header, run_ahead)?
            }
            NativeOperation::Propose { measure, reason, open_ms } => {
                return Ok(
                    proposal::propose(overlay, signer, (measure, reason, *open_ms), header, run_ahead)?.map(Some)
                );
            }
            NativeOperation::Vote { proposal, approve } => {
                return Ok(proposal::vote(overlay, signer, (*proposal, *approve), header, run_ahead)?.map(Some));
            }
            NativeOperation::ApproveCode { contract, code, approve } => {
                policy::approve(overlay, signer, contract, code, *approve)?;
                Ok(())
            }
            NativeOperation::SetFrozen { contract, frozen } => freeze::set(overlay, signer, contract, *frozen)?,
        };
        Ok(done.map(|()| None))
    }
}

/// Why a transaction that expires at `expires` cannot take effect in a block of this time, if it
/// cannot.
#[must_use]
pub fn outside_window(rules: &Parameters, expires: TimestampMs, time: TimestampMs) -> Option<RejectCode> {
    if time > expires {
        Some(RejectCode::Expired)
    } else if expires > time.plus(rules.transaction_window_ms) {
        Some(RejectCode::ExpiryTooFar)
    } else {
        None
    }
}

/// What a transaction costs before it does anything: its bytes and its signatures.
#[must_use]
pub fn intrinsic_gas(transaction: &VerifiedTransaction) -> u64 {
    let (checks, more) = match &transaction.body().payload {
        Payload::Native(operation) => match operation {
            NativeOperation::PutAccount { proofs, .. } => (proofs.len(), GOVERNANCE_GAS),
            NativeOperation::Propose { measure, .. } => (measure.proofs().1.len(), GOVERNANCE_GAS),
            NativeOperation::Vote { .. } | NativeOperation::PutOrganisation { .. } => (0, GOVERNANCE_GAS),
            NativeOperation::ReportEquivocation { .. } => (2, 0),
            NativeOperation::ApproveCode { .. } | NativeOperation::SetFrozen { .. } => (0, 0),
        },
        Payload::Call { .. } | Payload::Deploy { .. } | Payload::Upgrade { .. } => (0, 0),
    };
    intrinsic_gas_of(transaction.bytes().len(), checks).saturating_add(more)
}

/// What a transaction of so many bytes costs that has so many signatures beside its own.
#[must_use]
pub fn intrinsic_gas_of(bytes: usize, signatures: usize) -> u64 {
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    TRANSACTION_GAS
        .saturating_add(TRANSACTION_BYTE_GAS.saturating_mul(number(bytes)))
        .saturating_add(SIGNATURE_GAS.saturating_mul(number(signatures)))
}

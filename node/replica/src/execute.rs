//! Executing blocks: the same block over the same state gives the same receipts and writes on every
//! validator.

use crate::access::authorise;
use crate::error::ReplicaError;
use crate::govern;
use crate::limits::{SIGNATURE_GAS, TRANSACTION_BYTE_GAS, TRANSACTION_GAS};
use crate::overlay::{Changes, MachineState, Overlay};
use crate::state_source::StateSource;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_types::codec::encode;
use countersign_types::contract::is_full_name;
use countersign_types::log::LogRecord;
use countersign_types::{
    Account, Address, CodeRecord, ContractRecord, Event, Gas, Hash, Header, Height, NativeOperation, Outcome, Override,
    Parameters, Payload, Receipt, RejectCode, SignedOverride, TimestampMs, VerifiedTransaction, state_key,
};
use countersign_vm::{Call, CallContext, CallKind, CodeFacts, RESERVED_METHODS, Status, Vm};

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
}

/// What a block did.
#[derive(Debug)]
pub struct Executed {
    /// One for each transaction, in order.
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
    /// Runs a block's transactions in order and drops the ids that expired before it.
    ///
    /// # Errors
    /// Only faults of this machine; what transactions do wrong is in their receipts.
    pub fn execute<B: StateSource>(
        &self,
        base: &B,
        header: &Header,
        transactions: &[impl AsRef<VerifiedTransaction>],
        expired: Vec<Vec<u8>>,
    ) -> Result<Executed, ReplicaError> {
        let mut overlay = Overlay::new(base);
        self.record_decrees(&mut overlay, header.height);
        let mut receipts = Vec::with_capacity(transactions.len());
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
        for key in expired {
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
        self.overrides.iter().find(|signed| signed.decree.transaction == id)?;
        overlay.write(state_key::consumed(transaction.body().expires, &id), Some(Vec::new()));
        Some(Ended::rejected(RejectCode::Overridden, intrinsic_gas(transaction)))
    }

    fn run<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
    ) -> Result<Ended, ReplicaError> {
        let body = transaction.body();
        if let Some(code) = outside_window(self.parameters, body.expires, header.time) {
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
            Payload::Native(operation) => Ok(match self.govern(overlay, &account, operation, header)? {
                Ok(()) => {
                    Ended { outcome: Outcome::Succeeded { output: Vec::new() }, gas: intrinsic, events: Vec::new() }
                }
                Err(code) => Ended::rejected(code, intrinsic),
            }),
            Payload::Call { contract, method, input } => {
                if overlay.read(&state_key::contract(contract))?.is_none() {
                    return Ok(Ended::rejected(RejectCode::NoContract, intrinsic));
                }
                if RESERVED_METHODS.contains(&method.as_str()) {
                    let cause = countersign_abi::trap::METHOD_NOT_FOUND;
                    return Ok(Ended { outcome: Outcome::Trapped { cause }, gas: intrinsic, events: Vec::new() });
                }
                let call = self.call(header, transaction, &account, contract, method, input, intrinsic);
                self.run_call(overlay, header, transaction, &call, intrinsic)
            }
            Payload::Deploy { name, code, input } => {
                self.deploy(overlay, header, transaction, &account, (name, code, input), intrinsic)
            }
        }
    }

    fn govern<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        account: &Account,
        operation: &NativeOperation,
        header: &Header,
    ) -> Result<Result<(), RejectCode>, ReplicaError> {
        match operation {
            NativeOperation::PutAccount { account: new, proofs } => govern::put_account(overlay, account, new, proofs),
            NativeOperation::ReportEquivocation { evidence } => {
                govern::report_equivocation(overlay, self.chain, account, evidence, header, self.parameters.run_ahead)
            }
            NativeOperation::VoteValidators { epoch, validators } => govern::vote_validators(
                overlay,
                account,
                (*epoch, validators),
                header.height,
                self.parameters.run_ahead,
            ),
        }
    }

    fn deploy<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        account: &Account,
        (name, code, input): (&str, &[u8], &[u8]),
        intrinsic: u64,
    ) -> Result<Ended, ReplicaError> {
        let own = name.split_once('/').is_some_and(|(organisation, _)| organisation == account.id.organisation());
        if !own || !is_full_name(name) {
            return Ok(Ended::rejected(RejectCode::BadName, intrinsic));
        }
        let address = Address::of(name);
        if overlay.read(&state_key::contract(&address))?.is_some() {
            return Ok(Ended::rejected(RejectCode::NameTaken, intrinsic));
        }
        // Checking is paid for before it is done, whatever comes out.
        let gas = intrinsic.saturating_add(self.vm.deploy_gas(code.len()));
        if gas > transaction.body().gas_limit.0 {
            let cause = countersign_abi::trap::OUT_OF_GAS;
            return Ok(Ended { outcome: Outcome::Trapped { cause }, gas, events: Vec::new() });
        }
        let Ok(checked) = self.vm.check(code) else { return Ok(Ended::rejected(RejectCode::BadCode, gas)) };
        let hash = Hash(checked.hash);
        let has_init = checked.facts.has_method(INIT);
        let record =
            ContractRecord { name: name.into(), code: hash, deployer: account.id.clone(), deployed_at: header.height };
        let mut trial = Overlay::new(&*overlay);
        trial.write(state_key::contract(&address), Some(encode(&record)));
        trial.write(state_key::code(&hash), Some(code.to_vec()));
        trial.write(state_key::code_record(&hash), Some(encode(&code_record(checked.facts))));
        let ended = if has_init {
            let call = self.call(header, transaction, account, &address, INIT, input, gas);
            self.run_call(&mut trial, header, transaction, &call, gas)?
        } else {
            Ended { outcome: Outcome::Succeeded { output: address.0.to_vec() }, gas, events: Vec::new() }
        };
        let changes = trial.into_changes();
        if matches!(ended.outcome, Outcome::Succeeded { .. }) {
            overlay.apply(changes);
        }
        Ok(ended)
    }

    #[allow(clippy::too_many_arguments)]
    fn call(
        &self,
        header: &Header,
        transaction: &VerifiedTransaction,
        account: &Account,
        contract: &Address,
        method: &str,
        input: &[u8],
        spent: u64,
    ) -> Call {
        Call {
            contract: contract.0,
            method: method.into(),
            input: input.to_vec(),
            gas_limit: transaction.body().gas_limit.0.saturating_sub(spent),
            kind: CallKind::Call,
            context: CallContext {
                signer_key: transaction.body().signer.0,
                account: account.id.as_str().into(),
                roles: account.roles.0,
                transaction: transaction.id().0,
                height: header.height.0,
                time_ms: header.time.0,
                chain: self.chain.0,
            },
        }
    }

    fn run_call<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        call: &Call,
        spent: u64,
    ) -> Result<Ended, ReplicaError> {
        let ran = self.vm.run(&mut MachineState(&*overlay), call)?;
        let gas = spent.saturating_add(ran.gas_used);
        let outcome = match ran.status {
            Status::Succeeded { output } => Outcome::Succeeded { output },
            Status::Failed { code, message } => Outcome::Failed { code, error: message },
            Status::Trapped { cause } => Outcome::Trapped { cause },
        };
        for ((contract, key), value) in ran.effects.writes {
            overlay.write(state_key::storage(&Address(contract), &key), value);
        }
        for append in ran.effects.appends {
            let record = LogRecord {
                height: header.height,
                time: header.time,
                transaction: transaction.id(),
                signer: transaction.body().signer,
                entry: append.entry,
            };
            overlay.append(Address(append.contract), append.key, record)?;
        }
        let events = ran.effects.events.into_iter().map(|emitted| Event {
            contract: Address(emitted.contract),
            name: emitted.name,
            data: emitted.data,
            attributes: emitted.attributes,
        });
        Ok(Ended { outcome, gas, events: events.collect() })
    }
}

/// What the chain keeps of code beside its bytes.
fn code_record(facts: CodeFacts) -> CodeRecord {
    let CodeFacts { methods, code_bytes, data_bytes, elements, memory_pages } = facts;
    CodeRecord { methods, code_bytes, data_bytes, elements, memory_pages }
}

/// The method that deployment runs.
const INIT: &str = "init";

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
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let checks = match &transaction.body().payload {
        Payload::Native(NativeOperation::PutAccount { proofs, .. }) => number(proofs.len()),
        Payload::Native(NativeOperation::ReportEquivocation { .. }) => 2,
        Payload::Call { .. } | Payload::Deploy { .. } | Payload::Native(NativeOperation::VoteValidators { .. }) => 0,
    };
    TRANSACTION_GAS
        .saturating_add(TRANSACTION_BYTE_GAS.saturating_mul(number(transaction.bytes().len())))
        .saturating_add(SIGNATURE_GAS.saturating_mul(checks))
}

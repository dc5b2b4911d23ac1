//! Calling a contract.

use super::{Ended, Executor, scheduled};
use crate::error::ReplicaError;
use crate::overlay::{MachineState, Overlay};
use crate::state_source::StateSource;
use countersign_types::codec::encode;
use countersign_types::log::LogRecord;
use countersign_types::{Account, Address, Event, Hash, Header, Outcome, PublicKey, VerifiedTransaction, state_key};
use countersign_vm::{Call, CallContext, CallKind, Status};

/// Whom records of logs name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Author {
    /// The transaction, or the scheduled call.
    pub(super) transaction: Hash,
    /// Who signed it; zeros in a scheduled call.
    pub(super) signer: PublicKey,
}

impl Executor<'_> {
    /// The call that a transaction asks for, with what is left of its gas.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn call(
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
                attributes: attributes(account),
                transaction: transaction.id().0,
                height: header.height.0,
                time_ms: header.time.0,
                chain: self.chain.0,
                scheduled: false,
            },
        }
    }

    /// Runs a transaction's call and takes over what it did.
    pub(super) fn run_call<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        transaction: &VerifiedTransaction,
        call: &Call,
        spent: u64,
    ) -> Result<Ended, ReplicaError> {
        let author = Author { transaction: transaction.id(), signer: transaction.body().signer };
        self.run_by(overlay, header, author, call, spent)
    }

    /// Runs a call and takes over what it did.
    pub(super) fn run_by<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        author: Author,
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
                transaction: author.transaction,
                signer: author.signer,
                entry: append.entry,
            };
            overlay.append(Address(append.contract), append.key, record)?;
        }
        scheduled::note(overlay, header.height, &call.context, ran.effects.scheduled)?;
        let events = ran.effects.events.into_iter().map(|emitted| Event {
            contract: Address(emitted.contract),
            name: emitted.name,
            data: emitted.data,
            attributes: emitted.attributes,
        });
        Ok(Ended { outcome, gas, events: events.collect() })
    }
}

/// An account's attributes, as contracts read them.
pub(super) fn attributes(account: &Account) -> Vec<u8> {
    if account.attributes.is_empty() { Vec::new() } else { encode(&account.attributes) }
}

//! Scheduled calls: noting them, and running those whose time has come.
//!
//! What is due is read from the state before the block, so a call that the block itself schedules waits for a later
//! one. Each that is run goes, whatever becomes of it. Only one whose contract is frozen then waits on: it is moved to a
//! later place, so that others pass it, and tried again there, for a bounded time.

use super::call::{Author, attributes};
use super::{Ended, Executor};
use crate::error::ReplicaError;
use crate::limits::SCHEDULED_GAS_PART;
use crate::organisation;
use crate::overlay::Overlay;
use crate::state_source::StateSource;
use countersign_abi::frozen_until;
use countersign_types::codec::encode;
use countersign_types::{
    Account, AccountId, Address, ContractRecord, Gas, Hash, Header, Height, PublicKey, RejectCode, Roles,
    ScheduledCall, TimestampMs, state_key,
};
use countersign_vm::{Call, CallContext, CallKind, Scheduled};

/// What is read at a scheduled call's key.
const WHAT: &str = "a scheduled call";

impl Executor<'_> {
    /// Runs due calls in their order, as many as a block's share of gas holds, and one at least; answers their ids and
    /// how they ended. The others keep their places.
    pub(super) fn run_due<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        due: Vec<Vec<u8>>,
    ) -> Result<Vec<(Hash, Ended)>, ReplicaError> {
        let mut left = self.parameters.block_gas_max.0.checked_div(SCHEDULED_GAS_PART).unwrap_or(0);
        let mut ran = Vec::new();
        for key in due {
            let call: ScheduledCall = overlay.read_value(&key, WHAT)?.ok_or(ReplicaError::State { what: WHAT })?;
            let id = call.id();
            let is_overridden = self.is_overridden(&id);
            if !is_overridden && let Some(later) = waits_until(overlay, &call, header.time)? {
                let (_, number) = state_key::scheduled_place(&key).ok_or(ReplicaError::State { what: WHAT })?;
                overlay.write(key, None);
                overlay.write(state_key::scheduled(later, number), Some(encode(&call)));
                continue;
            }
            left = match left.checked_sub(call.gas.0) {
                Some(left) => left,
                None if ran.is_empty() => 0,
                None => break,
            };
            overlay.write(key, None);
            let ended = if is_overridden {
                Ended::rejected(RejectCode::Overridden, 0)
            } else {
                self.run_scheduled(overlay, header, id, &call)?
            };
            ran.push((id, ended));
        }
        Ok(ran)
    }

    fn run_scheduled<B: StateSource>(
        &self,
        overlay: &mut Overlay<'_, B>,
        header: &Header,
        id: Hash,
        call: &ScheduledCall,
    ) -> Result<Ended, ReplicaError> {
        let (roles, account) = match author_now(overlay, call, header.height)? {
            Ok(author) => author,
            Err(code) => return Ok(Ended::rejected(code, 0)),
        };
        // Nobody signed it.
        let signer = PublicKey::default();
        let asked = Call {
            contract: call.contract.0,
            method: call.method.clone(),
            input: call.input.clone(),
            gas_limit: call.gas.0,
            kind: CallKind::Call,
            context: CallContext {
                signer_key: signer.0,
                account: call.account.as_str().into(),
                roles: roles.0,
                attributes: attributes(&account),
                transaction: id.0,
                height: header.height.0,
                time_ms: header.time.0,
                chain: self.chain.0,
                scheduled: true,
            },
        };
        self.run_by(overlay, header, Author { transaction: id, signer }, &asked, 0)
    }
}

/// When a call whose contract is frozen is tried again, if it waits on.
fn waits_until(
    state: &impl StateSource,
    call: &ScheduledCall,
    now: TimestampMs,
) -> Result<Option<TimestampMs>, ReplicaError> {
    let record: Option<ContractRecord> =
        state.read_value(&state_key::contract(&call.contract), "a contract's record")?;
    let is_frozen = record.is_some_and(|record| record.frozen.is_frozen());
    Ok(frozen_until(call.at.0, now.0).filter(|_| is_frozen).map(TimestampMs))
}

/// The account that a scheduled call is of, and the roles that it has now: those that the account has and had. An account that signs with no key any
/// more, whose organisation may not act, or that may no longer run contracts, runs nothing.
fn author_now(
    state: &impl StateSource,
    call: &ScheduledCall,
    height: Height,
) -> Result<Result<(Roles, Account), RejectCode>, ReplicaError> {
    let key = state_key::account(call.account.as_str());
    let account: Option<Account> = state.read_value(&key, "an account")?;
    let acts = |account: &Account| account.keys.iter().any(|entry| account.signs_with(&entry.key, height));
    let Some(account) = account.filter(acts) else { return Ok(Err(RejectCode::UnknownSigner)) };
    if !organisation::may_act(state, account.id.organisation(), height)? {
        return Ok(Err(RejectCode::Suspended));
    }
    let roles = Roles(account.roles.0 & call.roles.0);
    let runs = Roles::SUBMITTER.with(Roles::DEVICE).with(Roles::DEPLOYER);
    Ok(if roles.has_any(runs) { Ok((roles, account)) } else { Err(RejectCode::Forbidden) })
}

/// Notes the calls that one call scheduled, behind all that were scheduled before.
pub(super) fn note<B: StateSource>(
    overlay: &mut Overlay<'_, B>,
    height: Height,
    context: &CallContext,
    scheduled: Vec<Scheduled>,
) -> Result<(), ReplicaError> {
    if scheduled.is_empty() {
        return Ok(());
    }
    let account: AccountId =
        context.account.parse().map_err(|_| ReplicaError::State { what: "the account of a call" })?;
    let first: Option<u64> = overlay.read_value(&state_key::scheduled_next(), "the number of scheduled calls")?;
    let mut number = first.unwrap_or(0);
    for (position, Scheduled { contract, method, input, at_ms, gas }) in (0u32..).zip(scheduled) {
        let call = ScheduledCall {
            at: TimestampMs(at_ms),
            contract: Address(contract),
            method,
            input,
            gas: Gas(gas),
            account: account.clone(),
            roles: Roles(context.roles),
            transaction: Hash(context.transaction),
            position,
            height,
        };
        overlay.write(state_key::scheduled(call.at, number), Some(encode(&call)));
        number = number.saturating_add(1);
    }
    overlay.write(state_key::scheduled_next(), Some(encode(&number)));
    Ok(())
}

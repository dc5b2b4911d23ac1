//! Code on its way to the chain: a new contract's, or what replaces a contract's code.

use crate::error::ReplicaError;
use crate::policy;
use crate::state_source::StateSource;
use countersign_types::contract::is_full_name;
use countersign_types::policy::NETWORK;
use countersign_types::{
    Account, Address, CodeRecord, ContractRecord, Hash, Layout, Payload, RejectCode, ValidatorSet, state_key,
};
use std::borrow::Cow;

/// Code that a transaction brings, and where it goes.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// `organisation/name` of the contract.
    pub contract: Cow<'a, str>,
    /// The module.
    pub code: &'a [u8],
    /// What its first method gets.
    pub input: &'a [u8],
    /// The contract as it is, if it is there already.
    pub replaces: Option<ContractRecord>,
}

impl<'a> Arrival<'a> {
    /// What a payload brings; none if it brings no code.
    ///
    /// # Errors
    /// The outer one if the state cannot be read, the inner one if the account may not put code there.
    pub fn of(
        state: &impl StateSource,
        account: &Account,
        payload: &'a Payload,
    ) -> Result<Option<Result<Self, RejectCode>>, ReplicaError> {
        let organisation = account.id.organisation();
        let record = |address: &Address| -> Result<Option<ContractRecord>, ReplicaError> {
            state.read_value(&state_key::contract(address), "a contract's record")
        };
        Ok(Some(match payload {
            Payload::Call { .. } | Payload::Native(_) => return Ok(None),
            Payload::Deploy { name, code, input } => {
                let owner = name.split_once('/').map(|(owner, _)| owner);
                if owner != Some(organisation) || !is_full_name(name) {
                    Err(RejectCode::BadName)
                } else if record(&Address::of(name))?.is_some() {
                    Err(RejectCode::NameTaken)
                } else {
                    Ok(Self { contract: Cow::Borrowed(name), code, input, replaces: None })
                }
            }
            Payload::Upgrade { contract, code, input } => match record(contract)? {
                None => Err(RejectCode::NoContract),
                Some(record) if record.organisation() != organisation => Err(RejectCode::NotOwner),
                Some(record) => {
                    let contract = Cow::Owned(record.name.clone());
                    Ok(Self { contract, code, input, replaces: Some(record) })
                }
            },
        }))
    }

    /// Number of the revision that it becomes.
    #[must_use]
    pub fn revision(&self) -> u32 {
        ContractRecord::next_revision(self.replaces.as_ref())
    }

    /// Whether code of this hash and layout, which is well formed, may come there.
    ///
    /// # Errors
    /// The outer one if the state cannot be read, the inner one if it may not.
    pub fn judge(
        &self,
        state: &impl StateSource,
        organisation: &str,
        code: &Hash,
        layout: Option<&Layout>,
    ) -> Result<Result<(), RejectCode>, ReplicaError> {
        if self.is_there(code) {
            return Ok(Err(RejectCode::SameCode));
        }
        if let Err(refused) = self.permit(state, organisation, code)? {
            return Ok(Err(refused));
        }
        Ok(self.keeps_layout(state, layout)?.map_err(|_| RejectCode::Incompatible))
    }

    /// Whether the contract runs this code already.
    #[must_use]
    pub fn is_there(&self, code: &Hash) -> bool {
        self.replaces.as_ref().is_some_and(|record| record.code == *code)
    }

    /// Whether code of this layout understands the state that is there, or says that its layout is another one.
    ///
    /// # Errors
    /// The outer one if the state cannot be read; the inner one is the layout that is there, if it does not.
    pub fn keeps_layout(
        &self,
        state: &impl StateSource,
        new: Option<&Layout>,
    ) -> Result<Result<(), Layout>, ReplicaError> {
        let Some(before) = self.replaces.as_ref().map(|record| &record.code) else { return Ok(Ok(())) };
        let old: Option<CodeRecord> = state.read_value(&state_key::code_record(before), "the record of code")?;
        let refused = old.and_then(|old| old.layout).filter(|old| !new.is_some_and(|new| old.admits(new)));
        Ok(refused.map_or(Ok(()), Err))
    }

    /// Whether the deployment policy lets a deployer of this organisation put code of this hash there.
    ///
    /// # Errors
    /// The outer one if the state cannot be read, the inner one if it does not.
    pub fn permit(
        &self,
        state: &impl StateSource,
        organisation: &str,
        code: &Hash,
    ) -> Result<Result<(), RejectCode>, ReplicaError> {
        let policy = policy::in_force(state)?.policy;
        if !policy.allows(organisation) || (self.replaces.is_some() && !policy.upgrades) {
            return Ok(Err(RejectCode::PolicyForbids));
        }
        let approved = policy::approvals(state, &self.contract, self.revision(), code)?;
        let is_stopped = self.replaces.as_ref().is_some_and(|record| record.frozen.by_network);
        if is_stopped && !approved.contains(NETWORK) {
            // What the network stopped, it lets nobody mend alone.
            let validators: Option<ValidatorSet> = state.read_value(&state_key::validators(), "the validators")?;
            let voters = validators.as_ref().map(ValidatorSet::organisations).unwrap_or_default();
            let agreeing = voters.iter().filter(|voter| approved.contains(**voter)).count();
            if agreeing.saturating_mul(3) <= voters.len().saturating_mul(2) {
                return Ok(Err(RejectCode::NotApproved));
            }
        }
        Ok(if policy.is_satisfied(organisation, &approved) { Ok(()) } else { Err(RejectCode::NotApproved) })
    }
}

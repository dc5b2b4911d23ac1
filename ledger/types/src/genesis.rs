//! The genesis: everything a network begins with. Its hash is the chain's id.

use crate::account::{Account, Organisation};
use crate::governance::{BadRules, Rules};
use crate::hash::{Hash, Tag};
use crate::limits::{
    BLOCK_BYTES_MAX, BLOCK_GAS_DEFAULT, BLOCK_TRANSACTIONS_MAX, ORGANISATIONS_MAX, TRANSACTION_BYTES_MAX,
    TRANSACTION_GAS_DEFAULT,
};
use crate::number::{Gas, TimestampMs};
use crate::policy::{BadPolicy, DeployPolicy};
use crate::validator::{BadValidatorSet, ValidatorSet};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// The version of the rules of execution that this program has.
pub const PROTOCOL: u32 = 2;

/// Rules that all validators of the chain share.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Parameters {
    /// Version of the rules of execution: what a block's transactions do to the state. A node refuses a chain of a version that
    /// it does not know.
    pub protocol: u32,
    /// Longest time without a block, milliseconds: bounds how stale the newest proof can be.
    pub heartbeat_ms: u64,
    /// First timeout of a view, milliseconds.
    pub view_timeout_ms: u64,
    /// Longest timeout of a view, milliseconds.
    pub view_timeout_max_ms: u64,
    /// K: how many blocks ordering may run ahead of certified execution.
    pub run_ahead: u64,
    /// W: how far ahead a transaction's expiry may lie, milliseconds.
    pub transaction_window_ms: u64,
    /// Most gas of a transaction.
    pub transaction_gas_max: Gas,
    /// Most gas of a block, by the limits of its transactions.
    pub block_gas_max: Gas,
    /// Most transactions of a block.
    pub block_transactions_max: u32,
    /// Most bytes of a block's transactions.
    pub block_bytes_max: u32,
    /// How far a proposal's time may lie before the receiver's clock, milliseconds (message delay).
    pub time_delay_ms: u64,
    /// How far it may lie after the receiver's clock, milliseconds (clock precision).
    pub time_precision_ms: u64,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            protocol: PROTOCOL,
            heartbeat_ms: 10_000,
            view_timeout_ms: 1_000,
            view_timeout_max_ms: 30_000,
            run_ahead: 8,
            transaction_window_ms: 300_000,
            transaction_gas_max: TRANSACTION_GAS_DEFAULT,
            block_gas_max: BLOCK_GAS_DEFAULT,
            block_transactions_max: BLOCK_TRANSACTIONS_MAX,
            block_bytes_max: BLOCK_BYTES_MAX,
            time_delay_ms: 10_000,
            time_precision_ms: 2_000,
        }
    }
}

/// What a network begins with.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Genesis {
    /// Name for people.
    pub network: String,
    /// Time before the first block's.
    pub time: TimestampMs,
    /// Rules.
    #[serde(default)]
    pub parameters: Parameters,
    /// Who may deploy contracts, until a decision replaces it.
    #[serde(default)]
    pub deployment: DeployPolicy,
    /// Who decides about what, until a decision replaces it.
    #[serde(default)]
    pub governance: Rules,
    /// Validators of the first epoch.
    pub validators: ValidatorSet,
    /// Members.
    pub organisations: Vec<Organisation>,
    /// Accounts of members.
    pub accounts: Vec<Account>,
}

/// Why a genesis is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadGenesis {
    /// The validators are no set.
    #[error("validators: {0}")]
    Validators(#[from] BadValidatorSet),
    /// An organisation is malformed or stands twice.
    #[error(
        "organisation `{0}` is repeated or malformed: ids are 1 to 32 of a-z, 0-9 and hyphen, a GLN has 13 digits, a threshold is from 1 to 16, and nobody begins suspended"
    )]
    Organisation(String),
    /// An account is malformed, stands twice, or its organisation is missing.
    #[error(
        "account `{0}` is repeated or malformed, one of its keys is repeated or unusable, or its organisation is missing"
    )]
    Account(String),
    /// There are too many organisations.
    #[error("it names {given} organisations, at most {ORGANISATIONS_MAX} can be")]
    Organisations {
        /// Named.
        given: usize,
    },
    /// The rules of governance are out of range.
    #[error("governance: {0}")]
    Rules(#[from] BadRules),
    /// The deployment policy is malformed.
    #[error("deployment: {0}")]
    Policy(#[from] BadPolicy),
    /// The deployment policy asks for more organisations than there are.
    #[error("deployment: it asks for {wanted} approvals, the network has {organisations} organisations")]
    Approvals {
        /// Asked for.
        wanted: u16,
        /// Organisations.
        organisations: usize,
    },
    /// An organisation asks more admins to agree than it has.
    #[error("organisation `{organisation}` asks more admins to agree than the {admins} that it has")]
    Admins {
        /// Its id.
        organisation: String,
        /// Admins with a key that does not end.
        admins: usize,
    },
    /// A parameter is out of range.
    #[error("parameter `{name}` must be from {min} to {max}")]
    Parameter {
        /// Its name in the file.
        name: &'static str,
        /// Least value.
        min: u64,
        /// Largest value.
        max: u64,
    },
}

impl Genesis {
    /// The chain's id.
    #[must_use]
    pub fn chain(&self) -> Hash {
        Hash::of_value(Tag::GENESIS, self)
    }

    /// Checks everything a node relies on.
    ///
    /// # Errors
    /// [`BadGenesis`] names the first fault.
    pub fn check(&self) -> Result<(), BadGenesis> {
        self.validators.clone().checked()?;
        self.parameters.check()?;
        self.governance.check()?;
        if self.organisations.len() > ORGANISATIONS_MAX {
            return Err(BadGenesis::Organisations { given: self.organisations.len() });
        }
        let mut ids = BTreeSet::new();
        for organisation in &self.organisations {
            if !organisation.is_valid() || !organisation.is_new() || !ids.insert(organisation.id.as_str()) {
                return Err(BadGenesis::Organisation(organisation.id.clone()));
            }
        }
        if let Some(validator) =
            self.validators.members().iter().find(|validator| !ids.contains(validator.organisation.as_str()))
        {
            return Err(BadGenesis::Organisation(validator.organisation.clone()));
        }
        self.deployment.check()?;
        let mut deploying = self.deployment.organisations.iter().flatten();
        if let Some(unknown) = deploying.find(|id| !ids.contains(id.as_str())) {
            return Err(BadGenesis::Organisation(unknown.clone()));
        }
        if usize::from(self.deployment.approvals) > ids.len() {
            return Err(BadGenesis::Approvals { wanted: self.deployment.approvals, organisations: ids.len() });
        }
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for account in &self.accounts {
            let fresh = names.insert(account.id.as_str()) && account.keys.iter().all(|entry| keys.insert(entry.key));
            if !fresh || !account.is_valid() || !ids.contains(account.id.organisation()) {
                return Err(BadGenesis::Account(account.id.to_string()));
            }
        }
        for organisation in self.organisations.iter().filter(|organisation| organisation.threshold > 1) {
            let of_it = self.accounts.iter().filter(|account| account.id.organisation() == organisation.id);
            let admins = of_it.filter(|account| account.is_lasting_admin()).count();
            if admins < usize::from(organisation.threshold) {
                return Err(BadGenesis::Admins { organisation: organisation.id.clone(), admins });
            }
        }
        Ok(())
    }
}

impl Parameters {
    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    /// [`BadGenesis::Parameter`].
    pub fn check(&self) -> Result<(), BadGenesis> {
        for (name, value, min, max) in [
            ("protocol", u64::from(self.protocol), u64::from(PROTOCOL), u64::from(PROTOCOL)),
            ("heartbeatMs", self.heartbeat_ms, 100, 3_600_000),
            ("viewTimeoutMs", self.view_timeout_ms, 50, 30_000),
            ("viewTimeoutMaxMs", self.view_timeout_max_ms, self.view_timeout_ms, 30_000),
            ("runAhead", self.run_ahead, 2, 64),
            ("transactionWindowMs", self.transaction_window_ms, 1_000, 86_400_000),
            ("transactionGasMax", self.transaction_gas_max.0, 1_000_000, self.block_gas_max.0),
            // At a gas a nanosecond, the most that the machine's table allows for, a block's execution
            // stays below a minute even where the operator asks for the most.
            ("blockGasMax", self.block_gas_max.0, 1_000_000, 50_000_000_000),
            ("blockTransactionsMax", u64::from(self.block_transactions_max), 1, u64::from(BLOCK_TRANSACTIONS_MAX)),
            (
                "blockBytesMax",
                u64::from(self.block_bytes_max),
                TRANSACTION_BYTES_MAX as u64,
                u64::from(BLOCK_BYTES_MAX),
            ),
            ("timeDelayMs", self.time_delay_ms, 100, 3_600_000),
            ("timePrecisionMs", self.time_precision_ms, 1, 3_600_000),
        ] {
            if value < min || value > max {
                return Err(BadGenesis::Parameter { name, min, max });
            }
        }
        Ok(())
    }
}

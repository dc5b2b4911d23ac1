//! Proposals: what organisations decide together, and how they voted.

use crate::account::{Account, AccountId, Organisation, is_name};
use crate::contract::{Address, is_full_name};
use crate::governance::{BadRules, Kind, Rules};
use crate::hash::{Hash, Tag};
use crate::key_proof::KeyProof;
use crate::limits::{ADMINS_GIVEN_MAX, TITLE_BYTES_MAX};
use crate::number::{Epoch, Height, TimestampMs};
use crate::policy::{BadPolicy, DeployPolicy};
use crate::validator::{BadValidatorSet, ValidatorSet};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Something that organisations decide together. What it replaces is part of it, so that a vote never counts for a state of
/// things that the voter did not know.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Measure {
    /// The validators after an epoch.
    Validators {
        /// The epoch to end.
        epoch: Epoch,
        /// The next set, whole.
        validators: ValidatorSet,
    },
    /// Who may deploy contracts.
    Deployment {
        /// Version of the policy that it replaces.
        version: u64,
        /// The next policy, whole.
        policy: DeployPolicy,
    },
    /// Stops a contract, or lets it run again.
    Freeze {
        /// The contract.
        contract: Address,
        /// The revision that it is about.
        revision: u32,
        /// Whether it shall be stopped.
        frozen: bool,
    },
    /// Consent of the whole network to code: it stands for the approvals that the deployment policy asks for.
    Code {
        /// `organisation/name` of the contract, which need not exist yet.
        contract: String,
        /// The revision that it may become.
        revision: u32,
        /// SHA-256 of the module.
        code: Hash,
    },
    /// Takes an organisation in.
    Admit {
        /// The organisation.
        organisation: Organisation,
        /// Its first admins.
        admins: Vec<Account>,
        /// One for each of their keys.
        proofs: Vec<KeyProof>,
    },
    /// Suspends an organisation, takes that back, or ends its membership.
    Standing {
        /// Its id.
        organisation: String,
        /// What it is to be.
        standing: Wanted,
    },
    /// Gives an organisation that lost its keys new admins. All its admins of before cease to be that.
    Admins {
        /// Its id.
        organisation: String,
        /// Admins to be: accounts of it, new ones or such as it has.
        admins: Vec<Account>,
        /// One for each of their keys.
        proofs: Vec<KeyProof>,
    },
    /// The rules of governance.
    Rules {
        /// Version of the rules that it replaces.
        version: u64,
        /// The next rules, whole.
        rules: Rules,
    },
}

/// What an organisation's standing is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Wanted {
    /// It may act.
    Good,
    /// None of its accounts may act, until that is taken back. Its validators go on voting on blocks.
    Suspended,
    /// None of its accounts may act ever again. It runs no validator then.
    Expelled,
}

/// Why a measure is refused whatever the state is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMeasure {
    /// The validators are no set.
    #[error("the validators are no set: {0}")]
    Validators(#[from] BadValidatorSet),
    /// The deployment policy is malformed.
    #[error("the deployment policy is refused: {0}")]
    Policy(#[from] BadPolicy),
    /// The rules are out of range.
    #[error("the rules of governance are refused: {0}")]
    Rules(#[from] BadRules),
    /// A name is none.
    #[error("`{0}` is no contract's name: give organisation/name")]
    Contract(String),
    /// An organisation is malformed.
    #[error(
        "organisation `{0}` is malformed: ids are 1 to 32 of a-z, 0-9 and hyphen, a GLN has 13 digits, name and contact at most {TITLE_BYTES_MAX} bytes, a threshold is from 1 to 16"
    )]
    Organisation(String),
    /// The admins given are not in order.
    #[error(
        "the admins of `{0}` are refused: 1 to {ADMINS_GIVEN_MAX} accounts of it, each with the admin role, a key that does not end and a proof of each key, and as many as its threshold asks for"
    )]
    Admins(String),
}

impl core::fmt::Display for Measure {
    /// In a few words.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Validators { epoch, validators } => {
                write!(f, "{} validators after epoch {epoch}", validators.count())
            }
            Self::Deployment { version, .. } => write!(f, "a deployment policy in the place of version {version}"),
            Self::Freeze { contract, frozen: true, .. } => write!(f, "to freeze the contract {contract}"),
            Self::Freeze { contract, .. } => write!(f, "to thaw the contract {contract}"),
            Self::Code { contract, revision, .. } => write!(f, "consent to code as revision {revision} of {contract}"),
            Self::Admit { organisation, .. } => write!(f, "to admit {}", organisation.id),
            Self::Standing { organisation, standing: Wanted::Good } => write!(f, "to reinstate {organisation}"),
            Self::Standing { organisation, standing: Wanted::Suspended } => write!(f, "to suspend {organisation}"),
            Self::Standing { organisation, standing: Wanted::Expelled } => write!(f, "to expel {organisation}"),
            Self::Admins { organisation, .. } => write!(f, "new admins for {organisation}"),
            Self::Rules { version, .. } => write!(f, "rules of governance in the place of version {version}"),
        }
    }
}

impl Measure {
    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Validators { .. } => Kind::Validators,
            Self::Deployment { .. } => Kind::Deployment,
            Self::Freeze { .. } | Self::Code { .. } => Kind::Contracts,
            Self::Admit { .. } | Self::Standing { .. } | Self::Admins { .. } => Kind::Members,
            Self::Rules { .. } => Kind::Rules,
        }
    }

    /// What equal measures have in common.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::MEASURE, self)
    }

    /// Proofs of keys in it.
    #[must_use]
    pub fn proofs(&self) -> (&[Account], &[KeyProof]) {
        match self {
            Self::Admit { admins, proofs, .. } | Self::Admins { admins, proofs, .. } => (admins, proofs),
            _ => (&[], &[]),
        }
    }

    /// Checks what needs no state and no signature.
    ///
    /// # Errors
    /// [`BadMeasure`].
    pub fn check(&self) -> Result<(), BadMeasure> {
        match self {
            Self::Validators { validators, .. } => validators.clone().checked().map(|_| ()).map_err(Into::into),
            Self::Deployment { policy, .. } => policy.check().map_err(Into::into),
            Self::Rules { rules, .. } => rules.check().map_err(Into::into),
            Self::Code { contract, .. } if !is_full_name(contract) => Err(BadMeasure::Contract(contract.clone())),
            Self::Admit { organisation, admins, .. } => {
                if !organisation.is_valid() || !organisation.is_new() {
                    return Err(BadMeasure::Organisation(organisation.id.clone()));
                }
                check_admins(&organisation.id, admins, usize::from(organisation.threshold))
            }
            Self::Standing { organisation, .. } | Self::Admins { organisation, .. } if !is_name(organisation) => {
                Err(BadMeasure::Organisation(organisation.clone()))
            }
            Self::Admins { organisation, admins, .. } => check_admins(organisation, admins, 1),
            Self::Freeze { .. } | Self::Code { .. } | Self::Standing { .. } => Ok(()),
        }
    }
}

fn check_admins(organisation: &str, admins: &[Account], least: usize) -> Result<(), BadMeasure> {
    let ids: BTreeSet<&AccountId> = admins.iter().map(|account| &account.id).collect();
    let is_fit = |account: &Account| {
        account.is_valid() && account.is_lasting_admin() && account.id.organisation() == organisation
    };
    let fits = (least.max(1)..=ADMINS_GIVEN_MAX).contains(&admins.len())
        && ids.len() == admins.len()
        && admins.iter().all(is_fit);
    if fits { Ok(()) } else { Err(BadMeasure::Admins(organisation.into())) }
}

/// A proposal, as native state under its number.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Proposal {
    /// What is to be decided.
    pub measure: Measure,
    /// Why, in the proposer's words.
    pub reason: String,
    /// Who proposed it.
    pub proposer: AccountId,
    /// In which block.
    pub height: Height,
    /// That block's time.
    pub time: TimestampMs,
    /// Block time after which no vote counts.
    pub expires: TimestampMs,
    /// Votes by organisation.
    pub votes: BTreeMap<String, Ballot>,
    /// Whether it is decided.
    pub decision: Option<Decision>,
}

/// An organisation's vote.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ballot {
    /// For it or against it.
    pub approve: bool,
    /// Whose vote made it the organisation's.
    pub by: AccountId,
    /// In which block.
    pub height: Height,
}

/// How a proposal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Decision {
    /// Whether it was adopted, and so took effect; else so many voted against it that it cannot be any more.
    pub adopted: bool,
    /// The block that decided.
    pub height: Height,
}

impl Proposal {
    /// Whether votes count at a block time.
    #[must_use]
    pub fn is_open(&self, time: TimestampMs) -> bool {
        self.decision.is_none() && time <= self.expires
    }
}

/// Admins of an organisation that asked for the same thing, where it takes several, as native state.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Consent {
    /// Who.
    pub admins: BTreeSet<AccountId>,
    /// Block time after which they asked in vain.
    pub until: TimestampMs,
}

/// What an operation of the chain left undecided, as the output of its receipt. Nothing is output where it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Told {
    /// The organisation needs more admins to ask for the same.
    Waits {
        /// Who asked so far.
        asked: u16,
        /// How many must.
        needed: u16,
    },
    /// The vote counts for a proposal.
    Voted {
        /// Its number.
        proposal: u64,
        /// Whether it is decided, and how.
        adopted: Option<bool>,
    },
}

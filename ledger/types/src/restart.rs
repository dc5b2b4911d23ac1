//! Restart orders: how a chain goes on that has lost more than a third of its validators for good.
//!
//! Who stands in the state as an admin of more than two thirds of the organisations that run validators may end the
//! epoch at the last certified height and name the next set. The order rests on the certified state of that height, so
//! whoever knows the epoch's validators can check it ([`Restart::verify`]) without trusting who hands it over.

use crate::account::{Account, AccountId, Roles};
use crate::certificate::Certificate;
use crate::epoch::EpochState;
use crate::hash::{Hash, Tag};
use crate::key::{BadSignature, PublicKey, SecretKey, Signature};
use crate::limits::{RESTART_ENTRIES_MAX, RESTART_SIGNATURES_MAX};
use crate::number::{Epoch, Height};
use crate::proof::Entry;
use crate::result::ExecutionResult;
use crate::state::{BadWitness, Witness};
use crate::validator::ValidatorSet;
use crate::{codec, state_key};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// What admins sign.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize)]
struct Statement {
    chain: Hash,
    epoch: Epoch,
    height: Height,
    block: Hash,
    result: Hash,
    validators: Hash,
}

/// An admin's signature under an order.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AdminSignature {
    /// The account; its organisation is the one that agrees.
    pub account: AccountId,
    /// The key of it that signed.
    pub key: PublicKey,
    /// The signature of [`RestartOrder::statement`].
    pub signature: Signature,
}

/// An order as operators pass it around. Doubtful until a ledger has made a [`Restart`] of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RestartOrder {
    /// The chain's id.
    pub chain: Hash,
    /// Number of the epoch that begins.
    pub epoch: Epoch,
    /// The last result that stays.
    pub result: ExecutionResult,
    /// The quorum under it.
    pub certificate: Certificate,
    /// The validators from then on.
    pub validators: ValidatorSet,
    /// Admins' signatures, by rising account.
    pub signatures: Vec<AdminSignature>,
}

/// That an epoch was ended by order: signatures, and what shows the signers' accounts under the certified state root.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Restart {
    /// Number of the epoch that begins.
    pub epoch: Epoch,
    /// Admins' signatures, by strictly rising account.
    pub signatures: Vec<AdminSignature>,
    /// State entries at the height, by strictly rising key: epoch, validators, the next validators' organisations, the signers' accounts.
    pub entries: Vec<Entry>,
    /// Shows them under the result's state root.
    pub witness: Witness,
}

/// Why an order does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRestart {
    /// What it shows of the state is not under the certified root.
    #[error("{0}")]
    Witness(#[from] BadWitness),
    /// A state entry is missing, or no such thing.
    #[error("it does not show {0} in the certified state")]
    Entry(&'static str),
    /// A state entry stands twice or out of order.
    #[error("state entry {index} does not rise above the one before it")]
    Order {
        /// Which.
        index: usize,
    },
    /// The number of its epoch is no later one.
    #[error("it begins epoch {given}, which is not above epoch {current}")]
    Epoch {
        /// The order's.
        given: Epoch,
        /// That of the state.
        current: Epoch,
    },
    /// The next set tolerates too little.
    #[error("its {count} validators are too few, at least {least} are needed")]
    Validators {
        /// Members of the next set.
        count: u16,
        /// Needed: as many as now, or four.
        least: u16,
    },
    /// An account signs twice or out of order, is no admin at this height, or did not sign with this key.
    #[error("the signature of {0} does not count: the account signs twice, is no admin, or the key is not its own")]
    Signer(AccountId),
    /// Too few organisations.
    #[error("the admins of {agreeing} organisations signed, more than two thirds of {organisations} are needed")]
    Organisations {
        /// Those that signed.
        agreeing: usize,
        /// Those that run validators.
        organisations: usize,
    },
    /// More signatures or state entries than are allowed.
    #[error("{count} {what} are too many, {most} are allowed")]
    Many {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// See [`crate::limits`].
        most: usize,
    },
    /// Orders that are to be joined differ.
    #[error("they order different things")]
    Different,
    /// A signature is not valid.
    #[error("a signature is not valid")]
    Signature(#[from] BadSignature),
}

fn statement(chain: Hash, epoch: Epoch, result: &ExecutionResult, validators: &ValidatorSet) -> Hash {
    let (height, block) = (result.height, result.block);
    let statement = Statement { chain, epoch, height, block, result: result.hash(), validators: validators.hash() };
    Hash::of_value(Tag::RESTART, &statement)
}

impl RestartOrder {
    /// What is signed: chain, epoch that begins, height, block and result that stay, hash of the next set.
    #[must_use]
    pub fn statement(&self) -> Hash {
        statement(self.chain, self.epoch, &self.result, &self.validators)
    }

    /// Adds an admin's signature.
    ///
    /// # Errors
    /// As [`RestartOrder::join`].
    pub fn sign(self, account: AccountId, key: &SecretKey) -> Result<Self, BadRestart> {
        let signature = key.sign(&self.statement().0);
        let mut other = self.clone();
        other.signatures = alloc::vec![AdminSignature { account, key: key.public(), signature }];
        Self::join(&[self, other])
    }

    /// Joins the signatures of several copies of the same order, after checking each.
    ///
    /// # Errors
    /// [`BadRestart::Different`] (also if there are none), [`BadRestart::Many`], [`BadRestart::Signature`].
    pub fn join(parts: &[Self]) -> Result<Self, BadRestart> {
        at_most("signatures", parts.iter().map(|part| part.signatures.len()).sum(), RESTART_SIGNATURES_MAX)?;
        let mut joined = parts.first().ok_or(BadRestart::Different)?.clone();
        let statement = joined.statement();
        let mut signatures = BTreeMap::new();
        for part in parts {
            if part.statement() != statement {
                return Err(BadRestart::Different);
            }
            for signed in &part.signatures {
                signed.key.verify(&statement.0, &signed.signature)?;
                signatures.insert(signed.account.clone(), signed.clone());
            }
        }
        joined.signatures = signatures.into_values().collect();
        Ok(joined)
    }

    /// Keys of the state entries that a [`Restart`] must show.
    #[must_use]
    pub fn state_keys(&self) -> BTreeSet<Vec<u8>> {
        let organisations = self.validators.organisations().into_iter().map(state_key::organisation);
        let accounts = self.signatures.iter().map(|signed| state_key::account(signed.account.as_str()));
        [state_key::epoch(), state_key::validators()].into_iter().chain(organisations).chain(accounts).collect()
    }
}

impl Restart {
    /// Checks that the state under a result, which is certified, lets the signers order these validators.
    ///
    /// # Errors
    /// [`BadRestart`] says what is wrong.
    pub fn verify(&self, chain: Hash, result: &ExecutionResult, validators: &ValidatorSet) -> Result<(), BadRestart> {
        at_most("signatures", self.signatures.len(), RESTART_SIGNATURES_MAX)?;
        at_most("state entries", self.entries.len(), RESTART_ENTRIES_MAX)?;
        let witnessed = self.witness.verify(&result.state_root)?;
        let mut entries = BTreeMap::new();
        for (index, Entry { key, value }) in self.entries.iter().enumerate() {
            witnessed.check(key, value.as_deref())?;
            if entries.last_key_value().is_some_and(|(last, _): (&&[u8], _)| *last >= key.as_slice()) {
                return Err(BadRestart::Order { index });
            }
            entries.insert(key.as_slice(), value.as_deref());
        }
        let entry = |key: &[u8], what| entries.get(key).copied().flatten().ok_or(BadRestart::Entry(what));
        let state: EpochState = decode(entry(&state_key::epoch(), "the epoch")?, "the epoch")?;
        let current: ValidatorSet = decode(entry(&state_key::validators(), "the validators")?, "the validators")?;
        if self.epoch <= state.epoch {
            return Err(BadRestart::Epoch { given: self.epoch, current: state.epoch });
        }
        let least = current.count().min(4);
        if validators.count() < least {
            return Err(BadRestart::Validators { count: validators.count(), least });
        }
        for organisation in validators.organisations() {
            entry(&state_key::organisation(organisation), "the organisation of a validator")?;
        }
        let statement = statement(chain, self.epoch, result, validators);
        let mut previous: Option<&AccountId> = None;
        let mut signed = BTreeSet::new();
        for AdminSignature { account: id, key, signature } in &self.signatures {
            let known = entry(&state_key::account(id.as_str()), "the account of a signer")?;
            let account: Account = decode(known, "the account of a signer")?;
            let may_sign = account.id == *id
                && account.roles.has_any(Roles::ADMIN)
                && account.signs_with(key, result.height.next())
                && key.verify(&statement.0, signature).is_ok();
            if !may_sign || previous.is_some_and(|before| before >= id) {
                return Err(BadRestart::Signer(id.clone()));
            }
            previous = Some(id);
            signed.insert(id.organisation());
        }
        let organisations = current.organisations();
        let agreeing = organisations.iter().filter(|organisation| signed.contains(**organisation)).count();
        if agreeing.saturating_mul(3) <= organisations.len().saturating_mul(2) {
            return Err(BadRestart::Organisations { agreeing, organisations: organisations.len() });
        }
        Ok(())
    }
}

fn at_most(what: &'static str, count: usize, most: usize) -> Result<(), BadRestart> {
    if count > most { Err(BadRestart::Many { what, count, most }) } else { Ok(()) }
}

fn decode<T: BorshDeserialize>(bytes: &[u8], what: &'static str) -> Result<T, BadRestart> {
    codec::decode(bytes, bytes.len()).map_err(|_| BadRestart::Entry(what))
}

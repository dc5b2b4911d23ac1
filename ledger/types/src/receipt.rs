//! Receipts: what became of a transaction.

use crate::codec::{self, DecodeError};
use crate::contract::Address;
use crate::hash::{Hash, Tag};
use crate::number::{Gas, Height};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// How a transaction ended. Codes only: text of engines and libraries stays outside the root.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub enum Outcome {
    /// It took effect.
    Succeeded {
        /// What the method returned, in borsh.
        #[serde(with = "crate::hex::serde_bytes")]
        output: Vec<u8>,
    },
    /// The contract ended the call with its own error. Nothing was written.
    Failed {
        /// The contract's code.
        code: u32,
        /// borsh of the contract's error.
        #[serde(with = "crate::hex::serde_bytes")]
        error: Vec<u8>,
    },
    /// The contract trapped. Nothing was written.
    Trapped {
        /// A `trap` number of the guest interface.
        cause: u32,
    },
    /// The chain refused to run it.
    Rejected(RejectCode),
}

/// Why the chain did not run a transaction that a block names. The numbers never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RejectCode {
    /// The block's time is past its expiry.
    Expired = 1,
    /// Its expiry lies further ahead than the transaction window.
    ExpiryTooFar = 2,
    /// Its id was consumed before.
    Duplicate = 3,
    /// The signer's key belongs to no account, or not at this height.
    UnknownSigner = 4,
    /// The account lacks the role.
    Forbidden = 5,
    /// Its gas limit is above the largest allowed, or below what its bytes cost.
    GasLimit = 6,
    /// There is a contract of that name already.
    NameTaken = 7,
    /// The contract's name is malformed or of another organisation.
    BadName = 8,
    /// The code breaks a static limit.
    BadCode = 9,
    /// There is no contract at the address.
    NoContract = 10,
    /// A key it sets belongs to another account.
    KeyTaken = 11,
    /// A key that the account does not have yet did not sign that it belongs to it.
    KeyUnproven = 12,
    /// The organisation would be left with fewer admins whose keys do not end than must agree.
    LastAdmin = 13,
    /// A measure for another epoch than the current one, or after its end was decided.
    EpochOver = 14,
    /// The set it votes for is malformed, changes a third or more of the validators, names an unknown
    /// organisation, or has fewer than four members.
    BadValidators = 15,
    /// What it reports proves nothing about a validator of the current epoch.
    BadEvidence = 16,
    /// The ledger has a case of this validator in this epoch already.
    EvidenceKnown = 17,
    /// A quorum of the validators decreed that it is not run ([`crate::Override`]).
    Overridden = 18,
    /// The deployment policy does not let the organisation deploy, or lets nobody replace code.
    PolicyForbids = 19,
    /// Too few organisations have approved the code for the contract.
    NotApproved = 20,
    /// The contract is frozen.
    Frozen = 21,
    /// The contract runs that code already.
    SameCode = 22,
    /// The contract belongs to another organisation.
    NotOwner = 23,
    /// The code lays out the contract's state differently and does not say so by a higher version.
    Incompatible = 24,
    /// What the measure would replace is not what holds any more.
    MeasureOver = 25,
    /// The deployment policy names an organisation that is none of the network's.
    BadPolicy = 26,
    /// The signer's organisation is suspended, or was expelled.
    Suspended = 27,
    /// There is no such proposal, it is decided, or its time is over.
    ProposalOver = 28,
    /// The time asked for is none, or longer than the rules allow.
    BadWindow = 29,
    /// There is no such organisation, or one of that id is there already, or the network has as many as it can.
    BadOrganisation = 30,
    /// It runs a validator, or will after this epoch.
    RunsValidator = 31,
    /// Without it, too few would be left who can vote to decide about members or validators.
    NoQuorum = 32,
    /// An organisation has so many admins already.
    TooManyAdmins = 33,
}

impl From<RejectCode> for u8 {
    fn from(code: RejectCode) -> Self {
        code as Self
    }
}

impl TryFrom<u8> for RejectCode {
    type Error = DecodeError;
    fn try_from(number: u8) -> Result<Self, DecodeError> {
        codec::decode(&[number], 1)
    }
}

impl RejectCode {
    /// What it means and what to do.
    #[must_use]
    pub const fn explain(self) -> &'static str {
        match self {
            Self::Expired => "the transaction expired before it was included; sign and submit it again",
            Self::ExpiryTooFar => {
                "its expiry lies further ahead than the transaction window; sign it with a nearer one"
            }
            Self::Duplicate => "a transaction with this id was included before",
            Self::UnknownSigner => {
                "the signer's key belongs to no account at this height; ask an admin of your organisation to register it"
            }
            Self::Forbidden => "the account lacks the role for this; ask an admin of your organisation",
            Self::GasLimit => "its gas limit is above the largest allowed or below the cost of its bytes",
            Self::NameTaken => "a contract of this name exists; choose another name",
            Self::BadName => "a contract's name is organisation/name, the organisation being the signer's",
            Self::BadCode => "the module breaks a rule for contracts; `countersign contract build` says which",
            Self::NoContract => "there is no contract at this address",
            Self::KeyTaken => "a key in it belongs to another account",
            Self::KeyUnproven => {
                "a new key in it comes without its holder's proof; make it with `countersign key prove`"
            }
            Self::EpochOver => {
                "the measure is for another epoch, or the end of this epoch is decided; `countersign status` shows both"
            }
            Self::BadEvidence => {
                "the two votes do not prove that a validator of the current epoch contradicted itself; evidence counts in its epoch only"
            }
            Self::EvidenceKnown => "the ledger holds evidence against this validator already; nothing to do",
            Self::BadValidators => {
                "the set must differ from the current one in fewer than a third of its members and keep at least four (of fewer than four, one can join), and name organisations of the network"
            }
            Self::Overridden => {
                "a quorum of the validators decreed that it is not run, since nodes did not survive it; the ledger holds the decree"
            }
            Self::PolicyForbids => {
                "the network's deployment policy does not allow it to this organisation; `countersign policy show` shows it"
            }
            Self::NotApproved => {
                "too few organisations have approved this code for this contract; their admins do it with `countersign contract approve`"
            }
            Self::Frozen => "the contract is frozen: views answer, calls are refused until it is thawed",
            Self::SameCode => "the contract runs this code already; nothing to do",
            Self::NotOwner => "the contract belongs to another organisation, and only its owner can do this",
            Self::Incompatible => {
                "the new code has another layout of the state under the same or a lower version; raise `layout` and write a `migrate` where old entries are read differently"
            }
            Self::MeasureOver => {
                "what the measure would replace does not hold any more (another decision came first); propose it anew"
            }
            Self::Suspended => {
                "your organisation is suspended or expelled; `countersign governance list` shows the decision"
            }
            Self::ProposalOver => {
                "there is no such proposal, it is decided, or its time is over; `countersign governance list` shows those that are open"
            }
            Self::BadWindow => {
                "a proposal is open for at least a second and at most as long as the rules of governance allow"
            }
            Self::BadOrganisation => {
                "there is no such organisation, or one of that id is or was a member, or it was expelled, or the network is full"
            }
            Self::RunsValidator => {
                "the organisation runs a validator; vote its validators out first (`countersign validator remove`)"
            }
            Self::BadPolicy => "the policy names an organisation that is none of the network's",
            Self::NoQuorum => {
                "without it too few organisations could vote to decide about members or validators; change the validators first"
            }
            Self::TooManyAdmins => "an organisation has at most 64 accounts with the admin role",
            Self::LastAdmin => {
                "the organisation would be left with fewer admins whose keys do not end than its threshold asks for; make another one first"
            }
        }
    }
}

/// What a contract announced.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Event {
    /// The contract.
    pub contract: Address,
    /// The event's name.
    pub name: String,
    /// borsh of its fields.
    #[serde(with = "crate::hex::serde_bytes")]
    pub data: Vec<u8>,
    /// Attributes to find it by.
    #[serde(with = "attributes")]
    pub attributes: Vec<(String, Vec<u8>)>,
}

/// An event with its place, as it stands under the events root.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventRecord {
    /// The block.
    pub height: Height,
    /// Position among the block's events.
    pub index: u32,
    /// Id of the transaction.
    pub transaction: Hash,
    /// The event.
    pub event: Event,
}

impl EventRecord {
    /// The hash that stands under the events root.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::EVENT, self)
    }
}

/// A transaction's receipt.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Receipt {
    /// Id of the transaction.
    pub transaction: Hash,
    /// The block.
    pub height: Height,
    /// Position in the block.
    pub index: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// Gas used, at most the limit.
    pub gas_used: Gas,
    /// Events, in order; empty unless it succeeded.
    pub events: Vec<Event>,
}

impl Receipt {
    /// The hash that stands under the receipts root.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_value(Tag::RECEIPT, self)
    }
    /// Whether it took effect.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.outcome, Outcome::Succeeded { .. })
    }
}

/// Attributes as a list of objects with `name` and `value`.
mod attributes {
    use alloc::borrow::Cow;
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Attribute<'a> {
        name: Cow<'a, str>,
        #[serde(with = "crate::hex::serde_bytes")]
        value: Vec<u8>,
    }

    pub fn serialize<S: Serializer>(attributes: &[(String, Vec<u8>)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(attributes.iter().map(attribute))
    }
    fn attribute((name, value): &(String, Vec<u8>)) -> Attribute<'_> {
        Attribute { name: Cow::Borrowed(name), value: value.clone() }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, Vec<u8>)>, D::Error> {
        let attributes = Vec::<Attribute<'_>>::deserialize(deserializer)?;
        Ok(attributes.into_iter().map(|Attribute { name, value }| (name.into_owned(), value)).collect())
    }
}

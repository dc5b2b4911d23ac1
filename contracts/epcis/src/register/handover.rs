//! Hand-over: custody or ownership that an event passes from one party to another, and what the receiver says of it.
//!
//! An event hands over what it names where it has a destination of type `possessing_party` (custody) or `owning_party`
//! (ownership) that is not the source of that type too; of several destinations of one type the first counts. The giver is
//! the organisation that submits the event. The receiver is the organisation that the party was entrusted to when the
//! event was captured; both, and what they had agreed on, are written down then and never judged again.
//!
//! | the party is entrusted to | the hand-over |
//! |---|---|
//! | nobody | stands by the giver's word alone, and answers say so |
//! | the giver itself | is accepted: who receives has signed the event |
//! | another organisation, whose policy for the giver is one-sided | stands by the giver's word, as the receiver wants it |
//! | another organisation otherwise | waits for the receiver until a time; then it can no longer be accepted |
//!
//! There is one entry for an event, however many things it names. The time that it waits until is a block's time, and that it
//! is over is found when it is asked about: nothing has to run. A void event hands nothing over.

mod list;
mod party;
mod propose;
mod settle;

pub use list::{Listing, handover, handovers};
pub use party::{entrust, party, policy, set_policy};
pub use settle::{Unsettled, settle};

pub(crate) use propose::hands_over;
pub(super) use propose::propose;

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::Stored;

/// The word of a party that has something.
pub const CUSTODY: &str = "possessing_party";
/// The word of a party that owns something.
pub const OWNERSHIP: &str = "owning_party";

/// What one event hands over.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handover {
    /// The organisation that submitted the event.
    pub giver: String,
    /// One part for each party that receives, at most two.
    pub parts: Vec<Part>,
}

impl Stored for Handover {
    const NAME: &'static str = "hand-over";
}

impl Handover {
    /// The part that passes a role on, if one does.
    #[must_use]
    pub fn part(&self, role: Role) -> Option<&Part> {
        self.parts.iter().find(|part| part.roles.has(role))
    }
}

/// What one party receives.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// Custody, ownership or both.
    pub roles: Roles,
    /// The party that had it, as the event says, canonical.
    pub from: Option<String>,
    /// The party that receives it, canonical.
    pub to: String,
    /// The organisation that receives it, and by which terms; none if the party was entrusted to nobody.
    pub receiver: Option<Receiver>,
}

/// What a party can be to a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It has it.
    Custody,
    /// It owns it.
    Ownership,
}

impl Role {
    /// The word of the vocabulary for the party.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Custody => CUSTODY,
            Self::Ownership => OWNERSHIP,
        }
    }
}

/// What is passed on to one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Roles {
    /// Custody.
    Custody,
    /// Ownership.
    Ownership,
    /// Custody and ownership.
    Both,
}

impl Roles {
    /// Whether a role is among them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        !matches!((self, role), (Self::Custody, Role::Ownership) | (Self::Ownership, Role::Custody))
    }

    /// Those among them.
    pub fn each(self) -> impl Iterator<Item = Role> {
        [Role::Custody, Role::Ownership].into_iter().filter(move |role| self.has(*role))
    }
}

/// The organisation that receives.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receiver {
    /// Its identifier.
    pub organisation: String,
    /// How the hand-over takes effect.
    pub terms: Terms,
}

/// How a hand-over takes effect.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Terms {
    /// By the giver's word, as the receiver wants it.
    OneSided,
    /// By the receiver's signature.
    Countersign {
        /// The last block time at which it can be given, milliseconds since 1970 UTC.
        until_ms: u64,
        /// What the receiver said.
        settled: Option<Settled>,
    },
}

/// What the receiver said, and where.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Settled {
    /// Why it refused; none if it accepted.
    pub refused: Option<String>,
    /// The account that said so, `organisation/name`.
    pub by: String,
    /// Records that stood then: what is asked as of more of them knows of it.
    pub position: u64,
    /// Height of the block.
    pub height: u64,
    /// Time of the block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// The transaction.
    pub transaction: [u8; 32],
}

/// How a hand-over stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It takes effect once the receiver accepts it.
    Pending,
    /// The receiver accepted it.
    Accepted,
    /// The receiver refused it.
    Refused,
    /// The receiver said nothing in time.
    Expired,
    /// It takes effect by the giver's word alone.
    OneSided,
}

impl State {
    /// The words of all states.
    pub const WORDS: [&'static str; 5] = ["pending", "accepted", "refused", "expired", "oneSided"];

    /// The state's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::OneSided => "oneSided",
        }
    }

    /// Whether who receives has what is handed over.
    #[must_use]
    pub const fn takes_effect(self) -> bool {
        matches!(self, Self::Accepted | Self::OneSided)
    }
}

impl Part {
    /// How it stands at a time, by what is known of what the receiver said.
    pub fn state(&self, now_ms: u64, is_known: impl FnOnce(&Settled) -> bool) -> State {
        let Some(Receiver { terms: Terms::Countersign { until_ms, settled }, .. }) = &self.receiver else {
            return State::OneSided;
        };
        match settled.as_ref().filter(|settled| is_known(settled)) {
            Some(Settled { refused: None, .. }) => State::Accepted,
            Some(_) => State::Refused,
            None if now_ms > *until_ms => State::Expired,
            None => State::Pending,
        }
    }

    /// What the receiver said.
    #[must_use]
    pub fn settled(&self) -> Option<&Settled> {
        match &self.receiver {
            Some(Receiver { terms: Terms::Countersign { settled, .. }, .. }) => settled.as_ref(),
            _ => None,
        }
    }

    /// The last block time at which it can be accepted, where it has to be.
    #[must_use]
    pub fn until_ms(&self) -> Option<u64> {
        match &self.receiver {
            Some(Receiver { terms: Terms::Countersign { until_ms, .. }, .. }) => Some(*until_ms),
            _ => None,
        }
    }

    /// The organisation that receives, if the party was entrusted to one.
    #[must_use]
    pub fn organisation(&self) -> Option<&str> {
        self.receiver.as_ref().map(|receiver| receiver.organisation.as_str())
    }
}

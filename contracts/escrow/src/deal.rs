//! Deal: what buyer and seller agree on, and where it stands.

use countersign_contract::prelude::*;

/// What a buyer offers. It does not change once it is opened.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Terms {
    /// Organisation that pays and receives.
    pub buyer: String,
    /// Organisation that delivers and is paid.
    pub seller: String,
    /// What is delivered: any spelling of its identifier.
    pub item: String,
    /// Where to: any spelling of the place's identifier.
    pub place: String,
    /// What is paid, in units of credit.
    pub price: u64,
    /// SHA-256 of the document that the seller gets when it is paid, such as a bill of lading.
    pub document: Hash,
    /// Organisations that have to countersign beside the seller.
    pub countersigners: Vec<String>,
    /// Who decides disputes; without it, none can be begun.
    pub arbiter: Option<Arbiter>,
    /// When the buyer has the price back unless it was paid or is in dispute: milliseconds since 1970 UTC, by blocks' time.
    pub deadline_ms: u64,
    /// The contract that keeps the event of the delivery.
    pub records: Address,
    /// The contract that must not hold the item, if one has to be asked.
    pub coldchain: Option<Address>,
    /// The certificate that somebody must have, if one has to.
    pub certified: Option<Certified>,
}

/// Who decides disputes.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Arbiter {
    /// The organisation.
    pub organisation: String,
    /// How long it has for it in milliseconds, past the deadline too: an hour to 90 days.
    pub dispute_ms: u64,
}

/// A certificate that must be valid when the price is paid.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Certified {
    /// The registry.
    pub registry: Address,
    /// Whose certificate: any spelling of the identifier.
    pub subject: String,
    /// Under which scheme.
    pub scheme: String,
}

/// A deal and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Deal {
    /// What was agreed; identifiers are canonical.
    pub terms: Terms,
    /// When it was opened, by the block's time.
    pub opened_ms: u64,
    /// Organisations that countersigned.
    pub countersigned: Vec<String>,
    /// Where it stands.
    pub state: State,
}

/// Where a deal stands.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub enum State {
    /// The price is locked.
    Open,
    /// The price is locked, and the arbiter decides.
    Disputed {
        /// Organisation that began the dispute.
        by: String,
        /// Why.
        reason: String,
        /// When the buyer has the price back unless the arbiter decided: the deadline, or as long after the dispute began
        /// as was agreed, whichever is later.
        until_ms: u64,
    },
    /// The seller has the price.
    Paid {
        /// When, by the block's time.
        at_ms: u64,
    },
    /// The buyer has the price back.
    Refunded {
        /// When, by the block's time.
        at_ms: u64,
    },
}

/// A condition that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub enum Unmet {
    /// An organisation has not countersigned.
    Countersignature {
        /// The organisation.
        organisation: String,
    },
    /// The event is not the buyer's receipt of the item at the place, recorded after the deal was opened, or another deal
    /// was settled by it.
    Delivery {
        /// In what it differs: `event`, `organisation`, `step`, `place`, `time` or `deal`.
        differs: String,
    },
    /// The cold chain holds the item: since before it was received, and by another's readings than the buyer's.
    Held {
        /// Since when.
        since_ms: u64,
    },
    /// There is no valid certificate.
    Certificate {
        /// Whose.
        subject: String,
        /// Under which scheme.
        scheme: String,
    },
    /// A contract that has to be asked does not answer.
    Unanswered {
        /// The contract.
        contract: Address,
    },
}

impl Deal {
    /// Those that have to countersign, the seller first.
    pub(crate) fn countersigners(&self) -> impl Iterator<Item = &String> {
        core::iter::once(&self.terms.seller).chain(&self.terms.countersigners)
    }

    /// When the buyer has the price back, as it stands.
    pub(crate) fn until_ms(&self) -> u64 {
        match self.state {
            State::Disputed { until_ms, .. } => until_ms,
            _ => self.terms.deadline_ms,
        }
    }

    /// Whether the price is locked.
    pub(crate) fn is_locked(&self) -> bool {
        matches!(self.state, State::Open | State::Disputed { .. })
    }
}

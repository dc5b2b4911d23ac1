//! What the escrow announces.

use countersign_contract::prelude::*;

/// An organisation has more credit: the bank has its money.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Deposited {
    /// The organisation.
    #[indexed]
    pub organisation: String,
    /// How much more.
    pub amount: u64,
}

/// An organisation gave up credit: the bank owes it money.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Redeemed {
    /// The organisation.
    #[indexed]
    pub organisation: String,
    /// How much.
    pub amount: u64,
}

/// A deal was opened and its price locked.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Opened {
    /// Its number.
    #[indexed]
    pub id: u64,
    /// Who pays.
    #[indexed]
    pub buyer: String,
    /// Who is paid.
    #[indexed]
    pub seller: String,
    /// What is delivered.
    #[indexed]
    pub item: String,
    /// What is paid.
    pub price: u64,
    /// By when.
    pub deadline_ms: u64,
    /// Whether the chain refunds it then; otherwise somebody has to call `expire`.
    pub refunds_itself: bool,
}

/// An organisation countersigned a deal.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Countersigned {
    /// Its number.
    #[indexed]
    pub id: u64,
    /// The organisation.
    #[indexed]
    pub organisation: String,
}

/// A party disputes a deal.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct DisputeBegun {
    /// Its number.
    #[indexed]
    pub id: u64,
    /// The party.
    #[indexed]
    pub by: String,
    /// Why.
    pub reason: String,
    /// When the buyer has the price back unless the arbiter decided.
    pub until_ms: u64,
    /// Whether it is later than the deadline and the chain refunds it then. At the deadline it does if `Opened` says so;
    /// otherwise somebody has to call `expire`.
    pub refunds_itself: bool,
}

/// A deal is over: the price is the seller's, and so is the document, or the price is the buyer's again.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Closed {
    /// Its number.
    #[indexed]
    pub id: u64,
    /// Whether the seller was paid.
    #[indexed]
    pub paid: bool,
    /// Who has the price.
    #[indexed]
    pub to: String,
    /// The price.
    pub price: u64,
    /// SHA-256 of the document. Its custodian hands it to the seller if the seller was paid.
    #[indexed]
    pub document: Hash,
    /// `conditions`, `arbiter` or `deadline`.
    pub because: String,
}

//! What the keeper announces.

use countersign_contract::prelude::*;

/// An organisation is responsible for a class.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Entrusted {
    /// The class.
    #[indexed]
    pub class: String,
    /// The organisation.
    #[indexed]
    pub organisation: String,
}

/// A class has other limits for readings from now on.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Limited {
    /// The class.
    #[indexed]
    pub class: String,
    /// The lowest temperature.
    pub least: i64,
    /// The highest temperature.
    pub most: i64,
    /// How long things may be outside of these.
    pub excursion_ms: u64,
}

/// Readings of a contract are believed, or no longer.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Trusted {
    /// The contract.
    #[indexed]
    pub contract: Address,
    /// Whether they are.
    pub believed: bool,
}

/// A thing was outside of its limits for longer than known before.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Excursion {
    /// The thing.
    #[indexed]
    pub item: String,
    /// Its class.
    #[indexed]
    pub class: String,
    /// How long in all, without what was forgiven.
    pub excursion_ms: u64,
    /// Whether it is held because of it from now on.
    #[indexed]
    pub held: bool,
}

/// A thing is let go.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Released {
    /// The thing.
    #[indexed]
    pub item: String,
    /// Organisation that let it go.
    #[indexed]
    pub by: String,
    /// Why.
    pub reason: String,
}

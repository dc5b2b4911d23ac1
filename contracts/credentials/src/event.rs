//! What the registry announces.

use countersign_contract::prelude::*;

/// An organisation issues credentials by a key.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct IssuerRegistered {
    /// The organisation.
    #[indexed]
    pub organisation: String,
    /// The key.
    #[indexed]
    pub key: PublicKey,
}

/// A key issues no more credentials.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct IssuerRetired {
    /// Its organisation.
    #[indexed]
    pub organisation: String,
    /// The key.
    #[indexed]
    pub key: PublicKey,
}

/// A credential is stored.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct CredentialIssued {
    /// Its id.
    #[indexed]
    pub id: Hash,
    /// The holder's key.
    #[indexed]
    pub holder: PublicKey,
    /// What it is.
    #[indexed]
    pub kind: String,
    /// The issuer's organisation.
    #[indexed]
    pub organisation: String,
}

/// A credential was revoked.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct CredentialRevoked {
    /// Its id.
    #[indexed]
    pub id: Hash,
    /// The holder's key.
    #[indexed]
    pub holder: PublicKey,
    /// Why.
    pub reason: String,
}

/// A holder presented a credential that was valid.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct CredentialPresented {
    /// Its id.
    #[indexed]
    pub id: Hash,
    /// To whom.
    #[indexed]
    pub audience: String,
    /// The nonce that the audience gave.
    #[indexed]
    pub nonce: Hash,
}

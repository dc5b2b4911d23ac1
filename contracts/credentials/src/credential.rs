//! Credential: what an issuer signs, what a holder signs to present it, and what is kept of it.

use countersign_contract::borsh;
use countersign_contract::prelude::*;
use countersign_contract::sha256;

/// Begins the message that an issuer signs to show that a key is its own.
const ISSUER: &[u8] = b"countersign issuer";
/// Begins the message that an issuer signs.
const CREDENTIAL: &[u8] = b"countersign credential";
/// Begins the message that a holder signs.
const PRESENTATION: &[u8] = b"countersign presentation";

/// What an issuer says of the holder of a key.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Credential {
    /// The issuer's key.
    pub issuer: PublicKey,
    /// The holder's key.
    pub holder: PublicKey,
    /// What the credential is, in the issuer's words (`warehouse access`).
    pub kind: String,
    /// SHA-256 of the claims, which stay with the holder.
    pub claims: Hash,
    /// Its first moment, milliseconds since 1970 UTC.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
    /// Tells apart credentials that are otherwise the same.
    pub serial: u64,
}

/// A credential on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Issued {
    /// The credential.
    pub credential: Credential,
    /// The issuer's organisation.
    pub organisation: String,
    /// When it was stored, by the block's time.
    pub issued_ms: u64,
    /// When and why it was revoked.
    pub revocation: Option<Revocation>,
}

/// The end of a credential before its time.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Revocation {
    /// From when on it is not valid: the time of the block that revoked it.
    pub at_ms: u64,
    /// Why.
    pub reason: String,
}

/// An issuer's key.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Issuer {
    /// The organisation that registered it.
    pub organisation: String,
    /// When it was retired, if it was: what it signed is stored no more, what was stored stands.
    pub retired_ms: Option<u64>,
}

/// When a credential is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub struct Term {
    /// The credential's id.
    pub id: Hash,
    /// Its first moment.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
    /// When it was revoked.
    pub revoked_ms: Option<u64>,
}

impl Term {
    pub(crate) fn covers(&self, at_ms: u64) -> bool {
        self.from_ms <= at_ms && at_ms < self.to_ms
    }

    pub(crate) fn is_over(&self, now_ms: u64) -> bool {
        self.revoked_ms.is_some() || self.to_ms <= now_ms
    }

    pub(crate) fn is_valid(&self, at_ms: u64) -> bool {
        self.covers(at_ms) && self.revoked_ms.is_none_or(|revoked| at_ms < revoked)
    }
}

/// A registry on a chain: what is signed for one is void in every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The chain's id.
    pub chain: Hash,
    /// The registry's address.
    pub contract: Address,
}

impl Place {
    /// What an issuer signs to register its key for an organisation.
    #[must_use]
    pub fn registration(&self, organisation: &str) -> Vec<u8> {
        self.message(ISSUER, &[organisation.as_bytes()])
    }

    /// What an issuer signs.
    ///
    /// # Panics
    ///
    /// Never: writing to memory cannot fail.
    #[must_use]
    pub fn credential(&self, credential: &Credential) -> Vec<u8> {
        let bytes = borsh::to_vec(credential).expect("writing to memory cannot fail");
        self.message(CREDENTIAL, &[&bytes])
    }

    /// What a holder signs to present a credential to somebody, once.
    #[must_use]
    pub fn presentation(&self, id: &Hash, nonce: &Hash, audience: &str) -> Vec<u8> {
        self.message(PRESENTATION, &[id, nonce, audience.as_bytes()])
    }

    /// A credential's id: the hash of what its issuer signs.
    #[must_use]
    pub fn id(&self, credential: &Credential) -> Hash {
        sha256(&self.credential(credential))
    }

    /// At most the last part has no fixed length, so that no two messages are alike.
    fn message(&self, kind: &[u8], parts: &[&[u8]]) -> Vec<u8> {
        [kind, &self.chain, &self.contract].into_iter().chain(parts.iter().copied()).flatten().copied().collect()
    }
}

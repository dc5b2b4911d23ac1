//! Certificate: what an inspector says of a subject, and what became of it.

use countersign_contract::prelude::*;

/// A certificate as an inspector asks for it.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Certificate {
    /// Whom or what it is about: any spelling of the identifier of a party, place or product.
    pub subject: String,
    /// Name or address of the scheme, as events name it in `certificationInfo`.
    pub scheme: String,
    /// Its first moment, milliseconds since 1970 UTC.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
    /// SHA-256 of the document.
    pub document: Hash,
}

/// A certificate that was granted.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Granted {
    /// The certificate; its subject is canonical.
    pub certificate: Certificate,
    /// Organisation that granted it.
    pub inspector: String,
    /// When it was granted, by the block's time.
    pub granted_ms: u64,
    /// What ended it early.
    pub revocation: Option<Revocation>,
}

/// The end of a certificate before its time.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Revocation {
    /// From when on it is not valid: the time of the block that revoked it.
    pub at_ms: u64,
    /// Organisation that revoked it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// An organisation may grant certificates under a scheme.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct InspectorAccredited {
    /// The organisation.
    #[indexed]
    pub inspector: String,
    /// The scheme.
    #[indexed]
    pub scheme: String,
}

/// An organisation may grant no more certificates under a scheme. Those granted stand.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct AccreditationWithdrawn {
    /// The organisation.
    #[indexed]
    pub inspector: String,
    /// The scheme.
    #[indexed]
    pub scheme: String,
}

/// A certificate was granted.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct CertificateGranted {
    /// Its number.
    pub id: u64,
    /// Whom or what it is about.
    #[indexed]
    pub subject: String,
    /// Its scheme.
    #[indexed]
    pub scheme: String,
    /// Who granted it.
    #[indexed]
    pub inspector: String,
    /// Its first moment.
    pub from_ms: u64,
    /// The first moment after it.
    pub to_ms: u64,
}

/// A certificate was revoked.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct CertificateRevoked {
    /// Its number.
    pub id: u64,
    /// Whom or what it is about.
    #[indexed]
    pub subject: String,
    /// Its scheme.
    #[indexed]
    pub scheme: String,
    /// Who revoked it.
    #[indexed]
    pub by: String,
    /// Why.
    pub reason: String,
}

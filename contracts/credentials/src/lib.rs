//! A registry of credentials: issuers sign them, holders present them, other contracts ask for them.
//!
//! Organisations register the keys that they issue by. A credential is an issuer's signature; whoever has it may store
//! it. Claims stay with the holder, of whom the ledger knows a key and a hash. A holder presents a credential by a
//! signature for one audience and one nonce, which counts once.
#![no_std]

mod credential;
mod error;
mod event;
mod limits;

pub use credential::{Credential, Issued, Issuer, Place, Revocation, Term};
pub use error::Error;
pub use event::{CredentialIssued, CredentialPresented, CredentialRevoked, IssuerRegistered, IssuerRetired};

use countersign_contract::prelude::*;
use countersign_contract::{check_length, checked_text, ed25519_verify, wide};
use countersign_interfaces::credentials::NotHeld;

use limits::{AUDIENCE_BYTES_MAX, CREDENTIALS_MAX, KIND_BYTES_MAX, ORGANISATION_BYTES_MAX, REASON_BYTES_MAX};

countersign_contract::no_std_runtime!();

/// Credentials of the holders of keys, stored, verified, presented and revoked.
#[contract]
pub struct Credentials {
    issuers: Map<PublicKey, Issuer>,
    issued: Map<Hash, Issued>,
    terms: Map<(PublicKey, String, String), Vec<Term>>,
    presented: Map<(Hash, Hash), u64>,
}

#[contract(interface = countersign_interfaces::credentials::Credentials)]
impl Credentials {
    /// Registers a key that the caller's organisation issues credentials by. `proof` is the key's signature over what
    /// shows that it is its own. By admins.
    #[call]
    pub fn register(&mut self, ctx: &mut Context, key: PublicKey, proof: [u8; 64]) -> Result<(), Error> {
        ctx.check_direct()?;
        if !ctx.has_role(Role::Admin) {
            return Err(Error::NotPermitted);
        }
        if let Some(Issuer { organisation, .. }) = self.issuers.get(&key) {
            return Err(Error::Registered { organisation });
        }
        let organisation = checked_text("organisation", ctx.organisation(), ORGANISATION_BYTES_MAX)?;
        verify(&key, &place(ctx).registration(&organisation), &proof)?;
        self.issuers.set(&key, &Issuer { organisation: organisation.clone(), retired_ms: None });
        ctx.emit(&IssuerRegistered { organisation, key });
        Ok(())
    }

    /// Retires a key for good. What it issued stands. By admins of its organisation.
    #[call]
    pub fn retire(&mut self, ctx: &mut Context, key: PublicKey) -> Result<(), Error> {
        ctx.check_direct()?;
        let issuer = self.issuer(key).filter(|issuer| issuer.retired_ms.is_none()).ok_or(Error::NotAnIssuer)?;
        if !ctx.has_role(Role::Admin) || ctx.organisation() != issuer.organisation {
            return Err(Error::NotPermitted);
        }
        self.issuers.set(&key, &Issuer { retired_ms: Some(ctx.time_ms()), ..issuer.clone() });
        ctx.emit(&IssuerRetired { organisation: issuer.organisation, key });
        Ok(())
    }

    /// Stores a credential that its issuer signed; answers its id. By submitters.
    #[call]
    pub fn issue(&mut self, ctx: &mut Context, credential: Credential, signature: [u8; 64]) -> Result<Hash, Error> {
        ctx.check_direct()?;
        if !ctx.has_role(Role::Submitter) {
            return Err(Error::NotPermitted);
        }
        check(&credential)?;
        let issuer = self.issuer(credential.issuer).filter(|issuer| issuer.retired_ms.is_none());
        let Issuer { organisation, .. } = issuer.ok_or(Error::NotAnIssuer)?;
        let place = place(ctx);
        let id = place.id(&credential);
        if self.issued.has(&id) {
            return Err(Error::Issued { id });
        }
        verify(&credential.issuer, &place.credential(&credential), &signature)?;
        self.add_term(id, &credential, &organisation, ctx.time_ms())?;
        let (holder, kind) = (credential.holder, credential.kind.clone());
        let issued =
            Issued { credential, organisation: organisation.clone(), issued_ms: ctx.time_ms(), revocation: None };
        self.issued.set(&id, &issued);
        ctx.emit(&CredentialIssued { id, holder, kind, organisation });
        Ok(id)
    }

    /// Revokes a credential from this block's time on. By submitters and admins of its issuer's organisation.
    #[call]
    pub fn revoke(&mut self, ctx: &mut Context, id: Hash, reason: String) -> Result<(), Error> {
        ctx.check_direct()?;
        let reason = checked_text("reason", reason, REASON_BYTES_MAX)?;
        let mut issued = self.issued.get(&id).ok_or(Error::NotFound)?;
        let acts = ctx.has_role(Role::Submitter) || ctx.has_role(Role::Admin);
        if !acts || ctx.organisation() != issued.organisation {
            return Err(Error::NotPermitted);
        }
        if let Some(Revocation { at_ms, .. }) = issued.revocation {
            return Err(Error::Revoked { at_ms });
        }
        let at_ms = ctx.time_ms();
        issued.revocation = Some(Revocation { at_ms, reason: reason.clone() });
        self.issued.set(&id, &issued);
        let Issued { credential: Credential { holder, kind, .. }, organisation, .. } = issued;
        let key = (holder, kind, organisation);
        let mut terms = self.terms.get(&key).unwrap_or_default();
        for term in terms.iter_mut().filter(|term| term.id == id) {
            term.revoked_ms = Some(at_ms);
        }
        self.terms.set(&key, &terms);
        ctx.emit(&CredentialRevoked { id, holder, reason });
        Ok(())
    }

    /// Presents a credential that is valid now. `nonce` is what the audience gave, `signature` the holder's over id,
    /// nonce and audience; each nonce counts once. Anybody may hand it in.
    #[call]
    pub fn present(
        &mut self,
        ctx: &mut Context,
        id: Hash,
        audience: String,
        nonce: Hash,
        signature: [u8; 64],
    ) -> Result<(), Error> {
        let audience = checked_text("audience", audience, AUDIENCE_BYTES_MAX)?;
        let Issued { credential, revocation, .. } = self.issued.get(&id).ok_or(Error::NotFound)?;
        let Credential { holder, from_ms, to_ms, .. } = credential;
        let now_ms = ctx.time_ms();
        if let Some(Revocation { at_ms, .. }) = revocation {
            return Err(Error::Revoked { at_ms });
        }
        if now_ms < from_ms || to_ms <= now_ms {
            return Err(Error::NotValid { from_ms, to_ms });
        }
        if self.presented.has(&(id, nonce)) {
            return Err(Error::Presented);
        }
        verify(&holder, &place(ctx).presentation(&id, &nonce, &audience), &signature)?;
        self.presented.set(&(id, nonce), &now_ms);
        ctx.emit(&CredentialPresented { id, audience, nonce });
        Ok(())
    }

    /// The credential of an id.
    #[view]
    pub fn credential(&self, id: Hash) -> Option<Issued> {
        self.issued.get(&id)
    }

    /// Who issues by a key.
    #[view]
    pub fn issuer(&self, key: PublicKey) -> Option<Issuer> {
        self.issuers.get(&key)
    }

    /// When a credential was presented with a nonce, if it was: by the block's time.
    #[view]
    pub fn presented(&self, id: Hash, nonce: Hash) -> Option<u64> {
        self.presented.get(&(id, nonce))
    }

    /// The credential of a kind that an issuing organisation gave to the holder of a key and that is valid at a time,
    /// in milliseconds since 1970 UTC.
    #[view]
    pub fn holds(&self, holder: PublicKey, kind: String, issuer: String, at_ms: u64) -> Result<Hash, NotHeld> {
        if kind.len() > KIND_BYTES_MAX || issuer.len() > ORGANISATION_BYTES_MAX {
            return Err(NotHeld::Unknown);
        }
        let terms = self.terms.get(&(holder, kind, issuer)).ok_or(NotHeld::Unknown)?;
        if let Some(term) = terms.iter().find(|term| term.is_valid(at_ms)) {
            return Ok(term.id);
        }
        let revoked = terms.iter().filter(|term| term.covers(at_ms)).filter_map(|term| term.revoked_ms).max();
        Err(revoked.map_or(NotHeld::NotThen, |at_ms| NotHeld::Revoked { at_ms }))
    }

    /// Keeps when a credential is valid. If there is no room, the first that is over, ended or revoked, is dropped.
    fn add_term(&mut self, id: Hash, credential: &Credential, organisation: &str, now_ms: u64) -> Result<(), Error> {
        let key = (credential.holder, credential.kind.clone(), organisation.to_string());
        let mut terms = self.terms.get(&key).unwrap_or_default();
        if terms.len() >= CREDENTIALS_MAX {
            let over = terms.iter().position(|term| term.is_over(now_ms));
            terms.remove(over.ok_or_else(|| Error::Full { max: wide(CREDENTIALS_MAX) })?);
        }
        terms.push(Term { id, from_ms: credential.from_ms, to_ms: credential.to_ms, revoked_ms: None });
        self.terms.set(&key, &terms);
        Ok(())
    }
}

fn place(ctx: &Context) -> Place {
    Place { chain: ctx.chain(), contract: ctx.contract() }
}

fn verify(key: &PublicKey, message: &[u8], signature: &[u8; 64]) -> Result<(), Error> {
    if ed25519_verify(key, message, signature) { Ok(()) } else { Err(Error::Signature) }
}

fn check(credential: &Credential) -> Result<(), Error> {
    let Credential { from_ms, to_ms, kind, .. } = credential;
    if to_ms <= from_ms {
        return Err(Error::NoTime { from_ms: *from_ms, to_ms: *to_ms });
    }
    Ok(check_length("kind", kind, KIND_BYTES_MAX)?)
}

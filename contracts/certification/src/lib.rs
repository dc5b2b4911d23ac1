//! A registry of certificates: inspectors grant and revoke them, other contracts ask for them.
//!
//! The registrar, an organisation named at deployment, accredits inspectors for schemes. A revocation counts from the
//! time of its block, so what was certified before stays provable. Every certificate is kept; what is asked by subject
//! and scheme drops those that are over once there are too many.
#![no_std]

mod certificate;
mod error;
mod limits;
mod periods;

pub use certificate::{
    AccreditationWithdrawn, Certificate, CertificateGranted, CertificateRevoked, Granted, InspectorAccredited,
    Revocation,
};
pub use error::Error;

use countersign_contract::prelude::*;
use countersign_contract::{checked_text, wide};
use countersign_epcis::Identifier;
use countersign_interfaces::certification::{Invalid, Period, judge};

use limits::{ORGANISATION_BYTES_MAX, PAGE_MAX, REASON_BYTES_MAX, SCHEME_BYTES_MAX, SUBJECT_BYTES_MAX};

use periods::Periods;

countersign_contract::no_std_runtime!();

/// Certificates of parties, places and products, granted and revoked by accredited inspectors.
#[contract]
pub struct Certification {
    registrar: Item<String>,
    inspectors: Set<(String, String)>,
    count: Item<u64>,
    certificates: Map<u64, Granted>,
    periods: Map<(String, String), Periods>,
    subjects: Index<String, u64>,
}

#[contract(interface = countersign_interfaces::certification::Certification)]
impl Certification {
    /// Names the organisation whose admins accredit inspectors.
    #[init]
    pub fn init(&mut self, registrar: String) -> Result<(), Error> {
        let registrar = checked_text("registrar", registrar, ORGANISATION_BYTES_MAX)?;
        self.registrar.set(&registrar);
        Ok(())
    }

    /// Lets an organisation grant certificates under a scheme. By admins of the registrar.
    #[call]
    pub fn accredit(&mut self, ctx: &mut Context, inspector: String, scheme: String) -> Result<(), Error> {
        self.check_registrar(ctx)?;
        let inspector = checked_text("inspector", inspector, ORGANISATION_BYTES_MAX)?;
        let scheme = checked_text("scheme", scheme, SCHEME_BYTES_MAX)?;
        let pair = (inspector, scheme);
        if self.inspectors.insert(&pair) {
            let (inspector, scheme) = pair;
            ctx.emit(&InspectorAccredited { inspector, scheme });
        }
        Ok(())
    }

    /// Ends an organisation's right to grant certificates under a scheme. Those that it granted stand. By admins of the
    /// registrar.
    #[call]
    pub fn withdraw(&mut self, ctx: &mut Context, inspector: String, scheme: String) -> Result<(), Error> {
        self.check_registrar(ctx)?;
        let inspector = checked_text("inspector", inspector, ORGANISATION_BYTES_MAX)?;
        let scheme = checked_text("scheme", scheme, SCHEME_BYTES_MAX)?;
        let pair = (inspector, scheme);
        if !self.inspectors.remove(&pair) {
            let (organisation, scheme) = pair;
            return Err(Error::NotAccredited { organisation, scheme });
        }
        let (inspector, scheme) = pair;
        ctx.emit(&AccreditationWithdrawn { inspector, scheme });
        Ok(())
    }

    /// Grants a certificate; answers its number. By submitters of an organisation accredited for its scheme.
    #[call]
    pub fn grant(&mut self, ctx: &mut Context, certificate: Certificate) -> Result<u64, Error> {
        ctx.check_direct()?;
        let certificate = checked_certificate(certificate)?;
        let inspector = ctx.organisation();
        let accreditation = (inspector, certificate.scheme.clone());
        if !ctx.has_role(Role::Submitter) || !self.inspectors.contains(&accreditation) {
            let (organisation, scheme) = accreditation;
            return Err(Error::NotAccredited { organisation, scheme });
        }
        let (inspector, _) = accreditation;
        let id = self.count.get_or_default();
        self.add_period(&certificate, id, &inspector, ctx.time_ms())?;
        self.count.set(&(id + 1));
        self.subjects.insert(&certificate.subject, &id);
        let Certificate { subject, scheme, from_ms, to_ms, .. } = certificate.clone();
        let granted = Granted { certificate, inspector, granted_ms: ctx.time_ms(), revocation: None };
        self.certificates.set(&id, &granted);
        ctx.emit(&CertificateGranted { id, subject, scheme, inspector: granted.inspector, from_ms, to_ms });
        Ok(id)
    }

    /// Revokes a certificate from this block's time on. By submitters and admins of the organisation that granted it,
    /// and by admins of the registrar.
    #[call]
    pub fn revoke(&mut self, ctx: &mut Context, id: u64, reason: String) -> Result<(), Error> {
        ctx.check_direct()?;
        let reason = checked_text("reason", reason, REASON_BYTES_MAX)?;
        let mut granted = self.certificates.get(&id).ok_or(Error::NotFound { id })?;
        let by = ctx.organisation();
        let own = by == granted.inspector && (ctx.has_role(Role::Submitter) || ctx.has_role(Role::Admin));
        if !own {
            self.check_registrar(ctx)?;
        }
        if let Some(Revocation { at_ms, .. }) = granted.revocation {
            return Err(Error::Revoked { at_ms });
        }
        let at_ms = ctx.time_ms();
        granted.revocation = Some(Revocation { at_ms, by: by.clone(), reason: reason.clone() });
        self.certificates.set(&id, &granted);
        let Certificate { subject, scheme, .. } = granted.certificate;
        let key = (subject, scheme);
        let mut periods = self.periods.get(&key).unwrap_or_default();
        periods.revoke(id, at_ms);
        self.periods.set(&key, &periods);
        let (subject, scheme) = key;
        ctx.emit(&CertificateRevoked { id, subject, scheme, by, reason });
        Ok(())
    }

    /// The certificate of a number.
    #[view]
    pub fn certificate(&self, id: u64) -> Option<Granted> {
        self.certificates.get(&id)
    }

    /// Numbers and certificates of a subject, oldest first: those after number `after`, at most `limit` and 1,000.
    #[view]
    pub fn certificates(&self, subject: String, after: Option<u64>, limit: u32) -> Result<Vec<(u64, Granted)>, Error> {
        let subject = canonical(&subject)?;
        let ids = self.subjects.page(&subject, after.as_ref(), limit.min(PAGE_MAX));
        Ok(ids.into_iter().filter_map(|id| Some((id, self.certificates.get(&id)?))).collect())
    }

    /// The accreditations, organisation and scheme: those from position `from` on, at most `limit` and 1,000. In no
    /// order.
    #[view]
    pub fn inspectors(&self, from: u64, limit: u32) -> Vec<(String, String)> {
        self.inspectors.page(from, limit.min(PAGE_MAX))
    }

    /// The certificates of a subject under a scheme, in the order in which they were granted: ended and revoked ones too,
    /// as long as there is room.
    #[view]
    pub fn periods(&self, subject: String, scheme: String) -> Vec<Period> {
        match (canonical(&subject), checked_text("scheme", scheme, SCHEME_BYTES_MAX)) {
            (Ok(subject), Ok(scheme)) => self.periods.get(&(subject, scheme)).map(Periods::listed).unwrap_or_default(),
            // Nothing is kept under what is no name.
            _ => Vec::new(),
        }
    }

    /// The certificate of a subject under a scheme that is valid at a time, in milliseconds since 1970 UTC.
    #[view]
    pub fn valid(&self, subject: String, scheme: String, at_ms: u64) -> Result<Period, Invalid> {
        judge(&self.periods(subject, scheme), at_ms)
    }

    fn check_registrar(&self, ctx: &Context) -> Result<(), Error> {
        ctx.check_direct()?;
        let registrar = self.registrar.get_or_default();
        if ctx.has_role(Role::Admin) && ctx.organisation() == registrar { Ok(()) } else { Err(Error::NotPermitted) }
    }

    fn add_period(&mut self, certificate: &Certificate, id: u64, inspector: &str, now_ms: u64) -> Result<(), Error> {
        let Certificate { subject, scheme, from_ms, to_ms, .. } = certificate;
        let key = (subject.clone(), scheme.clone());
        let mut periods = self.periods.get(&key).unwrap_or_default();
        let period = Period { id, from_ms: *from_ms, to_ms: *to_ms, revoked_ms: None };
        periods.add(period, inspector, now_ms).map_err(|max| Error::Full { max: wide(max) })?;
        self.periods.set(&key, &periods);
        Ok(())
    }
}

/// The certificate with its subject in canonical form, if it can be kept.
fn checked_certificate(certificate: Certificate) -> Result<Certificate, Error> {
    let Certificate { subject, scheme, from_ms, to_ms, document } = certificate;
    if to_ms <= from_ms {
        return Err(Error::NoTime { from_ms, to_ms });
    }
    let scheme = checked_text("scheme", scheme, SCHEME_BYTES_MAX)?;
    Ok(Certificate { subject: canonical(&subject)?, scheme, from_ms, to_ms, document })
}

fn canonical(subject: &str) -> Result<String, Error> {
    let identifier = Identifier::parse(subject).map_err(|fault| Error::Subject { reason: fault.to_string() })?;
    Ok(checked_text("subject", identifier.into_canonical(), SUBJECT_BYTES_MAX)?)
}

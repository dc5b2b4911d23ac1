//! Party: which organisation acts for a party's identifier, and how an organisation wants to receive.
//!
//! Both are read when an event is captured. Neither changes what was handed over before.

use alloc::borrow::ToOwned;
use alloc::string::String;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::answer::HandoverPolicy;
use crate::limits::HANDOVER_WINDOW_MS;
use crate::register::capture::load;
use crate::register::{Reader, Stored, Writer, key};
use crate::walk::Unanswered;

/// Who acts for a party; nobody any more if none.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Entrusted {
    organisation: Option<String>,
}

impl Stored for Entrusted {
    const NAME: &'static str = "party";
}

impl Stored for HandoverPolicy {
    const NAME: &'static str = "hand-over policy";
}

/// Lets an organisation act for the party `canonical`, or nobody, for events from now on.
pub fn entrust<W: Writer>(writer: &mut W, canonical: &str, organisation: Option<&str>) {
    let key = key::party(canonical, |bytes| writer.digest(bytes));
    writer.write(&key, &Entrusted { organisation: organisation.map(ToOwned::to_owned) }.to_bytes());
}

/// Sets how `receiver` receives from `giver`, or, if that is none, from all that it has set nothing for.
pub fn set_policy<W: Writer>(writer: &mut W, receiver: &str, giver: Option<&str>, policy: HandoverPolicy) {
    writer.write(&key::handover_policy(receiver, giver), &policy.to_bytes());
}

/// The organisation that acts for the party `canonical`.
///
/// # Errors
///
/// If the register cannot be read.
pub fn party<R: Reader>(reader: &mut R, canonical: &str) -> Result<Option<String>, Unanswered<R::Error>> {
    let key = key::party(canonical, |bytes| reader.digest(bytes));
    let Some(bytes) = reader.read(&key).map_err(Unanswered::Read)? else { return Ok(None) };
    Ok(Entrusted::from_bytes(&bytes)?.organisation)
}

/// How `receiver` receives from `giver`.
///
/// # Errors
///
/// If the register cannot be read.
pub fn policy<R: Reader>(reader: &mut R, receiver: &str, giver: &str) -> Result<HandoverPolicy, Unanswered<R::Error>> {
    for giver in [Some(giver), None] {
        let bytes = reader.read(&key::handover_policy(receiver, giver)).map_err(Unanswered::Read)?;
        if let Some(bytes) = bytes {
            return Ok(HandoverPolicy::from_bytes(&bytes)?);
        }
    }
    Ok(UNSAID)
}

/// How an organisation receives that has set nothing.
const UNSAID: HandoverPolicy = HandoverPolicy::Countersign { window_ms: HANDOVER_WINDOW_MS };

pub(super) fn party_in<W: Writer>(writer: &mut W, canonical: &str) -> Option<String> {
    let key = key::party(canonical, |bytes| writer.digest(bytes));
    load::<W, Entrusted>(writer, &key)?.organisation
}

pub(super) fn policy_in<W: Writer>(writer: &mut W, receiver: &str, giver: &str) -> HandoverPolicy {
    let own = load(writer, &key::handover_policy(receiver, Some(giver)));
    own.or_else(|| load(writer, &key::handover_policy(receiver, None))).unwrap_or(UNSAID)
}

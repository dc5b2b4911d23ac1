//! Claims: the scheme that an event names in `certificationInfo` is a claim of the parties that hand the things on.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use countersign_contract::{Address, Context, ContractEvent};
use countersign_epcis::Event;
use countersign_interfaces::certification::{CertificationClient, Invalid, Period, judge};

use super::{moment, unavailable};
use crate::capture::indexed;
use crate::limits::{CLAIMS_MAX, QUESTION_GAS, QUESTIONS_MAX};

/// An event claims a certificate that its party does not have. Indexed fields too long for the index are empty.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct Uncertified<'a> {
    /// Number of the event's record.
    pub sequence: u64,
    /// The party, or the place if the event names no party; empty if it names neither.
    #[indexed]
    pub party: &'a str,
    /// The scheme, as written in the event.
    #[indexed]
    pub scheme: &'a str,
    /// `unknown`, `not yet`, `ended` or `revoked` at the time of the event; `no party` if it names none.
    pub reason: &'a str,
}

/// A party claims to be certified.
struct Claim {
    sequence: u64,
    at_ms: u64,
    party: String,
    scheme: String,
}

/// What the events of a call claim.
pub(super) struct Claims {
    registry: Address,
    claims: Vec<Claim>,
    unasked: u32,
}

impl Claims {
    pub(super) fn of(registry: Address) -> Self {
        Self { registry, claims: Vec::new(), unasked: 0 }
    }

    pub(super) fn note(&mut self, event: &Event, sequence: u64) {
        if event.certification.is_empty() {
            return;
        }
        let parties = parties(event);
        let at_ms = moment(event.time.ms());
        for scheme in &event.certification {
            for party in &parties {
                if self.claims.len() >= CLAIMS_MAX {
                    self.unasked = self.unasked.saturating_add(1);
                    continue;
                }
                let (party, scheme) = (party.to_string(), scheme.clone());
                self.claims.push(Claim { sequence, at_ms, party, scheme });
            }
        }
    }

    /// Asks once for each party and scheme, and announces every claim that does not hold.
    pub(super) fn ask(self, ctx: &mut Context) {
        let Self { registry, claims, mut unasked } = self;
        let client = CertificationClient::at(registry).gas(QUESTION_GAS);
        let mut known: BTreeMap<(&str, &str), Option<Vec<Period>>> = BTreeMap::new();
        for Claim { sequence, at_ms, party, scheme } in &claims {
            let asked = known.len();
            let answer = known.entry((party, scheme)).or_insert_with(|| {
                let asks = !party.is_empty() && asked < QUESTIONS_MAX;
                asks.then(|| client.periods(ctx, party.clone(), scheme.clone()).ok()).flatten()
            });
            let reason = match answer {
                Some(periods) => judge(periods, *at_ms).err().map(word),
                None if party.is_empty() => Some("no party"),
                None => {
                    unasked = unasked.saturating_add(1);
                    None
                }
            };
            if let Some(reason) = reason {
                let (party, scheme) = (indexed(Some(party)), indexed(Some(scheme)));
                ctx.emit(&Uncertified { sequence: *sequence, party, scheme, reason });
            }
        }
        unavailable(ctx, registry, unasked);
    }
}

/// Who claims: the parties that the things come from, else the place where it happened, else nobody.
fn parties(event: &Event) -> Vec<&str> {
    let is_party = |word: &str| matches!(word, "owning_party" | "possessing_party");
    let sources = event.sources.iter().filter(|source| source.kind.as_ref().is_some_and(|kind| is_party(kind.word())));
    let mut parties: Vec<&str> = sources.map(|source| source.id.canonical()).collect();
    if parties.is_empty() {
        parties.push(event.read_point.as_ref().map_or("", |place| place.id.canonical()));
    }
    parties.sort_unstable();
    parties.dedup();
    parties
}

fn word(invalid: Invalid) -> &'static str {
    match invalid {
        Invalid::Unknown => "unknown",
        Invalid::NotYet { .. } => "not yet",
        Invalid::Ended { .. } => "ended",
        Invalid::Revoked { .. } => "revoked",
    }
}

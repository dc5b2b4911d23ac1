//! Propose: what a captured event hands over, and by which terms.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::party::{party_in, policy_in};
use super::{CUSTODY, Handover, OWNERSHIP, Part, Receiver, Roles, Settled, Terms};
use crate::answer::HandoverPolicy;
use crate::event::{Event, Reference};
use crate::register::record::organisation;
use crate::register::{Entry, Pos, Role, Stored, Submission, Writer, key};
use crate::term::Term;

/// Writes down what `event` hands over, if it does: its entry, and a line in the logs of those who give and receive.
pub(in crate::register) fn propose<W: Writer>(
    writer: &mut W,
    event: &Event,
    pos: Pos,
    by: &Submission,
) -> Option<Handover> {
    let giver = organisation(&by.account);
    let mut handover = Handover::undeclared(event, giver)?;
    for part in &mut handover.parts {
        part.receiver = receiver(writer, &part.to, giver, pos.sequence, by);
    }
    let line = Entry { pos, role: Role::Reference }.to_bytes();
    writer.log_append(&key::given(giver), &line);
    let mut receivers: Vec<&str> = handover.parts.iter().filter_map(Part::organisation).collect();
    receivers.dedup();
    for receiver in receivers {
        writer.log_append(&key::received(receiver), &line);
    }
    writer.write(&key::handover(pos.sequence), &handover.to_bytes());
    Some(handover)
}

/// Parties that an event names, before anything is read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Draft<'a> {
    roles: Roles,
    from: Option<&'a str>,
    to: &'a str,
}

/// Whether an event names a party that receives.
pub(crate) fn hands_over(event: &Event) -> bool {
    named(&event.destinations, CUSTODY).is_some() || named(&event.destinations, OWNERSHIP).is_some()
}

impl Handover {
    /// What an event hands over whose parties were entrusted to nobody.
    pub(crate) fn undeclared(event: &Event, giver: &str) -> Option<Self> {
        let part = |Draft { roles, from, to }: Draft<'_>| Part {
            roles,
            from: from.map(ToOwned::to_owned),
            to: to.to_owned(),
            receiver: None,
        };
        let parts: Vec<Part> = drafts(event).into_iter().map(part).collect();
        (!parts.is_empty()).then(|| Self { giver: giver.to_owned(), parts })
    }
}

fn drafts(event: &Event) -> Vec<Draft<'_>> {
    let draft = |word: &str, roles: Roles| {
        let to = named(&event.destinations, word)?;
        let from = named(&event.sources, word);
        (from != Some(to)).then_some(Draft { roles, from, to })
    };
    let (custody, ownership) = (draft(CUSTODY, Roles::Custody), draft(OWNERSHIP, Roles::Ownership));
    match (custody, ownership) {
        (Some(one), Some(other)) if (one.from, one.to) == (other.from, other.to) => {
            Vec::from([Draft { roles: Roles::Both, ..one }])
        }
        (one, other) => one.into_iter().chain(other).collect(),
    }
}

fn named<'a>(references: &'a [Reference], word: &str) -> Option<&'a str> {
    let is_meant = |reference: &&Reference| reference.kind.as_ref().is_some_and(|kind: &Term| kind.word() == word);
    references.iter().find(is_meant).map(|reference| reference.id.canonical())
}

fn receiver<W: Writer>(writer: &mut W, party: &str, giver: &str, sequence: u64, by: &Submission) -> Option<Receiver> {
    let organisation: String = party_in(writer, party)?;
    if organisation == giver {
        let settled = Settled {
            refused: None,
            by: by.account.clone(),
            position: sequence,
            height: by.height,
            time_ms: by.time_ms,
            transaction: by.transaction,
        };
        let terms = Terms::Countersign { until_ms: by.time_ms, settled: Some(settled) };
        return Some(Receiver { organisation, terms });
    }
    let terms = match policy_in(writer, &organisation, giver) {
        HandoverPolicy::OneSided => Terms::OneSided,
        HandoverPolicy::Countersign { window_ms } => {
            Terms::Countersign { until_ms: by.time_ms.saturating_add(window_ms), settled: None }
        }
    };
    Some(Receiver { organisation, terms })
}

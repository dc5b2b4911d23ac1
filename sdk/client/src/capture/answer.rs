//! The provenance contract's `capture`, as borsh: its arguments and what it answers.

use super::Status;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_api::method::epcis::Fault;
use countersign_types::Hash;
use serde::{Deserialize, Serialize};

/// What a refused event does to the others of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// It refuses them all.
    #[default]
    Rollback,
    /// Nothing: each event stands for itself.
    Proceed,
}

/// Arguments of `capture`.
pub(super) fn borsh_of_call(events: Vec<Vec<u8>>, mode: Mode) -> Vec<u8> {
    countersign_types::encode(&(events, mode))
}

/// What became of one event of a call.
#[derive(Debug, BorshDeserialize)]
pub(super) struct Answer {
    pub index: u32,
    pub outcome: Outcome,
}

#[derive(Debug, BorshDeserialize)]
pub(super) enum Outcome {
    Accepted { sequence: u64, hash: [u8; 32] },
    Duplicate { sequence: u64 },
    Rejected { rule: String, path: String, reason: String },
}

/// Reads what `capture` returned.
pub(super) fn receipts(output: &[u8]) -> Option<Vec<Answer>> {
    borsh::from_slice(output).ok()
}

/// Errors of `capture`, in the contract's order.
#[derive(Debug, BorshDeserialize)]
enum Error {
    NotPermitted,
    TooMany { _count: u32, _max: u32 },
    Refused { index: u32, rule: String, path: String, reason: String },
}

/// The error that names an event.
#[derive(Debug)]
pub(super) struct Refused {
    pub index: u32,
    rule: String,
    path: String,
    reason: String,
}

impl Refused {
    /// Reads an error of `capture`; `None` if it does not name an event.
    pub fn read(error: &[u8]) -> Option<Self> {
        match borsh::from_slice(error).ok()? {
            Error::Refused { index, rule, path, reason } => Some(Self { index, rule, path, reason }),
            Error::NotPermitted | Error::TooMany { .. } => None,
        }
    }

    /// The event's verdict; `base` is its path in the document.
    pub fn status(&self, base: &str) -> Status {
        rejected(&self.rule, &self.path, &self.reason, base)
    }
}

impl Status {
    /// The verdict on an event with this hash and this path in the document.
    pub(super) fn of(outcome: Outcome, hash: Hash, base: &str) -> Self {
        match outcome {
            Outcome::Accepted { sequence, hash } => Self::Accepted { sequence, hash: Hash(hash) },
            Outcome::Duplicate { sequence } => Self::Duplicate { sequence, hash },
            Outcome::Rejected { rule, path, reason } => rejected(&rule, &path, &reason, base),
        }
    }
}

fn rejected(rule: &str, path: &str, reason: &str, base: &str) -> Status {
    Status::Rejected(Fault {
        path: format!("{base}{}", path.strip_prefix('$').unwrap_or(path)),
        rule: rule.to_owned(),
        reason: if reason.is_empty() { format!("it breaks the rule {rule}") } else { reason.to_owned() },
        hint: hint(rule).to_owned(),
    })
}

/// What to do about a rule that needs the ledger to be broken.
fn hint(rule: &str) -> &'static str {
    let known = countersign_epcis::rule::Rule::ALL.iter().find(|known| known.name() == rule);
    match rule {
        "containment.cycle" => "a container cannot be inside its own content; check parent and children",
        "containment.nesting" => "containers are in containers too deeply",
        "containment.two" => "take it out of the other container first, with a DELETE",
        "object.commissioned" => {
            "a serial number is commissioned once; check the serial, or declare the earlier event in error"
        }
        "event.conflict" => "give the event an eventID of its own, or declare the earlier one in error",
        "error.declarer" => "the organisation that submitted the event declares its error",
        _ => known.map_or("", |known| known.hint()),
    }
}

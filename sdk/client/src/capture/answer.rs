//! The provenance contract's `capture`, as borsh: its arguments and what it answers.

use super::Status;
use borsh::BorshDeserialize;
use countersign_api::check::refusal;
use countersign_epcis::answer::{EventReceipt, Mode, Outcome};
use countersign_epcis::rule::Position;
use countersign_types::Hash;

/// Arguments of `capture`.
pub(super) fn borsh_of_call(events: Vec<Vec<u8>>, mode: Mode) -> Vec<u8> {
    countersign_types::encode(&(events, mode))
}

/// Reads what `capture` returned.
pub(super) fn receipts(output: &[u8]) -> Option<Vec<EventReceipt>> {
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

/// Where a JSON path within an event leads in its document.
pub(super) type Place<'a> = &'a dyn Fn(&str) -> (String, Option<Position>);

impl Refused {
    /// Reads an error of `capture`; `None` if it does not name an event.
    pub fn read(error: &[u8]) -> Option<Self> {
        match borsh::from_slice(error).ok()? {
            Error::Refused { index, rule, path, reason } => Some(Self { index, rule, path, reason }),
            Error::NotPermitted | Error::TooMany { .. } => None,
        }
    }

    /// The event's verdict.
    pub fn status(&self, place: Place<'_>) -> Status {
        rejected(&self.rule, &self.path, &self.reason, place)
    }
}

impl Status {
    /// The verdict on an event with this hash.
    pub(super) fn of(outcome: Outcome, hash: Hash, place: Place<'_>) -> Self {
        match outcome {
            Outcome::Accepted { sequence, hash, anomalies } => Self::Accepted { sequence, hash: Hash(hash), anomalies },
            Outcome::Duplicate { sequence } => Self::Duplicate { sequence, hash },
            Outcome::Rejected { rule, path, reason } => rejected(&rule, &path, &reason, place),
        }
    }
}

fn rejected(rule: &str, path: &str, reason: &str, place: Place<'_>) -> Status {
    Status::Rejected(refusal(rule, path, reason, place))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use countersign_api::method::epcis::Fault;

    #[test]
    fn the_call_has_these_bytes() {
        let call = borsh_of_call(vec![vec![7], vec![]], Mode::Proceed);
        assert_eq!(call, [2, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 0, 1]);
        assert_eq!(borsh_of_call(Vec::new(), Mode::Rollback), [0, 0, 0, 0, 0]);
    }

    #[test]
    fn receipts_are_read_from_these_bytes() {
        let mut bytes = vec![3, 0, 0, 0];
        bytes.extend([0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([5; 32]);
        bytes.extend([2, 0, 0, 0]);
        bytes.extend([1, 0, 0, 0, 1, 4, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend([2, 0, 0, 0, 2, 1, 0, 0, 0, b'r', 2, 0, 0, 0, b'$', b'p', 0, 0, 0, 0]);
        let hash = Hash([8; 32]);
        let statuses: Vec<Status> = receipts(&bytes)
            .unwrap()
            .into_iter()
            .map(|answer| {
                Status::of(answer.outcome, hash, &|path| (format!("$.epcisBody.eventList[1]{}", &path[1..]), None))
            })
            .collect();
        let fault = Fault {
            path: "$.epcisBody.eventList[1]p".into(),
            position: None,
            rule: "r".into(),
            reason: "it breaks the rule r".into(),
            hint: String::new(),
        };
        let expected = vec![
            Status::Accepted { sequence: 9, hash: Hash([5; 32]), anomalies: 2 },
            Status::Duplicate { sequence: 4, hash },
            Status::Rejected(fault),
        ];
        assert_eq!(statuses, expected);
        bytes.push(0);
        assert!(receipts(&bytes).is_none());
    }

    #[test]
    fn only_the_error_that_names_an_event_is_one_of_an_event() {
        assert!(Refused::read(&[0]).is_none());
        assert!(Refused::read(&[1, 1, 0, 0, 0, 2, 0, 0, 0]).is_none());
        assert!(Refused::read(&[9]).is_none());
        let mut bytes = vec![2, 3, 0, 0, 0];
        for text in ["object.commissioned", "$.epcList[0]", "again"] {
            bytes.extend(countersign_types::encode(text));
        }
        let refused = Refused::read(&bytes).unwrap();
        let Status::Rejected(fault) = refused.status(&|path| (path.replace('$', "$[3]"), None)) else {
            panic!("it is a rejection")
        };
        assert_eq!((refused.index, fault.path.as_str(), fault.reason.as_str()), (3, "$[3].epcList[0]", "again"));
        assert!(fault.hint.contains("serial"));
    }
}

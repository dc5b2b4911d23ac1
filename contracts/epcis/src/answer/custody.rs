//! Hand-overs: how one stands, who has something by which, and how an organisation wants to receive.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Digest, Moment, answers, told};
use crate::register::handover::{Part, Role, Settled, State};
use crate::register::{Pos, Record};
use crate::term::Term;

answers! {
    /// How an organisation receives from another.
    #[derive(Copy)]
    #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
    #[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    pub enum HandoverPolicy {
        /// By the giver's word alone.
        OneSided,
        /// By a signature of its own.
        Countersign {
            /// How long it may take, by the time of blocks.
            window_ms: u64,
        },
    }

    /// What an event hands over to one party.
    pub struct HandedOver {
        /// Number of the event's record.
        pub sequence: u64,
        /// The organisation that submitted the event.
        pub giver: String,
        /// The party that had it, as the event says.
        pub from: Option<String>,
        /// The party that receives.
        pub to: String,
        /// The organisation that the party was entrusted to; none if to nobody.
        pub receiver: Option<String>,
        /// Whether custody is handed over.
        pub custody: bool,
        /// Whether ownership is handed over.
        pub ownership: bool,
        /// How it stands: `pending`, `accepted`, `refused`, `expired` or `oneSided`; `void` if the event is.
        pub state: String,
        /// The last block time at which it can be accepted, milliseconds since 1970 UTC; none if it need not be.
        pub until_ms: Option<u64>,
        /// The account that accepted or refused it.
        pub settled_by: Option<String>,
        /// Why it was refused.
        pub reason: Option<String>,
    }

    /// Hand-overs of an organisation, in the order of capture.
    pub struct HandedOverPage {
        /// Those of this part.
        pub handovers: Vec<HandedOver>,
        /// Where the next part begins; none if this is the last.
        pub next: Option<u64>,
    }
}

told! {
    /// A party that an event hands custody or ownership to, and how that stands.
    pub struct Handed {
        /// `possessing_party` of custody, `owning_party` of ownership.
        pub role: String,
        /// The party that receives, canonical.
        pub party: String,
        /// The organisation that it was entrusted to when the event was captured; absent if to nobody, so that nobody could
        /// confirm the hand-over and it stands by its giver's word alone.
        pub organisation: Option<String>,
        /// The party that had it, as the event says.
        pub from: Option<String>,
        /// The organisation that recorded the event.
        pub given_by: String,
        /// `accepted` or `oneSided`, which take effect, unless the giver's word is all there is and another had the thing;
        /// `pending`, `refused` or `expired`, which do not.
        pub state: String,
        /// When the event happened.
        pub time: Moment,
        /// Number of its record.
        pub sequence: u64,
        /// The container of the item that the event names, where it does not name the item itself.
        pub through: Option<String>,
        /// The last block time at which it can be accepted, where it has to be.
        pub until: Option<Moment>,
        /// What the receiver said.
        pub settled: Option<Settlement>,
    }

    /// What a receiver said of a hand-over.
    pub struct Settlement {
        /// The account that said so.
        pub by: String,
        /// Time of the block.
        pub time: Moment,
        /// Its height.
        pub height: u64,
        /// The transaction.
        pub transaction: Digest,
        /// Why it was refused; absent if it was accepted.
        pub reason: Option<String>,
    }

    /// A hand-over in a list.
    pub struct HandoverRow {
        /// Number of the event's record, by which it is accepted or refused.
        pub sequence: u64,
        /// The submitter's name for the event.
        #[cfg_attr(feature = "serde", serde(rename = "eventID"))]
        pub event_id: Option<String>,
        /// When the event happened.
        pub event_time: Moment,
        /// When it was recorded.
        pub record_time: Moment,
        /// Its business step, empty if there is none.
        pub step: String,
        /// Its business documents.
        pub documents: Vec<String>,
        /// The organisation that submitted it.
        pub given_by: String,
        /// What is handed over: `possessing_party` for custody, `owning_party` for ownership.
        pub roles: Vec<String>,
        /// The party that had it, as the event says.
        pub from: Option<String>,
        /// The party that receives.
        pub party: String,
        /// The organisation that receives; absent if the party was entrusted to nobody.
        pub organisation: Option<String>,
        /// `pending`, `accepted`, `refused`, `expired` or `oneSided`; `void` if the event was declared to be in error.
        pub state: String,
        /// The last block time at which it can be accepted, where it has to be.
        pub until: Option<Moment>,
        /// What the receiver said.
        pub settled: Option<Settlement>,
    }
}

/// The state of what a void event hands over.
const VOID: &str = "void";

fn moment(time_ms: u64) -> Moment {
    Moment(i64::try_from(time_ms).unwrap_or(i64::MAX))
}

impl Settlement {
    fn of(settled: &Settled) -> Self {
        let Settled { refused, by, height, time_ms, transaction, .. } = settled;
        Self {
            by: by.clone(),
            time: moment(*time_ms),
            height: *height,
            transaction: Digest(*transaction),
            reason: refused.clone(),
        }
    }

    /// What is known of what the receiver said.
    fn known(part: &Part, state: State) -> Option<Self> {
        let is_known = matches!(state, State::Accepted | State::Refused);
        part.settled().filter(|_| is_known).map(Self::of)
    }
}

impl Handed {
    /// What a part of a hand-over is in a role.
    pub(crate) fn of(role: Role, part: &Part, state: State, giver: &str, pos: Pos, through: Option<&str>) -> Self {
        Self {
            role: role.word().to_owned(),
            party: part.to.clone(),
            organisation: part.organisation().map(ToOwned::to_owned),
            from: part.from.clone(),
            given_by: giver.to_owned(),
            state: state.word().to_owned(),
            time: Moment(pos.time_ms),
            sequence: pos.sequence,
            through: through.map(ToOwned::to_owned),
            until: part.until_ms().map(moment),
            settled: Settlement::known(part, state),
        }
    }
}

impl HandoverRow {
    /// A part of what a record hands over; no state if the event is void.
    #[must_use]
    pub fn of(sequence: u64, record: &Record, part: &Part, giver: &str, state: Option<State>) -> Self {
        let event = &record.event;
        let document = |reference: &crate::event::Reference| match reference.kind.as_ref().map(Term::word) {
            Some(kind) => alloc::format!("{kind} {}", reference.id.written()),
            None => reference.id.written().to_owned(),
        };
        Self {
            sequence,
            event_id: event.event_id.clone(),
            event_time: Moment(event.time.ms()),
            record_time: moment(record.time_ms),
            step: event.step_word().to_owned(),
            documents: event.transactions.iter().map(document).collect(),
            given_by: giver.to_owned(),
            roles: part.roles.each().map(|role| role.word().to_owned()).collect(),
            from: part.from.clone(),
            party: part.to.clone(),
            organisation: part.organisation().map(ToOwned::to_owned),
            state: state.map_or(VOID, State::word).to_owned(),
            until: part.until_ms().map(moment),
            settled: state.and_then(|state| Settlement::known(part, state)),
        }
    }
}

impl HandedOver {
    /// A part of what the record `sequence` hands over; no state if the event is void.
    #[must_use]
    pub fn of(sequence: u64, part: &Part, giver: &str, state: Option<State>) -> Self {
        let settled = part.settled();
        Self {
            sequence,
            giver: giver.to_owned(),
            from: part.from.clone(),
            to: part.to.clone(),
            receiver: part.organisation().map(ToOwned::to_owned),
            custody: part.roles.has(Role::Custody),
            ownership: part.roles.has(Role::Ownership),
            state: state.map_or(VOID, State::word).to_string(),
            until_ms: part.until_ms(),
            settled_by: settled.map(|settled| settled.by.clone()),
            reason: settled.and_then(|settled| settled.refused.clone()),
        }
    }
}

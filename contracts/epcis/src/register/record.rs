//! Record: an event on the ledger, by its sequence number.
//!
//! A small event stands in its record whole. Of a large one the record holds the head, which lacks the
//! things named, and the whole stands apart, so that the proof of one item out of thousands stays small.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Damaged, Stored};
use crate::event::{Event, Items, What};
use crate::limits::RECORD_EVENT_BYTES_MAX;

/// Who brings an event, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The account, `organisation/name`.
    pub account: String,
    /// Height of the block.
    pub height: u64,
    /// Time of the block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// Id of the transaction.
    pub transaction: [u8; 32],
}

/// An event with what the ledger adds to it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// SHA-256 of the event's canonical bytes: its identity on the chain.
    pub hash: [u8; 32],
    /// The account that submitted it, `organisation/name`.
    pub submitter: String,
    /// Height of the block that captured it.
    pub height: u64,
    /// Time of that block, milliseconds since 1970 UTC.
    pub time_ms: u64,
    /// The transaction that captured it.
    pub transaction: [u8; 32],
    /// The record of the first error declaration of this event.
    pub voided: Option<u64>,
    /// Whether `event` lacks the things named, which then stand in [`super::key::body`].
    pub head_only: bool,
    /// The event, or its head.
    pub event: Event,
}

impl Stored for Record {
    const NAME: &'static str = "record";
}

impl Record {
    /// The stored form of the record of `event`, whose canonical bytes are `canonical`, and the bytes to keep
    /// apart from it. What [`Stored::to_bytes`] gives for it, without encoding the event once more.
    pub(super) fn stored(
        event: &Event,
        canonical: Vec<u8>,
        hash: &[u8; 32],
        by: &Submission,
        voided: Option<u64>,
    ) -> (Vec<u8>, Option<Vec<u8>>) {
        let head_only = canonical.len() > RECORD_EVENT_BYTES_MAX;
        let before = (hash, &by.account, by.height, by.time_ms, by.transaction, voided, head_only);
        let mut bytes =
            Vec::with_capacity(FIXED_BYTES + by.account.len() + canonical.len().min(RECORD_EVENT_BYTES_MAX));
        bytes.push(Self::VERSION);
        before.serialize(&mut bytes).expect("writing to memory cannot fail");
        if head_only {
            head(event).serialize(&mut bytes).expect("writing to memory cannot fail");
            return (bytes, Some(canonical));
        }
        bytes.extend_from_slice(&canonical);
        (bytes, None)
    }

    /// The organisation that submitted it.
    #[must_use]
    pub fn organisation(&self) -> &str {
        organisation(&self.submitter)
    }

    /// Whether an error declaration at or before record `last` voids it.
    #[must_use]
    pub fn is_void(&self, last: u64) -> bool {
        self.voided.is_some_and(|by| by <= last)
    }

    /// The whole event, given what stands at [`super::key::body`] if this is a head only.
    ///
    /// # Errors
    ///
    /// If the body is no event.
    pub fn whole(self, body: Option<&[u8]>) -> Result<Event, Damaged> {
        if !self.head_only {
            return Ok(self.event);
        }
        body.and_then(|bytes| Event::try_from_slice(bytes).ok()).ok_or(Damaged("event"))
    }
}

/// What a stored record takes beside the account's name and the event.
const FIXED_BYTES: usize = 1 + 32 + 4 + 8 + 8 + 32 + 9 + 1;

/// The organisation of an account `organisation/name`.
pub(super) fn organisation(account: &str) -> &str {
    account.split_once('/').map_or(account, |(organisation, _)| organisation)
}

/// The event without the things it names.
fn head(event: &Event) -> Event {
    let what = match &event.what {
        What::Object { action, .. } => What::Object { action: *action, items: Items::default() },
        What::Aggregation { action, parent, .. } => {
            What::Aggregation { action: *action, parent: parent.clone(), children: Items::default() }
        }
        What::Transaction { action, parent, .. } => {
            What::Transaction { action: *action, parent: parent.clone(), items: Items::default() }
        }
        What::Transformation { id, .. } => {
            What::Transformation { inputs: Items::default(), outputs: Items::default(), id: id.clone() }
        }
        What::Association { action, parent, .. } => {
            What::Association { action: *action, parent: parent.clone(), children: Items::default() }
        }
    };
    Event {
        event_id: event.event_id.clone(),
        time: event.time.clone(),
        offset: event.offset,
        what,
        read_point: event.read_point.clone(),
        location: event.location.clone(),
        step: event.step.clone(),
        disposition: event.disposition.clone(),
        persistent_set: event.persistent_set.clone(),
        persistent_unset: event.persistent_unset.clone(),
        transactions: event.transactions.clone(),
        sources: event.sources.clone(),
        destinations: event.destinations.clone(),
        sensors: event.sensors.clone(),
        ilmd: event.ilmd.clone(),
        certification: event.certification.clone(),
        error: event.error.clone(),
        extensions: event.extensions.clone(),
        context: event.context.clone(),
        sealed: event.sealed.clone(),
    }
}

//! Known: the records under one event identity.
//!
//! The identity is the eventID, or, of an event without one, the hash of the event without its error
//! declaration, so that a declaration finds what it declares.

use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Stored, key};
use crate::event::Event;

/// The records of one identity, by sequence number and hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Known {
    /// The event.
    pub original: Option<(u64, [u8; 32])>,
    /// Its error declarations, in the order of capture.
    pub declarations: Vec<(u64, [u8; 32])>,
}

impl Stored for Known {
    const NAME: &'static str = "event identity";
}

impl Known {
    /// The record with this hash.
    #[must_use]
    pub fn with_hash(&self, hash: &[u8; 32]) -> Option<u64> {
        let all = self.original.iter().chain(&self.declarations);
        all.into_iter().find(|(_, known)| known == hash).map(|(sequence, _)| *sequence)
    }
}

/// Where the identity of `event` stands; `hash` is that of its canonical bytes.
pub(super) fn key_of(event: &Event, hash: &[u8; 32], mut digest: impl FnMut(&[u8]) -> [u8; 32]) -> Vec<u8> {
    match (&event.event_id, &event.error) {
        (Some(id), _) => key::event_id(id, digest),
        (None, None) => key::unnamed(hash),
        (None, Some(_)) => {
            let declared = Event { error: None, ..event.clone() };
            key::unnamed(&digest(&declared.canonical_bytes()))
        }
    }
}

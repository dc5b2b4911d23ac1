//! Keys of the registers: a letter, then what the value is about.
//!
//! Identifiers on `https://id.gs1.org/` are cut to `/` and their path, others stand after `:`, and those
//! too long for a key stand after `#` as their SHA-256.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::identifier::{HOST, Identifier};
use crate::limits::KEY_TEXT_BYTES_MAX;

/// The number of records.
pub const COUNT: &[u8] = b"n";
/// The log of all anomalies.
pub const ANOMALIES: &[u8] = b"a";

/// A [`super::Record`].
#[must_use]
pub fn record(sequence: u64) -> Vec<u8> {
    numbered(b'e', sequence)
}

/// The canonical bytes of a large event.
#[must_use]
pub fn body(sequence: u64) -> Vec<u8> {
    numbered(b'b', sequence)
}

/// A [`super::Known`], by eventID.
pub fn event_id(id: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b'i', id, digest)
}

/// A [`super::Known`], by the hash of an event that has no eventID.
#[must_use]
pub fn unnamed(hash: &[u8; 32]) -> Vec<u8> {
    let mut key = Vec::with_capacity(34);
    key.extend_from_slice(b"i=");
    key.extend_from_slice(hash);
    key
}

/// An [`super::Object`].
pub fn object(canonical: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b'o', canonical, digest)
}

/// The log of an identifier.
pub fn naming(canonical: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b'x', canonical, digest)
}

/// The log of the anomalies of an instance.
pub fn anomalies(canonical: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b'y', canonical, digest)
}

/// The log of a transformation.
pub fn transformation(id: &Identifier, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b't', id.canonical(), digest)
}

/// The log of a business document, by the word of its type (empty if it has none).
pub fn document(kind: &str, id: &Identifier, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    let name: String = format!("{kind} {}", id.canonical());
    text(b'd', &name, digest)
}

/// The log of the events with a reading of a kind of measurement, by its word.
pub fn sensed(kind: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b's', kind, digest)
}

/// A [`super::handover::Handover`].
#[must_use]
pub fn handover(sequence: u64) -> Vec<u8> {
    numbered(b'p', sequence)
}

/// The log of the hand-overs to an organisation.
#[must_use]
pub fn received(organisation: &str) -> Vec<u8> {
    named(b"q<", organisation)
}

/// The log of the hand-overs by an organisation.
#[must_use]
pub fn given(organisation: &str) -> Vec<u8> {
    named(b"q>", organisation)
}

/// Who acts for a party.
pub fn party(canonical: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    text(b'g', canonical, digest)
}

/// How an organisation receives from another, or, where that is none, from all that it has set nothing for. No
/// organisation's identifier has a slash.
#[must_use]
pub fn handover_policy(receiver: &str, giver: Option<&str>) -> Vec<u8> {
    let mut key = named(b"w", receiver);
    key.push(b'/');
    key.extend_from_slice(giver.unwrap_or_default().as_bytes());
    key
}

fn named(tag: &[u8], organisation: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(2 + organisation.len());
    key.extend_from_slice(tag);
    key.extend_from_slice(organisation.as_bytes());
    key
}

fn numbered(tag: u8, sequence: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(tag);
    key.extend_from_slice(&sequence.to_be_bytes());
    key
}

fn text(tag: u8, text: &str, digest: impl FnOnce(&[u8]) -> [u8; 32]) -> Vec<u8> {
    let (mark, rest) = match text.strip_prefix(HOST) {
        Some(path) => (b'/', path),
        None => (b':', text),
    };
    let mut key = Vec::with_capacity(2 + rest.len().min(KEY_TEXT_BYTES_MAX));
    key.push(tag);
    if rest.len() <= KEY_TEXT_BYTES_MAX {
        key.push(mark);
        key.extend_from_slice(rest.as_bytes());
    } else {
        key.push(b'#');
        key.extend_from_slice(&digest(text.as_bytes()));
    }
    key
}

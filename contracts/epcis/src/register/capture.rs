//! Capture: one event, from doubt to record. It is refused before anything is written, or written whole.

use alloc::format;

use super::draft::Draft;
use super::handover::{Handover, propose};
use super::known::{Known, key_of};
use super::record::{Record, Submission, organisation};
use super::refusal::rule;
use super::{Pos, Refusal, Stored, Writer, key};
use crate::event::Event;
use crate::limits::DECLARATIONS_MAX;
use crate::rule::{Policy, check};

/// An event that stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Captured {
    /// The number of its record.
    pub sequence: u64,
    /// Its identity: SHA-256 of its canonical bytes.
    pub hash: [u8; 32],
    /// Whether it stood there before, so that nothing was written.
    pub duplicate: bool,
    /// How many rules of the registers it breaks that the policy lets pass.
    pub anomalies: u32,
    /// What it hands over.
    pub handover: Option<Handover>,
}

/// Records `event`, checked by every rule, and brings the registers up to it.
///
/// # Errors
///
/// Why it is refused; then nothing was written.
///
/// # Panics
///
/// If the registers hold what no capture wrote.
pub fn capture<W: Writer>(writer: &mut W, event: &Event, by: &Submission, policy: Policy) -> Result<Captured, Refusal> {
    check(event, policy)?;
    let bytes = event.canonical_bytes();
    let hash = writer.digest(&bytes);
    let known_key = key_of(event, &hash, |bytes| writer.digest(bytes));
    let mut known: Known = load(writer, &known_key).unwrap_or_default();
    if let Some(sequence) = known.with_hash(&hash) {
        return Ok(Captured { sequence, hash, duplicate: true, anomalies: 0, handover: None });
    }
    let sequence = count(writer);
    let (mut anomalies, mut handover) = (0, None);
    let mut voided = None;
    if event.error.is_some() {
        let declared = declare(writer, &known, by)?;
        known.declarations.push((sequence, hash));
        if let Some((original, mut declared)) = declared {
            declared.voided = Some(sequence);
            writer.write(&key::record(original), &declared.to_bytes());
        }
    } else if let Some((original, _)) = known.original {
        let reason = format!("record {original} has this eventID and other content");
        return Err(Refusal::new(rule::EVENT_ID, "$.eventID", reason));
    } else {
        voided = declared_before(writer, &known, by);
        known.original = Some((sequence, hash));
        // An event that was void before it came changes no register.
        if voided.is_none() {
            let pos = Pos { time_ms: event.time.ms(), sequence };
            anomalies = Draft::of(writer, event, pos, policy)?.commit();
            handover = propose(writer, event, pos, by);
        }
    }

    let (record, body) = Record::stored(event, bytes, &hash, by, voided);
    writer.write(&key::record(sequence), &record);
    if let Some(body) = body {
        writer.write(&key::body(sequence), &body);
    }
    writer.write(&known_key, &known.to_bytes());
    writer.write(key::COUNT, &sequence.saturating_add(1).to_le_bytes());
    Ok(Captured { sequence, hash, duplicate: false, anomalies, handover })
}

/// The original that a new error declaration voids, if it is on the ledger and not void already.
fn declare<W: Writer>(writer: &mut W, known: &Known, by: &Submission) -> Result<Option<(u64, Record)>, Refusal> {
    const PATH: &str = "$.errorDeclaration";
    if known.declarations.len() >= DECLARATIONS_MAX {
        let reason = format!("{DECLARATIONS_MAX} declarations of this event stand already");
        return Err(Refusal::new(rule::DECLARATIONS, PATH, reason));
    }
    let Some((original, _)) = known.original else { return Ok(None) };
    let declared = record(writer, original);
    if declared.organisation() != organisation(&by.account) {
        let reason = format!("the event was submitted by {}", declared.organisation());
        return Err(Refusal::new(rule::DECLARER, PATH, reason));
    }
    Ok(declared.voided.is_none().then_some((original, declared)))
}

/// A declaration by the same organisation that came before the event itself.
fn declared_before<W: Writer>(writer: &mut W, known: &Known, by: &Submission) -> Option<u64> {
    let declarations = known.declarations.iter().map(|(sequence, _)| *sequence);
    declarations.into_iter().find(|sequence| record(writer, *sequence).organisation() == organisation(&by.account))
}

/// The number of records.
pub(super) fn count<W: Writer>(writer: &mut W) -> u64 {
    let stored = writer.read(key::COUNT);
    stored.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("the count is eight bytes")))
}

/// The record `sequence`.
pub(super) fn record<W: Writer>(writer: &mut W, sequence: u64) -> Record {
    load(writer, &key::record(sequence)).expect("a register points at records that are there")
}

/// The value at `key`.
pub(super) fn load<W: Writer, T: Stored>(writer: &mut W, key: &[u8]) -> Option<T> {
    writer.read(key).map(|bytes| T::from_bytes(&bytes).expect("registers hold what capture wrote"))
}

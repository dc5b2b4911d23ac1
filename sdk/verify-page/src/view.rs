//! What the page shows, as data that the script sets out without knowing what it means.

use crate::link::Link;
use crate::refusal::refused;
use crate::verified::verified;
use countersign_types::TimestampMs;
use countersign_verify::{BadFile, Report, read, trusted, verify};
use serde::Serialize;

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct View {
    /// Whether the file holds.
    pub verdict: Verdict,
    /// What was found, or which link failed, in a sentence.
    pub title: String,
    /// What the reader should not overlook.
    pub warnings: Vec<String>,
    /// Names and values.
    pub facts: Vec<Fact>,
    /// The records.
    pub tables: Vec<Table>,
    /// The chain of reasons.
    pub links: Vec<LinkState>,
    /// What it rests on, in sentences.
    pub rests_on: Vec<String>,
    /// What it does not show, in sentences.
    pub not_shown: Vec<String>,
}

/// Whether a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It does.
    Verified,
    /// It does not.
    Refused,
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// The name.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// What it lists, and how much of that.
    pub caption: String,
    /// Names of its columns.
    pub head: Vec<&'static str>,
    /// Its rows, at most [`crate::limits::ROWS_MAX`].
    pub rows: Vec<Vec<String>>,
}

/// A link of the chain of reasons, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkState {
    /// Its name.
    pub name: &'static str,
    /// Whether it holds.
    pub mark: Mark,
    /// What that means.
    pub says: &'static str,
}

/// Whether a link holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// It was not looked at.
    Open,
}

/// Checks a proof file against a genesis or a checkpoint, and says what is to be shown. An answer about how things
/// stood more than `stale_s` seconds ago gets a warning.
#[must_use]
pub fn check(file: &[u8], root: &[u8], now: TimestampMs, stale_s: u64) -> View {
    match report(file, root, now) {
        Ok(report) => verified(&report, now, stale_s),
        Err(cause) => refused(&cause),
    }
}

/// The root first, as [`Link::ALL`] has it.
fn report(file: &[u8], root: &[u8], now: TimestampMs) -> Result<Report, BadFile> {
    let trusted = trusted(root)?;
    let options = countersign_verify::Options { now: Some(now), max_age_s: None };
    Report::of(verify(&read(file)?, &trusted)?, &options)
}

impl LinkState {
    /// A link that holds.
    pub(crate) fn holding(link: Link) -> Self {
        Self { name: link.name(), mark: Mark::Holds, says: link.claim() }
    }
}

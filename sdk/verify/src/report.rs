//! Everything about a file, for people and for pages.

use crate::basis::{Basis, NotShown};
use crate::finding::Finding;
use crate::text;
use crate::verified::{Verified, verify};
use crate::{BadFile, read, trusted};
use countersign_types::{Height, TimestampMs};
use serde::{Serialize, Serializer};

/// What the reader asks beside whether the file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What time it is, if it is known.
    pub now: Option<TimestampMs>,
    /// The largest age, seconds, that is accepted; needs [`Options::now`].
    pub max_age_s: Option<u64>,
}

/// Everything about a file that holds: what it shows, as of when, what that rests on, and what it does not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The kind's word.
    pub kind: &'static str,
    /// What is shown.
    #[serde(serialize_with = "shown")]
    pub verified: Verified<Finding>,
    /// The height in the past that it is about, where newer state shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Height>,
    /// Seconds since the block that it speaks of, or, of what can never change, since the certified block. `null` if
    /// it is not known what time it is.
    pub age_seconds: Option<u64>,
    /// What it rests on.
    pub basis: Basis,
    /// The same in sentences.
    pub rests_on: Vec<String>,
    /// What a reader might take as shown, and is not.
    pub not_shown: Vec<NotShown>,
}

/// Checks a file against a genesis or a checkpoint, all as bytes.
///
/// # Errors
/// [`BadFile`] says why it is refused.
pub fn report(file: &[u8], root: &[u8], options: &Options) -> Result<Report, BadFile> {
    let proof = read(file)?;
    Report::of(verify(&proof, &trusted(root)?)?, options)
}

impl Report {
    /// The report of something verified.
    ///
    /// # Errors
    /// [`BadFile::TooOld`], [`BadFile::Past`] or [`BadFile::NoClock`].
    pub fn of(verified: Verified<Finding>, options: &Options) -> Result<Self, BadFile> {
        let (finding, basis) = (verified.data(), verified.basis().clone());
        let since = if finding.is_lasting() { basis.certified.time } else { basis.shown_at.time };
        let age_seconds = options.now.map(|now| now.since(since) / 1000);
        if let Some(max_s) = options.max_age_s {
            let age_s = age_seconds.ok_or(BadFile::NoClock)?;
            if let Some(past) = finding.past() {
                return Err(BadFile::Past(past));
            }
            if age_s > max_s {
                return Err(BadFile::TooOld { age_s, max_s });
            }
        }
        Ok(Self {
            kind: finding.kind(),
            as_of: finding.past(),
            age_seconds,
            rests_on: basis.sentences(),
            not_shown: basis.not_shown(finding),
            basis,
            verified,
        })
    }
}

fn shown<S: Serializer>(verified: &Verified<Finding>, serializer: S) -> Result<S::Ok, S::Error> {
    text::Shown::of(verified.data()).serialize(serializer)
}

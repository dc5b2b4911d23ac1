//! Anomaly: what a lenient policy recorded although a rule of the registers forbids it.

use alloc::string::String;
use alloc::vec::Vec;

use borsh::{BorshDeserialize, BorshSerialize};

use super::{Damaged, Reader, Stored, key};
use crate::walk::Unanswered;

/// A broken rule on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Anomaly {
    /// The record that breaks it.
    pub sequence: u64,
    /// The rule's name.
    pub rule: String,
    /// The object it is broken for.
    pub item: String,
    /// What is wrong.
    pub reason: String,
}

impl Stored for Anomaly {
    const NAME: &'static str = "anomaly";
}

/// Anomalies of records from `since` on, at most `limit`, and whether there are more.
///
/// # Errors
///
/// If the log cannot be read.
pub fn anomalies<R: Reader>(
    reader: &mut R,
    since: u64,
    limit: usize,
) -> Result<(Vec<Anomaly>, bool), Unanswered<R::Error>> {
    let mut found = Vec::new();
    for index in 0..reader.log_len(key::ANOMALIES).map_err(Unanswered::Read)? {
        let line = reader.log_entry(key::ANOMALIES, index).map_err(Unanswered::Read)?;
        let line = line.ok_or(Damaged(Anomaly::NAME))?;
        let anomaly = Anomaly::from_bytes(&line.entry)?;
        if anomaly.sequence >= since {
            if found.len() == limit {
                return Ok((found, true));
            }
            found.push(anomaly);
        }
    }
    Ok((found, false))
}

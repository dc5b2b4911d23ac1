//! Anomaly: what a lenient policy recorded although a rule of the registers forbids it.

use alloc::vec::Vec;

use super::{Damaged, Reader, Stored, key};
use crate::answer::{Anomalies, Anomaly};
use crate::walk::Unanswered;

impl Stored for Anomaly {
    const NAME: &'static str = "anomaly";
}

/// The anomalies from number `from` on, at most `limit`.
///
/// # Errors
///
/// If the log cannot be read.
pub fn anomalies<R: Reader>(reader: &mut R, from: u64, limit: u64) -> Result<Anomalies, Unanswered<R::Error>> {
    let count = reader.log_len(key::ANOMALIES).map_err(Unanswered::Read)?;
    let end = count.min(from.saturating_add(limit));
    let mut anomalies = Vec::new();
    for index in from..end {
        let line = reader.log_entry(key::ANOMALIES, index).map_err(Unanswered::Read)?;
        anomalies.push(Anomaly::from_bytes(&line.ok_or(Damaged(Anomaly::NAME))?.entry)?);
    }
    Ok(Anomalies { anomalies, count })
}

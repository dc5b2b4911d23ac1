//! An event that a contract announced.

use super::BadProof;
use super::path::ListPath;
use crate::block::Header;
use crate::receipt::EventRecord;
use crate::result::ExecutionResult;
use serde::{Deserialize, Serialize};

/// An event in its block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EventProof {
    /// The event with its place.
    pub record: EventRecord,
    /// Path of the record's hash to the result's `eventsRoot`.
    pub path: ListPath,
}

impl EventProof {
    /// Checks the path.
    ///
    /// # Errors
    /// [`BadProof`].
    pub(super) fn verify(&self, header: &Header, result: &ExecutionResult) -> Result<EventRecord, BadProof> {
        if self.record.height != header.height {
            return Err(BadProof::EventHeight { given: self.record.height, expected: header.height });
        }
        let shown = self.path.verify(&self.record.hash(), &result.events_root);
        shown.map_err(|cause| BadProof::Path { what: "the event", cause })?;
        Ok(self.record.clone())
    }
}

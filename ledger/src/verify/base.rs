//! Where a ledger began that was restored from a snapshot: what the snapshot carried, checked again.

use super::{Report, log};
use crate::error::LedgerError;
use crate::range_tree::Owner;
use crate::reader::Reader;
use crate::snapshot::{Layout, Manifest, Snapshot, SnapshotError};
use crate::store::Store;
use countersign_types::state::Step;
use countersign_types::{Genesis, Height};
use std::collections::BTreeSet;

/// What was carried.
pub(super) struct Base {
    pub(super) snapshot: Snapshot,
    /// Number of headers up to the snapshot's height.
    pub(super) headers: u64,
}

/// Checks headers, certificates, epochs and the range as if they came from a peer; `None` if they do not hold.
pub(super) fn check<S: Store>(reader: &Reader<S>, genesis: &Genesis, report: &mut Report) -> Option<Base> {
    let height = reader.base();
    let snapshot = match read(reader, genesis, height) {
        Ok(snapshot) => snapshot,
        Err(cause) => {
            report.fault(height, cause.to_string());
            return None;
        }
    };
    let manifest = snapshot.manifest();
    let mut range = manifest.range.clone();
    for (place, hash) in range.trees() {
        log::compare(reader, Owner::RESULTS, place, hash, height, report);
    }
    for block in &manifest.blocks {
        report.certificates += 2;
        log::append(reader, Owner::RESULTS, &mut range, &block.result.hash(), height, report);
    }
    report.certificates += u64::try_from(manifest.epochs.len()).unwrap_or(0).saturating_mul(2);
    let ends = manifest.epochs.iter().map(|link| link.header.height);
    let headers: BTreeSet<Height> = manifest.blocks.iter().map(|block| block.header.height).chain(ends).collect();
    for height in &headers {
        let found = reader.header(*height).and_then(|header| match header {
            Some(header) => reader.height_of_block(&header.hash()),
            None => Ok(None),
        });
        let indexed = report.taken(*height, found).flatten();
        report.expect(*height, indexed == Some(*height), "the index of blocks does not lead to this one");
    }
    let headers = u64::try_from(headers.len()).unwrap_or(u64::MAX);
    Some(Base { snapshot, headers })
}

fn read<S: Store>(reader: &Reader<S>, genesis: &Genesis, height: Height) -> Result<Snapshot, SnapshotError> {
    // The state itself is checked at the tip; the root alone stands for it here.
    let manifest = Manifest::of(reader, genesis, height, |result| Layout {
        chain: genesis.chain(),
        height,
        result: result.hash(),
        tree: vec![Step::Stub(result.state_root)],
        logs: vec![Vec::new()],
    })?;
    let snapshot = manifest.verify(genesis)?;
    if snapshot.manifest().range.count() != reader.begin().before {
        return Err(LedgerError::Inconsistent { height, what: "the ledger began with other blocks" }.into());
    }
    Ok(snapshot)
}

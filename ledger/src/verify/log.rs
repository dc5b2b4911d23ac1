//! Ranges: what they stand over, and the rows of their trees.

use super::Report;
use crate::error::LedgerError;
use crate::limits::LOG_ROWS_AT_ONCE;
use crate::range_tree::{Owner, RangeTree};
use crate::reader::Reader;
use crate::store::{Space, Store};
use countersign_types::range::{Perfect, Range};
use countersign_types::{Address, Hash, Height};

/// Checks a log's records against its range in the state, and the rows of its trees; answers how many records it has.
pub(super) fn check<S: Store>(
    reader: &Reader<S>,
    contract: &Address,
    key: &[u8],
    height: Height,
    report: &mut Report,
) -> u64 {
    let Some(expected) = report.taken(height, reader.log_range(contract, key, height)) else { return 0 };
    let mut found = Range::default();
    while found.count() < expected.count() {
        let start = found.count();
        let Some(records) = report.taken(height, reader.log_records(contract, key, start, LOG_ROWS_AT_ONCE)) else {
            return expected.count();
        };
        let wanted = usize::try_from(expected.count() - start).unwrap_or(usize::MAX);
        if records.is_empty() {
            break;
        }
        for (index, record) in (start..).zip(records.iter().take(wanted)) {
            append(reader, Owner::log(contract, key), &mut found, &record.item(contract, key, index), height, report);
        }
    }
    report.expect(height, found == expected, "a log is damaged: its records are not those of its range");
    expected.count()
}

/// Adds an item to a range and compares the rows of the trees that it completes.
pub(super) fn append<S: Store>(
    reader: &Reader<S>,
    owner: Owner,
    range: &mut Range,
    item: &Hash,
    height: Height,
    report: &mut Report,
) {
    let mut trees = Vec::new();
    range.append_noting(item, |place, hash| trees.extend(RangeTree::stored(place, hash)));
    for tree in trees {
        compare(reader, owner, tree.place, &tree.hash, height, report);
    }
}

/// Compares the row of a tree.
pub(super) fn compare<S: Store>(
    reader: &Reader<S>,
    owner: Owner,
    place: Perfect,
    hash: &Hash,
    height: Height,
    report: &mut Report,
) {
    let row = report.taken(height, row(reader, owner, place)).flatten();
    report.expect(height, row.is_some_and(|row| row == hash.0), "a stored tree of a range is another");
}

fn row<S: Store>(reader: &Reader<S>, owner: Owner, place: Perfect) -> Result<Option<Vec<u8>>, LedgerError> {
    Ok(reader.store().get(Space::Trees, &owner.key(place))?)
}

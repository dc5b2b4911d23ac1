//! The tree's upper part, from the list of places and the deltas that it does not know yet.

use super::StoredState;
use crate::error::LedgerError;
use crate::record::{Place, height_key};
use crate::store::{Direction, KeyRange, Space, Store};
use crate::tree::{Delta, Link, Node, Prefix, graft, table};
use countersign_types::Height;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Partitions read at once.
const ROWS: usize = 64;

/// The root at the tip as the rows have it, and the partitions that have a row. The caller compares its hash with the result's.
pub(crate) fn root<S: Store>(
    store: &S,
    stored: &StoredState,
    tip: Height,
) -> Result<(Node, BTreeSet<u16>), LedgerError> {
    let mut net = BTreeMap::new();
    for height in (stored.redo.0..=tip.0).map(Height) {
        delta(store, height)?.redo(&mut net);
    }
    let (mut root, mut filled) = (Node::Empty, BTreeSet::new());
    let mut range = KeyRange::all();
    loop {
        let rows = store.scan(Space::Table, &range, Direction::Forward, ROWS)?;
        for (key, bytes) in &rows {
            let place = Place { what: "a part of the list of places", space: Space::Table, key };
            let number = key.as_slice().try_into().map(u16::from_be_bytes).map_err(|_| place.damaged())?;
            let places: Vec<(Prefix, Link)> = place.unseal(bytes)?;
            let known = places.into_iter().filter(|(prefix, _)| !net.contains_key(prefix));
            let known: Vec<_> = known.map(|(prefix, link)| (prefix, Some(link))).collect();
            root = graft(&root, &known);
            filled.insert(number);
        }
        match rows.into_iter().last() {
            Some((key, _)) => range.from = Bound::Excluded(key),
            None => break,
        }
    }
    let net: Vec<_> = net.into_iter().collect();
    Ok((graft(&root, &net), filled))
}

/// What a height changed.
pub(crate) fn delta<S: Store>(store: &S, height: Height) -> Result<Delta, LedgerError> {
    let key = height_key(height);
    let place = Place { what: "a height's change of the state tree", space: Space::Deltas, key: &key };
    let bytes = store.get(Space::Deltas, &key)?.ok_or_else(|| place.damaged())?;
    place.unseal(&bytes)
}

/// Whether the rows lead to the tree at the tip: for who checks a database.
pub(crate) fn is_listed<S: Store>(
    store: &S,
    stored: &StoredState,
    tip: Height,
    found: &Node,
) -> Result<bool, LedgerError> {
    let (root, _) = root(store, stored, tip)?;
    Ok(table::all_places(&root) == table::all_places(found))
}

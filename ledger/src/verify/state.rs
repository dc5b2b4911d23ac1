//! The state at the tip, from its values upwards, and the logs below it.

use super::{Progress, Report};
use crate::genesis::genesis_state;
use crate::range_tree::stored_trees;
use crate::reader::Reader;
use crate::record::{META_STATE, Place, key_mark, log_of};
use crate::state::{StoredState, load};
use crate::store::{Space, Store};
use crate::tree::{Accounts, Bucket, Leaf, Node};
use countersign_types::state::{node_hash, path, value_hash};
use countersign_types::{Genesis, Hash, Height};

/// How many rows the logs should have.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) records: u64,
    pub(super) trees: u64,
}

/// Checks state and logs.
pub(super) fn check<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Logs {
    let tip = reader.tip();
    let height = tip.height;
    check_genesis(reader, genesis, report);
    let Some(root) = report.taken(height, reader.shared().root(height)) else { return Logs::default() };
    let total = report.taken(height, super::count(reader, Space::Keys, Height::ZERO));
    let total = total.map_or(0, |counted| counted.rows);
    let mut walk = Walk { reader, height, total, report, progress, logs: Logs::default(), account: (0, 0) };
    let hash = walk.hash(&root, 0);
    let (logs, live) = (walk.logs, walk.account);
    check_rows(reader, &root, live, report);
    report.expect(height, hash == tip.state_root(), "the state's values do not hash to the result's root");
    logs
}

/// The rows must lead to the tree at the tip, and count what it refers to.
fn check_rows<S: Store>(reader: &Reader<S>, root: &Node, live: (u64, u64), report: &mut Report) {
    let height = reader.tip().height;
    let place = Place { what: "the state's accounts", space: Space::Meta, key: META_STATE };
    let bytes = reader.store().get(Space::Meta, META_STATE).map_err(Into::into);
    let Some(bytes) = report.taken(height, bytes) else { return };
    let stored: Result<StoredState, _> = bytes.ok_or_else(|| place.damaged()).and_then(|bytes| place.unseal(&bytes));
    let Some(stored) = report.taken(height, stored) else { return };
    let is_listed = report.taken(height, load::is_listed(reader.store(), &stored, height, root));
    report.expect(height, is_listed.unwrap_or(true), "the list of places is not that of the state tree");
    let Accounts { pages, values } = stored.accounts;
    report.expect(height, (pages.live, values.live) == live, "the accounts of stored state are wrong");
}

/// While height 0 is kept, it must be what the genesis says.
fn check_genesis<S: Store>(reader: &Reader<S>, genesis: &Genesis, report: &mut Report) {
    if reader.oldest_state() > Height::ZERO {
        return;
    }
    for (key, value) in genesis_state(genesis) {
        let found = report.taken(Height::ZERO, reader.read_at(&key, Height::ZERO));
        report.expect(Height::ZERO, found.is_none_or(|found| found == value), "the state is not that of the genesis");
    }
}

struct Walk<'a, S, F> {
    reader: &'a Reader<S>,
    height: Height,
    total: u64,
    report: &'a mut Report,
    progress: &'a mut F,
    logs: Logs,
    /// Units of buckets and of values.
    account: (u64, u64),
}

impl<S: Store, F: FnMut(Progress)> Walk<'_, S, F> {
    /// The hash of a subtree by the values below it.
    fn hash(&mut self, node: &Node, depth: usize) -> Hash {
        match node {
            Node::Empty => Hash::ZERO,
            Node::Bucket(link) => {
                let bucket = self.reader.shared().stored_bucket(link, depth);
                let Some(bucket) = self.report.taken(self.height, bucket) else { return Hash::ZERO };
                let found = bucket.leaves().filter_map(|leaf| self.leaf(leaf)).collect::<Vec<_>>();
                self.account.0 = self.account.0.saturating_add(link.at.units());
                Bucket::new(found, depth).hash()
            }
            Node::Inner(_, inner) => {
                let left = self.hash(&inner.left, depth + 1);
                let right = self.hash(&inner.right, depth + 1);
                node_hash(&left, &right)
            }
        }
    }

    /// The leaf that the stored key and value make.
    fn leaf(&mut self, leaf: &Leaf) -> Option<Leaf> {
        self.report.entries += 1;
        (self.progress)(Progress { part: "state", done: self.report.entries, total: self.total });
        self.account.1 = self.account.1.saturating_add(leaf.at.units());
        let (key, value) = self.report.taken(self.height, self.reader.shared().entry(leaf))?;
        let indexed = self.reader.store().get(Space::Keys, &key).map_err(Into::into);
        if self.report.taken(self.height, indexed).flatten().is_none_or(|mark| mark != key_mark(&key)) {
            self.report.fault(self.height, "a state key is missing or damaged in the index of keys");
        }
        if let Some((contract, log)) = log_of(&key) {
            let count = super::log::check(self.reader, &contract, log, self.height, self.report);
            self.logs.records = self.logs.records.saturating_add(count);
            self.logs.trees = self.logs.trees.saturating_add(stored_trees(count));
            self.report.log_records = self.logs.records;
        }
        Some(Leaf { path: path(&key), value: value_hash(&value), at: leaf.at })
    }
}

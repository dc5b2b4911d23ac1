//! The state at the tip, from its values upwards, and the logs below it.

use super::{Progress, Report};
use crate::genesis::genesis_state;
use crate::range_tree::stored_trees;
use crate::reader::Reader;
use crate::record::{Place, decode_value, key_mark, log_of, number_key};
use crate::store::{Space, Store};
use crate::tree::{Leaf, Node, Pages};
use countersign_types::state::{leaf_hash, node_hash, path, value_hash};
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
    let total = report.taken(height, super::count(reader, Space::Keys)).unwrap_or_default();
    let mut walk = Walk { reader, height, total, report, progress, logs: Logs::default() };
    let hash = walk.hash(&root);
    let logs = walk.logs;
    report.expect(height, hash == tip.state_root(), "the state's values do not hash to the result's root");
    logs
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
}

impl<S: Store, F: FnMut(Progress)> Walk<'_, S, F> {
    /// The hash of a subtree by the values below it.
    fn hash(&mut self, node: &Node) -> Hash {
        match node {
            Node::Empty => Hash::ZERO,
            Node::Leaf(leaf) => self.leaf(leaf),
            Node::Inner(inner) => {
                let left = self.hash(&inner.left);
                let right = self.hash(&inner.right);
                node_hash(&left, &right)
            }
            Node::Page { hash, id } => match self.report.taken(self.height, self.reader.shared().page(*id, hash)) {
                Some(page) => {
                    let left = self.hash(&page.left);
                    let right = self.hash(&page.right);
                    node_hash(&left, &right)
                }
                None => Hash::ZERO,
            },
        }
    }

    fn leaf(&mut self, leaf: &Leaf) -> Hash {
        self.report.entries += 1;
        (self.progress)(Progress { part: "state", done: self.report.entries, total: self.total });
        let at = number_key(leaf.at);
        let place = Place { what: "a state value", space: Space::Values, key: &at };
        let bytes = self.reader.store().get(Space::Values, &at).map_err(Into::into);
        let Some(bytes) = self.report.taken(self.height, bytes) else { return Hash::ZERO };
        let Some((key, value)) = bytes.as_deref().and_then(decode_value) else {
            self.report.fault(self.height, place.damaged().to_string());
            return Hash::ZERO;
        };
        let indexed = self.reader.store().get(Space::Keys, key).map_err(Into::into);
        if self.report.taken(self.height, indexed).flatten().is_none_or(|mark| mark != key_mark(key)) {
            self.report.fault(self.height, "a state key is missing or damaged in the index of keys");
        }
        if let Some((contract, log)) = log_of(key) {
            let count = super::log::check(self.reader, &contract, log, self.height, self.report);
            self.logs.records = self.logs.records.saturating_add(count);
            self.logs.trees = self.logs.trees.saturating_add(stored_trees(count));
            self.report.log_records = self.logs.records;
        }
        leaf_hash(&path(key), &value_hash(value))
    }
}

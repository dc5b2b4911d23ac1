//! Roots of heights: the newest are kept, older ones are made again of deltas.

use crate::limits::{ROOTS_KEPT, ROOTS_KEPT_BYTES, ROOTS_REMADE_KEPT};
use crate::tree::Node;
use countersign_types::Height;
use std::collections::{BTreeMap, VecDeque};

/// The newest roots, each with the memory that it alone needs.
#[derive(Debug, Default)]
pub(crate) struct Roots {
    kept: BTreeMap<Height, (Node, usize)>,
    bytes: usize,
}

impl Roots {
    /// Adds the tip's root; old ones go beyond number or memory.
    pub(crate) fn push(&mut self, height: Height, root: Node, bytes: usize) {
        self.kept.insert(height, (root, bytes));
        self.bytes = self.bytes.saturating_add(bytes);
        while self.kept.len() > ROOTS_KEPT || (self.bytes > ROOTS_KEPT_BYTES && self.kept.len() > 1) {
            let Some((_, (_, bytes))) = self.kept.pop_first() else { break };
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    pub(crate) fn get(&self, height: Height) -> Option<&Node> {
        self.kept.get(&height).map(|(root, _)| root)
    }

    /// The oldest one that is kept.
    pub(crate) fn first(&self) -> Option<(Height, &Node)> {
        self.kept.first_key_value().map(|(height, (root, _))| (*height, root))
    }

    /// Forgets everything but one root.
    pub(crate) fn reset(&mut self, height: Height, root: Node) {
        *self = Self::default();
        self.push(height, root, 0);
    }
}

/// Roots that were made again, the newest last.
#[derive(Debug, Default)]
pub(crate) struct Remade(VecDeque<(Height, Node)>);

impl Remade {
    pub(crate) fn get(&self, height: Height) -> Option<&Node> {
        self.0.iter().find(|(made, _)| *made == height).map(|(_, root)| root)
    }

    pub(crate) fn push(&mut self, height: Height, root: Node) {
        self.0.push_back((height, root));
        while self.0.len() > ROOTS_REMADE_KEPT {
            self.0.pop_front();
        }
    }

    /// The one from which a height is fewest blocks away, if it is nearer than `blocks`.
    pub(crate) fn nearest(&self, height: Height, blocks: u64) -> Option<(Height, &Node)> {
        let away = |(made, _): &&(Height, Node)| made.0.abs_diff(height.0);
        self.0.iter().min_by_key(away).filter(|made| away(made) < blocks).map(|(made, root)| (*made, root))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

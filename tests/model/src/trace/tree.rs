//! The blocks of a trace, as their headers name each other.

use crate::blocks::Blocks;
use std::collections::BTreeMap;

/// Blocks by the order in which they were first seen; genesis is 0.
#[derive(Debug, Clone)]
pub struct Tree<D> {
    indices: BTreeMap<D, usize>,
    /// Parent and view.
    blocks: Vec<(usize, usize)>,
}

impl<D: Copy + Ord> Tree<D> {
    /// Genesis alone.
    #[must_use]
    pub fn new(genesis: D) -> Self {
        Self { indices: BTreeMap::from([(genesis, 0)]), blocks: vec![(0, 0)] }
    }

    /// Adds a block. Answers whether its parent is there and its view a later one.
    pub fn add(&mut self, block: D, parent: D, view: usize) -> bool {
        let Some(parent) = self.index(parent) else { return false };
        if self.index(block).is_none() {
            self.indices.insert(block, self.blocks.len());
            self.blocks.push((parent, view));
        }
        self.view(parent) < view
    }

    /// A block's index.
    #[must_use]
    pub fn index(&self, block: D) -> Option<usize> {
        self.indices.get(&block).copied()
    }
}

impl<D> Blocks for Tree<D> {
    type Block = usize;

    fn genesis(&self) -> usize {
        0
    }

    fn parent(&self, block: usize) -> Option<usize> {
        (block > 0).then(|| self.blocks.get(block).map(|(parent, _)| *parent)).flatten()
    }

    fn view(&self, block: usize) -> usize {
        self.blocks.get(block).map_or(0, |(_, view)| *view)
    }
}

//! The blocks above the ledger: a tree from the last finalised block, and the finalised line down
//! to (and a little below) the last executed one.

use crate::limits::BLOCKS_MAX;
use countersign_types::{Block, Hash, Header, Height, TimestampMs, View};
use std::collections::{BTreeMap, BTreeSet};

/// A block by what its children need of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) height: Height,
    pub(crate) block: Hash,
    pub(crate) time: TimestampMs,
    pub(crate) view: View,
}

impl Place {
    fn of(block: Hash, header: &Header) -> Self {
        Self { height: header.height, block, time: header.time, view: header.view }
    }
}

/// How far a block has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// An ancestor is missing or still being validated.
    Waiting,
    /// The replica was asked.
    Validating,
    /// Valid, with its payload in the journal, and so are all its ancestors.
    Held,
    /// It cannot be agreed, nor can anything above it.
    Invalid,
}

#[derive(Debug, Clone)]
struct Node {
    block: Block,
    state: State,
}

/// Blocks by hash.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    nodes: BTreeMap<Hash, Node>,
    waiting: BTreeSet<Hash>,
    line: BTreeMap<Height, Hash>,
    finalised: Place,
    executed: Height,
    executed_block: Hash,
}

impl Chain {
    pub(crate) fn new(base: Place) -> Self {
        Self {
            nodes: BTreeMap::new(),
            waiting: BTreeSet::new(),
            line: BTreeMap::new(),
            finalised: base,
            executed: base.height,
            executed_block: base.block,
        }
    }

    pub(crate) fn finalised(&self) -> Place {
        self.finalised
    }
    pub(crate) fn executed(&self) -> Height {
        self.executed
    }
    pub(crate) fn block(&self, hash: &Hash) -> Option<&Block> {
        self.nodes.get(hash).map(|node| &node.block)
    }
    pub(crate) fn state(&self, hash: &Hash) -> Option<State> {
        self.nodes.get(hash).map(|node| node.state)
    }
    /// Whether it is held or final.
    pub(crate) fn is_held(&self, hash: &Hash) -> bool {
        *hash == self.finalised.block || self.state(hash) == Some(State::Held)
    }
    /// A known block's place.
    pub(crate) fn place(&self, hash: &Hash) -> Option<Place> {
        if *hash == self.finalised.block {
            return Some(self.finalised);
        }
        self.nodes.get(hash).map(|node| Place::of(*hash, &node.block.header))
    }
    /// Number of blocks.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
    /// Blocks whose ancestors are not all held yet.
    pub(crate) fn waiting(&self) -> Vec<Hash> {
        self.waiting.iter().copied().collect()
    }
    /// The finalised block at a height, while it is kept.
    pub(crate) fn finalised_at(&self, height: Height) -> Option<Hash> {
        self.line.get(&height).copied()
    }
    /// Blocks that are held and not executed, lowest first.
    pub(crate) fn unexecuted(&self) -> Vec<&Block> {
        let mut blocks: Vec<&Block> = self
            .nodes
            .values()
            .filter(|node| node.state == State::Held && node.block.header.height > self.executed)
            .map(|node| &node.block)
            .collect();
        blocks.sort_by_key(|block| (block.header.height, block.header.view));
        blocks
    }

    /// The block itself and its ancestors above the last executed one, nearest first.
    pub(crate) fn unexecuted_line(&self, from: Hash) -> Vec<Hash> {
        let mut line = Vec::new();
        let mut hash = from;
        while hash != self.executed_block
            && let Some(node) = self.nodes.get(&hash)
            && node.block.header.height > self.executed
        {
            line.push(hash);
            hash = node.block.header.parent;
        }
        line
    }

    /// The block itself and its ancestors above the finalised one, nearest first; an error holds
    /// the block whose parent is missing, or that is no descendant of the finalised one.
    pub(crate) fn unfinalised_line(&self, from: Hash) -> Result<Vec<Hash>, Broken> {
        let mut line = Vec::new();
        let mut hash = from;
        while hash != self.finalised.block {
            let Some(node) = self.nodes.get(&hash) else {
                return Err(Broken::Missing(hash));
            };
            if node.block.header.height <= self.finalised.height {
                return Err(Broken::Aside);
            }
            line.push(hash);
            hash = node.block.header.parent;
        }
        Ok(line)
    }

    /// Adds a block whose transactions are those that its header commits to. Answers whether it is new.
    pub(crate) fn insert(&mut self, hash: Hash, block: Block, state: State) -> bool {
        if hash == self.finalised.block || self.nodes.contains_key(&hash) {
            return false;
        }
        self.nodes.insert(hash, Node { block, state });
        if state == State::Waiting {
            self.waiting.insert(hash);
        }
        true
    }

    /// Moves a block on. Answers whether it is known.
    pub(crate) fn set_state(&mut self, hash: &Hash, state: State) -> bool {
        let Some(node) = self.nodes.get_mut(hash) else { return false };
        node.state = state;
        if state == State::Waiting {
            self.waiting.insert(*hash);
        } else {
            self.waiting.remove(hash);
        }
        true
    }

    pub(crate) fn remove(&mut self, hash: &Hash) {
        self.nodes.remove(hash);
        self.waiting.remove(hash);
    }

    /// Makes a held child of the finalised block the finalised one.
    pub(crate) fn finalise(&mut self, hash: Hash) -> Option<Block> {
        let block = self.nodes.get(&hash)?.block.clone();
        self.finalised = Place::of(hash, &block.header);
        self.line.insert(block.header.height, hash);
        self.drop_aside();
        Some(block)
    }

    /// The finalised block at this height was executed; executed ones more than `keep` below are dropped.
    pub(crate) fn executed_to(&mut self, height: Height, block: Hash, keep: u64) {
        self.executed = height;
        self.executed_block = block;
        let lowest = Height(height.0.saturating_sub(keep));
        let dropped: Vec<Hash> = self.line.range(..lowest).map(|(_, hash)| *hash).collect();
        self.line.retain(|height, _| *height >= lowest);
        for hash in dropped {
            self.remove(&hash);
        }
    }

    /// Catch-up stored this block: everything up to it is executed.
    pub(crate) fn jump(&mut self, place: Place, keep: u64) {
        if place.height > self.finalised.height {
            self.finalised = place;
            self.line.insert(place.height, place.block);
            self.drop_aside();
        }
        if place.height > self.executed {
            self.executed_to(place.height, place.block, keep);
        }
    }

    /// Drops blocks that can no longer become final: those up to the finalised height off its line.
    fn drop_aside(&mut self) {
        let (nodes, line, finalised) = (&self.nodes, &self.line, self.finalised);
        let aside: Vec<Hash> = nodes
            .iter()
            .filter(|(hash, node)| {
                let height = node.block.header.height;
                height <= finalised.height && line.get(&height) != Some(*hash)
            })
            .map(|(hash, _)| *hash)
            .collect();
        for hash in aside {
            self.remove(&hash);
        }
    }

    /// Blocks beyond the limit that nothing needs: unfinalised ones of the lowest views for which
    /// `given_up` says that no certificate can rest on them here.
    pub(crate) fn trim(&mut self, given_up: impl Fn(&Header) -> bool) {
        if self.nodes.len() <= BLOCKS_MAX {
            return;
        }
        let mut loose: Vec<(View, Hash)> = self
            .nodes
            .iter()
            .filter(|(hash, node)| {
                let header = &node.block.header;
                self.line.get(&header.height) != Some(*hash) && given_up(header)
            })
            .map(|(hash, node)| (node.block.header.view, *hash))
            .collect();
        loose.sort_unstable();
        loose.truncate(self.nodes.len() - BLOCKS_MAX);
        for (_, hash) in loose {
            self.remove(&hash);
        }
    }
}

/// Why a block does not connect to the finalised one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// This block is not known.
    Missing(Hash),
    /// It branches off below.
    Aside,
}

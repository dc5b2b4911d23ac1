//! What the protocol knows of a block: the view it was made for, and its parent.

use std::fmt::Debug;
use std::hash::Hash;

/// A tree of blocks whose root is genesis.
pub trait Blocks {
    /// Names a block.
    type Block: Copy + Debug + Ord + Hash;
    /// The root, certified at view zero.
    fn genesis(&self) -> Self::Block;
    /// None for genesis.
    fn parent(&self, block: Self::Block) -> Option<Self::Block>;
    /// Zero for genesis.
    fn view(&self, block: Self::Block) -> usize;

    /// Whether the first block is the second one or extends it.
    fn extends(&self, block: Self::Block, ancestor: Self::Block) -> bool {
        std::iter::successors(Some(block), |block| self.parent(*block)).any(|block| block == ancestor)
    }
}

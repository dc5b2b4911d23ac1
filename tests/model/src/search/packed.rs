//! Blocks of the search: the whole chain in one number, two bits for each view.

use crate::blocks::Blocks;

/// Genesis and, for each view with a block on the way from there, which body it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packed(u32);

impl Packed {
    /// The child made for a view with body 1 or 2.
    #[must_use]
    pub fn child(self, view: usize, body: u32) -> Self {
        Self(self.0 | body << (2 * (view - 1)))
    }
}

/// The tree of [`Packed`].
#[derive(Debug, Clone, Copy)]
pub struct PackedBlocks;

impl Blocks for PackedBlocks {
    type Block = Packed;

    fn genesis(&self) -> Packed {
        Packed(0)
    }

    fn parent(&self, block: Packed) -> Option<Packed> {
        let view = self.view(block).checked_sub(1)?;
        Some(Packed(block.0 & !(3 << (2 * view))))
    }

    fn view(&self, block: Packed) -> usize {
        let bits = u32::BITS - block.0.leading_zeros();
        usize::try_from(bits.div_ceil(2)).unwrap_or(0)
    }
}

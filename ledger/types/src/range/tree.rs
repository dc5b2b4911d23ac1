//! Places of perfect trees in a mountain range.

/// The place of a perfect tree: it stands over the 2^`level` items from `index << level` on.
///
/// A place is of use in a range that reaches its end, so its items' numbers fit 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Perfect {
    /// Logarithm of the number of its items, below 64.
    pub level: u32,
    /// Number of trees of its level before it.
    pub index: u64,
}

impl Perfect {
    /// The trees that a range of `count` items is made of: one for each bit, largest first.
    pub fn row(count: u64) -> impl Iterator<Item = Self> {
        (0..u64::BITS).rev().filter(move |level| count >> level & 1 == 1).map(move |level| {
            // Everything before the tree is in trees of higher bits.
            Self { level, index: (count >> level) - 1 }
        })
    }

    /// Number of its first item.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.index << self.level
    }

    /// Number of its last item.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.first() | ((1 << self.level) - 1)
    }

    /// The tree that it is one half of.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self { level: self.level + 1, index: self.index >> 1 }
    }

    /// Its two halves; `None` for a single item.
    #[must_use]
    pub fn halves(&self) -> Option<(Self, Self)> {
        let level = self.level.checked_sub(1)?;
        let index = self.index << 1;
        Some((Self { level, index }, Self { level, index: index | 1 }))
    }
}

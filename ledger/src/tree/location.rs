//! Where a bucket or a value is stored: a number that says it all.

use crate::limits::UNIT_BYTES;
use borsh::{BorshDeserialize, BorshSerialize};

const SLOT_BITS: u32 = 8;
const UNITS_BITS: u32 = 16;

/// A place in a pack: 40 bits number of the pack, 8 bits place in it, 16 bits size in units of [`UNIT_BYTES`],
/// rounded up, at most [`UNITS_MAX`]. A location is never used for anything else again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Location(pub u64);

/// Items of one pack at most: its places have 8 bits.
pub const SLOTS: usize = 1 << SLOT_BITS;
/// What sizes are counted up to: 2 MiB less a unit; the largest item, a value of 1 MiB with its key, is below.
pub const UNITS_MAX: u64 = (1 << UNITS_BITS) - 1;

impl Location {
    /// The place `slot` of a pack, for an item of so many bytes.
    #[must_use]
    pub fn new(pack: u64, slot: u8, bytes: usize) -> Self {
        Self((pack << (SLOT_BITS + UNITS_BITS)) | (u64::from(slot) << UNITS_BITS) | units(bytes))
    }

    /// Number of the pack.
    #[must_use]
    pub fn pack(self) -> u64 {
        self.0 >> (SLOT_BITS + UNITS_BITS)
    }

    /// Place in the pack.
    #[must_use]
    pub fn slot(self) -> usize {
        usize::from(self.0.to_be_bytes().get(5).copied().unwrap_or_default())
    }

    /// Size in units.
    #[must_use]
    pub fn units(self) -> u64 {
        self.0 & UNITS_MAX
    }
}

/// Bytes in units, rounded up.
#[must_use]
pub fn units(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u64::MAX).min(UNITS_MAX)
}

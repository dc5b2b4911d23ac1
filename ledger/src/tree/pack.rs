//! Packs: what a block writes of buckets or values, a few KiB to a row, in the order in which it was made.
//!
//! Packs are numbered on and never changed. They die by age: once nothing that is kept refers to the packs below a
//! number, they go. So that this comes to pass, the oldest pack's live items are written again ([`super::relocate`]).

use super::location::{Location, SLOTS, units};
use crate::limits::PACK_BYTES;
use borsh::{BorshDeserialize, BorshSerialize};

/// What is known of all packs of one kind, in units where not said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Account {
    /// Number of the next pack.
    pub next: u64,
    /// Number of the oldest pack that the current tree may refer to.
    pub floor: u64,
    /// What the current tree refers to.
    pub live: u64,
    /// All that was ever written.
    pub written: u64,
    /// What was written in packs below the floor.
    pub dropped: u64,
}

impl Account {
    /// What the packs from the floor on hold.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.written.saturating_sub(self.dropped)
    }

    /// Raises the floor by one pack of so many units.
    pub(crate) fn drop_pack(&mut self, units: u64) {
        self.floor = self.floor.saturating_add(1);
        self.dropped = self.dropped.saturating_add(units);
    }
}

/// Both accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, BorshSerialize, BorshDeserialize)]
pub struct Accounts {
    /// Of packs of buckets.
    pub pages: Account,
    /// Of packs of values.
    pub values: Account,
}

/// Fills packs.
#[derive(Debug)]
pub(crate) struct Packer {
    pub(crate) account: Account,
    ends: Vec<u8>,
    items: Vec<u8>,
    count: u32,
    rows: Vec<(u64, Vec<u8>)>,
}

impl Packer {
    pub(crate) fn new(account: Account) -> Self {
        Self { account, ends: Vec::new(), items: Vec::with_capacity(PACK_BYTES), count: 0, rows: Vec::new() }
    }

    /// Adds an item that is written by `write`; answers where it is.
    pub(crate) fn push(&mut self, bytes: usize, write: impl FnOnce(&mut Vec<u8>)) -> Location {
        if self.items.len().saturating_add(bytes) > PACK_BYTES || usize::try_from(self.count) == Ok(SLOTS) {
            self.flush();
        }
        let slot = u8::try_from(self.count).expect("a pack has 256 places");
        let at = Location::new(self.account.next, slot, bytes);
        write(&mut self.items);
        let end = u32::try_from(self.items.len()).expect("a pack is PACK_BYTES or one item of a block's");
        self.ends.extend_from_slice(&end.to_le_bytes());
        self.count = self.count.saturating_add(1);
        self.account.live = self.account.live.saturating_add(at.units());
        self.account.written = self.account.written.saturating_add(at.units());
        at
    }

    /// Notes that the current tree does not refer to a place any more.
    pub(crate) fn free(&mut self, at: Location) {
        self.account.live = self.account.live.saturating_sub(at.units());
    }

    fn flush(&mut self) {
        if self.count == 0 {
            return;
        }
        let row = [&self.count.to_le_bytes(), self.ends.as_slice(), self.items.as_slice()].concat();
        self.rows.push((self.account.next, row));
        self.account.next = self.account.next.checked_add(1).expect("2^40 packs are never written");
        (self.count, self.ends, self.items) = (0, Vec::new(), Vec::with_capacity(PACK_BYTES));
    }

    /// The account afterwards, and the rows by number.
    pub(crate) fn finish(mut self) -> (Account, Vec<(u64, Vec<u8>)>) {
        self.flush();
        (self.account, self.rows)
    }
}

/// The item at a location in its pack's row; `None` if there is no item of its size.
#[must_use]
pub fn item(row: &[u8], at: Location) -> Option<&[u8]> {
    let (ends, items) = split(row)?;
    let start = match at.slot().checked_sub(1) {
        Some(before) => end(ends, before)?,
        None => 0,
    };
    let item = items.get(start..end(ends, at.slot())?)?;
    (units(item.len()) == at.units()).then_some(item)
}

/// All items of the pack `number` with their locations; `None` if the row is damaged.
#[must_use]
pub fn items(number: u64, row: &[u8]) -> Option<Vec<(Location, &[u8])>> {
    let (ends, items) = split(row)?;
    let mut start = 0;
    let mut found = Vec::with_capacity(ends.len());
    for (slot, bytes) in ends.iter().enumerate() {
        let end = usize::try_from(u32::from_le_bytes(*bytes)).ok()?;
        let item = items.get(start..end)?;
        found.push((Location::new(number, u8::try_from(slot).ok()?, item.len()), item));
        start = end;
    }
    (start == items.len()).then_some(found)
}

fn split(row: &[u8]) -> Option<(&[[u8; 4]], &[u8])> {
    let (count, rest) = row.split_first_chunk::<4>()?;
    let table = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(4)?;
    let (ends, items) = rest.split_at_checked(table)?;
    Some((ends.as_chunks::<4>().0, items))
}

fn end(ends: &[[u8; 4]], slot: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*ends.get(slot)?)).ok()
}

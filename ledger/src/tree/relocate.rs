//! Which live items of the oldest packs a block writes again, so that these packs can go.
//!
//! Without it one live item would keep everything that was ever written after it. While more than two thirds of what the
//! packs hold are dead, the oldest are emptied, within bounds that follow the block's own writes. Where each item is as likely to die as
//! another, packs of age x (in times that what lives takes to be written) are e^-x live, two thirds are dead where the oldest have x = 2.8,
//! and those are 6 % live: a block writes a sixteenth more than its own. Where old items never die, it writes at most half as much again.

use super::location::Location;
use super::pack::{Account, items};
use super::{Act, Anew, Bucket, Buckets, Node, Write, find, link};
use crate::error::LedgerError;
use crate::limits::{DEAD_PER_LIVE_MAX, RELOCATED_UNITS_BASE, RELOCATION_SLACK_UNITS};
use crate::record::{Place, decode_value, number_key};
use crate::store::Space;
use countersign_types::Hash;
use countersign_types::state::{path, value_hash};

/// An entry that is written again.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Bounds of one block.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Dead units that are left alone.
    pub slack: u64,
    /// Live units written again.
    pub moved: u64,
    /// Units looked at.
    pub seen: u64,
}

impl Bounds {
    /// For a block that writes so many units itself.
    #[must_use]
    pub fn of(own: u64) -> Self {
        let moved = own.saturating_add(RELOCATED_UNITS_BASE);
        Self { slack: RELOCATION_SLACK_UNITS, moved, seen: moved.saturating_mul(4) }
    }

    fn allow(&self, account: &Account, moved: u64, seen: u64) -> bool {
        // What was moved stands in packs to come, and still counts as live.
        let dead = account.total().saturating_add(moved).saturating_sub(account.live);
        account.floor < account.next
            && dead > account.live.saturating_mul(DEAD_PER_LIVE_MAX).saturating_add(self.slack)
            && moved < self.moved
            && seen < self.seen
    }
}

/// Empties packs of values: raises the floor, answers the live entries and adds their writes. Entries of those are counted from
/// `first` on.
///
/// # Errors
/// What is damaged, or the store's.
pub fn values(
    buckets: &impl Buckets,
    root: &Node,
    account: &mut Account,
    bounds: Bounds,
    mut pack: impl FnMut(u64) -> Result<Vec<u8>, LedgerError>,
    first: usize,
    writes: &mut Vec<Write>,
) -> Result<Vec<Entry>, LedgerError> {
    let mut entries = Vec::new();
    let (mut moved, mut seen) = (0, 0);
    while bounds.allow(account, moved, seen) {
        let number = account.floor;
        let row = pack(number)?;
        let key = number_key(number);
        let damaged = || Place { what: "a pack of state values", space: Space::Values, key: &key }.damaged();
        let mut total = 0u64;
        for (at, item) in items(number, &row).ok_or_else(damaged)? {
            total = total.saturating_add(at.units());
            let (key, value) = decode_value(item).ok_or_else(damaged)?;
            let path = path(key);
            let Some(leaf) = find(buckets, root, &path)?.filter(|leaf| leaf.at == at) else { continue };
            if value_hash(value) != leaf.value {
                return Err(damaged());
            }
            moved += at.units();
            let anew = Anew { value: true, bucket: false };
            writes.push(Write { path, act: Act::Keep, source: first.saturating_add(entries.len()), anew });
            entries.push((key.to_vec(), value.to_vec()));
        }
        seen += total;
        account.drop_pack(total);
    }
    Ok(entries)
}

/// Empties packs of buckets: raises the floor and adds writes that make the live ones be stored anew.
///
/// # Errors
/// What is damaged, or the store's.
pub fn pages(
    root: &Node,
    account: &mut Account,
    bounds: Bounds,
    mut pack: impl FnMut(u64) -> Result<Vec<u8>, LedgerError>,
    writes: &mut Vec<Write>,
) -> Result<(), LedgerError> {
    let (mut moved, mut seen) = (0, 0);
    while bounds.allow(account, moved, seen) {
        let number = account.floor;
        let row = pack(number)?;
        let key = number_key(number);
        let damaged = || Place { what: "a pack of the state tree", space: Space::Pages, key: &key }.damaged();
        let mut total = 0u64;
        for (at, item) in items(number, &row).ok_or_else(damaged)? {
            total = total.saturating_add(at.units());
            let path = Bucket::first_path(item).ok_or_else(damaged)?;
            if is_live(root, &path, at) {
                moved += at.units();
                let anew = Anew { value: false, bucket: true };
                writes.push(Write { path, act: Act::Keep, source: 0, anew });
            }
        }
        seen += total;
        account.drop_pack(total);
    }
    Ok(())
}

fn is_live(root: &Node, path: &Hash, at: Location) -> bool {
    link(root, path).is_some_and(|(link, _)| link.at == at)
}

/// Sorts writes by path and leaves one for each: the block's own, which also does what storing anew asks for.
pub fn sort(writes: &mut Vec<Write>) {
    // A write that keeps comes after one that does not, and one that knows no entry after one that does.
    writes.sort_unstable_by_key(|write| (write.path, write.act == Act::Keep, !write.anew.value));
    writes.dedup_by(|next, kept| {
        let is_same = next.path == kept.path;
        if is_same {
            kept.anew.value |= next.anew.value;
            kept.anew.bucket |= next.anew.bucket;
        }
        is_same
    });
}

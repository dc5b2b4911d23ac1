//! Storing anew what of the state cannot be read, while nobody else uses the ledger.
//!
//! The tree knows the hash of every bucket, and a bucket that of every value, so entries can come from anybody: only what hashes to
//! what is lost is taken ([`crate::snapshot::StatePiece`]). It is written in new packs, the way the oldest packs are cleared away, and
//! the tip's delta leads there; the root stays. States of earlier heights refer to what was lost: those below the last
//! certified one are let go of, as if they had been pruned. Indexes that follow from the state are mended from it.

use super::Ledger;
use crate::error::LedgerError;
use crate::limits::{SURVEY_KEYS_AT_ONCE, SURVEYED_PLACES_MAX};
use crate::record::{META_STATE, META_TIP, StoredTip, decode_value, key_mark, number_key, put_sealed};
use crate::snapshot::{Place, StatePiece};
use crate::state::load;
use crate::store::{Batch, Direction, KeyRange, Space, Store};
use crate::tree::{
    Account, Act, Anew, Bucket, Buckets, Leaf, Link, Location, Node, Prefix, Update, Write, link, pack, table,
};
use countersign_types::Hash;
use countersign_types::limits::STATE_DEPTH_MAX;
use countersign_types::state::{path, value_hash};
use std::collections::BTreeMap;
use std::ops::Bound;

/// What a look at the whole state at the tip found.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Survey {
    /// Subtrees whose entries are needed from elsewhere: buckets, and single entries, which stand at the greatest depth. At most
    /// [`SURVEYED_PLACES_MAX`]; another look finds the rest.
    pub lost: Vec<Place>,
    /// Packs that nothing can be read from.
    packs: Vec<(Space, u64)>,
    /// Rows of the index of keys: keys of the state that it lacks, and such as are of none.
    keys: Vec<(Vec<u8>, bool)>,
}

impl Survey {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lost.is_empty() && self.packs.is_empty() && self.keys.is_empty()
    }

    fn is_full(&self) -> bool {
        self.lost.len().saturating_add(self.keys.len()) >= SURVEYED_PLACES_MAX
    }
}

impl<S: Store> Ledger<S> {
    /// Reads the whole state at the tip, its packs and the index of its keys from the store.
    ///
    /// # Errors
    /// The store's, and damage to what cannot be mended this way.
    pub fn survey(&self) -> Result<Survey, LedgerError> {
        let mut survey = Survey::default();
        let root = self.shared.root(self.tip.height)?;
        for partition in 0..table::PARTITIONS {
            for (prefix, link) in table::places(&root, partition) {
                self.look_below(&prefix, &link, &mut survey)?;
                if survey.is_full() {
                    return Ok(survey);
                }
            }
        }
        self.look_at_keys(&root, &mut survey)?;
        let accounts = self.state.accounts;
        for (space, account) in [(Space::Pages, accounts.pages), (Space::Values, accounts.values)] {
            self.look_at_packs(space, &account, &mut survey)?;
        }
        Ok(survey)
    }

    /// A bucket, and the values of its leaves.
    fn look_below(&self, prefix: &Prefix, link: &Link, survey: &mut Survey) -> Result<(), LedgerError> {
        let Some(bucket) = self.readable(self.shared.stored_bucket(link, prefix.depth()))? else {
            survey.lost.push(Place { prefix: *prefix.bits(), depth: prefix.depth(), hash: link.hash });
            return Ok(());
        };
        for leaf in bucket.leaves() {
            let Some((key, _)) = self.readable(self.shared.entry(leaf))? else {
                survey.lost.push(Place { prefix: leaf.path, depth: STATE_DEPTH_MAX, hash: leaf.hash() });
                continue;
            };
            let mark = self.readable(self.shared.store.get(Space::Keys, &key).map_err(LedgerError::from))?;
            if mark.flatten().is_none_or(|mark| mark != key_mark(&key)) {
                survey.keys.push((key, true));
            }
        }
        Ok(())
    }

    /// Rows of the index of keys whose mark is not their key's. Of keys of the state they are known already.
    fn look_at_keys(&self, root: &Node, survey: &mut Survey) -> Result<(), LedgerError> {
        let mut range = KeyRange::all();
        loop {
            let rows = self.shared.store.scan(Space::Keys, &range, Direction::Forward, SURVEY_KEYS_AT_ONCE)?;
            for (key, mark) in &rows {
                let is_odd = *mark != key_mark(key);
                if is_odd && self.readable(self.shared.read(root, key))?.flatten().is_none() {
                    survey.keys.push((key.clone(), false));
                }
            }
            match rows.into_iter().last() {
                Some((key, _)) if !survey.is_full() => range.from = Bound::Excluded(key),
                _ => return Ok(()),
            }
        }
    }

    /// Packs that clearing away would stumble over, whether or not something in them lives.
    fn look_at_packs(&self, space: Space, account: &Account, survey: &mut Survey) -> Result<(), LedgerError> {
        for number in account.floor..account.next {
            let row = self.readable(self.shared.pack(space, number))?;
            if !row.is_some_and(|row| is_passable(space, number, &row)) {
                survey.packs.push((space, number));
            }
        }
        Ok(())
    }

    /// What can be read; nothing where it is damaged.
    pub(super) fn readable<T>(&self, read: Result<T, LedgerError>) -> Result<Option<T>, LedgerError> {
        match read {
            Ok(found) => Ok(Some(found)),
            Err(cause) if cause.damaged_row().is_some() => {
                self.shared.damage.note_file(&cause);
                Ok(None)
            }
            Err(cause) => Err(cause),
        }
    }

    /// Stores lost subtrees anew from their entries.
    ///
    /// # Errors
    /// [`LedgerError::Repair`] if one is not what is lost there, then nothing has changed; else the store's, and this node must stop.
    pub fn mend(&mut self, pieces: &[(Place, StatePiece)]) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        let height = self.tip.height;
        let refused = |what| LedgerError::Repair { height, what };
        let shared = self.shared.clone();
        let root = shared.root(height)?;
        let mut found = Found { shared: &shared, buckets: BTreeMap::new() };
        let mut entries: Vec<(Hash, &[u8], &[u8])> = Vec::new();
        for (place, piece) in pieces {
            piece.check(place).map_err(|_| refused("the entries are not those of the place"))?;
            let at = link(&root, &place.prefix).filter(|(_, depth)| *depth <= place.depth);
            let (link, depth) = at.ok_or(refused("the state has nothing at the place"))?;
            if depth == place.depth && link.hash == place.hash {
                found.buckets.insert(link.at, Bucket::new(leaves(piece), depth));
            } else if shared.bucket(link, depth)?.find(&place.prefix).is_none_or(|leaf| leaf.hash() != place.hash) {
                return Err(refused("the state has something else at the place"));
            }
            entries.extend(piece.entries.iter().map(|(key, value)| (path(key), key.as_slice(), value.as_slice())));
        }
        entries.sort_unstable_by_key(|(path, ..)| *path);
        if !entries.is_sorted_by(|(one, ..), (other, ..)| one < other) {
            return Err(refused("an entry is given twice"));
        }
        let anew = Anew { value: true, bucket: true };
        let write =
            |(source, (path, ..)): (usize, &(Hash, &[u8], &[u8]))| Write { path: *path, act: Act::Keep, source, anew };
        let writes: Vec<Write> = entries.iter().enumerate().map(write).collect();
        let entries: Vec<(&[u8], &[u8])> = entries.into_iter().map(|(_, key, value)| (key, value)).collect();
        let (mended, changes) = Update::new(&found, self.state.accounts, &entries).apply(&root, &writes)?;
        if mended.hash() != root.hash() {
            return Err(refused("the state would have another root"));
        }
        let mut batch = Batch::default();
        let packs = [(Space::Pages, changes.pages), (Space::Values, changes.values)];
        for (space, (number, row)) in
            packs.into_iter().flat_map(|(space, rows)| rows.into_iter().map(move |row| (space, row)))
        {
            batch.put(space, number_key(number), row);
        }
        for (key, _) in &entries {
            batch.put(Space::Keys, *key, key_mark(key));
        }
        let delta = load::delta(&shared.store, height)?;
        let mut state = self.state.clone();
        state.put_moved(height, delta, changes.accounts, &changes.places, &mut batch);
        put_sealed(&mut batch, Space::Meta, META_STATE, &state);
        let oldest = self.oldest.max(shared.view().certified.min(height));
        put_sealed(&mut batch, Space::Meta, META_TIP, &StoredTip { tip: (*self.tip).clone(), oldest });
        shared.view_mut().oldest = oldest;
        self.write(batch, true)?;
        (self.state, self.oldest) = (state, oldest);
        shared.go_back(self.tip.clone(), mended);
        Ok(())
    }

    /// Mends what else a survey found that lost nothing: indexes, and packs of which nothing that lives is needed any more.
    ///
    /// # Errors
    /// [`LedgerError::Repair`] if something is lost, and the store's; then this node must stop.
    pub fn mend_rows(&mut self, survey: &Survey) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        if !survey.lost.is_empty() {
            return Err(LedgerError::Repair { height: self.tip.height, what: "entries of the state are lost" });
        }
        let mut batch = Batch::default();
        for (key, is_of_state) in &survey.keys {
            match is_of_state {
                true => batch.put(Space::Keys, key.as_slice(), key_mark(key)),
                false => batch.remove(Space::Keys, key.as_slice()),
            }
        }
        for (space, number) in &survey.packs {
            // An empty one. What the account says is dead is too much by what it held, 4 KiB, for as long as it stands.
            batch.put(*space, number_key(*number), 0u32.to_le_bytes());
        }
        self.write(batch, true)
    }
}

/// The buckets that were found again, and the others.
struct Found<'a, S> {
    shared: &'a crate::shared::Shared<S>,
    buckets: BTreeMap<Location, Bucket>,
}

impl<S: Store> Buckets for Found<'_, S> {
    fn bucket(&self, link: &Link, depth: usize) -> Result<Bucket, LedgerError> {
        match self.buckets.get(&link.at) {
            Some(bucket) if bucket.hash() == link.hash => Ok(bucket.clone()),
            _ => self.shared.bucket(link, depth),
        }
    }
}

/// Leaves of entries whose values stand somewhere: their locations say only how large they are, for the accounts.
fn leaves(piece: &StatePiece) -> impl Iterator<Item = Leaf> {
    piece.entries.iter().map(|(key, value)| {
        let bytes = key.len().saturating_add(value.len()).saturating_add(4);
        Leaf { path: path(key), value: value_hash(value), at: Location::new(0, 0, bytes) }
    })
}

/// Whether clearing away can go through a pack.
fn is_passable(space: Space, number: u64, row: &[u8]) -> bool {
    let Some(items) = pack::items(number, row) else { return false };
    items.into_iter().all(|(_, item)| match space {
        Space::Values => decode_value(item).is_some(),
        _ => Bucket::first_path(item).is_some(),
    })
}

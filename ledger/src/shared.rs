//! What the writer and the readers share: the store, the caches and the current view.

use crate::cache::Cache;
use crate::damage::DamageNotes;
use crate::error::LedgerError;
use crate::limits::{
    BUCKET_CACHE_BYTES, BUCKET_MEMORY_BYTES, CACHED_VALUE_BYTES_MAX, LEAF_MEMORY_BYTES, PINNED_HEIGHTS_MAX,
    VALUE_CACHE_BYTES,
};
use crate::lines::KeptLines;
use crate::record::{Place, StoredHeader, decode_value, height_key, number_key};
use crate::retention::{Class, Floors};
use crate::state::load;
use crate::state::roots::{Remade, Roots};
use crate::store::{Space, Store};
use crate::tip::Tip;
use crate::tree::{Bucket, Buckets, Leaf, Link, Node, find, graft, pack};
use countersign_types::state::{path, value_hash};
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by the writer and all readers.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) store: S,
    pub(crate) chain: Hash,
    buckets: Cache<Bucket>,
    values: Cache<(Hash, Arc<[u8]>)>,
    pub(crate) lines: KeptLines,
    view: RwLock<View>,
    /// Locked before the view, so that what was made of deltas that are taken back is never kept.
    remade: Mutex<Remade>,
    pub(crate) damage: DamageNotes,
    /// The lowest height that somebody needs the blocks from.
    held: Mutex<Option<Height>>,
    /// Heights whose state somebody still reads, with how many do.
    pins: Mutex<BTreeMap<Height, usize>>,
}

/// Keeps the state of a height from being pruned while it lives.
#[derive(Debug)]
pub struct Pin<S> {
    shared: Arc<Shared<S>>,
    height: Height,
}

impl<S> Drop for Pin<S> {
    fn drop(&mut self) {
        let mut pins = lock(&self.shared.pins);
        if let Some(readers) = pins.get_mut(&self.height) {
            *readers = readers.saturating_sub(1);
        }
        pins.retain(|_, readers| *readers > 0);
    }
}

/// Where a ledger began: with the genesis, or with a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Begin {
    /// Height of the snapshot, 0 for the genesis.
    pub(crate) height: Height,
    /// Heights before the first block that the snapshot carried.
    pub(crate) before: u64,
}

/// What changes with each commit.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) tip: Arc<Tip>,
    /// Highest height with a result certificate, 0 if there is none.
    pub(crate) certified: Height,
    /// Where the ledger began.
    pub(crate) begin: Begin,
    /// Oldest height whose state is kept.
    pub(crate) oldest: Height,
    /// Roots of the newest heights.
    pub(crate) roots: Roots,
    /// Oldest heights of which parts of blocks are kept.
    pub(crate) floors: Floors,
}

impl View {
    /// Before anything is stored.
    pub(crate) fn empty(tip: Arc<Tip>) -> Self {
        Self {
            tip,
            certified: Height::ZERO,
            begin: Begin::default(),
            oldest: Height::ZERO,
            roots: Roots::default(),
            floors: Floors::default(),
        }
    }

    /// Oldest height of which something is kept.
    pub(crate) fn oldest_of(&self, class: Class) -> Height {
        match class {
            Class::Bodies => self.floors.bodies,
            Class::Receipts => self.floors.receipts,
            Class::States => self.oldest,
        }
    }
}

impl<S: Store> Shared<S> {
    pub(crate) fn new(store: S, chain: Hash, view: View) -> Self {
        Self {
            store,
            chain,
            buckets: Cache::new(BUCKET_CACHE_BYTES),
            values: Cache::new(VALUE_CACHE_BYTES),
            lines: KeptLines::new(),
            view: RwLock::new(view),
            remade: Mutex::default(),
            damage: DamageNotes::default(),
            held: Mutex::default(),
            pins: Mutex::default(),
        }
    }

    /// Pins a height whose state is kept.
    pub(crate) fn pin(shared: &Arc<Self>, height: Height) -> Result<Pin<S>, LedgerError> {
        let count = |change: fn(usize) -> usize| {
            let mut pins = lock(&shared.pins);
            let readers = pins.entry(height).or_default();
            *readers = change(*readers);
        };
        // First, so that it is not pruned between the look and the pin.
        count(|readers| readers.saturating_add(1));
        let pin = Pin { shared: shared.clone(), height };
        shared.root(height).map(|_| pin)
    }

    /// Keeps the blocks from a height on.
    pub(crate) fn hold(&self, from: Option<Height>) {
        *lock(&self.held) = from;
    }

    pub(crate) fn held(&self) -> Option<Height> {
        *lock(&self.held)
    }

    /// The lowest height that must stay readable for its readers.
    pub(crate) fn pinned(&self, tip: Height) -> Option<Height> {
        let oldest = lock(&self.pins).first_key_value().map(|(height, _)| *height);
        oldest.filter(|height| tip.since(*height) <= PINNED_HEIGHTS_MAX)
    }

    pub(crate) fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn remade(&self) -> MutexGuard<'_, Remade> {
        self.remade.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Caches new buckets, and drops those that only older heights need.
    pub(crate) fn keep_buckets(&self, (new, old): (Vec<(Link, Bucket)>, Vec<Link>)) {
        for link in old {
            self.buckets.drop(link.at.0);
        }
        for (link, bucket) in new {
            self.keep_bucket(&link, bucket);
        }
    }

    fn keep_bucket(&self, link: &Link, bucket: Bucket) {
        let leaves = usize::from(link.leaves).saturating_mul(LEAF_MEMORY_BYTES);
        self.buckets.put(link.at.0, bucket, BUCKET_MEMORY_BYTES.saturating_add(leaves));
    }

    /// Shows readers an earlier tip.
    pub(crate) fn go_back(&self, tip: Arc<Tip>, root: Node) {
        let mut view = self.view_mut();
        view.roots.reset(tip.height, root);
        view.tip = tip;
        drop(view);
        self.remade().clear();
    }

    /// The tree's root at a height.
    pub(crate) fn root(&self, height: Height) -> Result<Node, LedgerError> {
        // Locked first, so that what is made of deltas that are taken back meanwhile is not kept.
        let mut remade = None;
        let view = loop {
            let view = self.view();
            if height > view.tip.height {
                return Err(LedgerError::Unknown { height, tip: view.tip.height });
            }
            if height < view.oldest {
                return Err(LedgerError::Pruned { what: Class::States, height, oldest: view.oldest });
            }
            if let Some(root) = view.roots.get(height) {
                return Ok(root.clone());
            }
            if remade.is_some() {
                break view;
            }
            drop(view);
            remade = Some(self.remade());
        };
        let mut remade = remade.expect("it was locked before the view that the loop ended with");
        if let Some(root) = remade.get(height) {
            return Ok(root.clone());
        }
        let (first, newer) = view.roots.first().expect("the tip's root is kept");
        let near = remade.nearest(height, first.0.abs_diff(height.0));
        let (from, base) = near.map_or((first, newer.clone()), |(from, root)| (from, root.clone()));
        drop(view);
        let root = self.remake(from, &base, height).map_err(|cause| self.explain(height, cause))?;
        remade.push(height, root.clone());
        Ok(root)
    }

    /// Goes from one height's root to another's.
    fn remake(&self, from: Height, base: &Node, to: Height) -> Result<Node, LedgerError> {
        let mut net = BTreeMap::new();
        for height in (from.0.saturating_add(1)..=to.0).map(Height) {
            load::delta(&self.store, height)?.redo(&mut net);
        }
        for height in (to.0.saturating_add(1)..=from.0).rev().map(Height) {
            load::delta(&self.store, height)?.undo(&mut net);
        }
        let net: Vec<_> = net.into_iter().collect();
        let root = graft(base, &net);
        if to == Height::ZERO {
            return Ok(root);
        }
        let key = height_key(to);
        let place = Place { what: "a header", space: Space::Headers, key: &key };
        let bytes = self.store.get(Space::Headers, &key)?.ok_or_else(|| place.damaged())?;
        let StoredHeader { result, .. } = place.unseal(&bytes)?;
        if root.hash() == result.state_root {
            return Ok(root);
        }
        Err(Place { what: "the changes of the state tree since a height", space: Space::Deltas, key: &key }.damaged())
    }

    /// The value at a key under the root of a height.
    pub(crate) fn read(&self, root: &Node, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match find(self, root, &path(key))? {
            Some(leaf) => self.value(&leaf, key).map(|value| Some(value.to_vec())),
            None => Ok(None),
        }
    }

    /// The value that a leaf commits to, checked against it when it comes from the store.
    fn value(&self, leaf: &Leaf, key: &[u8]) -> Result<Arc<[u8]>, LedgerError> {
        if let Some((hash, value)) = self.values.get(leaf.at.0) {
            return if hash == leaf.value { Ok(value) } else { Err(damaged_value(leaf)) };
        }
        let value = self.stored(leaf, |found, value| (found == key).then(|| Arc::<[u8]>::from(value)))?;
        if value.len() <= CACHED_VALUE_BYTES_MAX {
            self.values.put(leaf.at.0, (leaf.value, value.clone()), value.len().saturating_add(140));
        }
        Ok(value)
    }

    /// Key and value that a leaf commits to.
    pub(crate) fn entry(&self, leaf: &Leaf) -> Result<(Vec<u8>, Vec<u8>), LedgerError> {
        self.stored(leaf, |key, value| (path(key) == leaf.path).then(|| (key.to_vec(), value.to_vec())))
    }

    fn stored<T>(&self, leaf: &Leaf, take: impl FnOnce(&[u8], &[u8]) -> Option<T>) -> Result<T, LedgerError> {
        let row = self.pack(Space::Values, leaf.at.pack())?;
        let found = pack::item(&row, leaf.at).and_then(decode_value);
        let found = found.filter(|(_, value)| value_hash(value) == leaf.value);
        found.and_then(|(key, value)| take(key, value)).ok_or_else(|| damaged_value(leaf))
    }

    /// The row of a pack.
    pub(crate) fn pack(&self, space: Space, number: u64) -> Result<Vec<u8>, LedgerError> {
        let key = number_key(number);
        let what = if space == Space::Values { "a pack of state values" } else { "a pack of the state tree" };
        self.store.get(space, &key)?.ok_or_else(|| Place { what, space, key: &key }.damaged())
    }

    /// The bucket of a link as it is in the store.
    pub(crate) fn stored_bucket(&self, link: &Link, depth: usize) -> Result<Bucket, LedgerError> {
        let row = self.pack(Space::Pages, link.at.pack())?;
        let bucket = pack::item(&row, link.at).and_then(|item| Bucket::decode(item, depth));
        let is_it = |bucket: &Bucket| bucket.hash() == link.hash && bucket.leaves().len() == usize::from(link.leaves);
        bucket.filter(is_it).ok_or_else(|| damaged_bucket(link))
    }

    /// What a failed read of a height's state means.
    pub(crate) fn explain(&self, height: Height, cause: LedgerError) -> LedgerError {
        self.explain_of(Class::States, height, cause)
    }

    /// What a failed read means: if what it read was pruned meanwhile, that. Damage is noted.
    pub(crate) fn explain_of(&self, what: Class, height: Height, cause: LedgerError) -> LedgerError {
        let oldest = self.view().oldest_of(what);
        if height < oldest {
            return LedgerError::Pruned { what, height, oldest };
        }
        self.damage.note(&cause);
        cause
    }
}

fn damaged_value(leaf: &Leaf) -> LedgerError {
    Place { what: "a state value", space: Space::Values, key: &number_key(leaf.at.pack()) }.damaged()
}

fn damaged_bucket(link: &Link) -> LedgerError {
    Place { what: "a bucket of the state tree", space: Space::Pages, key: &number_key(link.at.pack()) }.damaged()
}

impl<S: Store> Buckets for Shared<S> {
    fn bucket(&self, link: &Link, depth: usize) -> Result<Bucket, LedgerError> {
        // Hashes do not cover locations, so a damaged one must not lead to another cached bucket.
        if let Some(bucket) = self.buckets.get(link.at.0) {
            return if bucket.hash() == link.hash { Ok(bucket) } else { Err(damaged_bucket(link)) };
        }
        let bucket = self.stored_bucket(link, depth)?;
        self.keep_bucket(link, bucket.clone());
        Ok(bucket)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What the writer and the readers share: the store, the caches and the current view.

use crate::cache::Cache;
use crate::damage::DamageNotes;
use crate::error::LedgerError;
use crate::limits::{CACHED_VALUE_BYTES_MAX, PAGE_CACHE_BYTES, PINNED_HEIGHTS_MAX, VALUE_CACHE_BYTES};
use crate::record::{Place, decode_value, number_key};
use crate::retention::{Class, Floors};
use crate::store::{Space, Store};
use crate::tip::Tip;
use crate::tree::{Inner, Leaf, Node, Pages, find, load_page};
use countersign_types::state::{path, value_hash};
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by the writer and all readers.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) store: S,
    pub(crate) chain: Hash,
    pages: Cache<Arc<Inner>>,
    values: Cache<(Hash, Arc<[u8]>)>,
    view: RwLock<View>,
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
    /// Roots of the retained heights.
    pub(crate) roots: BTreeMap<Height, Node>,
    /// Oldest heights of which parts of blocks are kept.
    pub(crate) floors: Floors,
}

impl View {
    /// Oldest height of which something is kept.
    pub(crate) fn oldest_of(&self, class: Class) -> Height {
        match class {
            Class::Bodies => self.floors.bodies,
            Class::Receipts => self.floors.receipts,
            Class::States => self.oldest(),
        }
    }

    /// Oldest height whose state is kept.
    pub(crate) fn oldest(&self) -> Height {
        self.roots.first_key_value().map_or(self.tip.height, |(height, _)| *height)
    }
}

impl<S: Store> Shared<S> {
    pub(crate) fn new(store: S, chain: Hash, view: View) -> Self {
        Self {
            store,
            chain,
            pages: Cache::new(PAGE_CACHE_BYTES),
            values: Cache::new(VALUE_CACHE_BYTES),
            view: RwLock::new(view),
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

    pub(crate) fn keep_page(&self, id: u64, page: Arc<Inner>) {
        let weight = page.memory_bytes();
        self.pages.put(id, page, weight);
    }

    /// The tree's root at a height.
    pub(crate) fn root(&self, height: Height) -> Result<Node, LedgerError> {
        let view = self.view();
        match view.roots.get(&height) {
            Some(root) => Ok(root.clone()),
            None if height > view.tip.height => Err(LedgerError::Unknown { height, tip: view.tip.height }),
            None => Err(LedgerError::Pruned { what: Class::States, height, oldest: view.oldest() }),
        }
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
        let at = number_key(leaf.at);
        let place = Place { what: "a state value", space: Space::Values, key: &at };
        if let Some((hash, value)) = self.values.get(leaf.at) {
            return if hash == leaf.value { Ok(value) } else { Err(place.damaged()) };
        }
        let bytes = self.store.get(Space::Values, &at)?.ok_or_else(|| place.damaged())?;
        let value = match decode_value(&bytes) {
            Some((found, value)) if found == key && value_hash(value) == leaf.value => Arc::<[u8]>::from(value),
            _ => return Err(place.damaged()),
        };
        if value.len() <= CACHED_VALUE_BYTES_MAX {
            self.values.put(leaf.at, (leaf.value, value.clone()), value.len().saturating_add(140));
        }
        Ok(value)
    }

    /// Key and value that a leaf commits to.
    pub(crate) fn entry(&self, leaf: &Leaf) -> Result<(Vec<u8>, Vec<u8>), LedgerError> {
        let at = number_key(leaf.at);
        let place = Place { what: "a state value", space: Space::Values, key: &at };
        let bytes = self.store.get(Space::Values, &at)?.ok_or_else(|| place.damaged())?;
        match decode_value(&bytes) {
            Some((key, value)) if path(key) == leaf.path && value_hash(value) == leaf.value => {
                Ok((key.to_vec(), value.to_vec()))
            }
            _ => Err(place.damaged()),
        }
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

impl<S: Store> Pages for Shared<S> {
    fn page(&self, id: u64, hash: &Hash) -> Result<Arc<Inner>, LedgerError> {
        let key = number_key(id);
        let place = Place { what: "a page of the state tree", space: Space::Pages, key: &key };
        // Hashes do not cover numbers, so a damaged number must not lead to another cached page.
        if let Some(page) = self.pages.get(id) {
            return if page.hash == *hash { Ok(page) } else { Err(place.damaged()) };
        }
        let bytes = self.store.get(Space::Pages, &key)?.ok_or_else(|| place.damaged())?;
        let page = load_page(&bytes, hash).ok_or_else(|| place.damaged())?;
        self.keep_page(id, page.clone());
        Ok(page)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! What the writer and the readers share: the store, the caches and the current view.

use crate::cache::Cache;
use crate::damage::DamageNotes;
use crate::error::LedgerError;
use crate::limits::{CACHED_VALUE_BYTES_MAX, PAGE_CACHE_BYTES, VALUE_CACHE_BYTES};
use crate::record::{Place, decode_value, number_key};
use crate::retention::{Class, Floors};
use crate::store::{Space, Store};
use crate::tip::Tip;
use crate::tree::{Inner, Leaf, Node, Pages, find, load_page};
use countersign_types::state::{path, value_hash};
use countersign_types::{Hash, Height};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by the writer and all readers.
#[derive(Debug)]
pub(crate) struct Shared<S> {
    pub(crate) store: S,
    pub(crate) chain: Hash,
    pages: Cache<Arc<Inner>>,
    values: Cache<(Hash, Arc<[u8]>)>,
    view: RwLock<View>,
    pub(crate) damage: DamageNotes,
}

/// What changes with each commit.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) tip: Arc<Tip>,
    /// Highest height with a result certificate, 0 if there is none.
    pub(crate) certified: Height,
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
        }
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

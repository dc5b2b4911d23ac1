//! Compiled code in memory, by code hash.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::CodeHash;
use crate::module::Compiled;

/// A bounded set of compiled modules; the one unused for longest goes first.
pub(super) struct Memory {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    modules: BTreeMap<CodeHash, (u64, Arc<Compiled>)>,
    bytes: usize,
    /// Counts uses, to tell which was longest ago.
    uses: u64,
}

impl Memory {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, kept: Mutex::default() }
    }

    pub(super) fn find(&self, hash: &CodeHash) -> Option<Arc<Compiled>> {
        let mut kept = self.lock();
        kept.uses = kept.uses.saturating_add(1);
        let now = kept.uses;
        let (used, module) = kept.modules.get_mut(hash)?;
        *used = now;
        Some(Arc::clone(module))
    }

    /// Finds without counting as a use: who looks does not decide what stays.
    pub(super) fn peek(&self, hash: &CodeHash) -> Option<Arc<Compiled>> {
        self.lock().modules.get(hash).map(|(_, module)| Arc::clone(module))
    }

    /// Keeps a module, in the place of those unused for longest.
    pub(super) fn keep(&self, hash: CodeHash, module: Arc<Compiled>) {
        let mut kept = self.lock();
        kept.put(hash, module);
        while kept.bytes > self.bytes_max && kept.modules.len() > 1 {
            let oldest = kept.modules.iter().min_by_key(|(_, (used, _))| *used);
            let Some(hash) = oldest.map(|(hash, _)| *hash) else {
                break;
            };
            kept.remove(&hash);
        }
    }

    /// Keeps a module if nothing has to go for it.
    pub(super) fn keep_if_room(&self, hash: CodeHash, module: Arc<Compiled>) {
        let mut kept = self.lock();
        if kept.bytes.saturating_add(module.bytes) <= self.bytes_max {
            kept.put(hash, module);
        }
    }

    /// Bytes of the modules kept.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half-way, so a poisoned lock still guards a whole value.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn put(&mut self, hash: CodeHash, module: Arc<Compiled>) {
        self.uses = self.uses.saturating_add(1);
        self.remove(&hash);
        self.bytes = self.bytes.saturating_add(module.bytes);
        self.modules.insert(hash, (self.uses, module));
    }

    fn remove(&mut self, hash: &CodeHash) {
        if let Some((_, old)) = self.modules.remove(hash) {
            self.bytes = self.bytes.saturating_sub(old.bytes);
        }
    }
}

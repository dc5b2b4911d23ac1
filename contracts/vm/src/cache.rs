//! Compiled code, kept by code hash.
//!
//! One cache belongs to one engine and one cost table, so the hash alone is the key. What is in it
//! changes how soon a call starts, never what it does or costs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::CodeHash;
use crate::limits;
use crate::module::Compiled;

/// A bounded set of compiled modules; the one unused for longest goes first.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    modules: BTreeMap<CodeHash, (u64, Arc<Compiled>)>,
    bytes: usize,
    /// Counts uses, to tell which was longest ago.
    uses: u64,
}

impl Cache {
    pub(crate) fn find(&self, hash: &CodeHash) -> Option<Arc<Compiled>> {
        let mut kept = self.lock();
        kept.uses = kept.uses.saturating_add(1);
        let now = kept.uses;
        let (used, module) = kept.modules.get_mut(hash)?;
        *used = now;
        Some(Arc::clone(module))
    }

    pub(crate) fn insert(&self, hash: CodeHash, module: Arc<Compiled>) {
        let mut kept = self.lock();
        kept.uses = kept.uses.saturating_add(1);
        let now = kept.uses;
        kept.bytes = kept.bytes.saturating_add(module.bytes);
        if let Some((_, old)) = kept.modules.insert(hash, (now, module)) {
            kept.bytes = kept.bytes.saturating_sub(old.bytes);
        }
        while kept.modules.len() > limits::CACHE_MODULES_MAX
            || (kept.bytes > limits::CACHE_BYTES_MAX && kept.modules.len() > 1)
        {
            let oldest = kept.modules.iter().min_by_key(|(_, (used, _))| *used);
            let Some(hash) = oldest.map(|(hash, _)| *hash) else {
                break;
            };
            if let Some((_, old)) = kept.modules.remove(&hash) {
                kept.bytes = kept.bytes.saturating_sub(old.bytes);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half-way, so a poisoned lock still guards a whole value.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

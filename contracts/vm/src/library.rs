//! Compiled code: found in memory, loaded from disk, or compiled.
//!
//! One library belongs to one engine and one cost table. What is in it changes how soon a call starts,
//! never what it does or costs. Each code is made once at a time: whoever else wants it waits.
//!
//! Calls and views have memory of their own, so that no view, however many contracts it walks through,
//! makes execution load anything again.

mod disk;
mod memory;
mod tally;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use countersign_metering::{Costs, FORM_VERSION, Metered, check};
use sha2::{Digest as _, Sha256};
use wasmtime::{Engine, Linker, Module};

use crate::frame::Frame;
use crate::module::Compiled;
use crate::{CallKind, CodeFacts, CodeHash, HostFault, limits};

use disk::{Disk, Found};
use memory::Memory;
use tally::add;

pub use disk::DiskConfig;
pub use tally::{CodeUse, Ran, VmCounters};
pub(crate) use tally::{Tally, Want};

/// The code of an engine.
pub(crate) struct Library {
    engine: Engine,
    linker: Linker<Frame>,
    costs: &'static Costs,
    clock: fn() -> u64,
    calls: Memory,
    views: Memory,
    disk: Option<Disk>,
    making: Making,
    pub tally: Tally,
}

impl Library {
    pub(crate) fn new(
        engine: Engine,
        linker: Linker<Frame>,
        costs: &'static Costs,
        clock: fn() -> u64,
        disk: Option<DiskConfig>,
    ) -> io::Result<Self> {
        let versions = [FORM_VERSION, costs.version];
        let disk = disk.map(|config| Disk::open(config, &engine, versions)).transpose()?;
        Ok(Self {
            engine,
            linker,
            costs,
            clock,
            calls: Memory::new(limits::CALL_CODE_BYTES_MAX),
            views: Memory::new(limits::VIEW_CODE_BYTES_MAX),
            disk,
            making: Making::default(),
            tally: Tally::default(),
        })
    }

    /// What is counted, now.
    pub(crate) fn counters(&self) -> VmCounters {
        self.tally.read(self.calls.bytes().saturating_add(self.views.bytes()))
    }

    /// Compiled code that is in memory.
    pub(crate) fn find(&self, hash: &CodeHash, want: Want) -> Option<Arc<Compiled>> {
        let found = match want {
            Want::Run(CallKind::Call) => self.calls.find(hash),
            Want::Run(CallKind::View) => self.calls.peek(hash).or_else(|| self.views.find(hash)),
            Want::Ahead => self.calls.peek(hash),
        };
        if found.is_some() {
            add(&self.tally.uses(want).found, 1);
        }
        found
    }

    /// Compiled code, wherever it comes from. `code` is asked only if it has to be compiled.
    pub(crate) fn obtain(
        &self,
        hash: &CodeHash,
        facts: &CodeFacts,
        want: Want,
        code: impl FnOnce() -> Result<Arc<[u8]>, HostFault>,
    ) -> Result<Arc<Compiled>, HostFault> {
        let _turn = self.making.turn(hash);
        if let Some(found) = self.find(hash, want) {
            return Ok(found);
        }
        let compiled = match self.load(hash, facts, want)? {
            Some(loaded) => loaded,
            None => self.make(hash, &code()?, want)?,
        };
        let compiled = Arc::new(compiled);
        let kept = Arc::clone(&compiled);
        match want {
            Want::Run(CallKind::Call) => self.calls.keep(*hash, kept),
            Want::Run(CallKind::View) => self.views.keep(*hash, kept),
            Want::Ahead => self.calls.keep_if_room(*hash, kept),
        }
        Ok(compiled)
    }

    fn load(&self, hash: &CodeHash, facts: &CodeFacts, want: Want) -> Result<Option<Compiled>, HostFault> {
        let Some(disk) = &self.disk else { return Ok(None) };
        let begun = (self.clock)();
        let bytes = match disk.find(hash) {
            Found::Code(bytes) => bytes,
            Found::Nothing => return Ok(None),
            Found::Refused => {
                add(&self.tally.refused, 1);
                return Ok(None);
            }
        };
        // SAFETY: the bytes are what `Module::serialize` gave this node for this code, engine and
        // metering: `Disk::find` answers nothing whose code under the node's own secret, over name
        // and content, is not right, and the bytes are our own copy, so nobody changes them now.
        #[allow(unsafe_code)]
        let module = unsafe { Module::deserialize(&self.engine, &bytes) };
        let Ok(module) = module else {
            add(&self.tally.refused, 1);
            disk.discard(hash);
            return Ok(None);
        };
        let compiled = Compiled::new(&self.linker, &module, facts.clone())?;
        self.tally.uses(want).loaded((self.clock)().saturating_sub(begun));
        Ok(Some(compiled))
    }

    fn make(&self, hash: &CodeHash, code: &[u8], want: Want) -> Result<Compiled, HostFault> {
        let begun = (self.clock)();
        if <[u8; 32]>::from(Sha256::digest(code)) != *hash {
            return Err(HostFault::CodeDamaged(*hash));
        }
        let Metered { wasm, facts, .. } =
            check(code, self.costs).map_err(|cause| HostFault::CodeRefused { hash: *hash, cause })?;
        let module = Module::new(&self.engine, &wasm).map_err(|error| HostFault::engine("compiling", &error))?;
        if let Some(disk) = &self.disk {
            let bytes = module.serialize().map_err(|error| HostFault::engine("storing compiled code", &error))?;
            if disk.store(hash, &bytes).is_err() {
                add(&self.tally.unsaved, 1);
            }
        }
        let compiled = Compiled::new(&self.linker, &module, facts)?;
        self.tally.uses(want).compiled((self.clock)().saturating_sub(begun));
        Ok(compiled)
    }
}

/// Codes that are being loaded or compiled.
#[derive(Default)]
struct Making {
    hashes: Mutex<BTreeSet<CodeHash>>,
    done: Condvar,
}

/// The right to make a code; ends when dropped.
struct Turn<'m> {
    making: &'m Making,
    hash: CodeHash,
}

impl Making {
    fn turn(&self, hash: &CodeHash) -> Turn<'_> {
        let hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.done.wait_while(hashes, |hashes| hashes.contains(hash));
        waited.unwrap_or_else(PoisonError::into_inner).insert(*hash);
        Turn { making: self, hash: *hash }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.making.hashes.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.hash);
        self.making.done.notify_all();
    }
}

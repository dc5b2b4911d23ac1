//! What the machine has done so far, in counts and microseconds.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::CallKind;

/// Counts since the machine was built. Times are zero without a clock in [`crate::VmConfig`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmCounters {
    /// What ran as calls.
    pub calls: Ran,
    /// What ran as views.
    pub views: Ran,
    /// Code asked for by calls.
    pub for_calls: CodeUse,
    /// Code asked for by views.
    pub for_views: CodeUse,
    /// Code prepared ahead of its use.
    pub ahead: CodeUse,
    /// Files of compiled code that were damaged or foreign.
    pub refused: u64,
    /// Compiled code that could not be stored.
    pub unsaved: u64,
    /// Bytes of compiled code in memory.
    pub bytes: u64,
}

/// Top-level runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// How many.
    pub count: u64,
    /// Microseconds they took, finding the code included.
    pub micros: u64,
}

/// Where code was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeUse {
    /// In memory.
    pub found: u64,
    /// On disk.
    pub loaded: u64,
    /// Microseconds of loading.
    pub load_micros: u64,
    /// Nowhere: it was compiled.
    pub compiled: u64,
    /// Microseconds of compiling.
    pub compile_micros: u64,
}

/// Who wants code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    Run(CallKind),
    Ahead,
}

/// The counting behind [`VmCounters`].
#[derive(Default)]
pub(crate) struct Tally {
    calls: Runs,
    views: Runs,
    for_calls: Uses,
    for_views: Uses,
    ahead: Uses,
    pub(super) refused: AtomicU64,
    pub(super) unsaved: AtomicU64,
}

#[derive(Default)]
pub(crate) struct Runs {
    count: AtomicU64,
    micros: AtomicU64,
}

#[derive(Default)]
pub(super) struct Uses {
    pub(super) found: AtomicU64,
    loaded: AtomicU64,
    load_micros: AtomicU64,
    compiled: AtomicU64,
    compile_micros: AtomicU64,
}

impl Tally {
    pub(crate) fn runs(&self, kind: CallKind) -> &Runs {
        match kind {
            CallKind::Call => &self.calls,
            CallKind::View => &self.views,
        }
    }

    pub(super) fn uses(&self, want: Want) -> &Uses {
        match want {
            Want::Run(CallKind::Call) => &self.for_calls,
            Want::Run(CallKind::View) => &self.for_views,
            Want::Ahead => &self.ahead,
        }
    }

    pub(super) fn read(&self, bytes: usize) -> VmCounters {
        VmCounters {
            calls: self.calls.read(),
            views: self.views.read(),
            for_calls: self.for_calls.read(),
            for_views: self.for_views.read(),
            ahead: self.ahead.read(),
            refused: get(&self.refused),
            unsaved: get(&self.unsaved),
            bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
        }
    }
}

impl Runs {
    pub(crate) fn ran(&self, micros: u64) {
        add(&self.count, 1);
        add(&self.micros, micros);
    }

    fn read(&self) -> Ran {
        Ran { count: get(&self.count), micros: get(&self.micros) }
    }
}

impl Uses {
    pub(super) fn loaded(&self, micros: u64) {
        add(&self.loaded, 1);
        add(&self.load_micros, micros);
    }

    pub(super) fn compiled(&self, micros: u64) {
        add(&self.compiled, 1);
        add(&self.compile_micros, micros);
    }

    fn read(&self) -> CodeUse {
        CodeUse {
            found: get(&self.found),
            loaded: get(&self.loaded),
            load_micros: get(&self.load_micros),
            compiled: get(&self.compiled),
            compile_micros: get(&self.compile_micros),
        }
    }
}

pub(super) fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

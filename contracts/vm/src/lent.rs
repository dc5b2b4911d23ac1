//! The caller's state, held for the length of one run.
//!
//! The engine wants what its host functions see to live for `'static`, and the caller lends its
//! reader for the length of [`crate::Vm::run`] only. This file bridges the two. Beside loading
//! compiled code it is the only unsafe code of the crate.
#![allow(unsafe_code)]

use std::ptr::NonNull;

use crate::StateReader;

/// A borrowed [`StateReader`] without its lifetime.
pub(crate) struct Lent(NonNull<dyn StateReader>);

impl Lent {
    /// Forgets the lifetime of a loan.
    ///
    /// # Safety
    ///
    /// The result must not be used once the loan has ended, and `state` must not be used otherwise
    /// while the result exists.
    pub(crate) unsafe fn new(state: &mut (dyn StateReader + '_)) -> Self {
        let state: NonNull<dyn StateReader + '_> = NonNull::from(state);
        // SAFETY: the two types differ in a lifetime only; the caller answers for it.
        Self(unsafe { std::mem::transmute::<NonNull<dyn StateReader + '_>, NonNull<dyn StateReader + 'static>>(state) })
    }

    /// The reader.
    pub(crate) fn reader(&mut self) -> &mut dyn StateReader {
        // SAFETY: by the promise given to `new` the loan lasts and is not used elsewhere; `&mut
        // self` makes this the only reference drawn from it.
        unsafe { self.0.as_mut() }
    }
}

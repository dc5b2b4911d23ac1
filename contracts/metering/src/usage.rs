//! How much of each limit a module needs.

use std::collections::BTreeMap;

use crate::limits;
use crate::meter::MeteredFunction;
use crate::reject::{CodeLimit, CodeRejected, bound};

/// What a module needs of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The limit.
    pub limit: CodeLimit,
    /// What the module needs; of limits of a single function, type or block, the most that one needs.
    pub used: u64,
    /// What is allowed.
    pub max: u64,
}

/// What is needed so far.
#[derive(Default)]
pub(crate) struct Usage(BTreeMap<CodeLimit, (u64, u64)>);

impl Usage {
    /// Takes so much of a limit, or refuses.
    pub(crate) fn take(&mut self, limit: CodeLimit, value: u64, max: u64) -> Result<(), CodeRejected> {
        self.note(limit, value, max);
        bound(limit, value, max)
    }

    /// Notes what was found to be within a limit.
    pub(crate) fn note(&mut self, limit: CodeLimit, value: u64, max: u64) {
        let (used, _) = self.0.entry(limit).or_insert((0, max));
        *used = value.max(*used);
    }

    /// Notes what a function needs.
    pub(crate) fn note_function(&mut self, function: &MeteredFunction) {
        use CodeLimit as L;
        for (limit, value, max) in [
            (L::FunctionBytes, function.bytes, limits::FUNCTION_BYTES_MAX),
            (L::Locals, function.locals, limits::LOCALS_MAX),
            (L::Blocks, function.blocks, limits::BLOCKS_MAX),
            (L::Operands, function.operands, limits::OPERANDS_MAX),
            (L::Nesting, function.nesting, limits::NESTING_MAX),
            (L::BrTable, function.targets, limits::BR_TABLE_MAX),
        ] {
            self.note(limit, value, max);
        }
    }

    /// All of it, what a limit's value is nearest to first.
    pub(crate) fn shares(&self) -> Vec<Share> {
        let mut shares: Vec<Share> =
            self.0.iter().map(|(limit, (used, max))| Share { limit: *limit, used: *used, max: *max }).collect();
        // By used / max, without fractions; no limit is 0.
        let part = |share: &Share| u128::from(share.used).saturating_mul(1 << 64).checked_div(share.max.into());
        shares.sort_by_key(|share| std::cmp::Reverse(part(share)));
        shares
    }
}

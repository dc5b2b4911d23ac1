//! Periods: the certificates of one subject under one scheme that questions are answered from, in the order in which they
//! were granted.
//!
//! There is room for some. What is over, ended or revoked, makes room for what is granted: the inspector's own first, so
//! that nobody drives out another's past by granting. What is not over is never dropped, and is counted for each inspector,
//! so that nobody fills the room alone.

use countersign_contract::prelude::*;
use countersign_interfaces::certification::Period;

use crate::limits::{INSPECTOR_PERIODS_MAX, PERIODS_MAX};

/// The periods and who granted them.
#[derive(Clone, Debug, Default, PartialEq, Eq, ContractType)]
pub struct Periods {
    kept: Vec<Kept>,
}

/// A period and who granted it.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Kept {
    period: Period,
    inspector: String,
}

impl Kept {
    fn is_over(&self, now_ms: u64) -> bool {
        self.period.revoked_ms.is_some() || self.period.to_ms <= now_ms
    }
}

impl Periods {
    /// Adds what an inspector grants; else how many there may be.
    pub(crate) fn add(&mut self, period: Period, inspector: &str, now_ms: u64) -> Result<(), usize> {
        let own = |kept: &Kept| kept.inspector == inspector;
        let standing = self.kept.iter().filter(|kept| own(kept) && !kept.is_over(now_ms)).count();
        if standing >= INSPECTOR_PERIODS_MAX {
            return Err(INSPECTOR_PERIODS_MAX);
        }
        if self.kept.len() >= PERIODS_MAX {
            let own_over = self.kept.iter().position(|kept| own(kept) && kept.is_over(now_ms));
            let over = own_over.or_else(|| self.kept.iter().position(|kept| kept.is_over(now_ms)));
            self.kept.remove(over.ok_or(PERIODS_MAX)?);
        }
        self.kept.push(Kept { period, inspector: inspector.to_string() });
        Ok(())
    }

    /// Notes that a certificate is revoked, if it is among these.
    pub(crate) fn revoke(&mut self, id: u64, at_ms: u64) {
        for kept in self.kept.iter_mut().filter(|kept| kept.period.id == id) {
            kept.period.revoked_ms = Some(at_ms);
        }
    }

    /// The periods alone.
    pub(crate) fn listed(self) -> Vec<Period> {
        self.kept.into_iter().map(|kept| kept.period).collect()
    }
}

//! Cold chain: readings of temperature, and what is held because of them.
//!
//! Temperatures are whole thousandths of a degree Celsius.

use countersign_contract::prelude::*;

/// Things that one call may name, all observations together. Each costs two to four reads and a write.
pub const ITEMS_MAX: usize = 256;

/// Readings of one observation.
pub const READINGS_MAX: usize = 64;

/// Milliseconds of one reading's interval: 31 days. All of it counts once one moment of it is outside of limits, so
/// that the summary of a whole voyage still passes, and a forged beginning does not reach back for years.
pub const INTERVAL_MS_MAX: u64 = 31 * 24 * 3_600_000;

/// A keeper of the cold chain.
#[interface]
pub trait ColdChain {
    /// Takes readings; answers which of the things named are held now, each once. An observation without readings
    /// only asks.
    #[call]
    fn observe(&mut self, observations: Vec<Observation>) -> Result<Vec<Held>, NotObserved>;

    /// Why a thing is held, if it is.
    #[view]
    fn hold(&self, item: String) -> Option<Hold>;
}

/// Readings that speak for some things.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Observation {
    /// The things, by any spelling of their identifiers.
    pub items: Vec<String>,
    /// What was measured.
    pub readings: Vec<Reading>,
}

/// The least and the greatest temperature of an interval, or one temperature of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractType)]
pub struct Reading {
    /// The beginning, milliseconds since 1970 UTC.
    pub from_ms: u64,
    /// The end, at the block's time at the latest; the same as the beginning for a moment.
    pub to_ms: u64,
    /// The least temperature.
    pub least: i64,
    /// The greatest temperature.
    pub most: i64,
}

/// A thing that is held.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Held {
    /// The thing's canonical identifier.
    pub item: String,
    /// Why.
    pub hold: Hold,
}

/// Why a thing is held.
#[derive(Clone, Debug, PartialEq, Eq, ContractType)]
pub struct Hold {
    /// When it was held, by the block's time in milliseconds since 1970 UTC.
    pub since_ms: u64,
    /// How long it had been outside its limits by then.
    pub excursion_ms: u64,
    /// How long it may be.
    pub allowed_ms: u64,
    /// Organisation whose readings brought it over.
    pub reported_by: String,
}

/// Why readings are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ContractError)]
pub enum NotObserved {
    /// They come neither from a device nor by a contract that the registrar trusts.
    NotPermitted,
    /// More things, or more readings of one observation, than a call takes.
    TooMany {
        /// How many there are.
        count: u32,
        /// How many there may be.
        max: u32,
    },
    /// A reading ends before it begins.
    Backwards {
        /// Its beginning.
        from_ms: u64,
        /// Its end.
        to_ms: u64,
    },
    /// A reading is of a time that has not been: compare the clocks of device and chain.
    Ahead {
        /// Its end.
        to_ms: u64,
        /// The block's time.
        now_ms: u64,
    },
    /// A reading is of a longer interval than is taken: report it in parts.
    TooLong {
        /// How long it is.
        interval_ms: u64,
        /// How long it may be.
        max_ms: u64,
    },
}

impl Reading {
    /// Whether a reading can be taken at a block's time.
    ///
    /// # Errors
    ///
    /// `Backwards`, `Ahead` and `TooLong`.
    pub fn check(&self, now_ms: u64) -> Result<(), NotObserved> {
        let Self { from_ms, to_ms, .. } = *self;
        let interval_ms = to_ms.checked_sub(from_ms).ok_or(NotObserved::Backwards { from_ms, to_ms })?;
        if to_ms > now_ms {
            return Err(NotObserved::Ahead { to_ms, now_ms });
        }
        if interval_ms > INTERVAL_MS_MAX {
            return Err(NotObserved::TooLong { interval_ms, max_ms: INTERVAL_MS_MAX });
        }
        Ok(())
    }
}

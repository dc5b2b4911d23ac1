//! What is kept of the past, by class, and the rules that no setting breaks.
//!
//! Headers, results, certificates and the indexes of blocks and transactions are kept for good: proofs, epochs and the
//! order of the chain rest on them, and an answer about what is gone can say where it stood. The rest goes by
//! [`Retention`]: bodies (transactions), receipts with the events and their index, and whole states.
//!
//! A class's *floor* is the oldest height of which it is kept. Floors of blocks, in one place ([`Retention::floors`]):
//!
//! 1. A floor never falls: what is gone does not come back.
//! 2. It never passes the last certified height: a block above it may be taken back and executed again, which needs all of it.
//! 3. It leaves [`BLOCK_HEIGHTS_RETAINED_MIN`] heights: a peer that was away for a while catches up block by block, and
//!    clients ask for receipts of what they sent.
//! 4. It never passes what somebody holds ([`crate::Ledger::hold`]): who joins by a snapshot that is offered here
//!    goes on from its height with blocks.
//! 5. It rises in steps of [`PRUNED_HEIGHTS_STEP`], each one range deletion in a block's batch: its cost does not depend on
//!    how much goes, and the database is left with few ranges to look at.

use crate::limits::{
    BLOCK_HEIGHTS_RETAINED_MIN, PRUNED_HEIGHTS_STEP, STATE_HEIGHTS_RETAINED, STATE_HEIGHTS_RETAINED_MAX,
};
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::Height;

/// What goes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Transactions of blocks.
    Bodies,
    /// Receipts of blocks, their events and the index of those.
    Receipts,
    /// Whole states, for reads and proofs at a height.
    States,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bodies, Self::Receipts, Self::States];

    /// Its name in settings, metrics and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Receipts => "receipts",
            Self::States => "states",
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Bodies => "the transactions",
            Self::Receipts => "the receipts and events",
            Self::States => "the state",
        })
    }
}

/// How much of a class of blocks' parts is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Everything.
    #[default]
    All,
    /// That of so many heights below the tip, the tip included.
    Heights(u64),
}

/// A setting that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{given} heights of {} are not from {least} to {most}", .class.name())]
pub struct BadRetention {
    /// Of which class.
    pub class: Class,
    /// What was asked for.
    pub given: u64,
    /// The least.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// What is kept, within the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    bodies: Keep,
    receipts: Keep,
    states: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self::FULL
    }
}

impl Retention {
    /// All blocks, and the states that the protocol needs.
    pub const FULL: Self = Self { bodies: Keep::All, receipts: Keep::All, states: STATE_HEIGHTS_RETAINED };
    /// All blocks, and as many states as may be kept.
    pub const ARCHIVE: Self = Self { bodies: Keep::All, receipts: Keep::All, states: STATE_HEIGHTS_RETAINED_MAX };
    /// Blocks of a while: 100,000 heights are about three hours at ten blocks a second, and five weeks of heartbeats of 30 s.
    pub const PRUNED: Self =
        Self { bodies: Keep::Heights(100_000), receipts: Keep::Heights(100_000), states: STATE_HEIGHTS_RETAINED };

    /// Checks the bounds.
    ///
    /// # Errors
    /// [`BadRetention`] names the class and the bounds.
    pub const fn new(bodies: Keep, receipts: Keep, states: u64) -> Result<Self, BadRetention> {
        let most = u64::MAX;
        let least = BLOCK_HEIGHTS_RETAINED_MIN;
        match (bodies, receipts) {
            (Keep::Heights(given), _) if given < least => {
                return Err(BadRetention { class: Class::Bodies, given, least, most });
            }
            (_, Keep::Heights(given)) if given < least => {
                return Err(BadRetention { class: Class::Receipts, given, least, most });
            }
            _ => {}
        }
        let (least, most) = (STATE_HEIGHTS_RETAINED, STATE_HEIGHTS_RETAINED_MAX);
        if states < least || states > most {
            return Err(BadRetention { class: Class::States, given: states, least, most });
        }
        Ok(Self { bodies, receipts, states })
    }

    /// Of which heights transactions are kept.
    #[must_use]
    pub const fn bodies(&self) -> Keep {
        self.bodies
    }

    /// Of which heights receipts and events are kept.
    #[must_use]
    pub const fn receipts(&self) -> Keep {
        self.receipts
    }

    /// Of how many heights the whole state is kept.
    #[must_use]
    pub const fn states(&self) -> u64 {
        self.states
    }

    /// The floors once `tip` is committed. `held` is the lowest height that somebody still needs the blocks from.
    pub(crate) fn floors(&self, now: Floors, tip: Height, certified: Height, held: Option<Height>) -> Floors {
        let floor = |keep: Keep, now: Height| {
            let Keep::Heights(kept) = keep else { return now };
            let kept = kept.max(BLOCK_HEIGHTS_RETAINED_MIN);
            let below = Height(tip.0.saturating_add(1).saturating_sub(kept)).min(certified);
            let target = below.min(held.unwrap_or(below));
            if target.since(now) >= PRUNED_HEIGHTS_STEP { target } else { now }
        };
        Floors { bodies: floor(self.bodies, now.bodies), receipts: floor(self.receipts, now.receipts) }
    }

    /// The oldest state that is to be kept once `tip` is committed: never above the last certified height.
    pub(crate) fn oldest_state(&self, tip: Height, certified: Height) -> Height {
        Height(tip.0.saturating_add(1).saturating_sub(self.states)).min(certified)
    }
}

/// The oldest heights of which parts of blocks are kept; value of `floors` in [`crate::store::Space::Meta`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Floors {
    pub(crate) bodies: Height,
    pub(crate) receipts: Height,
}

impl Default for Floors {
    /// Nothing is gone: blocks begin with height 1.
    fn default() -> Self {
        Self { bodies: Height(1), receipts: Height(1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: u64 = BLOCK_HEIGHTS_RETAINED_MIN;

    fn keeping(heights: u64) -> Retention {
        Retention { bodies: Keep::Heights(heights), receipts: Keep::All, states: STATE_HEIGHTS_RETAINED }
    }

    #[test]
    fn floors_follow_the_rules() {
        let at = |bodies| Floors { bodies: Height(bodies), receipts: Height(1) };
        let step = PRUNED_HEIGHTS_STEP;
        let far = Some(Height(u64::MAX));
        for (what, keep, now, tip, certified, held, expected) in [
            ("nothing to prune yet", LEAST, 1, LEAST, LEAST, None, 1),
            ("less than a step", LEAST, 1, LEAST + step - 1, LEAST + step, None, 1),
            ("a step", LEAST, 1, LEAST + step, LEAST + step, None, 1 + step),
            ("many steps at once", LEAST, 1, LEAST + 50 * step, LEAST + 50 * step, None, 1 + 50 * step),
            ("no more than is certified", LEAST, 1, LEAST + 50 * step, 7 * step, None, 7 * step),
            ("nothing that is held", LEAST, 1, LEAST + 50 * step, LEAST + 50 * step, Some(Height(3 * step)), 3 * step),
            ("a hold that lies ahead", LEAST, 1, LEAST + step, LEAST + step, far, 1 + step),
            ("never back", LEAST * 9, 5_000, LEAST * 9, LEAST * 9, None, 5_000),
            ("at least what peers need", 0, 1, LEAST + step, LEAST + step, None, 1 + step),
        ] {
            let floors = keeping(keep).floors(at(now), Height(tip), Height(certified), held);
            assert_eq!(floors, at(expected), "{what}");
        }
        let all = Retention::FULL.floors(at(1), Height(1 << 40), Height(1 << 40), None);
        assert_eq!(all, Floors::default());
    }

    #[test]
    fn states_reach_the_certified_height() {
        let retention = Retention::FULL;
        let kept = STATE_HEIGHTS_RETAINED;
        assert_eq!(retention.oldest_state(Height(kept - 1), Height(kept - 1)), Height(0));
        assert_eq!(retention.oldest_state(Height(kept + 9), Height(kept + 9)), Height(10));
        assert_eq!(retention.oldest_state(Height(kept + 9), Height(4)), Height(4));
    }

    #[test]
    fn bounds_are_named() {
        assert!(Retention::new(Keep::Heights(LEAST), Keep::All, STATE_HEIGHTS_RETAINED_MAX).is_ok());
        for (bodies, receipts, states, class) in [
            (Keep::Heights(LEAST - 1), Keep::All, STATE_HEIGHTS_RETAINED, Class::Bodies),
            (Keep::All, Keep::Heights(0), STATE_HEIGHTS_RETAINED, Class::Receipts),
            (Keep::All, Keep::All, STATE_HEIGHTS_RETAINED - 1, Class::States),
            (Keep::All, Keep::All, STATE_HEIGHTS_RETAINED_MAX + 1, Class::States),
        ] {
            assert_eq!(Retention::new(bodies, receipts, states).unwrap_err().class, class);
        }
    }
}

//! What stands around execution: what was decreed about transactions, and which block this machine does not survive.
//!
//! A block that ends the process while it is executed would end it again after every restart. So whoever runs the
//! replica notes each attempt ([`Watch`]) and, after the second one that did not come back, starts it with that
//! attempt as [`Guard::condemned`]: the block is executed no more until an override changes what it does.

use crate::error::ReplicaError;
use countersign_ledger::{Reader, Store};
use countersign_types::overrides::BadOverride;
use countersign_types::{Block, Epoch, Hash, Height, SignedOverride, ValidatorSet};
use std::fmt;

/// An attempt at executing a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Its height.
    pub height: Height,
    /// Its hash.
    pub block: Hash,
    /// How many of its transactions fail by decree.
    pub overrides: usize,
}

/// Hears of each attempt before it is made. One that did not return has the tip still below it afterwards.
pub trait Watch: Send + fmt::Debug {
    /// This block is about to be executed.
    fn begin(&mut self, attempt: &Attempt);
}

/// What a replica is started with to be safe from blocks.
#[derive(Debug, Default)]
pub struct Guard {
    /// Overrides that the operators installed.
    pub overrides: Vec<SignedOverride>,
    /// What is not to be attempted again.
    pub condemned: Option<Attempt>,
    /// Who hears of attempts.
    pub watch: Option<Box<dyn Watch>>,
}

impl Guard {
    /// Checks the installed overrides as far as their blocks' validators are known, and finds the height to go back to
    /// if blocks were executed without one.
    ///
    /// # Errors
    /// [`ReplicaError::Override`], [`ReplicaError::OverrideBlock`], [`ReplicaError::OverrideLate`].
    pub(crate) fn check<S: Store>(&self, reader: &Reader<S>) -> Result<Option<Height>, ReplicaError> {
        let (tip, certified) = (reader.tip().height, reader.certified());
        let mut back = None;
        for (index, signed) in self.overrides.iter().enumerate() {
            let decree = &signed.decree;
            let same = |other: &SignedOverride| {
                (other.decree.height, other.decree.transaction) == (decree.height, decree.transaction)
            };
            if self.overrides.iter().take(index).any(same) {
                return Err(refused(signed, BadOverride::Different));
            }
            let epoch = match reader.header(decree.height)? {
                Some(header) if header.hash() != decree.block => {
                    return Err(ReplicaError::OverrideBlock { height: decree.height });
                }
                Some(header) => header.epoch,
                None if decree.height == tip.next() => reader.newest_epoch()?.0,
                None => continue, // Its validators are not known yet; it is checked when its block comes.
            };
            verify(signed, reader, epoch)?;
            let applied = reader.overrides(decree.height)?.iter().any(|known| known.decree == *decree);
            if decree.height > tip || applied {
                continue;
            }
            if decree.height <= certified {
                return Err(ReplicaError::OverrideLate { height: decree.height });
            }
            let below = decree.height.previous();
            back = Some(back.map_or(below, |back: Height| back.min(below)));
        }
        Ok(back)
    }

    /// What the installed overrides decree about a final block, in the order of its transactions.
    ///
    /// # Errors
    /// [`ReplicaError::Override`], [`ReplicaError::OverrideBlock`].
    pub(crate) fn decrees(&self, block: &Block, set: &ValidatorSet) -> Result<Vec<SignedOverride>, ReplicaError> {
        let mut decrees = Vec::new();
        for signed in self.installed_for(block)? {
            signed.verify(block.header.chain, set).map_err(|cause| refused(signed, cause))?;
            decrees.push(signed.clone());
        }
        decrees.sort_by_key(|signed| signed.decree.transaction);
        Ok(decrees)
    }

    /// Refuses to take a certified block over that an installed override is no part of.
    ///
    /// # Errors
    /// [`ReplicaError::OverrideLate`], [`ReplicaError::OverrideBlock`].
    pub(crate) fn refuse_late(&self, block: &Block, certified: &[SignedOverride]) -> Result<(), ReplicaError> {
        let is_part = |signed: &SignedOverride| certified.iter().any(|known| known.decree == signed.decree);
        if self.installed_for(block)?.into_iter().all(is_part) {
            return Ok(());
        }
        Err(ReplicaError::OverrideLate { height: block.header.height })
    }

    fn installed_for(&self, block: &Block) -> Result<Vec<&SignedOverride>, ReplicaError> {
        let height = block.header.height;
        let installed: Vec<_> = self.overrides.iter().filter(|signed| signed.decree.height == height).collect();
        let hash = block.hash();
        if installed.iter().any(|signed| signed.decree.block != hash) {
            return Err(ReplicaError::OverrideBlock { height });
        }
        Ok(installed)
    }

    /// Whether a block with these decrees must not be attempted.
    pub(crate) fn condemns(&self, block: &Block, decrees: &[SignedOverride]) -> bool {
        self.condemned.is_some_and(|condemned| condemned == attempt(block, decrees))
    }

    pub(crate) fn begin(&mut self, block: &Block, decrees: &[SignedOverride]) {
        if let Some(watch) = &mut self.watch {
            watch.begin(&attempt(block, decrees));
        }
    }

    /// Heights with overrides, installed or of the last `window` blocks.
    pub(crate) fn heights<S: Store>(&self, reader: &Reader<S>, window: u64) -> Result<Vec<Height>, ReplicaError> {
        let mut heights: Vec<Height> = self.overrides.iter().map(|signed| signed.decree.height).collect();
        let tip = reader.tip().height;
        for height in (tip.0.saturating_sub(window).saturating_add(1)..=tip.0).map(Height) {
            if !reader.overrides(height)?.is_empty() {
                heights.push(height);
            }
        }
        Ok(heights)
    }
}

fn attempt(block: &Block, decrees: &[SignedOverride]) -> Attempt {
    Attempt { height: block.header.height, block: block.hash(), overrides: decrees.len() }
}

fn verify<S: Store>(signed: &SignedOverride, reader: &Reader<S>, epoch: Epoch) -> Result<(), ReplicaError> {
    let (_, set) = reader.epoch(epoch)?.ok_or(ReplicaError::State { what: "an epoch" })?;
    signed.verify(reader.chain(), &set).map_err(|cause| refused(signed, cause))
}

fn refused(signed: &SignedOverride, cause: BadOverride) -> ReplicaError {
    ReplicaError::Override { height: signed.decree.height, transaction: signed.decree.transaction, cause }
}

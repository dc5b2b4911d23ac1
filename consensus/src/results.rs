//! Execution results by height: own ones, CHECKPOINT votes, result certificates.

use crate::tally::Tally;
use countersign_types::{Certificate, ExecutionResult, Hash, Height, Phase, Vote};
use std::collections::BTreeMap;

/// What is known of one height.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// What executing it gave here.
    pub(crate) own: Option<ExecutionResult>,
    /// This validator's CHECKPOINT vote.
    pub(crate) vote: Option<Vote>,
    /// Everybody's.
    pub(crate) tally: Tally,
    /// The result certificate.
    pub(crate) certificate: Option<Certificate>,
}

/// Heights from `keep` below the last executed one to some way above the finalised one.
#[derive(Debug, Clone)]
pub(crate) struct Results {
    slots: BTreeMap<Height, Slot>,
    run_ahead: u64,
    lowest: Height,
    certified: Height,
}

impl Results {
    pub(crate) fn new(run_ahead: u64, executed: Height) -> Self {
        let mut results = Self { slots: BTreeMap::new(), run_ahead, lowest: Height(1), certified: Height::ZERO };
        results.drop_below(executed);
        results
    }

    /// The slot of a height; none below what is kept.
    pub(crate) fn slot(&mut self, height: Height) -> Option<&mut Slot> {
        if height < self.lowest {
            return None;
        }
        Some(self.slots.entry(height).or_insert_with(|| Slot {
            own: None,
            vote: None,
            tally: Tally::new(Phase::Checkpoint, height.0),
            certificate: None,
        }))
    }

    pub(crate) fn get(&self, height: Height) -> Option<&Slot> {
        self.slots.get(&height)
    }

    /// What the header at a height must name: zero within the first window, then the result
    /// certified one window below; none while that is not known.
    pub(crate) fn named_at(&self, height: Height) -> Option<Hash> {
        if height.0 <= self.run_ahead {
            return Some(Hash::ZERO);
        }
        self.certificate_for(height).map(|certificate| certificate.digest)
    }

    /// The certificate of the result that the header at a height names.
    pub(crate) fn certificate_for(&self, height: Height) -> Option<&Certificate> {
        self.slots.get(&Height(height.0.checked_sub(self.run_ahead)?))?.certificate.as_ref()
    }

    pub(crate) fn note_certified(&mut self, height: Height) {
        self.certified = self.certified.max(height);
    }
    /// Highest height with a result certificate.
    pub(crate) fn certified(&self) -> Height {
        self.certified
    }

    /// Number of heights.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Number of CHECKPOINTs for each height.
    pub(crate) fn votes(&self) -> impl Iterator<Item = usize> {
        self.slots.values().map(|slot| slot.tally.len())
    }

    /// Heights that were executed and are not certified, rising.
    pub(crate) fn uncertified(&self) -> impl Iterator<Item = (Height, &Slot)> {
        self.slots
            .iter()
            .filter(|(_, slot)| slot.own.is_some() && slot.certificate.is_none())
            .map(|(height, slot)| (*height, slot))
    }

    /// Height up to which nothing executed lacks a certificate.
    pub(crate) fn certified_below(&self) -> Height {
        self.uncertified().next().map_or(self.certified, |(height, _)| height.previous())
    }

    /// Certificates above a height, at most `max`; if those just above are no longer kept, the newest one.
    pub(crate) fn certificates_above(&self, height: Height, max: usize) -> Vec<&Certificate> {
        let above = height.next();
        if above < self.lowest {
            return self.slots.get(&self.certified).and_then(|slot| slot.certificate.as_ref()).into_iter().collect();
        }
        self.slots.range(above..).filter_map(|(_, slot)| slot.certificate.as_ref()).take(max).collect()
    }

    /// Forgets heights more than two windows below the executed one.
    pub(crate) fn drop_below(&mut self, executed: Height) {
        let lowest = executed.0.saturating_sub(self.run_ahead.saturating_mul(2)).max(1);
        self.lowest = self.lowest.max(Height(lowest));
        let lowest = self.lowest;
        self.slots.retain(|height, _| *height >= lowest);
    }
}

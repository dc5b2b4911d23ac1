//! Votes of one step, at most one for each validator.
//!
//! Signatures are checked only when the votes for one digest could make a quorum, all in one
//! batch. A slot belongs to the peer that the network authenticated, so a bad signature costs
//! nobody but its sender: its slot is emptied.

use crate::committee::Committee;
use crate::mutation::{Mutation, planted};
use crate::peers::Peers;
use crate::status::Counters;
use countersign_types::{Certificate, Hash, Phase, Signature, TimestampMs, Vote};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
struct Slot {
    digest: Hash,
    signature: Signature,
    verified: bool,
}

/// What checking votes takes, and who pays for the false ones (P0.7).
pub(crate) struct Check<'a> {
    pub(crate) committee: &'a Committee,
    pub(crate) counters: &'a mut Counters,
    pub(crate) peers: &'a mut Peers,
    pub(crate) now: TimestampMs,
}

/// Votes of one phase and number.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    phase: Phase,
    number: u64,
    slots: BTreeMap<u16, Slot>,
}

/// What became of a vote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It took the free slot.
    New,
    /// The same vote is there already.
    Known,
    /// The signer's slot holds a vote for something else.
    Conflict(Vote),
}

impl Tally {
    pub(crate) fn new(phase: Phase, number: u64) -> Self {
        Self { phase, number, slots: BTreeMap::new() }
    }

    /// Adds a vote of this tally's phase and number by a member.
    pub(crate) fn add(&mut self, vote: &Vote, verified: bool) -> Added {
        if let Some(other) = self.vote_of(vote.signer, vote.epoch) {
            return if other.digest == vote.digest { Added::Known } else { Added::Conflict(other) };
        }
        let slot = Slot { digest: vote.digest, signature: vote.signature, verified };
        self.slots.insert(vote.signer, slot);
        Added::New
    }

    /// The vote in a signer's slot.
    pub(crate) fn vote_of(&self, signer: u16, epoch: countersign_types::Epoch) -> Option<Vote> {
        let slot = self.slots.get(&signer)?;
        Some(Vote {
            phase: self.phase,
            epoch,
            number: self.number,
            digest: slot.digest,
            signer,
            signature: slot.signature,
        })
    }

    /// Empties a slot whose signature turned out bad.
    pub(crate) fn remove(&mut self, signer: u16) {
        self.slots.remove(&signer);
    }

    /// How many votes are here.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whose votes are here, checked or not.
    pub(crate) fn voters(&self) -> Vec<u16> {
        self.slots.keys().copied().collect()
    }

    /// Votes for a digest, checked or not.
    pub(crate) fn count(&self, digest: &Hash) -> usize {
        self.slots.values().filter(|slot| slot.digest == *digest).count()
    }

    /// The digests that at least so many votes are for, other than `except`.
    pub(crate) fn digests(&self, at_least: usize, except: Option<Hash>) -> Vec<Hash> {
        let mut counts: BTreeMap<Hash, usize> = BTreeMap::new();
        for slot in self.slots.values().filter(|slot| Some(slot.digest) != except) {
            *counts.entry(slot.digest).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count >= at_least).map(|(digest, _)| digest).collect()
    }

    /// At least so many votes for the digest with checked signatures, if there are.
    pub(crate) fn checked(
        &mut self,
        digest: &Hash,
        at_least: usize,
        check: Check<'_>,
    ) -> Option<Vec<(u16, Signature)>> {
        if self.count(digest) < at_least {
            return None;
        }
        let doubtful: Vec<(u16, Signature)> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.digest == *digest && !slot.verified)
            .map(|(signer, slot)| (*signer, slot.signature))
            .collect();
        let Check { committee, counters, peers, now } = check;
        let verdicts = committee.verify_same(&committee.statement(self.phase, self.number, *digest), &doubtful);
        counters.signatures_checked = counters.signatures_checked.saturating_add(doubtful.len() as u64);
        for ((signer, _), valid) in doubtful.iter().zip(verdicts) {
            if !valid && !planted(Mutation::VotesUnchecked) {
                counters.refused = counters.refused.saturating_add(1);
                peers.wasted(*signer, doubtful.len(), now); // For its sake all were checked one by one.
                self.slots.remove(signer);
            } else if let Some(slot) = self.slots.get_mut(signer) {
                slot.verified = true;
            }
        }
        let good: Vec<_> = self
            .slots
            .iter()
            .filter(|(_, slot)| slot.digest == *digest)
            .map(|(signer, slot)| (*signer, slot.signature))
            .collect();
        (good.len() >= at_least).then_some(good)
    }

    /// The certificate for a digest, once a quorum has voted for it.
    pub(crate) fn certificate(&mut self, digest: &Hash, check: Check<'_>) -> Option<Certificate> {
        let committee = check.committee;
        let mut signatures = self.checked(digest, committee.quorum(), check)?;
        signatures.truncate(committee.quorum());
        Some(Certificate {
            phase: self.phase,
            epoch: committee.epoch(),
            number: self.number,
            digest: *digest,
            signatures,
        })
    }
}

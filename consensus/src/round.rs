//! What is known of one view.

use crate::tally::Tally;
use countersign_types::{Certificate, Hash, Phase, Signature, TimestampMs, View, Vote};

/// The first valid PRE-PREPARE of a view.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The block's hash.
    pub(crate) block: Hash,
    /// The leader's PRE-PREPARE signature.
    pub(crate) signature: Signature,
    /// View of the certificate that it brought for its parent; zero for genesis.
    pub(crate) parent_view: View,
    /// When it came.
    pub(crate) arrived: TimestampMs,
}

/// Votes of this validator in a view.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own {
    pub(crate) pre_prepare: Option<Vote>,
    pub(crate) prepare: Option<Vote>,
    pub(crate) commit: Option<Vote>,
    pub(crate) view_change: Option<Vote>,
}

impl Own {
    /// The place of a phase's vote; none for CHECKPOINT, which belongs to no view.
    pub(crate) fn slot(&mut self, phase: Phase) -> Option<&mut Option<Vote>> {
        match phase {
            Phase::PrePrepare => Some(&mut self.pre_prepare),
            Phase::Prepare => Some(&mut self.prepare),
            Phase::Commit => Some(&mut self.commit),
            Phase::ViewChange => Some(&mut self.view_change),
            Phase::Checkpoint => None,
        }
    }

    /// All votes, in the order of the phases.
    pub(crate) fn votes(&self) -> impl Iterator<Item = &Vote> {
        [&self.pre_prepare, &self.prepare, &self.commit, &self.view_change].into_iter().flatten()
    }
}

/// One view.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    pub(crate) seen: Option<Seen>,
    /// The proposal cannot be agreed: VIEW-CHANGE at once.
    pub(crate) refused: bool,
    pub(crate) prepare: Tally,
    pub(crate) commit: Tally,
    pub(crate) view_change: Tally,
    /// Prepare certificate.
    pub(crate) prepared: Option<Certificate>,
    /// View-change certificate.
    pub(crate) changed: Option<Certificate>,
    pub(crate) own: Own,
}

impl Round {
    pub(crate) fn new(view: View) -> Self {
        Self {
            seen: None,
            refused: false,
            prepare: Tally::new(Phase::Prepare, view.0),
            commit: Tally::new(Phase::Commit, view.0),
            view_change: Tally::new(Phase::ViewChange, view.0),
            prepared: None,
            changed: None,
            own: Own::default(),
        }
    }

    /// The tally of a phase that is voted in views.
    pub(crate) fn tally(&mut self, phase: Phase) -> Option<&mut Tally> {
        match phase {
            Phase::Prepare => Some(&mut self.prepare),
            Phase::Commit => Some(&mut self.commit),
            Phase::ViewChange => Some(&mut self.view_change),
            Phase::PrePrepare | Phase::Checkpoint => None,
        }
    }

    /// The digest of the prepare certificate.
    pub(crate) fn prepared_block(&self) -> Option<Hash> {
        self.prepared.as_ref().map(|certificate| certificate.digest)
    }
}

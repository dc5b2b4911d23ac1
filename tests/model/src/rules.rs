//! Who takes part and which rules hold. The rules can be switched off one by one, to see that the
//! search notices.

use std::collections::BTreeSet;

/// Who may propose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaders {
    /// Anybody, anything that may stand, any number of times.
    Adversary,
    /// `(epoch + view) mod n`, once each (P0.2, P1.1).
    Rotating {
        /// Shifts the turns.
        epoch: usize,
    },
}

/// The protocol's rules, or what is left of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Number of validators.
    pub validators: usize,
    /// Votes that make a certificate (P0.1).
    pub quorum: usize,
    /// Validators that may do anything.
    pub faulty: BTreeSet<usize>,
    /// Who may propose.
    pub leaders: Leaders,
    /// A validator prepares one block in a view (P2.5).
    pub one_prepare: bool,
    /// PREPARE and VIEW-CHANGE are for the current view alone (P2.5, P5.2).
    pub current_view: bool,
    /// Views between a block and its parent have view-change certificates (P1.2).
    pub gap: bool,
    /// COMMIT rests on a prepare certificate (P3.2).
    pub commit_rests_on_certificate: bool,
    /// COMMIT and VIEW-CHANGE exclude each other (P3.2).
    pub exclusion: bool,
    /// Who lost its votes is silent in views up to M + this (P7.3); none: it is not silent at all.
    pub silence: Option<usize>,
}

impl Rules {
    /// The protocol as it is.
    #[must_use]
    pub fn of(validators: usize, faulty: &[usize], leaders: Leaders) -> Self {
        Self {
            validators,
            quorum: (2 * validators).saturating_sub(1) / 3 + 1,
            faulty: faulty.iter().copied().collect(),
            leaders,
            one_prepare: true,
            current_view: true,
            gap: true,
            commit_rests_on_certificate: true,
            exclusion: true,
            silence: Some(1),
        }
    }

    /// Who leads a view, if that is not the adversary's choice.
    #[must_use]
    pub fn leader(&self, view: usize) -> Option<usize> {
        match self.leaders {
            Leaders::Adversary => None,
            Leaders::Rotating { epoch } => Some((epoch + view) % self.validators),
        }
    }
}

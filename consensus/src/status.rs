//! What an engine tells about itself: for people, metrics and tests.

use countersign_types::{Epoch, Height, View};

/// Where an engine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The epoch.
    pub epoch: Epoch,
    /// Its last height, if a change of the validators is decided.
    pub last: Option<Height>,
    /// The current view.
    pub view: View,
    /// Its leader.
    pub leader: u16,
    /// Whether a block is due, so that the view's timer runs.
    pub due: bool,
    /// Height of the highest certified block that is held.
    pub prepared: Height,
    /// Height up to which blocks were ordered to be executed.
    pub finalised: Height,
    /// Height up to which blocks were executed.
    pub executed: Height,
    /// Highest height whose result is certified.
    pub certified: Height,
    /// Views that failed since the last final block.
    pub failures: u32,
    /// Whether the vote journal was lost: nothing is signed.
    pub recovering: bool,
    /// Validators heard of in recent views, this one included, rising.
    pub active: Vec<u16>,
    /// Counters since the start.
    pub counters: Counters,
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Proposals sent.
    pub proposals_sent: u64,
    /// Proposals of others that came first in their view.
    pub proposals_received: u64,
    /// Votes signed.
    pub votes_sent: u64,
    /// Votes received and kept.
    pub votes_received: u64,
    /// Votes, certificates and messages refused: malformed, foreign, or with a bad signature.
    pub refused: u64,
    /// Messages dropped unseen because their sender had caused too many signature checks in vain.
    pub unheard: u64,
    /// Views left by a view-change certificate.
    pub view_changes: u64,
    /// Blocks finalised.
    pub blocks_finalised: u64,
    /// Signatures checked.
    pub signatures_checked: u64,
    /// Times that things were sent again because nothing moved.
    pub rebroadcasts: u64,
    /// Cases of equivocation proven.
    pub equivocations: u64,
}

impl Counters {
    /// All of them with their names.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 11] {
        let Self {
            proposals_sent,
            proposals_received,
            votes_sent,
            votes_received,
            refused,
            unheard,
            view_changes,
            blocks_finalised,
            signatures_checked,
            rebroadcasts,
            equivocations,
        } = *self;
        [
            ("proposals_sent", proposals_sent),
            ("proposals_received", proposals_received),
            ("votes_sent", votes_sent),
            ("votes_received", votes_received),
            ("refused", refused),
            ("unheard", unheard),
            ("view_changes", view_changes),
            ("blocks_finalised", blocks_finalised),
            ("signatures_checked", signatures_checked),
            ("rebroadcasts", rebroadcasts),
            ("equivocations", equivocations),
        ]
    }
}

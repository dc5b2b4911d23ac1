//! What an engine tells about itself: for people, metrics and tests.

use countersign_types::{Epoch, Height, TimestampMs, View};

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
    /// Whether it has just started and asks others what it said before: nothing is signed.
    pub rejoining: bool,
    /// Validators heard of in recent views, this one included, rising.
    pub active: Vec<u16>,
    /// What the current view waits for.
    pub round: RoundStatus,
    /// When each validator last said something, by index; none if it has not since the start.
    pub heard: Vec<Option<TimestampMs>>,
    /// When a block last became final here, or the time of the start.
    pub final_at: TimestampMs,
    /// Whether no block can be proposed before results of earlier ones are certified.
    pub window_closed: bool,
    /// Counters since the start.
    pub counters: Counters,
}

/// What a view waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundStatus {
    /// When it was entered.
    pub since: TimestampMs,
    /// Whether its leader's proposal is here.
    pub proposed: bool,
    /// Whose PREPARE is here, rising.
    pub prepare: Vec<u16>,
    /// Whose VIEW-CHANGE is here, rising.
    pub view_change: Vec<u16>,
    /// When it is given up, if a block is due.
    pub deadline: Option<TimestampMs>,
}

/// How much an engine keeps of everything that others can make it keep; `limits` says how much that may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Views above the current one with votes, a proposal or a certificate.
    pub views_ahead: usize,
    /// Views from the last final one up to the current one.
    pub views_open: usize,
    /// The most votes of one phase in a view, or of CHECKPOINTs for a height.
    pub votes: usize,
    /// Blocks.
    pub blocks: usize,
    /// Heights with a result, CHECKPOINTs or a result certificate.
    pub results: usize,
    /// Blocks that are asked for.
    pub fetches: usize,
    /// Own votes that are not durable yet.
    pub unsynced: usize,
    /// Cases of equivocation that were reported.
    pub reported: usize,
    /// Peers that answered a validator that recovers or rejoins.
    pub answers: usize,
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
    /// Proposals whose time was too far from this node's clock.
    pub untimely: u64,
}

impl Counters {
    /// All of them with their names.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 12] {
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
            untimely,
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
            ("untimely", untimely),
        ]
    }
}

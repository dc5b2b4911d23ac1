//! What a correct validator can do, and why it may not.

/// A step of a correct validator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<B> {
    /// PREPARE; for the leader, the proposal.
    Prepare {
        /// Whose.
        by: usize,
        /// Where.
        view: usize,
        /// For what.
        block: B,
    },
    /// COMMIT.
    Commit {
        /// Whose.
        by: usize,
        /// Where.
        view: usize,
        /// For what.
        block: B,
    },
    /// VIEW-CHANGE.
    ViewChange {
        /// Whose.
        by: usize,
        /// Where.
        view: usize,
    },
    /// The vote journal is gone, and the others have told where they are.
    Forget {
        /// Whose.
        by: usize,
    },
}

/// Why a correct validator does not take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No such validator, view or block.
    #[error("there is no such validator, view or block")]
    Unknown,
    /// P0.4, P7.3.
    #[error("it lost its votes and is silent in this view")]
    Silent,
    /// It said so before.
    #[error("this vote was cast before")]
    Repeated,
    /// P2.5.
    #[error("it prepared another block in this view")]
    SecondPrepare,
    /// P3.2.
    #[error("COMMIT and VIEW-CHANGE of a view exclude each other")]
    Exclusion,
    /// It is in a later view.
    #[error("it has left this view")]
    Left,
    /// No certificate lets it in.
    #[error("no certificate lets anybody into this view")]
    NotEntered,
    /// P1.2, P1.6.
    #[error("the block cannot stand in this view")]
    CannotStand,
    /// P1.1, P2.1.
    #[error("the view's leader did not propose this block")]
    NotProposed,
    /// P3.2.
    #[error("the block has no prepare certificate of this view")]
    NotCertified,
}

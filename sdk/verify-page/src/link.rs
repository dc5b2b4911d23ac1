//! The chain of reasons, link by link, in the order in which the verifier goes through it.

use countersign_types::proof::BadProof;
use countersign_verify::BadFile;

/// A link of the chain of reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// What the reader trusts.
    Root,
    /// The file can be read.
    File,
    /// It is about the network of the trusted root.
    Network,
    /// The validators that the trusted root leads to.
    Validators,
    /// The quorum's signatures under a block's result.
    Signatures,
    /// The block that is shown under it, if it is an earlier one.
    Block,
    /// What is shown stands under the block.
    Records,
    /// The answer follows from what is shown.
    Answer,
}

impl Link {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Root,
        Self::File,
        Self::Network,
        Self::Validators,
        Self::Signatures,
        Self::Block,
        Self::Records,
        Self::Answer,
    ];

    /// The link that a file broke at.
    #[must_use]
    pub fn of(cause: &BadFile) -> Self {
        match cause {
            BadFile::RootText(_)
            | BadFile::Genesis(_)
            | BadFile::Checkpoint(_)
            | BadFile::LightVersion(_)
            | BadFile::LightParts => Self::Root,
            BadFile::TooLarge { .. } | BadFile::Version(_) | BadFile::Text(_) => Self::File,
            BadFile::Proof(cause) => Self::of_proof(cause),
            BadFile::Question(_)
            | BadFile::Position { .. }
            | BadFile::Incomplete(_)
            | BadFile::TooOld { .. }
            | BadFile::Past(_)
            | BadFile::OtherQuestion { .. }
            | BadFile::Value { .. }
            | BadFile::NoClock => Self::Answer,
        }
    }

    fn of_proof(cause: &BadProof) -> Self {
        match cause {
            BadProof::Version(_) => Self::File,
            // Another result than the checkpoint's makes it another network, however many signed.
            BadProof::Chain { .. } | BadProof::Pinned { .. } => Self::Network,
            BadProof::Begins { .. } | BadProof::Before { .. } | BadProof::Epoch { .. } => Self::Validators,
            BadProof::Anchor(_) | BadProof::Certificate(_) => Self::Signatures,
            BadProof::Earlier(_) | BadProof::EarlierResult(_) => Self::Block,
            _ => Self::Records,
        }
    }

    /// Its name on the page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "What you trust",
            Self::File => "The file",
            Self::Network => "The network",
            Self::Validators => "The validators",
            Self::Signatures => "Their signatures",
            Self::Block => "The block",
            Self::Records => "The records",
            Self::Answer => "The answer",
        }
    }

    /// What it says where it holds.
    #[must_use]
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Root => "The genesis or checkpoint that you gave is in order.",
            Self::File => "It is a proof file of the version that this page reads.",
            Self::Network => "It is about the network of what you trust.",
            Self::Validators => "What you trust names its validators, or they were handed over to.",
            Self::Signatures => "Enough of these validators signed the block's result.",
            Self::Block => "What is shown stands under the signed block, or one that it names as earlier.",
            Self::Records => "Each record stands where the block says, unchanged and with none left out between.",
            Self::Answer => "The answer was found again on this computer, from these records alone.",
        }
    }

    /// What it means that it does not hold.
    #[must_use]
    pub const fn broken(self) -> &'static str {
        match self {
            Self::Root => "The genesis or checkpoint cannot be used, so nothing was checked.",
            Self::File => "This cannot be read as a proof file: it is damaged, or of another kind or version.",
            Self::Network => {
                "It is about another network, or contradicts the checkpoint. One of the two is not genuine."
            }
            Self::Validators => "It does not lead from the validators that you trust to those who signed.",
            Self::Signatures => {
                "The signatures under the block are not those of enough validators: it is forged or damaged."
            }
            Self::Block => "The block that it speaks of is not one that the signed block names as earlier.",
            Self::Records => {
                "What it shows is not what the signed block holds: something was changed, left out or added."
            }
            Self::Answer => "The records are genuine, but they do not carry the answer that is asked for.",
        }
    }
}

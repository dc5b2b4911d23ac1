//! What the engine writes in its vote journal.

use crate::error::Error;
use crate::limits::RECORD_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::{Block, Certificate, Epoch, Hash, PublicKey, View, Vote, codec};

/// One entry of the vote journal.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Record {
    /// From here on the journal holds every vote of this key in views of this epoch above `above`
    /// and in all later epochs. `init` writes the first one, with epoch and view zero, when it makes
    /// the key; a journal without one is an amnesiac's.
    Origin {
        /// The chain.
        chain: Hash,
        /// The key whose votes these are; zero for an observer.
        key: PublicKey,
        /// The epoch.
        epoch: Epoch,
        /// Nothing may be signed in views of the epoch up to this one.
        above: View,
    } = 0,
    /// A verified certificate of phase PREPARE, COMMIT or VIEW-CHANGE. The newest one is also what
    /// put this validator in its view.
    Certificate(Certificate) = 1,
    /// A vote of this validator.
    Vote(Vote) = 2,
    /// A block that is valid and whose payload is in the journal before.
    Block(Box<Block>) = 3,
    /// This validator has seen a vote of its own that the journal lacks: it is recovering until
    /// the next [`Record::Origin`].
    Amnesia = 4,
}

impl Record {
    /// What `init` writes in a new journal.
    #[must_use]
    pub fn origin(chain: Hash, key: PublicKey) -> Self {
        Self::Origin { chain, key, epoch: Epoch::ZERO, above: View::ZERO }
    }

    /// The epoch that it is about, if it is about one.
    #[must_use]
    pub fn epoch(&self) -> Option<Epoch> {
        match self {
            Self::Origin { epoch, .. } => Some(*epoch),
            Self::Certificate(certificate) => Some(certificate.epoch),
            Self::Vote(vote) => Some(vote.epoch),
            Self::Block(block) => Some(block.header.epoch),
            Self::Amnesia => None,
        }
    }

    /// Decodes a record.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Ok(codec::decode(bytes, RECORD_BYTES_MAX)?)
    }

    /// The bytes to write.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

//! What validators send each other. Everything here is doubtful until the engine checked it.

use crate::error::Error;
use crate::limits::MESSAGE_BYTES_MAX;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::{Block, Certificate, Evidence, Hash, Height, Signature, View, Vote, codec};

/// A message between validators.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Message {
    /// The leader's proposal with what justifies it.
    PrePrepare(Box<Proposal>) = 0,
    /// PREPARE, COMMIT, VIEW-CHANGE or CHECKPOINT, from its signer itself. A COMMIT brings the
    /// prepare certificate that it rests on.
    Vote {
        /// The vote.
        vote: Vote,
        /// The certificate that justifies it.
        reason: Option<Certificate>,
    } = 1,
    /// A certificate, from anybody.
    Certificate(Certificate) = 2,
    /// Asks for a block by its hash.
    BlockRequest {
        /// Its hash.
        block: Hash,
    } = 3,
    /// Answers [`Message::BlockRequest`].
    BlockResponse(Box<Block>) = 4,
    /// Asks for the certificates of views, both ends included.
    CertificatesRequest {
        /// First view.
        from: View,
        /// Last view.
        to: View,
    } = 5,
    /// Says where the sender stands; who is further sends the certificates that it lacks.
    Query {
        /// Its current view.
        view: View,
        /// The highest view whose block it knows to be final.
        finalised: View,
        /// Its highest height below which every result is certified.
        certified: Height,
    } = 6,
    /// Two contradicting votes of one validator.
    Evidence(Evidence) = 7,
    /// A validator that lost its vote journal asks for the current view.
    RecoveryRequest {
        /// Told back in the answer, so that an old answer does not pass for a new one.
        nonce: u64,
    } = 8,
    /// Answers [`Message::RecoveryRequest`]: the certificate that put the sender in its current
    /// view, none in view 1.
    RecoveryResponse {
        /// That of the request.
        nonce: u64,
        /// The certificate.
        certificate: Option<Certificate>,
    } = 9,
    /// A validator that has just started asks for the newest votes of its own that the receiver holds.
    VotesRequest {
        /// Told back in the answer.
        nonce: u64,
    } = 10,
    /// Answers [`Message::VotesRequest`].
    VotesResponse {
        /// That of the request.
        nonce: u64,
        /// The certificate of the last final view, none if no block is final or it is not held. Votes of views up to
        /// there are not kept.
        finalised: Option<Certificate>,
        /// The votes of the highest view for which any are held, at most one for each phase.
        votes: Vec<Vote>,
    } = 11,
}

/// PRE-PREPARE: a block, the leader's signatures, and why the block may stand in this view.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The view that it is for: the block's own, or a later one in which the block stands again.
    pub view: View,
    /// The block; its header names view and proposer.
    pub block: Block,
    /// The leader's PRE-PREPARE signature.
    pub signature: Signature,
    /// The leader's PREPARE signature.
    pub prepare: Signature,
    /// Prepare or commit certificate of the parent, none if the parent is genesis; of the block itself
    /// if it stands again.
    pub parent: Option<Certificate>,
    /// View-change certificates of views between the parent's and this one, newest last.
    pub gap: Vec<Certificate>,
    /// The result certificate that the header names; none within the first run-ahead window.
    pub result: Option<Certificate>,
}

impl Message {
    /// Decodes at most [`MESSAGE_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Ok(codec::decode(bytes, MESSAGE_BYTES_MAX)?)
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }
}

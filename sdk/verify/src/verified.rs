//! What is verified, as a type of its own.

use crate::basis::Basis;
use crate::finding::Finding;
use crate::registers::Registers;
use crate::{BadFile, trace};
use countersign_epcis::question::Question;
use countersign_types::proof::{Checkpoint, Entry, Proof, Proven, Shown, Trusted};
use countersign_types::{Hash, Height, TimestampMs};

/// Something that a proof shows, and what it rests on. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Verified<T> {
    data: T,
    basis: Basis,
    checkpoint: Checkpoint,
}

impl<T> Verified<T> {
    /// What is shown.
    pub fn data(&self) -> &T {
        &self.data
    }
    /// What is shown, without what it rests on.
    pub fn into_data(self) -> T {
        self.data
    }
    /// Another form of what is shown, resting on the same. Not for other crates: what they made of it would pass as
    /// verified.
    pub(crate) fn narrow<U>(self, form: impl FnOnce(T) -> Result<U, BadFile>) -> Result<Verified<U>, BadFile> {
        Ok(Verified { data: form(self.data)?, basis: self.basis, checkpoint: self.checkpoint })
    }
    /// What it rests on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }
    /// The chain's id, which is the trusted root's.
    pub fn chain(&self) -> Hash {
        self.basis.chain
    }
    /// Height of the block under which it is shown.
    pub fn height(&self) -> Height {
        self.basis.shown_at.height
    }
    /// Hash of that block.
    pub fn block(&self) -> Hash {
        self.basis.shown_at.block
    }
    /// Time of that block. What was recorded later is not in it.
    pub fn time(&self) -> TimestampMs {
        self.basis.shown_at.time
    }
    /// The certified block as a checkpoint: who pins it needs no change of validators before it any more.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

/// Verifies a proof against a root that the reader trusts, and finds what it shows.
///
/// # Errors
/// [`BadFile`] says which link fails.
pub fn verify(proof: &Proof, trusted: &Trusted) -> Result<Verified<Finding>, BadFile> {
    let proven = proof.verify(trusted)?;
    let data = find(&proven)?;
    Ok(Verified { data, basis: Basis::of(&proven), checkpoint: Checkpoint::of(&proven) })
}

fn find(proven: &Proven) -> Result<Finding, BadFile> {
    Ok(match &proven.shown {
        Shown::State(state) => {
            let entry =
                |(key, value): (&[u8], Option<&[u8]>)| Entry { key: key.to_vec(), value: value.map(Into::into) };
            Finding::State { entries: state.entries().map(entry).collect() }
        }
        Shown::Transaction(transaction) => Finding::Transaction(transaction.clone()),
        Shown::Event(record) => Finding::Event(Box::new(record.clone())),
        Shown::Log { contract, key, as_of, log } => {
            Finding::Log { contract: *contract, key: key.clone(), as_of: *as_of, log: log.clone() }
        }
        Shown::Trace { contract, query, item, as_of, page, arguments, state } => {
            let question = Question::read(query, item, page.map(trace::part), arguments)?;
            let mut registers = Registers { state, contract: *contract };
            let answer = Box::new(trace::walk(&mut registers, &question, *as_of)?);
            Finding::Trace { contract: *contract, question, as_of: *as_of, answer }
        }
    })
}

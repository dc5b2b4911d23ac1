//! No honest validator signs two things in one step.

use super::Violation;
use countersign_consensus::Message;
use countersign_replica::wire::Wire;
use countersign_types::{Epoch, Hash, Phase};
use std::collections::BTreeMap;

/// What each validator signed in each step.
#[derive(Debug, Default)]
pub(super) struct Votes(BTreeMap<(u16, Epoch, Phase, u64), Hash>);

impl Votes {
    pub(super) fn sent(&mut self, node: u16, message: &Wire) -> Result<(), Violation> {
        match message {
            Wire::Consensus { message: Message::Vote { vote, .. }, .. } => {
                self.signed(node, vote.epoch, vote.phase, vote.number, vote.digest)
            }
            Wire::Consensus { epoch, message: Message::PrePrepare(proposal) } => {
                let (view, hash) = (proposal.view.0, proposal.block.hash());
                self.signed(node, *epoch, Phase::PrePrepare, view, hash)?;
                self.signed(node, *epoch, Phase::Prepare, view, hash)
            }
            _ => Ok(()),
        }
    }

    fn signed(&mut self, node: u16, epoch: Epoch, phase: Phase, number: u64, digest: Hash) -> Result<(), Violation> {
        let broken = |text: String| Err(Violation::new("double vote", text));
        let before = *self.0.entry((node, epoch, phase, number)).or_insert(digest);
        if before != digest {
            return broken(format!("v{node} signed {phase:?} {number} for {before} and for {digest}"));
        }
        let other = match phase {
            Phase::Commit => Phase::ViewChange,
            Phase::ViewChange => Phase::Commit,
            _ => return Ok(()),
        };
        if self.0.contains_key(&(node, epoch, other, number)) {
            return broken(format!("v{node} signed both COMMIT and VIEW-CHANGE of view {number}"));
        }
        Ok(())
    }
}

//! What validators wrote and did, in the words of the protocol's model, which judges it.

use super::checker::Violation;
use countersign_consensus::Record;
use countersign_model::trace::{Acceptor, Fact};
use countersign_model::{Leaders, Rules};
use countersign_replica::journal::JournalRecord;
use countersign_types::{Block, Hash, Phase};

/// What each validator wrote or did, in order.
pub type Facts = Vec<(u16, Fact<Hash>)>;

/// What a journal's record says, if it is about agreement on blocks.
#[must_use]
pub fn fact(record: &JournalRecord) -> Option<Fact<Hash>> {
    let record = match record {
        JournalRecord::Payload { block, .. } => return Some(held(block)),
        JournalRecord::Engine(record) => record,
    };
    match record {
        Record::Block(block) => Some(held(block)),
        Record::Vote(vote) => {
            let (view, block) = (at(vote.number), vote.digest);
            match vote.phase {
                Phase::PrePrepare => Some(Fact::Propose { view, block }),
                Phase::Prepare => Some(Fact::Prepare { view, block }),
                Phase::Commit => Some(Fact::Commit { view, block }),
                Phase::ViewChange => Some(Fact::ViewChange { view }),
                Phase::Checkpoint => None,
            }
        }
        Record::Certificate(one) => {
            let (view, block) = (at(one.number), one.digest);
            match one.phase {
                Phase::Prepare => Some(Fact::Certified { view, block }),
                Phase::Commit => Some(Fact::Committed { view, block }),
                Phase::ViewChange => Some(Fact::Changed { view }),
                Phase::PrePrepare | Phase::Checkpoint => None,
            }
        }
        Record::Amnesia => Some(Fact::Forgot),
        Record::Origin { above, .. } => Some(Fact::Recovered { above: at(above.0) }),
    }
}

/// Holds a whole run against the model. Answers the number of votes.
///
/// # Errors
/// The first fact that is not of the protocol.
pub fn accept(
    validators: u16,
    faulty: &[usize],
    genesis: Hash,
    facts: &[(u16, Fact<Hash>)],
) -> Result<usize, Violation> {
    let rules = Rules::of(usize::from(validators), faulty, Leaders::Rotating { epoch: 0 });
    let mut acceptor = Acceptor::new(rules, genesis);
    for (by, fact) in facts {
        acceptor.accept(usize::from(*by), *fact).map_err(|unlike| Violation::new("model", unlike))?;
    }
    Ok(acceptor.accepted())
}

fn held(block: &Block) -> Fact<Hash> {
    Fact::Block { block: block.hash(), parent: block.header.parent, view: at(block.header.view.0) }
}

fn at(view: u64) -> usize {
    usize::try_from(view).unwrap_or(usize::MAX)
}

//! What validators wrote in their vote journals, held against the protocol fact by fact.
//!
//! A vote counts from when it is on disk: what is said later rests on it, and what a crash takes
//! before that has never been. Steps are thus in an order in which they can have happened, as long
//! as the facts of one validator stand in its own order and a message's facts before what rests on it.

mod tree;

pub use tree::Tree;

use crate::blocks::Blocks as _;
use crate::protocol::Protocol;
use crate::rules::Rules;
use crate::state::State;
use crate::step::{Refused, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Something that a validator wrote or did. `D` names blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact<D> {
    /// It holds a block.
    Block {
        /// The block.
        block: D,
        /// Its parent.
        parent: D,
        /// The view that its header names.
        view: usize,
    },
    /// PRE-PREPARE.
    Propose {
        /// Where.
        view: usize,
        /// What.
        block: D,
    },
    /// PREPARE.
    Prepare {
        /// Where.
        view: usize,
        /// For what.
        block: D,
    },
    /// COMMIT.
    Commit {
        /// Where.
        view: usize,
        /// For what.
        block: D,
    },
    /// VIEW-CHANGE.
    ViewChange {
        /// Where.
        view: usize,
    },
    /// It has a prepare certificate.
    Certified {
        /// Of which view.
        view: usize,
        /// For what.
        block: D,
    },
    /// It has a view-change certificate.
    Changed {
        /// Of which view.
        view: usize,
    },
    /// It has a commit certificate.
    Committed {
        /// Of which view.
        view: usize,
        /// For what.
        block: D,
    },
    /// It has executed a block as final.
    Executed {
        /// The block.
        block: D,
    },
    /// It lost its vote journal.
    Forgot,
    /// It votes again, in views above this one.
    Recovered {
        /// The view.
        above: usize,
    },
}

/// Why a trace is not one of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlike<D: Debug> {
    /// A step that a correct validator does not take.
    #[error("validator {by}, {fact:?}: {why}")]
    Step {
        /// Whose.
        by: usize,
        /// What it did.
        fact: Fact<D>,
        /// The rule.
        why: Refused,
    },
    /// Something that is not so: a certificate without a quorum, a block without a parent, a turn
    /// that is another's, a block executed that is not final.
    #[error("validator {by}, {fact:?}: it is not so")]
    Untrue {
        /// Whose.
        by: usize,
        /// What it claims.
        fact: Fact<D>,
    },
    /// Two final blocks that do not extend each other.
    #[error("validator {by}, {fact:?}: this makes a second chain final")]
    Fork {
        /// Whose.
        by: usize,
        /// The vote.
        fact: Fact<D>,
    },
}

/// A trace that was accepted so far.
#[derive(Debug)]
pub struct Acceptor<D> {
    protocol: Protocol<Tree<D>>,
    state: State<usize>,
    /// Who proposed what, by view.
    proposed: BTreeMap<usize, usize>,
    recovering: BTreeSet<usize>,
    /// The final block that extends all others.
    tip: usize,
    accepted: usize,
}

impl<D: Copy + Ord + Debug> Acceptor<D> {
    /// Nothing has happened. `rules` tell whose facts are not looked at.
    #[must_use]
    pub fn new(rules: Rules, genesis: D) -> Self {
        let state = State::new(rules.validators);
        let protocol = Protocol { rules, blocks: Tree::new(genesis) };
        let (proposed, recovering) = (BTreeMap::new(), BTreeSet::new());
        Self { protocol, state, proposed, recovering, tip: 0, accepted: 0 }
    }

    /// Steps that were new.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.accepted
    }

    /// Takes in what a validator did. What it wrote again changes nothing.
    ///
    /// # Errors
    /// [`Unlike`] the protocol; nothing can follow it.
    pub fn accept(&mut self, by: usize, fact: Fact<D>) -> Result<(), Unlike<D>> {
        let untrue = Unlike::Untrue { by, fact };
        if self.protocol.rules.faulty.contains(&by) {
            return Ok(());
        }
        if let Fact::Block { block, parent, view } = fact {
            return if self.protocol.blocks.add(block, parent, view) { Ok(()) } else { Err(untrue) };
        }
        let index = |block| self.protocol.blocks.index(block).ok_or(untrue.clone());
        let (protocol, state) = (&self.protocol, &self.state);
        let so = match fact {
            Fact::Block { .. } => true,
            Fact::Propose { view, block } => {
                let block = index(block)?;
                self.may_propose(by, view) && *self.proposed.entry(view).or_insert(block) == block
            }
            Fact::Prepare { view, block } => {
                let block = index(block)?;
                return self.step(fact, Step::Prepare { by, view, block });
            }
            Fact::Commit { view, block } => {
                let block = index(block)?;
                self.step(fact, Step::Commit { by, view, block })?;
                return self.finalise(by, fact, view);
            }
            Fact::ViewChange { view } => return self.step(fact, Step::ViewChange { by, view }),
            Fact::Certified { view, block } => protocol.certified(state, view, index(block)?),
            Fact::Changed { view } => protocol.changed(state, view),
            Fact::Committed { view, block } => protocol.final_blocks(state, view).contains(&index(block)?),
            Fact::Executed { block } => protocol.blocks.extends(self.tip, index(block)?),
            Fact::Forgot if self.recovering.insert(by) => return self.step(fact, Step::Forget { by }),
            Fact::Forgot => true,
            Fact::Recovered { above } => self.recover(by, above),
        };
        if so { Ok(()) } else { Err(untrue) }
    }

    /// P1.1: in its own turn and not after VIEW-CHANGE. A faulty leader's proposals are not in traces.
    fn may_propose(&self, by: usize, view: usize) -> bool {
        let changed = self.state.validators.get(by).is_some_and(|one| one.cast(view).view_change);
        let again = self.proposed.contains_key(&view);
        self.protocol.rules.leader(view).is_none_or(|leader| leader == by) && (again || !changed)
    }

    fn step(&mut self, fact: Fact<D>, step: Step<usize>) -> Result<(), Unlike<D>> {
        let (Step::Prepare { by, .. } | Step::Commit { by, .. } | Step::ViewChange { by, .. } | Step::Forget { by }) =
            step;
        match self.protocol.take(&mut self.state, step) {
            Ok(()) => self.accepted += 1,
            Err(_) if self.state.holds(step) => {} // Written again after a restart.
            Err(why) => return Err(Unlike::Step { by, fact, why }),
        }
        Ok(())
    }

    /// P7.3: the silence is at least as long as the model's.
    fn recover(&mut self, by: usize, above: usize) -> bool {
        self.recovering.remove(&by);
        self.state.validators.get_mut(by).is_some_and(|one| {
            let enough = above >= one.above;
            one.above = above.max(one.above);
            enough
        })
    }

    /// A COMMIT may have made a block final, and its ancestors with it.
    fn finalise(&mut self, by: usize, fact: Fact<D>, view: usize) -> Result<(), Unlike<D>> {
        let blocks = &self.protocol.blocks;
        for block in self.protocol.final_blocks(&self.state, view) {
            if blocks.extends(block, self.tip) {
                self.tip = block;
            } else if !blocks.extends(self.tip, block) {
                return Err(Unlike::Fork { by, fact });
            }
        }
        Ok(())
    }
}

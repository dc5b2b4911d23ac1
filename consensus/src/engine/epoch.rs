//! P10: the end of an epoch.

use super::Engine;
use crate::action::Action;
use crate::mutation::{Mutation, planted};
use countersign_types::Height;

impl Engine {
    /// P10.2: whether no block of this epoch may stand above a height.
    pub(super) fn is_last(&self, height: Height) -> bool {
        self.last.is_some_and(|last| height >= last)
    }

    /// P10.2: whether it is known here if the epoch goes on to a height: the set change that ends it one
    /// window later would be in a block that was executed.
    pub(super) fn reaches(&self, height: Height) -> bool {
        height <= self.chain.executed().plus(self.parameters.run_ahead).next()
            && (self.last.is_none_or(|last| height <= last) || planted(Mutation::BeyondTheLast))
    }

    /// P10.4: once the last block and all before it are executed and certified, the next epoch can begin.
    pub(super) fn end_epoch(&mut self) {
        let Some(height) = self.last.filter(|last| !self.ended && self.chain.executed() >= *last) else { return };
        if self.results.uncertified().next().is_none() {
            self.ended = true;
            self.order(Action::EpochEnds { height });
        }
    }
}

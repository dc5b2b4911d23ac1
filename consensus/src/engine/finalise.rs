//! P4: blocks on their way from received to final.

use super::{Engine, Final};
use crate::action::{Action, Stop};
use crate::chain::{Broken, Place, State};
use crate::event::Synced;
use crate::limits::STUCK_INTERVALS;
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use countersign_types::{Hash, Header, Height};

impl Engine {
    /// P2.4: hands blocks to the replica as soon as all their ancestors are held, and asks for
    /// ancestors that are missing.
    pub(super) fn validate_waiting(&mut self) {
        let mut moved = true;
        while moved {
            moved = false;
            for hash in self.chain.waiting() {
                moved |= self.validate(hash);
            }
        }
    }

    /// Answers whether the block's state changed.
    fn validate(&mut self, hash: Hash) -> bool {
        let Some(header) = self.chain.block(&hash).map(|block| block.header.clone()) else { return false };
        let finalised = self.chain.finalised();
        if header.height <= finalised.height {
            self.chain.remove(&hash);
            return true;
        }
        match self.chain.place(&header.parent) {
            Some(parent) if self.chain.is_held(&header.parent) => {
                let sound = self.is_sound(&header) && follows(&header, &parent);
                self.chain.set_state(&hash, if sound { State::Validating } else { State::Invalid });
                if sound && let Some(block) = self.chain.block(&hash).cloned() {
                    let ancestors = self.chain.unexecuted_line(header.parent);
                    self.order(Action::Validate { block, ancestors });
                }
                true
            }
            Some(_) if self.chain.state(&header.parent) == Some(State::Invalid) => {
                self.chain.set_state(&hash, State::Invalid)
            }
            Some(_) => false,
            None if header.height == finalised.height.next() => self.chain.set_state(&hash, State::Invalid),
            None if self.is_out_of_reach(header.height) => {
                // The height is the proposer's word alone: believe only that there is a next block.
                self.note_lag(finalised.height.next(), header.proposer);
                false
            }
            None => {
                self.fetch.want(header.parent, header.proposer.min(self.committee.count().saturating_sub(1)), self.now);
                false
            }
        }
    }

    /// The replica's verdict on a block.
    pub(super) fn validated(&mut self, block: Hash, valid: bool) {
        if self.chain.state(&block) != Some(State::Validating) {
            return;
        }
        self.chain.set_state(&block, if valid { State::Held } else { State::Invalid });
        if valid && let Some(block) = self.chain.block(&block).cloned() {
            self.persist(Record::Block(Box::new(block)));
        }
    }

    /// P4.2: orders everything up to the last final block to be executed, as far as it is held.
    pub(super) fn finalise(&mut self) {
        let Some(certificate) = self.last_final.certificate.clone() else { return };
        let line = match self.chain.unfinalised_line(self.last_final.block) {
            Ok(line) => line,
            Err(Broken::Missing(hash)) => {
                if !self.fetch.wants(&hash) && self.behind.is_none() {
                    self.fetch.want(hash, self.committee.leader(self.last_final.view), self.now);
                }
                return;
            }
            Err(Broken::Aside) => {
                let finalised = self.chain.finalised();
                let (height, ours) = (finalised.height, finalised.block);
                return self.stop(Stop::Fork { height, ours, certificate });
            }
        };
        for hash in line.into_iter().rev() {
            match self.chain.state(&hash) {
                Some(State::Held) => {}
                Some(State::Invalid) => return self.stop(Stop::Refused { block: hash, certificate }),
                _ => return,
            }
            let Some(block) = self.chain.finalise(hash) else { return };
            self.counters.blocks_finalised = self.counters.blocks_finalised.saturating_add(1);
            self.fetch.done(&hash);
            self.stuck_since = None;
            self.progress();
            self.order(Action::Finalise { block, certificate: certificate.clone() });
            let rounds = &self.rounds;
            self.fetch.retain(|wanted| rounds.values().any(|round| round.prepared_block() == Some(*wanted)));
        }
    }

    /// P9.1: a final block whose payload nobody gives any more is got by catching up.
    pub(super) fn check_stuck(&mut self) {
        if self.chain.finalised().block == self.last_final.block {
            self.stuck_since = None;
            return;
        }
        let since = *self.stuck_since.get_or_insert(self.now);
        if self.now.since(since) >= self.interval().saturating_mul(STUCK_INTERVALS) {
            let leader = self.committee.leader(self.last_final.view);
            self.note_lag(self.chain.finalised().height.next(), leader);
        }
    }

    /// P9.2: catch-up stored a block, so everything up to it is final.
    pub(super) fn synced(&mut self, synced: Synced) {
        let Synced { height, block, time, view, result, last, certificate } = synced;
        if height <= self.chain.executed() {
            return;
        }
        self.last = self.last.or(last);
        let keep = self.parameters.run_ahead;
        let beyond = height > self.chain.finalised().height;
        self.chain.jump(Place { height, block, time, view }, keep);
        if certificate.is_some() {
            self.results.note_certified(height);
        }
        if let Some(slot) = self.results.slot(height) {
            slot.own = Some(result);
            slot.certificate = certificate.or(slot.certificate.take());
        }
        self.results.drop_below(height);
        if beyond && view > self.last_final.view {
            self.set_final(Final { view, block, certificate: None });
        }
        if self.last_final.view >= self.view {
            self.view = self.last_final.view.next();
            self.entry = None;
            self.begin_view();
        }
        self.fetch.clear();
        self.stuck_since = None;
        let certified: Vec<_> =
            self.rounds.iter().filter_map(|(view, round)| Some((round.prepared_block()?, *view))).collect();
        for (block, view) in certified {
            self.want_soon(block, view);
        }
        self.behind = self.behind.take().filter(|lag| self.is_out_of_reach(lag.height));
        self.vote_on_result(height);
    }

    /// P9.1: whether a height cannot be reached by fetching single blocks: peers keep those for one
    /// window only.
    pub(super) fn is_out_of_reach(&self, height: Height) -> bool {
        height > self.chain.finalised().height.plus(self.parameters.run_ahead)
    }

    /// Drops blocks of views that came to nothing if there are too many (P0.6).
    pub(super) fn trim(&mut self) {
        let (rounds, view) = (&self.rounds, self.view);
        self.chain.trim(|header| {
            header.view < view
                && rounds.get(&header.view).is_some_and(|round| round.changed.is_some() && round.prepared.is_none())
        });
    }
}

/// P2.2: what a header says about its parent.
fn follows(header: &Header, parent: &Place) -> bool {
    let later = header.time > parent.time || planted(Mutation::TimeStandsStill);
    header.height == parent.height.next() && later && header.view > parent.view
}

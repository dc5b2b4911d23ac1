//! P5.1, P5.2: when a block is due, and what the timers do then.

use super::Engine;
use crate::action::Action;
use crate::chain::Place;
use crate::mutation::{Mutation, planted};
use countersign_types::{Hash, Phase, TimestampMs};

/// How long a non-empty block may stay without finality before another block is due for it, as a
/// part of the first timeout: its COMMITs are probably on their way.
const GRACE_PART: u64 = 4;

impl Engine {
    /// The highest certified block that is held, else the finalised one.
    pub(super) fn tip(&self) -> Place {
        let certified = self.rounds.range(..self.view).rev().filter_map(|(_, round)| round.prepared_block());
        let mut held = certified.filter(|block| self.chain.is_held(block));
        held.next().and_then(|block| self.chain.place(&block)).unwrap_or_else(|| self.chain.finalised())
    }

    pub(super) fn update_due(&mut self) {
        let due = self.is_due();
        self.pacemaker.set_due(due, self.now);
    }

    /// P5.1.
    fn is_due(&self) -> bool {
        if self.own.is_none() || self.recovery.is_some() || self.rejoin.is_some() {
            return false;
        }
        let tip = self.tip();
        let round = self.rounds.get(&self.view);
        let others_think_so = round.is_some_and(|round| {
            round.seen.is_some() || round.view_change.count(&Hash::ZERO) >= self.committee.one_correct()
        });
        if self.is_window_closed(&tip) {
            return self.is_certified_only(&tip)
                && !planted(Mutation::CertifiedOnce)
                && (others_think_so || self.now >= self.grace_until()); // P1.6
        }
        self.pending
            || others_think_so
            || self.now >= self.heartbeat_at(&tip)
            || (self.now >= self.grace_until() && self.has_open_payload(&tip))
    }

    /// Whether no block can stand on top of `tip`: the result that it must name is not known, or the
    /// epoch ends there (P10.2).
    pub(super) fn is_window_closed(&self, tip: &Place) -> bool {
        let above = tip.height.next();
        self.results.named_at(above).is_none() || !self.reaches(above)
    }

    fn heartbeat_at(&self, tip: &Place) -> TimestampMs {
        tip.time.plus(self.parameters.heartbeat_ms)
    }

    fn grace_until(&self) -> TimestampMs {
        self.pacemaker.entered_at.plus(self.parameters.view_timeout_ms / GRACE_PART)
    }

    /// Whether a block that is not final holds transactions.
    fn has_open_payload(&self, tip: &Place) -> bool {
        let line = self.chain.unfinalised_line(tip.block).unwrap_or_default();
        line.iter().filter_map(|hash| self.chain.block(hash)).any(|block| !block.is_empty())
    }

    /// P5.8: a leader of whom nothing was heard in recent views, while a quorum was.
    fn leader_is_silent(&self) -> bool {
        let leader = self.committee.leader(self.view);
        self.own_index() != Some(leader) && self.peers.is_silent(leader, self.view, self.committee.quorum())
    }

    /// P5.11: a leader whose last turns came to nothing.
    fn leader_is_resting(&self) -> bool {
        let leader = self.committee.leader(self.view);
        self.own_index() != Some(leader) && (self.peers.is_resting(leader) || planted(Mutation::EveryoneRests))
    }

    /// P5.8, P5.11: whether the current turn gets no time.
    pub(super) fn turn_is_skipped(&self) -> bool {
        self.leader_is_silent() || self.leader_is_resting()
    }

    /// P5.2: VIEW-CHANGE when a timer has run out, or at once for a proposal that cannot be agreed.
    pub(super) fn give_up_view(&mut self) {
        let view = self.view;
        let round = self.rounds.get(&view);
        let voted = round.is_some_and(|round| round.own.view_change.is_some() || round.own.commit.is_some());
        if voted || !self.can_sign(view) {
            return;
        }
        let seen = round.is_some_and(|round| round.seen.is_some());
        let passed = |deadline: Option<TimestampMs>| {
            deadline.is_some_and(|deadline| deadline <= self.now && !planted(Mutation::NoTimer))
        };
        let given_up = round.is_some_and(|round| round.refused)
            || (!seen && passed(self.pacemaker.proposal_deadline()))
            || passed(self.pacemaker.certificate_deadline())
            || (!seen && self.pacemaker.due_since.is_some() && self.leader_is_silent())
            || (self.pacemaker.due_since.is_some() && self.leader_is_resting());
        if given_up {
            let before = view.previous();
            if planted(Mutation::ViewChangeAfterCommit) && self.can_sign(before) {
                self.sign_and_send(Phase::ViewChange, before.0, Hash::ZERO, None);
            }
            self.sign_and_send(Phase::ViewChange, view.0, Hash::ZERO, None);
        }
    }

    /// Asks to be woken when the next thing can happen by time alone.
    pub(super) fn set_alarm(&mut self) {
        let next = self.alarms().into_iter().flatten().filter(|at| *at > self.now).min();
        if self.wake_at.is_some_and(|at| at <= self.now) {
            self.wake_at = None;
        }
        if let Some(at) = next
            && self.wake_at != Some(at)
        {
            self.wake_at = Some(at);
            self.order(Action::WakeAt(at));
        }
    }

    fn alarms(&self) -> [Option<TimestampMs>; 10] {
        let tip = self.tip();
        let votes = self.can_sign(self.view);
        let open = self.has_open_payload(&tip) || self.is_window_closed(&tip) && self.is_certified_only(&tip);
        [
            self.pacemaker.proposal_deadline().filter(|_| votes),
            self.pacemaker.certificate_deadline().filter(|_| votes),
            Some(self.heartbeat_at(&tip)).filter(|_| votes && !self.is_last(tip.height)),
            Some(self.grace_until()).filter(|_| votes && open),
            self.resend_at,
            self.fetch.next_at(),
            self.recovery_at(),
            self.rejoin_at(),
            self.behind.as_ref().map(|lag| lag.next_at),
            self.parent_time().filter(|_| self.may_propose()).map(TimestampMs::next),
        ]
    }
}

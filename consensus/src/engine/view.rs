//! Certificates of views: how they are taken in, and how they move this validator to the next view.

use super::{Engine, Final};
use crate::action::Target;
use crate::limits::VIEWS_AHEAD_MAX;
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use countersign_types::{Certificate, Hash, Phase, View};

/// How long after its certificate a block that has not come is asked for, as a part of the interval
/// between rebroadcasts: it is probably on its way.
const FETCH_DELAY_PART: u64 = 8;

impl Engine {
    /// P5.4: takes in a certificate from anybody. Answers false if it is none.
    pub(super) fn certificate(&mut self, from: u16, certificate: Certificate) -> bool {
        let valid = match certificate.phase {
            Phase::Prepare | Phase::Commit | Phase::ViewChange => self.view_certificate(from, certificate),
            Phase::Checkpoint => self.result_certificate(from, certificate),
            Phase::PrePrepare => false,
        };
        if !valid {
            self.refuse();
        }
        valid
    }

    fn view_certificate(&mut self, from: u16, certificate: Certificate) -> bool {
        let view = View(certificate.number);
        if self.knows(&certificate) {
            return true;
        }
        if !self.certifies(from, &certificate) {
            return false;
        }
        if view == self.last_final.view {
            // The parent's certificate, lost with the journal's tail or never had after catch-up.
            if certificate.digest == self.last_final.block {
                self.persist(Record::Certificate(certificate.clone()));
                self.last_final.certificate = Some(certificate);
            }
            return true;
        }
        self.check_memory(&certificate);
        match certificate.phase {
            Phase::Prepare => self.prepared(certificate),
            Phase::ViewChange => self.changed(certificate),
            Phase::Commit => self.committed(certificate),
            Phase::PrePrepare | Phase::Checkpoint => return false,
        }
        true
    }

    /// Whether it says nothing new, so that its signatures need no look.
    fn knows(&self, certificate: &Certificate) -> bool {
        let view = View(certificate.number);
        if view == self.last_final.view {
            let held = self.last_final.certificate.is_some() || view == View::ZERO;
            return held || certificate.phase == Phase::ViewChange;
        }
        let round = self.rounds.get(&view);
        view < self.last_final.view
            || match certificate.phase {
                Phase::Prepare => round.and_then(|round| round.prepared_block()) == Some(certificate.digest),
                Phase::ViewChange => {
                    certificate.digest == Hash::ZERO && round.is_some_and(|round| round.changed.is_some())
                }
                Phase::Commit | Phase::PrePrepare | Phase::Checkpoint => false,
            }
    }

    /// P3: a prepare certificate, verified or made here.
    pub(super) fn prepared(&mut self, certificate: Certificate) {
        let view = View(certificate.number);
        let round = self.round(view);
        if round.prepared.is_some() {
            return;
        }
        round.prepared = Some(certificate.clone());
        let arrived = round.seen.as_ref().map(|seen| seen.arrived);
        let late = round.own.view_change.is_some();
        if let Some(arrived) = arrived.filter(|_| view == self.view) {
            self.pacemaker.saw_certificate(self.now.since(arrived.max(self.pacemaker.entered_at)));
        }
        let leader = self.committee.leader(view);
        if late && view == self.view && !self.peers.is_resting(leader) {
            self.pacemaker.failures = self.pacemaker.failures.saturating_add(1); // P5.9: it came too late here.
        }
        self.peers.turn_succeeded(leader);
        if planted(Mutation::FinalAtPrepare) {
            return self.committed(certificate);
        }
        let entry = self.persist(Record::Certificate(certificate.clone())); // P3.1
        let said = self.commit(view, &certificate); // P3.2
        if view >= self.view {
            self.enter(view.next(), certificate.clone());
            if !said {
                self.send(Target::All, Message::Certificate(certificate.clone()), entry); // P5.5
            }
        }
        self.want_soon(certificate.digest, view);
    }

    /// P3.2: COMMIT, unless VIEW-CHANGE of the same view was signed.
    fn commit(&mut self, view: View, certificate: &Certificate) -> bool {
        let own = &self.round(view).own;
        let given_up = own.view_change.is_some() && !planted(Mutation::CommitAfterViewChange);
        if own.commit.is_some() || given_up || !self.can_sign(view) {
            return false;
        }
        self.sign_and_send(Phase::Commit, view.0, certificate.digest, Some(certificate.clone()))
    }

    /// P5.3: a view-change certificate, verified or made here.
    pub(super) fn changed(&mut self, certificate: Certificate) {
        let view = View(certificate.number);
        let round = self.round(view);
        if round.changed.is_some() || certificate.digest != Hash::ZERO {
            return;
        }
        round.changed = Some(certificate.clone());
        let entry = self.persist(Record::Certificate(certificate.clone()));
        if view >= self.view {
            self.counters.view_changes = self.counters.view_changes.saturating_add(1);
            let is_well =
                usize::try_from(self.pacemaker.failures).is_ok_and(|failed| failed < self.committee.one_correct());
            let skipped = self.turn_is_skipped();
            self.peers.turn_failed(self.committee.leader(view), is_well && view == self.view && !skipped);
            if !skipped {
                self.pacemaker.failures = self.pacemaker.failures.saturating_add(1);
            }
            self.enter(view.next(), certificate.clone());
            self.send(Target::All, Message::Certificate(certificate), entry); // P5.5
        }
    }

    /// P4.1: a commit certificate, verified or made here.
    pub(super) fn committed(&mut self, certificate: Certificate) {
        let view = View(certificate.number);
        if view <= self.last_final.view {
            return;
        }
        let entry = self.persist(Record::Certificate(certificate.clone()));
        self.set_final(Final { view, block: certificate.digest, certificate: Some(certificate.clone()) });
        if view >= self.view {
            self.enter(view.next(), certificate.clone());
            self.send(Target::All, Message::Certificate(certificate.clone()), entry); // P5.5
        }
        self.want_soon(certificate.digest, view);
    }

    /// Everything up to this view is decided: nothing is signed there any more, and nothing kept.
    pub(super) fn set_final(&mut self, last_final: Final) {
        self.rounds = self.rounds.split_off(&last_final.view.next());
        self.last_final = last_final;
        self.final_at = self.now;
        self.pacemaker.failures = 0;
        self.progress();
    }

    /// P5.5: enters a view by a certificate that was just ordered to be written.
    fn enter(&mut self, view: View, certificate: Certificate) {
        self.view = view;
        self.entry = Some(certificate);
        self.begin_view();
    }

    /// Starts a view's timers afresh.
    pub(super) fn begin_view(&mut self) {
        self.pacemaker.enter(self.now);
        self.asked = None;
        self.range_at = self.now;
        self.range_peer = self.committee.leader(self.view);
        self.progress();
    }

    /// Something moved: nothing is sent again for one interval.
    pub(super) fn progress(&mut self) {
        self.resend_at = self.resend_at.map(|_| self.now.plus(self.interval()));
    }

    /// Whether votes and proposals of a view are kept: above the final one, not far ahead (P0.6).
    pub(super) fn keeps(&self, view: View) -> bool {
        view > self.last_final.view && (view <= self.view.plus(VIEWS_AHEAD_MAX) || planted(Mutation::KeepsEverything))
    }

    /// Asks for a certified block that has not come after a moment.
    pub(super) fn want_soon(&mut self, block: Hash, view: View) {
        if self.chain.place(&block).is_none() {
            let at = self.now.plus(self.interval() / FETCH_DELAY_PART);
            self.fetch.want(block, self.committee.leader(view), at);
        }
    }
}

//! P7: a validator that lost votes of its own stays silent until it cannot contradict them.

use super::Engine;
use crate::action::Target;
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use crate::record::Record;
use countersign_types::{Certificate, Phase, TimestampMs, View, Vote};
use std::collections::BTreeMap;

/// What a recovering validator has been told.
#[derive(Debug, Clone, Default)]
pub(super) struct Recovery {
    /// Set when the first request is sent.
    nonce: Option<u64>,
    /// When to ask (again).
    next_at: TimestampMs,
    /// The view that each peer has proven to be in.
    answers: BTreeMap<u16, View>,
}

impl Recovery {
    /// How many have answered.
    pub(super) fn answers(&self) -> usize {
        self.answers.len()
    }

    /// The clock was set back.
    pub(super) fn clamp(&mut self, latest: TimestampMs) {
        self.next_at = self.next_at.min(latest);
    }
}

impl Engine {
    /// P7.2: asks everybody, again and again.
    pub(super) fn ask_to_recover(&mut self) {
        let (now, interval) = (self.now, self.interval());
        if self.own.is_none() {
            return; // Its journal matters once it is a member.
        }
        let Some(recovery) = self.recovery.as_mut().filter(|recovery| recovery.next_at <= now) else { return };
        recovery.next_at = now.plus(interval);
        let nonce = *recovery.nonce.get_or_insert(now.0);
        self.send(Target::All, Message::RecoveryRequest { nonce }, 0);
        self.finish_recovery();
    }

    /// When [`Engine::ask_to_recover`] is next to be called.
    pub(super) fn recovery_at(&self) -> Option<TimestampMs> {
        self.recovery.as_ref().filter(|_| self.own.is_some()).map(|recovery| recovery.next_at)
    }

    /// P7.2: tells the certificate that put this validator in its view. Who is recovering or
    /// cannot prove its view says nothing.
    pub(super) fn recovery_request(&mut self, from: u16, nonce: u64) {
        let entry = self.entry.clone().filter(|entry| View(entry.number).next() == self.view);
        let proven = entry.is_some() || self.view == View(1);
        let interval = self.interval() / 4;
        let forgetful = self.recovery.is_some() || self.rejoin.is_some();
        if self.own.is_none() || forgetful || !proven || !self.peers.may_vouch(from, self.now, interval) {
            return;
        }
        let after = self.next_entry.saturating_sub(1);
        self.send(Target::One(from), Message::RecoveryResponse { nonce, certificate: entry }, after);
    }

    /// P7.3: takes an answer.
    pub(super) fn recovery_response(&mut self, from: u16, nonce: u64, certificate: Option<Certificate>) {
        if self.recovery.as_ref().is_none_or(|recovery| recovery.nonce != Some(nonce)) {
            return;
        }
        let view = match certificate {
            None => View(1),
            Some(certificate) => {
                let view = View(certificate.number).next();
                let votes = matches!(certificate.phase, Phase::Prepare | Phase::Commit | Phase::ViewChange);
                let known = self.recovery.as_ref().and_then(|recovery| recovery.answers.get(&from));
                if known.is_some_and(|known| *known >= view) {
                    return;
                }
                if !votes || !self.certifies(from, &certificate) {
                    return self.refuse();
                }
                self.certificate(from, certificate);
                view
            }
        };
        if let Some(recovery) = &mut self.recovery {
            recovery.answers.insert(from, view);
        }
        self.finish_recovery();
    }

    /// P7.3: with q − 1 answers nothing may be signed in views up to M + 1.
    fn finish_recovery(&mut self) {
        let Some(recovery) = &self.recovery else { return };
        let needed = self.committee.quorum().saturating_sub(1);
        let hasty = planted(Mutation::RecoveryByOne);
        if recovery.answers.len() < if hasty { needed.min(1) } else { needed } {
            return;
        }
        let highest = recovery.answers.values().copied().max().unwrap_or(self.view).max(self.view);
        let skipped = if planted(Mutation::RecoverySkipsLess) { highest.previous() } else { highest.next() };
        self.sign_above = self.sign_above.max(if hasty { View::ZERO } else { skipped });
        self.recovery = None;
        let origin = self.journal_origin();
        self.persist(origin);
        self.vote_on_results();
    }

    /// P7.4: a certificate that holds a vote of this validator which its journal lacks.
    pub(super) fn check_memory(&mut self, certificate: &Certificate) {
        let view = View(certificate.number);
        let Some(own) = self.own_index() else { return };
        if self.recovery.is_some() || view <= self.sign_above || view <= self.last_final.view {
            return;
        }
        let Some((signer, signature)) = certificate.signatures.iter().find(|(signer, _)| *signer == own).copied()
        else {
            return;
        };
        let Certificate { phase, epoch, number, digest, .. } = *certificate;
        if !self.remembers(&Vote { phase, epoch, number, digest, signer, signature }) {
            self.rejoin = None;
            self.persist(Record::Amnesia);
            self.recovery = Some(Recovery::default());
        }
    }
}

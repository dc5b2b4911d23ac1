//! The engine: `handle(now, event) → actions`.
//!
//! This file holds the state and branches; the files below it each carry out one part of
//! `PROTOCOL.md`, whose line numbers stand in the comments. After every event the engine goes
//! through everything that may have become possible ([`Engine::advance`]), so no step depends on
//! the order in which facts arrive.

mod agree;
mod checkpoint;
mod due;
mod epoch;
mod fetch;
mod finalise;
mod help;
mod propose;
mod recover;
mod rejoin;
mod sign;
mod start;
mod view;

use crate::action::{Action, Stop, Target};
use crate::chain::Chain;
use crate::committee::Committee;
use crate::config::Origin;
use crate::event::{Event, Verdict};
use crate::fetch::Fetch;
use crate::message::Message;
use crate::mutation::{Mutation, planted};
use crate::pacemaker::Pacemaker;
use crate::peers::Peers;
use crate::record::Record;
use crate::results::Results;
use crate::round::Round;
use crate::status::{Counters, Kept, RoundStatus, Status};
use crate::tally::Tally;
use countersign_types::{Certificate, Hash, Height, Parameters, Phase, PublicKey, SecretKey, TimestampMs, View, Vote};
use recover::Recovery;
use rejoin::Rejoin;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One validator's part in the protocol, without input or output.
#[derive(Debug)]
pub struct Engine {
    committee: Committee,
    /// That of the epoch before, whose results are still named.
    before: Option<Committee>,
    origin: Origin,
    /// The epoch's last height, once it is decided.
    last: Option<Height>,
    /// Whether [`Action::EpochEnds`] was ordered.
    ended: bool,
    /// Index in the set and signing key.
    own: Option<(u16, SecretKey)>,
    /// Whose votes the journal holds; zero without a signing key.
    key: PublicKey,
    parameters: Parameters,
    now: TimestampMs,
    started: bool,
    stopped: bool,
    out: Vec<Action>,
    next_entry: u64,
    /// Own votes that count once their entry is on disk.
    unsynced: VecDeque<(u64, Vote)>,
    view: View,
    /// The certificate that allowed the current view.
    entry: Option<Certificate>,
    /// Nothing is signed in views up to this one.
    sign_above: View,
    recovery: Option<Recovery>,
    /// Until others have told what they hold of this validator's votes.
    rejoin: Option<Rejoin>,
    /// Views above the last final one.
    rounds: BTreeMap<View, Round>,
    last_final: Final,
    /// When a block last became final here, or of the start.
    final_at: TimestampMs,
    chain: Chain,
    results: Results,
    /// P6.5: heights with a transaction that fails by decree.
    overridden: Vec<Height>,
    pacemaker: Pacemaker,
    fetch: Fetch,
    peers: Peers,
    /// Cases of equivocation that were reported of each signer: number and phase.
    reported: BTreeMap<u16, BTreeSet<(u64, Phase)>>,
    /// The replica has something to put in a block.
    pending: bool,
    /// The view for which a block was ordered from the replica.
    asked: Option<View>,
    /// When to send again what others may have missed; none while all is settled.
    resend_at: Option<TimestampMs>,
    /// When a range of certificates may be asked for again, and from whom.
    range_at: TimestampMs,
    range_peer: u16,
    behind: Option<Lag>,
    /// Since when a final block could not be handed to execution.
    stuck_since: Option<TimestampMs>,
    wake_at: Option<TimestampMs>,
    counters: Counters,
}

/// The highest view whose block is known to be final, whether or not the block is here.
#[derive(Debug, Clone)]
struct Final {
    view: View,
    block: Hash,
    /// Commit (or, after a restart, prepare) certificate of that view; none for genesis and after catch-up.
    certificate: Option<Certificate>,
}

/// Agreed elsewhere, out of reach here.
#[derive(Debug, Clone)]
struct Lag {
    height: Height,
    peer: u16,
    next_at: TimestampMs,
}

impl Engine {
    /// Takes in one fact and answers what to do, in order.
    #[must_use]
    pub fn handle(&mut self, now: TimestampMs, event: Event) -> Vec<Action> {
        if self.stopped {
            return Vec::new();
        }
        self.set_clock(now);
        match event {
            Event::Tick => {}
            Event::Connected { peer } => {
                self.greet(peer);
                self.ask_to_rejoin_of(peer);
            }
            Event::Received { from, message } => self.receive(from, message),
            Event::Proposed { view, block } => self.proposed(view, block),
            Event::Validated { block, verdict } => self.validated(block, verdict == Verdict::Valid),
            Event::Persisted { entry } => self.persisted(entry),
            Event::Executed { result, last } => self.executed(result, last),
            Event::ResultCertified(certificate) => self.result_certified(certificate),
            Event::Due(pending) => self.pending = pending,
            Event::Synced(synced) => self.synced(synced),
        }
        self.advance();
        std::mem::take(&mut self.out)
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            epoch: self.committee.epoch(),
            last: self.last,
            view: self.view,
            leader: self.committee.leader(self.view),
            due: self.pacemaker.due_since.is_some(),
            prepared: self.tip().height,
            finalised: self.chain.finalised().height,
            executed: self.chain.executed(),
            certified: self.results.certified(),
            failures: self.pacemaker.failures,
            recovering: self.recovery.is_some(),
            rejoining: self.rejoin.is_some(),
            active: self.peers.active(self.view),
            round: self.round_status(),
            heard: self.peers.heard_at(),
            final_at: self.final_at,
            window_closed: self.is_window_closed(&self.tip()),
            counters: self.counters,
        }
    }

    /// How much it keeps of what others can make it keep.
    #[must_use]
    pub fn kept(&self) -> Kept {
        let rounds = self.rounds.values();
        let votes = rounds.flat_map(|round| [&round.prepare, &round.commit, &round.view_change]).map(Tally::len);
        Kept {
            views_ahead: self.rounds.range(self.view.next()..).count(),
            views_open: self.rounds.range(..=self.view).count(),
            votes: votes.chain(self.results.votes()).max().unwrap_or_default(),
            blocks: self.chain.len(),
            results: self.results.len(),
            fetches: self.fetch.len(),
            unsynced: self.unsynced.len(),
            reported: self.reported.values().map(BTreeSet::len).sum(),
            answers: self.recovery.as_ref().map_or(0, Recovery::answers)
                + self.rejoin.as_ref().map_or(0, Rejoin::answers),
        }
    }

    /// What the current view still waits for.
    fn round_status(&self) -> RoundStatus {
        let round = self.rounds.get(&self.view);
        let voters = |tally: fn(&Round) -> &Tally| round.map(|round| tally(round).voters()).unwrap_or_default();
        RoundStatus {
            since: self.pacemaker.entered_at,
            proposed: round.is_some_and(|round| round.seen.is_some()),
            prepare: voters(|round| &round.prepare),
            view_change: voters(|round| &round.view_change),
            deadline: self.pacemaker.certificate_deadline(),
        }
    }

    /// Height up to which nothing executed lacks a result certificate.
    #[must_use]
    pub fn certified_below(&self) -> Height {
        self.results.certified_below()
    }

    /// Whether it serves a block when a peer asks for it (P9.4).
    #[must_use]
    pub fn holds(&self, block: &Hash) -> bool {
        self.chain.block(block).is_some()
    }

    /// Number of the next journal entry, for the engine of the next epoch.
    #[must_use]
    pub fn next_entry(&self) -> u64 {
        self.next_entry
    }

    /// The epoch's validators.
    #[must_use]
    pub fn committee(&self) -> &Committee {
        &self.committee
    }

    /// Blocks that a proposal would extend now and that are not executed, nearest first: what they
    /// name is taken, so it is not a reason for [`Event::Due`].
    #[must_use]
    pub fn open_blocks(&self) -> Vec<Hash> {
        self.chain.unexecuted_line(self.tip().block)
    }

    /// Everything that may have become possible.
    fn advance(&mut self) {
        self.validate_waiting();
        self.finalise();
        self.check_stuck();
        self.update_due();
        self.propose();
        self.prepare();
        self.give_up_view();
        self.ask_to_recover();
        self.ask_to_rejoin();
        self.fetch_blocks();
        self.report_lag();
        self.end_epoch();
        self.send_again();
        self.set_alarm();
    }

    fn receive(&mut self, from: u16, message: Message) {
        if from >= self.committee.count() || Some(from) == self.own_index() {
            return self.refuse();
        }
        if !self.peers.may_speak(from, self.now) {
            self.counters.unheard = self.counters.unheard.saturating_add(1); // P0.7
            return;
        }
        self.peers.met(from, self.now);
        match message {
            Message::PrePrepare(proposal) => self.pre_prepare(from, *proposal),
            Message::Vote { vote, reason } => self.vote(from, &vote, reason),
            Message::Certificate(certificate) => {
                self.certificate(from, certificate);
            }
            Message::BlockRequest { block } => self.block_request(from, &block),
            Message::BlockResponse(block) => self.block_response(from, *block),
            Message::CertificatesRequest { from: first, to: last } => self.certificates_request(from, first, last),
            Message::Query { view, finalised, certified } => self.query(from, view, finalised, certified),
            Message::Evidence(evidence) => self.evidence(from, &evidence),
            Message::RecoveryRequest { nonce } => self.recovery_request(from, nonce),
            Message::RecoveryResponse { nonce, certificate } => self.recovery_response(from, nonce, certificate),
            Message::VotesRequest { nonce } => self.votes_request(from, nonce),
            Message::VotesResponse { nonce, finalised, votes } => {
                self.votes_response(from, nonce, finalised, &votes);
            }
        }
    }

    fn own_index(&self) -> Option<u16> {
        self.own.as_ref().map(|(index, _)| *index)
    }

    /// How often things are sent again.
    fn interval(&self) -> u64 {
        self.parameters.view_timeout_ms
    }

    /// A message or a part of one that is dropped, alone.
    fn refuse(&mut self) {
        self.counters.refused = self.counters.refused.saturating_add(1);
    }

    /// P0.7: checks a certificate's signatures at the expense of the peer that sent it.
    fn certifies(&mut self, from: u16, certificate: &Certificate) -> bool {
        let checks = certificate.signatures.len();
        let of_before = certificate.phase == Phase::Checkpoint && certificate.number <= self.origin.height.0;
        let committee = if of_before { self.before.as_ref() } else { Some(&self.committee) };
        let valid = planted(Mutation::CertificatesUnchecked)
            || committee.is_some_and(|committee| committee.certify(certificate).is_ok());
        self.checked(from, checks, valid);
        valid
    }

    /// P0.7: checks a vote's signature at the expense of the peer that sent it.
    fn verifies(&mut self, from: u16, vote: &Vote) -> bool {
        let valid = self.committee.verifies(vote);
        self.checked(from, 1, valid);
        valid
    }

    fn checked(&mut self, from: u16, checks: usize, valid: bool) {
        self.counters.signatures_checked = self.counters.signatures_checked.saturating_add(checks as u64);
        if !valid {
            self.peers.wasted(from, checks, self.now);
        }
    }

    fn order(&mut self, action: Action) {
        if !self.stopped {
            self.out.push(action);
        }
    }

    fn send(&mut self, to: Target, message: Message, after: u64) {
        let after = if planted(Mutation::SaidBeforeDurable) { 0 } else { after };
        self.order(Action::Send { to, message, after });
    }

    fn persist(&mut self, record: Record) -> u64 {
        let entry = self.next_entry;
        self.next_entry = entry.saturating_add(1);
        self.order(Action::Persist { entry, record });
        entry
    }

    fn stop(&mut self, why: Stop) {
        self.order(Action::Stop(why));
        self.stopped = true;
    }

    fn round(&mut self, view: View) -> &mut Round {
        self.rounds.entry(view).or_insert_with(|| Round::new(view))
    }

    /// Sets the time. A clock that was set back must not leave anything waiting for long.
    fn set_clock(&mut self, now: TimestampMs) {
        if !self.started {
            self.started = true;
            self.final_at = now;
            self.pacemaker.enter(now);
        } else if now < self.now {
            let interval = self.interval();
            self.pacemaker.clamp(now);
            self.fetch.clamp(now, interval);
            self.peers.clamp(now, interval);
            let latest = now.plus(interval);
            self.range_at = self.range_at.min(latest);
            self.resend_at = self.resend_at.map(|at| at.min(latest));
            self.wake_at = None;
            self.stuck_since = self.stuck_since.map(|since| since.min(now));
            if let Some(lag) = &mut self.behind {
                lag.next_at = lag.next_at.min(latest);
            }
            if let Some(recovery) = &mut self.recovery {
                recovery.clamp(latest);
            }
            if let Some(rejoin) = &mut self.rejoin {
                rejoin.clamp(latest);
            }
        }
        self.now = now;
    }
}

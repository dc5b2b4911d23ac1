//! Starting from ledger and journal, and what a new journal must begin with.

use super::recover::Recovery;
use super::{Engine, Final};
use crate::chain::{Chain, Place, State};
use crate::committee::Committee;
use crate::config::{Base, Config};
use crate::error::Error;
use crate::fetch::Fetch;
use crate::mutation::{Mutation, planted};
use crate::pacemaker::Pacemaker;
use crate::peers::Peers;
use crate::record::Record;
use crate::results::Results;
use crate::status::Counters;
use countersign_types::{Certificate, Height, Phase, PublicKey, SecretKey, TimestampMs, View, Vote};
use std::collections::{BTreeMap, VecDeque};

impl Engine {
    /// Starts where ledger and journal stand. `records` is the replayed journal, `next_entry` the
    /// number of the next entry (from 1 on; only the order matters). A validator whose journal
    /// holds no [`Record::Origin`] recovers first (P7).
    ///
    /// # Errors
    /// [`Error`] if key, journal and base do not belong together.
    pub fn new(config: Config, base: Base, records: Vec<Record>, next_entry: u64) -> Result<Self, Error> {
        let Config { chain, epoch, set, origin, before, key, parameters } = config;
        let before = before.map(|(epoch, set)| Committee::new(chain, epoch, set));
        let committee = Committee::new(chain, epoch, set);
        let public = key.as_ref().map(SecretKey::public).unwrap_or_default();
        let own = key.and_then(|key| Some((committee.set().index_of(&public)?, key)));
        let place = Place { height: base.height, block: base.block, time: base.time, view: base.view };
        let own_index = own.as_ref().map(|(index, _)| *index);
        let mut engine = Self {
            peers: Peers::new(committee.count(), own_index, base.view.next()),
            results: Results::new(parameters.run_ahead, base.height),
            overridden: base.overridden.clone(),
            pacemaker: Pacemaker::new(&parameters),
            committee,
            before,
            origin,
            last: base.last,
            ended: false,
            own,
            key: public,
            parameters,
            now: TimestampMs::ZERO,
            started: false,
            stopped: false,
            out: Vec::new(),
            next_entry: next_entry.max(1),
            unsynced: VecDeque::new(),
            view: base.view.next(),
            entry: None,
            sign_above: View::ZERO,
            recovery: None,
            rejoin: None,
            rounds: BTreeMap::new(),
            last_final: Final { view: base.view, block: base.block, certificate: None },
            final_at: TimestampMs::ZERO,
            chain: Chain::new(place),
            fetch: Fetch::default(),
            reported: BTreeMap::new(),
            pending: false,
            asked: None,
            resend_at: Some(TimestampMs::ZERO),
            range_at: TimestampMs::ZERO,
            range_peer: 0,
            behind: None,
            stuck_since: None,
            wake_at: None,
            counters: Counters::default(),
        };
        engine.replay(records)?;
        engine.take_results(base)?;
        engine.peers = Peers::new(engine.committee.count(), own_index, engine.view);
        engine.begin_rejoin();
        Ok(engine)
    }

    /// What a fresh journal segment must begin with so that older ones can be dropped.
    #[must_use]
    pub fn retained(&self) -> Vec<Record> {
        let mut records = self.memory();
        records.extend(self.last_final.certificate.clone().map(Record::Certificate));
        records.extend(self.chain.unexecuted().into_iter().map(|block| Record::Block(Box::new(block.clone()))));
        for round in self.rounds.values() {
            let certificates = [&round.prepared, &round.changed].into_iter().flatten().cloned();
            let certificates = certificates.filter(|_| !planted(Mutation::RotationDropsCertificates));
            records.extend(certificates.map(Record::Certificate));
            let votes = round.own.votes().filter(|_| !planted(Mutation::RotationDropsVotes));
            records.extend(votes.cloned().map(Record::Vote));
        }
        let votes = self.results.uncertified().filter_map(|(_, slot)| slot.vote.clone());
        records.extend(votes.map(Record::Vote));
        records
    }

    /// P10.5: whether its votes are all known, for the engine of the next epoch.
    #[must_use]
    pub fn memory(&self) -> Vec<Record> {
        vec![if self.recovery.is_some() { Record::Amnesia } else { self.journal_origin() }]
    }

    /// What a journal that holds all votes since now says of itself.
    pub(super) fn journal_origin(&self) -> Record {
        let (chain, epoch) = (self.committee.chain(), self.committee.epoch());
        Record::Origin { chain, key: self.key, epoch, above: self.sign_above }
    }

    /// P7.1: reads the journal back. What it says of other epochs is done with.
    fn replay(&mut self, records: Vec<Record>) -> Result<(), Error> {
        let epoch = self.committee.epoch();
        let votes_with_key = self.key != PublicKey::default();
        let mut recovering = votes_with_key;
        let (mut certificates, mut votes) = (Vec::new(), Vec::new());
        // P10.5: votes of an epoch that the ledger does not know yet would be forgotten on the way there.
        let is_ahead = records.iter().any(|record| record.epoch().is_some_and(|of| of > epoch));
        for record in records {
            match record {
                Record::Origin { chain, key, epoch: since, above } => {
                    if chain != self.committee.chain() || votes_with_key && key != self.key {
                        return Err(Error::ForeignJournal { chain });
                    }
                    recovering = false;
                    if since == epoch {
                        self.sign_above = self.sign_above.max(above);
                    }
                }
                Record::Amnesia => recovering = votes_with_key,
                Record::Certificate(certificate) if certificate.epoch == epoch => certificates.push(certificate),
                Record::Vote(vote) if vote.epoch == epoch => votes.push(vote),
                Record::Block(block)
                    if block.header.epoch == epoch && block.header.height > self.chain.finalised().height =>
                {
                    self.chain.insert(block.hash(), *block, State::Held);
                }
                Record::Certificate(_) | Record::Vote(_) | Record::Block(_) => {}
            }
        }
        self.replay_certificates(certificates);
        for vote in votes {
            self.replay_vote(&vote)?;
        }
        if (recovering || is_ahead && votes_with_key) && !planted(Mutation::AmnesiaIgnored) {
            self.recovery = Some(Recovery::default());
        }
        Ok(())
    }

    fn replay_certificates(&mut self, certificates: Vec<Certificate>) {
        let forgotten = planted(Mutation::CertificatesForgotten);
        let certificates = if forgotten { Vec::new() } else { certificates };
        for certificate in &certificates {
            let newer = certificate.number > self.last_final.view.0;
            let final_again = certificate.number == self.last_final.view.0
                && certificate.digest == self.last_final.block
                && matches!(certificate.phase, Phase::Commit | Phase::Prepare);
            if (newer && certificate.phase == Phase::Commit) || final_again {
                self.last_final = Final {
                    view: View(certificate.number),
                    block: certificate.digest,
                    certificate: Some(certificate.clone()),
                };
            }
        }
        let mut entry = self.last_final.certificate.clone();
        for certificate in certificates {
            if entry.as_ref().is_none_or(|entry| certificate.number > entry.number) {
                entry = Some(certificate.clone());
            }
            if certificate.number <= self.last_final.view.0 {
                continue;
            }
            let round = self.round(View(certificate.number));
            match certificate.phase {
                Phase::Prepare => round.prepared = Some(certificate),
                Phase::ViewChange => round.changed = Some(certificate),
                Phase::Commit | Phase::PrePrepare | Phase::Checkpoint => {}
            }
        }
        let proven = entry.as_ref().map_or(View::ZERO, |entry| View(entry.number).next());
        self.view = self.last_final.view.next().max(proven);
        self.entry = entry.filter(|_| proven == self.view);
    }

    fn replay_vote(&mut self, vote: &Vote) -> Result<(), Error> {
        if Some(vote.signer) != self.own_index() {
            return Err(Error::ForeignVote { signer: vote.signer });
        }
        if planted(Mutation::VotesForgotten) {
            return Ok(());
        }
        if vote.phase == Phase::Checkpoint {
            if let Some(slot) = self.results.slot(Height(vote.number)) {
                slot.tally.remove(vote.signer); // P6.5: the last one counts.
                slot.vote = Some(vote.clone());
                slot.tally.add(vote, true);
            }
        } else if vote.number > self.last_final.view.0 {
            let round = self.round(View(vote.number));
            if let Some(slot) = round.own.slot(vote.phase) {
                *slot = Some(vote.clone());
            }
            if let Some(tally) = round.tally(vote.phase) {
                tally.add(vote, true);
            }
        }
        Ok(())
    }

    /// Takes over the ledger's results. Those that lack a certificate are voted for (again) at
    /// the first event.
    fn take_results(&mut self, base: Base) -> Result<(), Error> {
        let last = base.recent.last().map(|recent| (recent.result.height, recent.result.block));
        if base.height > Height::ZERO && last != Some((base.height, base.block)) {
            return Err(Error::Ledger { height: base.height });
        }
        for recent in base.recent {
            let height = recent.result.height;
            if recent.certificate.is_some() {
                self.results.note_certified(height);
            }
            let Some(slot) = self.results.slot(height) else { continue };
            slot.own = Some(recent.result);
            slot.certificate = recent.certificate;
        }
        let open: Vec<Height> = self.results.uncertified().map(|(height, _)| height).collect();
        for height in open {
            self.vote_on_result(height);
        }
        Ok(())
    }
}

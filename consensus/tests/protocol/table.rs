//! One engine under a magnifying glass: a fact in, the whole list of orders out, as text.

use crate::validators::{GENESIS, Validators};
use countersign_consensus::{Action, Base, Engine, Event, Message, Record, Stop, Target, Verdict};
use countersign_types::{Block, Certificate, Hash, Phase, TimestampMs, Vote};
use std::collections::BTreeMap;

/// The engine of one validator, with names for hashes.
pub struct Table {
    pub validators: Validators,
    pub engine: Engine,
    pub now: TimestampMs,
    own: u16,
    names: BTreeMap<Hash, String>,
}

/// Genesis is fresh enough that no heartbeat is due for a while.
pub const START: TimestampMs = TimestampMs(GENESIS.0 + 100);

impl Table {
    /// Validator `own` of four, started fresh, its first query said, peers heard.
    pub fn new(own: u16) -> Self {
        let mut table = Self::raw(own, Validators::new(4).base(), Vec::new());
        let first = table.tell(Event::Tick);
        let asks = "send all votes-request after 0";
        assert_eq!(first, [asks, "send all query view 1 final 0 certified 0 after 0", "wake 1000"]);
        table.rejoin();
        for peer in (0..4).filter(|peer| *peer != own) {
            // A request that nobody can answer makes the peer known.
            table.hear(peer, Message::BlockRequest { block: Hash::ZERO });
        }
        table.now = table.now.plus(1);
        table
    }

    /// Two peers that hold none of its votes say so.
    pub fn rejoin(&mut self) {
        let own = self.own;
        for peer in (0..4).filter(|peer| *peer != own).take(2) {
            assert!(self.engine.status().rejoining);
            self.hear(peer, Message::VotesResponse { nonce: self.now.0, finalised: None, votes: Vec::new() });
        }
        assert!(!self.engine.status().rejoining);
    }

    /// Started from a ledger and a journal; an empty one means fresh.
    pub fn raw(own: u16, base: Base, records: Vec<Record>) -> Self {
        let validators = Validators::new(4);
        let records = if records.is_empty() { vec![validators.origin(own)] } else { records };
        let engine = Engine::new(validators.config(own), base, records, 1).unwrap();
        let names = BTreeMap::from([(Hash::ZERO, "-".into()), (validators.committee.chain(), "genesis".into())]);
        Self { validators, engine, now: START, own, names }
    }

    pub fn name(&mut self, block: &Block, name: &str) -> Hash {
        self.names.insert(block.hash(), name.into());
        block.hash()
    }

    pub fn tell(&mut self, event: Event) -> Vec<String> {
        let actions = self.engine.handle(self.now, event);
        actions.iter().map(|action| self.describe(action)).collect()
    }

    pub fn hear(&mut self, from: u16, message: Message) -> Vec<String> {
        self.tell(Event::Received { from, message })
    }

    pub fn hear_vote(&mut self, phase: Phase, number: u64, digest: Hash, signer: u16) -> Vec<String> {
        let vote = self.validators.vote(phase, number, digest, signer);
        self.hear(signer, Message::Vote { vote, reason: None })
    }

    pub fn valid(&mut self, block: Hash) -> Vec<String> {
        self.tell(Event::Validated { block, verdict: Verdict::Valid })
    }

    pub fn persisted(&mut self, entry: u64) -> Vec<String> {
        self.tell(Event::Persisted { entry })
    }

    pub fn wait(&mut self, milliseconds: u64) -> Vec<String> {
        self.now = self.now.plus(milliseconds);
        self.tell(Event::Tick)
    }

    fn hash(&self, hash: &Hash) -> String {
        self.names.get(hash).cloned().unwrap_or_else(|| "?".into())
    }

    fn vote(&self, vote: &Vote) -> String {
        format!("{} {} {}", phase(vote.phase), vote.number, self.hash(&vote.digest))
    }

    fn certificate(&self, certificate: &Certificate) -> String {
        let signers: Vec<String> = certificate.signatures.iter().map(|(signer, _)| signer.to_string()).collect();
        let (phase, signers) = (phase(certificate.phase), signers.join(""));
        format!("{phase}-certificate {} {} by {signers}", certificate.number, self.hash(&certificate.digest))
    }

    fn describe(&self, action: &Action) -> String {
        match action {
            Action::Persist { entry, record } => format!("persist {entry} {}", self.record(record)),
            Action::Send { to, message, after } => {
                let to = match to {
                    Target::All => "all".to_string(),
                    Target::One(peer) => peer.to_string(),
                };
                format!("send {to} {} after {after}", self.message(message))
            }
            Action::Propose(order) => {
                let ancestors: Vec<String> = order.ancestors.iter().map(|hash| self.hash(hash)).collect();
                let (view, parent, height) = (order.view, self.hash(&order.parent), order.parent_height.next());
                format!(
                    "propose {view} on {parent} height {height} taken [{}] result {}",
                    ancestors.join(" "),
                    self.hash(&order.result)
                )
            }
            Action::Validate { block, ancestors } => {
                let ancestors: Vec<String> = ancestors.iter().map(|hash| self.hash(hash)).collect();
                format!("validate {} taken [{}]", self.hash(&block.hash()), ancestors.join(" "))
            }
            Action::Finalise { block, certificate } => {
                format!("finalise {} with {}", self.hash(&block.hash()), self.certificate(certificate))
            }
            Action::Certify { result, certificate } => {
                let signers = certificate.signatures.len();
                format!("certify {} by {signers}", result.height)
            }
            Action::EpochEnds { height } => format!("epoch ends {height}"),
            Action::Evidence(evidence) => {
                let (first, second) = (self.vote(&evidence.first), self.vote(&evidence.second));
                format!("evidence against {}: {first} and {second}", evidence.first.signer)
            }
            Action::Behind { height, peer } => format!("behind {height} says {peer}"),
            Action::Stop(stop) => format!("stop {}", stop_name(stop)),
            Action::WakeAt(at) => format!("wake {}", at.since(self.now)),
        }
    }

    fn record(&self, record: &Record) -> String {
        match record {
            Record::Origin { above, .. } => format!("origin above {above}"),
            Record::Certificate(certificate) => self.certificate(certificate),
            Record::Vote(vote) => self.vote(vote),
            Record::Block(block) => format!("block {}", self.hash(&block.hash())),
            Record::Amnesia => "amnesia".into(),
        }
    }

    fn message(&self, message: &Message) -> String {
        match message {
            Message::PrePrepare(proposal) => {
                let mut text = format!("pre-prepare {}", self.hash(&proposal.block.hash()));
                for certificate in proposal.parent.iter().chain(&proposal.gap) {
                    text += &format!(" ({})", self.certificate(certificate));
                }
                text
            }
            Message::Vote { vote, reason: None } => self.vote(vote),
            Message::Vote { vote, reason: Some(reason) } => {
                format!("{} ({})", self.vote(vote), self.certificate(reason))
            }
            Message::Certificate(certificate) => self.certificate(certificate),
            Message::BlockRequest { block } => format!("block-request {}", self.hash(block)),
            Message::BlockResponse(block) => format!("block {}", self.hash(&block.hash())),
            Message::CertificatesRequest { from, to } => format!("certificates-request {from} to {to}"),
            Message::Query { view, finalised, certified } => {
                format!("query view {view} final {finalised} certified {certified}")
            }
            Message::Evidence(evidence) => format!("evidence against {}", evidence.first.signer),
            Message::VotesRequest { .. } => "votes-request".into(),
            Message::VotesResponse { finalised, votes, .. } => {
                let votes: Vec<String> = votes.iter().map(|vote| self.vote(vote)).collect();
                let finalised = finalised.as_ref().map(|finalised| format!(" final {}", self.certificate(finalised)));
                format!("votes-response [{}]{}", votes.join(", "), finalised.unwrap_or_default())
            }
            Message::RecoveryRequest { .. } => "recovery-request".into(),
            Message::RecoveryResponse { certificate, .. } => {
                let certificate =
                    certificate.as_ref().map_or("none".into(), |certificate| self.certificate(certificate));
                format!("recovery-response {certificate}")
            }
        }
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::PrePrepare => "pre-prepare",
        Phase::Prepare => "prepare",
        Phase::Commit => "commit",
        Phase::ViewChange => "view-change",
        Phase::Checkpoint => "checkpoint",
    }
}

fn stop_name(stop: &Stop) -> &'static str {
    match stop {
        Stop::Diverged { .. } => "diverged",
        Stop::Unstable { .. } => "unstable",
        Stop::Refused { .. } => "refused",
        Stop::Fork { .. } => "fork",
    }
}

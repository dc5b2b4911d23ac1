//! The consensus engine fed by bytes: each tells the next fact, in any order, at any time.
//!
//! The engine is validator 1 of four and leads view 1. The other three are as bad as can be: they
//! sign whatever the bytes say. So it may see forks and stop, but it never panics, never says
//! something before it is durable, and never contradicts what it said, also across crashes.

mod feed;
mod others;

use countersign_consensus::{Action, Base, Engine, Event, Message, Propose, Recent, Record, Synced, Verdict};
use countersign_types::hash::Tag;
use countersign_types::{Block, Hash, Height, Phase, TimestampMs, View};
use feed::Feed;
use others::{GENESIS, OWN, Others};
use std::collections::BTreeMap;

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Own votes that left the node.
    pub votes: usize,
    /// Blocks that became final.
    pub finalised: usize,
    /// Restarts after a crash.
    pub restarts: usize,
}

/// One node: the engine and the disk below it.
struct Node {
    others: Others,
    engine: Engine,
    now: TimestampMs,
    /// Records by entry; those up to `synced` survive a crash.
    journal: Vec<(u64, Record)>,
    synced: u64,
    held_back: Vec<(u64, Message)>,
    to_build: Option<Propose>,
    to_validate: Vec<Hash>,
    to_execute: Vec<Block>,
    ledger: Vec<(Block, Recent)>,
    /// Blocks that votes can be for; genesis first.
    blocks: Vec<Block>,
    said: BTreeMap<(Phase, u64), Hash>,
    seen: Seen,
}

/// For the fuzzer.
pub fn target(data: &[u8]) {
    let _ = run(data);
}

/// A view that becomes final, one that comes to nothing, and a crash.
pub fn seeds() -> Vec<Vec<u8>> {
    let propose = [8, 1, 5, 6, 5];
    let agreed = [10, 1, 0, 3, 5, 11, 1, 0, 7, 5, 9, 5];
    let changed = [12, 1, 5];
    vec![
        [propose.as_slice(), &agreed].concat(),
        [propose.as_slice(), &changed, &[13, 5], &agreed].concat(),
        [&changed, propose.as_slice(), &[3, 2, 0, 0, 5, 7, 5], &agreed].concat(),
    ]
}

/// Runs the engine on bytes.
///
/// # Panics
/// If the engine does, or says what it may not.
#[must_use]
pub fn run(data: &[u8]) -> Seen {
    let mut feed = Feed::new(data);
    let mut node = Node::new();
    while let Some(kind) = feed.byte() {
        node.tell(kind, &mut feed);
    }
    node.seen
}

impl Node {
    fn new() -> Self {
        let others = Others::new();
        let journal = vec![(0, others.origin())];
        let engine = start(&others, &journal, &[], 1);
        let mut node = Self {
            others,
            engine,
            now: GENESIS.plus(1),
            journal,
            synced: 0,
            held_back: Vec::new(),
            to_build: None,
            to_validate: Vec::new(),
            to_execute: Vec::new(),
            ledger: Vec::new(),
            blocks: Vec::new(),
            said: BTreeMap::new(),
            seen: Seen::default(),
        };
        node.begin();
        node
    }

    /// After a start: others tell that they hold no votes of it, or it would sign nothing.
    fn begin(&mut self) {
        self.handle(Event::Tick);
        let nonce = self.now.0;
        for signer in self.others.indices() {
            self.handle(received(signer, Message::VotesResponse { nonce, finalised: None, votes: Vec::new() }));
        }
    }

    /// Carries out what one byte and those behind it mean.
    fn tell(&mut self, kind: u8, feed: &mut Feed<'_>) {
        let event = match kind % 16 {
            0 => {
                self.now = TimestampMs(self.now.0.saturating_add(u64::from(feed.small()) * 40));
                Some(Event::Tick)
            }
            1 => self.vote(feed),
            2 => self.certificate(feed),
            3 => self.proposal(feed),
            4 => self.raw(feed),
            5 => self.sync(),
            6 => self.built(),
            7 => self.validated(feed),
            8 => Some(Event::Due(feed.small() > 0)),
            9 => self.executed(),
            10 => return self.votes_of_all(Phase::Prepare, feed),
            11 => return self.votes_of_all(Phase::Commit, feed),
            12 => return self.votes_of_all(Phase::ViewChange, feed),
            13 => return self.crash(),
            14 => self.question(feed),
            _ => self.caught_up(feed),
        };
        if let Some(event) = event {
            self.handle(event);
        }
    }

    fn vote(&self, feed: &mut Feed<'_>) -> Option<Event> {
        let (phase, number) = (feed.phase(), feed.number());
        let signer = self.others.signer(feed.small());
        let vote = self.others.vote(phase, number, self.digest(phase, feed), signer);
        Some(received(signer, Message::Vote { vote, reason: None }))
    }

    fn votes_of_all(&mut self, phase: Phase, feed: &mut Feed<'_>) {
        let (number, digest) = (feed.number(), self.digest(phase, feed));
        for signer in self.others.indices() {
            let vote = self.others.vote(phase, number, digest, signer);
            self.handle(received(signer, Message::Vote { vote, reason: None }));
        }
    }

    fn certificate(&self, feed: &mut Feed<'_>) -> Option<Event> {
        let (phase, number) = (feed.phase(), feed.number());
        let certificate = self.others.certificate(phase, number, self.digest(phase, feed));
        Some(received(self.others.signer(feed.small()), Message::Certificate(certificate)))
    }

    /// A proposal of a view's leader, on any block, with or without what justifies it.
    fn proposal(&mut self, feed: &mut Feed<'_>) -> Option<Event> {
        let (view, parent) = (feed.number().max(1), self.block(feed));
        let shown = feed.small();
        let block = self.others.block(view, parent.as_ref(), self.now, &[Hash::of(Tag::GENESIS, &[shown])]);
        self.blocks.push(block.clone());
        let below = parent.map_or(0, |parent| parent.header.view.0);
        let proposal = self.others.proposal(view, block, below, shown)?;
        Some(received(self.others.leader(view), Message::PrePrepare(Box::new(proposal))))
    }

    fn raw(&self, feed: &mut Feed<'_>) -> Option<Event> {
        let (signer, length) = (self.others.signer(feed.small()), feed.byte()?);
        Message::decode(feed.bytes(usize::from(length) * 4)).ok().map(|message| received(signer, message))
    }

    fn question(&self, feed: &mut Feed<'_>) -> Option<Event> {
        let signer = self.others.signer(feed.small());
        let (first, second) = (feed.number(), feed.number());
        let message = match feed.small() % 7 {
            0 => Message::BlockRequest { block: self.block(feed)?.hash() },
            1 => Message::CertificatesRequest { from: View(first), to: View(second) },
            2 => Message::Query { view: View(first), finalised: View(second), certified: Height(first) },
            3 => Message::RecoveryRequest { nonce: first },
            _ => Message::BlockResponse(Box::new(self.block(feed)?)),
        };
        Some(received(signer, message))
    }

    fn built(&mut self) -> Option<Event> {
        let order = self.to_build.take()?;
        let parent = self.blocks.iter().find(|block| block.hash() == order.parent).cloned();
        let mut block = self.others.block(order.view.0, parent.as_ref(), self.now, &[]);
        block.header.result = order.result;
        self.blocks.push(block.clone());
        Some(Event::Proposed { view: order.view, block })
    }

    fn validated(&mut self, feed: &mut Feed<'_>) -> Option<Event> {
        let block = self.to_validate.pop()?;
        let verdict = if feed.small() == 1 { Verdict::Invalid } else { Verdict::Valid };
        Some(Event::Validated { block, verdict })
    }

    fn executed(&mut self) -> Option<Event> {
        if self.to_execute.is_empty() {
            return None;
        }
        let block = self.to_execute.remove(0);
        let before = self.ledger.last().map_or(Hash::ZERO, |(_, recent)| recent.result.hash());
        let result = others::execute(&block, before);
        self.ledger.push((block, Recent { result: result.clone(), certificate: None }));
        let last = self.last();
        Some(Event::Executed { result, last })
    }

    /// The epoch's last height, in runs whose blocks decide it.
    fn last(&self) -> Option<Height> {
        last_height(&self.ledger)
    }

    /// Catch-up stored a block on top of the ledger.
    fn caught_up(&mut self, feed: &mut Feed<'_>) -> Option<Event> {
        let block = self.block(feed)?;
        let below = self.ledger.last().map_or(Height::ZERO, |(stored, _)| stored.header.height);
        if block.header.height != below.next() {
            return None;
        }
        self.to_execute.clear();
        self.to_execute.push(block.clone());
        let Some(Event::Executed { result, last }) = self.executed() else { return None };
        let certificate = self.others.certificate(Phase::Checkpoint, result.height.0, result.hash());
        if let Some((_, recent)) = self.ledger.last_mut() {
            recent.certificate = Some(certificate.clone());
        }
        let header = &block.header;
        let (height, time, view) = (header.height, header.time, header.view);
        let certificate = Some(certificate);
        Some(Event::Synced(Synced { height, block: block.hash(), time, view, result, last, certificate }))
    }

    /// The disk has everything: what waited for it leaves.
    fn sync(&mut self) -> Option<Event> {
        self.synced = self.journal.last().map_or(0, |(entry, _)| *entry);
        let (ready, held) = self.held_back.drain(..).partition(|(after, _)| *after <= self.synced);
        self.held_back = held;
        let ready: Vec<(u64, Message)> = ready;
        ready.iter().for_each(|(_, message)| self.check(message));
        Some(Event::Persisted { entry: self.synced })
    }

    fn crash(&mut self) {
        let synced = self.synced;
        self.journal.retain(|(entry, _)| *entry <= synced);
        self.held_back.clear();
        self.to_build = None;
        self.to_validate.clear();
        self.to_execute.clear();
        self.engine = start(&self.others, &self.journal, &self.ledger, synced + 1);
        self.seen.restarts += 1;
        self.begin();
    }

    fn handle(&mut self, event: Event) {
        for action in self.engine.handle(self.now, event) {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Persist { entry, record } => {
                assert_eq!(self.journal.last().map(|(last, _)| last + 1), Some(entry), "a gap between entries");
                assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(&record));
                self.journal.push((entry, record));
            }
            Action::Send { message, after, .. } if after > self.synced => self.held_back.push((after, message)),
            Action::Send { message, .. } => self.check(&message),
            Action::Propose(order) => self.to_build = Some(order),
            Action::Validate { block, .. } => self.to_validate.push(block.hash()),
            Action::Finalise { block, .. } => {
                self.seen.finalised += 1;
                self.to_execute.push(block);
            }
            Action::Certify { result, certificate } => {
                let recent = self.ledger.iter_mut().find(|(_, recent)| recent.result == result);
                recent.expect("a result that was executed").1.certificate = Some(certificate);
            }
            Action::WakeAt(at) => assert!(at > self.now, "spinning"),
            Action::Evidence(evidence) => assert!(evidence.contradicts() && evidence.first.signer != OWN, "framed"),
            Action::EpochEnds { height } => assert_eq!(self.last(), Some(height), "an epoch without a decision"),
            Action::Behind { .. } | Action::Stop(_) => {}
        }
    }

    /// What leaves was written before and contradicts nothing that left.
    fn check(&mut self, message: &Message) {
        assert_eq!(Message::decode(&message.encode()).as_ref(), Ok(message));
        match message {
            Message::Vote { vote, .. } => self.says(vote.phase, vote.number, vote.digest),
            Message::PrePrepare(proposal) => {
                let (view, block) = (proposal.view.0, proposal.block.hash());
                self.says(Phase::PrePrepare, view, block);
                self.says(Phase::Prepare, view, block);
            }
            _ => {}
        }
    }

    fn says(&mut self, phase: Phase, number: u64, digest: Hash) {
        let before = *self.said.entry((phase, number)).or_insert(digest);
        assert_eq!(before, digest, "{phase:?} {number} twice");
        let other = match phase {
            Phase::Commit => Some(Phase::ViewChange),
            Phase::ViewChange => Some(Phase::Commit),
            _ => None,
        };
        let both = other.is_some_and(|other| self.said.contains_key(&(other, number)));
        assert!(!both, "COMMIT and VIEW-CHANGE of view {number}");
        self.seen.votes += 1;
    }

    fn digest(&self, phase: Phase, feed: &mut Feed<'_>) -> Hash {
        let block = self.block(feed);
        match (phase, block) {
            (Phase::ViewChange, _) => Hash::ZERO,
            (Phase::Checkpoint, _) => self.ledger.last().map_or(Hash::ZERO, |(_, recent)| recent.result.hash()),
            (_, Some(block)) => block.hash(),
            (_, None) => self.others.chain(),
        }
    }

    /// A block from the newest backwards; none is genesis.
    fn block(&self, feed: &mut Feed<'_>) -> Option<Block> {
        let back = usize::from(feed.small());
        self.blocks.iter().rev().nth(back).cloned()
    }
}

fn start(others: &Others, journal: &[(u64, Record)], ledger: &[(Block, Recent)], next_entry: u64) -> Engine {
    let recent: Vec<Recent> = ledger.iter().map(|(_, recent)| recent.clone()).collect();
    let from = recent.len().saturating_sub(others.results_kept());
    let base = ledger.last().map_or_else(
        || others.base(),
        |(block, _)| {
            let header = &block.header;
            let recent = recent.get(from..).unwrap_or_default().to_vec();
            Base {
                height: header.height,
                block: block.hash(),
                time: header.time,
                view: header.view,
                last: last_height(ledger),
                recent,
                overridden: Vec::new(),
            }
        },
    );
    let records = journal.iter().map(|(_, record)| record.clone()).collect();
    Engine::new(others.config(), base, records, next_entry).expect("a journal of its own")
}

/// The third block decides that the epoch ends, if its hash is even: so some runs have an end and others none.
fn last_height(ledger: &[(Block, Recent)]) -> Option<Height> {
    let (block, recent) = ledger.get(2)?;
    let decides = block.hash().0.first().is_some_and(|byte| byte % 2 == 0);
    decides.then(|| recent.result.height.plus(others::RUN_AHEAD))
}

fn received(from: u16, message: Message) -> Event {
    Event::Received { from, message }
}

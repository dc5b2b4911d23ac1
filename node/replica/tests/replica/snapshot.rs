//! A joiner among peers that serve, lie, keep silent and leave.

#[path = "../../../../ledger/tests/ledger/chain.rs"]
#[allow(dead_code)]
mod ledger_chain;

mod chaos;

use countersign_ledger::snapshot::{self, Manifest, Piece, Shelf};
use countersign_ledger::{Ledger, MemoryStore};
use countersign_replica::limits::{OPEN_CUTS_MAX, PIECES_FLYING_MAX, PIECES_PER_PEER_MAX};
use countersign_replica::snapshot::{Accusation, Join, JoinFact, JoinOrder, Offer};
use countersign_types::{Hash, Height, TimestampMs, codec, state_key};
use ledger_chain::{Chain, Work, contract, genesis, work};
use std::collections::BTreeMap;

type Pieces = BTreeMap<Piece, Vec<u8>>;

const BEGIN: TimestampMs = TimestampMs(1_000_000);
/// Milliseconds from a question to its answer.
const ANSWER_MS: u64 = 20;

/// A chain with some megabytes of state and logs.
struct Source {
    chain: Chain<MemoryStore>,
}

impl Source {
    fn new(heights: u64) -> Self {
        let mut chain = Chain::create(MemoryStore::new());
        for height in 1..=heights {
            let mut work: Work = work(height);
            for number in 0..60u64 {
                let key = [height.to_be_bytes(), number.to_be_bytes()].concat();
                work.writes.insert(state_key::storage(&contract(), &key), Some(vec![3; 4_000]));
                work.appends.push((b"long".to_vec(), vec![5; 3_000]));
            }
            chain.commit_certified(&work);
        }
        Self { chain }
    }

    fn snapshot(&self, height: u64) -> (Offer, Pieces) {
        let mut pieces = Pieces::new();
        let reader = self.chain.reader();
        let made = snapshot::make(&reader, &self.chain.genesis, Height(height), &mut pieces, |_| {}).unwrap();
        let parts = pieces.keys().filter(|piece| matches!(piece, Piece::Manifest { .. })).count();
        (Offer { height: Height(height), snapshot: made.id(), manifest_parts: u32::try_from(parts).unwrap() }, pieces)
    }
}

/// What a peer does.
#[derive(Clone)]
enum Peer {
    /// Serves snapshots.
    Honest(Vec<(Offer, Pieces)>),
    /// Serves, and leaves after so many answers.
    Leaves(usize, Offer, Pieces),
    /// Offers and says nothing more.
    Silent(Offer),
    /// Serves the manifest, and pieces with a flipped bit.
    Wrong(Offer, Pieces),
    /// Serves a manifest with a flipped bit.
    WrongManifest(Offer, Pieces),
    /// Offers a snapshot under its name, and serves the manifest of another.
    OtherManifest(Offer, Pieces),
    /// Offers, and does not have it when it is asked.
    Forgetful(Offer),
    /// Has nothing.
    Empty,
    /// Is not there.
    Away,
}

impl Peer {
    fn offers(&self) -> Option<Vec<Offer>> {
        match self {
            Self::Honest(all) => Some(all.iter().map(|(offer, _)| *offer).collect()),
            Self::Leaves(_, offer, _)
            | Self::Silent(offer)
            | Self::Wrong(offer, _)
            | Self::WrongManifest(offer, _)
            | Self::OtherManifest(offer, _)
            | Self::Forgetful(offer) => Some(vec![*offer]),
            Self::Empty => Some(Vec::new()),
            Self::Away => None,
        }
    }

    /// Its answer; nothing if it is silent.
    fn piece(&mut self, snapshot: Hash, piece: Piece) -> Option<Option<Vec<u8>>> {
        let is_manifest = matches!(piece, Piece::Manifest { .. });
        let flip = |bytes: Option<&Vec<u8>>| {
            let mut bytes = bytes.cloned().unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
            Some(Some(bytes))
        };
        match self {
            Self::Honest(all) => {
                let of = all.iter().find(|(offer, _)| offer.snapshot == snapshot);
                Some(of.and_then(|(_, pieces)| pieces.get(&piece).cloned()))
            }
            Self::Leaves(left, _, pieces) => {
                *left = left.checked_sub(1)?;
                Some(pieces.get(&piece).cloned())
            }
            Self::Wrong(_, pieces) if !is_manifest => flip(pieces.get(&piece)),
            Self::WrongManifest(_, pieces) if is_manifest => flip(pieces.get(&piece)),
            Self::Wrong(_, pieces) | Self::WrongManifest(_, pieces) | Self::OtherManifest(_, pieces) => {
                Some(pieces.get(&piece).cloned())
            }
            Self::Forgetful(_) => Some(None),
            Self::Silent(_) | Self::Empty | Self::Away => None,
        }
    }
}

/// A joiner with its files and its peers, in virtual time.
struct World {
    join: Join,
    now: TimestampMs,
    peers: Vec<Peer>,
    answers: BTreeMap<(TimestampMs, u64), JoinFact>,
    /// Milliseconds until the next answer is there; none if it is lost.
    delay: Box<dyn FnMut() -> Option<u64>>,
    sent: u64,
    wake: TimestampMs,
    kept: Pieces,
    begun: Vec<Height>,
    accused: Vec<(u16, Accusation)>,
    served: BTreeMap<u16, usize>,
    end: Option<JoinOrder>,
}

impl World {
    fn new(peers: Vec<Peer>) -> Self {
        let join = Join::new(genesis(), Height(5), peers.len());
        let mut world = Self {
            join,
            now: BEGIN,
            peers,
            answers: BTreeMap::new(),
            delay: Box::new(|| Some(ANSWER_MS)),
            sent: 0,
            wake: BEGIN,
            kept: Pieces::new(),
            begun: Vec::new(),
            accused: Vec::new(),
            served: BTreeMap::new(),
            end: None,
        };
        world.tell(JoinFact::Tick);
        world.connect();
        world
    }

    fn connect(&mut self) {
        for (index, peer) in (0u16..).zip(self.peers.clone()) {
            if !matches!(peer, Peer::Away) {
                self.tell(JoinFact::Connected { peer: index });
            }
        }
    }

    fn tell(&mut self, fact: JoinFact) {
        let mut flying = BTreeMap::<u16, usize>::new();
        for order in self.join.handle(self.now, fact) {
            match order {
                JoinOrder::AskOffers { peer } => {
                    if let Some(offers) = self.peers[usize::from(peer)].offers() {
                        self.answer(JoinFact::Offers { peer, offers });
                    }
                }
                JoinOrder::AskPiece { peer, snapshot, piece } => {
                    *flying.entry(peer).or_default() += 1;
                    if let Some(bytes) = self.peers[usize::from(peer)].piece(snapshot, piece) {
                        *self.served.entry(peer).or_default() += usize::from(bytes.is_some());
                        self.answer(JoinFact::Piece { peer, snapshot, piece, bytes });
                    }
                }
                JoinOrder::Begin { height, .. } => {
                    self.kept.clear();
                    self.begun.push(height);
                }
                JoinOrder::Keep { piece, bytes } => assert!(self.kept.insert(piece, bytes).is_none(), "{piece} twice"),
                JoinOrder::Accuse { peer, what } => self.accused.push((peer, what)),
                JoinOrder::WakeAt(at) => {
                    assert!(at > self.now, "no turn spins");
                    self.wake = at;
                }
                end @ (JoinOrder::Done | JoinOrder::ByBlocks) => self.end = Some(end),
            }
        }
        assert!(flying.values().all(|flying| *flying <= PIECES_PER_PEER_MAX));
        assert!(flying.values().sum::<usize>() <= PIECES_FLYING_MAX);
    }

    fn answer(&mut self, fact: JoinFact) {
        if let Some(delay) = (self.delay)() {
            self.sent += 1;
            self.answers.insert((self.now.plus(delay), self.sent), fact);
        }
    }

    /// Runs until the end, or until `until` holds.
    fn run(&mut self, until: impl Fn(&Self) -> bool) {
        for _ in 0..100_000 {
            if self.end.is_some() || until(self) {
                return;
            }
            match self.answers.first_entry() {
                Some(answer) if answer.key().0 <= self.wake => {
                    let ((at, _), fact) = answer.remove_entry();
                    self.now = self.now.max(at);
                    self.tell(fact);
                }
                _ => {
                    self.now = self.wake;
                    self.tell(JoinFact::Tick);
                }
            }
        }
        panic!("no end after {} ms: {:?}", self.now.since(BEGIN), self.join.progress());
    }

    fn took(&self) -> u64 {
        self.now.since(BEGIN)
    }

    fn accused(&self) -> Vec<u16> {
        self.accused.iter().map(|(peer, _)| *peer).collect()
    }

    /// The ledger that comes out.
    fn restored(&self) -> Ledger<MemoryStore> {
        assert_eq!(self.end, Some(JoinOrder::Done));
        snapshot::restore(MemoryStore::new(), &self.kept, &genesis(), |_| {}).unwrap()
    }
}

fn honest(of: &(Offer, Pieces)) -> Peer {
    Peer::Honest(vec![of.clone()])
}

#[test]
fn pieces_come_from_all_peers_and_make_the_ledger() {
    let source = Source::new(20);
    let newest = source.snapshot(20);
    let mut world = World::new(vec![honest(&newest), honest(&newest), honest(&newest)]);
    world.run(|_| false);
    assert_eq!(world.restored().tip(), source.chain.tip());
    assert_eq!(world.kept, newest.1);
    assert_eq!((world.begun.as_slice(), world.accused.len()), (&[Height(20)][..], 0));
    assert!((0..3).all(|peer| world.served[&peer] * 5 > newest.1.len()), "{:?}", world.served);
    assert!(world.took() < 1_000, "nobody is waited for");
}

#[test]
fn whoever_lies_is_accused_and_whoever_is_silent_is_not() {
    let source = Source::new(20);
    let newest = source.snapshot(20);
    let (offer, pieces) = newest.clone();
    let older = source.snapshot(19);
    let foreign = Offer { snapshot: Hash([9; 32]), ..offer };
    let other = Offer { height: Height(30), ..foreign };
    let liars: [(&str, Peer, Option<&str>); 7] = [
        ("wrong pieces", Peer::Wrong(offer, pieces.clone()), Some("is refused")),
        ("a wrong manifest", Peer::WrongManifest(foreign, pieces.clone()), Some("is refused")),
        ("another's manifest", Peer::OtherManifest(foreign, pieces.clone()), Some("that of another")),
        ("a height that is not", Peer::OtherManifest(other, pieces.clone()), Some("that of another")),
        ("silence", Peer::Silent(foreign), None),
        ("a snapshot that is gone", Peer::Forgetful(foreign), None),
        ("an older height", honest(&older), None),
    ];
    for (what, liar, said) in liars {
        // Alone, in the majority, and among the rest.
        for (liars, others) in [(1, 2), (2, 1), (3, 1), (1, 1)] {
            let peers = [vec![liar.clone(); liars], vec![honest(&newest); others]].concat();
            let mut world = World::new(peers);
            world.run(|_| false);
            let height = if what == "an older height" && liars > others { 19 } else { 20 };
            assert_eq!(world.restored().tip().height, Height(height), "{what}, {liars} to {others}");
            let accused = world.accused();
            assert!(accused.iter().all(|peer| usize::from(*peer) < liars), "{what}: {accused:?}");
            match said {
                Some(said) => {
                    assert!(world.accused.iter().all(|(_, cause)| cause.to_string().contains(said)), "{what}");
                    assert!(!world.accused.is_empty() || liars <= others, "{what}, {liars} to {others}");
                }
                None => assert!(accused.is_empty(), "{what}: {accused:?}"),
            }
            assert!(world.took() < 60_000, "{what}, {liars} to {others} took {}", world.took());
        }
    }
}

#[test]
fn a_manifest_that_lies_about_its_pieces_accuses_all_who_offer_it() {
    let source = Source::new(20);
    let newest = source.snapshot(20);
    let mut manifest = Manifest::read(&newest.1).unwrap();
    let logs = manifest.layout.logs.iter().position(|starts| starts.len() > 1).unwrap();
    manifest.layout.logs[logs].clear();
    let mut pieces = newest.1.clone();
    pieces.insert(Piece::Manifest { part: 0 }, codec::encode(&manifest));
    let lie = (Offer { snapshot: manifest.layout.id(), ..newest.0 }, pieces);
    let mut world = World::new(vec![honest(&lie), honest(&lie), honest(&newest)]);
    world.run(|_| false);
    assert_eq!(world.restored().tip(), source.chain.tip());
    assert_eq!(world.accused(), [0, 1]);
    assert_eq!(world.begun, [Height(20), Height(20)]);
}

#[test]
fn a_peer_that_leaves_midway_is_replaced_by_the_rest() {
    let source = Source::new(20);
    let (offer, pieces) = source.snapshot(20);
    let leaves = |answers| Peer::Leaves(answers, offer, pieces.clone());
    let mut world = World::new(vec![leaves(3), leaves(7), honest(&(offer, pieces.clone()))]);
    world.run(|world| world.kept.len() > 5);
    world.tell(JoinFact::Disconnected { peer: 0 });
    world.run(|_| false);
    assert_eq!((world.kept.len(), world.accused.len()), (pieces.len(), 0));
    assert_eq!(world.restored().tip(), source.chain.tip());
    // If all leave, it waits, and goes on with who comes back.
    let mut world = World::new(vec![honest(&(offer, pieces.clone())), Peer::Away]);
    world.run(|world| world.kept.len() > 5);
    world.tell(JoinFact::Disconnected { peer: 0 });
    let kept = world.kept.len();
    let until = world.now.plus(300_000);
    world.run(move |world| world.now >= until);
    assert_eq!((world.kept.len(), world.end.clone()), (kept, None));
    world.peers[1] = honest(&(offer, pieces.clone()));
    world.tell(JoinFact::Connected { peer: 1 });
    world.run(|_| false);
    assert_eq!((world.begun.len(), world.kept.len()), (1, pieces.len()));
}

#[test]
fn a_snapshot_that_nobody_has_any_more_is_left_for_a_newer_one() {
    let source = Source::new(24);
    let (old, new) = (source.snapshot(20), source.snapshot(24));
    let mut world = World::new(vec![honest(&old), honest(&old)]);
    world.run(|world| world.kept.len() > 5);
    world.peers = vec![honest(&new), honest(&new)];
    world.run(|_| false);
    assert_eq!((world.begun.as_slice(), world.accused.len()), (&[Height(20), Height(24)][..], 0));
    assert_eq!(world.restored().tip(), source.chain.tip());
}

#[test]
fn what_was_kept_is_not_fetched_again_after_a_restart_unless_it_is_damaged() {
    let source = Source::new(20);
    let newest = source.snapshot(20);
    for stop in [1, 2, 4, 9, newest.1.len() - 1] {
        let mut first = World::new(vec![honest(&newest), honest(&newest)]);
        first.run(|world| world.kept.len() >= stop);
        let mut second = World::new(vec![honest(&newest), honest(&newest)]);
        second.join.resume(Manifest::read(&first.kept).unwrap()).unwrap();
        let mut damaged = 0;
        for (piece, bytes) in &first.kept {
            if matches!(piece, Piece::Manifest { .. }) {
                second.kept.insert(*piece, bytes.clone());
                continue;
            }
            let mut bytes = bytes.clone();
            if damaged == 0 && *piece != (Piece::State { cut: 0 }) {
                bytes[50] ^= 1; // A power failure.
                damaged += 1;
                assert!(second.join.recall(*piece, &bytes).is_err());
                continue;
            }
            // Logs without their state piece are fetched again, too.
            if second.join.recall(*piece, &bytes).is_ok() {
                second.kept.insert(*piece, bytes);
            }
        }
        let had = second.kept.len();
        // The joiner asked nobody yet; it hears of its peers once more.
        second.connect();
        second.run(|_| false);
        let fetched: usize = second.served.values().sum();
        assert_eq!(had + fetched, newest.1.len(), "{stop}: {had} were there");
        assert_eq!((second.begun.len(), second.kept.len()), (0, newest.1.len()));
        assert_eq!(second.restored().tip(), source.chain.tip());
    }
}

#[test]
fn without_a_snapshot_blocks_are_fetched() {
    let source = Source::new(20);
    let low = source.snapshot(4);
    let at = |peers: Vec<Peer>| {
        let mut world = World::new(peers);
        world.run(|_| false);
        assert_eq!(world.end, Some(JoinOrder::ByBlocks));
        world.took()
    };
    assert!(at(vec![Peer::Empty, Peer::Empty]) < 100, "everybody said so");
    assert!(at(vec![honest(&low), Peer::Empty]) < 100, "blocks are as quick");
    assert!(at(vec![Peer::Empty, Peer::Away]) >= 30_000, "somebody may still come");
    let mut alone = World::new(vec![Peer::Away, Peer::Away]);
    alone.run(|world| world.took() > 3_600_000);
    assert_eq!(alone.end, None, "blocks cannot be had either");
    let (offer, pieces) = source.snapshot(20);
    assert!(at(vec![Peer::WrongManifest(offer, pieces), Peer::Empty]) >= 30_000);
    let whoever_only_offers = at(vec![Peer::Silent(offer), Peer::Empty]);
    assert!((600_000..700_000).contains(&whoever_only_offers), "{whoever_only_offers}");
}

#[test]
fn few_subtrees_are_open_at_once() {
    let source = Source::new(20);
    let newest = source.snapshot(20);
    let mut world = World::new(vec![honest(&newest); 3]);
    world.run(|_| false);
    let states = newest.1.keys().filter(|piece| matches!(piece, Piece::State { .. })).count();
    assert!(states > 4 && states <= OPEN_CUTS_MAX * 4, "{states}");
    assert!(Shelf::get(&world.kept, Piece::State { cut: 0 }).unwrap().is_some());
}

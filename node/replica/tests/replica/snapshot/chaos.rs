//! The joiner in worlds made up from a seed: answers are late, lost and out of order, peers come and go, most of them lie, and
//! the joiner is killed while its disk loses or spoils what was written last. `COUNTERSIGN_SEEDS=1000..2000` runs others.

use super::{Peer, Pieces, Source, World, honest};
use countersign_ledger::snapshot::{Manifest, Piece};
use countersign_replica::snapshot::{Join, JoinFact, JoinOrder, Offer};
use countersign_types::{Hash, Height};
use std::collections::BTreeSet;

/// SplitMix64.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(u64::try_from(of.len()).unwrap())).unwrap()]
    }
}

fn seeds() -> std::ops::Range<u64> {
    let Ok(text) = std::env::var("COUNTERSIGN_SEEDS") else { return 0..60 };
    let (from, to) = text.split_once("..").expect("FROM..TO");
    from.parse().unwrap()..to.parse().unwrap()
}

/// Peers that are honest come first in the list.
fn peers(dice: &mut Dice, newest: &(Offer, Pieces), older: &(Offer, Pieces)) -> (usize, Vec<Peer>) {
    let (offer, pieces) = newest.clone();
    let foreign = Offer { snapshot: Hash([9; 32]), ..offer };
    let higher = Offer { height: Height(dice.below(1_000) + 30), ..foreign };
    let liars = [
        Peer::Wrong(offer, pieces.clone()),
        Peer::WrongManifest(offer, pieces.clone()),
        Peer::WrongManifest(higher, pieces.clone()),
        Peer::OtherManifest(foreign, pieces.clone()),
        Peer::OtherManifest(higher, pieces.clone()),
        Peer::Silent(offer),
        Peer::Silent(higher),
        Peer::Forgetful(offer),
        Peer::Forgetful(higher),
        Peer::Leaves(usize::try_from(dice.below(9)).unwrap(), offer, pieces),
        Peer::Empty,
        Peer::Away,
    ];
    let good = [honest(newest), Peer::Honest(vec![newest.clone(), older.clone()])];
    let count = usize::try_from(dice.below(2) + 1).unwrap();
    let mut all: Vec<Peer> = (0..count).map(|_| dice.pick(&good).clone()).collect();
    all.extend((0..dice.below(6)).map(|_| dice.pick(&liars).clone()));
    (count, all)
}

impl World {
    /// The process ends and another begins. What was written last may be lost, and one piece of it spoiled.
    fn kill(&mut self, dice: &mut Dice) {
        self.answers.clear();
        self.join = Join::new(super::genesis(), Height(5), self.peers.len());
        let mut files = std::mem::take(&mut self.kept);
        while dice.below(3) == 0 {
            files.pop_last();
        }
        if let Ok(manifest) = Manifest::read(&files) {
            self.join.resume(manifest).unwrap();
            let spoiled = dice.below(2 * u64::try_from(files.len()).unwrap());
            for (number, (piece, mut bytes)) in (0..).zip(files) {
                if matches!(piece, Piece::Manifest { .. }) {
                    self.kept.insert(piece, bytes);
                    continue;
                }
                if number == spoiled {
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                }
                if self.join.recall(piece, &bytes).is_ok() {
                    self.kept.insert(piece, bytes);
                }
            }
        }
        self.tell(JoinFact::Tick);
        self.connect();
    }

    /// Somebody comes or goes.
    fn stir(&mut self, dice: &mut Dice) {
        let peer = u16::try_from(dice.below(u64::try_from(self.peers.len()).unwrap())).unwrap();
        if matches!(self.peers[usize::from(peer)], Peer::Away) {
            return;
        }
        self.tell(JoinFact::Disconnected { peer });
        self.now = self.now.plus(dice.below(3_000));
        self.tell(JoinFact::Connected { peer });
    }
}

#[test]
fn whatever_happens_the_ledger_is_the_certified_one_and_nobody_honest_is_accused() {
    let source = Source::new(20);
    let (newest, older) = (source.snapshot(20), source.snapshot(19));
    let (mut kills, mut accused, mut by_blocks) = (0, 0, 0);
    for seed in seeds() {
        let mut dice = Dice(seed);
        let (good, peers) = peers(&mut dice, &newest, &older);
        let told: BTreeSet<&Hash> = [&newest.0.snapshot, &older.0.snapshot].into();
        let mut world = World::new(peers);
        let (mut network, lost, late) = (dice.clone(), dice.below(30), dice.below(6_000) + 1);
        world.delay = Box::new(move || (network.below(100) >= lost).then(|| network.below(late) + 1));
        for _ in 0..dice.below(8) {
            let until = world.now.plus(dice.below(2 * late) + 1);
            world.run(|world| world.now >= until);
            if world.end.is_some() {
                break;
            }
            if dice.below(2) == 0 {
                kills += 1;
                world.kill(&mut dice);
            } else {
                world.stir(&mut dice);
            }
        }
        world.run(|_| false);
        assert!(world.accused().iter().all(|peer| usize::from(*peer) >= good), "seed {seed}: {:?}", world.accused);
        accused += world.accused.len();
        match world.end {
            Some(JoinOrder::Done) => {
                let restored = world.restored();
                assert!(told.contains(&Manifest::read(&world.kept).unwrap().layout.id()), "seed {seed}");
                let height = restored.tip().height;
                assert_eq!(
                    Some(restored.tip().result.hash()),
                    source.chain.reader().result(height).unwrap().map(|r| r.hash()),
                    "seed {seed}"
                );
            }
            Some(JoinOrder::ByBlocks) => by_blocks += 1,
            ref other => panic!("seed {seed}: {other:?}"),
        }
    }
    println!("{:?}: {kills} kills, {accused} accused, {by_blocks} by blocks", seeds());
    assert!(kills > 0 && accused > 0);
    assert_eq!(by_blocks, 0, "a peer had a snapshot");
}

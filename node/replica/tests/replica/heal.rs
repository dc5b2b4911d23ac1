//! A state that a disk damaged: what is lost comes from peers, and from nobody who has something else.

use crate::chain::{call, genesis, key, open};
use crate::network::{Validator, certified_blocks, sent};
use countersign_consensus::Target;
use countersign_ledger::snapshot::StatePiece;
use countersign_ledger::store::{Direction, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, MemoryStore, Store};
use countersign_replica::heal::{Heal, HealFact, HealOrder, StatePlace};
use countersign_replica::limits::{HEAL_PATIENCE_MS, STATE_PLACES_MAX, SYNC_RETRY_MS};
use countersign_replica::wire::Wire;
use countersign_types::{Hash, Height, TimestampMs};

const BLOCKS: usize = 6;
const AT: TimestampMs = TimestampMs(1_000);

/// A validator that has the chain, and its disk.
fn whole() -> (Validator, MemoryStore) {
    let store = MemoryStore::new();
    let calls: Vec<_> = (0..BLOCKS as u64).map(|nonce| call(11, nonce)).collect();
    let blocks = certified_blocks(BLOCKS, &calls);
    let mut validator = Validator::with(3, open(Ledger::create(store.clone(), &genesis()).unwrap(), Some(key(4))));
    let (peer, _) = validator.fall_behind(0);
    validator.hear(peer, Wire::Blocks { certified: Height(BLOCKS as u64), blocks });
    assert_eq!(validator.height(), Height(BLOCKS as u64));
    (validator, store)
}

/// A copy of a disk that lost all of the state.
fn lost(store: &MemoryStore) -> MemoryStore {
    let store = store.fork();
    for space in [Space::Values, Space::Pages] {
        for (key, _) in store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            store.lose(space, &key);
        }
    }
    store
}

fn healer(ledger: &Ledger<MemoryStore>, others: usize) -> Heal {
    Heal::new(ledger.tip().height, ledger.survey().unwrap().lost, others)
}

/// Who is asked for what.
fn asked(orders: &[HealOrder]) -> Option<(u16, Height, Vec<StatePlace>)> {
    orders.iter().find_map(|order| match order {
        HealOrder::Ask { peer, height, places } => Some((*peer, *height, places.clone())),
        _ => None,
    })
}

/// What a validator answers.
fn answer(peer: &mut Validator, height: Height, places: Vec<StatePlace>) -> Vec<Option<StatePiece>> {
    let outputs = peer.hear(0, Wire::StateWanted { height, places });
    let pieces = sent(&outputs).find_map(|(to, message)| match message {
        Wire::State { pieces } if to == Target::One(0) => Some(pieces.clone()),
        _ => None,
    });
    pieces.expect("it answers")
}

fn connected(heal: &mut Heal, peers: impl IntoIterator<Item = u16>) -> Vec<HealOrder> {
    peers.into_iter().flat_map(|peer| heal.handle(AT, HealFact::Connected { peer })).collect()
}

#[test]
fn what_is_lost_comes_from_who_has_it_and_liars_change_nothing() {
    let (mut peer, store) = whole();
    let store = lost(&store);
    let mut ledger = Ledger::open(store.clone(), &genesis()).unwrap();
    let mut heal = healer(&ledger, 3);
    let mut orders = connected(&mut heal, 0..3);
    let lies: [fn(&mut StatePiece); 2] = [|piece| piece.entries[0].1.push(1), |piece| drop(piece.entries.pop())];
    let mut whom = Vec::new();
    for lie in lies {
        let (liar, height, places) = asked(&orders).unwrap();
        let mut pieces = answer(&mut peer, height, places);
        pieces.iter_mut().flatten().for_each(lie);
        // Nothing counts that comes from somebody who was not asked.
        let unasked = heal.handle(AT, HealFact::State { peer: (liar + 1) % 3, pieces: pieces.clone() });
        assert_eq!(asked(&unasked), None);
        orders = heal.handle(AT, HealFact::State { peer: liar, pieces });
        assert!(!orders.iter().any(|order| matches!(order, HealOrder::Mend(_))), "{orders:?}");
        whom.push(liar);
    }
    let (honest, height, places) = asked(&orders).unwrap();
    assert_eq!((height, whom.contains(&honest)), (Height(BLOCKS as u64), false));
    let mut pieces = answer(&mut peer, height, places);
    let cut = pieces.split_off(1);
    assert!(!cut.is_empty());
    orders = heal.handle(AT, HealFact::State { peer: honest, pieces });
    loop {
        for order in std::mem::take(&mut orders) {
            match order {
                HealOrder::Mend(pieces) => ledger.mend(&pieces).unwrap(),
                HealOrder::Ask { peer: whom, height, places } => {
                    assert_eq!(whom, honest);
                    let pieces = answer(&mut peer, height, places);
                    orders.extend(heal.handle(AT, HealFact::State { peer: whom, pieces }));
                }
                HealOrder::Done => {
                    let survey = ledger.survey().unwrap();
                    ledger.mend_rows(&survey).unwrap();
                    assert!(ledger.survey().unwrap().is_sound());
                    let report = verify(&ledger.reader(), &genesis(), |_| ());
                    assert!(report.is_sound(), "{report:?}");
                    // It votes on.
                    drop(ledger);
                    let healed = open(Ledger::open(store, &genesis()).unwrap(), Some(key(4)));
                    assert_eq!(Validator::with(3, healed).height(), Height(BLOCKS as u64));
                    return;
                }
                HealOrder::WakeAt(_) => {}
                HealOrder::GiveUp { places } => panic!("{places} are missing"),
            }
        }
    }
}

#[test]
fn who_has_lost_it_too_says_so_and_what_nobody_has_is_given_up() {
    let (_, store) = whole();
    let store = lost(&store);
    let ledger = Ledger::open(store, &genesis()).unwrap();
    let mut heal = healer(&ledger, 2);
    let places = ledger.survey().unwrap().lost.len();
    let mut orders = connected(&mut heal, [1, 2]);
    for _ in 0..2 {
        let (peer, _, asked) = asked(&orders).unwrap();
        let pieces = asked.iter().map(|_| None).collect();
        orders = heal.handle(AT, HealFact::State { peer, pieces });
    }
    assert_eq!(orders, [HealOrder::GiveUp { places }]);
    assert_eq!(heal.handle(AT, HealFact::Tick), []);
}

#[test]
fn who_is_silent_is_passed_over_and_patience_ends() {
    let (_, store) = whole();
    let ledger = Ledger::open(lost(&store), &genesis()).unwrap();
    let mut heal = healer(&ledger, 3);
    assert_eq!(asked(&heal.handle(AT, HealFact::Tick)), None, "nobody is there");
    let (first, ..) = asked(&connected(&mut heal, [0, 1])).unwrap();
    let mut now = AT.plus(SYNC_RETRY_MS);
    let (second, ..) = asked(&heal.handle(now, HealFact::Tick)).unwrap();
    assert_ne!(first, second);
    // Who goes away is not waited for.
    let (third, ..) = asked(&heal.handle(now, HealFact::Disconnected { peer: second })).unwrap();
    assert_eq!(third, first);
    now = AT.plus(HEAL_PATIENCE_MS);
    let orders = heal.handle(now, HealFact::Tick);
    assert!(matches!(orders.as_slice(), [HealOrder::GiveUp { .. }]), "{orders:?}");
}

#[test]
fn what_is_served_of_the_state_is_bounded() {
    let (mut peer, _) = whole();
    let root = StatePlace { prefix: Hash::ZERO, depth: 0 };
    let height = Height(BLOCKS as u64);
    let many = answer(&mut peer, height, vec![root; 2]);
    assert_eq!(many, [None, None], "more than a bucket has");
    let outputs = peer.hear(0, Wire::StateWanted { height, places: vec![root; STATE_PLACES_MAX + 1] });
    assert!(sent(&outputs).next().is_none(), "too many places");
    let nothing = StatePlace { prefix: Hash::ZERO, depth: 256 };
    assert_eq!(answer(&mut peer, Height(1_000_000), vec![nothing]), [Some(StatePiece::default())]);
    let beyond = StatePlace { prefix: Hash::ZERO, depth: u16::MAX };
    assert_eq!(answer(&mut peer, height, vec![beyond]).len(), 1);
}

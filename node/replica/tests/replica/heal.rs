//! A state that a disk damaged: what is lost comes from peers, and from nobody who has something else.

use crate::chain::{call, genesis, key, open};
use crate::network::{Validator, certified_blocks, sent};
use countersign_consensus::Target;
use countersign_ledger::snapshot::{Place, StatePiece};
use countersign_ledger::store::{Direction, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, LogRun, LostRun, MemoryStore, Store};
use countersign_replica::heal::{Heal, HealFact, HealOrder, Lost, StatePlace};
use countersign_replica::limits::{HEAL_PATIENCE_MS, STATE_PLACES_MAX, SYNC_RETRY_MS};
use countersign_replica::wire::Wire;
use countersign_types::log::LogRecord;
use countersign_types::range::RangeProof;
use countersign_types::{Address, Hash, Height, TimestampMs};

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

fn healer(ledger: &Ledger<MemoryStore>, others: usize) -> Heal<Place> {
    Heal::new(ledger.survey().unwrap().lost, others)
}

/// Who is asked for what.
fn asked<L: Lost>(orders: &[HealOrder<L>]) -> Option<(u16, Vec<L>)> {
    orders.iter().find_map(|order| match order {
        HealOrder::Ask { peer, lost } => Some((*peer, lost.clone())),
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

/// What a validator answers about places that are lost.
fn sent_for(peer: &mut Validator, lost: &[Place]) -> Vec<Option<StatePiece>> {
    answer(peer, Height(BLOCKS as u64), lost.iter().map(StatePlace::of).collect())
}

fn connected<L: Lost>(heal: &mut Heal<L>, peers: impl IntoIterator<Item = u16>) -> Vec<HealOrder<L>> {
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
        let (liar, places) = asked(&orders).unwrap();
        let mut pieces = sent_for(&mut peer, &places);
        pieces.iter_mut().flatten().for_each(lie);
        // Nothing counts that comes from somebody who was not asked.
        let unasked = heal.handle(AT, HealFact::Found { peer: (liar + 1) % 3, found: pieces.clone() });
        assert_eq!(asked(&unasked), None);
        orders = heal.handle(AT, HealFact::Found { peer: liar, found: pieces });
        assert!(!orders.iter().any(|order| matches!(order, HealOrder::Mend(_))), "{orders:?}");
        whom.push(liar);
    }
    let (honest, places) = asked(&orders).unwrap();
    assert!(!whom.contains(&honest));
    let mut pieces = sent_for(&mut peer, &places);
    let cut = pieces.split_off(1);
    assert!(!cut.is_empty());
    orders = heal.handle(AT, HealFact::Found { peer: honest, found: pieces });
    loop {
        for order in std::mem::take(&mut orders) {
            match order {
                HealOrder::Mend(pieces) => ledger.mend(&pieces).unwrap(),
                HealOrder::Ask { peer: whom, lost } => {
                    assert_eq!(whom, honest);
                    let found = sent_for(&mut peer, &lost);
                    orders.extend(heal.handle(AT, HealFact::Found { peer: whom, found }));
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
                HealOrder::GiveUp { left } => panic!("{left} are missing"),
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
        let (peer, asked) = asked(&orders).unwrap();
        let found = asked.iter().map(|_| None).collect();
        orders = heal.handle(AT, HealFact::Found { peer, found });
    }
    assert_eq!(orders, [HealOrder::GiveUp { left: places }]);
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

/// Records of a log that is not there, and of one asked for beyond its end.
#[test]
fn of_a_log_nothing_is_sent_that_is_not_there() {
    let (mut peer, _) = whole();
    for (count, start) in [(1, 0), (0, 0), (u64::MAX, u64::MAX)] {
        let outputs = peer.hear(0, Wire::LogWanted { contract: Address([3; 32]), key: vec![1], count, start });
        let answers: Vec<_> = sent(&outputs).map(|(_, message)| message.clone()).collect();
        assert_eq!(answers, [Wire::Log(None)]);
    }
}

/// A run of a log, as a ledger finds it lost, with records that prove themselves.
#[test]
fn runs_of_logs_are_asked_for_one_by_one_and_count_if_they_prove_themselves() {
    let record = |byte| LogRecord {
        height: Height(1),
        time: AT,
        transaction: Hash([1; 32]),
        signer: key(1).public(),
        entry: vec![byte],
    };
    let (contract, log) = (Address([3; 32]), b"log".to_vec());
    let records: Vec<LogRecord> = (0..3).map(record).collect();
    let range = countersign_types::log::range_of(&contract, &log, &records);
    let lost = |start| LostRun { contract, key: log.clone(), range: range.clone(), start };
    let good = LogRun { records: records.iter().map(LogRecord::to_bytes).collect(), proof: RangeProof::default() };
    let other = LogRun { records: good.records.iter().rev().cloned().collect(), proof: RangeProof::default() };
    // The second one can be had from nobody: there are no records behind the last.
    let mut heal = Heal::new(vec![lost(0), lost(64)], 2);
    let orders = connected(&mut heal, [1, 2]);
    let (liar, asked_for) = asked(&orders).unwrap();
    assert_eq!(asked_for, [lost(0)]);
    let orders = heal.handle(AT, HealFact::Found { peer: liar, found: vec![Some(other)] });
    let (honest, asked_for) = asked(&orders).unwrap();
    assert!(honest != liar && asked_for == [lost(0)]);
    let orders = heal.handle(AT, HealFact::Found { peer: honest, found: vec![Some(good.clone())] });
    assert_eq!(orders.first(), Some(&HealOrder::Mend(vec![(lost(0), good)])));
    assert_eq!(asked(&orders).unwrap().1, [lost(64)]);
}

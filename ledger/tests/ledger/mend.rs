//! Damaged rows of the state: found, and stored anew from entries that hash to what is lost, and nothing else.

use crate::chain::{Chain, Work, certify, genesis, work};
use countersign_ledger::snapshot::{Below, Place, StatePiece, below};
use countersign_ledger::store::{Batch, Direction, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Fate, Ledger, LedgerError, MemoryStore, Reader, Store};
use countersign_types::limits::STATE_DEPTH_MAX;
use countersign_types::{Height, Phase, state_key};

const TIP: u64 = 9;
const ROOM: usize = 1 << 20;

/// More keys than a bucket holds, some of them written by each block.
fn much(height: u64) -> Work {
    let mut work = work(height);
    for number in 0..20u64 {
        let key = [&(number % 7 + height % 3 * 10).to_be_bytes()[..], b"key"].concat();
        work.writes.insert(state_key::storage(&crate::chain::contract(), &key), Some(vec![height as u8; 300]));
    }
    work
}

fn sound() -> MemoryStore {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=TIP {
        chain.commit_certified(&much(height));
    }
    store
}

fn open(store: &MemoryStore) -> Ledger<MemoryStore> {
    Ledger::open(store.clone(), &genesis()).unwrap()
}

fn pieces(from: &Reader<MemoryStore>, lost: &[Place]) -> Vec<(Place, StatePiece)> {
    let piece = |place: &Place| match below(from, Height(TIP), (&place.prefix, place.depth), ROOM).unwrap() {
        Below::Piece(piece) => piece,
        other => panic!("{other:?}"),
    };
    lost.iter().map(|place| (*place, piece(place))).collect()
}

fn mend(ledger: &mut Ledger<MemoryStore>, from: &Reader<MemoryStore>) -> usize {
    let survey = ledger.survey().unwrap();
    ledger.mend(&pieces(from, &survey.lost)).unwrap();
    let found = ledger.survey().unwrap();
    assert_eq!(found.lost, [], "all of it is there");
    ledger.mend_rows(&found).unwrap();
    assert!(ledger.survey().unwrap().is_sound());
    survey.lost.len()
}

/// The ledger is whole, also when it is opened anew, and goes on as one that never was damaged.
fn goes_on(store: &MemoryStore, pristine: &MemoryStore, what: &str) {
    let report = verify(&open(store).reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{what}: {report:?}");
    let chain = |store: &MemoryStore| Chain { ledger: open(store), genesis: genesis() };
    let (mut mended, mut other) = (chain(&store.fork()), chain(&pristine.fork()));
    for height in TIP + 1..TIP + 40 {
        assert_eq!(mended.commit(&much(height)), other.commit(&much(height)), "{what}");
    }
    mended.ledger.rewind(Height(TIP), Fate::Dropped).unwrap();
    for height in TIP + 1..TIP + 4 {
        mended.commit_certified(&much(height));
    }
    let report = verify(&mended.reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{what}: {report:?}");
}

#[test]
fn every_row_of_the_state_that_rots_or_goes_is_found_and_mended() {
    let pristine = sound();
    assert!(open(&pristine).survey().unwrap().is_sound());
    let reader = open(&pristine).reader();
    let mut lost = 0;
    for space in [Space::Values, Space::Pages, Space::Keys] {
        for (key, row) in pristine.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            for at in [None, Some(5), Some(row.len() * 4), Some(row.len() * 8 - 1)] {
                let store = pristine.fork();
                match at {
                    None => store.lose(space, &key),
                    Some(bit) => assert!(store.rot(space, &key, bit)),
                }
                let mut ledger = open(&store);
                lost += mend(&mut ledger, &reader);
                assert_eq!(ledger.tip(), open(&pristine).tip());
                let report = verify(&ledger.reader(), &genesis(), |_| ());
                assert!(report.is_sound(), "{space} {key:?} {at:?}: {report:?}");
                drop(ledger);
                // Going on takes a while; each row is as good as another.
                if key.last().is_some_and(|byte| byte % 4 == 0) && at == Some(5) {
                    goes_on(&store, &pristine, &format!("{space} {key:?} {at:?}"));
                }
            }
        }
    }
    assert!(lost > 100, "{lost}");
}

#[test]
fn a_whole_state_that_is_lost_comes_again() {
    let pristine = sound();
    let store = pristine.fork();
    for space in [Space::Values, Space::Pages] {
        for (key, _) in pristine.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            store.lose(space, &key);
        }
    }
    let mut ledger = open(&store);
    let reader = ledger.reader();
    let (key, value) = open(&pristine).reader().scan(&[1], None, 1).unwrap().pop().unwrap();
    assert!(reader.read(&key).is_err());
    assert_eq!(reader.damaged().state.iter().map(|(space, _)| *space).collect::<Vec<_>>(), [Space::Pages]);
    assert!(mend(&mut ledger, &open(&pristine).reader()) > 3);
    assert_eq!(reader.read(&key).unwrap(), Some(value), "a reader from before reads it again");
    // Older states refer to what is gone.
    assert!(matches!(reader.read_at(&key, Height(TIP - 1)), Err(LedgerError::Pruned { .. })));
    drop(ledger);
    goes_on(&store, &pristine, "all");
}

#[test]
fn what_is_not_lost_there_is_refused_and_changes_nothing() {
    let pristine = sound();
    let store = pristine.fork();
    let all = pristine.scan(Space::Pages, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    let (last, _) = all.last().unwrap();
    store.lose(Space::Pages, last);
    let mut ledger = open(&store);
    let lost = ledger.survey().unwrap().lost;
    let good = pieces(&open(&pristine).reader(), &lost);
    type Pieces = Vec<(Place, StatePiece)>;
    let change = |change: &dyn Fn(&mut Pieces)| {
        let mut pieces = good.clone();
        change(&mut pieces);
        pieces
    };
    let bad = [
        ("another value", change(&|pieces| pieces[0].1.entries[0].1.push(1))),
        ("an entry less", change(&|pieces| drop(pieces[0].1.entries.pop()))),
        ("nothing", change(&|pieces| pieces[0].1.entries.clear())),
        ("another place's", change(&|pieces| pieces[0].1 = pieces[1].1.clone())),
        ("one twice", change(&|pieces| pieces.push(pieces[0].clone()))),
        ("a place that is not there", {
            let piece = good[0].1.clone();
            let (key, value) = piece.entries[0].clone();
            let prefix = countersign_types::state::path(&key);
            let hash = countersign_types::state::leaf_hash(&prefix, &countersign_types::state::value_hash(&value));
            vec![(Place { prefix, depth: STATE_DEPTH_MAX - 1, hash }, StatePiece { entries: vec![(key, value)] })]
        }),
    ];
    let before = store.fork();
    for (what, pieces) in bad {
        let refused = ledger.mend(&pieces);
        assert!(refused.is_err(), "{what}: {refused:?}");
        assert!(ledger.mend_rows(&ledger.survey().unwrap()).is_err(), "{what}");
    }
    for space in Space::ALL {
        assert_eq!(store.count(space), before.count(space));
    }
    ledger.mend(&good).unwrap();
}

/// Packs are cleared away in their turn, and a pack that cannot be read at all is in the way of that.
#[test]
fn a_pack_of_which_nothing_lives_is_no_longer_in_the_way() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let key = state_key::storage(&crate::chain::contract(), b"large");
    let large =
        |height: u64| Work { writes: [(key.clone(), Some(vec![height as u8; 200_000]))].into(), ..Work::default() };
    for height in 1..=4 {
        chain.commit_certified(&large(height));
    }
    drop(chain);
    let rows = store.scan(Space::Values, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    let dead: Vec<_> = rows.into_iter().filter(|(_, row)| row.len() > 100_000 && row[row.len() - 1] < 4).collect();
    assert_eq!(dead.len(), 3);
    let mut batch = Batch::default();
    for (row, _) in &dead {
        batch.put(Space::Values, row.as_slice(), [7; 3]);
    }
    store.write(batch, true).unwrap();
    let mut damaged = Chain { ledger: Ledger::open(store.fork(), &genesis()).unwrap(), genesis: genesis() };
    let stumbles = (5..40).any(|height| damaged.ledger.commit(damaged.block(&large(height))).is_err());
    assert!(stumbles && damaged.reader().damaged().state.len() == 1, "{:?}", damaged.reader().damaged());
    let mut ledger = Ledger::open(store.clone(), &genesis()).unwrap();
    let survey = ledger.survey().unwrap();
    assert!(survey.lost.is_empty() && !survey.is_sound());
    ledger.mend_rows(&survey).unwrap();
    let mut mended = Chain { ledger, genesis: genesis() };
    for height in 5..40 {
        let result = mended.commit(&large(height));
        mended
            .ledger
            .put_result_certificate(&result, &certify(&genesis(), Phase::Checkpoint, height, result.hash()))
            .unwrap();
    }
    let report = verify(&mended.reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn what_is_handed_out_of_the_state_is_bounded() {
    let reader = open(&sound()).reader();
    let root = countersign_types::Hash::ZERO;
    assert_eq!(below(&reader, Height(TIP), (&root, 0), ROOM).unwrap(), Below::Many);
    let (key, value) = reader.scan(&[1], None, 1).unwrap().pop().unwrap();
    let path = countersign_types::state::path(&key);
    let bytes = key.len() + value.len() + 8;
    let alone = Below::Piece(StatePiece { entries: vec![(key, value)] });
    // Of a height that is not kept or not there yet, the nearest is taken.
    for height in [0, TIP, 1_000] {
        let there = below(&reader, Height(height), (&path, STATE_DEPTH_MAX), bytes).unwrap();
        assert!(height == 0 || there == alone, "{height}: {there:?}");
        assert_eq!(below(&reader, Height(TIP), (&path, STATE_DEPTH_MAX), bytes - 1).unwrap(), Below::Large);
    }
    let nobody = below(&reader, Height(TIP), (&root, STATE_DEPTH_MAX), ROOM).unwrap();
    assert_eq!(nobody, Below::Piece(StatePiece::default()));
}

//! Old heights stay readable for as long as promised, and no longer than bounded.

use crate::chain::{Chain, Work, contract, work};
use countersign_ledger::limits::{FLOORS_NOTED_EVERY, STATE_HEIGHTS_RETAINED};
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, Ledger, LedgerError, MemoryStore, Store};
use countersign_types::{Height, state_key};
use std::collections::BTreeMap;

fn rows(store: &MemoryStore, space: Space) -> usize {
    store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap().len()
}

#[test]
fn retained_heights_are_readable_and_older_ones_say_pruned() {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    let heights = STATE_HEIGHTS_RETAINED + 40;
    for height in 1..=heights {
        chain.commit_certified(&work(height));
    }
    let reader = chain.reader();
    let oldest = heights + 1 - STATE_HEIGHTS_RETAINED;
    assert_eq!(reader.oldest_state(), Height(oldest));
    for height in oldest..=heights {
        let value = reader.read_at(&key, Height(height)).unwrap();
        assert_eq!(value, Some(height.to_be_bytes().to_vec()));
        let witness = reader.witness(Height(height), &[&key]).unwrap();
        let root = reader.result(Height(height)).unwrap().unwrap().state_root;
        witness.verify(&root).unwrap().check(&key, value.as_deref()).unwrap();
        assert_eq!(reader.log_at(&contract(), b"all", Height(height)).unwrap().len() as u64, height);
    }
    let pruned = reader.read_at(&key, Height(oldest - 1));
    assert!(matches!(pruned, Err(LedgerError::Pruned { oldest: found, .. }) if found == Height(oldest)));
    let unknown = reader.read_at(&key, Height(heights + 1));
    assert!(matches!(unknown, Err(LedgerError::Unknown { .. })));
    let deltas = rows(&store, Space::Deltas) as u64;
    assert!((STATE_HEIGHTS_RETAINED..=STATE_HEIGHTS_RETAINED + FLOORS_NOTED_EVERY).contains(&deltas), "{deltas}");
    let report = verify(&reader, &chain.genesis, |_| ());
    assert!(report.is_sound(), "{report:?}");
}

/// Bytes of a space's rows.
fn bytes(store: &MemoryStore, space: Space) -> usize {
    let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    rows.iter().map(|(key, value)| key.len() + value.len()).sum()
}

#[test]
fn what_no_kept_height_needs_goes() {
    // Overwriting the same keys again and again must not grow the store once the retention began, and some that are never
    // written again must not hold up what was written after them.
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let key = |number: u64| state_key::storage(&contract(), &number.to_be_bytes());
    let idle = (1000..1100).map(|number| (key(number), Some(number.to_be_bytes().repeat(64)))).collect();
    chain.commit_certified(&Work { writes: idle, ..Work::default() });
    let mut sizes = Vec::new();
    for height in 2..=4 * STATE_HEIGHTS_RETAINED {
        let writes = (0..40).map(|number| (key(number), Some(height.to_be_bytes().repeat(128)))).collect();
        chain.commit_certified(&Work { writes, ..Work::default() });
        sizes.push([Space::Values, Space::Pages, Space::Deltas, Space::Table].map(|space| bytes(&store, space)));
    }
    // A retention's writes, and 1 MiB that is not cleared away; as much again until a floor is noted.
    let own = 40 * (128 * 8 + 46);
    let bound = (STATE_HEIGHTS_RETAINED + FLOORS_NOTED_EVERY) as usize * own + (2 << 20);
    assert!(
        sizes.iter().all(|sizes| sizes[0] < bound),
        "{} of {bound}",
        sizes.iter().map(|sizes| sizes[0]).max().unwrap()
    );
    let (early, late) = sizes.split_at(sizes.len() / 2);
    for space in 0..4 {
        let most = |sizes: &[[usize; 4]]| sizes.iter().map(|sizes| sizes[space]).max().unwrap();
        assert!(most(late) <= most(early) * 11 / 10, "{space}: {} then {}", most(early), most(late));
    }
    let store = store.fork();
    let ledger = Ledger::open(store, &chain.genesis).unwrap();
    let report = verify(&ledger.reader(), &chain.genesis, |_| ());
    assert!(report.is_sound(), "{report:?}");
}

/// A node that is stopped and started again and again has the same heights, values and proofs as one that never was.
#[test]
fn every_kept_height_reads_the_same_after_a_restart() {
    let key = |number: u64| state_key::storage(&contract(), &number.to_be_bytes());
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let mut kept: Vec<BTreeMap<Vec<u8>, Vec<u8>>> = vec![BTreeMap::new()];
    for height in 1..=180u64 {
        let mut now = kept.last().unwrap().clone();
        let mut writes = BTreeMap::new();
        for index in 0..30 {
            let number = (height * 7919 + index * 104_729) % 400;
            let value =
                (!(height + index).is_multiple_of(5)).then(|| (height * 1000 + number).to_be_bytes().repeat(70));
            match &value {
                Some(value) => now.insert(key(number), value.clone()),
                None => now.remove(&key(number)),
            };
            writes.insert(key(number), value);
        }
        kept.push(now);
        chain.commit_certified(&Work { writes, ..Work::default() });
        if !height.is_multiple_of(45) {
            continue;
        }
        chain = Chain { ledger: Ledger::open(store.clone(), &chain.genesis).unwrap(), genesis: chain.genesis };
        let reader = chain.reader();
        let oldest = reader.oldest_state().0;
        // Forwards, backwards and in no order, since each root is made of one that is near.
        for at in
            (oldest..=height).step_by(3).chain((oldest..=height).rev().step_by(17)).chain([oldest, height, oldest])
        {
            let root = if at == 0 { None } else { Some(reader.result(Height(at)).unwrap().unwrap().state_root) };
            let keys: Vec<Vec<u8>> = (0..400).step_by(9).map(key).collect();
            let witness = reader.witness(Height(at), &keys.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
            let witnessed = root.map(|root| witness.verify(&root).unwrap());
            for key in &keys {
                let expected = kept[at as usize].get(key);
                assert_eq!(reader.read_at(key, Height(at)).unwrap().as_ref(), expected);
                if let Some(witnessed) = &witnessed {
                    witnessed.check(key, expected.map(Vec::as_slice)).unwrap();
                }
            }
        }
        let report = verify(&reader, &chain.genesis, |_| ());
        assert!(report.is_sound(), "{report:?}");
    }
}

#[test]
fn the_certified_state_is_never_pruned() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit_certified(&work(1));
    for height in 2..=STATE_HEIGHTS_RETAINED + 20 {
        chain.commit(&work(height));
    }
    let reader = chain.reader();
    assert_eq!(reader.oldest_state(), Height(1));
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    assert_eq!(reader.read_at(&key, Height(1)).unwrap(), Some(1u64.to_be_bytes().to_vec()));
}

#[test]
fn a_backlog_of_old_heights_is_worked_off() {
    let mut chain = Chain::create(MemoryStore::new());
    let mut results = Vec::new();
    for height in 1..=STATE_HEIGHTS_RETAINED + 20 {
        results.push(chain.commit(&work(height)));
    }
    chain.certify(results.last().unwrap());
    for height in 1..=30 {
        chain.commit_certified(&work(STATE_HEIGHTS_RETAINED + 20 + height));
    }
    assert_eq!(chain.reader().oldest_state(), Height(51));
}

#[test]
fn readers_work_beside_the_writer() {
    let mut chain = Chain::create(MemoryStore::new());
    chain.commit_certified(&work(1));
    let key = state_key::storage(&contract(), &0u64.to_be_bytes());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (reader, key) = (chain.reader(), key.clone());
            scope.spawn(move || {
                let mut last = Height::ZERO;
                while last < Height(200) {
                    let height = reader.tip().height;
                    assert!(height >= last);
                    last = height;
                    match reader.read_at(&key, height) {
                        Ok(value) => assert_eq!(value, Some(height.0.to_be_bytes().to_vec())),
                        Err(cause) => assert!(matches!(cause, LedgerError::Pruned { .. }), "{cause}"),
                    }
                }
            });
        }
        for height in 2..=200 {
            chain.commit_certified(&work(height));
        }
    });
}

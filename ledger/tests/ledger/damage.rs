//! Bit rot and lost records: noticed by reads and by the check of the whole database, never served.

use crate::chain::{Chain, genesis, work};
use countersign_ledger::store::{Batch, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, Ledger, LedgerError, MemoryStore, Reader, Store};
use countersign_types::Height;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sound(heights: u64) -> MemoryStore {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=heights {
        chain.commit_certified(&work(height));
    }
    store
}

/// Either the ledger refuses to open, or the check finds something.
fn is_noticed(store: MemoryStore) -> bool {
    match Ledger::open(store, &genesis()) {
        Err(_) => true,
        Ok(ledger) => !verify(&ledger.reader(), &genesis(), |_| ()).is_sound(),
    }
}

#[test]
fn a_sound_database_is_found_sound() {
    let store = sound(12);
    let ledger = Ledger::open(store, &genesis()).unwrap();
    let mut parts = std::collections::BTreeSet::new();
    let report = verify(&ledger.reader(), &genesis(), |progress| {
        assert!(progress.done <= progress.total);
        parts.insert(progress.part);
    });
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.blocks, 12);
    assert_eq!(report.certificates, 24);
    assert_eq!(report.log_records, 24);
    assert_eq!(parts, ["blocks", "state"].into());
}

#[test]
fn every_lost_record_of_the_tip_is_noticed() {
    let store = sound(5);
    for space in Space::ALL {
        for (key, _) in store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            let store = store.fork();
            store.lose(space, &key);
            // Old versions and old certificates may be missing without harm to the tip; reads of them say so.
            let is_current = match space {
                Space::Certificates => key == 5u64.to_be_bytes(),
                Space::Values | Space::Pages => !is_spare(&store),
                // All deltas since the genesis are there, which list every place.
                Space::Table => false,
                _ => true,
            };
            assert!(!is_current || is_noticed(store), "{space} {key:?}");
        }
    }
}

/// A lower certified height would look as if results were still to be certified, and nobody would ever do so again.
#[test]
fn a_certified_height_without_its_certificate_is_refused() {
    let store = sound(5);
    for bit in 0..64 {
        let store = store.fork();
        assert!(store.rot(Space::Meta, b"certified", bit));
        assert!(Ledger::open(store, &genesis()).is_err(), "bit {bit}");
    }
}

/// Whether what was done to a pack concerns only what no key at the tip needs: all of them are read.
fn is_spare(store: &MemoryStore) -> bool {
    let reader = Ledger::open(store.clone(), &genesis()).unwrap().reader();
    let keys = store.scan(Space::Keys, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    keys.into_iter().all(|(key, _)| reader.read(&key).is_ok_and(|value| value.is_some()))
}

/// What clients and execution are answered from the rows that no state root covers, by what was asked.
fn answers(reader: &Reader<MemoryStore>) -> BTreeMap<String, Result<String, LedgerError>> {
    let mut answers = BTreeMap::new();
    let mut note = |what: String, answer| drop(answers.insert(what, answer));
    for height in (1..=5).map(Height) {
        note(format!("header {height}"), reader.header(height).map(|read| format!("{read:?}")));
        note(format!("finality {height}"), reader.finality(height).map(|read| format!("{read:?}")));
        note(format!("result {height}"), reader.result(height).map(|read| format!("{read:?}")));
        note(format!("certificate {height}"), reader.result_certificate(height).map(|read| format!("{read:?}")));
        note(format!("block {height}"), reader.signed_block(height).map(|read| format!("{read:?}")));
        note(format!("transactions {height}"), reader.transactions(height).map(|read| format!("{read:?}")));
        note(format!("receipts {height}"), reader.receipts(height).map(|read| format!("{read:?}")));
        for id in reader.transactions(height).unwrap_or_default().into_iter().map(|stored| stored.id) {
            note(format!("receipt of {id}"), reader.receipt(&id).map(|read| format!("{read:?}")));
            note(format!("transaction {id}"), reader.transaction(&id).map(|read| format!("{read:?}")));
        }
        if let Ok(Some(header)) = reader.header(height) {
            note(format!("height {height}"), reader.height_of_block(&header.hash()).map(|read| format!("{read:?}")));
        }
    }
    note("keys".into(), reader.keys_between(&[0], &[0xff], usize::MAX).map(|read| format!("{read:?}")));
    note("entries".into(), reader.scan(&[0], None, usize::MAX).map(|read| format!("{read:?}")));
    answers
}

/// Whether everything that is answered is what an undamaged database answers.
fn answers_alike(found: &Reader<MemoryStore>, pristine: &Reader<MemoryStore>) -> bool {
    let pristine = answers(pristine);
    answers(found).into_iter().all(|(what, found)| {
        let Ok(found) = found else { return true };
        pristine.get(&what).and_then(|pristine| pristine.as_ref().ok()) == Some(&found)
    })
}

/// The spaces that [`answers`] are read from, other than the state's.
const CHECKED: [Space; 7] =
    [Space::Headers, Space::Bodies, Space::Receipts, Space::Certificates, Space::Blocks, Space::Places, Space::Keys];

#[test]
fn a_row_that_was_written_in_the_place_of_another_is_damage() {
    let store = sound(5);
    let pristine = Ledger::open(store.fork(), &genesis()).unwrap().reader();
    for space in CHECKED {
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        let (first, (_, value)) = (rows[0].0.clone(), rows[1].clone());
        let store = store.fork();
        let mut batch = Batch::default();
        batch.put(space, first.as_slice(), value);
        store.write(batch, true).unwrap();
        let reader = Ledger::open(store, &genesis()).unwrap().reader();
        assert!(answers_alike(&reader, &pristine), "{space}");
        assert!(reader.damaged().met > 0, "{space}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No flipped bit makes a read answer something else than before: it answers the same or fails.
    #[test]
    fn flipped_bits_are_never_served(space in 0..Space::ALL.len(), row in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let space = Space::ALL[space];
        let store = sound(5);
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        // No range here is long enough for a tree of it to be a row; `range` damages those.
        prop_assume!(!rows.is_empty());
        let (key, value) = row.get(&rows).clone();
        prop_assume!(!value.is_empty());
        let pristine = Ledger::open(store.fork(), &genesis()).unwrap().reader();
        prop_assert!(store.rot(space, &key, bit.index(value.len() * 8)));
        let Ok(ledger) = Ledger::open(store.clone(), &genesis()) else { return Ok(()) };
        let reader = ledger.reader();
        if CHECKED.contains(&space) {
            prop_assert!(answers_alike(&reader, &pristine), "{} {:?}", space, key);
        }
        for (state_key, _) in store.scan(Space::Keys, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            if let Ok(found) = reader.read(&state_key) {
                prop_assert_eq!(found, pristine.read(&state_key).unwrap());
            }
        }
        let is_unchecked = matches!(space, Space::Values | Space::Pages) && is_spare(&store);
        prop_assert!(is_unchecked || !verify(&reader, &genesis(), |_| ()).is_sound(), "{} {:?}", space, key);
    }
}

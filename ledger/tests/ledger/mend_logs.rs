//! Damaged records of logs and trees above them: found, and stored anew from what proves itself, and nothing else.

use crate::chain::{Chain, Work, contract, genesis, work};
use countersign_ledger::store::{Direction, KeyRange, Space};
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, LedgerError, LogRun, LostRun, MemoryStore, Reader, Store};

const TIP: u64 = 6;

/// A log of several runs, and short ones.
fn appending(height: u64) -> Work {
    let mut work = work(height);
    for number in 0..35u64 {
        work.appends.push((b"long".to_vec(), [height.to_be_bytes(), number.to_be_bytes()].concat()));
    }
    work
}

fn sound() -> MemoryStore {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=TIP {
        chain.commit_certified(&appending(height));
    }
    store
}

fn open(store: &MemoryStore) -> Ledger<MemoryStore> {
    Ledger::open(store.clone(), &genesis()).unwrap()
}

fn run(from: &Reader<MemoryStore>, lost: &LostRun) -> LogRun {
    from.log_run_of(&lost.contract, &lost.key, lost.range.count(), lost.start).unwrap().unwrap()
}

#[test]
fn every_row_of_the_logs_that_rots_or_goes_is_found_and_mended() {
    let pristine = sound();
    assert!(open(&pristine).survey_logs().unwrap().is_sound());
    // Who helps has gone on since.
    let later = pristine.fork();
    let mut helper = Chain { ledger: open(&later), genesis: genesis() };
    for height in TIP + 1..TIP + 4 {
        helper.commit_certified(&appending(height));
    }
    let mut lost = 0;
    for space in [Space::Logs, Space::Trees] {
        for (key, row) in pristine.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap() {
            // Trees over results are no log's.
            if space == Space::Trees && key.starts_with(&[0; 16]) {
                continue;
            }
            for at in [None, Some(row.len() * 4)] {
                let store = pristine.fork();
                match at {
                    None => store.lose(space, &key),
                    Some(bit) => assert!(store.rot(space, &key, bit)),
                }
                let mut ledger = open(&store);
                let survey = ledger.survey_logs().unwrap();
                assert!(!survey.is_sound(), "{space} {key:?} {at:?}");
                lost += survey.lost.len();
                for lost in &survey.lost {
                    ledger.mend_run(lost, &run(&helper.reader(), lost)).unwrap();
                }
                ledger.mend_trees(&survey).unwrap();
                assert!(ledger.survey_logs().unwrap().is_sound());
                for space in [Space::Logs, Space::Trees] {
                    let rows =
                        |store: &MemoryStore| store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX);
                    assert_eq!(rows(&store).unwrap(), rows(&pristine).unwrap(), "{space} {key:?} {at:?}");
                }
            }
        }
    }
    assert!(lost > 200, "{lost}");
    let report = verify(&open(&pristine).reader(), &genesis(), |_| ());
    assert!(report.is_sound(), "{report:?}");
}

#[test]
fn records_that_are_not_the_logs_are_refused() {
    let store = sound();
    let pristine = open(&store.fork()).reader();
    let row = store.scan(Space::Logs, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap().remove(0).0;
    store.lose(Space::Logs, &row);
    let mut ledger = open(&store);
    let survey = ledger.survey_logs().unwrap();
    let lost = survey.lost[0].clone();
    let good = run(&pristine, &lost);
    let changed = |change: &dyn Fn(&mut LogRun)| {
        let mut run = good.clone();
        change(&mut run);
        run
    };
    let bad = [
        changed(&|run| run.records[0][9] ^= 1),
        changed(&|run| drop(run.records.pop())),
        changed(&|run| run.records.push(run.records[0].clone())),
        changed(&|run| run.records[0].truncate(3)),
        changed(&|run| run.records.clear()),
    ];
    for run in bad {
        assert!(matches!(ledger.mend_run(&lost, &run), Err(LedgerError::Repair { .. })), "{run:?}");
    }
    assert!(ledger.mend_trees(&survey).is_err(), "it is still lost");
    ledger.mend_run(&lost, &good).unwrap();
    ledger.mend_trees(&survey).unwrap();
    // Nobody proves more than there is.
    let none = |count, start| pristine.log_run_of(&contract(), b"long", count, start).unwrap();
    assert!(none(TIP * 35 + 1, 0).is_none() && none(TIP * 35, TIP * 35).is_none() && none(1, 0).is_some());
}

//! Damaged rows of a height are noted when they are read, and written anew from what belongs there and nothing else.

use crate::chain::{Chain, certify, contract, genesis, work};
use countersign_ledger::store::Space;
use countersign_ledger::verify::verify;
use countersign_ledger::{Lacks, Ledger, LedgerError, MemoryStore, Reader, Repair};
use countersign_types::{Hash, Height, Phase};

const TIP: u64 = 12;
const AT: Height = Height(7);

fn sound() -> MemoryStore {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    for height in 1..=TIP {
        chain.commit_certified(&work(height));
    }
    store
}

fn open(store: &MemoryStore) -> Ledger<MemoryStore> {
    Ledger::open(store.clone(), &genesis()).unwrap()
}

fn repair_of(reader: &Reader<MemoryStore>, height: Height) -> Repair {
    let (block, transactions) = (reader.block(height).unwrap().unwrap(), reader.transactions(height).unwrap());
    Repair {
        block,
        transactions,
        finality: reader.finality(height).unwrap().unwrap(),
        result: reader.result(height).unwrap().unwrap(),
        certificate: reader.result_certificate(height).unwrap().unwrap(),
        overrides: reader.overrides(height).unwrap(),
        receipts: Some(reader.receipts(height).unwrap()),
    }
}

const ROWS: [Space; 4] = [Space::Headers, Space::Bodies, Space::Receipts, Space::Certificates];

#[test]
fn each_damaged_row_is_noted_and_mended() {
    let pristine = sound();
    let repair = repair_of(&open(&pristine).reader(), AT);
    for space in ROWS {
        for lost in [false, true] {
            let store = pristine.fork();
            let mut ledger = open(&store);
            let reader = ledger.reader();
            match lost {
                true => store.lose(space, &AT.0.to_be_bytes()),
                false => assert!(store.rot(space, &AT.0.to_be_bytes(), 99)),
            }
            // A missing certificate is none: it may never have been gathered.
            if lost && space == Space::Certificates {
                continue;
            }
            let lacks = ledger.lacks(AT).unwrap();
            let expected = Lacks { block: space != Space::Receipts, receipts: space == Space::Receipts };
            assert_eq!(lacks, expected, "{space} {lost}");
            let damaged = reader.damaged();
            assert_eq!(damaged.heights, [AT].into(), "{space} {lost}");
            assert_eq!((damaged.lasting, damaged.mended), (None, 0));
            ledger.repair(&repair).unwrap();
            let damaged = reader.damaged();
            assert!(damaged.heights.is_empty() && damaged.mended == 1, "{damaged:?}");
            assert_eq!(ledger.lacks(AT).unwrap(), Lacks::default());
            let report = verify(&reader, &genesis(), |_| ());
            assert!(report.is_sound(), "{space}: {report:?}");
        }
    }
}

#[test]
fn what_does_not_belong_there_is_refused_and_changes_nothing() {
    let store = sound();
    let good = repair_of(&open(&store).reader(), AT);
    let (other, earlier) =
        (repair_of(&open(&store).reader(), Height(8)), repair_of(&open(&store).reader(), AT.previous()));
    let rival = certify(&genesis(), Phase::Commit, good.block.header.view.0, Hash([3; 32]));
    assert!(store.rot(Space::Headers, &AT.0.to_be_bytes(), 5));
    let mut ledger = open(&store);
    let certificate = |digest: Hash| certify(&genesis(), Phase::Checkpoint, AT.0, digest);
    let mut cases: Vec<(&str, Repair)> = vec![
        ("another height's receipts", Repair { receipts: other.receipts.clone(), ..good.clone() }),
        ("no receipts", Repair { receipts: None, ..good.clone() }),
        ("another height's block", Repair { block: other.block.clone(), ..good.clone() }),
        ("another height's transactions", Repair { transactions: other.transactions.clone(), ..good.clone() }),
        ("another certificate", Repair { certificate: other.certificate.clone(), ..good.clone() }),
        ("a certificate of another phase", Repair { certificate: good.finality.clone(), ..good.clone() }),
        ("a certificate of another digest", Repair { certificate: certificate(Hash([3; 32])), ..good.clone() }),
        ("a finality that is none", Repair { finality: good.certificate.clone(), ..good.clone() }),
        ("an earlier block's finality", Repair { finality: earlier.finality.clone(), ..good.clone() }),
        ("another block's finality", Repair { finality: rival, ..good.clone() }),
    ];
    let mut forged = good.clone();
    forged.block.header.parent = Hash([8; 32]);
    forged.result.block = forged.block.hash();
    forged.certificate = certificate(forged.result.hash());
    cases.push(("another parent", forged));
    let mut forged = good.clone();
    forged.result.state_root = Hash([8; 32]);
    forged.certificate = certificate(Hash([8; 32]));
    cases.push(("another result", forged));
    let mut above = good.clone();
    above.result.height = Height(TIP + 1);
    cases.push(("a height above the certified one", above));
    let before = store.fork();
    for (what, repair) in cases {
        let refused = ledger.repair(&repair);
        assert!(matches!(refused, Err(LedgerError::Repair { .. })), "{what}: {refused:?}");
    }
    for space in Space::ALL {
        assert_eq!(store.count(space), before.count(space));
    }
    ledger.repair(&good).unwrap();
}

/// A header that is sound here binds: a certified result that differs would mean that the certificate is forged.
#[test]
fn a_sound_result_is_not_replaced_by_another() {
    let store = sound();
    let mut other = repair_of(&open(&store).reader(), AT);
    assert!(store.rot(Space::Bodies, &AT.0.to_be_bytes(), 40));
    other.result.state_root = Hash([8; 32]);
    other.certificate = certify(&genesis(), Phase::Checkpoint, AT.0, other.result.hash());
    assert!(matches!(open(&store).repair(&other), Err(LedgerError::Repair { .. })));
}

#[test]
fn damage_of_the_state_is_said_to_last() {
    let store = sound();
    let ledger = open(&store);
    let reader = ledger.reader();
    let (key, _) = reader.scan(&[1], None, 1).unwrap().pop().unwrap();
    // A fresh ledger has nothing in its caches.
    let reader = open(&store).reader();
    for number in 0..store.count(Space::Values) {
        let row = store.key(Space::Values, number).unwrap();
        assert!(store.rot(Space::Values, &row, 70));
    }
    assert!(reader.read(&key).is_err());
    let damaged = reader.damaged();
    assert!(damaged.lasting.as_ref().is_some_and(|said| said.contains("values")), "{damaged:?}");
    assert!(damaged.heights.is_empty() && damaged.met > 0);
}

#[test]
fn damage_of_a_log_is_said_to_last_however_it_is_read() {
    let key = work(1).appends[0].0.clone();
    type Refused<'a> = &'a dyn Fn(&Reader<MemoryStore>) -> bool;
    let reads: [(&str, Refused<'_>); 3] = [
        ("a page", &|reader| reader.log_page(&contract(), &key, Height(TIP), 0..9, 9).is_err()),
        ("rows", &|reader| reader.log_records(&contract(), &key, 0, 9).is_err()),
        ("all", &|reader| reader.log_at(&contract(), &key, Height(TIP)).is_err()),
    ];
    for (what, is_refused) in reads {
        let store = sound();
        let rows: Vec<_> =
            (0..store.count(Space::Logs)).map(|number| store.key(Space::Logs, number).unwrap()).collect();
        // The first record of each log.
        rows.iter().filter(|row| row.ends_with(&[0; 8])).for_each(|row| store.lose(Space::Logs, row));
        let reader = open(&store).reader();
        assert!(is_refused(&reader), "{what}");
        let damaged = reader.damaged();
        assert!(damaged.lasting.as_ref().is_some_and(|said| said.contains("log")), "{what}: {damaged:?}");
    }
}

#[test]
fn ids_beside_a_blocks_transactions_are_not_believed() {
    let store = sound();
    // count u32, then the id of the first transaction.
    assert!(store.rot(Space::Bodies, &AT.0.to_be_bytes(), 8 * 10));
    let ledger = open(&store);
    assert!(ledger.reader().transactions(AT).unwrap_err().damaged_row().is_some());
    assert!(ledger.lacks(AT).unwrap().block);
}

//! Proof files made from the ledger verify against the genesis alone.

use crate::chain::{Chain, contract, genesis, work};
use countersign_ledger::{
    Blocks, EventCursor, LedgerError, LogQuestion, MemoryStore, Reads, TraceQuestion, prove_event, prove_log,
    prove_state, prove_trace, prove_transaction,
};
use countersign_types::proof::{Earlier, Proof, Proven, Shown, Trusted};
use countersign_types::{Genesis, Hash, Height, codec, state_key};

const TIP: Height = Height(9);

fn chain() -> Chain<MemoryStore> {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=TIP.0 {
        chain.commit_certified(&work(height));
    }
    chain
}

fn reads() -> Reads {
    let key = |number: u64| state_key::storage(&contract(), &number.to_be_bytes());
    Reads {
        entries: [key(0), key(7), key(30), key(31), b"never".to_vec()].into(),
        logs: [(contract(), b"all".to_vec()), (contract(), vec![1]), (contract(), b"none".to_vec())].into(),
    }
}

/// What a file of this proof shows.
fn shown(proof: &Proof) -> Proven {
    let text = serde_json::to_string(proof).unwrap();
    let proof: Proof = serde_json::from_str(&text).unwrap();
    proof.verify(&Trusted::from(&genesis())).unwrap()
}

fn question() -> TraceQuestion {
    TraceQuestion {
        contract: contract(),
        query: "history".into(),
        item: "urn:x".into(),
        as_of: None,
        page: None,
        arguments: Default::default(),
    }
}

#[test]
fn a_proof_shows_what_was_read_at_each_height_under_each_later_certificate() {
    let chain = chain();
    let reader = chain.reader();
    for height in (1..=TIP.0).map(Height) {
        for certified in (height.0..=TIP.0).map(Height) {
            let proof = prove_trace(&reader, Blocks { shown: height, certified }, question(), &reads()).unwrap();
            assert_eq!(proof.earlier.is_none(), certified == height);
            let proven = shown(&proof);
            let block = |height| reader.header(height).unwrap().unwrap().hash();
            assert_eq!((proven.shown_at.height, proven.shown_at.block), (height, block(height)));
            assert_eq!((proven.certified.height, proven.certified.block), (certified, block(certified)));
            let state = proven.state().unwrap();
            for key in reads().entries {
                assert_eq!(state.entry(&key).unwrap(), reader.read_at(&key, height).unwrap().as_deref());
            }
            assert_eq!(state.log(&contract(), b"all").unwrap().count(), height.0);
            assert_eq!(state.log(&contract(), b"none").unwrap().count(), 0);
            assert_eq!(state.log(&contract(), b"other"), None);
            assert_eq!(state.entry(b"other"), None);
        }
    }
}

#[test]
fn state_entries_are_shown_present_and_absent() {
    let chain = chain();
    let keys = reads().entries;
    let proven = shown(&prove_state(&chain.reader(), Blocks::at(TIP), &keys).unwrap());
    let state = proven.state().unwrap();
    assert_eq!(state.entries().count(), keys.len());
    assert_eq!(state.entry(b"never"), Some(None));
    assert!(state.entries().any(|(_, value)| value.is_some()));
}

#[test]
fn each_transaction_is_shown_with_its_receipt_and_each_event() {
    let chain = chain();
    let reader = chain.reader();
    let (mut transactions, mut events) = (0, 0);
    for height in (1..=TIP.0).map(Height) {
        let receipts = reader.receipts(height).unwrap();
        for (stored, receipt) in reader.transactions(height).unwrap().iter().zip(&receipts) {
            let proof = prove_transaction(&reader, TIP, &stored.id).unwrap().unwrap();
            let proven = shown(&proof);
            assert_eq!(proven.shown_at.height, height);
            let Shown::Transaction(found) = proven.shown else { panic!("{proof:?}") };
            assert_eq!(
                (found.id, codec::encode(&found.signed), &found.receipt),
                (stored.id, stored.bytes.clone(), receipt)
            );
            transactions += 1;
        }
        let of_block: Vec<_> = receipts.iter().flat_map(|receipt| &receipt.events).collect();
        for (index, event) in (0..).zip(&of_block) {
            let proof = prove_event(&reader, TIP, EventCursor { height, index }).unwrap().unwrap();
            let Shown::Event(record) = shown(&proof).shown else { panic!("{proof:?}") };
            assert_eq!((record.height, record.index, &record.event), (height, index, *event));
            events += 1;
        }
        let beyond = EventCursor { height, index: u32::try_from(of_block.len()).unwrap() };
        assert_eq!(prove_event(&reader, TIP, beyond).unwrap(), None);
    }
    assert!(transactions > 9 && events > 9, "{transactions} transactions, {events} events");
    assert_eq!(prove_transaction(&reader, TIP, &Hash([9; 32])).unwrap(), None);
    let last = reader.transactions(TIP).unwrap()[0].id;
    assert_eq!(prove_transaction(&reader, TIP.previous(), &last).unwrap(), None, "not certified there");
}

#[test]
fn pages_of_a_log_make_up_the_log_now_and_as_of_each_height() {
    let chain = chain();
    let reader = chain.reader();
    let all = reader.log_at(&contract(), b"all", TIP).unwrap();
    for as_of in std::iter::once(None).chain((1..TIP.0).map(|height| Some(Height(height)))) {
        let expected: Vec<_> =
            all.iter().filter(|record| as_of.is_none_or(|height| record.height <= height)).cloned().collect();
        for limit in 1..=10 {
            let (mut found, mut start) = (Vec::new(), 0);
            loop {
                let question = LogQuestion { contract: contract(), key: b"all".to_vec(), start, limit, as_of };
                let proven = shown(&prove_log(&reader, Blocks::at(TIP), question).unwrap());
                let Shown::Log { log, as_of: asked, .. } = proven.shown else { panic!("a log was asked for") };
                assert_eq!((asked, log.start()), (as_of, start));
                let (count, records) = log.as_of(as_of);
                found.extend(records.to_vec());
                start = log.end();
                let whole = u64::try_from(expected.len()).unwrap();
                if count == Some(whole) && found.len() == expected.len() {
                    break;
                }
                assert!(!records.is_empty(), "as of {as_of:?} by {limit}");
            }
            assert_eq!(found, expected, "as of {as_of:?} by {limit}");
        }
    }
    let question = LogQuestion { contract: contract(), key: b"none".to_vec(), start: 0, limit: 5, as_of: None };
    let Shown::Log { log, .. } = shown(&prove_log(&reader, Blocks::at(TIP), question).unwrap()).shown else {
        panic!("a log was asked for")
    };
    assert!(log.is_whole() && log.count() == 0);
}

#[test]
fn nothing_is_proven_without_a_certificate_or_for_another_chain() {
    let mut chain = chain();
    chain.commit(&work(10));
    let keys = reads().entries;
    let refused = prove_state(&chain.reader(), Blocks::at(Height(10)), &keys);
    assert!(matches!(refused, Err(LedgerError::NotCertified { height: Height(10), certified: TIP })));
    let above = prove_state(&chain.reader(), Blocks { shown: Height(10), certified: TIP }, &keys);
    assert!(matches!(above, Err(LedgerError::NotCertified { height: Height(10), certified: TIP })));
    let genesis_state = prove_state(&chain.reader(), Blocks { shown: Height(0), certified: TIP }, &keys);
    assert!(matches!(genesis_state, Err(LedgerError::NotCertified { height: Height(0), certified: TIP })));
    let proof = prove_state(&chain.reader(), Blocks::at(TIP), &keys).unwrap();
    let other = Genesis { network: "other".into(), ..genesis() };
    assert!(proof.verify(&Trusted::from(&other)).is_err());
}

/// A result, a header and a path of one height do not serve for another one.
#[test]
fn an_earlier_block_is_the_one_of_its_height() {
    let chain = chain();
    let reader = chain.reader();
    let trusted = Trusted::from(&genesis());
    let at = |shown| prove_state(&reader, Blocks { shown, certified: TIP }, &reads().entries).unwrap();
    for height in (1..TIP.0).map(Height) {
        for other in (1..TIP.0).map(Height).filter(|other| *other != height) {
            let (honest, foreign) = (at(height), at(other));
            let (earlier, stranger) = (honest.earlier.clone().unwrap(), foreign.earlier.unwrap());
            for changed in [
                Earlier { header: stranger.header.clone(), ..earlier.clone() },
                Earlier { result: stranger.result.clone(), ..earlier.clone() },
                Earlier { header: stranger.header.clone(), result: stranger.result.clone(), ..earlier.clone() },
            ] {
                let forged = Proof { earlier: Some(changed), ..honest.clone() };
                assert!(forged.verify(&trusted).is_err(), "{other} for {height}");
            }
            if stranger.proof.path != earlier.proof.path {
                let mut changed = earlier;
                changed.proof.path = stranger.proof.path;
                assert!(Proof { earlier: Some(changed), ..honest }.verify(&trusted).is_err());
            }
        }
    }
}

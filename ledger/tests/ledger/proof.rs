//! Proof files made from the ledger verify against the genesis alone.

use crate::chain::{Chain, contract, genesis, work};
use countersign_ledger::{LedgerError, MemoryStore, Reads, prove};
use countersign_types::proof::{Proof, Subject};
use countersign_types::{Genesis, Height, state_key};

fn chain() -> Chain<MemoryStore> {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=9 {
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

#[test]
fn a_proof_shows_what_was_read_at_each_height() {
    let chain = chain();
    let reader = chain.reader();
    for height in (1..=9).map(Height) {
        let proof = prove(&reader, height, Subject::State, &reads()).unwrap();
        let text = serde_json::to_string(&proof).unwrap();
        let proof: Proof = serde_json::from_str(&text).unwrap();
        let proven = proof.verify(&genesis()).unwrap();
        assert_eq!((proven.height, proven.block), (height, reader.header(height).unwrap().unwrap().hash()));
        for key in reads().entries {
            assert_eq!(proven.entry(&key).unwrap(), reader.read_at(&key, height).unwrap().as_deref());
        }
        assert_eq!(proven.log(&contract(), b"all").unwrap().len() as u64, height.0);
        assert_eq!(proven.log(&contract(), b"none").unwrap(), []);
        assert_eq!(proven.log(&contract(), b"other"), None);
        assert_eq!(proven.entry(b"other"), None);
    }
}

#[test]
fn nothing_is_proven_without_a_certificate_or_for_another_chain() {
    let mut chain = chain();
    chain.commit(&work(10));
    let refused = prove(&chain.reader(), Height(10), Subject::State, &reads());
    assert!(matches!(refused, Err(LedgerError::NotCertified { height: Height(10), certified: Height(9) })));
    let proof = prove(&chain.reader(), Height(9), Subject::State, &reads()).unwrap();
    let other = Genesis { network: "other".into(), ..genesis() };
    assert!(proof.verify(&other).is_err());
}

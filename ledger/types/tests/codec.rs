//! Decoding is strict: one encoding for each value, nothing behind it, nothing oversize.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

use countersign_types::account::{AccountId, is_name};
use countersign_types::limits::{PAYLOAD_BYTES_MAX, TRANSACTION_BYTES_MAX};
use countersign_types::state::Witness;
use countersign_types::transaction::BadTransaction;
use countersign_types::transaction::verify_all;
use countersign_types::{
    Address, Block, Certificate, DecodeError, ExecutionResult, Gas, Hash, Height, Parameters, Payload, PublicKey,
    Receipt, SecretKey, Signature, SignedTransaction, TimestampMs, Transaction, VoteStatement, codec,
};
use proptest::prelude::*;

fn key() -> SecretKey {
    SecretKey::from_seed(&[5; 32])
}

fn call(input: Vec<u8>) -> Transaction {
    Transaction {
        chain: Hash([1; 32]),
        signer: key().public(),
        nonce: 3,
        expires: TimestampMs(9),
        gas_limit: Gas(8),
        payload: Payload::Call { contract: Address([2; 32]), method: "capture".into(), input },
    }
}

proptest! {
    #[test]
    fn whatever_decodes_encodes_to_the_same_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        fn check<T: borsh::BorshSerialize + borsh::BorshDeserialize>(bytes: &[u8]) {
            if let Ok(value) = codec::decode::<T>(bytes, 400) {
                assert_eq!(codec::encode(&value), bytes);
            }
        }
        check::<SignedTransaction>(&bytes);
        check::<Block>(&bytes);
        check::<Certificate>(&bytes);
        check::<Receipt>(&bytes);
        check::<ExecutionResult>(&bytes);
        check::<VoteStatement>(&bytes);
        check::<Parameters>(&bytes);
        check::<Witness>(&bytes);
    }

    #[test]
    fn no_byte_of_a_signed_transaction_can_change(input in prop::collection::vec(any::<u8>(), 0..50), at in any::<prop::sample::Index>(), bit in 0..8u32) {
        let signed = call(input).sign(&key());
        let chain = Hash([1; 32]);
        let bytes = codec::encode(&signed);
        prop_assert!(SignedTransaction::from_bytes(&bytes).unwrap().verify(&chain).is_ok());
        let mut damaged = bytes.clone();
        damaged[at.index(bytes.len())] ^= 1 << bit;
        let accepted = SignedTransaction::from_bytes(&damaged).is_ok_and(|signed| signed.verify(&chain).is_ok());
        prop_assert!(!accepted);
    }
}

#[test]
fn trailing_and_missing_bytes_are_refused() {
    let bytes = codec::encode(&call(vec![1, 2]).sign(&key()));
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(SignedTransaction::from_bytes(&longer), Err(DecodeError::Malformed { .. })));
    for length in 0..bytes.len() {
        assert!(SignedTransaction::from_bytes(&bytes[..length]).is_err());
    }
}

#[test]
fn oversize_is_refused_before_decoding() {
    let huge = vec![0; TRANSACTION_BYTES_MAX + 1];
    let refused = SignedTransaction::from_bytes(&huge);
    assert_eq!(refused, Err(DecodeError::TooLong { bytes: huge.len(), max: TRANSACTION_BYTES_MAX }));
    // A length prefix of 4 GiB must not reserve 4 GiB: the bytes are not there.
    let mut claimed = codec::encode(&call(vec![]).sign(&key()));
    let length = claimed.len() - 64 - 4;
    claimed[length..length + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(SignedTransaction::from_bytes(&claimed), Err(DecodeError::Malformed { .. })));
    let over = call(vec![0; PAYLOAD_BYTES_MAX + 1]).sign(&key()).verify(&Hash([1; 32]));
    assert!(matches!(over, Err(BadTransaction::Payload { .. })));
    assert!(call(vec![0; PAYLOAD_BYTES_MAX]).sign(&key()).verify(&Hash([1; 32])).is_ok());
}

#[test]
fn each_of_many_transactions_gets_its_own_verdict() {
    let chain = Hash([1; 32]);
    let good = call(vec![1]).sign(&key());
    let mut forged = call(vec![2]).sign(&key());
    forged.signature.0[3] ^= 1;
    let foreign = Transaction { chain: Hash([7; 32]), ..call(vec![3]) }.sign(&key());
    let mut unnamed = call(vec![]);
    unnamed.payload = Payload::Call { contract: Address([2; 32]), method: String::new(), input: vec![] };
    let verdicts = verify_all(vec![good.clone(), forged, foreign, unnamed.sign(&key()), good], &chain);
    assert!(matches!(
        verdicts.as_slice(),
        [Ok(_), Err(BadTransaction::Signature(_)), Err(BadTransaction::Chain { .. }), Err(BadTransaction::Name), Ok(_)]
    ));
}

#[test]
fn the_id_does_not_depend_on_the_signature() {
    let body = call(vec![1]);
    let id = body.id();
    let verified = body.clone().sign(&key()).verify(&Hash([1; 32])).unwrap();
    assert_eq!(verified.id(), id);
    assert_ne!(verified.hash(), id);
    assert_ne!(Transaction { nonce: 4, ..body }.id(), id);
}

#[test]
fn hexadecimal_text_is_strict() {
    let hash = Hash([0xab; 32]);
    assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
    assert_eq!("AB".repeat(32).parse::<Hash>(), Ok(hash));
    for bad in
        ["", "0x", "0xab", &"ag".repeat(32), &"ab".repeat(33), &format!("0x{}", "ab".repeat(31)), &"é".repeat(32)]
    {
        assert!(bad.parse::<Hash>().is_err(), "{bad}");
        assert!(bad.parse::<PublicKey>().is_err(), "{bad}");
        assert!(bad.parse::<Signature>().is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Hash>(&format!("\"{hash}\"")).is_ok());
    assert!(serde_json::from_str::<Height>("-1").is_err());
}

#[test]
fn names_are_strict() {
    for good in ["a", "farm", "a1-b", &"a".repeat(32)] {
        assert!(is_name(good), "{good}");
    }
    for bad in ["", "A", "1a", "-a", "a-", "a_b", "a/b", "ä", &"a".repeat(33)] {
        assert!(!is_name(bad), "{bad}");
    }
    for bad in ["", "a", "/", "a/", "/b", "a/b/c", "a//b", "A/b"] {
        assert!(bad.parse::<AccountId>().is_err(), "{bad}");
    }
    assert_eq!("a/b".parse::<AccountId>().unwrap().organisation(), "a");
}

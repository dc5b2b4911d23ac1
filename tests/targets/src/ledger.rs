//! What the ledger signs, stores and proves.

use crate::seeds;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::limits::{BLOCK_ENCODED_BYTES_MAX, GENESIS_BYTES_MAX};
use countersign_types::log::LogRecord;
use countersign_types::proof::{Proof, Trusted};
use countersign_types::state::Witness;
use countersign_types::{Block, Certificate, Genesis, Hash, SignedTransaction, codec};

/// Decodes; what decodes has this encoding and no other.
pub fn decoded<T: BorshDeserialize + BorshSerialize>(data: &[u8], max: usize) -> Option<T> {
    let value: T = codec::decode(data, max).ok()?;
    assert_eq!(codec::encode(&value), data, "two encodings of one value");
    Some(value)
}

pub fn transaction(data: &[u8]) {
    let Ok(signed) = SignedTransaction::from_bytes(data) else { return };
    assert_eq!(codec::encode(&signed), data, "two encodings of one transaction");
    let chain = signed.body.chain;
    let id = signed.body.id();
    if let Ok(verified) = signed.verify(&chain) {
        assert_eq!(verified.id(), id);
    }
}

pub fn block(data: &[u8]) {
    if let Some(block) = decoded::<Block>(data, BLOCK_ENCODED_BYTES_MAX) {
        let _ = (block.hash(), block.is_consistent());
    }
}

pub fn certificate(data: &[u8]) {
    let Some(genesis) = golden_genesis() else { return };
    if let Some(certificate) = decoded::<Certificate>(data, data.len()) {
        let signers = certificate.signatures.len();
        if certificate.verify(genesis.chain(), &genesis.validators).is_ok() {
            assert!(3 * signers > 2 * genesis.validators.members().len(), "certified by {signers}");
        }
    }
}

pub fn genesis(data: &[u8]) {
    if let Some(genesis) = decoded::<Genesis>(data, GENESIS_BYTES_MAX) {
        let _ = (genesis.chain(), genesis.check());
    }
    if let Ok(genesis) = serde_json::from_slice::<Genesis>(data) {
        let _ = genesis.check();
    }
}

pub fn log(data: &[u8]) {
    if let Some(record) = LogRecord::from_bytes(data) {
        assert_eq!(record.to_bytes(), data, "two encodings of one record");
    }
}

pub fn witness(data: &[u8]) {
    if let Some(witness) = decoded::<Witness>(data, data.len()) {
        let _ = witness.verify(&Hash::ZERO);
    }
}

pub fn proof(data: &[u8]) {
    let Some(genesis) = golden_genesis() else { return };
    if let Ok(proof) = serde_json::from_slice::<Proof>(data) {
        assert!(proof.verify(&Trusted::from(&genesis)).is_err(), "forged");
    }
}

/// No seed verifies: nobody has the keys of the golden genesis.
pub fn proof_seeds() -> Vec<Vec<u8>> {
    let genesis = golden_genesis().map(|genesis| genesis.chain()).unwrap_or_default();
    let shape = serde_json::json!({
        "version": 2, "chain": genesis,
        "subject": {"state": {"entries": [{"key": "0x70", "value": null}], "witness": ["-"]}},
    });
    vec![shape.to_string().into_bytes()]
}

fn golden_genesis() -> Option<Genesis> {
    seeds::ledger(&["genesis"]).first().and_then(|bytes| codec::decode(bytes, GENESIS_BYTES_MAX).ok())
}

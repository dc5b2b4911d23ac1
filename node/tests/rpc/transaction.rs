//! Transactions from submission to the final receipt, and every way to be refused.

use crate::process::Node;
use countersign_api::Bytes;
use countersign_types::proof::{Proof, Shown, Trusted};
use countersign_types::{
    Account, Gas, Hash, Height, KeyEntry, KeyProof, NativeOperation, Payload, Roles, SecretKey, Transaction, codec,
};
use countersignd::replica_thread::now;
use serde_json::json;

fn put_account(node: &Node, signer: &SecretKey, nonce: u64) -> Transaction {
    let key = SecretKey::from_seed(&[9; 32]);
    let keys = vec![KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None }];
    let account = Account::new("org0/scanner".parse().unwrap(), Roles::DEVICE, keys);
    let proofs = vec![KeyProof::new(&key, &node.genesis().chain(), &account.id)];
    Transaction {
        chain: node.genesis().chain(),
        signer: signer.public(),
        nonce,
        expires: now().plus(60_000),
        gas_limit: Gas(1_000_000),
        payload: Payload::Native(NativeOperation::PutAccount { account, proofs }),
    }
}

/// Changes the account that a transaction sets, but not the proofs of its keys.
fn change_account(transaction: &mut Transaction, change: impl FnOnce(&mut Account)) {
    let Payload::Native(NativeOperation::PutAccount { account, .. }) = &mut transaction.payload else { unreachable!() };
    change(account);
}

/// A transaction as it is submitted.
pub fn bytes(transaction: Transaction, key: &SecretKey) -> Bytes {
    Bytes(codec::encode(&transaction.sign(key)))
}

#[test]
fn a_transaction_becomes_final_and_takes_effect() {
    let node = Node::start();
    let admin = node.account_key("org0-admin");
    let transaction = put_account(&node, &admin, 1);
    let id = transaction.id();
    let signed = bytes(transaction, &admin);
    assert_eq!(node.call("tx_submit", json!({ "transaction": signed })), json!({ "id": id }));
    let waited = node.call("tx_wait", json!({ "id": id }));
    assert_eq!(waited["status"], "final", "{waited}");
    assert_eq!(waited["receipt"]["outcome"]["kind"], "succeeded", "{waited}");
    assert_eq!(node.call("tx_get", json!({ "id": id })), waited);
    let found = node.call("identity_getAccount", json!({ "key": SecretKey::from_seed(&[9; 32]).public() }));
    assert_eq!(found["data"]["account"]["id"], "org0/scanner");
    assert_eq!(node.error("tx_submit", json!({ "transaction": signed })), 1005, "it was included before");
    let block = node.call("chain_getBlock", json!({ "at": waited["receipt"]["height"] }));
    assert_eq!(block["data"]["transactions"], json!([id]));

    let file: Proof = serde_json::from_value(node.call("proof_getTx", json!({ "id": id }))["proof"].clone()).unwrap();
    let proven = file.verify(&Trusted::from(&node.genesis())).unwrap();
    let Shown::Transaction(found) = &proven.shown else { panic!("a transaction was asked for: {proven:?}") };
    assert_eq!((found.id, json!(proven.shown_at.block)), (id, waited["receipt"]["blockHash"].clone()));
    assert!(found.receipt.succeeded());
    assert_eq!(Bytes(codec::encode(&found.signed)), signed);
}

#[test]
fn each_refusal_has_its_code() {
    let node = Node::start();
    let admin = node.account_key("org0-admin");
    let erp = node.account_key("org0-erp");
    let stranger = SecretKey::from_seed(&[8; 32]);
    let template = put_account(&node, &admin, 1);
    let good = || template.clone();
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut transaction = good();
        change(&mut transaction);
        bytes(transaction, &admin)
    };
    for (transaction, code) in [
        (with(&|transaction| transaction.chain = Hash([1; 32])), 1001),
        (bytes(good(), &erp), 1002),
        (with(&|transaction| change_account(transaction, |account| account.id = "org0/other".parse().unwrap())), 1002),
        (with(&|transaction| change_account(transaction, |account| account.keys[0].key = stranger.public())), 1002),
        (with(&|transaction| transaction.expires.0 = 1), 1003),
        (with(&|transaction| transaction.expires = now().plus(1_000_000_000)), 1004),
        (with(&|transaction| transaction.gas_limit = Gas(1)), 1006),
        (bytes(put_account(&node, &stranger, 1), &stranger), 4000),
        (bytes(put_account(&node, &erp, 1), &erp), 4001),
    ] {
        assert_eq!(node.error("tx_submit", json!({ "transaction": transaction })), code);
    }
    let batch = [bytes(good(), &erp), bytes(good(), &admin), Bytes(vec![1])];
    let results = node.call("tx_submitBatch", json!({ "transactions": batch }))["results"].clone();
    assert_eq!(results[0]["error"]["code"], 1002, "{results}");
    assert_eq!(results[1]["id"], json!(good().id()), "a bad one beside it does no harm: {results}");
    assert_eq!(results[2]["error"]["code"], 1000, "{results}");
}

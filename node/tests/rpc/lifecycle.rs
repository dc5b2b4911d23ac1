//! The life of a contract: policy, approvals, upgrades, freezing, and trials of transactions.

use crate::deployment::{MODULE, execute, uses};
use crate::process::Node;
use countersign_api::{Bytes, Code};
use countersign_types::hash::sha256;
use countersign_types::{
    Address, DeployPolicy, Gas, Hash, Measure, NativeOperation, Payload, TimestampMs, Transaction, codec,
};
use countersignd::replica_thread::now;
use serde_json::{Value, json};

/// As [`MODULE`], its method named `ran`.
fn other() -> Vec<u8> {
    let place = MODULE.windows(3).position(|bytes| bytes == b"run").unwrap();
    let mut module = MODULE.to_vec();
    module[place + 1] = b'a';
    module
}

fn deploy() -> Payload {
    Payload::Deploy { name: "org0/box".into(), code: MODULE.to_vec(), input: Vec::new() }
}

fn upgrade() -> Payload {
    Payload::Upgrade { contract: Address::of("org0/box"), code: other(), input: Vec::new() }
}

fn call(method: &str) -> Payload {
    Payload::Call { contract: Address::of("org0/box"), method: method.into(), input: Vec::new() }
}

fn native(operation: NativeOperation) -> Payload {
    Payload::Native(operation)
}

fn get(node: &Node, at: Option<u64>) -> Value {
    let at = at.map_or(json!("final"), |height| json!(height));
    node.call("contract_get", json!({ "contract": "org0/box", "at": at }))["data"].clone()
}

fn signed(node: &Node, expires: TimestampMs, payload: Payload) -> Bytes {
    let key = node.account_key("org0-admin");
    let (chain, signer, gas_limit) = (node.genesis().chain(), key.public(), Gas(10_000_000));
    let transaction = Transaction { chain, signer, nonce: 99, expires, gas_limit, payload };
    Bytes(codec::encode(&transaction.sign(&key)))
}

#[test]
fn code_is_replaced_and_its_history_told() {
    let node = Node::start();
    assert_eq!(execute(&node, "org0-admin", 1, deploy())["kind"], "succeeded");
    let first = get(&node, None);
    assert_eq!((first["contract"]["revision"].clone(), first["contract"]["frozenBy"].clone()), (json!(0), json!([])));
    let deployed_at: u64 = first["revisions"][0]["at"].as_u64().unwrap();

    let check = |module: &[u8], name: &str| {
        let params = json!({ "module": Bytes(module.to_vec()), "name": name, "upgrade": true });
        node.call("contract_check", params)["data"]["refusals"].to_string()
    };
    assert_eq!(check(&other(), "org0/box"), "[]");
    assert!(check(MODULE, "org0/box").contains("runs this code already"));
    assert!(check(MODULE, "org0/none").contains("no contract `org0/none`"));

    // What is tried leaves nothing behind.
    let tried = node.call("tx_try", json!({ "transaction": signed(&node, TimestampMs(0), upgrade()) }))["data"].clone();
    assert_eq!(tried["outcome"]["kind"], "succeeded", "{tried}");
    assert_eq!(get(&node, None), first);
    let usable = signed(&node, now().plus(60_000), upgrade());
    let refused = node.error("tx_try", json!({ "transaction": usable }));
    assert_eq!(refused, i64::from(Code::InvalidParams.number()));

    assert_eq!(execute(&node, "org0-admin", 2, upgrade())["kind"], "succeeded");
    let second = get(&node, None);
    assert_eq!(second["contract"]["code"], json!(Hash(sha256(&other()))));
    let numbers: Vec<&Value> =
        second["revisions"].as_array().unwrap().iter().map(|revision| &revision["number"]).collect();
    assert_eq!(numbers, [1, 0]);
    assert_eq!(second["revisions"][1], first["revisions"][0]);
    assert_eq!(get(&node, Some(deployed_at)), first, "the state of then");
    assert_eq!(execute(&node, "org0-erp", 3, call("ran"))["kind"], "succeeded");
    assert_eq!(execute(&node, "org0-erp", 4, call("run"))["kind"], "trapped");
    assert_eq!(uses(&node, "ahead", "compiler"), 2, "both were compiled before a block held them");
    assert_eq!(uses(&node, "call", "compiler"), 0);
}

#[test]
fn a_frozen_contract_answers_views_alone() {
    let node = Node::start();
    assert_eq!(execute(&node, "org0-admin", 1, deploy())["kind"], "succeeded");
    let contract = Address::of("org0/box");
    let frozen = |frozen| native(NativeOperation::SetFrozen { contract, frozen });
    assert_eq!(execute(&node, "org0-admin", 2, frozen(true))["kind"], "succeeded");
    assert_eq!(get(&node, None)["contract"]["frozenBy"], json!(["owner"]));
    let refused = execute(&node, "org0-erp", 3, call("run"));
    assert_eq!((refused["kind"].clone(), refused["code"].clone()), (json!("rejected"), json!(21)), "{refused}");
    node.call("contract_view", json!({ "contract": "org0/box", "method": "run" }));
    assert_eq!(execute(&node, "org0-admin", 4, frozen(false))["kind"], "succeeded");
    assert_eq!(execute(&node, "org0-erp", 5, call("run"))["kind"], "succeeded");
}

#[test]
fn the_policy_and_approvals_are_told_and_hold() {
    let node = Node::start();
    let policy = || node.call("gov_getDeployPolicy", json!({}))["data"].clone();
    assert_eq!(policy(), json!({ "version": 0, "approvals": 0, "upgrades": true }));
    let wanted = DeployPolicy { organisations: Some(["org0".to_owned()].into()), approvals: 2, upgrades: true };
    let vote = native(NativeOperation::Propose {
        measure: Measure::Deployment { version: 0, policy: wanted },
        reason: String::new(),
        open_ms: 60_000,
    });
    assert_eq!(execute(&node, "org0-admin", 1, vote)["kind"], "succeeded");
    let now = policy();
    assert_eq!((now["version"].clone(), now["organisations"].clone()), (json!(1), json!(["org0"])));

    let code = Hash(sha256(MODULE));
    let approve = native(NativeOperation::ApproveCode { contract: "org0/box".into(), code, approve: true });
    assert_eq!(execute(&node, "org0-admin", 2, approve)["kind"], "succeeded");
    let approvals = |params| node.call("contract_listApprovals", params);
    assert_eq!(approvals(json!({ "name": "org0/box" }))["items"], json!([{ "code": code, "organisations": ["org0"] }]));
    let other = Hash([0xff; 32]);
    let approve = native(NativeOperation::ApproveCode { contract: "org0/box".into(), code: other, approve: true });
    assert_eq!(execute(&node, "org0-admin", 4, approve)["kind"], "succeeded");
    let first = approvals(json!({ "name": "org0/box", "limit": 1 }));
    assert_eq!(first["items"][0]["code"], json!(code));
    let rest = approvals(json!({ "name": "org0/box", "limit": 1, "cursor": first["nextCursor"] }));
    assert_eq!(rest["items"], json!([{ "code": other, "organisations": ["org0"] }]));
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["nextCursor"]), (Some(1), &Value::Null));
    let check = node.call("contract_check", json!({ "module": Bytes(MODULE.to_vec()), "name": "org0/box" }));
    assert!(check["data"]["refusals"].to_string().contains("2 organisations must approve it"), "{check}");
    let refused = execute(&node, "org0-admin", 3, deploy());
    assert_eq!((refused["kind"].clone(), refused["code"].clone()), (json!("rejected"), json!(20)), "{refused}");
}

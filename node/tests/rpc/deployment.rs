//! Code on its way to the chain and across restarts: compiled by the compiler's thread, once, and never by a
//! block that runs it.

use crate::process::Node;
use countersign_api::Bytes;
use countersign_types::{Address, Gas, Payload, Transaction, codec};
use countersignd::compiler::DIRECTORY;
use countersignd::replica_thread::now;
use serde_json::{Value, json};

/// `(module (memory (export "memory") 1) (func (export "run")))`
pub const MODULE: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
    \x07\x10\x02\x06memory\x02\0\x03run\0\0\x0a\x04\x01\x02\0\x0b";

pub fn execute(node: &Node, account: &str, nonce: u64, payload: Payload) -> Value {
    execute_within(node, account, nonce, payload, 10_000_000)
}

fn execute_within(node: &Node, account: &str, nonce: u64, payload: Payload, gas: u64) -> Value {
    let key = node.account_key(account);
    let transaction = Transaction {
        chain: node.genesis().chain(),
        signer: key.public(),
        nonce,
        expires: now().plus(60_000),
        gas_limit: Gas(gas),
        payload,
    };
    let id = transaction.id();
    let signed = Bytes(codec::encode(&transaction.sign(&key)));
    node.call("tx_submit", json!({ "transaction": signed }));
    node.call("tx_wait", json!({ "id": id }))["receipt"]["outcome"].clone()
}

fn call(node: &Node, nonce: u64) -> Value {
    let contract = Address::of("org0/empty");
    execute(node, "org0-erp", nonce, Payload::Call { contract, method: "run".into(), input: Vec::new() })
}

/// Compiled code that was asked for: by whom, and where it was.
pub fn uses(node: &Node, wanted: &str, from: &str) -> u64 {
    let (_, metrics) = node.get("/metrics");
    let name = format!("countersign_contract_code_uses_total{{for=\"{wanted}\",from=\"{from}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap_or_else(|| panic!("no {name}in\n{metrics}")).parse().unwrap()
}

#[test]
fn blocks_never_wait_for_the_compiler() {
    let mut node = Node::start();
    let deploy = Payload::Deploy { name: "org0/empty".into(), code: MODULE.to_vec(), input: Vec::new() };
    assert_eq!(execute(&node, "org0-admin", 1, deploy)["kind"], "succeeded");
    assert_eq!(uses(&node, "ahead", "compiler"), 1, "it was compiled before a block held it");
    assert_eq!(call(&node, 2)["kind"], "succeeded");
    assert_eq!(uses(&node, "call", "compiler"), 0);

    node.kill();
    node.run();
    assert_eq!(call(&node, 3)["kind"], "succeeded");
    assert_eq!(uses(&node, "call", "compiler") + uses(&node, "ahead", "compiler"), 0, "the file outlived the process");

    node.kill();
    for file in std::fs::read_dir(node.home().join("data").join(DIRECTORY)).unwrap() {
        std::fs::write(file.unwrap().path(), b"something else").unwrap();
    }
    node.run();
    assert_eq!(call(&node, 4)["kind"], "succeeded");
    assert_eq!(uses(&node, "call", "compiler") + uses(&node, "ahead", "compiler"), 1, "a damaged file is made anew");
}

#[test]
fn a_module_is_judged_before_it_is_deployed_and_given_back_afterwards() {
    let node = Node::start();
    let check = |params: Value| node.call("contract_check", params)["data"].clone();
    let module = Bytes(MODULE.to_vec());
    let good = check(json!({ "module": module, "name": "org0/empty", "account": "org0/admin" }));
    assert_eq!(good["refusals"], json!([]), "{good}");
    assert_eq!(good["size"]["functions"], 1);

    // It takes exactly that much.
    let deploy = || Payload::Deploy { name: "org0/empty".into(), code: MODULE.to_vec(), input: Vec::new() };
    let gas = good["deployGas"].as_u64().unwrap();
    assert_eq!(execute_within(&node, "org0-admin", 1, deploy(), gas - 1)["kind"], "trapped");
    assert_eq!(execute_within(&node, "org0-admin", 2, deploy(), gas)["kind"], "succeeded");
    let taken = check(json!({ "module": module, "name": "org0/empty" }));
    let refusals = taken["refusals"].to_string();
    assert!(refusals.contains("`org0/empty` is taken since block"), "{refusals}");
    // Each thing that is wrong is said at once.
    let cut = Bytes(MODULE.get(..20).unwrap().to_vec());
    let bad = check(json!({ "module": cut, "name": "org1/empty", "account": "org0/erp" }));
    let refusals = bad["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 3, "{bad}");
    assert!(bad.get("size").is_none_or(Value::is_null), "{bad}");

    let of_contract = node.call("contract_getCode", json!({ "contract": "org0/empty" }))["data"].clone();
    assert_eq!(of_contract["bytes"], json!(module));
    assert_eq!(of_contract["code"], good["size"]["code"]);
    let of_hash = node.call("contract_getCode", json!({ "code": of_contract["code"] }))["data"].clone();
    assert_eq!(of_hash, of_contract);
}

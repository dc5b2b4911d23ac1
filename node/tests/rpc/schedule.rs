//! Scheduled calls of a running node: listed while they wait, run when their time comes, found by their ids.

use crate::deployment::execute;
use crate::process::Node;
use countersign_types::{Address, Payload, TimestampMs};
use countersignd::replica_thread::now;
use serde_json::{Value, json};

/// `book` reads a time and gas, both u64, and schedules `ring` then, which does nothing.
const CLOCK: &[u8] =
    b"\0asm\x01\0\0\0\x01\x12\x03`\x01\x7f\0`\x06\x7f\x7f\x7f\x7f~~\x01~`\0\0\x021\x02\x0bcountersign\x0ai\
    nput_read\0\0\x0bcountersign\x08schedule\0\x01\x03\x03\x02\x02\x02\x05\x03\x01\0\x01\x07\x18\x03\x06\
    memory\x02\0\x04book\0\x02\x04ring\0\x03\x0a!\x02\x1c\0A\0\x10\0A\xe4\0A\x04A\0A\0A\0)\x03\0A\x08)\
    \x03\0\x10\x01\x1a\x0b\x02\0\x0b\x0b\x0b\x01\0A\xe4\0\x0b\x04ring";

const GAS: u64 = 750_000;

fn book(node: &Node, nonce: u64, at: TimestampMs) {
    let input = [at.0.to_le_bytes(), GAS.to_le_bytes()].concat();
    let call = Payload::Call { contract: Address::of("org0/clock"), method: "book".into(), input };
    assert_eq!(execute(node, "org0-erp", nonce, call)["kind"], "succeeded");
}

fn waiting(node: &Node, params: Value) -> (Vec<Value>, Value) {
    let page = node.call("contract_listScheduled", params);
    (page["items"].as_array().unwrap().clone(), page["nextCursor"].clone())
}

#[test]
fn calls_that_wait_are_listed_and_run_when_their_time_comes() {
    let node = Node::start();
    let deploy = Payload::Deploy { name: "org0/clock".into(), code: CLOCK.to_vec(), input: Vec::new() };
    assert_eq!(execute(&node, "org0-admin", 1, deploy)["kind"], "succeeded");
    let (far, farther, soon) = (now().plus(600_000), now().plus(700_000), now().plus(10_000));
    for (nonce, at) in [(2, farther), (3, far), (4, soon)] {
        book(&node, nonce, at);
    }

    let (first, cursor) = waiting(&node, json!({ "contract": "org0/clock", "limit": 2 }));
    let times = |calls: &[Value]| calls.iter().map(|call| call["time"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(times(&first), [soon.0, far.0]);
    assert_eq!((&first[0]["method"], &first[0]["account"]), (&json!("ring"), &json!("org0/erp")));
    let (rest, end) = waiting(&node, json!({ "contract": "org0/clock", "cursor": cursor }));
    assert_eq!((times(&rest), end), (vec![farther.0], Value::Null));
    assert_eq!(waiting(&node, json!({})).0.len(), 3);

    let id = &first[0]["id"];
    let asked = (0..10).map(|_| node.call("tx_wait", json!({ "id": id })));
    let told = asked.into_iter().find(|told| told["receipt"].is_object()).expect("it runs without any transaction");
    assert_eq!((&told["receipt"]["transaction"], &told["receipt"]["outcome"]["kind"]), (id, &json!("succeeded")));
    assert_eq!(times(&waiting(&node, json!({})).0), [far.0, farther.0]);
    let (_, metrics) = node.get("/metrics");
    assert!(metrics.contains("countersign_scheduled_calls_succeeded_total 1"), "{metrics}");
}

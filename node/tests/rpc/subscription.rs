//! Following blocks over a WebSocket.

use crate::process::{Node, Socket};
use serde_json::json;

fn subscribe(socket: &mut Socket, from: u64) -> u64 {
    socket.send(1, "chain_subscribe", json!({ "from": from }));
    // The response comes before the first block.
    let response = socket.receive();
    response["result"]["subscription"].as_u64().unwrap_or_else(|| panic!("{response}"))
}

#[test]
fn a_subscription_resumes_without_a_gap() {
    let node = Node::start();
    let mut socket = node.socket();
    subscribe(&mut socket, 1);
    let seen: Vec<u64> = (0..5).map(|_| socket.block()).collect();
    assert_eq!(seen, [1, 2, 3, 4, 5]);
    drop(socket);
    let mut socket = node.socket();
    subscribe(&mut socket, 6);
    let seen: Vec<u64> = (0..5).map(|_| socket.block()).collect();
    assert_eq!(seen, [6, 7, 8, 9, 10]);
}

#[test]
fn a_subscription_ends_when_asked_to() {
    let node = Node::start();
    let mut socket = node.socket();
    // Far ahead, so that nothing is sent in between.
    let subscription = subscribe(&mut socket, 1_000_000);
    for (id, expected) in [(2, true), (3, false)] {
        socket.send(id, "chain_unsubscribe", json!({ "subscription": subscription }));
        assert_eq!(socket.receive()["result"], expected);
    }
    for _ in 0..4 {
        subscribe(&mut socket, 1_000_000);
    }
    socket.send(4, "chain_subscribe", json!({}));
    assert_eq!(socket.receive()["error"]["code"], -32008);
}

#[test]
fn a_waiting_call_holds_up_no_other() {
    let node = Node::start();
    let mut socket = node.socket();
    let unknown = format!("0x{}", "11".repeat(32));
    socket.send(1, "tx_wait", json!({ "id": unknown, "timeoutMs": 2_000 }));
    socket.send(2, "node_status", json!({}));
    assert_eq!(socket.receive()["id"], 2);
    assert_eq!(socket.receive()["id"], 1);
}

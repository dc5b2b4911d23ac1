//! Views that take long, and what they may not delay.

use crate::process::Node;
use crate::transaction::bytes;
use countersign_api::Bytes;
use countersign_types::{Gas, Payload, Transaction};
use countersignd::replica_thread::now;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Deploys a contract whose view `spin` never ends by itself.
fn deploy_spinner(node: &Node) {
    let code = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "spin") (loop (br 0))))"#).unwrap();
    let admin = node.account_key("org0-admin");
    let deploy = Transaction {
        chain: node.genesis().chain(),
        signer: admin.public(),
        nonce: 1,
        expires: now().plus(60_000),
        gas_limit: Gas(400_000_000),
        payload: Payload::Deploy { name: "org0/spinner".into(), code, input: Vec::new() },
    };
    let id = deploy.id();
    node.call("tx_submit", json!({ "transaction": bytes(deploy, &admin) }));
    let waited = node.call("tx_wait", json!({ "id": id }));
    assert_eq!(waited["receipt"]["outcome"]["kind"], "succeeded", "{waited}");
}

#[test]
fn reads_are_answered_while_views_take_all_the_room_there_is_for_them() {
    const VIEWS: usize = 40;
    let node = Node::start();
    deploy_spinner(&node);
    let answered = AtomicUsize::new(0);
    let spin = json!({ "contract": "org0/spinner", "method": "spin", "input": Bytes(Vec::new()) });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "contract_view", "params": spin }).to_string();
    std::thread::scope(|scope| {
        for _ in 0..VIEWS {
            scope.spawn(|| {
                node.post(&request);
                answered.fetch_add(1, SeqCst);
            });
        }
        while !node.get("/metrics").1.contains("countersign_rpc_waiting{for=\"view\"} 3") {
            assert!(answered.load(SeqCst) < VIEWS, "more than thirty views wait at some time");
        }
        let read = |method: &str, params: Value| node.call(method, params);
        read("node_status", json!({}));
        read("chain_getBlock", json!({}));
        read("chain_info", json!({}));
        read("identity_getAccount", json!({ "account": "org0/admin" }));
        read("tx_get", json!({ "id": node.genesis().chain() }));
        assert!(answered.load(SeqCst) < VIEWS, "the views were still under way");
    });
}

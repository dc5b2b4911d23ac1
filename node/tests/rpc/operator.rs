//! Starting, stopping, and what refuses to start.

use crate::process::Node;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

fn certified(node: &Node) -> u64 {
    node.call("node_status", json!({}))["certifiedHeight"].as_u64().unwrap()
}

#[test]
fn a_node_stops_in_time_with_open_sockets_and_goes_on_after_a_restart() {
    let mut node = Node::start();
    let mut socket = node.socket();
    socket.send(1, "chain_subscribe", json!({ "from": 1 }));
    socket.receive();
    let before = certified(&node);
    let (status, took) = node.terminate();
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(10), "it took {took:?}");
    let output = node.command("verify", &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    node.run();
    assert!(certified(&node) >= before);
    node.kill();
    node.run();
    assert!(certified(&node) >= before, "a kill loses nothing");
}

fn refused(node: &Node, arguments: &[&str]) -> String {
    let output = node.command("start", arguments);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let node = Node::create();
    let key = node.home().join("validator.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = refused(&node, &[]);
    assert!(said.contains("accessible to others") && said.contains("chmod 600"), "{said}");
}

#[test]
fn the_genesis_of_another_network_is_refused() {
    let (node, other) = (Node::create(), Node::create());
    let genesis = other.network().join("genesis.json");
    let said = refused(&node, &["--genesis", genesis.to_str().unwrap()]);
    assert!(said.contains("is this the genesis of another network?"), "{said}");
}

#[test]
fn the_ledger_of_another_network_is_refused() {
    let (mut node, other) = (Node::start(), Node::create());
    node.terminate();
    let data = node.home().join("data");
    let said = refused(&other, &["--data-dir", data.to_str().unwrap()]);
    assert!(said.contains("the database is of chain"), "{said}");
}

#[test]
fn a_second_node_on_the_same_data_is_refused() {
    let node = Node::start();
    let said = refused(&node, &[]);
    assert!(said.contains("another process"), "{said}");
}

#[test]
fn an_unknown_key_of_the_configuration_is_refused() {
    let node = Node::create();
    let config = node.home().join("countersign.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("validator_kye = \"x\"\n{text}")).unwrap();
    let said = refused(&node, &[]);
    assert!(said.contains("unknown key `validator_kye`"), "{said}");
}

#[test]
fn an_address_that_is_taken_is_named_and_nothing_is_left_behind() {
    let (running, mut node) = (Node::start(), Node::create());
    for (flag, setting, taken) in [
        ("--rpc-listen", "rpc.listen", running.rpc_address()),
        ("--network-listen", "network.listen", running.network_address()),
    ] {
        let said = refused(&node, &[flag, &taken]);
        assert!(said.contains(&taken) && said.contains(setting), "{said}");
        assert!(!said.contains("panicked") && !said.contains("listening for peers"), "{said}");
    }
    node.run();
}

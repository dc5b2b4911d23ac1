//! Methods and errors over HTTP.

use crate::process::Node;
use countersign_api::method::proof::ValidatorChain;
use countersign_types::proof::{Proof, Trusted};
use countersign_verify::{Light, Step};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NOBODY: &str = "0x0000000000000000000000000000000000000000000000000000000000000001";

#[test]
fn http_paths_say_how_the_node_is() {
    let node = Node::start();
    assert_eq!(node.get("/healthz"), (200, "alive\n".to_owned()));
    let (status, text) = node.get("/openrpc.json");
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status, 200);
    assert_eq!(document, node.call("rpc.discover", json!({})));
    let (status, text) = node.get("/metrics");
    assert_eq!(status, 200);
    assert!(text.contains("\ncountersign_ledger_certified_height ") && text.ends_with("# EOF\n"), "{text}");
    let listed = include_str!("../../docs/metrics.md");
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE countersign_")) {
        let name = line.split(' ').next().unwrap();
        assert!(listed.contains(&format!("| `{name}")), "docs/metrics.md does not list {name}");
    }
    assert_eq!(node.get("/nothing").0, 404);
}

#[test]
fn calls_come_single_and_in_batches() {
    let node = Node::start();
    let (status, body) = node.post(r#"[{"jsonrpc":"2.0","id":"a","method":"node_status"},{"jsonrpc":"2.0","method":"node_status"},{"jsonrpc":"2.0","id":2,"method":"nothing"}]"#);
    let answers: Vec<Value> = serde_json::from_str(&body).unwrap();
    assert_eq!((status, answers.len()), (200, 2), "a notification gets no response: {body}");
    assert_eq!((&answers[0]["id"], &answers[0]["result"]["state"]), (&json!("a"), &json!("voting")));
    assert_eq!(answers[1]["error"]["code"], -32601);
    assert_eq!(node.post(r#"{"jsonrpc":"2.0","method":"node_status"}"#), (204, String::new()));
    let (_, body) = node.post("{");
    assert!(body.contains("-32700"), "{body}");
}

#[test]
fn what_is_not_there_has_its_own_code() {
    let node = Node::start();
    for (method, params, code) in [
        ("chain_getBlock", json!({ "at": 1_000_000 }), 2000),
        ("chain_getBlock", json!({ "at": NOBODY }), 2001),
        ("chain_subscribe", json!({}), -32007),
        ("contract_getAbi", json!({ "contract": "org0/nothing" }), 3000),
        ("contract_getAbi", json!({ "contract": "nothing" }), -32602),
        ("contract_getCode", json!({ "contract": "org0/nothing" }), 3000),
        ("contract_getCode", json!({ "code": format!("0x{}", "11".repeat(32)) }), 3000),
        ("contract_getCode", json!({}), -32602),
        ("contract_view", json!({ "contract": "org0/nothing", "method": "get" }), 3000),
        ("contract_list", json!({ "cursor": "x" }), 2003),
        ("contract_listScheduled", json!({ "cursor": "x" }), 2003),
        ("contract_listScheduled", json!({ "contract": "org0/nothing" }), 3000),
        ("contract_listEvents", json!({ "name": "Captured" }), -32602),
        ("contract_listEvents", json!({ "cursor": "x" }), 2003),
        ("trace_history", json!({ "epc": "https://id.gs1.org/01/09521321001015/21/1" }), 3000),
        ("trace_history", json!({ "epc": "urn:epc:id:sgtin:1.2" }), 3008),
        ("epcis_event", json!({ "id": "urn:uuid:1" }), 3000),
        ("epcis_query", json!({ "params": {} }), 3000),
        ("epcis_query", json!({ "params": { "GE_eventDate": "2026-01-01T00:00:00Z" } }), -32602),
        ("epcis_query", json!({ "params": {}, "cursor": "x" }), 2003),
        ("epcis_listHandovers", json!({ "organisation": "org0" }), 3000),
        ("epcis_listHandovers", json!({ "organisation": "org0", "state": "void", "cursor": "x" }), 2003),
        ("epcis_listHandovers", json!({ "organisation": "org0", "state": "lost" }), -32602),
        ("epcis_listHandovers", json!({}), -32602),
        ("report_fsma204", json!({ "lot": "urn:lot:1" }), 3000),
        ("report_fsma204", json!({ "lot": "urn:lot:1", "from": "today" }), -32602),
        ("report_eudr", json!({ "item": "urn:epc:id:sgtin:1.2" }), 3008),
        ("report_dscsa", json!({ "item": "urn:epc:id:sgtin:1.2" }), 3008),
        ("identity_getAccount", json!({ "account": "org0/nobody" }), 4002),
        ("identity_getAccount", json!({ "key": NOBODY }), 4002),
        ("identity_getAccount", json!({}), -32602),
        ("consensus_evidence", json!({ "epoch": 7 }), -32602),
        ("proof_getState", json!({ "keys": [] }), -32602),
        ("proof_getTx", json!({ "id": NOBODY }), 1009),
        ("proof_getEvent", json!({ "height": 1, "index": 0 }), 3009),
        ("proof_getEvent", json!({ "height": 1_000_000, "index": 0 }), 2000),
        ("proof_getLog", json!({ "log": { "key": "bG9n" }, "cursor": "x" }), 2003),
        ("proof_getLog", json!({ "log": { "key": "bG9n" } }), 3000),
        ("proof_getLog", json!({ "log": { "item": "urn:epc:id:sgtin:1.2" } }), 3008),
        ("proof_getValidatorChain", json!({ "epoch": -1 }), -32602),
        ("proof_getTrace", json!({ "query": "back", "item": "urn:epc:id:sgtin:1.2", "at": 1 }), 3008),
        ("state_get", json!({ "key": { "account": "org0/erp" }, "other": 1 }), -32602),
        ("tx_submit", json!({ "transaction": "AAAA" }), 1000),
    ] {
        assert_eq!(node.error(method, params.clone()), code, "{method} {params}");
    }
    let unknown = json!({ "id": NOBODY, "timeoutMs": 50 });
    assert_eq!(node.call("tx_wait", unknown), json!({ "status": "unknown", "knownFrom": 1 }));
}

#[test]
fn the_chain_tells_of_itself() {
    let node = Node::start();
    let genesis = node.genesis();
    let info = node.call("chain_info", json!({}));
    assert_eq!(info["data"]["chain"], json!(genesis.chain()));
    let block = node.call("chain_getBlock", json!({ "at": 1 }));
    assert_eq!(block["data"]["header"]["parent"], json!(genesis.chain()));
    let again = node.call("chain_getBlock", json!({ "at": block["blockHash"] }));
    assert_eq!(again, block);
    let consensus = node.call("consensus_status", json!({}));
    assert_eq!((&consensus["own"], &consensus["voting"]), (&json!(0), &json!(true)));
    assert_eq!(consensus["advice"], json!([]), "nothing stands in the way: {consensus}");
    assert_eq!(node.call("node_peers", json!({}))["items"], json!([]));
    let evidence = node.call("consensus_evidence", json!({ "prove": true }));
    assert_eq!(evidence["data"], json!([]));
    let proof: Proof = serde_json::from_value(evidence["proof"].clone()).unwrap();
    let proven = proof.verify(&Trusted::from(&genesis)).unwrap();
    let values: Vec<_> = proven.state().unwrap().entries().map(|(_, value)| value).collect();
    assert_eq!(values, [None], "it is proven that there is none");
}

#[test]
fn state_comes_with_a_proof_that_holds_against_the_genesis() {
    let node = Node::start();
    let answer = node.call("state_get", json!({ "key": { "account": "org0/erp" }, "prove": true }));
    let proof: Proof = serde_json::from_value(answer["proof"].clone()).unwrap();
    let trusted = Trusted::from(&node.genesis());
    let proven = proof.verify(&trusted).unwrap();
    assert_eq!(json!(proven.shown_at.height), answer["height"]);
    assert_eq!(proven.state().unwrap().entries().count(), 1);
    let keys = json!({ "keys": [{ "account": "org0/erp" }, { "account": "org0/nobody" }] });
    let file: Proof = serde_json::from_value(node.call("proof_getState", keys)["proof"].clone()).unwrap();
    let proven = file.verify(&trusted).unwrap();
    let state = proven.state().unwrap();
    let present = state.entries().filter(|(_, value)| value.is_some()).count();
    assert_eq!((state.entries().count(), present), (2, 1), "absence is proven as well");
}

#[test]
fn a_light_client_follows_it() {
    let node = Node::start();
    let said = |params: Value| -> ValidatorChain {
        serde_json::from_value(node.call("proof_getValidatorChain", params)).unwrap()
    };
    let mut light = Light::begin(&Trusted::from(&node.genesis()));
    let first = said(json!({}));
    assert!(first.earlier.is_none() && !first.more);
    assert_eq!(light.step(&first.epochs, &first.anchor, None), Ok(Step::Advanced));
    let known = light.height();
    // The heartbeat makes a block every 200 ms.
    let begun = Instant::now();
    while light.height() == known && begun.elapsed() < Duration::from_secs(30) {
        let next = said(json!({ "epoch": light.epoch().epoch, "height": light.height() }));
        light.step(&next.epochs, &next.anchor, next.earlier.as_ref()).unwrap();
    }
    assert!(light.height() > known);
}

#[test]
fn a_page_is_served_where_one_is_named() {
    let mut node = Node::create();
    node.set("[rpc]", "page = \"page.html\"");
    std::fs::write(node.home().join("page.html"), "<p>checks").unwrap();
    node.run();
    assert_eq!(node.get("/verify"), (200, "<p>checks".to_owned()));
    assert_eq!(Node::start().get("/verify").0, 404);
}

#[test]
fn documents_are_checked_without_a_contract() {
    let node = Node::start();
    let event = json!({
        "type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00Z", "eventTimeZoneOffset": "+00:00",
        "action": "NOTHING", "epcList": ["urn:epc:id:sscc:9521322.2000000001"]
    });
    let checked = node.call("epcis_validate", json!({ "document": event }));
    assert_eq!(checked["valid"], false);
    assert_eq!(checked["events"][0]["faults"][0]["path"], "$.action");

    let xml = include_str!("../../../tests/data/epcis/pairs/version-1-2.xml");
    let twin = include_str!("../../../tests/data/epcis/pairs/version-1-2.jsonld");
    let checked = node.call("epcis_validate", json!({ "document": xml }));
    assert_eq!((&checked["valid"], checked["events"].as_array().map(Vec::len)), (&json!(true), Some(4)));
    assert_eq!(checked, node.call("epcis_validate", json!({ "document": twin })), "a string holds either");
    let wrong = xml.replace("urn:epc:id:sgtin:9521321.000023.1", "urn:epc:id:sgtin:9521321.23.1");
    let checked = node.call("epcis_validate", json!({ "document": wrong }));
    let warning = &checked["events"][3]["warnings"][0];
    assert_eq!((&checked["valid"], &warning["rule"]), (&json!(true), &json!("identifier.digits")));
    assert_eq!(warning["position"], json!({ "line": 102, "column": 26 }));
    let path = "/epcis:EPCISDocument/EPCISBody/EventList/extension/TransformationEvent/outputEPCList/epc";
    assert_eq!(warning["path"], path);
}

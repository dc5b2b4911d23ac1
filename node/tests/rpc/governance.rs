//! What members decide together, as a node tells it: rules, proposals page by page, simulations, members and their accounts.

use crate::deployment::execute;
use crate::process::Node;
use countersign_api::error::Code;
use countersign_types::proposal::Wanted;
use countersign_types::{
    Account, DeployPolicy, KeyEntry, KeyProof, Measure, NativeOperation, Organisation, Payload, Roles, SecretKey,
    Validator, ValidatorSet,
};
use serde_json::{Value, json};

fn propose(measure: Measure) -> Payload {
    Payload::Native(NativeOperation::Propose { measure, reason: "since".into(), open_ms: 60_000 })
}

fn admit(node: &Node, id: &str, seed: u8) -> Measure {
    let key = SecretKey::from_seed(&[seed; 32]);
    let keys = vec![KeyEntry { key: key.public(), valid_from: countersign_types::Height::ZERO, valid_to: None }];
    let account = Account::new(format!("{id}/admin").parse().unwrap(), Roles::ADMIN, keys);
    let proofs = vec![KeyProof::new(&key, &node.genesis().chain(), &account.id)];
    Measure::Admit { organisation: Organisation::new(id, id), admins: vec![account], proofs }
}

fn numbers(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|proposal| proposal["number"].as_u64().unwrap()).collect()
}

#[test]
fn proposals_are_told_page_by_page_and_adopted_at_once_where_one_organisation_decides() {
    let node = Node::start();
    let rules = node.call("gov_getRules", json!({}))["data"].clone();
    assert_eq!(rules["rules"]["validators"], json!({ "moreThan": "2/3", "of": "validators" }));
    for ((nonce, seed), id) in (1..).zip(90..).zip(["mill", "shop", "port"]) {
        let outcome = execute(&node, "org0-admin", nonce, propose(admit(&node, id, seed)));
        assert_eq!(outcome["kind"], "succeeded", "{outcome}");
    }
    let first = node.call("gov_listProposals", json!({ "limit": 2 }));
    assert_eq!(numbers(&first), [2, 1], "the newest first");
    let second = node.call("gov_listProposals", json!({ "limit": 2, "cursor": first["nextCursor"] }));
    assert_eq!((numbers(&second), second["nextCursor"].clone()), (vec![0], Value::Null));
    assert_eq!(numbers(&node.call("gov_listProposals", json!({ "state": "open" }))), [0u64; 0]);
    assert_eq!(numbers(&node.call("gov_listProposals", json!({ "state": "adopted" }))), [2, 1, 0]);
    let shown = node.call("gov_getProposal", json!({ "proposal": 1, "prove": true }));
    assert_eq!((&shown["data"]["about"], &shown["data"]["state"]), (&json!("to admit shop"), &json!("adopted")));
    assert!(shown["proof"].is_object());
    assert_eq!(node.error("gov_getProposal", json!({ "proposal": 3 })), i64::from(Code::ProposalUnknown.number()));
    assert_eq!(node.error("gov_listProposals", json!({ "cursor": "00" })), i64::from(Code::BadCursor.number()));

    let members = node.call("identity_listOrganisations", json!({ "limit": 3 }));
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|member| member["organisation"]["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&members), ["mill", "org0", "port"]);
    let rest = node.call("identity_listOrganisations", json!({ "limit": 3, "cursor": members["nextCursor"] }));
    assert_eq!((ids(&rest), rest["nextCursor"].clone()), (vec!["shop".to_owned()], Value::Null));
    let org0 = node.call("identity_getOrganisation", json!({ "organisation": "org0", "prove": true }));
    assert_eq!(org0["data"]["admins"], json!(["org0/admin"]));
    assert_eq!(org0["data"]["validators"], json!(1));
    assert!(org0["proof"].is_object());
    let unknown = node.error("identity_getOrganisation", json!({ "organisation": "none" }));
    assert_eq!(unknown, i64::from(Code::OrganisationUnknown.number()));
    assert_eq!(
        node.error("identity_listAccounts", json!({ "organisation": "No" })),
        i64::from(Code::InvalidParams.number())
    );
    let all = node.call("identity_listAccounts", json!({ "organisation": "org0" }));
    let all = all["items"].as_array().unwrap().clone();
    assert!(all.len() > 1, "{all:?}");
    let one = node.call("identity_listAccounts", json!({ "organisation": "org0", "limit": 1 }));
    let more = node.call("identity_listAccounts", json!({ "organisation": "org0", "cursor": one["nextCursor"] }));
    let joined = [one["items"].as_array().unwrap().clone(), more["items"].as_array().unwrap().clone()].concat();
    assert_eq!(joined, all);
}

#[test]
fn a_measure_is_simulated_before_anybody_votes_on_it() {
    let node = Node::start();
    let simulate = |measure: &Measure| node.call("gov_simulate", json!({ "measure": measure }))["data"].clone();
    let policy = DeployPolicy { approvals: 1, ..DeployPolicy::default() };
    let possible = simulate(&Measure::Deployment { version: 0, policy: policy.clone() });
    assert_eq!((&possible["possible"], &possible["needed"]), (&json!(true), &json!(1)));
    assert_eq!(possible["electorate"], json!(["org0"]));
    assert_eq!(possible["halts"], json!(false));
    let over = simulate(&Measure::Deployment { version: 7, policy });
    assert_eq!(over["possible"], json!(false));
    assert!(over["refused"].as_str().unwrap().contains("does not hold any more"));

    let standing = Measure::Standing { organisation: "org0".into(), standing: Wanted::Expelled };
    assert!(simulate(&standing)["refused"].as_str().unwrap().contains("runs a validator"));

    // A second validator that nobody has started: both would have to be up.
    let key = |seed: u8| SecretKey::from_seed(&[seed; 32]).public();
    let mut validators = node.genesis().validators.members().to_vec();
    validators.push(Validator { organisation: "org0".into(), key: key(70), network_key: key(71) });
    let validators = ValidatorSet::new(validators).unwrap();
    let halting = simulate(&Measure::Validators { epoch: countersign_types::Epoch::ZERO, validators });
    assert_eq!((&halting["possible"], &halting["halts"]), (&json!(true), &json!(true)), "{halting}");
    assert_eq!(halting["after"], json!({ "validators": 2, "faultyMax": 0, "quorum": 2, "reachable": 1, "members": 1 }));
    let warnings = halting["warnings"].to_string();
    assert!(warnings.contains("not connected") && warnings.contains("halt the network"), "{warnings}");
    assert_eq!(node.error("gov_simulate", json!({})), i64::from(Code::InvalidParams.number()));
}

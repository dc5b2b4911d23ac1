//! The operators' commands for both emergency exits, with real processes and files.
#![allow(clippy::unwrap_used)]

use countersign_api::method::contract::ContractRef;
use countersign_client::contract::{self, Contract};
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::{Epoch, Genesis, Hash, RestartOrder, SignedOverride};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn countersignd(arguments: &[&str]) -> Output {
    Command::new(program("countersignd").unwrap()).args(arguments).output().unwrap()
}

/// What a command prints, in a file.
fn print(arguments: &[&str], to: &Path) {
    let output = countersignd(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(to, output.stdout).unwrap();
}

fn refused(arguments: &[&str]) -> String {
    let output = countersignd(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn config(cluster: &Cluster, index: u16) -> String {
    text(&cluster.home(index).join("countersign.toml")).to_owned()
}

async fn add(cluster: &Cluster, node: u16) {
    let signer = cluster.signer("org0/erp", node).await.unwrap();
    let client = signer.client().clone();
    let counter = Contract::open(&client, &ContractRef("org0/counter".into())).await.unwrap();
    let added = counter.call(&signer, "add", &json!({"n": 1}), None).await.unwrap();
    assert!(added.done.receipt.succeeded());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_order_goes_from_proposal_to_a_running_chain() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 4, &["--heartbeat-ms", "1000"]).await.unwrap();
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let module = contract_module("counter").unwrap();
    let (_, done) = contract::deploy(&signer, "org0/counter", module, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
    add(&cluster, 0).await;
    for index in 0..4 {
        cluster.stop(index).unwrap();
    }
    // All journals but one are lost.
    for index in 1..4 {
        std::fs::remove_file(cluster.home(index).join("data/votes.journal")).unwrap();
    }
    let genesis: Genesis = serde_json::from_str(&std::fs::read_to_string(cluster.genesis()).unwrap()).unwrap();
    let file = |name: &str| directory.path().join(name);
    std::fs::write(file("next.json"), serde_json::to_string(&genesis.validators).unwrap()).unwrap();
    let (next, order) = (file("next.json"), file("order.json"));
    // The one with the highest certified height proposes.
    let mut best = None;
    for index in 0..4 {
        print(&["restart", "propose", "--config", &config(&cluster, index), "--validators", text(&next)], &order);
        let proposed: RestartOrder = serde_json::from_str(&std::fs::read_to_string(&order).unwrap()).unwrap();
        assert_eq!((proposed.epoch, proposed.signatures.len()), (Epoch(1), 0));
        if best.as_ref().is_none_or(|best: &RestartOrder| best.result.height < proposed.result.height) {
            best = Some(proposed);
        }
    }
    std::fs::write(&order, serde_json::to_string(&best.unwrap()).unwrap()).unwrap();
    for index in 0..3 {
        let (account, key) = (format!("org{index}/admin"), cluster.key(&format!("org{index}/admin")));
        let arguments = ["restart", "sign", "--order", text(&order), "--account", &account, "--key", text(&key)];
        print(&arguments, &file(&format!("org{index}.json")));
    }
    let parts: Vec<_> = (0..3).map(|index| file(&format!("org{index}.json"))).collect();
    let (few, signed) = (file("few.json"), file("signed.json"));
    print(&["restart", "combine", text(&parts[0]), text(&parts[1])], &few);
    print(&["restart", "combine", text(&parts[0]), text(&parts[1]), text(&parts[2])], &signed);
    let journal = cluster.home(1).join("data/votes.journal");
    let refusal = refused(&["restart", "apply", "--config", &config(&cluster, 1), "--order", text(&few)]);
    assert!(refusal.contains("more than two thirds of 4 are needed"), "{refusal}");
    assert!(!journal.exists(), "nothing was changed");
    for index in 0..4 {
        let arguments = ["restart", "apply", "--config", &config(&cluster, index), "--order", text(&signed)];
        let output = countersignd(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(refused(&arguments).contains("carried out already"));
        cluster.spawn(index).unwrap();
    }
    for index in 0..4 {
        cluster.ready(index).await.unwrap();
    }
    add(&cluster, 1).await;
    for index in 0..4 {
        cluster.stop(index).unwrap();
        let output = countersignd(&["verify", "--config", &config(&cluster, index)]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

#[test]
fn overrides_are_signed_joined_and_refused_at_the_start_if_too_few_signed() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::create(directory.path(), 4, 0, &[]).unwrap();
    let file = |name: &str| directory.path().join(name);
    let (block, transaction) = (Hash([7; 32]).to_string(), Hash([8; 32]).to_string());
    let sign = |index: u16, with_block: bool| {
        let config = config(&cluster, index);
        let mut arguments: Vec<String> =
            ["override", "sign", "--config", &config, "--height", "1", "--code", "3"].map(Into::into).into();
        arguments.extend(["--transaction".to_owned(), transaction.clone()]);
        if with_block {
            arguments.extend(["--block".to_owned(), block.clone()]);
        }
        arguments
    };
    let borrowed = |arguments: &[String]| arguments.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    let run = |arguments: &[String], to: &Path| print(&borrowed(arguments).split('\n').collect::<Vec<_>>(), to);
    assert!(refused(&borrowed(&sign(0, false)).split('\n').collect::<Vec<_>>()).contains("pass its hash with --block"));
    // A node that ended while it executed the block knows which one it was.
    std::fs::write(cluster.home(0).join("data/executing"), format!("1 {block} 0 1\n")).unwrap();
    run(&sign(0, false), &file("v0.json"));
    run(&sign(1, true), &file("v1.json"));
    let joined = file("joined.json");
    print(&["override", "combine", text(&file("v0.json")), text(&file("v1.json"))], &joined);
    let signed: SignedOverride = serde_json::from_str(&std::fs::read_to_string(&joined).unwrap()).unwrap();
    assert_eq!((signed.decree.block.to_string(), signed.decree.code, signed.signatures.len()), (block.clone(), 3, 2));
    let overrides = cluster.home(0).join("data/overrides");
    std::fs::create_dir(&overrides).unwrap();
    std::fs::copy(&joined, overrides.join("one.json")).unwrap();
    let refusal = refused(&["start", "--config", &config(&cluster, 0)]);
    assert!(refusal.contains("it has 2 signatures, a quorum is 3 of 4"), "{refusal}");
}

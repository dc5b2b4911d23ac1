//! The operators' commands for both emergency exits, with real processes and files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_api::NoParams;
use countersign_api::method::consensus::ConsensusStatus;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::node::{NodeStatus, State, Status};
use countersign_api::method::tx::{self, GetParams, TxGet};
use countersign_client::Unverified;
use countersign_client::contract::{self, Contract};
use countersign_tests::cluster::check::{Votes, check};
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::{Address, Epoch, Genesis, Hash, Height, Payload, RestartOrder, SignedOverride};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

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

/// Adds one to the counter through a node.
async fn add(cluster: &Cluster, node: u16) -> Hash {
    let signer = cluster.signer("org0/erp", node).await.unwrap();
    let client = signer.client().clone();
    let counter = Contract::open(&client, &ContractRef("org0/counter".into())).await.unwrap();
    let added = counter.call(&signer, "add", &json!({"n": 1}), None).await.unwrap();
    assert!(added.done.receipt.succeeded());
    added.done.receipt.transaction
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_order_goes_from_proposal_to_a_running_chain() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 4, &["--heartbeat-ms", "60000"]).await.unwrap();
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let module = contract_module("counter").unwrap();
    let (_, done) = contract::deploy(&signer, "org0/counter", module, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
    add(&cluster, 0).await;
    // They stop one after the other, and at the same height: nothing is to come until the next heartbeat.
    let mut highest = Height::ZERO;
    for index in [0, 1, 2, 3, 0, 1, 2, 3] {
        let settled =
            |status: &Status| status.final_height == status.certified_height && status.certified_height >= highest;
        highest = cluster.until(index, settled).await.unwrap().certified_height;
    }
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
    let (ledger, backup) = (cluster.home(0).join("data/ledger"), file("backup"));
    copy(&ledger, &backup);
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
    // A ledger from before, beside the journal of the epoch that began since.
    std::fs::remove_dir_all(&ledger).unwrap();
    copy(&backup, &ledger);
    let journal = std::fs::read(cluster.home(0).join("data/votes.journal")).unwrap();
    let refusal = refused(&["restart", "apply", "--config", &config(&cluster, 0), "--order", text(&signed)]);
    assert!(refusal.contains("this validator has voted in epoch 1"), "{refusal}");
    assert_eq!(std::fs::read(cluster.home(0).join("data/votes.journal")).unwrap(), journal, "nothing was changed");
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status().unwrap();
    assert!(status.success());
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

/// A contract that reads and writes here and there in 32 MiB until its gas is gone: with the largest limit that takes
/// seconds, in which a process can be killed.
fn slow_module() -> Vec<u8> {
    let text = r#"(module
        (memory (export "memory") 512)
        (func (export "run") (local $at i32)
            (loop
                (local.set $at (i32.and
                    (i32.add
                        (i32.add (i32.mul (local.get $at) (i32.const 1664525)) (i32.const 1013904223))
                        (i32.load (local.get $at)))
                    (i32.const 0x1fffffc)))
                (i32.store (local.get $at) (i32.const 4))
                (br 0))))"#;
    wat::parse_str(text).unwrap()
}

/// Kills each process twice while it executes a block above a height, and starts it again as a supervisor does; answers the
/// block's height. A kill is what the kernel does to a process that takes too much memory: no fault is planted.
async fn kill_twice_while_executing(cluster: &mut Cluster, above: Height) -> Height {
    let mut seen: [Option<(String, Instant)>; 4] = Default::default();
    let mut kills = [0; 4];
    let mut heights = std::collections::BTreeSet::new();
    let begun = Instant::now();
    while kills != [2; 4] {
        assert!(begun.elapsed() < Duration::from_secs(300), "killed {kills:?}: {}", cluster.log_tail(0));
        for index in 0..4u16 {
            let at = usize::from(index);
            let noted = std::fs::read_to_string(cluster.home(index).join("data/executing")).unwrap_or_default();
            let words: Vec<&str> = noted.split_whitespace().collect();
            let [height, _, _, stops] = words[..] else { continue };
            let height = Height(height.parse().unwrap());
            if height <= above || stops.parse() != Ok(kills[at]) || kills[at] == 2 {
                continue;
            }
            if seen[at].as_ref().is_none_or(|(before, _)| *before != noted) {
                seen[at] = Some((noted.clone(), Instant::now()));
            }
            // Blocks of other transactions take far less.
            let lasts = seen[at].as_ref().is_some_and(|(_, since)| since.elapsed() > Duration::from_millis(400));
            if !lasts {
                continue;
            }
            let status = cluster
                .client(index)
                .unwrap()
                .unverified()
                .call::<NodeStatus>(&NoParams {})
                .await
                .map(Unverified::into_said);
            if status.is_ok_and(|status| status.executed_height < height) {
                cluster.kill(index).unwrap();
                cluster.spawn(index).unwrap();
                kills[at] += 1;
                heights.insert(height);
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(heights.len(), 1, "all were executing the same block");
    *heights.first().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_no_process_survives_is_passed_by_an_override_in_every_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 4, &["--heartbeat-ms", "1000"]).await.unwrap();
    cluster.deploy_counter().await.unwrap();
    let mut acknowledged = vec![add(&cluster, 0).await];
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let deploy = Payload::Deploy { name: "org0/slow".into(), code: slow_module(), input: Vec::new() };
    let deployed = signer.execute(deploy, Some(signer.parameters().transaction_gas_max.0)).await.unwrap();
    let above = deployed.receipt.height;
    let call = Payload::Call { contract: Address::of("org0/slow"), method: "run".into(), input: Vec::new() };
    let poison = signer.sign(call, Some(signer.parameters().transaction_gas_max.0)).unwrap();
    let id = signer.submit(&poison).await.unwrap();

    let height = kill_twice_while_executing(&mut cluster, above).await;
    for index in 0..4 {
        let status = cluster.until(index, |status| status.state == State::Halted).await.unwrap();
        assert_eq!(status.executed_height, height.previous());
        let consensus = cluster
            .client(index)
            .unwrap()
            .unverified()
            .call::<ConsensusStatus>(&NoParams {})
            .await
            .unwrap()
            .into_said();
        assert_eq!(consensus.halted_height, Some(height));
    }

    let file = |name: &str| directory.path().join(name);
    let parts: Vec<_> = (0..3).map(|index| file(&format!("override-{index}.json"))).collect();
    for (index, part) in (0..3).zip(&parts) {
        let (config, height) = (config(&cluster, index), height.to_string());
        let of = ["override", "sign", "--config", &config, "--height", &height, "--code", "7", "--transaction"];
        print(&[of.as_slice(), &[&id.to_string()]].concat(), part);
    }
    let joined = file("joined.json");
    print(&["override", "combine", text(&parts[0]), text(&parts[1]), text(&parts[2])], &joined);
    for index in 0..4 {
        let overrides = cluster.home(index).join("data/overrides");
        std::fs::create_dir(&overrides).unwrap();
        std::fs::copy(&joined, overrides.join("one.json")).unwrap();
        cluster.stop(index).unwrap();
    }
    (0..4).for_each(|index| cluster.spawn(index).unwrap());
    for index in 0..4 {
        cluster.ready(index).await.unwrap();
    }
    acknowledged.push(add(&cluster, 1).await);
    for index in 0..4 {
        let client = cluster.client(index).unwrap();
        cluster.until(index, |status| status.certified_height >= height).await.unwrap();
        let tx::State::Final { receipt } =
            client.unverified().call_again::<TxGet>(&GetParams { id }).await.unwrap().into_said()
        else {
            panic!("v{index} has no receipt")
        };
        assert!(receipt.height == height && !receipt.succeeded(), "{receipt:?}");
        assert!(format!("{:?}", receipt.outcome).contains("decreed that it is not run"), "{receipt:?}");
    }
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

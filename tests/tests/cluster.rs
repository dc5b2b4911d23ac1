//! Real processes: crashes under load, refusals to start, graceful stops.
#![allow(clippy::unwrap_used)]

use countersign_api::method::contract::ContractRef;
use countersign_api::method::node::NodeStatus;
use countersign_api::method::tx::{GetParams, State, TxGet};
use countersign_api::{At, NoParams};
use countersign_client::contract::{self, Contract};
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::Hash;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const COUNTER: &str = "org0/counter";

async fn deploy_counter(cluster: &Cluster) {
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let module = contract_module("counter").unwrap();
    let (_, done) = contract::deploy(&signer, COUNTER, module, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
}

/// Adds one through a node until told to stop; ids of what was acknowledged.
async fn add_until(cluster_signer: countersign_client::Signer, stop: Arc<AtomicBool>) -> Vec<Hash> {
    let client = cluster_signer.client().clone();
    let counter = Contract::open(&client, &ContractRef(COUNTER.into())).await.unwrap();
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        match counter.call(&cluster_signer, "add", &json!({"n": 1}), None).await {
            Ok(called) => acknowledged.push(called.done.receipt.transaction),
            // The node is down: nothing was acknowledged, so nothing is counted.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    acknowledged
}

async fn total(cluster: &Cluster, node: u16) -> u64 {
    let client = cluster.client(node).unwrap();
    let answer = contract::view(&client, &ContractRef(COUNTER.into()), "total", json!({}), At::Final).await.unwrap();
    answer.data.value.and_then(|value| value.as_u64()).unwrap()
}

/// Every validator in turn is killed with -9 under load: no acknowledged transaction is lost, and
/// all validators hold the same.
#[tokio::test(flavor = "multi_thread")]
async fn kill_each_validator_under_load() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 4, &["--heartbeat-ms", "1000"]).await.unwrap();
    deploy_counter(&cluster).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut load = Vec::new();
    for node in 0..4 {
        let signer = cluster.signer(&format!("org{node}/erp"), node).await.unwrap();
        load.push(tokio::spawn(add_until(signer, Arc::clone(&stop))));
    }
    let rounds: u16 = std::env::var("COUNTERSIGN_KILLS").map_or(4, |text| text.parse().unwrap());
    for round in 0..rounds {
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let victim = round % 4;
        cluster.kill(victim).unwrap();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        cluster.spawn(victim).unwrap();
        let asked = Instant::now();
        cluster.ready(victim).await.unwrap();
        println!("v{victim} votes again {:?} after its start", asked.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for worker in load {
        acknowledged.extend(worker.await.unwrap());
    }
    println!("{} acknowledged transactions over {rounds} kills", acknowledged.len());
    assert!(!acknowledged.is_empty());
    let last = cluster.client(0).unwrap().call::<NodeStatus>(&NoParams {}).await.unwrap().certified_height;
    let mut totals = Vec::new();
    for node in 0..4 {
        let client = cluster.client(node).unwrap();
        let deadline = Instant::now() + Duration::from_secs(30);
        while client.call::<NodeStatus>(&NoParams {}).await.unwrap().certified_height < last {
            assert!(Instant::now() < deadline, "v{node} did not catch up: {}", cluster.log_tail(node));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        for id in &acknowledged {
            let state = client.call::<TxGet>(&GetParams { id: *id }).await.unwrap();
            let State::Final { receipt } = state else { panic!("v{node} lost {id}: {state:?}") };
            assert!(receipt.succeeded());
        }
        totals.push(total(&cluster, node).await);
    }
    assert!(totals.iter().all(|total| *total >= u64::try_from(acknowledged.len()).unwrap()), "{totals:?}");
}

/// SIGTERM ends a node within ten seconds and in order; with three of four the network goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_gracefully_and_the_rest_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 4, &["--heartbeat-ms", "1000"]).await.unwrap();
    deploy_counter(&cluster).await;
    cluster.stop(1).unwrap();
    let signer = cluster.signer("org0/erp", 0).await.unwrap();
    let counter = Contract::open(signer.client(), &ContractRef(COUNTER.into())).await.unwrap();
    let called = counter.call(&signer, "add", &json!({"n": 5}), None).await.unwrap();
    assert_eq!(called.value, json!(5));
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    let verified = Command::new(program("countersignd").unwrap())
        .args(["verify", "--config"])
        .arg(cluster.home(2).join("countersign.toml"))
        .output()
        .unwrap();
    assert!(!verified.status.success(), "a running node's database must not be opened twice");
    cluster.stop(2).unwrap();
    let verified = Command::new(program("countersignd").unwrap())
        .args(["verify", "--config"])
        .arg(cluster.home(2).join("countersign.toml"))
        .output()
        .unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    assert!(String::from_utf8_lossy(&verified.stdout).contains("sound"));
}

/// What a node says that refuses to start.
fn refusal(cluster: &Cluster, arguments: &[&str]) -> String {
    let output = Command::new(program("countersignd").unwrap())
        .args(["start", "--config"])
        .arg(cluster.home(0).join("countersign.toml"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(!output.status.success(), "the node started");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_node_refuses_to_start_and_says_why() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cluster = Cluster::create(one.path(), 4, &[]).unwrap();
    let foreign = Cluster::create(two.path(), 4, &[]).unwrap();
    let genesis = foreign.genesis();
    let said = refusal(&cluster, &["--genesis", genesis.to_str().unwrap()]);
    assert!(said.contains("genesis of another network"), "{said}");

    let key = cluster.home(0).join("validator.key");
    let mode = |mode| std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o644);
    let said = refusal(&cluster, &[]);
    assert!(said.contains("chmod 600"), "{said}");
    mode(0o600);

    let file = cluster.home(0).join("countersign.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("datadir = \"x\"\n{text}")).unwrap();
    let said = refusal(&cluster, &[]);
    assert!(said.contains("unknown key `datadir`") && said.contains("data_dir"), "{said}");
}

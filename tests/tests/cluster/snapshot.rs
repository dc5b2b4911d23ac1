//! Joining by snapshot, with real processes and files.

use super::progress;
use countersign_api::method::chain::{ChainGetBlock, GetBlockParams};
use countersign_api::method::node::State;
use countersign_api::method::tx::{GetParams, State as Known, TxGet};
use countersign_api::{At, Code};
use countersign_client::{Error, contract};
use countersign_tests::cluster::check::{Votes, check, told, total};
use countersign_tests::cluster::load::Load;
use countersign_tests::cluster::{COUNTER, Cluster, contract_module};
use countersign_types::Height;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

/// Flips a bit of every piece of state in a node's snapshots.
fn damage(snapshots: &Path) -> usize {
    let mut damaged = 0;
    for entry in std::fs::read_dir(snapshots).unwrap().flat_map(|entry| std::fs::read_dir(entry.unwrap().path())) {
        for file in entry.map(|file| file.unwrap().path()) {
            if file.file_name().unwrap().to_str().unwrap().starts_with("state-") {
                let mut bytes = std::fs::read(&file).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(&file, bytes).unwrap();
                damaged += 1;
            }
        }
    }
    damaged
}

/// One of its three peers has damaged pieces, which it notices and does not serve, and the joiner is killed again and again on
/// the way.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_joins_by_snapshot_though_a_peers_is_damaged_and_it_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::create(directory.path(), 4, 0, &[]).unwrap();
    for node in 0..4 {
        cluster.configure(node, "snapshot", "interval_blocks = 16").unwrap();
    }
    cluster.configure(3, "sync", "mode = \"snapshot\"\nsnapshot_height_min = 16").unwrap();
    // Alone it waits for somebody to join, and says so.
    cluster.spawn(3).unwrap();
    let status = cluster.until(3, |status| status.state == State::Joining).await.unwrap();
    assert_eq!(status.joining.map(|joining| joining.height), Some(Height::ZERO));
    let client = cluster.client(3).unwrap();
    let early = client.unverified().call::<ChainGetBlock>(&GetBlockParams { at: At::Final }).await;
    let Err(Error::Rpc(refused)) = early else { panic!("{early:?}") };
    assert_eq!(refused.kind(), Some(Code::Joining));
    cluster.kill(3).unwrap();
    for node in 0..3 {
        cluster.spawn(node).unwrap();
    }
    for node in 0..3 {
        cluster.ready(node).await.unwrap();
    }
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let code = contract_module("counter").unwrap();
    let (_, done) = contract::deploy(&signer, COUNTER, code, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
    for node in 0..3 {
        cluster.until(node, |status| status.certified_height >= done.receipt.height).await.unwrap();
    }
    let load = Load::start(&cluster, 0..3).await.unwrap();
    while cluster.until(0, |_| true).await.unwrap().certified_height < Height(40) {
        progress(&cluster, &load, 1).await;
    }
    let mut acknowledged = load.stop().await;

    // Without load there are no new blocks for half a minute, and no new snapshots.
    for node in 0..3 {
        let snapshots = cluster.home(node).join("data/snapshots");
        while !snapshots.join("32").exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(damage(&cluster.home(0).join("data/snapshots")) > 0);
    for milliseconds in [30, 300, 700, 1_500, 2_200, 2_600] {
        cluster.spawn(3).unwrap();
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        cluster.kill(3).unwrap();
    }
    cluster.spawn(3).unwrap();
    cluster.ready(3).await.unwrap();
    assert!(cluster.log_holds(0, "a snapshot is damaged on the disk"), "{}", cluster.log_tail(0));
    assert!(!cluster.log_holds(3, "a peer sent what is wrong"), "{}", cluster.log_tail(3));

    // It votes: without it there is no quorum now.
    cluster.stop(2).unwrap();
    let load = Load::start(&cluster, [0, 1, 3]).await.unwrap();
    progress(&cluster, &load, 20).await;
    acknowledged.extend(load.stop().await);
    cluster.spawn(2).unwrap();
    cluster.ready(2).await.unwrap();

    // It has the state, and says what it does not have.
    let height = cluster.until(0, |_| true).await.unwrap().certified_height;
    cluster.until(3, |status| status.certified_height >= height).await.unwrap();
    let (first, joined) = (cluster.client(0).unwrap(), cluster.client(3).unwrap());
    let at = At::Height(height);
    assert_eq!(total(&joined, at).await.unwrap(), total(&first, at).await.unwrap());
    let unknown = joined.unverified().call::<TxGet>(&GetParams { id: done.receipt.transaction }).await.unwrap();
    let Known::Unknown { known_from } = unknown.into_said() else { panic!("it knows what was before the snapshot") };
    assert!(known_from > done.receipt.height);
    let early = joined.unverified().call::<ChainGetBlock>(&GetBlockParams { at: At::Height(Height(3)) }).await;
    let Err(Error::Rpc(refused)) = early else { panic!("{early:?}") };
    assert_eq!(refused.kind(), Some(Code::BlockPruned));
    assert!(refused.data.cause.contains("restored from a snapshot of height"), "{refused}");
    cluster.stop(3).unwrap();
    told(&cluster, 3, "verify", "sound").unwrap();
    check(&mut cluster, &[0, 1, 2], &acknowledged, Votes::Consistent).await.unwrap();
}

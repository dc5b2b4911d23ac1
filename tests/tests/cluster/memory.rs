//! Validators that forget what they signed, or share their key.

use super::four_under_load;
use countersign_api::method::node::State;
use countersign_tests::cluster::Cluster;
use countersign_tests::cluster::check::{Votes, check};
use countersign_tests::cluster::load::Load;
use std::path::Path;

/// D6: everything but the keys is gone, ledger and journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_validator_recovers_and_contradicts_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    for _ in 0..2 {
        cluster.kill(1).unwrap();
        std::fs::remove_dir_all(cluster.home(1).join("data")).unwrap();
        cluster.spawn(1).unwrap();
        cluster.ready(1).await.unwrap();
        load.progress(5).await.unwrap();
    }
    assert!(cluster.log_holds(1, "recovering from peers before signing anything"));
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// D6: ledger and journal are an old copy, so the journal looks whole and is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_restored_from_an_old_copy_contradicts_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    let (data, old) = (cluster.home(1).join("data"), cluster.home(1).join("old"));
    cluster.kill(1).unwrap();
    copy(&data, &old);
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    load.progress(20).await.unwrap();
    cluster.kill(1).unwrap();
    load.progress(5).await.unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&old, &data).unwrap();
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    load.progress(10).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// Two processes with the keys of v1 and copies of its directory, which they do not share: the key may contradict itself,
/// and the ledgers do not. Once the second one is gone, the first one votes again.
#[tokio::test(flavor = "multi_thread")]
async fn one_key_run_twice_breaks_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies) = Cluster::with_proxies(directory.path(), 4, 1).await.unwrap();
    let load = Load::start(&cluster, [0, 2, 3]).await.unwrap();
    load.progress(8).await.unwrap();
    cluster.pause(1, true).unwrap();
    let (own, twin) = (cluster.home(1), cluster.home(4));
    std::fs::remove_dir_all(twin.join("data")).unwrap();
    copy(&own.join("data"), &twin.join("data"));
    for key in ["validator.key", "network.key"] {
        std::fs::copy(own.join(key), twin.join(key)).unwrap();
    }
    cluster.spawn(4).unwrap();
    cluster.pause(1, false).unwrap();
    load.progress(40).await.unwrap();
    for node in [1, 4] {
        println!("v{node}: {}", cluster.log_tail(node));
    }
    cluster.kill(4).unwrap();
    cluster.until(1, |status| status.state == State::Voting).await.unwrap();
    load.progress(10).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Contradicting).await.unwrap();
}

/// Copies a directory and what is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

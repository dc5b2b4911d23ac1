//! Validators that forget what they signed, or share their key.

use super::{four_under_load, progress};
use countersign_api::method::node::State;
use countersign_tests::cluster::Cluster;
use countersign_tests::cluster::check::{Votes, check};
use countersign_tests::cluster::load::Load;
use countersign_tests::directory;

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
        progress(&cluster, &load, 5).await;
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
    directory::copy(&data, &old).unwrap();
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    progress(&cluster, &load, 20).await;
    cluster.kill(1).unwrap();
    progress(&cluster, &load, 5).await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::rename(&old, &data).unwrap();
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    progress(&cluster, &load, 10).await;
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
    progress(&cluster, &load, 8).await;
    cluster.pause(1, true).unwrap();
    let (own, twin) = (cluster.home(1), cluster.home(4));
    std::fs::remove_dir_all(twin.join("data")).unwrap();
    directory::copy(&own.join("data"), &twin.join("data")).unwrap();
    for key in ["validator.key", "network.key"] {
        std::fs::copy(own.join(key), twin.join(key)).unwrap();
    }
    cluster.spawn(4).unwrap();
    cluster.pause(1, false).unwrap();
    let height = cluster.until(0, |_| true).await.unwrap().certified_height;
    cluster.until(4, |status| status.state == State::Voting && status.certified_height > height).await.unwrap();
    progress(&cluster, &load, 40).await;
    for node in [1, 4] {
        println!("v{node}: {}", cluster.log_tail(node));
    }
    cluster.kill(4).unwrap();
    cluster.until(1, |status| status.state == State::Voting).await.unwrap();
    progress(&cluster, &load, 10).await;
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Contradicting).await.unwrap();
}

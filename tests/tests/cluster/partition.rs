//! Networks that are cut, lopsided or slow.

use super::{four_under_load, nothing_is_acknowledged};
use countersign_tests::cluster::check::{Votes, check};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn halves_that_are_split_and_healed() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, proxies, load) = four_under_load(directory.path()).await;
    for halves in [[&[0, 1][..], &[2, 3]], [&[0, 2], &[1, 3]]] {
        proxies.split(&halves);
        nothing_is_acknowledged(&load).await;
        proxies.heal();
        load.progress(10).await.unwrap();
    }
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// v1 sees everybody, v0 only v1, and v2 and v3 each other and v1: a quorum goes on, and v0 follows through v1.
#[tokio::test(flavor = "multi_thread")]
async fn one_validator_is_the_only_bridge() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, proxies, load) = four_under_load(directory.path()).await;
    proxies.split(&[&[0, 1], &[1, 2, 3]]);
    load.progress(20).await.unwrap();
    let height = cluster.until(1, |_| true).await.unwrap().certified_height;
    cluster.until(0, |status| status.certified_height >= height).await.unwrap();
    proxies.heal();
    load.progress(5).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// v3 hears everybody and nobody hears v3; then what v2 sends comes late.
#[tokio::test(flavor = "multi_thread")]
async fn one_validator_is_mute_and_then_another_one_slow() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, proxies, load) = four_under_load(directory.path()).await;
    for other in 0..3 {
        proxies.block_one_way(3, other, true);
    }
    load.progress(15).await.unwrap();
    proxies.heal();
    proxies.delay(2, Duration::from_millis(1_500));
    load.progress(15).await.unwrap();
    proxies.heal();
    load.progress(5).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

//! Processes that die or are stopped in their tracks.

use super::{four_under_load, nothing_is_acknowledged, setting};
use countersign_tests::cluster::check::{Votes, check};

/// D1: a random validator is killed with -9 again and again under load, `COUNTERSIGN_KILLS` times.
#[tokio::test(flavor = "multi_thread")]
async fn random_validators_are_killed_under_load() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    let kills = setting("COUNTERSIGN_KILLS", 20);
    let mut random = setting("COUNTERSIGN_SEED", std::process::id());
    println!("COUNTERSIGN_SEED={random}");
    for _ in 0..kills {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let victim = u16::try_from(random >> 16 & 3).unwrap();
        load.progress(1 + usize::try_from(random >> 20 & 7).unwrap()).await.unwrap();
        cluster.kill(victim).unwrap();
        load.progress(3).await.unwrap();
        cluster.spawn(victim).unwrap();
        cluster.ready(victim).await.unwrap();
    }
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_validators_are_killed_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    for _ in 0..2 {
        for victim in 0..4 {
            cluster.kill(victim).unwrap();
        }
        for victim in 0..4 {
            cluster.spawn(victim).unwrap();
        }
        for victim in 0..4 {
            cluster.ready(victim).await.unwrap();
        }
        load.progress(10).await.unwrap();
    }
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// L3, for `COUNTERSIGN_PAUSE_SECONDS` more than it takes to see that nothing is acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn two_validators_are_paused_and_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    for paused in [2, 3] {
        cluster.pause(paused, true).unwrap();
    }
    nothing_is_acknowledged(&load).await;
    let more = setting("COUNTERSIGN_PAUSE_SECONDS", 5);
    tokio::time::sleep(std::time::Duration::from_secs(more.into())).await;
    for paused in [2, 3] {
        cluster.pause(paused, false).unwrap();
    }
    load.progress(10).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// SIGTERM ends a node within ten seconds and in order; with three of four the network goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_stops_gracefully_and_the_rest_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    cluster.stop(1).unwrap();
    load.progress(5).await.unwrap();
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

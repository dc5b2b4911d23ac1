//! Disks that fail, fill up or lose what was not synced.

use super::{four_under_load, progress};
use countersign_api::At;
use countersign_api::method::node::State;
use countersign_tests::cluster::check::{Votes, check, total};
use countersign_tests::mount::{Mount, run};
use countersign_tests::skip::skipped;
use std::process::{Command, Stdio};
use std::time::Instant;

/// D3: syncs fail, from the first or a later one on. The node stops, whichever file it was, and signs nothing after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_syncs_fail_stops() {
    if run(Command::new("strace").args(["-qq", "-e", "trace=none", "true"])).is_err() {
        return skipped("strace is missing or may not trace");
    }
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    for first in [1, 2, 5] {
        let process = cluster.process(1).unwrap().to_string();
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={first}+");
        let log = directory.path().join("strace.log");
        let mut strace = Command::new("strace")
            .args(["-f", "-qq", "-p", &process, "-e", "trace=fsync,fdatasync", "-e", &inject, "-o"])
            .arg(&log)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let injected = || std::fs::read_to_string(&log).unwrap_or_default().contains("INJECTED");
        let begun = Instant::now();
        while !injected() && begun.elapsed().as_secs() < 60 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let failed = Instant::now();
        let status = cluster.ended(1).await.unwrap();
        println!("stopped {:?} after the first sync that failed: {status}", failed.elapsed());
        assert!(injected() && !status.success());
        assert!(cluster.log_holds(1, "the node stopped itself"), "{}", cluster.log_tail(1));
        strace.wait().unwrap();
        std::fs::remove_file(&log).unwrap();
        progress(&cluster, &load, 3).await;
        cluster.spawn(1).unwrap();
        cluster.ready(1).await.unwrap();
    }
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// D5: voting stops before any write fails, what is there can be read, and voting goes on when there is room.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_whose_disk_fills_waits_for_room() {
    let directory = tempfile::tempdir().unwrap();
    let Some(_mount) = Mount::memory(&directory.path().join("v1/data"), 900) else { return };
    let ballast = directory.path().join("v1/data/ballast");
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    for _ in 0..2 {
        run(Command::new("fallocate").args(["-l", "620M"]).arg(&ballast)).unwrap();
        let full = cluster.until(1, |status| status.state == State::DiskFull).await.unwrap();
        progress(&cluster, &load, 10).await;
        let later = cluster.until(1, |_| true).await.unwrap();
        assert_eq!((later.state, later.certified_height), (State::DiskFull, full.certified_height));
        assert!(total(&cluster.client(1).unwrap(), At::Final).await.unwrap() > 0, "reads go on");
        std::fs::remove_file(&ballast).unwrap();
        cluster.ready(1).await.unwrap();
        progress(&cluster, &load, 5).await;
    }
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// D2: all validators lose power at once. Their file system is copied below the mount while they are stopped in their
/// tracks, so what they had not synced is lost with the page cache.
#[tokio::test(flavor = "multi_thread")]
async fn all_validators_lose_power() {
    let directory = tempfile::tempdir().unwrap();
    let [image, copy, at] = ["disk.img", "copy.img", "net"].map(|name| directory.path().join(name));
    let mut mount = Mount::ext4(&image, &at, 4_096);
    if mount.is_none() {
        return;
    }
    let (mut cluster, _proxies, load) = four_under_load(&at).await;
    // What `testnet` wrote is not what is looked at.
    run(Command::new("sync").arg("-f").arg(&at)).unwrap();
    progress(&cluster, &load, 50).await;
    for node in 0..4 {
        cluster.pause(node, true).unwrap();
    }
    run(Command::new("cp").arg("--sparse=always").args([&image, &copy])).unwrap();
    for node in 0..4 {
        cluster.kill(node).unwrap();
    }
    drop(mount.take());
    mount = Some(Mount::image(&copy, &at).unwrap());
    for node in 0..4 {
        cluster.spawn(node).unwrap();
    }
    for node in 0..4 {
        cluster.ready(node).await.unwrap();
    }
    progress(&cluster, &load, 10).await;
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
    // The processes first.
    drop(cluster);
    drop(mount);
}

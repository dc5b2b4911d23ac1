//! Backups that are restored, and blocks that a disk damaged and peers bring again.

use super::{four_under_load, progress};
use countersign_api::At;
use countersign_api::method::chain::{Block, ChainGetBlock, GetBlockParams};
use countersign_api::method::contract::{ContractListEvents, ListEventsParams};
use countersign_client::{Client, Unverified};
use countersign_ledger::store::{Batch, Direction, KeyRange, Space};
use countersign_ledger::{RocksStore, Store};
use countersign_tests::cluster::check::{Votes, check, total};
use countersign_tests::cluster::load::Load;
use countersign_tests::cluster::{Cluster, program};
use countersign_tests::directory;
use countersign_types::Height;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn countersignd(cluster: &Cluster, node: u16, command: &str, arguments: &[&Path]) -> Output {
    Command::new(program("countersignd").unwrap())
        .arg(command)
        .args(arguments)
        .arg("--config")
        .arg(cluster.config(node))
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A backup of a validator under load is restored where the whole data directory was lost, the journal too.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_validator_is_restored() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    let backup = directory.path().join("backup");
    let done = countersignd(&cluster, 1, "backup", &[&backup]);
    assert!(done.status.success(), "{}", said(&done));
    let manifest: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let height = manifest["height"].as_u64().unwrap();
    assert!(height > 0 && !backup.join("votes.journal").exists());
    // Never over anything, and never a part.
    let again = countersignd(&cluster, 1, "backup", &[&backup]);
    assert!(!again.status.success() && said(&again).contains("exists"), "{}", said(&again));
    assert!(!directory.path().join("backup.partial").exists());
    progress(&cluster, &load, 20).await;

    cluster.kill(1).unwrap();
    let refused = countersignd(&cluster, 1, "restore", &[&backup]);
    assert!(!refused.status.success() && said(&refused).contains("is not empty"), "{}", said(&refused));
    std::fs::remove_dir_all(cluster.home(1).join("data")).unwrap();
    // One bit of one table: the restore notices and leaves nothing.
    let damaged = directory.path().join("damaged");
    directory::copy(&backup, &damaged).unwrap();
    flip_a_table(&damaged.join("ledger"));
    let refused = countersignd(&cluster, 1, "restore", &[&damaged]);
    assert!(!refused.status.success(), "{}", said(&refused));
    assert!(!cluster.home(1).join("data/ledger").exists());

    let restored = countersignd(&cluster, 1, "restore", &[&backup]);
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(said(&restored).contains("sound"), "{}", said(&restored));
    assert!(!cluster.home(1).join("data/votes.journal").exists());
    cluster.spawn(1).unwrap();
    let status = cluster.ready(1).await.unwrap();
    assert!(status.certified_height.0 >= height);
    progress(&cluster, &load, 10).await;
    // A stopped node's ledger is copied without it.
    cluster.stop(1).unwrap();
    let offline = countersignd(&cluster, 1, "backup", &[&directory.path().join("offline")]);
    assert!(offline.status.success(), "{}", said(&offline));
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// Rows of old blocks are damaged on a validator's disk. It goes on voting, serves none of it, and brings it again from its
/// peers.
#[tokio::test(flavor = "multi_thread")]
async fn damaged_blocks_come_again_from_peers() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    progress(&cluster, &load, 40).await;
    let sound = [2u64, 3, 4, 5].map(|height| (height, At::Height(Height(height))));
    let client = cluster.client(1).unwrap();
    let mut expected = Vec::new();
    for (_, at) in sound {
        expected
            .push(client.unverified().call::<ChainGetBlock>(&GetBlockParams { at }).await.unwrap().into_said().data);
    }
    cluster.stop(1).unwrap();
    let store = RocksStore::open(&cluster.home(1).join("data/ledger")).unwrap();
    let mut batch = Batch::default();
    for (height, space) in [(2, Space::Headers), (3, Space::Bodies), (4, Space::Receipts), (5, Space::Certificates)] {
        let key = u64::to_be_bytes(height);
        let mut row = store.get(space, &key).unwrap().unwrap();
        let middle = row.len() / 2;
        row[middle] ^= 16;
        batch.put(space, key, row);
    }
    store.write(batch, true).unwrap();
    drop(store);
    let found = countersignd(&cluster, 1, "verify", &[]);
    assert!(!found.status.success() && said(&found).contains("height 3"), "{}", said(&found));
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    let begun = Instant::now();
    for ((height, at), expected) in sound.into_iter().zip(expected) {
        let answer = loop {
            match client.unverified().call::<ChainGetBlock>(&GetBlockParams { at }).await.map(Unverified::into_said) {
                Ok(answer) => break answer,
                Err(cause) => again(&cluster, begun, &cause.to_string()).await,
            }
        };
        // A certificate that came from a peer may hold the signatures of another quorum.
        let what = |block: Block| (block.header, block.transactions, block.result);
        assert!(answer.data.certificate.is_some(), "height {height}");
        assert_eq!(what(answer.data), what(expected), "height {height}");
    }
    // Blocks are answered without receipts; a search for events reads those.
    while let Err(cause) = client.unverified().call::<ContractListEvents>(&ListEventsParams::default()).await {
        again(&cluster, begun, &cause.to_string()).await;
    }
    progress(&cluster, &load, 20).await;
    assert!(total(&client, At::Final).await.unwrap() > 0);
    assert!(cluster.log_holds(1, "written anew from what peers sent"), "{}", cluster.log_tail(1));
    let acknowledged = load.stop().await;
    // This verifies the whole database of each.
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// Waits for a repair that must come.
async fn again(cluster: &Cluster, begun: Instant, cause: &str) {
    assert!(begun.elapsed() < Duration::from_secs(60), "{cause}\n{}", cluster.log_tail(1));
    tokio::time::sleep(Duration::from_millis(50)).await;
}

fn flip_a_table(ledger: &Path) {
    let tables = std::fs::read_dir(ledger).unwrap().map(|entry| entry.unwrap().path());
    let table = tables
        .filter(|path| path.extension().is_some_and(|extension| extension == "sst"))
        .max_by_key(|path| path.metadata().unwrap().len())
        .unwrap();
    let mut bytes = std::fs::read(&table).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(&table, bytes).unwrap();
}

/// A row of the state is damaged, which no peer can send. The ledger is made again from the node's own blocks, which loses
/// nothing, or else from a snapshot of the peers; the vote journal stays, and the node votes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_state_is_made_again_from_own_blocks_or_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    progress(&cluster, &load, 40).await;
    cluster.stop(1).unwrap();
    let data = cluster.home(1).join("data");
    let journal = std::fs::metadata(data.join("votes.journal")).unwrap().len();
    damage_state(&data.join("ledger"));
    let found = countersignd(&cluster, 1, "verify", &[]);
    assert!(!found.status.success() && !said(&found).contains("sound"), "{}", said(&found));

    let replayed = countersignd(&cluster, 1, "replay", &[Path::new("--replace")]);
    assert!(replayed.status.success(), "{}", said(&replayed));
    assert!(data.join("ledger.damaged").exists() && !data.join("replay").exists());
    let found = countersignd(&cluster, 1, "verify", &[]);
    assert!(found.status.success() && said(&found).contains("sound"), "{}", said(&found));
    let again = countersignd(&cluster, 1, "replay", &[Path::new("--replace")]);
    assert!(!again.status.success() && said(&again).contains("move it away first"), "{}", said(&again));
    votes_on(&mut cluster, &load, journal).await;

    // The same damage where the blocks are not to be had here.
    for node in [0, 2, 3] {
        cluster.stop(node).unwrap();
        cluster.configure(node, "snapshot", "interval_blocks = 16").unwrap();
        cluster.spawn(node).unwrap();
        cluster.ready(node).await.unwrap();
    }
    let offered =
        |cluster: &Cluster| std::fs::read_dir(cluster.home(0).join("data/snapshots")).map_or(0, Iterator::count);
    while offered(&cluster) == 0 {
        progress(&cluster, &load, 4).await;
    }
    cluster.stop(1).unwrap();
    damage_state(&data.join("ledger"));
    let journal = std::fs::metadata(data.join("votes.journal")).unwrap().len();
    std::fs::remove_dir_all(data.join("ledger")).unwrap();
    cluster.configure(1, "sync", "mode = \"snapshot\"\nsnapshot_height_min = 1").unwrap();
    votes_on(&mut cluster, &load, journal).await;
    assert!(cluster.log_holds(1, "restoring the ledger from it"), "{}", cluster.log_tail(1));
    let acknowledged = load.stop().await;
    // Of one that joined by a snapshot, the blocks before it are not there to be compared.
    check(&mut cluster, &[0, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// Rows of the state are damaged on a validator's disk, among them what it needs to start and what clients ask for. It notices, brings
/// them from its peers in the same process, and votes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_state_is_mended_from_peers() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies, load) = four_under_load(directory.path()).await;
    progress(&cluster, &load, 40).await;
    let mut acknowledged = load.stop().await;
    let data = cluster.home(1).join("data");
    cluster.stop(1).unwrap();
    damage_state(&data.join("ledger"));
    let found = countersignd(&cluster, 1, "verify", &[]);
    assert!(!found.status.success() && !said(&found).contains("sound"), "{}", said(&found));
    cluster.spawn(1).unwrap();
    let begun = Instant::now();
    let other = total(&cluster.client(0).unwrap(), At::Final).await.unwrap();
    loop {
        match total(&cluster.client(1).unwrap(), At::Final).await {
            // What was sent last may have been agreed since.
            Ok(found) if found >= other => break,
            Ok(found) => again(&cluster, begun, &format!("{found} instead of {other}")).await,
            Err(cause) => again(&cluster, begun, &format!("{cause:?}")).await,
        }
    }
    assert!(cluster.log_holds(1, "parts of the state are damaged"), "{}", cluster.log_tail(1));
    assert!(cluster.log_holds(1, "and is whole"), "{}", cluster.log_tail(1));
    assert!(!data.join("ledger.suspect").exists() && !data.join("ledger.damaged").exists());
    let load = Load::start(&cluster, 0..4).await.unwrap();
    let journal = std::fs::metadata(data.join("votes.journal")).unwrap().len();
    cluster.stop(1).unwrap();
    let found = countersignd(&cluster, 1, "verify", &[]);
    assert!(found.status.success() && said(&found).contains("sound"), "{}", said(&found));
    votes_on(&mut cluster, &load, journal).await;
    acknowledged.extend(load.stop().await);
    check(&mut cluster, &[0, 1, 2, 3], &acknowledged, Votes::Consistent).await.unwrap();
}

/// Starts node 1, sees that no block comes without its votes, and that it has the state of the others.
async fn votes_on(cluster: &mut Cluster, load: &Load, journal: u64) {
    cluster.spawn(1).unwrap();
    cluster.ready(1).await.unwrap();
    cluster.stop(3).unwrap();
    progress(cluster, load, 20).await;
    assert!(std::fs::metadata(cluster.home(1).join("data/votes.journal")).unwrap().len() != journal);
    let height = cluster.until(1, |_| true).await.unwrap().certified_height;
    cluster.until(0, |status| status.certified_height >= height).await.unwrap();
    let (own, other) = (cluster.client(1).unwrap(), cluster.client(0).unwrap());
    let at = At::Height(height);
    assert_eq!(total(&own, at).await.unwrap(), total(&other, at).await.unwrap());
    let block = async |client: &Client| {
        client.unverified().call::<ChainGetBlock>(&GetBlockParams { at }).await.unwrap().into_said().data.result
    };
    assert_eq!(block(&own).await, block(&other).await, "the same root");
    cluster.spawn(3).unwrap();
    cluster.ready(3).await.unwrap();
}

/// Flips a bit of every row of values, of which each holds many.
fn damage_state(ledger: &Path) {
    let store = RocksStore::open(ledger).unwrap();
    let mut batch = Batch::default();
    for (key, mut row) in store.scan(Space::Values, &KeyRange::all(), Direction::Forward, 1_000).unwrap() {
        let middle = row.len() / 2;
        row[middle] ^= 1;
        batch.put(Space::Values, key, row);
    }
    store.write(batch, true).unwrap();
}

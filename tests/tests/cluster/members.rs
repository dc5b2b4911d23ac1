//! Changes of the validators, as operators make them (`node/docs/operate.md`), under load.

use super::progress;
use countersign_api::method::consensus::ConsensusStatus;
use countersign_api::method::node::State;
use countersign_api::{At, NoParams};
use countersign_client::light::{self, NotFollowed};
use countersign_client::verify::{self, Light, Refusal};
use countersign_tests::cluster::check::{Votes, check};
use countersign_tests::cluster::load::Load;
use countersign_tests::cluster::{Cluster, program, settings};
use countersign_types::Epoch;
use std::process::Command;
use std::time::{Duration, Instant};

/// Has the admins of these organisations vote by the same command.
fn vote(cluster: &Cluster, organisations: &[u16], arguments: &[&str]) {
    for organisation in organisations {
        let output = Command::new(program("countersign").unwrap())
            .args(["--rpc", &cluster.url(4), "--key"])
            .arg(cluster.key(&format!("org{organisation}/admin")))
            .arg("validator")
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Waits until these nodes are in an epoch.
async fn epoch(cluster: &Cluster, nodes: &[u16], wanted: u64) {
    for node in nodes {
        let (client, begun) = (cluster.client(*node).unwrap(), Instant::now());
        while client.unverified().call_again::<ConsensusStatus>(&NoParams {}).await.unwrap().into_said().epoch
            < Epoch(wanted)
        {
            assert!(begun.elapsed() < Duration::from_secs(120), "v{node}: {}", cluster.log_tail(*node));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Has a light client follow these nodes, each of which it must come to an epoch by.
async fn follow(cluster: &Cluster, light: &mut Light, nodes: &[u16], epoch: u64) {
    for node in nodes {
        let begun = Instant::now();
        loop {
            let before = light.height();
            let heard = light::follow(light, &[cluster.client(*node).unwrap()]).await;
            // A node may be some blocks behind the one asked before it, and so in an epoch before.
            let is_behind = matches!(heard[0].outcome, Err(NotFollowed::Refused(Refusal::Older { .. })));
            assert!(heard[0].outcome.is_ok() || is_behind, "v{node}: {heard:?}");
            assert!(light.height() >= before);
            if light.epoch().epoch == Epoch(epoch) {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "v{node}: {:?}", light.epoch());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_join_leave_are_replaced_and_rotate_their_keys() {
    let directory = tempfile::tempdir().unwrap();
    let (mut cluster, _proxies) = Cluster::with_proxies(directory.path(), 4, 2).await.unwrap();
    let keys: Vec<_> = cluster.keys().to_vec();
    let (name, network) =
        (|node: usize| keys[node].validator.to_string(), |node: usize| keys[node].network.to_string());
    let load = Load::start(&cluster, 0..4).await.unwrap();
    let genesis = std::fs::read(cluster.genesis()).unwrap();
    let mut light = Light::begin(&verify::trusted(&genesis).unwrap());
    follow(&cluster, &mut light, &[0, 1, 2, 3], 0).await;

    // Who is to join follows first.
    for spare in [4, 5] {
        cluster.spawn(spare).unwrap();
        cluster.until(spare, |status| status.state == State::Following && status.certified_height.0 > 1).await.unwrap();
    }
    vote(&cluster, &[0, 1, 2], &["add", "org0", "--validator-key", &name(4), "--network-key", &network(4)]);
    epoch(&cluster, &[0, 1, 2, 3, 4, 5], 1).await;
    cluster.until(4, |status| status.state == State::Voting).await.unwrap();
    progress(&cluster, &load, 10).await;
    // Who joined and who only follows lead a light client as well as the founders do.
    follow(&cluster, &mut light, &[4, 5], 1).await;

    vote(&cluster, &[0, 1, 2], &["remove", "org3"]);
    epoch(&cluster, &[0, 1, 2, 3, 4, 5], 2).await;
    cluster.until(3, |status| status.state == State::Following).await.unwrap();
    progress(&cluster, &load, 10).await;

    let new = ["replace", "org2", "--organisation", "org3", "--validator-key", &name(5), "--network-key", &network(5)];
    vote(&cluster, &[0, 1, 2], &new);
    epoch(&cluster, &[0, 1, 2, 3, 4, 5], 3).await;
    cluster.until(5, |status| status.state == State::Voting).await.unwrap();
    cluster.until(2, |status| status.state == State::Following).await.unwrap();
    progress(&cluster, &load, 10).await;

    // A new validator key has a journal of its own; both are put in place once the epoch that names the key has begun.
    let (home, fresh) = (cluster.home(1), cluster.home(1).join("fresh"));
    let in_fresh = |name: &str| fresh.join(name).to_str().unwrap().to_owned();
    let flags = ["--data-dir", &in_fresh(""), "--validator-key", &in_fresh("validator.key")];
    let rotated = settings::init(&cluster.config(1), &flags).unwrap();
    assert_eq!(rotated.network, keys[1].network, "the network key stays");
    vote(&cluster, &[0, 1, 3], &["replace", "org1", "--validator-key", &rotated.validator.to_string()]);
    epoch(&cluster, &[0, 1, 4, 5], 4).await;
    cluster.stop(1).unwrap();
    std::fs::rename(in_fresh("validator.key"), home.join("validator.key")).unwrap();
    std::fs::rename(in_fresh("votes.journal"), home.join("data/votes.journal")).unwrap();
    cluster.spawn(1).unwrap();
    cluster.until(1, |status| status.state == State::Voting && status.key == Some(rotated.validator)).await.unwrap();
    progress(&cluster, &load, 10).await;

    let (home, fresh) = (cluster.home(0), cluster.home(0).join("fresh"));
    let in_fresh = |name: &str| fresh.join(name).to_str().unwrap().to_owned();
    let (data, validator, network) = (in_fresh(""), in_fresh("validator.key"), in_fresh("network.key"));
    let flags = ["--data-dir", &data, "--validator-key", &validator, "--network-key", &network];
    let rotated = settings::init(&cluster.config(0), &flags).unwrap();
    vote(&cluster, &[0, 1, 3], &["replace", &name(0), "--network-key", &rotated.network.to_string()]);
    epoch(&cluster, &[0, 1, 4, 5], 5).await;
    cluster.stop(0).unwrap();
    std::fs::rename(network, home.join("network.key")).unwrap();
    cluster.spawn(0).unwrap();
    cluster.until(0, |status| status.state == State::Voting && status.peers >= 5).await.unwrap();
    // All four are needed with one of them away.
    cluster.stop(4).unwrap();
    progress(&cluster, &load, 10).await;
    cluster.spawn(4).unwrap();
    cluster.until(4, |status| status.state == State::Voting).await.unwrap();
    // Over the four changes since then, and from the genesis over all of them.
    follow(&cluster, &mut light, &[0, 1, 2, 3, 4, 5], 5).await;
    let mut late = Light::begin(&verify::trusted(&genesis).unwrap());
    follow(&cluster, &mut late, &[3], 5).await;
    // What it came to is a root for answers that are verified.
    cluster.until(4, |status| status.certified_height >= light.height()).await.unwrap();
    let root = light.checkpoint().unwrap().clone().trust().unwrap();
    let auditor = cluster.client(4).unwrap().trusting(root);
    let account = auditor.account(&"org0/admin".parse().unwrap(), At::Final).await.unwrap();
    assert!(account.data().is_some() && account.height() >= light.height());

    let acknowledged = load.stop().await;
    check(&mut cluster, &[0, 1, 2, 3, 4, 5], &acknowledged, Votes::Consistent).await.unwrap();
}

//! Real processes: what happens to them, and that nothing acknowledged is lost. `tests/README.md` lists the scenarios. Each
//! ends with the same check of all ledgers and all acknowledgements (`countersign_tests::cluster::check`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod audit;
mod capture;
#[path = "../../../contracts/epcis/tests/support/corpus.rs"]
mod corpus;
mod crash;
mod custody;
mod disk;
mod flips;
mod history;
mod members;
mod memory;
mod partition;
mod refuse;
mod repair;
#[path = "../../../contracts/epcis/tests/support/scenario.rs"]
mod scenario;
mod snapshot;
mod trace;

use countersign_api::NoParams;
use countersign_api::method::consensus::ConsensusStatus;
use countersign_api::method::node::NodeStatus;
use countersign_tests::cluster::Cluster;
use countersign_tests::cluster::load::Load;
use countersign_tests::proxy::Proxies;
use std::time::Duration;

/// Four validators behind proxies, and a client at each.
async fn four_under_load(directory: &std::path::Path) -> (Cluster, Proxies, Load) {
    let (cluster, proxies) = Cluster::with_proxies(directory, 4, 0).await.unwrap();
    let load = Load::start(&cluster, 0..4).await.unwrap();
    progress(&cluster, &load, 8).await;
    (cluster, proxies, load)
}

/// Waits until so many more transactions are acknowledged; if that never happens, says where each node stands.
async fn progress(cluster: &Cluster, load: &Load, more: usize) {
    let Err(cause) = load.progress(more).await else { return };
    for node in 0..cluster.count() {
        let client = cluster.client(node).unwrap();
        println!("v{node}: {:?}", client.unverified().call::<NodeStatus>(&NoParams {}).await);
        println!("{:?}\n{}", client.unverified().call::<ConsensusStatus>(&NoParams {}).await, cluster.log_tail(node));
    }
    panic!("{cause}");
}

/// While no quorum can talk, nothing is acknowledged that was not agreed before; for a while, since that cannot be shown
/// for ever.
async fn nothing_is_acknowledged(load: &Load) {
    // What was agreed before the last message got through.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = load.count();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(load.count(), before, "acknowledged without a quorum");
}

/// A number from the environment, for longer runs than CI's.
fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

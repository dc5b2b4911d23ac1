//! Nodes that refuse to start, and say why.

use countersign_tests::cluster::{Cluster, program};
use std::process::Command;

/// What a node says that refuses to start.
fn refusal(cluster: &Cluster, arguments: &[&str]) -> String {
    let output = Command::new(program("countersignd").unwrap())
        .args(["start", "--config"])
        .arg(cluster.config(0))
        .args(arguments)
        .output()
        .unwrap();
    assert!(!output.status.success(), "the node started");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_node_refuses_to_start_and_says_why() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cluster = Cluster::create(one.path(), 4, 0, &[]).unwrap();
    let foreign = Cluster::create(two.path(), 4, 0, &[]).unwrap();
    let genesis = foreign.genesis();
    let said = refusal(&cluster, &["--genesis", genesis.to_str().unwrap()]);
    assert!(said.contains("genesis of another network"), "{said}");
    assert!(!cluster.home(0).join("data/ledger").exists(), "a ledger was made from a foreign genesis");

    let key = cluster.home(0).join("validator.key");
    let mode = |mode| std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o644);
    let said = refusal(&cluster, &[]);
    assert!(said.contains("chmod 600"), "{said}");
    mode(0o600);

    let other = cluster.home(1).join("network.key");
    let said = refusal(&cluster, &["--network-key", other.to_str().unwrap()]);
    assert!(said.contains("that of another validator, which org1 runs"), "{said}");

    let file = cluster.config(0);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("datadir = \"x\"\n{text}")).unwrap();
    let said = refusal(&cluster, &[]);
    assert!(said.contains("unknown key `datadir`") && said.contains("data_dir"), "{said}");
}

/// A second process in a directory that one runs in touches neither ledger nor journal.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_run_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 1, &[]).await.unwrap();
    let said = refusal(&cluster, &["--rpc-listen", "127.0.0.1:0", "--network-listen", "127.0.0.1:0"]);
    assert!(said.contains("another process uses it"), "{said}");
    cluster.stop(0).unwrap();
}

/// Keys and journals are made together and never overwritten.
#[test]
fn init_overwrites_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::create(directory.path(), 1, 1, &[]).unwrap();
    for node in [0, 1] {
        let refused = countersign_tests::cluster::settings::init(&cluster.config(node), &[]).unwrap_err().to_string();
        assert!(refused.contains("a validator key is never overwritten"), "{refused}");
        std::fs::remove_file(cluster.home(node).join("validator.key")).unwrap();
        let refused = countersign_tests::cluster::settings::init(&cluster.config(node), &[]).unwrap_err().to_string();
        assert!(refused.contains("a vote journal is never overwritten"), "{refused}");
    }
}

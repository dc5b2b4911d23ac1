//! An auditor takes proof files of every kind from a running network with the command, and checks them without it.

use countersign_client::contract;
use countersign_tests::cluster::{Cluster, contract_module, program};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const BOWL: &str = "urn:epc:id:sgtin:9521322.000301.a1";
const LOT: &str = "urn:epc:class:lgtin:9521321.000101.SPINACH-0901";
const DOCUMENTS: [&str; 4] = ["1-farm", "2-packer", "3-distribution", "4-shops"];

struct Auditor<'a> {
    cluster: &'a Cluster,
    directory: &'a Path,
}

impl Auditor<'_> {
    fn command(&self, account: &str, arguments: &[&str]) -> Output {
        Command::new(program("countersign").unwrap())
            .args(["--json", "--rpc", &self.cluster.url(0), "--key"])
            .arg(self.cluster.key(account))
            .args(arguments)
            .current_dir(self.directory)
            .output()
            .unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Value {
        let output = self.command("org0/auditor", arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The exit code, and what is said, of a command that is refused.
    fn refused(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.command("org0/auditor", arguments);
        assert!(output.stdout.is_empty(), "{arguments:?}");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Exports, and verifies against a genesis; answers what the export told and what the file shows.
    fn export(&self, arguments: &[&str]) -> (Value, Value) {
        let export = [&["proof", "export", "-o", "file.json"], arguments].concat();
        let told = self.run(&export);
        let genesis = self.cluster.genesis();
        let shown = self.run(&["proof", "verify", "file.json", "--genesis", genesis.to_str().unwrap()]);
        assert_eq!(told["kind"], shown["kind"], "{arguments:?}");
        (told, shown)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_proof_is_taken_from_a_network_and_checked_without_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(&directory.path().join("net"), 1, &[]).await.unwrap();
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let code = contract_module("provenance").unwrap();
    let _deployed = contract::deploy(&signer, "org0/provenance", code, &Value::Null, None).await.unwrap();
    let auditor = Auditor { cluster: &cluster, directory: directory.path() };
    for document in DOCUMENTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/demo/{document}.json"));
        let output = auditor.command("org0/erp", &["epcis", "capture", path.to_str().unwrap()]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    // An item's history, now and as of the block before the last event of it.
    let (_, history) = auditor.export(&[BOWL]);
    let events = history["verified"]["answer"]["events"].as_array().unwrap();
    let last = events.iter().map(|event| event["height"].as_u64().unwrap()).max().unwrap();
    let before = (last - 1).to_string();
    let (_, then) = auditor.export(&[BOWL, "--at", &before]);
    assert_eq!(then["asOf"], last - 1, "{then}");
    let fewer = then["verified"]["answer"]["events"].as_array().unwrap();
    assert!(!fewer.is_empty() && fewer.len() < events.len(), "{then}");
    let (_, forward) = auditor.export(&[LOT, "--query", "forward"]);
    assert!(forward["verified"]["answer"]["products"].as_array().unwrap().len() > 3);

    // Its log by pages, which make up the whole.
    let (_, whole) = auditor.export(&[LOT, "--query", "log"]);
    let records = whole["verified"]["records"].as_array().unwrap();
    assert!(records.len() > 1 && whole["verified"]["count"] == records.len(), "{whole}");
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = cursor.as_deref().map_or(vec![], |cursor| vec!["--cursor", cursor]);
        let (told, shown) = auditor.export(&[&[LOT, "--query", "log", "--limit", "1"], page.as_slice()].concat());
        found.extend(shown["verified"]["records"].as_array().unwrap().clone());
        cursor = told["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(&found, records);

    // Events, and the transactions that announced them.
    let listed = auditor.run(&["contract", "events", "org0/provenance"]);
    let listed = listed.as_array().unwrap();
    assert!(!listed.is_empty());
    for event in listed.iter().take(3) {
        let place = format!("{}:{}", event["height"], event["index"]);
        let (_, shown) = auditor.export(&["--event", &place]);
        assert_eq!(shown["verified"]["event"]["name"], event["event"]["name"]);
        let id = event["transaction"].as_str().unwrap();
        let (_, shown) = auditor.export(&["--tx", id]);
        assert_eq!((&shown["verified"]["id"], &shown["verified"]["receipt"]["height"]), (&id.into(), &event["height"]));
    }

    // State entries, there and not there, and what pins them.
    let (_, present) = auditor.export(&["--account", "org0/erp"]);
    assert!(present["verified"]["entries"][0]["value"].is_string());
    let (_, absent) = auditor.export(&["--account", "org0/nobody"]);
    assert!(absent["verified"]["entries"][0]["value"].is_null());
    let (_, stored) = auditor.export(&["--storage", "n"]);
    assert!(stored["verified"]["entries"][0]["value"].is_string(), "the number of records");
    let genesis = cluster.genesis();
    auditor.run(&["proof", "checkpoint", "file.json", "--genesis", genesis.to_str().unwrap(), "-o", "pin.json"]);
    let pinned = auditor.run(&["proof", "verify", "file.json", "--checkpoint", "pin.json", "--max-age", "600"]);
    assert_eq!((&pinned["basis"]["root"]["kind"], &pinned["verified"]), (&"checkpoint".into(), &stored["verified"]));

    // What there is no proof of, each with its reason.
    let unknown = format!("0x{}", "ab".repeat(32));
    for (arguments, said) in [
        (&["--tx", unknown.as_str()][..], "knows no transaction"),
        (&["--event", "1:999"], "has no event 999"),
        (&["--event", "999999:0"], "not certified yet"),
        (&[LOT, "--query", "log", "--cursor", "00"], "nextCursor"),
    ] {
        let (code, words) = auditor.refused(&[&["proof", "export", "-o", "none.json"], arguments].concat());
        assert!(matches!(code, Some(1 | 3)) && words.contains(said), "{arguments:?}: {code:?} {words}");
    }
    for arguments in [&[][..], &[BOWL, "--tx", &unknown], &["--event", "1"], &[BOWL, "--limit", "3"]] {
        let (code, words) = auditor.refused(&[&["proof", "export", "-o", "none.json"], arguments].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {words}");
    }
    assert!(!directory.path().join("none.json").exists());
    cluster.stop(0).unwrap();
}

//! An auditor takes proof files of every kind from a running network with the command, and checks them without it.

use countersign_client::contract;
use countersign_epcis::Identifier;
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

    reports(&auditor, &genesis);
    queries(&auditor);

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

/// A sheet as a file, and the proof beside it from which the same sheet is found again.
fn reports(auditor: &Auditor<'_>, genesis: &Path) {
    let said = auditor.run(&["report", "fsma204", LOT]);
    let rows = said["rows"].as_array().unwrap();
    assert!(rows.len() > 2, "{said}");
    for name in ["sheet.csv", "sheet.xlsx"] {
        let told = auditor.run(&["report", "fsma204", LOT, "-o", name]);
        assert_eq!((&told["rows"], &told["complete"]), (&rows.len().into(), &true.into()), "{told}");
        let proof = format!("{name}.proof.json");
        let shown = auditor.run(&["proof", "verify", &proof, "--genesis", genesis.to_str().unwrap()]);
        let report = &shown["verified"]["answer"]["report"];
        assert_eq!(report["rows"], said["rows"], "{shown}");
        assert_eq!(shown["verified"]["query"], "fsma204");
    }
    let text = std::fs::read_to_string(auditor.directory.join("sheet.csv")).unwrap();
    assert_eq!(text.lines().count(), rows.len() + 1, "{text}");
    assert!(text.starts_with("Record,Critical tracking event,Date,") && text.contains("SPINACH-0901"), "{text}");

    // A period that ends before the last row leaves it out, and its proof is one of that period.
    let date = |row: &Value| format!("{}T00:00:00Z", row["cells"][1].as_str().unwrap());
    let last = date(rows.last().unwrap());
    let part = auditor.run(&["report", "fsma204", LOT, "--to", &last, "-o", "part.json"]);
    assert!(part["rows"].as_u64().unwrap() < u64::try_from(rows.len()).unwrap(), "{part}");
    let shown = auditor.run(&["proof", "verify", "part.json.proof.json", "--genesis", genesis.to_str().unwrap()]);
    assert!(shown["verified"]["arguments"]["to"].is_string(), "{shown}");

    // Of a product, all of its lots, with a proof for each.
    let class = Identifier::parse(LOT).unwrap().class().unwrap();
    let told = auditor.run(&["report", "fsma204", class.canonical(), "-o", "product.csv"]);
    let proofs = told["proofs"].as_array().unwrap();
    assert!(told["rows"].as_u64().unwrap() >= u64::try_from(rows.len()).unwrap() && proofs.len() == 2, "{told}");
    assert!(told["notes"].to_string().contains("lots of the product"), "{told}");
    for proof in proofs {
        auditor.run(&["proof", "verify", proof.as_str().unwrap(), "--genesis", genesis.to_str().unwrap()]);
    }
    let (code, words) = auditor.refused(&["report", "fsma204", "https://id.gs1.org/01/09520000000004"]);
    assert!(code == Some(2) && words.contains("no event names a lot"), "{code:?} {words}");

    // Verified before it is shown.
    let contract = ["--contract", "org0/provenance", "--root", genesis.to_str().unwrap()];
    let verified = auditor.run(&[&["report", "fsma204", LOT][..], &contract].concat());
    assert_eq!(verified["rows"], said["rows"]);
    for report in
        [["report", "eudr", LOT], ["report", "dscsa", BOWL], ["report", "passport", BOWL], ["report", "recall", LOT]]
    {
        let verified = auditor.run(&[&report[..], &contract].concat());
        assert_eq!(verified["rows"], auditor.run(&report)["rows"]);
    }
}

/// Events by parameters, page by page; a document of all of them is valid.
fn queries(auditor: &Auditor<'_>) {
    let all = auditor.run(&["epcis", "query", "--limit", "1000"]);
    let all = all["events"].as_array().unwrap();
    let packed = auditor.run(&["epcis", "query", "EQ_bizStep=packing", "EQ_action=[\"ADD\"]"]);
    let packed = packed["events"].as_array().unwrap();
    assert!(!packed.is_empty() && packed.len() < all.len());
    assert!(packed.iter().all(|record| record["event"]["bizStep"] == "packing"), "{packed:?}");
    let (mut found, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = cursor.as_deref().map_or(vec![], |cursor| vec!["--cursor", cursor]);
        let page = auditor.run(&[&["epcis", "query", "orderBy=eventTime", "--limit", "3"], page.as_slice()].concat());
        found.extend(page["events"].as_array().unwrap().clone());
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found.len(), all.len());
    let named = auditor.run(&["epcis", "query", &format!("MATCH_anyEPC={BOWL}"), "--links"]);
    assert!(!named["events"].as_array().unwrap().is_empty());
    assert!(!named.to_string().contains("urn:epc:"), "{named}");
    let (code, words) = auditor.refused(&["epcis", "query", "EQ_bizSteps=packing"]);
    assert!(code == Some(1) && words.contains("`EQ_bizStep`"), "{code:?} {words}");

    let written = auditor.run(&["epcis", "export", "-o", "all.json"]);
    assert_eq!(written["events"], all.len());
    let checked = auditor.run(&["epcis", "validate", "all.json"]);
    assert_eq!((&checked[0]["valid"], checked[0]["events"].as_array().unwrap().len()), (&true.into(), all.len()));
    let again = auditor.command("org0/erp", &["epcis", "capture", "all.json"]);
    let again = String::from_utf8(again.stdout).unwrap();
    let again: Value = serde_json::from_str(again.lines().last().unwrap()).unwrap();
    assert_eq!((&again["duplicate"], &again["accepted"]), (&all.len().into(), &0.into()), "{again}");
}

//! The command without a network: what it prints, where, and with which exit code.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

fn run(directory: &Path, arguments: &[&str]) -> Ran {
    run_with(directory, arguments, "")
}

fn run_with(directory: &Path, arguments: &[&str], input: &str) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .write_stdin(input)
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
fn a_new_key_is_shown_by_its_public_half_only() {
    let directory = tempfile::tempdir().unwrap();
    let made = run(directory.path(), &["key", "new", "--json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let path = directory.path().join(".config/countersign/account.key");
    let file = fs::read_to_string(&path).unwrap();
    let seed = file.lines().nth(1).unwrap();
    assert!(!made.out.contains(seed) && !made.err.contains(seed));
    let shown = run(directory.path(), &["key", "show", "--json"]);
    assert_eq!(shown.json()["public"], made.json()["public"]);

    let again = run(directory.path(), &["key", "new"]);
    assert_eq!((again.code, again.out.as_str()), (2, ""));
    assert!(again.err.contains("exists and is not overwritten"), "{}", again.err);
    assert_eq!(fs::read_to_string(&path).unwrap(), file);
}

#[test]
fn who_holds_a_key_proves_it_for_an_account_without_a_node() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &["key", "new"]).code, 0);
    let chain = format!("0x{}", "07".repeat(32));
    let prove = |account: &str| run(directory.path(), &["key", "prove", account, "--chain", &chain, "--json"]).json();
    let told = prove("acme/gate");
    let proof = countersign_types::KeyProof {
        key: told["public"].as_str().unwrap().parse().unwrap(),
        signature: told["proof"].as_str().unwrap().parse().unwrap(),
    };
    let account = "acme/gate".parse().unwrap();
    assert!(proof.verify(&countersign_types::Hash([7; 32]), &account).is_ok());
    assert!(proof.verify(&countersign_types::Hash([8; 32]), &account).is_err(), "another chain");
    assert_ne!(prove("acme/door")["proof"], told["proof"], "another account");
    let line = run(directory.path(), &["key", "prove", "acme/gate", "--chain", &chain]);
    assert_eq!(line.out.trim(), format!("{}:{}", proof.key, proof.signature));
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(run(directory.path(), &["key", "new", "my.key"]).code, 0);
    fs::set_permissions(directory.path().join("my.key"), fs::Permissions::from_mode(0o644)).unwrap();
    let shown = run(directory.path(), &["--key", "my.key", "key", "show"]);
    assert_eq!(shown.code, 2);
    assert!(shown.err.contains("chmod 600 my.key"), "{}", shown.err);
}

#[test]
fn documents_are_validated_event_by_event() {
    let directory = tempfile::tempdir().unwrap();
    let wrong = sample::document(&sample::events()).replace("\"packing\"", "\"pakking\"");
    fs::write(directory.path().join("good.json"), sample::document(&sample::events())).unwrap();
    fs::write(directory.path().join("wrong.json"), &wrong).unwrap();
    fs::write(directory.path().join("none.json"), "{\"type\": \"Invoice\"}").unwrap();

    let good = run(directory.path(), &["epcis", "validate", "good.json", "--json"]);
    assert_eq!(good.code, 0, "{}", good.err);
    assert_eq!(good.json()[0]["valid"], true);
    assert_eq!(good.json()[0]["events"].as_array().unwrap().len(), 3);

    let both = run(directory.path(), &["epcis", "validate", "good.json", "wrong.json", "none.json", "--json"]);
    assert_eq!(both.code, 1);
    let reports = both.json();
    let event = &reports[1]["events"][1];
    assert_eq!(event["faults"][0]["path"], "$.epcisBody.eventList[1].bizStep");
    assert_eq!(event["eventID"], "urn:uuid:00000000-0000-4000-8000-000000000002");
    assert!(event["hash"].is_null() && reports[1]["events"][0]["hash"].is_string());
    assert_eq!(reports[2]["faults"][0]["rule"], "document.type");

    let table = run(directory.path(), &["epcis", "validate", "wrong.json"]);
    assert_eq!(table.code, 1);
    assert!(table.out.contains("eventList[1]") && table.err.contains("1 files with faults"), "{}", table.out);

    let piped = run_with(directory.path(), &["epcis", "validate", "-"], &wrong);
    assert_eq!(piped.code, 1);
    let missing = run(directory.path(), &["epcis", "validate", "good.json", "absent.json"]);
    assert_eq!((missing.code, missing.out.as_str()), (2, ""));
    assert!(missing.err.contains("cannot read absent.json"), "{}", missing.err);
}

#[test]
fn events_are_named_by_their_cbv_hash_alike_in_json_and_xml() {
    let directory = tempfile::tempdir().unwrap();
    let pair = [
        ("a.xml", include_str!("../../../tests/data/epcis/pairs/version-2-0.xml")),
        ("a.json", include_str!("../../../tests/data/epcis/pairs/version-2-0.jsonld")),
    ];
    for (name, text) in pair {
        fs::write(directory.path().join(name), text).unwrap();
    }
    let both = run(directory.path(), &["epcis", "hash", "a.xml", "a.json", "--json"]);
    assert_eq!(both.code, 0, "{}", both.err);
    let hashes: Vec<String> =
        both.json().as_array().unwrap().iter().map(|event| event["hash"].as_str().unwrap().to_owned()).collect();
    assert_eq!(hashes.len(), 4);
    assert_eq!(hashes[..2], hashes[2..]);
    assert!(hashes.iter().all(|hash| hash.starts_with("ni:///sha-256;") && hash.ends_with("?ver=CBV2.0")));
    let text = run(directory.path(), &["epcis", "hash", "a.json", "--text", "--json"]);
    assert!(text.json()[0]["text"].as_str().unwrap().starts_with("eventType="), "{}", text.out);

    let wrong = pair[1].1.replace("\"DELETE\"", "\"REMOVE\"");
    let refused = run_with(directory.path(), &["epcis", "hash", "-"], &wrong);
    assert_eq!(refused.code, 1);
    assert!(refused.out.contains("REMOVE") && refused.err.contains("1 without a hash"), "{}", refused.err);
}

#[test]
fn what_is_no_report_is_refused_before_a_node_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, said) in [
        (&["report", "fsma204", "urn:epc:id:sgtin:1.2"][..], "urn:epc:id:sgtin:1.2"),
        (&["report", "fsma204", "urn:lot:1", "--from", "yesterday"], "with its time zone"),
        (&["report", "eudr", "urn:lot:1", "-o", "origin.xls"], ".csv, .xlsx or .json"),
        (&["epcis", "query", "shipping"], "NAME=VALUE"),
    ] {
        let refused = run(directory.path(), arguments);
        assert_eq!(refused.code, 2, "{arguments:?}: {}", refused.err);
        assert!(refused.err.contains(said), "{arguments:?}: {}", refused.err);
    }
}

#[test]
fn documents_in_xml_are_validated_with_lines_and_columns() {
    let directory = tempfile::tempdir().unwrap();
    let good = include_str!("../../../tests/data/epcis/pairs/version-2-0.xml");
    fs::write(directory.path().join("good.xml"), good).unwrap();
    fs::write(directory.path().join("wrong.xml"), good.replace(">DELETE<", ">REMOVE<")).unwrap();
    let json = include_str!("../../../tests/data/epcis/pairs/version-2-0.jsonld");
    fs::write(directory.path().join("twin.json"), json).unwrap();

    let both = run(directory.path(), &["epcis", "validate", "good.xml", "twin.json", "--json"]);
    assert_eq!(both.code, 0, "{}", both.err);
    let reports = both.json();
    assert_eq!(reports[0]["events"].as_array().unwrap().len(), 2);
    assert_eq!(reports[0]["events"], reports[1]["events"]);

    let wrong = run(directory.path(), &["epcis", "validate", "wrong.xml", "--json"]);
    assert_eq!(wrong.code, 1);
    let fault = &wrong.json()[0]["events"][1]["faults"][0];
    let list = "/epcisq:EPCISQueryDocument/EPCISBody/QueryResults/resultsBody/EventList";
    assert_eq!(fault["path"], format!("{list}/TransactionEvent/action"));
    assert_eq!(fault["position"], serde_json::json!({ "line": 43, "column": 13 }));
    let table = run(directory.path(), &["epcis", "validate", "wrong.xml"]);
    assert!(table.out.contains("43:13") && table.out.contains("event.action"), "{}", table.out);
}

#[test]
fn what_capture_lets_pass_is_a_warning() {
    let directory = tempfile::tempdir().unwrap();
    let epcs: Vec<String> = (0..1_200).map(|n| format!("\"urn:epc:id:sscc:952132.{n:08}\"")).collect();
    let event = format!(
        r#"{{"type":"ObjectEvent","eventTime":"2026-05-01T08:00:00Z","eventTimeZoneOffset":"+00:00",
            "action":"OBSERVE","epcList":[{}]}}"#,
        epcs.join(",")
    );
    fs::write(directory.path().join("short.json"), event).unwrap();
    let ran = run(directory.path(), &["epcis", "validate", "short.json", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let event = &ran.json()[0]["events"][0];
    assert_eq!((event["faults"].as_array().unwrap().len(), event["warningsOmitted"].as_u64()), (0, Some(200)));
    let warnings = event["warnings"].as_array().unwrap();
    assert_eq!((warnings.len(), &warnings[999]["path"]), (1_000, &Value::from("$.epcList[999]")));
    assert_eq!(warnings[0]["rule"], "identifier.digits");
    assert!(warnings[0]["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    let table = run(directory.path(), &["epcis", "validate", "short.json"]);
    assert!(table.out.contains("warning") && table.out.contains("200 more warnings"), "{}", table.out);
}

#[test]
fn a_proof_is_verified_without_a_network() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(directory.path().join(name), bytes).unwrap();
    let chain = sample::Sample::default();
    let proof = serde_json::to_string(&chain.trace("history", sample::ITEM, 8, None)).unwrap();
    write("genesis.json", &serde_json::to_vec(&sample::genesis()).unwrap());
    write("proof.json", proof.as_bytes());
    let verify = |file: &str, more: &[&str]| {
        let arguments = [&["proof", "verify", file, "--genesis", "genesis.json"], more].concat();
        run(directory.path(), &arguments)
    };
    let good = verify("proof.json", &["--json"]);
    assert_eq!(good.code, 0, "{}", good.err);
    let answer = good.json();
    assert_eq!(
        (&answer["basis"]["shownAt"]["height"], &answer["basis"]["certified"]["height"]),
        (&8.into(), &9.into())
    );
    assert_eq!(answer["verified"]["answer"]["events"].as_array().unwrap().len(), 3);
    let human = verify("proof.json", &[]);
    for said in ["VERIFIED", "receiving", "as of block 8", "rests on", "NOT shown"] {
        assert!(human.out.contains(said), "{}", human.out);
    }

    // A checkpoint made of it takes the place of the genesis, and is not taken for one.
    let pin = ["proof", "checkpoint", "proof.json", "--genesis", "genesis.json", "--output", "pin.json"];
    let pinned = run(directory.path(), &pin);
    assert_eq!(pinned.code, 0, "{}", pinned.err);
    let by = |root: &str| run(directory.path(), &["proof", "verify", "proof.json", root, "pin.json", "--json"]);
    let again = by("--checkpoint");
    assert_eq!((again.code, &again.json()["verified"]), (0, &answer["verified"]), "{}", again.err);
    assert_eq!(again.json()["basis"]["root"]["kind"], "checkpoint");
    let mistaken = by("--genesis");
    assert_eq!(mistaken.code, 2);
    assert!(mistaken.err.contains("give it as --checkpoint"), "{}", mistaken.err);
    assert_eq!(run(directory.path(), &["proof", "verify", "proof.json"]).code, 2, "no root is no answer");

    // A file of the version before is refused by name.
    write("old.json", br#"{"version":1,"subject":{"kind":"state"},"entries":[],"logs":[],"witness":[]}"#);
    let outdated = verify("old.json", &[]);
    assert_eq!(outdated.code, 1);
    assert!(outdated.err.contains("version 1") && outdated.err.contains("export it again"), "{}", outdated.err);

    // The hexadecimal of an event's text, one letter changed.
    let at = proof.find("7061636b696e67").expect("the word packing stands in a record");
    let mut tampered = proof.clone().into_bytes();
    tampered[at + 1] = b'1';
    write("tampered.json", &tampered);
    let refused = verify("tampered.json", &["--json"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(refused.err.contains("tampered.json") && refused.err.contains("does not hold"), "{}", refused.err);

    write("garbage.json", b"{]");
    let garbage = verify("garbage.json", &[]);
    assert_eq!((garbage.code, garbage.out.as_str()), (1, ""));
    assert!(garbage.err.contains("not a proof"), "{}", garbage.err);

    let old = verify("proof.json", &["--max-age", "1"]);
    assert_eq!((old.code, old.out.as_str()), (1, ""));
    assert!(old.err.contains("s old"), "{}", old.err);

    let other = countersign_types::Genesis { network: "other".into(), ..sample::genesis() };
    write("genesis.json", &serde_json::to_vec(&other).unwrap());
    let foreign = verify("proof.json", &[]);
    assert_eq!(foreign.code, 1);
    assert!(foreign.err.contains("it is about chain"), "{}", foreign.err);
    write("genesis.json", b"{}");
    assert_eq!(verify("proof.json", &[]).code, 2);
}

#[test]
fn a_node_that_is_not_there_is_the_networks_fault() {
    let directory = tempfile::tempdir().unwrap();
    // Nothing listens on port 1.
    let status = run(directory.path(), &["status", "--rpc", "http://127.0.0.1:1"]);
    assert_eq!((status.code, status.out.as_str()), (3, ""));
    assert!(status.err.contains("is the node running there?"), "{}", status.err);
    let address = run(directory.path(), &["status", "--rpc", "ftp://x"]);
    assert_eq!(address.code, 2);
    let keyless = run(directory.path(), &["epcis", "capture", "-"]);
    assert_eq!(keyless.code, 2);
    assert!(keyless.err.contains("countersign key new"), "{}", keyless.err);
}

#[test]
fn wrong_usage_is_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["trade"][..],
        &["trace", "sideways", "x"],
        &["epcis", "validate"],
        &["contract", "view", "Not/AName", "x"],
        &["trace", "history", "x", "--at", "yesterday"],
        &["bench", "--batch", "801"],
        &["account", "put", "acme", "--role", "admin", "--public", "0x00"],
    ] {
        let ran = run(directory.path(), arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
    }
    let help = run(directory.path(), &["--help"]);
    assert_eq!(help.code, 0);
    for command in ["key", "contract", "epcis", "trace", "proof", "status", "account", "bench", "completion"] {
        assert!(help.out.contains(command), "{command}");
    }
}

#[test]
fn shells_complete_the_command() {
    let directory = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = run(directory.path(), &["completion", shell]);
        assert_eq!(script.code, 0);
        assert!(script.out.contains("countersign") && script.out.contains("validate"), "{shell}");
    }
}

#[test]
fn a_new_contract_has_a_short_source_and_overwrites_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let made = run(directory.path(), &["contract", "new", "cold-chain", "--json"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let crate_directory = directory.path().join("cold-chain");
    for file in made.json()["files"].as_array().unwrap() {
        let text = fs::read_to_string(crate_directory.join(file.as_str().unwrap())).unwrap();
        let text = text.replace("${{ vars.", "");
        assert!(!text.contains("{{"), "{file}: a name was not filled in: {text}");
    }
    let source = fs::read_to_string(crate_directory.join("src/lib.rs")).unwrap();
    assert!(source.contains("pub struct ColdChain"));
    let code = source.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(code.count() <= 20, "{source}");
    let manifest = fs::read_to_string(crate_directory.join("Cargo.toml")).unwrap();
    let sdk = manifest.lines().find_map(|line| line.strip_prefix("countersign-contract = { path = \"")).unwrap();
    assert!(crate_directory.join(sdk.trim_end_matches("\" }")).join("Cargo.toml").exists(), "{manifest}");

    let again = run(directory.path(), &["contract", "new", "cold-chain"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("exists and is not touched"), "{}", again.err);
    let misnamed = run(directory.path(), &["contract", "new", "Cold_Chain"]);
    assert!(misnamed.err.contains("cannot name a contract"), "{}", misnamed.err);
    let without = run(directory.path(), &["contract", "new", "other", "--sdk", "nowhere"]);
    assert!(without.err.contains("name the directory sdk/contract"), "{}", without.err);
    assert!(!directory.path().join("other").exists());
}

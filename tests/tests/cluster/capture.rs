//! Capturing over a real node, by the client and by the command: what is foreseen is what happens, documents of any length, and
//! corrections; and queries over what was captured.

use countersign_api::method::contract::ContractRef;
use countersign_api::method::epcis::{
    CaptureMode, Checked, CheckedEvent, EpcisQuery, EpcisValidate, EventRecord, Foreseen, Form, QueryParams,
    ValidateParams,
};
use countersign_api::method::trace::{HistoryParams, TraceHistory};
use countersign_api::{At, Code};
use countersign_client::capture::{EventReceipt, Mode, Status, capture};
use countersign_client::{Client, Error, Signer, contract};
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::Address;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const CONTRACT: &str = "org0/provenance";
/// More than one query looks at, and than any transaction takes.
const MANY: usize = 21_000;
/// Every so many of them are somewhere else.
const RARE: usize = 700;

/// Two validators, each of an organisation of its own.
struct Stage<'a> {
    cluster: &'a Cluster,
    directory: &'a Path,
    client: Client,
    signer: Signer,
}

fn document(events: &[Value]) -> Value {
    json!({
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", { "cbvmda": "urn:epcglobal:cbv:mda:" }
        ],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z",
        "epcisBody": { "eventList": events }
    })
}

/// An ObjectEvent of some serial numbers.
fn object(id: &str, action: &str, step: &str, serials: &[&str]) -> Value {
    let epcs: Vec<String> = serials.iter().map(|serial| format!("urn:epc:id:sgtin:9521321.000031.{serial}")).collect();
    json!({
        "eventID": id, "type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00Z", "eventTimeZoneOffset": "+00:00",
        "action": action, "bizStep": step, "epcList": epcs, "bizLocation": { "id": "urn:epc:id:sgln:9521321.00001.0" }
    })
}

fn pack(id: &str, parent: u32, child: &str) -> Value {
    json!({
        "eventID": id, "type": "AggregationEvent", "eventTime": "2026-05-01T09:00:00Z", "eventTimeZoneOffset": "+00:00",
        "action": "ADD", "bizStep": "packing", "parentID": format!("urn:epc:id:sscc:9521321.{parent:010}"),
        "childEPCs": [child]
    })
}

impl Stage<'_> {
    async fn capture(&self, document: &Value, mode: Mode) -> Vec<EventReceipt> {
        let bytes = document.to_string().into_bytes();
        capture(&self.signer, Address::of(CONTRACT), &bytes, mode, |_| {}).await.unwrap().events
    }

    async fn foresee(&self, document: &Value, mode: CaptureMode, account: Option<&str>) -> Checked {
        let account = account.map(|account| account.parse().unwrap());
        let params = ValidateParams { mode, account, ..ValidateParams::of(&document.to_string()) };
        self.client.unverified().call_again::<EpcisValidate>(&params).await.unwrap().into_said()
    }

    fn command(&self, account: &str, arguments: &[&str]) -> Output {
        Command::new(program("countersign").unwrap())
            .args(["--json", "--rpc", &self.cluster.url(0), "--key"])
            .arg(self.cluster.key(account))
            .args(arguments)
            .current_dir(self.directory)
            .output()
            .unwrap()
    }

    /// The lines of JSON that a command prints, and its exit code and words.
    fn lines(&self, account: &str, arguments: &[&str]) -> (Vec<Value>, i32, String) {
        let Output { stdout, stderr, status } = self.command(account, arguments);
        let lines = String::from_utf8(stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines, status.code().unwrap(), String::from_utf8(stderr).unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.join(name), text).unwrap();
    }

    async fn query(&self, parameters: &Value, limit: u32) -> Result<(Vec<EventRecord>, Option<String>), Error> {
        self.page(parameters, limit, None).await
    }

    async fn page(
        &self,
        parameters: &Value,
        limit: u32,
        cursor: Option<String>,
    ) -> Result<(Vec<EventRecord>, Option<String>), Error> {
        let params = QueryParams {
            params: serde_json::value::to_raw_value(parameters).unwrap(),
            form: Form::Written,
            contract: None,
            at: At::Final,
            limit: Some(limit),
            cursor,
        };
        let page = self.client.unverified().call_again::<EpcisQuery>(&params).await?.into_said();
        Ok((page.items, page.next_cursor))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_captured_over_a_node() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&directory.path().join("net"), 2, &[]).await.unwrap();
    let admin = cluster.signer("org0/admin", 0).await.unwrap();
    let code = contract_module("provenance").unwrap();
    let _deployed = contract::deploy(&admin, CONTRACT, code, &Value::Null, None).await.unwrap();
    let stage = Stage {
        cluster: &cluster,
        directory: directory.path(),
        client: cluster.client(0).unwrap(),
        signer: cluster.signer("org0/erp", 0).await.unwrap(),
    };
    what_is_foreseen_is_what_happens(&stage).await;
    an_event_is_corrected(&stage).await;
    a_long_document_is_captured_while_it_is_read(&stage);
    rare_words_are_found_by_the_index(&stage).await;
}

/// What was foreseen of an event, and what it was found to break.
fn foreseen(event: &CheckedEvent) -> (Foreseen, Option<(&str, &str)>) {
    let fault = event.faults.last().map(|fault| (fault.rule.as_str(), fault.path.as_str()));
    (event.capture.clone().unwrap(), fault)
}

/// What became of an event, in the same words.
fn became(event: &EventReceipt) -> (Foreseen, Option<(&str, &str)>) {
    match &event.status {
        Status::Accepted { sequence, anomalies, .. } => {
            (Foreseen::Accepted { sequence: *sequence, anomalies: *anomalies }, None)
        }
        Status::Duplicate { sequence, .. } => (Foreseen::Duplicate { sequence: *sequence }, None),
        Status::Rejected(fault) => (Foreseen::Rejected, Some((&fault.rule, &fault.path))),
        Status::Withdrawn => (Foreseen::Withdrawn, None),
        other => panic!("{other:?}"),
    }
}

async fn what_is_foreseen_is_what_happens(stage: &Stage<'_>) {
    let before = [object("urn:event:0", "ADD", "commissioning", &["a", "b"]), pack("urn:event:1", 1, "urn:x:child")];
    stage.capture(&document(&before), Mode::Rollback).await;
    let declared = |event: &Value| {
        let mut declared = event.clone();
        declared["errorDeclaration"] = json!({ "declarationTime": "2026-05-02T00:00:00Z", "reason": "incorrect_data" });
        declared
    };
    let events = [
        object("urn:event:2", "ADD", "commissioning", &["c"]),
        before[0].clone(),
        object("urn:event:0", "OBSERVE", "shipping", &["a"]),
        // By what stands on the ledger, and by what the document itself says before.
        object("urn:event:3", "ADD", "commissioning", &["b"]),
        object("urn:event:4", "ADD", "commissioning", &["c"]),
        pack("urn:event:5", 2, "urn:x:child"),
        object("urn:event:6", "LOOK", "shipping", &["a"]),
        object("urn:event:2", "ADD", "commissioning", &["c"]),
        declared(&before[1]),
        object("urn:event:7", "OBSERVE", "shipping", &["a"]),
    ];
    let list = document(&events);
    let checked = stage.foresee(&list, CaptureMode::Rollback, None).await;
    let withdrawn = checked.events.iter().filter(|event| event.capture == Some(Foreseen::Withdrawn)).count();
    assert_eq!((withdrawn, checked.valid), (6, false));
    let checked = stage.foresee(&list, CaptureMode::Proceed, Some("org0/erp")).await;
    assert!(checked.ledger.is_some());
    // Asked again, it is the same: nothing was written.
    assert_eq!(stage.foresee(&list, CaptureMode::Proceed, None).await.events, checked.events);
    // Another organisation may not declare the error.
    let other = stage.foresee(&list, CaptureMode::Proceed, Some("org1/erp")).await;
    assert_eq!(foreseen(&other.events[8]).1.unwrap().0, "error.declarer");
    let receipts = stage.capture(&list, Mode::Proceed).await;
    assert_eq!(receipts.len(), events.len());
    for (event, receipt) in checked.events.iter().zip(&receipts) {
        assert_eq!(foreseen(event), became(receipt), "event {}", event.index);
    }
    let words: Vec<&str> = receipts.iter().filter_map(|receipt| became(receipt).1.map(|(rule, _)| rule)).collect();
    assert_eq!(words, ["event.conflict", "object.commissioned", "object.commissioned", "event.action"]);
    assert!(matches!(receipts[5].status, Status::Accepted { anomalies: 1, .. }));

    // By the command, with what it makes of a whole document.
    stage.write("again.json", &list.to_string());
    let again = stage.command("org0/erp", &["epcis", "validate", "--ledger", "--mode", "proceed", "again.json"]);
    let told: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!((&told[0]["events"][0]["capture"]["status"], again.status.code()), (&json!("duplicate"), Some(1)));
}

async fn an_event_is_corrected(stage: &Stage<'_>) {
    let wrong = object("urn:wrong", "ADD", "commissioning", &["w1", "w2"]);
    stage.capture(&document(&[wrong]), Mode::Rollback).await;
    stage.write("right.json", &document(&[object("urn:right", "ADD", "commissioning", &["w1"])]).to_string());
    let correct = |account: &str, id: &str, with: &[&str]| {
        let output = stage.command(account, &[&["epcis", "correct", id, "--reason", "incorrect_data"], with].concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code().unwrap(), told, String::from_utf8(output.stderr).unwrap())
    };
    let refused = |account: &str, id: &str, with: &[&str], word: &str| {
        let (code, _, said) = correct(account, id, with);
        assert!(code == 1 && said.contains(word), "{code}: {said}");
    };
    refused("org1/erp", "urn:wrong", &["--with", "right.json"], "only its organisation");
    refused("org0/erp", "urn:never", &[], "no event");
    stage.write("unnamed.json", &document(&[json!({
        "type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
        "epcList": ["urn:x:1"]
    })]).to_string());
    refused("org0/erp", "urn:wrong", &["--with", "unnamed.json"], "no eventID");
    // A correction that is refused declares nothing.
    stage.write("taken.json", &document(&[object("urn:taken", "ADD", "commissioning", &["a"])]).to_string());
    let (code, told, _) = correct("org0/erp", "urn:wrong", &["--with", "taken.json"]);
    assert_eq!((code, &told["events"][0]["status"]), (1, &json!("withdrawn")));
    assert_eq!(told["events"][1]["rule"], "object.commissioned");

    let (code, told, said) =
        correct("org0/erp", "urn:wrong", &["--with", "right.json", "--time", "2026-05-03T00:00:00Z"]);
    assert_eq!(
        (code, &told["accepted"], told["transactions"].as_array().map(Vec::len)),
        (0, &json!(2), Some(1)),
        "{said}"
    );
    refused("org0/erp", "urn:wrong", &["--with", "right.json"], "already");
    let at = At::Final;
    let contract = Some(ContractRef(CONTRACT.to_owned()));
    let params = HistoryParams::first("urn:epc:id:sgtin:9521321.000031.w1", contract, at);
    let history = stage.client.unverified().call_again::<TraceHistory>(&params).await.unwrap().into_said().data;
    let named: Vec<_> = history.events.iter().map(|event| event.event_id.as_deref()).collect();
    assert_eq!(named, [Some("urn:right")], "what was wrong is void");
    let output = stage.command("org0/erp", &["epcis", "event", "urn:wrong"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let declaration = &told["records"][1]["event"]["errorDeclaration"];
    assert_eq!(declaration["correctiveEventIDs"], json!(["urn:right"]), "{told}");
}

fn a_long_document_is_captured_while_it_is_read(stage: &Stage<'_>) {
    let mut text = document(&[]).to_string();
    let end = text.split_off(text.find("]}").unwrap());
    for number in 0..MANY {
        let rare = number % RARE == RARE - 1;
        let mut event = object(&format!("urn:many:{number}"), "OBSERVE", "shipping", &[&format!("m{number}")]);
        event["eventTime"] = format!("2026-06-{:02}T08:00:00Z", 1 + (MANY - number) % 28).into();
        event["bizLocation"]["id"] = format!("urn:epc:id:sgln:9521321.0000{}.0", if rare { 9 } else { 1 }).into();
        let comma = if number == 0 { "" } else { ",\n" };
        write!(text, "{comma}{event}").unwrap();
    }
    let cut = text.find("urn:many:20500").unwrap();
    stage.write("broken.json", &text[..cut]);
    text.push_str(&end);
    stage.write("many.json", &text);

    let (lines, code, said) = stage.lines("org0/erp", &["epcis", "capture", "--mode", "proceed", "broken.json"]);
    let (last, events) = lines.split_last().unwrap();
    assert_eq!((events.len(), code, &last["verdict"]), (20_500, 1, &json!("partiallyAccepted")), "{said}");
    assert!(events.iter().all(|event| event["status"] == "accepted"));
    let path = last["faults"][0]["path"].as_str().unwrap();
    assert!(path.starts_with("$.epcisBody.eventList[20500]"), "{last}");
    assert!(last["transactions"].as_array().unwrap().len() < 100, "{last}");

    let (lines, code, said) = stage.lines("org0/erp", &["epcis", "capture", "--mode", "proceed", "many.json"]);
    let last = lines.last().unwrap();
    assert_eq!((code, &last["duplicate"], &last["accepted"]), (0, &json!(20_500), &json!(MANY - 20_500)), "{said}");
    let (lines, code, _) = stage.lines("org0/erp", &["epcis", "capture", "many.json"]);
    assert_eq!((code, &lines.last().unwrap()["verdict"]), (2, &json!("interrupted")), "rollback is one transaction");
}

async fn rare_words_are_found_by_the_index(stage: &Stage<'_>) {
    let rare = json!({ "EQ_bizLocation": ["urn:epc:id:sgln:9521321.00009.0"], "EQ_bizStep": ["shipping"] });
    let with = |more: Value| {
        let mut parameters = rare.clone();
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        parameters
    };
    let (whole, next) = stage.query(&rare, 100).await.unwrap();
    assert_eq!((whole.len(), next), (MANY / RARE, None));
    let sequences: Vec<u64> = whole.iter().map(|record| record.sequence).collect();
    assert!(sequences.is_sorted_by(|one, other| one > other), "{sequences:?}");
    // Page by page, both ways.
    for (direction, reversed) in [("DESC", false), ("ASC", true)] {
        let parameters = with(json!({ "orderDirection": direction }));
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let (items, next) = stage.page(&parameters, 7, cursor).await.unwrap();
            assert!(items.len() == 7 || next.is_none());
            found.extend(items.iter().map(|record| record.sequence));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        if reversed {
            found.reverse();
        }
        assert_eq!(found, sequences, "{direction}");
    }
    // What would take looking at all records is told by the index alone.
    let (sorted, _) = stage.query(&with(json!({ "orderBy": "eventTime" })), 100).await.unwrap();
    let times: Vec<String> = sorted
        .iter()
        .map(|record| {
            let event: Value = serde_json::from_str(record.event.get()).unwrap();
            event["eventTime"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(times.len() == MANY / RARE && times.is_sorted_by(|one, other| one >= other), "{times:?}");
    let refused = |outcome: Result<(Vec<EventRecord>, Option<String>), Error>| match outcome {
        Err(Error::Rpc(error)) => assert_eq!(error.kind(), Some(Code::InvalidParams)),
        other => panic!("{other:?}"),
    };
    refused(stage.query(&json!({ "orderBy": "eventTime" }), 100).await);
    refused(stage.query(&json!({ "orderBy": "eventTime", "EQ_bizStep": ["shipping"] }), 100).await);
    assert!(stage.query(&with(json!({ "maxEventCount": MANY / RARE })), 100).await.is_ok());
    refused(stage.query(&with(json!({ "maxEventCount": MANY / RARE - 1 })), 100).await);
}

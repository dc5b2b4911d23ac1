//! Every trace scenario over a real node: captured through the client, asked over JSON-RPC, and found again from the proof
//! that the node gives, by the auditor and by the command.

use crate::corpus::{self, OWN_SCENARIOS, SCENARIOS, scenarios, shared};
use crate::scenario::{compare, question};
use countersign_api::method::contract::ContractRef;
use countersign_api::method::proof::{GetTraceParams, ProofGetTrace};
use countersign_api::method::trace::{
    AtTimeParams, AuditTrailParams, Decimal, ExcursionsParams, HistoryParams, LineageParams, RecallParams, Trace,
    TraceAuditTrail, TraceBack, TraceContents, TraceExcursions, TraceForward, TraceHistory, TraceHolder,
    TraceMassBalance, TraceParams, TraceRecall, TraceVerifyItem, VerifyItemParams,
};
use countersign_api::trace::{of_history, of_lineage};
use countersign_api::{At, Code, Method, Read};
use countersign_client::capture::{EventReceipt, Mode, Status, capture};
use countersign_client::verify::{Answer, Question, trusted};
use countersign_client::{Auditor, Client, Error, Signer, contract};
use countersign_epcis::Time;
use countersign_epcis::time::utc;
use countersign_epcis::walk::Bounds;
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::{Address, Height};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// A node, and a provenance contract for each scenario.
struct Stage {
    admin: Signer,
    signer: Signer,
    client: Client,
    auditor: Auditor,
    module: Vec<u8>,
}

/// A scenario's contract, and the height after each of its events.
struct Captured {
    name: String,
    heights: Vec<Height>,
}

impl Captured {
    /// Where a query as of so many records is read.
    fn at(&self, position: Option<u64>) -> At {
        position.map_or(At::Final, |position| At::Height(self.heights[usize::try_from(position).unwrap() - 1]))
    }

    fn contract(&self) -> Option<ContractRef> {
        Some(ContractRef(self.name.clone()))
    }

    fn address(&self) -> Address {
        Address::of(&self.name)
    }
}

impl Stage {
    async fn deploy(&self, name: &str) -> Captured {
        let name = format!("org0/{name}");
        let (_, done) = contract::deploy(&self.admin, &name, self.module.clone(), &Value::Null, None).await.unwrap();
        assert!(done.receipt.succeeded(), "{name}");
        Captured { name, heights: Vec::new() }
    }

    /// Captures one event of a document; answers what became of it.
    async fn one(&self, captured: &mut Captured, document: &Value, event: &Value) -> EventReceipt {
        let mut document = document.clone();
        document["epcisBody"] = json!({ "eventList": [event] });
        let bytes = document.to_string().into_bytes();
        let mut done = capture(&self.signer, captured.address(), &bytes, Mode::Rollback, |_| {}).await.unwrap();
        captured.heights.extend(done.transactions.iter().map(|recorded| recorded.height));
        match done.events.pop() {
            Some(event) => event,
            None => panic!("{:?}", done.faults),
        }
    }

    /// Captures a document's events, one to a transaction.
    async fn all(&self, name: &str, document: &Value, events: &[Value]) -> Captured {
        let mut captured = self.deploy(name).await;
        for (number, event) in (0..).zip(events) {
            let status = self.one(&mut captured, document, event).await.status;
            assert!(matches!(status, Status::Accepted { sequence, .. } if sequence == number), "{name}: {status:?}");
        }
        captured
    }

    /// Asks a query three ways, and holds each answer against what is expected.
    async fn ask(&self, captured: &Captured, query: &Value) {
        let (question, position) = question(query);
        let at = captured.at(position);
        let verified = self.auditor.trace(captured.address(), &question, at).await.unwrap();
        compare(query, verified.data());
        let told = self.told(captured, &question, at).await;
        let expected = in_json(verified.data().clone());
        for (name, value) in expected.as_object().unwrap() {
            // The node's clock and cursors are its own; all else is what the proof shows.
            assert_eq!(&told[name], value, "{name} of {query}");
        }
    }

    /// The node's own answer.
    async fn told(&self, captured: &Captured, question: &Question, at: At) -> Value {
        let node = self.client.unverified();
        let (contract, epc) = (captured.contract(), question.item().to_owned());
        macro_rules! call {
            ($method:ty, $params:expr) => {
                serde_json::to_value(node.call_again::<$method>(&$params).await.unwrap().into_said().data).unwrap()
            };
        }
        match question {
            Question::History(..) => {
                call!(TraceHistory, HistoryParams { limit: Some(1_000), ..HistoryParams::first(epc, contract, at) })
            }
            Question::Back(_) => {
                let whole = call!(TraceBack, LineageParams::whole(epc, contract, at));
                assert_eq!(self.paged::<TraceBack>(captured, question, at).await, whole, "{question:?}");
                whole
            }
            Question::Forward(_) => {
                let whole = call!(TraceForward, LineageParams::whole(epc, contract, at));
                assert_eq!(self.paged::<TraceForward>(captured, question, at).await, whole, "{question:?}");
                whole
            }
            Question::MassBalance(_) => call!(TraceMassBalance, TraceParams { epc, contract, at }),
            Question::Recall { .. } => call!(TraceRecall, RecallParams::first(epc, contract, at)),
            Question::Contents(_, time) => {
                call!(TraceContents, AtTimeParams { epc, time: Some(utc(*time)), contract, at })
            }
            Question::Holder(_, time) => call!(TraceHolder, AtTimeParams { epc, time: Some(utc(*time)), contract, at }),
            Question::Excursions(Bounds { kind, min, max, uom, .. }, _) => call!(
                TraceExcursions,
                ExcursionsParams {
                    kind: kind.clone(),
                    min: min.map(Decimal),
                    max: max.map(Decimal),
                    uom: uom.clone(),
                    from: None,
                    to: None,
                    epc: None,
                    contract,
                    at,
                }
            ),
            Question::AuditTrail(event_id) => {
                call!(TraceAuditTrail, AuditTrailParams { event_id: event_id.clone(), contract, at })
            }
            other => panic!("no scenario asks {other:?}"),
        }
    }

    /// A lineage two things at a time, joined.
    async fn paged<M>(&self, captured: &Captured, question: &Question, at: At) -> Value
    where
        M: Method<Params = LineageParams, Answer = Read<Trace>>,
    {
        let first = LineageParams::whole(question.item(), captured.contract(), at);
        let mut params = LineageParams { limit: Some(2), ..first };
        let mut joined: Option<Trace> = None;
        loop {
            let page = self.client.unverified().call_again::<M>(&params).await.unwrap().into_said().data;
            assert!(page.products.len() + page.containers.len() <= 2);
            params.cursor = page.next_cursor.clone();
            match &mut joined {
                Some(joined) => joined.append(page),
                None => joined = Some(page),
            }
            if params.cursor.is_none() {
                return serde_json::to_value(joined).unwrap();
            }
        }
    }

    async fn run(&self, scenario: &Value) -> usize {
        let name = format!("s-{}", scenario["name"].as_str().unwrap());
        let document = &scenario["document"];
        let events = document["epcisBody"]["eventList"].as_array().unwrap();
        let captured = self.all(&name[..name.len().min(30)], document, events).await;
        let queries = scenario["queries"].as_array().unwrap();
        for query in queries {
            self.ask(&captured, query).await;
        }
        queries.len()
    }

    /// What a deployment may let pass it reports; everything else is refused, and leaves nothing.
    async fn rules(&self, scenario: &Value) {
        let (mut refused, mut reported) = (0, 0);
        for (number, case) in scenario["cases"].as_array().unwrap().iter().enumerate() {
            let document = json!({
                "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
                "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z"
            });
            let given = case["given"].as_array().unwrap();
            let mut captured = self.all(&format!("rules-{number}"), &document, given).await;
            let EventReceipt { status, warnings, .. } = self.one(&mut captured, &document, &case["capture"]).await;
            match status {
                Status::Rejected(fault) => {
                    assert!(!fault.reason.is_empty() && fault.path.starts_with('$'), "{fault:?}");
                    let id = case["capture"]["eventID"].as_str().unwrap();
                    let question = Question::AuditTrail(id.into());
                    let trail = self.auditor.trace(captured.address(), &question, At::Final).await.unwrap();
                    let Answer::AuditTrail(trail) = trail.into_data() else { panic!("a trail") };
                    let stood = given.iter().filter(|event| event["eventID"] == id).count();
                    assert_eq!(trail.records.len(), stood, "{}", case["rule"]);
                    refused += 1;
                }
                // An anomaly of the registers, or a fault that is kept as written and warned of.
                Status::Accepted { anomalies, .. } => {
                    assert!(anomalies > 0 || !warnings.is_empty(), "{}", case["rule"]);
                    let question = Question::Anomalies { since: 0, limit: None };
                    let found = self.auditor.trace(captured.address(), &question, At::Final).await.unwrap();
                    let Answer::Anomalies(report) = found.into_data() else { panic!("a report") };
                    assert_eq!(report.anomalies.len(), usize::try_from(anomalies).unwrap(), "{}", case["rule"]);
                    reported += 1;
                }
                other => panic!("{}: {other:?}", case["rule"]),
            }
        }
        assert_eq!((refused, reported), (5, 5));
    }

    async fn real_chain(&self, scenario: &Value, folder: &Path) -> usize {
        let bytes = corpus::read(&folder.join(scenario["sourceFile"].as_str().unwrap()));
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let source: Value = serde_json::from_slice(text).unwrap();
        let listed = source["epcisBody"]["queryResults"]["resultsBody"]["eventList"].as_array().unwrap();
        let events: Vec<Value> = (0..)
            .zip(listed)
            .map(|(number, event): (usize, _)| {
                let mut event = event.clone();
                event["eventID"] = format!("urn:index:{number}").into();
                event
            })
            .collect();
        let document = json!({
            "@context": source["@context"], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2026-07-01T00:00:00Z"
        });
        let captured = self.all("real-chain", &document, &events).await;
        let queries = scenario["queries"].as_array().unwrap();
        for query in queries {
            self.ask(&captured, query).await;
        }
        queries.len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_is_answered_exactly_by_a_node_and_from_its_proofs() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(&directory.path().join("net"), 1, &[]).await.unwrap();
    let genesis = trusted(&std::fs::read(cluster.genesis()).unwrap()).unwrap();
    let client = cluster.client(0).unwrap();
    let stage = Stage {
        admin: cluster.signer("org0/admin", 0).await.unwrap(),
        signer: cluster.signer("org0/erp", 0).await.unwrap(),
        auditor: client.clone().trusting(genesis),
        client,
        module: contract_module("provenance").unwrap(),
    };
    for scenario in scenarios(&corpus::own("scenarios"), &OWN_SCENARIOS) {
        assert!(stage.run(&scenario).await > 0);
    }
    commands(&cluster, &stage).await;
    let Some(root) = shared() else { return };
    let found = scenarios(&root.join("trace-scenarios"), &SCENARIOS);
    for (scenario, count) in found.iter().zip([3, 6, 4, 4, 4, 6, 4, 5, 3, 3]) {
        assert_eq!(stage.run(scenario).await, count, "{}", scenario["name"]);
    }
    stage.rules(&found[10]).await;
    assert_eq!(stage.real_chain(&found[11], &root).await, 4);
}

/// An answer in the interface's form.
fn in_json(answer: Answer) -> Value {
    match answer {
        Answer::History(history) => serde_json::to_value(of_history(history)),
        Answer::Lineage(lineage) => serde_json::to_value(of_lineage(lineage)),
        Answer::Recall(scope) => serde_json::to_value(scope),
        Answer::Contents(held) => serde_json::to_value(held),
        Answer::MassBalance(balance) => serde_json::to_value(balance),
        Answer::Excursions(excursions) => serde_json::to_value(excursions),
        Answer::AuditTrail(trail) => serde_json::to_value(trail),
        other => panic!("no scenario asks for {other:?}"),
    }
    .unwrap()
}

/// The commands, with and without a root, and questions that are refused.
async fn commands(cluster: &Cluster, stage: &Stage) {
    let document = json!({
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", { "cbvmda": "urn:epcglobal:cbv:mda:" }
        ],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-07-01T00:00:00Z"
    });
    let event = json!({
        "eventID": "urn:event:1", "type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00Z",
        "eventTimeZoneOffset": "+00:00", "action": "ADD", "bizStep": "commissioning",
        "epcList": ["urn:epc:id:sgtin:9521321.000031.s1"],
        "bizLocation": { "id": "urn:epc:id:sgln:9521321.00001.0" },
        "ilmd": { "cbvmda:lotNumber": "L-1", "cbvmda:itemExpirationDate": "2027-01-31" }
    });
    let captured = stage.all("commands", &document, &[event]).await;
    let genesis = cluster.genesis();
    let run = |arguments: &[&str], code: i32| {
        let mut told = Vec::new();
        for root in [&[] as &[&str], &["--root", genesis.to_str().unwrap()]] {
            let output = Command::new(program("countersign").unwrap())
                .args(["--json", "--rpc", &cluster.url(0), "--contract", &captured.name])
                .args(root)
                .arg("trace")
                .args(arguments)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            told.push(answer["data"].clone());
        }
        assert_eq!(told[0], told[1], "{arguments:?}");
        told.remove(0)
    };
    let (item, lot) = ("urn:epc:id:sgtin:9521321.000031.s1", "urn:epc:class:lgtin:9521321.000031.L-1");
    let verified = run(&["verify", "9521321000315", "s1", "--lot", "L-1", "--expiry", "270131"], 0);
    assert_eq!((&verified["verified"], &verified["reason"]), (&json!(true), &json!("verified")));
    assert_eq!(run(&["verify", "9521321000315", "s1", "--lot", "L-2"], 1)["reason"], "otherLot");
    assert_eq!(run(&["verify", "9521321000315", "s2"], 1)["reason"], "neverSeen");
    let recalled = run(&["recall", lot], 0);
    assert_eq!((&recalled["count"], &recalled["places"][0]["instances"]), (&json!(2), &json!(1)), "{recalled}");
    let held = run(&["holder", item, "--time", "2026-05-01T08:00:00Z"], 0);
    assert_eq!(held["lastKnown"]["recordedBy"], "org0", "{held}");
    assert_eq!(run(&["balance", lot], 0)["instances"]["created"], 1);
    assert_eq!(run(&["contents", item, "--time", "2026-05-01T08:00:00Z"], 0)["contents"], json!([]));
    assert_eq!(run(&["audit", "urn:event:1"], 0)["records"][0]["sequence"], 0);
    assert_eq!(run(&["excursions", "Temperature", "--max", "-8.5", "--uom", "CEL"], 0)["readings"], json!([]));

    assert_eq!(run(&["anomalies"], 0)["anomalies"], json!([]));

    drawn(cluster, &captured, lot);

    // What is printed on a package, over the interface; and what no question is.
    let params = VerifyItemParams {
        gtin: "09521321000315".into(),
        serial: "s1".into(),
        lot: None,
        expiry: Some("2027-02-30".into()),
        contract: captured.contract(),
        at: At::Final,
    };
    let node = stage.client.unverified();
    let refused = |outcome: Result<(), Error>, code: Code| match outcome {
        Err(Error::Rpc(error)) => assert_eq!(error.kind(), Some(code), "{error}"),
        other => panic!("{other:?}"),
    };
    refused(node.call::<TraceVerifyItem>(&params).await.map(drop), Code::InvalidParams);
    let other = VerifyItemParams { gtin: "09521321000316".into(), expiry: None, ..params };
    refused(node.call::<TraceVerifyItem>(&other).await.map(drop), Code::IdentifierInvalid);
    let at: Time = "2026-05-01T08:00:00Z".parse().unwrap();
    let question = Question::Contents(countersign_epcis::Identifier::parse(item).unwrap(), at.ms());
    let mut params = GetTraceParams::of(captured.contract(), &question, At::Final);
    assert!(node.call_again::<ProofGetTrace>(&params).await.is_ok());
    params.arguments.insert("time".into(), "2026-05-01T10:00:00+02:00".into());
    refused(node.call::<ProofGetTrace>(&params).await.map(drop), Code::InvalidParams);
    let of_other = RecallParams::first(item, Some(ContractRef("org0/counter".into())), At::Final);
    refused(node.call::<TraceRecall>(&of_other).await.map(drop), Code::ContractUnknown);
}

/// Trees, pictures and comma-separated values, of what the node says and of what its proof shows.
fn drawn(cluster: &Cluster, captured: &Captured, lot: &str) {
    let directory = tempfile::tempdir().unwrap();
    let genesis = cluster.genesis();
    let run = |arguments: &[&str]| {
        let mut told = Vec::new();
        for root in [&[] as &[&str], &["--root", genesis.to_str().unwrap()]] {
            let output = Command::new(program("countersign").unwrap())
                .args(["--rpc", &cluster.url(0), "--contract", &captured.name])
                .args(root)
                .arg("trace")
                .args(arguments)
                .current_dir(directory.path())
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {said}");
            told.push(String::from_utf8(output.stdout).unwrap());
        }
        // Columns are as wide as what stands in them.
        let words = |line: &str| line.split_whitespace().map(ToOwned::to_owned).collect::<Vec<_>>();
        let begins = |text: &String| text.lines().take(2).map(words).collect::<Vec<_>>();
        assert_eq!(begins(&told[0]), begins(&told[1]), "{arguments:?}");
        told.remove(0)
    };
    let (lot_link, item) =
        ("https://id.gs1.org/01/09521321000315/10/L-1", "https://id.gs1.org/01/09521321000315/21/s1");
    let tree = run(&["forward", lot, "--tree"]);
    assert!(tree.starts_with(&format!("{lot_link}\n└─ instance {item} #0\n")), "{tree}");
    let tree = run(&["back", item, "--depth", "1", "--tree"]);
    assert!(tree.starts_with(&format!("{item}\n└─ lot {lot_link} #0\n")), "{tree}");
    assert!(run(&["recall", lot, "--tree"]).starts_with(&format!("{lot_link}\n└─ instance {item} #0\n")));
    assert!(run(&["history", item, "--tree"]).contains("└─ #0 2026-05-01T08:00:00Z Object ADD commissioning"));
    let csv = run(&["forward", lot, "--csv"]);
    assert!(csv.starts_with(&format!("table,item,name,value\nproducts,{item},,\nabout,,item,{lot_link}\n")), "{csv}");
    for question in [&["recall", lot, "--csv"], &["balance", lot, "--csv"], &["audit", "urn:event:1", "--csv"]] {
        assert!(run(question).starts_with("table,"), "{question:?}");
    }
    run(&["forward", lot, "--graph", "lot.svg"]);
    let svg = std::fs::read_to_string(directory.path().join("lot.svg")).unwrap();
    assert!(svg.contains(&format!("<title>{item}</title>")) && svg.contains(">instance #0</text>"), "{svg}");
    run(&["recall", lot, "--graph", "lot.dot"]);
    let dot = std::fs::read_to_string(directory.path().join("lot.dot")).unwrap();
    assert!(dot.contains(&format!("\"{lot_link}\" -> \"{item}\" [label=\"instance #0\", style=dashed];")), "{dot}");
}

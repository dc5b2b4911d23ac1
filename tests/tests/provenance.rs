//! The provenance contract as it is deployed: the published corpus survives capture in WebAssembly, and the trace
//! scenarios are answered exactly by its views.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "../../contracts/epcis/tests/support/corpus.rs"]
mod corpus;

use corpus::{Case, OWN_SCENARIOS, SCENARIOS, cases, scenarios, shared};
use countersign_client::capture::check;
use countersign_contract::testing::Harness;
use countersign_epcis::answer::{Contents, EventReceipt, History, Lineage, Mode, Outcome, Recall, Recorded};
use countersign_epcis::document::{Document, parse};
use countersign_epcis::json::{render, write};
use countersign_epcis::rule::Policy;
use countersign_epcis::{Event, Identifier, Time};
use countersign_testing::WasmHost;
use countersign_tests::cluster::contract_module;
use countersign_vm::{Vm, VmConfig};
use serde_json::Value;

fn vm() -> Vm {
    Vm::new(VmConfig::default()).unwrap()
}
fn deployed(vm: &Vm, module: &[u8]) -> WasmHost {
    WasmHost::new(vm.clone(), module).unwrap()
}
fn capture(host: &mut WasmHost, events: &[Vec<u8>], mode: Mode) -> Vec<EventReceipt> {
    host.invoke("capture", &(events, mode)).unwrap()
}

fn parsed(case: &Case) -> Document {
    parse(&case.bytes, Policy::default()).unwrap_or_else(|fault| panic!("{}: {fault}", case.name))
}

#[test]
fn valid_documents_are_captured_and_come_back_unchanged() {
    let (vm, module) = (vm(), contract_module("provenance").unwrap());
    let (mut documents, mut events, mut warned, mut largest) = (0, 0, 0, 0);
    for case in cases().into_iter().filter(|case| case.expect == "valid") {
        let document = parsed(&case);
        assert_eq!(document.rejected().next(), None, "{}", case.name);
        let checked = check(&case.bytes);
        assert!(checked.valid, "{}: {:?}", case.name, checked.faults);
        assert_eq!(checked.faults, []);
        // What the lenient policy lets pass is told, and nothing else is.
        for (checked, event) in checked.events.iter().zip(document.accepted()) {
            let findings = countersign_epcis::rule::findings(event);
            let told: Vec<&str> = checked.warnings.iter().map(|warning| warning.rule.as_str()).collect();
            let omitted = findings.len() - told.len();
            assert_eq!(u64::try_from(omitted).unwrap(), checked.warnings_omitted, "{}", case.name);
            assert!(told.iter().zip(&findings).all(|(told, finding)| *told == finding.rule.name()), "{}", case.name);
            warned += told.len();
        }
        // Each document has a ledger of its own: several of the corpus tell other stories of the same items.
        let mut host = deployed(&vm, &module);
        for event in document.accepted() {
            if case.name.starts_with("event-hash-equal/") {
                // Its events are one event in several spellings, which cannot all happen on one ledger.
                host = deployed(&vm, &module);
            }
            let bytes = vec![event.canonical_bytes()];
            let receipt = capture(&mut host, &bytes, Mode::Proceed).remove(0);
            let sequence = match receipt.outcome {
                Outcome::Accepted { sequence, .. } => sequence,
                // Some documents hold an event twice.
                Outcome::Duplicate { sequence } => sequence,
                Outcome::Rejected { .. } => panic!("{}: {receipt:?}", case.name),
            };
            largest = largest.max(host.gas_used());
            let found: Option<Recorded> = host.query("event_by_seq", &(sequence,)).unwrap();
            let recorded: Event = borsh::from_slice(&found.unwrap().event).unwrap();
            assert_eq!(recorded, *event, "{}", case.name);
            // Rendered and read again it is the same event, so that capturing it again is a duplicate.
            let text = write(&render(&recorded));
            let again = parse(text.as_bytes(), Policy::default()).unwrap().events.remove(0).unwrap();
            assert_eq!(again.canonical_bytes(), event.canonical_bytes(), "{}", case.name);
            let receipt = capture(&mut host, &[again.canonical_bytes()], Mode::Proceed).remove(0);
            assert_eq!(receipt.outcome, Outcome::Duplicate { sequence }, "{}", case.name);
            events += 1;
        }
        documents += 1;
    }
    eprintln!("{documents} documents, {events} events, {warned} warnings; the costliest took {largest} gas");
    assert_eq!((documents, events), if shared().is_some() { (167, 1357) } else { (7, 18) });
    // Only documents of the corpus break rules that are let pass.
    assert_eq!(warned > 0, shared().is_some());
}

#[test]
fn invalid_documents_are_refused_with_path_and_reason() {
    let mut refused = 0;
    for case in cases().into_iter().filter(|case| matches!(case.expect.as_str(), "invalid" | "profile-invalid")) {
        refused += 1;
        let checked = check(&case.bytes);
        let faults: Vec<_> =
            checked.faults.iter().chain(checked.events.iter().flat_map(|event| &event.faults)).collect();
        assert!(!checked.valid && !faults.is_empty(), "{} is accepted", case.name);
        for fault in faults {
            assert!(fault.path.starts_with(if case.is_xml() { '/' } else { '$' }), "{fault:?}");
            assert!(!fault.reason.is_empty() && !fault.rule.is_empty() && !fault.hint.is_empty(), "{fault:?}");
        }
    }
    assert_eq!(refused, if shared().is_some() { 21 } else { 9 });
}

/// What does break a rule and still is a typed event is refused by the contract with the same rule and path as by
/// the client, and leaves nothing.
#[test]
fn the_contract_refuses_what_the_client_refuses() {
    let (vm, module) = (vm(), contract_module("provenance").unwrap());
    let valid = corpus::read(&corpus::own("valid/harvest-to-shop.json"));
    let events: Vec<Event> = parse(&valid, Policy::default()).unwrap().events.into_iter().map(Result::unwrap).collect();
    type Break = fn(&mut Event) -> bool;
    let breaks: [(&str, Break); 4] = [
        ("identifier.canonical", |event| {
            event.read_point.as_mut().is_some_and(|place| {
                place.id = Identifier::as_written("urn:epc:id:sgln:9521321.00001.0");
                true
            })
        }),
        ("certificationInfo", |event| {
            event.certification = vec![String::from("x"); 10_000];
            true
        }),
        ("context", |event| {
            event.context.push(countersign_epcis::Value::Text("https://example.com/unknown-context.jsonld".into()));
            true
        }),
        ("eventID", |event| {
            event.event_id = Some(String::from("not an identifier"));
            true
        }),
    ];
    let mut refused = 0;
    for (what, change) in breaks {
        for event in &events {
            let mut event = event.clone();
            if !change(&mut event) {
                continue;
            }
            let Err(violation) = countersign_epcis::rule::check(&event, Policy::default()) else { continue };
            let mut host = deployed(&vm, &module);
            let receipt = capture(&mut host, &[event.canonical_bytes()], Mode::Proceed).remove(0);
            let Outcome::Rejected { rule, path, .. } = receipt.outcome else { panic!("{what}: {receipt:?}") };
            assert_eq!((rule.as_str(), path.as_str()), (violation.rule.name(), violation.path.as_str()), "{what}");
            assert!(host.storage().is_empty() && host.events().is_empty(), "{what}");
            refused += 1;
        }
    }
    assert!(refused > events.len(), "{refused}");
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Asks the contract what a scenario asks, and compares every part that it expects.
fn answers(host: &mut WasmHost, query: &Value) {
    let params = &query["params"];
    let expect = query["expect"].as_object().unwrap();
    let text = |name: &str| params[name].as_str();
    let item = text("epc").or(text("sscc")).unwrap_or_default().to_owned();
    let at = params["asOfCaptureSeq"].as_u64().map(|last| last + 1);
    let lines = |texts: Vec<String>| -> Value { texts.into() };
    let got: Vec<(&str, Value)> = match query["method"].as_str().unwrap() {
        "trace_history" => {
            let answer: History = host.query("history", &(item, at)).unwrap();
            assert_eq!(answer.truncated, None);
            let ids = answer.events.iter().map(|step| step.event_id.clone().unwrap()).collect();
            let throughs = answer.events.iter().map(|step| step.through.clone().unwrap_or_default()).collect();
            vec![
                ("eventIDs", lines(ids)),
                ("locations", lines(answer.locations)),
                ("canonical", answer.item.into()),
                ("throughs", lines(throughs)),
            ]
        }
        method @ ("trace_back" | "trace_forward") => {
            let answer: Lineage = host.query(method.strip_prefix("trace_").unwrap(), &(item, at)).unwrap();
            assert_eq!(answer.truncated, None);
            vec![("products", lines(answer.products)), ("containers", lines(answer.containers))]
        }
        "container_contents" => {
            let time: Time = text("at").unwrap().parse().unwrap();
            let answer: Contents = host.query("contents", &(item, time.ms(), at)).unwrap();
            let mut expected = texts(&expect["contents"]);
            expected.sort();
            assert_eq!(answer.inside, expected, "{query}");
            return;
        }
        "recall_scope" => {
            let answer: Recall = host.query("recall", &(item, at)).unwrap();
            let last = answer.last_known.into_iter().map(|last| (last.item, last.location.into())).collect();
            vec![("containersEver", lines(answer.containers_ever)), ("lastKnown", Value::Object(last))]
        }
        "audit_trail" => {
            let records: Vec<Recorded> = host.query("event", &(text("eventID").unwrap(),)).unwrap();
            assert_eq!(records.len() as u64, expect["records"].as_u64().unwrap());
            assert_eq!(records.iter().any(|record| record.voided.is_some()), expect["voided"].as_bool().unwrap());
            return;
        }
        other => panic!("{other} is not known"),
    };
    for (part, expected) in expect {
        let (_, found) = got.iter().find(|(name, _)| name == part).unwrap_or_else(|| panic!("{part} is not known"));
        assert_eq!(found, expected, "{part} of {query}");
    }
}

/// Captures a scenario, an event to a transaction, and asks all its questions; answers how many there were.
fn run(vm: &Vm, module: &[u8], scenario: &Value) -> usize {
    let document = parse(scenario["document"].to_string().as_bytes(), Policy::default()).unwrap();
    let mut host = deployed(vm, module);
    for (number, event) in (0..).zip(document.events) {
        let receipt = capture(&mut host, &[event.unwrap().canonical_bytes()], Mode::Rollback).remove(0);
        assert!(matches!(receipt.outcome, Outcome::Accepted { sequence, .. } if sequence == number), "{receipt:?}");
    }
    let queries = scenario["queries"].as_array().unwrap();
    queries.iter().for_each(|query| answers(&mut host, query));
    queries.len()
}

#[test]
fn trace_scenarios_are_answered_exactly() {
    let (vm, module) = (vm(), contract_module("provenance").unwrap());
    for scenario in scenarios(&corpus::own("scenarios"), &OWN_SCENARIOS) {
        assert!(run(&vm, &module, &scenario) > 0, "{}", scenario["name"]);
    }
    let Some(root) = shared() else { return };
    let found = scenarios(&root.join("trace-scenarios"), &SCENARIOS);
    for (scenario, count) in found.iter().zip([3, 6, 4, 4, 4, 6, 4, 5]) {
        assert_eq!(run(&vm, &module, scenario), count, "{}", scenario["name"]);
    }
}

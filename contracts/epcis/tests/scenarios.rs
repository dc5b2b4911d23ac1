//! Trace scenarios with exact answers: the shared ones where present, and our own.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/memory.rs"]
mod memory;

use corpus::{OWN_SCENARIOS, SCENARIOS, scenarios, shared};
use countersign_epcis::document::parse;
use countersign_epcis::register::{self, Record, Stored, capture};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::{self, Limits};
use countersign_epcis::{Event, Identifier, Time};
use memory::{Memory, Proven, Recorder, by};
use serde_json::Value;

/// The shared scenario `name`, where the shared data is present.
fn shared_scenario(name: &str) -> Option<Value> {
    let scenarios = scenarios(&shared()?.join("trace-scenarios"), &SCENARIOS);
    let found = scenarios.into_iter().find(|scenario| scenario["name"] == name);
    assert!(found.is_some(), "{name} is missing");
    found
}

fn own_scenarios() -> Vec<Value> {
    scenarios(&corpus::own("scenarios"), &OWN_SCENARIOS)
}

fn events(document: &Value) -> Vec<Event> {
    let parsed = parse(document.to_string().as_bytes(), Policy::Strict).unwrap();
    parsed.events.into_iter().map(Result::unwrap).collect()
}

/// The registers after all events, and those after each of them.
fn captured(events: &[Event], policy: Policy) -> Memory {
    let mut memory = Memory::default();
    for (sequence, event) in (0..).zip(events) {
        let done = capture(&mut memory, event, &by("acme", sequence), policy).unwrap();
        assert_eq!((done.sequence, done.duplicate), (sequence, false));
    }
    memory
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// Runs a query and compares every part that is expected; false for methods that are not of the walk.
fn answers(memory: &Memory, query: &Value) -> bool {
    let params = &query["params"];
    let expect = query["expect"].as_object().unwrap();
    let text = |name: &str| params[name].as_str();
    let id =
        text("epc").or(text("sscc")).map(|id| Identifier::parse(id).unwrap_or_else(|_| Identifier::as_written(id)));
    let position = params["asOfCaptureSeq"].as_u64().map(|last| last + 1);
    let limits = Limits::default();
    let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
    let name = |what: &str| format!("{what} of {query}");
    match query["method"].as_str().unwrap() {
        "trace_history" => {
            let id = id.unwrap();
            let answer = walk::history(&mut recorder, &id, position, limits).unwrap();
            assert_eq!(answer.truncated, None);
            for (part, expected) in expect {
                match part.as_str() {
                    "eventIDs" => {
                        let ids: Vec<String> =
                            answer.events.iter().map(|step| step.event_id.clone().unwrap()).collect();
                        assert_eq!(ids, texts(expected), "{}", name("events"));
                    }
                    "locations" => assert_eq!(answer.locations, texts(expected), "{}", name("locations")),
                    "canonical" => assert_eq!(answer.item, expected.as_str().unwrap()),
                    "throughs" => {
                        let through: Vec<String> =
                            answer.events.iter().map(|step| step.through.clone().unwrap_or_default()).collect();
                        assert_eq!(through, texts(expected), "{}", name("throughs"));
                    }
                    other => panic!("{other} is not known"),
                }
            }
            let again = walk::history(&mut Proven::of(recorder), &id, position, limits);
            assert_eq!(again.unwrap(), answer);
        }
        method @ ("trace_back" | "trace_forward") => {
            let id = id.unwrap();
            let run = if method == "trace_back" { walk::back } else { walk::forward };
            let answer = run(&mut recorder, &id, position, limits).unwrap();
            assert_eq!(answer.truncated, None);
            for (part, expected) in expect {
                match part.as_str() {
                    "products" => assert_eq!(answer.products, texts(expected), "{}", name("products")),
                    "containers" => assert_eq!(answer.containers, texts(expected), "{}", name("containers")),
                    other => panic!("{other} is not known"),
                }
            }
            let mut proven = Proven::of(recorder);
            let again = if method == "trace_back" {
                walk::back(&mut proven, &id, position, limits)
            } else {
                walk::forward(&mut proven, &id, position, limits)
            };
            assert_eq!(again.unwrap(), answer);
        }
        "container_contents" => {
            let at: Time = text("at").unwrap().parse().unwrap();
            let answer = walk::contents(&mut recorder, &id.unwrap(), at.ms(), position, limits).unwrap();
            assert_eq!(answer.inside, sorted(texts(&expect["contents"])), "{}", name("contents"));
        }
        "recall_scope" => {
            let answer = walk::recall(&mut recorder, &id.unwrap(), position, limits).unwrap();
            assert_eq!(answer.containers_ever, texts(&expect["containersEver"]), "{}", name("containers"));
            let last = answer.last_known.iter().map(|last| (last.item.clone(), last.location.clone().into()));
            let expected = expect["lastKnown"].as_object().unwrap();
            assert_eq!(last.collect::<serde_json::Map<_, _>>(), *expected, "{}", name("last known"));
        }
        "audit_trail" => {
            let audit = register::audit(&mut recorder, text("eventID").unwrap()).unwrap().unwrap();
            assert_eq!(audit.voided, expect["voided"].as_bool().unwrap());
            assert_eq!(audit.corrected_by, texts(&expect["correctedBy"]));
            assert_eq!(audit.records.len() as u64, expect["records"].as_u64().unwrap());
        }
        _ => return false,
    }
    true
}

/// Runs a scenario of events and queries; answers how many of the queries were of the walk.
fn run(scenario: &Value) -> usize {
    let memory = captured(&events(&scenario["document"]), Policy::Strict);
    let queries = scenario["queries"].as_array().unwrap();
    queries.iter().filter(|query| answers(&memory, query)).count()
}

#[test]
fn shared_scenarios_answer_exactly() {
    for (name, count) in SCENARIOS.into_iter().zip([3, 6, 4, 4, 4, 6, 4, 5]) {
        let Some(scenario) = shared_scenario(name) else { return };
        assert_eq!(run(&scenario), count, "{name}");
    }
}

#[test]
fn own_scenarios_answer_exactly() {
    for scenario in own_scenarios() {
        assert_eq!(run(&scenario), scenario["queries"].as_array().unwrap().len(), "{}", scenario["name"]);
    }
}

#[test]
fn capture_rules_reject_and_leave_no_state() {
    let Some(scenario) = shared_scenario("11-capture-rules") else { return };
    let mut refused = Vec::new();
    for case in scenario["cases"].as_array().unwrap() {
        let mut memory = captured(&events(&case["given"]), Policy::Strict);
        let before = memory.clone();
        // What the parser refuses never reaches the registers.
        let one = parse(case["capture"].to_string().as_bytes(), Policy::Strict).unwrap().events.remove(0);
        refused.push(match one {
            Err(violation) => violation.rule.name(),
            Ok(event) => capture(&mut memory, &event, &by("acme", 9), Policy::Strict).unwrap_err().rule,
        });
        assert_eq!(memory, before, "{}", case["rule"]);
    }
    let expected = [
        "containment.cycle",
        "object.commissioned",
        "containment.two",
        "event.conflict",
        "parent.missing",
        "identifier.digits",
        "identifier.check-digit",
        "sensor.later",
        "sensor.twice",
        "quantity.positive",
    ];
    assert_eq!(refused, expected);
}

/// The real chain, whose keys have wrong digits and whose eventIDs repeat with other content.
#[test]
fn real_chain_answers_exactly() {
    let Some(scenario) = shared_scenario("12-gdst-real-chain") else { return };
    let bytes = corpus::read(&shared().unwrap().join(scenario["sourceFile"].as_str().unwrap()));
    let document = parse(&bytes, Policy::Lenient).unwrap();
    let mut memory = Memory::default();
    for (at, event) in (0..).zip(document.events) {
        let event = Event { event_id: Some(format!("urn:index:{at}")), ..event.unwrap() };
        let done = capture(&mut memory, &event, &by("acme", at), Policy::Lenient);
        if let Err(refusal) = done {
            panic!("event {at}: {refusal}");
        }
    }
    for query in scenario["queries"].as_array().unwrap() {
        assert!(answers(&memory, query));
    }
}

/// What is on the ledger is what was captured, and exactly what is declared in error is void.
#[test]
fn records_hold_their_events() {
    for scenario in own_scenarios() {
        let events = events(&scenario["document"]);
        let memory = captured(&events, Policy::Strict);
        let declared: Vec<_> =
            events.iter().filter(|event| event.error.is_some()).map(|event| &event.event_id).collect();
        for (sequence, event) in (0..).zip(&events) {
            let record = Record::from_bytes(&memory.state[&register::key::record(sequence)]).unwrap();
            let expected = event.error.is_none() && declared.contains(&&event.event_id);
            assert_eq!(record.is_void(u64::MAX), expected, "{:?}", event.event_id);
            assert_eq!(record.whole(None).unwrap(), *event);
        }
    }
}

//! Trace scenarios with exact answers: the shared ones where present, and our own.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/memory.rs"]
mod memory;
#[path = "support/scenario.rs"]
mod scenario;

use corpus::{OWN_SCENARIOS, SCENARIOS, scenarios, shared};
use countersign_epcis::Event;
use countersign_epcis::document::parse;
use countersign_epcis::question::ask;
use countersign_epcis::register::{self, Record, Stored, capture};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::Limits;
use memory::{Memory, Proven, Recorder, by};
use scenario::{compare, question};
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

/// Asks a query, compares every part that is expected, and finds the same again over what was read alone.
fn answer(memory: &Memory, query: &Value) {
    let (question, position) = question(query);
    let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
    let answer = ask(&mut recorder, &question, position, Limits::default()).unwrap();
    compare(query, &answer);
    assert_eq!(ask(&mut Proven::of(recorder), &question, position, Limits::default()).unwrap(), answer, "{query}");
}

/// Runs a scenario of events and queries; answers how many queries there were.
fn run(scenario: &Value) -> usize {
    let memory = captured(&events(&scenario["document"]), Policy::Strict);
    let queries = scenario["queries"].as_array().unwrap();
    queries.iter().for_each(|query| answer(&memory, query));
    queries.len()
}

#[test]
fn shared_scenarios_answer_exactly() {
    // The last two are no document with queries and have tests of their own below.
    for (name, count) in SCENARIOS.into_iter().zip([3, 6, 4, 4, 4, 6, 4, 5, 3, 3]) {
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
        answer(&memory, query);
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

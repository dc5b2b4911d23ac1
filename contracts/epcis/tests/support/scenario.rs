//! A scenario's queries as questions, and its exact answers held against what is answered. Shared with the tests that ask
//! over the network.

use countersign_epcis::question::{Answer, Question};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::walk::Bounds;
use countersign_epcis::{Decimal, Identifier, Time};
use serde_json::{Map, Value};

/// What a query asks, and as of how many records. What is no query of the scenarios is a fault of the test.
pub fn question(query: &Value) -> (Question, Option<u64>) {
    let params = &query["params"];
    let text = |name: &str| params[name].as_str();
    let item =
        || text("epc").or(text("sscc")).map(|id| Identifier::parse(id).unwrap_or_else(|_| Identifier::as_written(id)));
    let last = params["asOfCaptureSeq"].as_u64().or(params["atCaptureSeq"].as_u64());
    let question = match query["method"].as_str().unwrap() {
        "trace_history" => Question::History(item().unwrap(), None),
        "trace_back" => Question::Back(item().unwrap()),
        "trace_forward" => Question::Forward(item().unwrap()),
        "container_contents" => {
            let at: Time = text("at").unwrap().parse().unwrap();
            Question::Contents(item().unwrap(), at.ms())
        }
        "recall_scope" => Question::Recall { item: item().unwrap(), after: None, containers_after: None, limit: None },
        "audit_trail" => Question::AuditTrail(text("eventID").unwrap().to_owned()),
        "mass_balance" => Question::MassBalance(item().unwrap()),
        "excursions" => {
            let bound = |name: &str| params.get(name).map(|bound| bound.to_string().parse::<Decimal>().unwrap());
            let bounds = Bounds {
                kind: Term::new(Vocabulary::Measurement, text("type").unwrap()).word().to_owned(),
                min: bound("min"),
                max: bound("max"),
                uom: text("uom").unwrap().to_owned(),
                from_ms: None,
                to_ms: None,
            };
            Question::Excursions(bounds, item())
        }
        other => panic!("{other} is not known"),
    };
    (question, last.map(|last| last + 1))
}

/// Compares every part that a query expects.
pub fn compare(query: &Value, answer: &Answer) {
    assert_eq!(answer.truncated(), None, "{query}");
    let parts = parts(answer);
    for (part, expected) in query["expect"].as_object().unwrap() {
        if part == "notAffected" {
            let affected = texts(&parts["affected"]);
            assert!(texts(expected).iter().all(|item| !affected.contains(item)), "{part} of {query}: {affected:?}");
            continue;
        }
        let found = parts.get(part).unwrap_or_else(|| panic!("{part} of {query} is not known"));
        // Contents are a set.
        let expected = if part == "contents" { sorted(texts(expected)).into() } else { expected.clone() };
        assert_eq!(*found, expected, "{part} of {query}");
    }
}

fn parts(answer: &Answer) -> Map<String, Value> {
    let number = |value: Decimal| -> Value { serde_json::from_str(&value.to_string()).unwrap() };
    let parts: Vec<(&str, Value)> = match answer {
        Answer::History(history) => vec![
            ("eventIDs", list(history.events.iter().map(|step| step.event_id.clone().unwrap()))),
            ("locations", list(history.locations.iter().cloned())),
            ("canonical", history.item.clone().into()),
            ("throughs", list(history.events.iter().map(|step| step.through.clone().unwrap_or_default()))),
        ],
        Answer::Lineage(lineage) => vec![
            ("products", list(lineage.products.iter().cloned())),
            ("containers", list(lineage.containers.iter().cloned())),
        ],
        Answer::Contents(held) => vec![("contents", list(held.contents.iter().cloned()))],
        Answer::Recall(scope) => {
            let instances = scope.products.iter().filter(|product| product.is_instance);
            let last = instances.map(|product| {
                let place = product.last_known.as_ref().map(|last| last.location.clone());
                (product.item.clone(), place.into())
            });
            vec![
                ("containersEver", list(scope.containers_ever.iter().cloned())),
                ("lastKnown", Value::Object(last.collect())),
            ]
        }
        Answer::AuditTrail(trail) => vec![
            ("voided", trail.voided.into()),
            ("correctedBy", list(trail.corrected_by.iter().cloned())),
            ("records", trail.records.len().into()),
        ],
        Answer::MassBalance(balance) => {
            let [row] = balance.amounts.as_slice() else { panic!("one row of {balance:?}") };
            assert!(balance.incomparable.is_empty(), "{balance:?}");
            vec![
                ("created", number(row.created)),
                ("consumed", number(row.consumed)),
                ("remaining", number(row.remaining)),
                ("overConsumed", number(row.over_consumed)),
                ("uom", row.uom.clone().into()),
            ]
        }
        Answer::Excursions(excursions) => {
            assert!(excursions.incomparable.is_empty(), "{excursions:?}");
            vec![
                ("affected", list(excursions.affected.iter().map(|one| one.item.clone()))),
                ("readings", list(excursions.readings.iter().map(|one| one.event_id.clone().unwrap()))),
            ]
        }
        other => panic!("no scenario asks for {other:?}"),
    };
    parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn list(texts: impl Iterator<Item = String>) -> Value {
    texts.collect::<Vec<_>>().into()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

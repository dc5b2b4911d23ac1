//! The published corpus: what is marked valid is accepted and rendered back unchanged, what is marked
//! invalid is rejected with a path and a reason. Where the shared data is absent, the small documents
//! in `tests/data/epcis` of this repository are used alone.
#![cfg(feature = "xml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;

use corpus::{Case, SCENARIOS, cases, files, scenarios, shared};
use countersign_epcis::document::{Document, Shape, parse, parse_value};
use countersign_epcis::json::{event, read, render, write};
use countersign_epcis::rule::{Level, Policy, findings};
use countersign_epcis::{Event, Value};

/// Valid documents that break conformance rules: the strict policy rejects an event of each for these rules
/// and no others, the lenient one records all of them as written.
const NOT_CONFORMANT: &[(&str, &[&str])] = &[
    ("dpp-eudr-epcis/electronics_epcis_weee-disposal.jsonld", &["identifier.digits"]),
    ("event-hash-vectors/CertificationInfoAndSensorReportWithCRS.jsonld", &["sensor.later"]),
    ("event-hash-vectors/CertificationInfoAndSensorReportWithCRS.xml", &["sensor.later"]),
    ("fastnt-v2/Request_ObjectEvent_WithMasterdata.json", &["sensor.later", "sensor.twice"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_12.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_13.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_15.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_2.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_4.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/EPCISQUERYDOCUMENT_advanced_7.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/all_wholechain_events.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/cap_tool_events.jsonld", &["identifier.digits"]),
    ("gdst-opentraceability/epcisquerydoc-example01.jsonld", &["identifier.digits"]),
    (
        "gs1-official/WithFullCombinationOfFields_aggregation_event_all_possible_fields.jsonld",
        &["sensor.later", "sensor.twice"],
    ),
    ("gs1-official/WithFullCombinationOfFields_association_event_all_possible_fields.jsonld", &["sensor.twice"]),
    ("gs1-xml-same-hash/event_with_identical_hash_id_1.xml", &["sensor.later", "sensor.twice"]),
    ("gs1-xml-same-hash/event_with_identical_hash_id_4.xml", &["sensor.later", "sensor.twice"]),
    ("gs1-xml-same-hash/event_with_identical_hash_id_5.xml", &["sensor.later", "sensor.twice"]),
    ("gs1-xml-same-hash/event_with_identical_hash_id_6.xml", &["sensor.later", "sensor.twice"]),
    ("openepcis-capture/AggregationEvent_all_possible_fields.json", &["sensor.later", "sensor.twice"]),
    ("openepcis-capture/AssociationEvent_all_possible_fields.json", &["sensor.twice"]),
    ("openepcis-capture/Combination_of_different_event.json", &["identifier.check-digit", "sensor.later"]),
    ("openepcis-capture/CurieString_document.json", &["sensor.later"]),
    ("openepcis-capture/Namespaces_at_different_level.json", &["sensor.later"]),
    ("openepcis-capture/SensorData_with_combined_events.json", &["identifier.check-digit"]),
    ("openepcis-generated/generated_events_design.json", &["identifier.check-digit"]),
    ("openepcis-querydocs/Q_Combination_of_different_event.json", &["identifier.check-digit", "sensor.later"]),
    ("openepcis-querydocs/Q_CurieString_document.json", &["sensor.later"]),
    ("openepcis-querydocs/Q_SensorData_with_combined_events.json", &["identifier.check-digit"]),
    ("openepcis-querydocs/Q_queryDocument.json", &["identifier.check-digit"]),
    ("openepcis-sentry/ACME_ES_SCE_0dot1_InspectingEventDocument1.json", &["identifier.check-digit"]),
    ("openepcis-sentry/ACME_ES_SCE_0dot1_ReplacementEventDocument1.json", &["identifier.check-digit"]),
];

/// The one document that holds no events.
const MASTER_DATA_ALONE: &str = "gs1-xml/CBV_CBV-11.4-2020-06-16a.xml";

fn lenient(case: &Case) -> Document {
    parse(&case.bytes, Policy::Lenient).unwrap_or_else(|fault| panic!("{}: {fault}", case.name))
}

#[test]
fn valid_documents_are_accepted() {
    let mut refused = Vec::new();
    // Documents in JSON, documents in XML, events.
    let mut accepted = [0, 0, 0];
    for case in cases().iter().filter(|case| case.expect == "valid") {
        accepted[usize::from(case.is_xml())] += 1;
        match parse(&case.bytes, Policy::Lenient) {
            Ok(document) => {
                assert_eq!(document.events.is_empty(), case.name == MASTER_DATA_ALONE, "{}", case.name);
                accepted[2] += document.accepted().count();
                refused.extend(document.rejected().map(|fault| format!("{}: {fault}", case.name)));
            }
            Err(fault) => refused.push(format!("{}: {fault}", case.name)),
        }
    }
    assert!(refused.is_empty(), "{} refused:\n{}", refused.len(), refused.join("\n"));
    assert_eq!(accepted, if shared().is_some() { [139, 28, 1357] } else { [5, 2, 18] });
}

#[test]
fn invalid_documents_are_rejected_with_path_and_reason() {
    let mut refused = [0, 0];
    for case in cases().iter().filter(|case| matches!(case.expect.as_str(), "invalid" | "profile-invalid")) {
        refused[usize::from(case.is_xml())] += 1;
        for policy in [Policy::Strict, Policy::Lenient] {
            let faults = match parse(&case.bytes, policy) {
                Ok(document) => document.rejected().cloned().collect(),
                Err(fault) => vec![fault],
            };
            let first = faults.first().unwrap_or_else(|| panic!("{} is accepted", case.name));
            assert!(first.path.starts_with(if case.is_xml() { '/' } else { '$' }), "{first:?}");
            assert_eq!(first.position.is_some(), case.is_xml(), "{first:?}");
            assert!(!first.reason.is_empty() && !first.hint().is_empty(), "{first:?}");
        }
    }
    assert_eq!(refused, if shared().is_some() { [17, 4] } else { [5, 4] });
}

#[test]
fn documents_of_other_profiles_are_events_of_epcis() {
    // What GDST refuses for missing key data elements is EPCIS nevertheless; only broken JSON is refused.
    let Some(root) = shared() else { return };
    let files = files(&root.join("gdst-invalid"));
    assert_eq!(files.len(), 10);
    for path in files {
        let parsed = parse(&corpus::read(&path), Policy::Strict);
        let broken = path.ends_with("EPCISQueryDocument_malformed.jsonld");
        assert_eq!(parsed.is_ok_and(|document| document.rejected().next().is_none()), !broken, "{}", path.display());
    }
}

#[test]
fn documents_that_strictness_refuses_are_known() {
    let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in cases().iter().filter(|case| case.expect == "valid") {
        for finding in lenient(case).accepted().flat_map(findings) {
            if finding.rule.level() == Level::Note {
                continue;
            }
            let rules = found.entry(case.name.clone()).or_default();
            if !rules.contains(&finding.rule.name()) {
                rules.push(finding.rule.name());
            }
        }
        let strict = parse(&case.bytes, Policy::Strict).unwrap();
        assert_eq!(strict.rejected().count() > 0, found.contains_key(&case.name), "{}", case.name);
    }
    let known: BTreeMap<String, Vec<&str>> =
        NOT_CONFORMANT.iter().map(|(name, rules)| ((*name).to_owned(), rules.to_vec())).collect();
    if shared().is_some() {
        assert_eq!(found, known, "{found:#?}");
    }
}

#[test]
fn events_are_rendered_back_unchanged() {
    for case in cases().iter().filter(|case| case.expect == "valid") {
        let document = lenient(case);
        let original = if case.is_xml() { Value::Null } else { read(&case.bytes).unwrap() };
        let written = events(&original, document.shape);
        assert_eq!(written.len(), if case.is_xml() { 0 } else { document.events.len() }, "{}", case.name);
        for (at, parsed) in document.accepted().enumerate() {
            let rendered = render(parsed);
            if let Some(written) = written.get(at) {
                assert_eq!(normal(&rendered), normal(written), "{}", case.name);
            }
            let again = event(rendered, &[]).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
            assert_eq!(again, *parsed, "{}", case.name);
            let bytes = parsed.canonical_bytes();
            assert_eq!(borsh::from_slice::<Event>(&bytes).unwrap(), *parsed, "{}", case.name);
        }
    }
}

#[test]
fn documents_are_rendered_back_unchanged() {
    for case in cases().iter().filter(|case| case.expect == "valid") {
        let document = lenient(case);
        let text = write(&document.render());
        let again = parse(text.as_bytes(), Policy::Lenient).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        assert_eq!(
            (&again.shape, &again.envelope, &again.context, &again.events),
            (&document.shape, &document.envelope, &document.context, &document.events),
            "{}",
            case.name
        );
        if case.is_xml() {
            continue;
        }
        assert_eq!(again, document, "{}", case.name);
        let original = read(&case.bytes).unwrap();
        if let (Shape::Document | Shape::QueryDocument, Value::Map(fields)) = (document.shape, &original) {
            for (name, value) in fields.iter().filter(|(name, _)| name != "epcisBody") {
                assert_eq!(document.envelope.member(name), Some(value), "{}", case.name);
            }
        }
    }
}

/// The events of a document as they were written.
fn events(document: &Value, shape: Shape) -> &[Value] {
    let body = document.member("epcisBody");
    let list = match shape {
        Shape::Event => return std::slice::from_ref(document),
        Shape::List => Some(document),
        Shape::Document => body.and_then(|body| body.member("eventList")),
        Shape::QueryDocument => {
            body.and_then(|body| body.member("queryResults")?.member("resultsBody")?.member("eventList"))
        }
    };
    list.and_then(Value::as_list).unwrap_or_default()
}

/// A JSON event without the normalisations that the rendering documents: members sorted by name, empty
/// members and the record time gone, one certificate as a string, no context.
fn normal(event: &Value) -> Value {
    let Value::Map(fields) = event else { return event.clone() };
    let kept = fields.iter().filter(|(name, _)| name != "@context" && name != "recordTime");
    let mut fields: Vec<_> = kept
        .filter(|(_, value)| !matches!(value, Value::List(items) if items.is_empty()))
        .filter(|(_, value)| value.as_text() != Some(""))
        .filter(|(name, value)| name != "ilmd" || !matches!(value, Value::Map(items) if items.is_empty()))
        .map(|(name, value)| match value {
            Value::List(items) if name == "certificationInfo" && items.len() == 1 => (name.clone(), items[0].clone()),
            value if name == "errorDeclaration" => (name.clone(), normal(value)),
            value => (name.clone(), sorted(value)),
        })
        .collect();
    fields.sort_by(|(first, _), (second, _)| first.cmp(second));
    Value::Map(fields)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(sorted).collect()),
        Value::Map(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            fields.sort_by(|(first, _), (second, _)| first.cmp(second));
            Value::Map(fields)
        }
        other => other.clone(),
    }
}

/// Rules of scenario 11 that one event breaks by itself; the others need registers.
const BROKEN_ALONE: [(&str, &str); 6] = [
    ("AssociationEvent ADD needs parentID", "parent.missing"),
    ("SSCC URN with a wrong number of digits", "identifier.digits"),
    ("Digital Link SSCC with a wrong check digit", "identifier.check-digit"),
    ("sensor time later than eventTime", "sensor.later"),
    ("same attribute in sensorMetadata and sensorReport", "sensor.twice"),
    ("negative or zero quantity", "quantity.positive"),
];

#[test]
fn scenarios_parse_strictly_and_break_the_rules_they_say() {
    let Some(root) = shared() else { return };
    let mut documents = 0;
    for scenario in scenarios(&root.join("trace-scenarios"), &SCENARIOS) {
        let scenario = read(scenario.to_string().as_bytes()).unwrap();
        if let Some(document) = scenario.member("document") {
            documents += 1;
            let document = parse_value(document.clone(), Policy::Strict).unwrap();
            assert_eq!(document.rejected().next(), None, "{:?}", scenario.member("name"));
        }
        for case in scenario.member("cases").and_then(Value::as_list).unwrap_or_default() {
            let rule = case.member("rule").and_then(Value::as_text).unwrap();
            let given = parse_value(case.member("given").unwrap().clone(), Policy::Strict).unwrap();
            assert_eq!(given.rejected().next(), None, "{rule}");
            let capture = parse_value(case.member("capture").unwrap().clone(), Policy::Strict).unwrap();
            let found = capture.rejected().next().map(|fault| fault.rule.name());
            let expected = BROKEN_ALONE.iter().find(|(text, _)| rule.starts_with(text)).map(|(_, name)| *name);
            assert_eq!(found, expected, "{rule}");
        }
    }
    assert_eq!(documents, 10);
}

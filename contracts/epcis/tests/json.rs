//! The JSON reader and writer against `serde_json`, hostile bytes, and the rules that need a document.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_epcis::document::{Shape, parse};
use countersign_epcis::identifier::Identifier;
use countersign_epcis::json::{read, render, to_json, write};
use countersign_epcis::rule::{Policy, Rule};
use countersign_epcis::{Event, Value};
use proptest::prelude::*;

const HARVEST: &str = include_str!("../../../tests/data/epcis/valid/harvest-to-shop.json");

fn fault(text: &str) -> (Rule, String) {
    let violation = match parse(text.as_bytes(), Policy::Strict) {
        Err(violation) => violation,
        Ok(document) => document.rejected().next().unwrap_or_else(|| panic!("{text} is accepted")).clone(),
    };
    (violation.rule, violation.path)
}

/// An event that is right apart from `fields`.
fn event(fields: &str) -> String {
    format!(r#"{{"type":"ObjectEvent","eventTime":"2026-05-01T08:00:00Z","eventTimeZoneOffset":"+00:00",{fields}}}"#)
}

#[test]
fn faults_have_rule_and_path() {
    let things = r#""epcList":["urn:epc:id:sgtin:9521321.000013.1"]"#;
    let table = [
        ("", Rule::JsonSyntax, "$"),
        ("{\"a\":[1,{\"b\":tru}]}", Rule::JsonSyntax, "$.a[1].b"),
        ("{\"a\":1,\"b\":2,\"a\":3}", Rule::JsonDuplicate, "$.a"),
        ("{\"a b\":01}", Rule::JsonSyntax, "$[\"a b\"]"),
        ("{\"n\":1e400}", Rule::JsonNumber, "$.n"),
        ("\"\\ud800\"", Rule::JsonSyntax, "$"),
        ("[] []", Rule::JsonSyntax, "$"),
        ("7", Rule::DocumentType, "$"),
        ("{\"type\":\"Passport\"}", Rule::DocumentType, "$.type"),
        ("{\"type\":\"EPCISDocument\",\"schemaVersion\":\"1.2\"}", Rule::DocumentVersion, "$.schemaVersion"),
        (
            "{\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"2026-05-01T08:00:00Z\",\"epcisBody\":{}}",
            Rule::FieldMissing,
            "$.epcisBody.eventList",
        ),
        ("[{}]", Rule::FieldMissing, "$[0].type"),
        ("[7]", Rule::FieldType, "$[0]"),
        (&event(things), Rule::FieldMissing, "$.action"),
        (&event(r#""action":"CREATE""#), Rule::EventAction, "$.action"),
        (&event(r#""action":"ADD""#), Rule::ItemsMissing, "$.epcList"),
        (&event(r#""action":"ADD","epcList":"x""#), Rule::FieldType, "$.epcList"),
        (&event(r#""action":"ADD","epcList":["a:b",7]"#), Rule::FieldType, "$.epcList[1]"),
        (&event(r#""action":"ADD","epcList":[""]"#), Rule::IdentifierLength, "$.epcList[0]"),
        (&event(r#""action":"ADD","epcList":["a:b","a:b\tc"]"#), Rule::IdentifierText, "$.epcList[1]"),
        (&event(&format!(r#""action":"ADD",{things},"childEPCs":[]"#)), Rule::FieldMisplaced, "$.childEPCs"),
        (&event(&format!(r#""action":"ADD",{things},"bizStep":"transforming""#)), Rule::VocabularyWord, "$.bizStep"),
        (&event(&format!(r#""action":"ADD",{things},"readPoint":{{}}"#)), Rule::FieldMissing, "$.readPoint.id"),
        (
            &event(r#""action":"ADD","quantityList":[{"epcClass":"a:b","weight":5}]"#),
            Rule::FieldClosed,
            "$.quantityList[0].weight",
        ),
        (
            &event(&format!(r#""action":"ADD",{things},"sourceList":[{{"source":"a:b"}}]"#)),
            Rule::PartyType,
            "$.sourceList[0].type",
        ),
        (
            &event(&format!(r#""action":"ADD",{things},"@context":[{{"a":{{"@id":"b","@context":"http://c"}}}}]"#)),
            Rule::ContextUnknown,
            "$.@context[0].a.@context",
        ),
    ];
    for (text, rule, path) in table {
        let (found, at) = fault(text);
        assert_eq!((found, at.as_str()), (rule, path), "{text}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(nested(32).as_bytes()).is_ok());
    assert_eq!(read(nested(33).as_bytes()).unwrap_err().rule, Rule::JsonNesting);
    assert_eq!(read("[".repeat(1_000_000).as_bytes()).unwrap_err().rule, Rule::JsonNesting);
    let mut bytes = [5, 1, 0, 0, 0].repeat(1_000_000);
    bytes.push(0);
    assert!(borsh::from_slice::<Value>(&bytes).is_err());
}

#[test]
fn numbers_are_kept_as_written() {
    let text = r#"{"a":10.0,"b":0.1000,"c":-5,"d":123456789012345678901234567890.12345678}"#;
    assert_eq!(write(&read(text.as_bytes()).unwrap()), text);
    assert_eq!(write(&read(b"[1e2,-0,1.50E-1]").unwrap()), "[100,0,0.150]");
}

#[test]
fn one_faulty_event_leaves_the_others() {
    let text = include_str!("../../../tests/data/epcis/invalid/one-event-of-two.json");
    let document = parse(text.as_bytes(), Policy::Strict).unwrap();
    assert_eq!((document.shape, document.accepted().count()), (Shape::Document, 1));
    let rejected: Vec<_> = document.rejected().map(|fault| (fault.rule, fault.path.as_str())).collect();
    assert_eq!(rejected, [(Rule::ParentMissing, "$.epcisBody.eventList[1].parentID")]);
}

#[test]
fn an_event_keeps_only_the_namespaces_it_uses() {
    let document = parse(HARVEST.as_bytes(), Policy::Strict).unwrap();
    let contexts: Vec<usize> = document.accepted().map(|event| event.context.len()).collect();
    assert_eq!(contexts, [1, 0, 0]);
    let rendered = write(&render(document.accepted().next().unwrap()));
    assert!(rendered.contains("https://farm.example/terms/") && !rendered.contains("unused"), "{rendered}");
    assert!(document.master_data().is_some());
}

#[test]
fn canonical_bytes_are_golden() {
    let document = parse(HARVEST.as_bytes(), Policy::Strict).unwrap();
    let hex = |event: &Event| event.canonical_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let found: Vec<String> = document.accepted().map(hex).collect();
    let golden: Vec<&str> = include_str!("golden/harvest-to-shop.hex").lines().collect();
    assert_eq!(found, golden, "a change to these bytes is a new version of the event's format");
}

#[test]
fn a_packing_event_of_pharma_size_takes_about_30_bytes_a_serial() {
    let epcs: Vec<String> =
        (0..12_492).map(|serial| format!("\"urn:epc:id:sgtin:9521321.000013.{serial:012}\"")).collect();
    let text = event(&format!(r#""action":"ADD","epcList":[{}]"#, epcs.join(",")));
    let document = parse(text.as_bytes(), Policy::Strict).unwrap();
    let bytes = document.accepted().next().unwrap().canonical_bytes();
    assert!(bytes.len() < 12_492 * 40, "{}", bytes.len());
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (-1e9f64..1e9).prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_reader_agrees_with_serde_json(json in json()) {
        for text in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
            let value = read(text.as_bytes()).unwrap();
            prop_assert_eq!(&to_json(&value), &json);
            prop_assert_eq!(&read(write(&value).as_bytes()).unwrap(), &value);
            let bytes = borsh::to_vec(&value).unwrap();
            prop_assert_eq!(&borsh::from_slice::<Value>(&bytes).unwrap(), &value);
        }
    }

    #[test]
    fn the_reader_refuses_what_serde_json_refuses(text in "[\\[\\]{}:,\"\\\\u0-9a-e.+ -]{0,24}") {
        // Ours is the stricter: repeated members and numbers past an exact decimal are refused.
        if read(text.as_bytes()).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Policy::Lenient);
    }

    #[test]
    fn damaged_documents_are_read_without_panic(at in 0..HARVEST.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = HARVEST.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        if let Ok(document) = parse(&bytes, Policy::Lenient) {
            for event in document.accepted() {
                let again = borsh::from_slice::<Event>(&event.canonical_bytes()).unwrap();
                prop_assert_eq!(&again, event);
            }
        }
    }

    #[test]
    fn damaged_events_are_decoded_without_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let document = parse(HARVEST.as_bytes(), Policy::Strict).unwrap();
        for event in document.accepted() {
            let mut bytes = event.canonical_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(event) = borsh::from_slice::<Event>(&bytes) {
                let _ = countersign_epcis::rule::findings(&event);
                let _ = write(&render(&event));
                event.subjects().for_each(|id: &Identifier| {
                    let _ = (id.kind(), id.gtin(), id.serial(), id.lot(), id.class(), id.lot_class());
                });
            }
        }
    }
}

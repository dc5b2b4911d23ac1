//! One event per rule: just enough to break it, and its neighbour that keeps it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use alloc::vec;

use super::*;
use crate::event::{Action, Items, Quantity, What};
use crate::identifier::Identifier;
use crate::sensor::{SensorElement, SensorMetadata, SensorReport};
use crate::term::{Term, Vocabulary};
use crate::value::Value;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

fn object(action: Action) -> Event {
    let items = Items { epcs: vec![id("urn:epc:id:sgtin:9521321.000013.77")], quantities: Vec::new() };
    let time = "2026-05-01T08:00:00Z".parse().unwrap();
    Event::new(What::Object { action, items }, time, "+00:00".parse().unwrap())
}

fn family(action: Action, parent: Option<&str>, children: &[&str]) -> Event {
    let children = Items { epcs: children.iter().copied().map(id).collect(), quantities: Vec::new() };
    let mut event = object(action);
    event.what = What::Association { action, parent: parent.map(id), children };
    event
}

fn first(event: &Event) -> Option<(Rule, String)> {
    findings(event).into_iter().next().map(|found| (found.rule, found.path))
}

#[test]
fn a_plain_event_keeps_every_rule() {
    assert_eq!(findings(&object(Action::Observe)), Vec::new());
}

#[test]
fn ilmd_only_at_birth() {
    for action in [Action::Add, Action::Observe, Action::Delete] {
        let mut event = object(action);
        event.ilmd.push(("cbvmda:lotNumber".into(), Value::Text("L1".into())));
        let expected = (action != Action::Add).then(|| (Rule::IlmdPlace, String::from("$.ilmd")));
        assert_eq!(first(&event), expected, "{action:?}");
    }
}

#[test]
fn association_needs_parent_and_children_as_tcr_54_says() {
    const PARENT: &str = "urn:epc:id:grai:4012345.55555.987";
    const CHILD: &str = "urn:epc:id:giai:4000001.12345";
    let table = [
        (Action::Add, None, &[CHILD][..], Some(Rule::ParentMissing)),
        (Action::Delete, None, &[CHILD], Some(Rule::ParentMissing)),
        (Action::Observe, None, &[CHILD], None),
        (Action::Add, Some(PARENT), &[], Some(Rule::ItemsMissing)),
        (Action::Observe, Some(PARENT), &[], Some(Rule::ItemsMissing)),
        (Action::Delete, Some(PARENT), &[], None),
        (Action::Add, Some(PARENT), &[PARENT], Some(Rule::ItemsParent)),
        (Action::Add, Some(PARENT), &[CHILD, CHILD], Some(Rule::ItemsTwice)),
        (Action::Add, Some(PARENT), &[CHILD], None),
    ];
    for (action, parent, children, expected) in table {
        let found = first(&family(action, parent, children));
        assert_eq!(found.map(|(rule, _)| rule), expected, "{action:?} {parent:?} {children:?}");
    }
}

#[test]
fn quantities_are_positive_and_have_coded_units() {
    let table = [
        ("-5", "KGM", Some(Rule::QuantityPositive)),
        ("0", "KGM", Some(Rule::QuantityPositive)),
        ("0.5", "kg", Some(Rule::QuantityUnit)),
        ("0.5", "KGM", None),
    ];
    for (amount, uom, expected) in table {
        let mut event = object(Action::Add);
        let class = id("urn:epc:class:lgtin:9521321.000019.Z");
        let quantity = Quantity { class, quantity: Some(amount.parse().unwrap()), uom: Some(uom.into()) };
        event.what =
            What::Object { action: Action::Add, items: Items { epcs: Vec::new(), quantities: vec![quantity] } };
        assert_eq!(first(&event).map(|(rule, _)| rule), expected, "{amount} {uom}");
    }
}

#[test]
fn sensor_attributes_stand_once_and_not_after_the_event() {
    let mut event = object(Action::Observe);
    let device = Some(String::from("urn:epc:id:giai:9521321.LOGGER1"));
    let metadata = SensorMetadata {
        time: Some("2026-05-01T08:00:01Z".parse().unwrap()),
        device_id: device.clone(),
        ..SensorMetadata::default()
    };
    let report = SensorReport {
        kind: Some(Term::new(Vocabulary::Measurement, "gs1:Temperature")),
        device_id: device,
        ..SensorReport::default()
    };
    event.sensors = vec![SensorElement { metadata: Some(metadata), reports: vec![report], extensions: Vec::new() }];
    let found: Vec<_> = findings(&event).into_iter().map(|found| (found.rule, found.path)).collect();
    assert_eq!(
        found,
        [
            (Rule::SensorLater, String::from("$.sensorElementList[0].sensorMetadata.time")),
            (Rule::SensorTwice, String::from("$.sensorElementList[0].sensorReport[0].deviceID")),
        ]
    );
    assert!(check(&event, Policy::Lenient).is_ok());
    assert!(check(&event, Policy::Strict).is_err());
}

#[test]
fn a_forged_canonical_form_is_a_fault_under_every_policy() {
    let mut event = object(Action::Observe);
    let mut bytes = borsh::to_vec(&id("urn:epc:id:sgtin:9521321.000013.77")).unwrap();
    // The serial number in the path, from 77 to 78: the spelling follows it, so give a spelling of its own.
    assert_eq!((bytes[0], bytes.pop()), (2, Some(7)));
    bytes[0] = 3;
    bytes.extend(borsh::to_vec("urn:epc:id:sgtin:9521321.000013.78").unwrap());
    let forged: Identifier = borsh::from_slice(&bytes).unwrap();
    event.what = What::Object { action: Action::Observe, items: Items { epcs: vec![forged], quantities: Vec::new() } };
    assert_eq!(check(&event, Policy::Lenient).unwrap_err().rule, Rule::IdentifierCanonical);
}

#[test]
fn malformed_keys_are_kept_as_written_only_by_the_lenient_policy() {
    let mut event = object(Action::Observe);
    let malformed = Identifier::as_written("urn:epc:id:sscc:95213210000.00000000001");
    event.what =
        What::Object { action: Action::Observe, items: Items { epcs: vec![malformed], quantities: Vec::new() } };
    assert_eq!(check(&event, Policy::Strict).unwrap_err().rule, Rule::IdentifierDigits);
    assert_eq!(check(&event, Policy::Lenient), Ok(()));
}

#[test]
fn bare_words_are_of_the_vocabulary() {
    let mut event = object(Action::Observe);
    event.step = Some(Term::new(Vocabulary::BizStep, "transforming"));
    assert_eq!(first(&event), Some((Rule::VocabularyWord, "$.bizStep".into())));
    event.step = Some(Term::new(Vocabulary::BizStep, "urn:epcglobal:cbv:bizstep:shipping"));
    assert_eq!(event.step_word(), "shipping");
    assert_eq!(first(&event), None);
}

#[test]
fn rules_have_distinct_names() {
    let mut names: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Rule::ALL.len());
}

#[test]
fn extensions_take_no_name_that_is_taken() {
    let text = || Value::Text("x".into());
    let table = [
        (vec![("eventTime".into(), text())], Rule::FieldTwice),
        (vec![("cbv:a".into(), text()), ("cbv:a".into(), text())], Rule::FieldTwice),
        (vec![("cbv:a".into(), Value::Map(vec![("b".into(), text()), ("b".into(), text())]))], Rule::FieldTwice),
        (vec![("mine:a".into(), text())], Rule::ContextUndeclared),
        (vec![("a".into(), text())], Rule::FieldUnknown),
    ];
    for (extensions, rule) in table {
        let mut event = object(Action::Observe);
        event.extensions = extensions;
        assert_eq!(first(&event).map(|(rule, _)| rule), Some(rule), "{:?}", event.extensions);
    }
}

#[test]
fn contexts_are_pinned_in_the_typed_event_too() {
    let mut event = object(Action::Observe);
    event.context = vec![Value::Text("https://attacker.example/context.jsonld".into())];
    assert_eq!(check(&event, Policy::Lenient).unwrap_err().rule, Rule::ContextUnknown);
    event.context = vec![Value::Map(vec![("epcList".into(), Value::Text("urn:else".into()))])];
    assert_eq!(check(&event, Policy::Lenient).unwrap_err().rule, Rule::ContextProtected);
}

#[test]
fn violations_are_short_whatever_they_quote() {
    let mut event = object(Action::Observe);
    event.step = Some(Term::new(Vocabulary::BizStep, &"ö ".repeat(10_000)));
    event.extensions.push(("é".repeat(10_000), Value::Null));
    let found = findings(&event);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|found| found.path.len() < 250 && found.reason.len() < 250), "{found:?}");
}

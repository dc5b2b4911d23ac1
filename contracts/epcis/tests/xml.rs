//! The XML reader: equal to its JSON-LD twins, faults with their place in the text, bounds, and hostile bytes.
#![cfg(feature = "xml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/corpus.rs"]
mod corpus;

use countersign_epcis::document::{Document, parse};
use countersign_epcis::event::{Event, Items, Place, Reference, What};
use countersign_epcis::rule::Policy;
use countersign_epcis::term::Vocabulary;
use countersign_epcis::value::Field;
use countersign_epcis::{Identifier, Term, Time, Value};
use proptest::prelude::*;

const OLD: &str = include_str!("../../../tests/data/epcis/pairs/version-1-2.xml");

fn lenient(bytes: &[u8]) -> Document {
    parse(bytes, Policy::Lenient).unwrap_or_else(|fault| panic!("{fault}"))
}

fn events(path: &std::path::Path) -> Vec<Event> {
    let document = lenient(&corpus::read(path));
    assert_eq!(document.rejected().next(), None, "{}", path.display());
    document.accepted().cloned().collect()
}

#[test]
fn our_own_pairs_are_equal_byte_by_byte() {
    for name in ["version-1-2", "version-2-0"] {
        let read = |ending: &str| lenient(&corpus::read(&corpus::own(&format!("pairs/{name}.{ending}"))));
        let (xml, json) = (read("xml"), read("jsonld"));
        assert_eq!((xml.shape, &xml.envelope), (json.shape, &json.envelope), "{name}");
        assert_eq!(xml.rejected().next(), None);
        for (at, (xml, json)) in xml.accepted().zip(json.accepted()).enumerate() {
            assert_eq!(xml, json, "{name} {at}");
            assert_eq!(xml.canonical_bytes(), json.canonical_bytes(), "{name} {at}");
        }
        assert_eq!(xml.events.len(), json.events.len());
    }
}

/// The published pairs spell words, times and numbers differently and describe the same.
#[test]
fn published_pairs_describe_the_same() {
    let Some(root) = corpus::shared() else { return };
    let mut compared = 0;
    for path in corpus::files(&root.join("event-hash-vectors")) {
        if path.extension().is_some_and(|ending| ending == "xml") {
            let (xml, json) = (events(&path), events(&path.with_extension("jsonld")));
            assert_eq!(xml.len(), json.len(), "{}", path.display());
            for (at, (xml, json)) in xml.iter().zip(&json).enumerate() {
                assert_eq!(plain(xml), plain(json), "{} {at}", path.display());
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 22);
}

#[test]
fn published_variants_of_one_event_describe_the_same() {
    let Some(root) = corpus::shared() else { return };
    let mut compared = 0;
    for path in corpus::files(&root.join("event-hash-equal")) {
        if path.extension().is_some_and(|ending| ending == "xml") {
            compared += all_same(&events(&path));
        }
    }
    let files = corpus::files(&root.join("gs1-xml-same-hash"));
    let same: Vec<Event> = files.iter().flat_map(|path| events(path)).collect();
    assert_eq!((compared, all_same(&same)), (17, 4));
}

fn all_same(events: &[Event]) -> usize {
    for event in events {
        assert_eq!(plain(event), plain(&events[0]));
    }
    events.len()
}

/// An event without its spellings: words bare, identifiers canonical, times as instants, names with their namespace
/// in place of its prefix, lists in one order.
fn plain(event: &Event) -> Event {
    let word = |term: &Term| Term::new(Vocabulary::BizStep, term.word());
    let id = |id: &Identifier| Identifier::as_written(id.canonical());
    let names = |fields: &[Field]| match expanded(&Value::Map(fields.to_vec()), event) {
        Value::Map(fields) => fields,
        _ => unreachable!(),
    };
    let place = |place: &Place| Place { id: id(&place.id), extensions: names(&place.extensions) };
    let references = |references: &[Reference]| {
        sorted(references.iter().map(|each| Reference { kind: each.kind.as_ref().map(word), id: id(&each.id) }))
    };
    let items = |items: &Items| {
        let mut items = items.clone();
        items.epcs = sorted(items.epcs.iter().map(id));
        for quantity in &mut items.quantities {
            quantity.class = id(&quantity.class);
        }
        items.quantities = sorted(items.quantities.into_iter());
        items
    };
    let mut plain = event.clone();
    plain.time = Time::at(event.time.ms());
    plain.what = match &event.what {
        What::Object { action, items: things } => What::Object { action: *action, items: items(things) },
        What::Aggregation { action, parent, children } => {
            What::Aggregation { action: *action, parent: parent.as_ref().map(id), children: items(children) }
        }
        What::Transaction { action, parent, items: things } => {
            What::Transaction { action: *action, parent: parent.as_ref().map(id), items: items(things) }
        }
        What::Transformation { inputs, outputs, id: joint } => {
            What::Transformation { inputs: items(inputs), outputs: items(outputs), id: joint.as_ref().map(id) }
        }
        What::Association { action, parent, children } => {
            What::Association { action: *action, parent: parent.as_ref().map(id), children: items(children) }
        }
    };
    plain.read_point = event.read_point.as_ref().map(place);
    plain.location = event.location.as_ref().map(place);
    plain.step = event.step.as_ref().map(word);
    plain.disposition = event.disposition.as_ref().map(word);
    plain.persistent_set = sorted(event.persistent_set.iter().map(word));
    plain.persistent_unset = sorted(event.persistent_unset.iter().map(word));
    plain.transactions = references(&event.transactions);
    plain.sources = references(&event.sources);
    plain.destinations = references(&event.destinations);
    for sensor in &mut plain.sensors {
        sensor.extensions = names(&sensor.extensions);
        if let Some(metadata) = &mut sensor.metadata {
            metadata.fields = names(&metadata.fields);
            metadata.time = metadata.time.as_ref().map(|time| Time::at(time.ms()));
        }
        for report in &mut sensor.reports {
            report.fields = names(&report.fields);
            report.kind = report.kind.as_ref().map(word);
        }
    }
    plain.ilmd = names(&event.ilmd);
    plain.extensions = names(&event.extensions);
    plain.context = Vec::new();
    plain
}

fn sorted<T: std::fmt::Debug>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by_key(|item| format!("{item:?}"));
    items
}

fn expanded(value: &Value, event: &Event) -> Value {
    let name = |name: &String| {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = event.context.iter().find_map(|entry| entry.member(prefix)?.as_text());
        let namespace = namespace.unwrap_or(if prefix == "cbvmda" { "urn:epcglobal:cbv:mda" } else { prefix });
        format!("{{{}}}{local}", namespace.trim_end_matches(':'))
    };
    match value {
        Value::Map(fields) => Value::Map(sorted(fields.iter().map(|(key, value)| (name(key), expanded(value, event))))),
        Value::List(items) => Value::List(sorted(items.iter().map(|item| expanded(item, event)))),
        // Exceptions of a sensor are words of the Web Vocabulary too.
        Value::Text(text) => Value::Text(text.strip_prefix("gs1:").unwrap_or(text).to_owned()),
        other => other.clone(),
    }
}

/// What a document is refused for first, as `line:column path rule`.
fn fault(text: &str) -> String {
    let violation = match parse(text.as_bytes(), Policy::Strict) {
        Err(violation) => violation,
        Ok(document) => document.rejected().next().unwrap_or_else(|| panic!("{text} is accepted")).clone(),
    };
    assert!(!violation.hint().is_empty() && !violation.reason.is_empty());
    let place = violation.position.map_or_else(String::new, |position| format!("{position} "));
    format!("{place}{} {}", violation.path, violation.rule.name())
}

/// A document with these events.
fn document(events: &str) -> String {
    format!(
        "<e:EPCISDocument xmlns:e=\"urn:epcglobal:epcis:xsd:2\" xmlns:x=\"urn:x\" schemaVersion=\"2.0\" \
         creationDate=\"2026-05-01T12:00:00Z\">\n<EPCISBody><EventList>\n{events}\n</EventList></EPCISBody>\
         </e:EPCISDocument>"
    )
}

/// An ObjectEvent that is right apart from `fields`.
fn event(fields: &str) -> String {
    document(&format!(
        "<ObjectEvent><eventTime>2026-05-01T08:00:00Z</eventTime>\
         <eventTimeZoneOffset>+00:00</eventTimeZoneOffset>\n{fields}</ObjectEvent>"
    ))
}

const LIST: &str = "/e:EPCISDocument/EPCISBody/EventList";

#[test]
fn faults_name_line_column_element_and_rule() {
    let things = "<action>ADD</action><epcList><epc>urn:epc:id:sgtin:9521321.000013.1</epc></epcList>";
    let table = [
        ("<".to_owned(), "1:1 / xml.syntax".to_owned()),
        ("<a><b></a>".into(), "1:7 /a/b xml.syntax".into()),
        ("<a>\n<b>".into(), "2:4 /a/b xml.syntax".into()),
        ("<a/><b/>".into(), "1:5 / xml.syntax".into()),
        ("<a/>x".into(), "1:5 / xml.syntax".into()),
        ("<a b='1' b='2'/>".into(), "1:1 /a xml.syntax".into()),
        ("<a b='<'/>".into(), "1:1 /a xml.syntax".into()),
        ("<a>&#1;</a>".into(), "1:4 /a xml.syntax".into()),
        ("<a>\u{1}</a>".into(), "1:4 / xml.syntax".into()),
        ("<1/>".into(), "1:1 / xml.syntax".into()),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>".into(), "1:1 / xml.syntax".into()),
        ("<a><p:b/></a>".into(), "1:4 /a xml.namespace".into()),
        ("<a p:b='1'/>".into(), "1:1 /a xml.namespace".into()),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".into(), "1:1 / xml.doctype".into()),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".into(), "1:1 / xml.doctype".into()),
        ("<a>\n &b;</a>".into(), "2:2 /a xml.entity".into()),
        ("<a b='&c;'/>".into(), "1:1 /a xml.entity".into()),
        ("<a/>".into(), "1:1 /a document.type".into()),
        (document("").replace("2.0", "3.0"), "1:1 /e:EPCISDocument/@schemaVersion document.version".into()),
        (document("").replace("2026-05-01T12", "noon"), "1:1 /e:EPCISDocument/@creationDate time.format".into()),
        (document("").replace("EventList", "Events"), "1:1 /e:EPCISDocument field.missing".into()),
        (event("").replace("ObjectEvent>", "x:ObjectEvent>"), format!("3:1 {LIST}/x:ObjectEvent event.type")),
        (event(""), format!("3:1 {LIST}/ObjectEvent/action field.missing")),
        (event("<action>CREATE</action>"), format!("4:1 {LIST}/ObjectEvent/action event.action")),
        (event("<action/><action/>"), format!("4:10 {LIST}/ObjectEvent/action[2] xml.twice")),
        (event("<extension><action/></extension><action/>"), format!("4:33 {LIST}/ObjectEvent/action xml.twice")),
        (event("<epcList><epc><x/></epc></epcList>"), format!("4:15 {LIST}/ObjectEvent/epcList/epc/x field.type")),
        (event("<epcList>urn:x:y</epcList>"), format!("4:1 {LIST}/ObjectEvent/epcList field.type")),
        (event("<epcList><EPC/></epcList>"), format!("4:10 {LIST}/ObjectEvent/epcList/EPC field.closed")),
        (event("<action a='1'/>"), format!("4:1 {LIST}/ObjectEvent/action/@a field.closed")),
        (event("text"), format!("3:1 {LIST}/ObjectEvent field.type")),
        (event(&format!("{things}<childEPCs/>")), format!("4:84 {LIST}/ObjectEvent/childEPCs field.misplaced")),
        (event(&format!("{things}<readPoint/>")), format!("4:84 {LIST}/ObjectEvent/readPoint/id field.missing")),
        (
            event(&things.replace("</epcList>", "<epc>urn:epc:id:sgtin:9521321.0013.1</epc></epcList>")),
            format!("4:74 {LIST}/ObjectEvent/epcList/epc[2] identifier.digits"),
        ),
        (
            event(&format!(
                "{things}<quantityList><quantityElement><epcClass>a:b</epcClass><quantity>x</quantity></quantityElement></quantityList>"
            )),
            format!("4:139 {LIST}/ObjectEvent/quantityList/quantityElement/quantity field.type"),
        ),
        (
            event(&format!(
                "{things}<sensorElementList><sensorElement><sensorReport\n value='x'/></sensorElement></sensorElementList>"
            )),
            format!("4:118 {LIST}/ObjectEvent/sensorElementList/sensorElement/sensorReport/@value field.type"),
        ),
        (
            event(&format!("{things}<sourceList><source>a:b</source></sourceList>")),
            format!("4:96 {LIST}/ObjectEvent/sourceList/source/type party.type"),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(fault(&text), expected, "{text}");
    }
}

#[test]
fn one_faulty_event_leaves_the_others() {
    let good = "<action>OBSERVE</action><epcList><epc>urn:x:1</epc></epcList>";
    let start =
        "<ObjectEvent><eventTime>2026-05-01T08:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>";
    let text = document(&format!("{start}{good}</ObjectEvent><ObjectEvent/>{start}{good}</ObjectEvent>"));
    let document = parse(text.as_bytes(), Policy::Strict).unwrap();
    assert_eq!((document.accepted().count(), document.events.len()), (2, 3));
    let fault = document.rejected().next().unwrap();
    assert_eq!(fault.path, format!("{LIST}/ObjectEvent[2]/eventTime"));
}

#[test]
fn a_declaration_that_names_the_root_alone_is_let_pass() {
    let text = format!("<!DOCTYPE project>{OLD}").replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "");
    assert_eq!(lenient(text.as_bytes()).events, lenient(OLD.as_bytes()).events);
    let marked = [b"\xef\xbb\xbf", OLD.as_bytes()].concat();
    assert_eq!(lenient(&marked).events, lenient(OLD.as_bytes()).events);
}

#[test]
fn prefixes_that_clash_are_told_apart() {
    let fields = "<action>OBSERVE</action><epcList><epc>urn:x:1</epc></epcList><x:a/><x:a xmlns:x=\"urn:y\"/>\
                  <a xmlns=\"urn:z\"><b/></a><c xmlns=\"urn:x\"/>";
    let document = lenient(event(fields).as_bytes());
    let event = document.accepted().next().unwrap();
    let names: Vec<&str> = event.extensions.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x:a", "ns1:a", "ns2:a", "x:c"]);
    let context = |prefix: &str| event.context.iter().find_map(|entry| entry.member(prefix)?.as_text());
    assert_eq!((context("x"), context("ns1"), context("ns2")), (Some("urn:x"), Some("urn:y"), Some("urn:z")));
    assert_eq!(event.extensions[2].1.member("ns2:b"), Some(&Value::Text(String::new())));
}

#[test]
fn everything_is_bounded() {
    let deep = |levels: usize| format!("{}{}", "<x:a>".repeat(levels), "</x:a>".repeat(levels));
    let things = "<action>OBSERVE</action><epcList><epc>urn:x:1</epc></epcList>";
    let inside = |extension: &str| event(&format!("{things}{extension}"));
    assert!(parse(inside(&deep(20)).as_bytes(), Policy::Strict).unwrap().accepted().next().is_some());
    let bounds = [
        inside(&deep(40)),
        inside(&deep(100)),
        "<a>".repeat(1_000_000),
        inside(&format!("<x:{}/>", "a".repeat(300))),
        inside(&format!("<x:a b='{}'/>", "b".repeat(1024 * 1024 + 1))),
        inside(&format!("<x:a>{}</x:a>", "b".repeat(1024 * 1024 + 1))),
        inside(&format!("<x:a{}/>", (0..65).map(|n| format!(" a{n}='1'")).collect::<String>())),
        inside(&format!("<x:a{}/>", (0..65).map(|n| format!(" xmlns:a{n}='urn:{n}'")).collect::<String>())),
        inside(&(0..70).map(|n| format!("<a{n}:b xmlns:a{n}='urn:{n}'/>")).collect::<String>()),
    ];
    for text in bounds {
        let fault = fault(&text);
        assert!(fault.ends_with(" xml.bounds"), "{fault}");
    }
    let many = parse(inside(&"<x:a/>".repeat(100_000)).as_bytes(), Policy::Lenient).unwrap_err();
    assert!(many.to_string().contains("more elements than"), "{many}");
    // Elements that repeat make lists, which count as well.
    let wide = "<x:a><x:b/>".repeat(14) + &"</x:a><x:a/>".repeat(14);
    assert!(fault(&inside(&format!("<x:c>{wide}</x:c>"))).ends_with(" xml.bounds"));
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[<>/a:\"'= &;!?\\[\\]x0-9\\n-]{0,60}") {
        let _ = parse(format!("<{text}").as_bytes(), Policy::Lenient);
    }

    #[test]
    fn damaged_documents_are_read_without_panic(at in 0..OLD.len(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = OLD.as_bytes().to_vec();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        match parse(&bytes, Policy::Lenient) {
            Ok(document) => for event in document.accepted() {
                let again = borsh::from_slice::<Event>(&event.canonical_bytes()).unwrap();
                prop_assert_eq!(&again, event);
            },
            Err(fault) => prop_assert!(!fault.reason.is_empty()),
        }
    }
}

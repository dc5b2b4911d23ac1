//! Reading event by event: the same as reading whole, however the text is cut; and what is wrong is found where it stands.
#![cfg(feature = "xml")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "support/corpus.rs"]
mod corpus;

use countersign_epcis::document::stream::{Step, Stream};
use countersign_epcis::document::{Document, parse};
use countersign_epcis::rule::{Policy, Violation};

/// All that comes out of a text in pieces of `size` bytes.
fn streamed(bytes: &[u8], size: usize) -> (Vec<Document>, Result<(), Violation>) {
    let mut stream = Stream::new(Policy::Lenient);
    let (parts, outcome) = read(&mut stream, bytes, size);
    if let (Ok(()), Ok(whole)) = (&outcome, parse(bytes, Policy::Lenient)) {
        assert_eq!(stream.has_master_data(), whole.master_data().is_some());
    }
    (parts, outcome)
}

fn read(stream: &mut Stream, bytes: &[u8], size: usize) -> (Vec<Document>, Result<(), Violation>) {
    let (mut pieces, mut parts) = (bytes.chunks(size), Vec::new());
    loop {
        match stream.step() {
            Ok(Step::Event(part)) => parts.push(*part),
            Ok(Step::More) => match pieces.next() {
                Some(piece) => stream.push(piece),
                None => stream.end(),
            },
            Ok(Step::End) => return (parts, Ok(())),
            Err(violation) => return (parts, Err(violation)),
        }
    }
}

/// A path of elements without the number of the first of a name, which a stream does not know.
fn unnumbered(path: &str) -> String {
    path.replace("[1]", "")
}

fn assert_same(name: &str, whole: &Document, parts: &[Document]) {
    assert_eq!(parts.len(), whole.events.len(), "{name}");
    for (index, part) in parts.iter().enumerate() {
        assert_eq!((part.first(), part.shape), (index, whole.shape), "{name}");
        assert_eq!(part.event_id(index), whole.event_id(index), "{name} {index}");
        match (part.event(index).unwrap(), whole.event(index).unwrap()) {
            (Err(found), Err(expected)) => {
                let told =
                    |fault: &Violation| (fault.rule, fault.position, fault.reason.clone(), unnumbered(&fault.path));
                assert_eq!(told(found), told(expected), "{name} {index}");
            }
            (found, expected) => assert_eq!(found, expected, "{name} {index}"),
        }
        let placed = |document: &Document| {
            let (path, position) = document.place(index, "$.eventTime");
            (unnumbered(&path), position)
        };
        assert_eq!(placed(part), placed(whole), "{name} {index}");
        assert_eq!(part.warnings(index).len(), whole.warnings(index).len(), "{name} {index}");
    }
}

#[test]
fn every_document_of_the_corpus_is_read_the_same_in_pieces() {
    let (mut same, mut refused) = (0, 0);
    for case in corpus::cases() {
        let sizes: &[usize] = if case.bytes.len() < 20_000 { &[1, 61, usize::MAX] } else { &[4_093, usize::MAX] };
        for size in sizes {
            let (parts, outcome) = streamed(&case.bytes, *size);
            match (parse(&case.bytes, Policy::Lenient), outcome) {
                (Ok(whole), Ok(())) => {
                    assert_same(&case.name, &whole, &parts);
                    same += 1;
                }
                (Err(expected), Err(found)) => {
                    assert_eq!((found.rule, &found.reason), (expected.rule, &expected.reason), "{}", case.name);
                    assert_eq!(found.position, expected.position, "{}", case.name);
                    refused += 1;
                }
                (expected, found) => panic!("{} in pieces of {size}: {expected:?} {found:?}", case.name),
            }
        }
    }
    assert!(same > 20 && refused > 0, "{same} {refused}");
}

fn event(number: usize) -> String {
    format!(
        r#"{{"type":"ObjectEvent","eventID":"urn:event:{number}","eventTime":"2026-05-01T08:00:00Z","eventTimeZoneOffset":"+00:00",
"action":"OBSERVE","epcList":["urn:x:{number}"],"x:note":"] {{ \\\" ,"}}"#
    )
}

fn json(events: &[String]) -> String {
    format!(
        r#"{{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{{"x":"http://x.example/"}}],"type":"EPCISDocument",
"schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00Z","epcisBody":{{"eventList":[
{}
]}}}}"#,
        events.join(",\n")
    )
}

const HEAD: &str = r#"<?xml version="1.0"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0" creationDate="2026-05-01T08:00:00Z">
<EPCISHeader><x:a xmlns:x="http://x.example/">></x:a></EPCISHeader><EPCISBody><EventList><!-- <ObjectEvent> -->"#;
const TAIL: &str = "\n</EventList></EPCISBody></epcis:EPCISDocument>\n";

fn xml(number: usize) -> String {
    format!(
        "\n<ObjectEvent><eventTime>2026-05-01T08:00:00Z</eventTime><eventTimeZoneOffset>+00:00</eventTimeZoneOffset>\
         <epcList><epc>urn:x:{number}</epc></epcList><action>OBSERVE</action><!-- > </ObjectEvent> --></ObjectEvent>"
    )
}

/// What is wrong, with its place, after so many events.
fn broken(text: &str) -> (usize, Violation) {
    let whole = parse(text.as_bytes(), Policy::Lenient).unwrap_err();
    let outcomes = [1, 13, usize::MAX].map(|size| {
        let (parts, outcome) = streamed(text.as_bytes(), size);
        assert!(parts.iter().all(|part| part.events[0].is_ok()));
        (parts.len(), outcome.unwrap_err())
    });
    let first = outcomes[0].clone();
    assert!(outcomes.iter().all(|outcome| *outcome == first));
    assert_eq!((first.1.rule, &first.1.reason, first.1.position), (whole.rule, &whole.reason, whole.position));
    first
}

#[test]
fn a_json_document_broken_in_the_middle_keeps_what_came_before() {
    let events: Vec<String> = (0..5).map(event).collect();
    let whole = json(&events);
    let (parts, outcome) = streamed(whole.as_bytes(), 10);
    assert_eq!((parts.len(), outcome), (5, Ok(())));
    let third = whole.find("urn:event:3").unwrap();
    // Cut off within an event, between two, and after a comma.
    let (count, fault) = broken(&whole[..third]);
    assert_eq!((count, fault.rule.name()), (3, "json.syntax"));
    assert!(fault.path.starts_with("$.epcisBody.eventList[3]") && fault.reason.contains("line 9"), "{fault}");
    let comma = whole[third..].find("}").unwrap() + third + 1;
    assert_eq!(broken(&whole[..comma]).0, 4);
    assert_eq!(broken(&whole[..comma + 1]).0, 4);
    // What no event is, a comma too many, and one too few.
    assert_eq!(broken(&whole.replace("\"urn:event:2\"", "nonsense")).0, 2);
    assert_eq!(broken(&json(&[event(0), String::new()])).0, 1);
    assert_eq!(broken(&json(&[event(0) + &event(1)])).0, 1);
    assert_eq!(broken(&json(&[event(0), "]".into()])).0, 1);
    // What stands after the events.
    assert_eq!(broken(&whole[..whole.len() - 1]).0, 5);
    let (count, fault) = broken(&whole.replace("]}}", "]},\n\"epcisBody\":{}}"));
    assert_eq!((count, fault.rule.name()), (5, "json.duplicate"));
    let (count, fault) = broken(&whole.replace("]}}", "]}} x"));
    assert!(count == 5 && fault.reason.contains("where the end belongs"), "{fault}");
}

#[test]
fn an_xml_document_broken_in_the_middle_keeps_what_came_before() {
    let events: Vec<String> = (0..4).map(xml).collect();
    let whole = format!("{HEAD}{}{TAIL}", events.concat());
    let (parts, outcome) = streamed(whole.as_bytes(), 10);
    assert_eq!((parts.len(), outcome), (4, Ok(())));
    let third = whole.find("urn:x:2").unwrap();
    let (count, fault) = broken(&whole[..third]);
    assert_eq!((count, fault.rule.name(), fault.position.unwrap().line), (2, "xml.syntax", 6));
    let (count, fault) = broken(&whole.replace("urn:x:2", "&other;"));
    assert_eq!((count, fault.rule.name(), fault.position.unwrap().line), (2, "xml.entity", 6));
    assert_eq!(broken(&whole.replace("urn:x:2</epc>", "urn:x:2</x>")).0, 2);
    assert_eq!(broken(&whole.replace(TAIL, "\n</EventList></EPCISBody>")).0, 4);
    let (count, fault) = broken(&whole.replace("</EventList>", "</EventList><EventList></EventList>"));
    assert_eq!((count, fault.rule.name()), (4, "xml.twice"));
}

#[test]
fn types_of_later_versions_stand_in_an_extension() {
    let inner = xml(1).replace("ObjectEvent", "TransformationEvent");
    let text = format!("{HEAD}{}<extension> {inner}{inner} </extension>{}<extension/>{TAIL}", xml(0), xml(2));
    for size in [1, 29, usize::MAX] {
        let (parts, outcome) = streamed(text.as_bytes(), size);
        outcome.unwrap();
        assert_same("extension", &parse(text.as_bytes(), Policy::Lenient).unwrap(), &parts);
    }
}

#[test]
fn events_that_come_before_what_they_rest_on_are_read_whole() {
    let text = format!(
        r#"{{"epcisBody":{{"eventList":[{},{}]}},"type":"EPCISDocument","schemaVersion":"2.0",
"creationDate":"2026-05-01T08:00:00Z"}}"#,
        event(0),
        event(1)
    );
    let (parts, outcome) = streamed(text.as_bytes(), 7);
    outcome.unwrap();
    assert_same("late", &parse(text.as_bytes(), Policy::Lenient).unwrap(), &parts);
    let none = |text: &str| {
        let (parts, outcome) = streamed(text.as_bytes(), 3);
        assert_eq!((parts.len(), outcome.is_err()), (0, true), "{text:?}");
    };
    for text in ["", " ", "\u{feff}", "{", "<", "<a>", "<a", "[", "{]", "[}"] {
        none(text);
    }
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// No text makes it panic, and none that is refused whole comes out whole.
        #[test]
        fn any_damage_ends_as_it_does_for_the_whole(at in 0usize..3_000, byte: u8, size in 1usize..200, is_xml: bool) {
            let events: Vec<String> = (0..3).map(event).collect();
            let text = if is_xml { format!("{HEAD}{}{TAIL}", (0..3).map(xml).collect::<String>()) } else { json(&events) };
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let (parts, outcome) = streamed(&bytes, size);
            match parse(&bytes, Policy::Lenient) {
                Ok(whole) => {
                    prop_assert!(outcome.is_ok(), "{:?}", outcome);
                    prop_assert_eq!(parts.len(), whole.events.len());
                    for (index, part) in parts.iter().enumerate() {
                        prop_assert_eq!(part.events[0].is_ok(), whole.events[index].is_ok());
                    }
                }
                Err(_) => prop_assert!(outcome.is_err()),
            }
        }
    }
}

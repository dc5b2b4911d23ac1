//! Queries: parameters read or refused, events matched, pages that make up the whole, and logs used where they help.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/corpus.rs"]
mod corpus;
#[path = "support/memory.rs"]
mod memory;

use corpus::{own, read, shared};
use countersign_epcis::document::parse;
use countersign_epcis::query::{Query, Refused, among, count, search, span};
use countersign_epcis::register::{self, Pos, capture};
use countersign_epcis::rule::Policy;
use countersign_epcis::{Event, json};
use memory::{Memory, by};
use serde_json::{Value, json};

fn query(parameters: &Value) -> Result<Query, Refused> {
    Query::read(&json::read(parameters.to_string().as_bytes()).unwrap())
}

fn events(bytes: &[u8]) -> Vec<Event> {
    parse(bytes, Policy::default()).unwrap().events.into_iter().filter_map(Result::ok).collect()
}

/// The registers after these events, one to a block; blocks are a second apart.
fn captured(events: &[Event]) -> Memory {
    let mut memory = Memory::default();
    for event in events {
        let height = register::count(&mut memory).unwrap();
        let mut submission = by("acme", height);
        submission.time_ms = 1_800_000_000_000 + height * 1000;
        let _ = capture(&mut memory, event, &submission, Policy::default()).unwrap();
    }
    memory
}

/// Five events of a day: two lots born, one packed, measured and shipped.
fn day() -> Memory {
    let list = json!([
        {"type": "ObjectEvent", "eventTime": "2026-05-01T08:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD",
         "eventID": "urn:event:0", "bizStep": "commissioning", "disposition": "active",
         "epcList": ["urn:epc:id:sgtin:9521321.000031.a", "urn:epc:id:sgtin:9521321.000031.b"],
         "readPoint": {"id": "urn:epc:id:sgln:9521321.00001.7"}, "ilmd": {"cbvmda:lotNumber": "L1"}},
        {"type": "ObjectEvent", "eventTime": "2026-05-01T07:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "ADD",
         "eventID": "urn:event:1", "bizStep": "commissioning",
         "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.L2", "quantity": 12.50, "uom": "KGM"}],
         "bizLocation": {"id": "https://id.gs1.org/414/4012345000054"}},
        {"type": "AggregationEvent", "eventTime": "2026-05-01T09:00:00Z", "eventTimeZoneOffset": "+00:00",
         "eventID": "urn:event:2", "action": "ADD", "bizStep": "packing", "parentID": "urn:epc:id:sscc:9521321.0000000001",
         "childEPCs": ["urn:epc:id:sgtin:9521321.000031.a"]},
        {"type": "ObjectEvent", "eventTime": "2026-05-01T10:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
         "@context": [{"ex": "https://ns.example.com/"}],
         "eventID": "urn:event:3", "epcList": ["urn:epc:id:sscc:9521321.0000000001"],
         "sensorElementList": [{"sensorMetadata": {"deviceID": "urn:device:7", "ex:room": "cold"}, "sensorReport": [
             {"type": "Temperature", "value": 9.5, "uom": "CEL", "ex:grade": 2},
             {"type": "RelativeHumidity", "value": 2, "uom": "A93"}], "ex:seal": {"ex:by": "acme"}}]},
        {"type": "ObjectEvent", "eventTime": "2026-05-01T11:00:00Z", "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
         "@context": [{"ex": "https://ns.example.com/"}],
         "eventID": "urn:event:4", "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping", "disposition": "in_transit",
         "epcList": ["https://id.gs1.org/00/095213210000000018"],
         "bizTransactionList": [{"type": "po", "bizTransaction": "urn:po:1"}],
         "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:4000001.00000"}],
         "ex:dock": 4, "ex:more": {"ex:note": "fragile"}},
    ]);
    captured(&events(list.to_string().as_bytes()))
}

/// The numbers of the events that are found.
fn found(memory: &Memory, parameters: &Value) -> Vec<u64> {
    let query = query(parameters).unwrap_or_else(|refused| panic!("{parameters}: {refused}"));
    let page = search(&mut memory.clone(), &query, 5, None, 100, 100).unwrap().unwrap();
    assert_eq!(page.next, None);
    page.found.iter().map(|found| found.sequence).collect()
}

#[test]
fn each_parameter_finds_what_it_asks_for() {
    let memory = day();
    for (parameters, expected) in [
        (json!({}), vec![4, 3, 2, 1, 0]),
        (json!({"orderDirection": "ASC"}), vec![0, 1, 2, 3, 4]),
        (json!({"orderBy": "eventTime", "orderDirection": "ASC"}), vec![1, 0, 2, 3, 4]),
        (json!({"eventType": ["AggregationEvent", "TransactionEvent"]}), vec![2]),
        (json!({"GE_eventTime": "2026-05-01T10:00:00+02:00", "LT_eventTime": "2026-05-01T09:00:00Z"}), vec![0]),
        (json!({"GE_recordTime": "2027-01-15T08:00:01Z", "LT_recordTime": "2027-01-15T08:00:03Z"}), vec![2, 1]),
        (json!({"EQ_action": ["ADD"], "EQ_bizStep": ["packing"]}), vec![2]),
        (json!({"EQ_bizStep": ["urn:epcglobal:cbv:bizstep:shipping"]}), vec![4]),
        (json!({"EQ_disposition": ["active", "cbv:Disp-in_transit"]}), vec![4, 0]),
        (json!({"EQ_readPoint": ["urn:epc:id:sgln:9521321.00001.0"]}), vec![]),
        (json!({"WD_readPoint": ["urn:epc:id:sgln:9521321.00001.0"]}), vec![0]),
        (json!({"EQ_bizLocation": "urn:epc:id:sgln:4012345.00005.0"}), vec![1]),
        (json!({"MATCH_epc": ["urn:epc:id:sgtin:9521321.000031.a"]}), vec![2, 0]),
        (json!({"MATCH_epc": ["urn:epc:idpat:sgtin:9521321.000031.*"]}), vec![2, 0]),
        (json!({"MATCH_anyEPC": ["urn:epc:idpat:sscc:9521321.*"]}), vec![4, 3, 2]),
        (json!({"MATCH_parentID": ["https://id.gs1.org/00/095213210000000018"]}), vec![2]),
        (json!({"MATCH_epcClass": ["urn:epc:idpat:lgtin:4012345.*.*"]}), vec![1]),
        (json!({"MATCH_anyEPCClass": ["https://id.gs1.org/01/04012345123456/10/L2"]}), vec![1]),
        (json!({"GE_quantity_KGM": 12.5}), vec![1]),
        (json!({"GT_quantity_KGM": 12.5}), vec![]),
        (json!({"EQ_quantity_GRM": [12500]}), vec![1]),
        (json!({"GE_quantity_LTR": 0}), vec![]),
        (json!({"EQ_type": ["Temperature"], "EQ_value_FAH": [49.1]}), vec![3]),
        (json!({"EQ_quantity": [1, 12.5]}), vec![1]),
        (json!({"EQ_eventID": ["urn:event:3", "urn:event:9"]}), vec![3]),
        (json!({"EXISTS_errorDeclaration": null}), vec![]),
        (json!({"EXISTS_sensorElementList": null}), vec![3]),
        (json!({"EQ_type": ["gs1:Temperature"], "GE_value_CEL": 9.50}), vec![3]),
        (json!({"EQ_type": ["RelativeHumidity"], "GE_value_CEL": 2}), vec![]),
        (json!({"EQ_deviceID": ["urn:device:7"], "LT_value_A93": 3}), vec![3]),
        (json!({"EQ_bizTransaction_po": ["urn:po:1"]}), vec![4]),
        (json!({"EQ_bizTransaction_inv": ["urn:po:1"]}), vec![]),
        (json!({"EQ_destination_owning_party": ["https://id.gs1.org/417/4000001000005"]}), vec![4]),
        (json!({"EQ_ex:dock": 4.0}), vec![4]),
        (json!({"LT_ex:dock": 4}), vec![]),
        (json!({"EXISTS_ex:note": null}), vec![]),
        (json!({"EQ_INNER_ex:note": ["fragile"]}), vec![4]),
        (json!({"EQ_ILMD_cbvmda:lotNumber": ["L1"]}), vec![0]),
        (json!({"EQ_SENSORMETADATA_ex:room": ["cold"], "GE_SENSORREPORT_ex:grade": 2}), vec![3]),
        (json!({"GT_SENSORREPORT_ex:grade": 2}), vec![]),
        (json!({"EXISTS_SENSORELEMENT_ex:seal": null}), vec![3]),
        (json!({"EQ_INNER_SENSORELEMENT_ex:by": ["acme"]}), vec![3]),
        (json!({"EQ_SENSORELEMENT_ex:by": ["acme"]}), vec![]),
    ] {
        assert_eq!(found(&memory, &parameters), expected, "{parameters}");
    }
}

#[test]
fn what_is_no_parameter_is_refused_by_name() {
    let refused = |parameters: Value| query(&parameters).unwrap_err().to_string();
    assert_eq!(
        query(&json!({"GE_eventDate": "2026-01-01T00:00:00+01:00"})),
        Err(Refused::Unknown { name: "GE_eventDate".into(), nearest: "GE_eventTime" })
    );
    for (parameters, words) in [
        (json!({"EQ_bizSteps": ["shipping"]}), "nearest is `EQ_bizStep`"),
        (json!({"EQ_eventTime": "2026-01-01T00:00:00Z"}), "is no query parameter"),
        (json!({"EQ_value": [1]}), "is no query parameter"),
        (json!({"GE_SENSORREPORT_a": 1}), "is no query parameter"),
        (json!({"EQ_ATTR_bizLocation_a": ["b"]}), "not supported"),
        (json!({"HASATTR_ex:a": ["b"]}), "not supported"),
        (json!({"GE_eventTime": "2026-01-01"}), "a time with its time zone"),
        (json!({"EQ_action": ["REMOVE"]}), "ADD, OBSERVE, DELETE"),
        (json!({"eventType": ["Event"]}), "types of events"),
        (json!({"EQ_bizStep": []}), "a list of texts"),
        (json!({"GE_quantity_KGM": [1]}), "a number"),
        (json!({"MATCH_epc": ["urn:epc:idpat:sgtin:9521321.*.7"]}), "patterns"),
        (json!({"eventCountLimit": 0}), "greater than 0"),
        (json!({"orderBy": "eventID"}), "eventTime or recordTime"),
        (json!(["eventType"]), "an object"),
        (json!({"EQ_eventID": vec!["urn:event"; 1001]}), "1001 values"),
    ] {
        let said = refused(parameters.clone());
        assert!(said.contains(words), "{parameters}: {said}");
    }
}

#[test]
fn published_parameters_are_read_and_the_unknown_one_is_refused() {
    let Some(root) = shared() else { return };
    let folder = root.join("openepcis-query-params");
    let published = |name: &str| serde_json::from_slice::<Value>(&read(&folder.join(name))).unwrap();
    let known = query(&published("Q_Queries_SimpleEventQuery.json")).unwrap();
    assert_eq!((known.first, known.descending), (Some(100), true));
    let unknown = query(&published("Q_Queries_Query_with_unknown_parameter.json"));
    assert_eq!(unknown, Err(Refused::Unknown { name: "GE_eventDate".into(), nearest: "GE_eventTime" }));
}

#[test]
fn pages_make_up_the_whole_whatever_their_size() {
    let folder = own("").parent().unwrap().join("demo");
    let documents =
        ["1-farm", "2-packer", "3-distribution", "4-shops"].map(|name| read(&folder.join(format!("{name}.json"))));
    let memory = captured(&documents.iter().flat_map(|bytes| events(bytes)).collect::<Vec<_>>());
    let total = register::count(&mut memory.clone()).unwrap();
    assert!(total > 30);
    for parameters in [
        json!({}),
        json!({"orderDirection": "ASC"}),
        json!({"orderBy": "eventTime"}),
        json!({"orderBy": "eventTime", "orderDirection": "ASC"}),
        json!({"eventType": ["ObjectEvent"], "orderDirection": "ASC"}),
        json!({"EQ_action": ["ADD", "DELETE"]}),
    ] {
        let query = query(&parameters).unwrap();
        let whole = search(&mut memory.clone(), &query, total, None, 1000, 1000).unwrap().unwrap();
        let counted = count(&mut memory.clone(), &query, total, 1000, 1000).unwrap();
        assert_eq!(counted, Some(whole.found.len() as u64));
        for (events, reads) in [(1, 1000), (2, 1000), (3, 1000), (1000, total), (2, total)] {
            let (mut found, mut after) = (Vec::new(), None);
            loop {
                let page = search(&mut memory.clone(), &query, total, after, events, reads).unwrap().unwrap();
                assert!(page.found.len() <= events);
                found.extend(page.found);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(found, whole.found, "{parameters} by {events}");
        }
    }
}

#[test]
fn a_part_that_looked_at_enough_says_where_to_go_on() {
    let memory = day();
    let asked = query(&json!({"EQ_bizStep": ["commissioning"]})).unwrap();
    let first = search(&mut memory.clone(), &asked, 5, None, 10, 2).unwrap().unwrap();
    assert_eq!((first.found.len(), first.looked_at), (0, 2));
    assert_eq!(first.next, Some(Pos { time_ms: 0, sequence: 3 }));
    // An order by time of event cannot be told from a part.
    let sorted = query(&json!({"orderBy": "eventTime"})).unwrap();
    assert_eq!(search(&mut memory.clone(), &sorted, 5, None, 10, 4).unwrap(), None);
    assert_eq!(count(&mut memory.clone(), &sorted, 5, 10, 4).unwrap(), None);
}

#[test]
fn an_index_of_words_leads_to_the_same() {
    let memory = day();
    let told = |parameters: Value| {
        let query = query(&parameters).unwrap();
        query.words().iter().map(|words| (words.attribute, words.words.to_vec())).collect::<Vec<_>>()
    };
    let shipping = json!({"EQ_bizStep": ["cbv:BizStep-shipping", "packing"], "eventType": "ObjectEvent"});
    let expected = [("step", vec!["shipping".into(), "packing".into()]), ("kind", vec!["ObjectEvent".into()])];
    assert_eq!(told(shipping.clone()), expected);
    let place = json!({"EQ_bizLocation": ["urn:epc:id:sgln:4012345.00005.0"]});
    assert_eq!(told(place), [("location", vec!["https://id.gs1.org/414/4012345000054".into()])]);
    assert_eq!(told(json!({"WD_bizLocation": ["urn:a"], "EQ_readPoint": ["urn:a"], "EQ_disposition": ["active"]})), []);
    // Candidates are held against all that is asked, in every order and page by page.
    for order in [json!({}), json!({"orderBy": "eventTime"}), json!({"orderDirection": "ASC"})] {
        let mut parameters = shipping.clone();
        parameters.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
        let query = query(&parameters).unwrap();
        let whole = search(&mut memory.clone(), &query, 5, None, 100, 100).unwrap().unwrap();
        let page = among(&mut memory.clone(), &query, vec![2, 4], None, 100).unwrap();
        assert_eq!((page.found, page.looked_at), (whole.found.clone(), 2));
        assert_eq!(span(&mut memory.clone(), &query, 5).unwrap(), 5);
        let first = among(&mut memory.clone(), &query, vec![1, 2, 3, 4], None, 1).unwrap();
        assert_eq!(first.found, whole.found[..1]);
    }
}

#[test]
fn a_named_thing_is_found_by_its_log_and_not_by_reading_all() {
    let memory = day();
    for (parameters, looked_at) in [
        (json!({"MATCH_epc": ["urn:epc:id:sgtin:9521321.000031.a"]}), 2),
        (
            json!({"EQ_bizTransaction_po": ["urn:po:1"], "MATCH_anyEPC": ["https://id.gs1.org/00/095213210000000018"]}),
            1,
        ),
        (json!({"EQ_eventID": ["urn:event:2"]}), 1),
        (json!({"LT_recordTime": "2027-01-15T08:00:03Z"}), 3),
    ] {
        let query = query(&parameters).unwrap();
        let page = search(&mut memory.clone(), &query, 5, None, 100, 100).unwrap().unwrap();
        assert_eq!(page.looked_at, looked_at, "{parameters}");
    }
    // As of an earlier position, later events are not there.
    let query = query(&json!({"MATCH_epc": ["urn:epc:id:sgtin:9521321.000031.a"]})).unwrap();
    let page = search(&mut memory.clone(), &query, 2, None, 100, 100).unwrap().unwrap();
    assert_eq!(page.found.iter().map(|found| found.sequence).collect::<Vec<_>>(), [0]);
}

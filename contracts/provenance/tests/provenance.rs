//! The contract's interface, run natively: what callers are answered and what is emitted. What the registers
//! and traces hold is tested in `countersign-epcis`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_contract::BAD_ARGUMENTS;
use countersign_contract::abi::role;
use countersign_contract::borsh::BorshDeserialize;
use countersign_contract::testing::{Failure, Harness, Host};
use countersign_epcis::answer::{
    After, Anomalies, Contents, EventReceipt, History, HistoryPage, Lineage, Mode, ObjectState, Outcome, Recall,
    Recorded,
};
use countersign_epcis::event::{Action, Event, Items, Place, What};
use countersign_epcis::{Identifier, Offset, Time};
use countersign_provenance::{Error, Provenance};

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn serial(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))
}
fn case() -> Identifier {
    id("urn:epc:id:sscc:9521321.0000000001")
}
fn event(name: &str, ms: i64, what: What) -> Event {
    Event { event_id: Some(name.into()), ..Event::new(what, Time::at(ms), Offset::default()) }
}
fn items(count: usize) -> Items {
    Items { epcs: (0..count).map(serial).collect(), quantities: Vec::new() }
}
fn commissioning(name: &str, count: usize) -> Event {
    let mut event = event(name, 10, What::Object { action: Action::Add, items: items(count) });
    event.location = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    event
}
fn packing(name: &str, count: usize) -> Event {
    event(name, 20, What::Aggregation { action: Action::Add, parent: Some(case()), children: items(count) })
}
fn bytes(events: &[Event]) -> Vec<Vec<u8>> {
    events.iter().map(Event::canonical_bytes).collect()
}
fn capture(host: &mut impl Harness, events: &[Event], mode: Mode) -> Result<Vec<EventReceipt>, Failure> {
    host.invoke("capture", &(bytes(events), mode))
}
fn count(host: &mut impl Harness) -> u64 {
    host.query("count", &()).unwrap()
}

#[test]
fn receipts_name_sequence_and_hash_and_duplicates() {
    let mut host = Host::new::<Provenance>();
    let events = [commissioning("urn:e:1", 2), packing("urn:e:2", 2)];
    let receipts = capture(&mut host, &events, Mode::Rollback).unwrap();
    for (index, (receipt, event)) in (0u32..).zip(receipts.iter().zip(&events)) {
        let hash = countersign_contract::sha256(&event.canonical_bytes());
        let sequence = u64::from(index);
        assert_eq!(*receipt, EventReceipt { index, outcome: Outcome::Accepted { sequence, hash, anomalies: 0 } });
    }
    let again = capture(&mut host, &events, Mode::Rollback).unwrap();
    assert!(again.iter().all(
        |receipt| matches!(receipt.outcome, Outcome::Duplicate { sequence } if sequence == u64::from(receipt.index))
    ));
    assert_eq!(count(&mut host), 2);
    assert_eq!(host.events().len(), 2, "duplicates are not emitted again");
}

#[test]
fn rollback_refuses_all_and_proceed_only_the_refused() {
    let faulty = [commissioning("urn:e:1", 1), commissioning("urn:e:2", 1), packing("urn:e:3", 1)];
    let mut host = Host::new::<Provenance>();
    let failure = capture(&mut host, &faulty, Mode::Rollback).unwrap_err();
    let Some(Error::Refused { index, rule, path, reason }) = failure.error() else { unreachable!("{failure}") };
    assert_eq!((index, rule.as_str(), path.as_str()), (1, "object.commissioned", "$.epcList[0]"));
    assert!(reason.contains("/21/s0") && reason.contains("record 0"), "{reason}");
    assert_eq!((host.storage().len(), host.events().len()), (0, 0));

    let receipts = capture(&mut host, &faulty, Mode::Proceed).unwrap();
    let accepted: Vec<bool> =
        receipts.iter().map(|receipt| matches!(receipt.outcome, Outcome::Accepted { .. })).collect();
    assert_eq!(accepted, [true, false, true]);
    assert_eq!((count(&mut host), host.events().len()), (2, 2));
}

#[test]
fn what_is_no_event_is_refused_by_name() {
    let mut host = Host::new::<Provenance>();
    let mut long = commissioning("urn:e:1", 1).canonical_bytes();
    long.push(0);
    let receipts: Vec<EventReceipt> = host.invoke("capture", &(vec![vec![], long], Mode::Proceed)).unwrap();
    for receipt in receipts {
        let Outcome::Rejected { rule, .. } = receipt.outcome else { unreachable!() };
        assert_eq!(rule, "event.encoding");
    }
    let failure = host.call("capture", &[1, 0, 0, 0]).unwrap_err();
    assert!(matches!(failure, Failure::Failed { code: BAD_ARGUMENTS, .. }));
}

#[test]
fn receipts_of_a_full_call_fit_the_output() {
    let mut host = Host::new::<Provenance>();
    // Every event breaks a rule and is told at length, until the receipts have no more room.
    let long = "x".repeat(300);
    let wrong: Vec<Event> = (0..800)
        .map(|n| {
            let mut event = commissioning(&format!("urn:e:{n}"), 1);
            event.certification = vec![long.clone()];
            event
        })
        .collect();
    let receipts = capture(&mut host, &wrong, Mode::Proceed).unwrap();
    let told =
        |receipt: &&EventReceipt| matches!(&receipt.outcome, Outcome::Rejected { reason, .. } if !reason.is_empty());
    let told = receipts.iter().filter(told).count();
    assert!(receipts.len() == 800 && told > 10 && told < 800, "{told}");

    let mut more = wrong;
    more.push(commissioning("urn:e:more", 1));
    let failure = capture(&mut host, &more, Mode::Proceed).unwrap_err();
    assert_eq!(failure.error(), Some(Error::TooMany { count: 801, max: 800 }));
}

#[test]
fn a_history_is_answered_in_parts_as_of_a_number_of_records() {
    let mut host = Host::new::<Provenance>();
    let seen =
        |n: i64| event(&format!("urn:e:{n}"), 100 - n, What::Object { action: Action::Observe, items: items(1) });
    let first: Vec<Event> = (0..25).map(seen).collect();
    capture(&mut host, &first, Mode::Rollback).unwrap();
    let whole: History = host.query("history", &(serial(0).canonical(), None::<u64>)).unwrap();
    let (mut parts, mut after): (Vec<HistoryPage>, Option<After>) = (Vec::new(), None);
    loop {
        let part: HistoryPage =
            host.query("history_page", &(serial(0).canonical(), Some(25u64), after, 10u32)).unwrap();
        after = part.next;
        parts.push(part);
        if after.is_none() {
            break;
        }
        let more = 100 + i64::try_from(parts.len()).unwrap();
        capture(&mut host, &[seen(more)], Mode::Rollback).unwrap();
    }
    assert_eq!(parts.iter().map(|part| part.history.events.len()).collect::<Vec<_>>(), [10, 10, 5]);
    let joined: Vec<_> = parts.into_iter().flat_map(|part| part.history.events).collect();
    assert_eq!(joined, whole.events);
    // At least one event at a time, and as many as a history has at most.
    for (count, expected) in [(0u32, 1), (u32::MAX, 27)] {
        let part: HistoryPage =
            host.query("history_page", &(serial(0).canonical(), None::<u64>, None::<After>, count)).unwrap();
        assert_eq!(part.history.events.len(), expected);
    }
}

#[test]
fn submitters_and_devices_capture_and_nobody_else() {
    let table = [
        (role::SUBMITTER, true),
        (role::DEVICE, true),
        (role::DEVICE | role::AUDITOR, true),
        (role::ADMIN | role::DEPLOYER | role::AUDITOR, false),
        (0, false),
    ];
    for (roles, permitted) in table {
        let mut host = Host::new::<Provenance>();
        host.environment().roles = roles;
        let done = capture(&mut host, &[commissioning("urn:e:1", 1)], Mode::Proceed);
        match done {
            Ok(_) => assert!(permitted),
            Err(failure) => assert_eq!((permitted, failure.error()), (false, Some(Error::NotPermitted))),
        }
    }
}

#[test]
fn events_are_indexed_by_what_they_are_looked_for_by() {
    let mut host = Host::new::<Provenance>();
    let mut nameless = packing("urn:e:2", 1);
    nameless.event_id = Some(format!("urn:e:{}", "x".repeat(300)));
    let _ = capture(&mut host, &[commissioning("urn:e:1", 1), nameless], Mode::Rollback).unwrap();
    let text = |value: &str| value.as_bytes().to_vec();
    let attributes = |id: &str, kind: &str, location: &str| {
        [("event_id", id), ("kind", kind), ("step", ""), ("location", location)]
            .map(|(name, value)| (name.to_owned(), text(value)))
    };
    assert_eq!(host.events()[0].name, "Captured");
    assert_eq!(
        host.events()[0].attributes,
        attributes("urn:e:1", "ObjectEvent", "https://id.gs1.org/414/9521321000018")
    );
    assert_eq!(host.events()[1].attributes, attributes("", "AggregationEvent", ""));
}

#[test]
fn views_answer_as_the_walk_encodes() {
    let mut host = Host::new::<Provenance>();
    host.environment().account = "acme/erp".into();
    host.environment().height = 7;
    let events = [commissioning("urn:e:1", 2), packing("urn:e:2", 2)];
    let _ = capture(&mut host, &events[..1], Mode::Rollback).unwrap();
    let _ = capture(&mut host, &events[1..], Mode::Rollback).unwrap();

    let item = "https://example.com/01/09521321000315/21/s1?x=1".to_owned();
    let history: History = host.query("history", &(&item, None::<u64>)).unwrap();
    assert_eq!(history.item, "https://id.gs1.org/01/09521321000315/21/s1");
    assert_eq!(history.events.iter().map(|step| step.height).collect::<Vec<_>>(), [7, 8]);
    assert_eq!((history.events.len(), history.anomalies.len(), history.truncated), (2, 0, None));
    let position: u64 = host.query("position_at", &(7u64,)).unwrap();
    let then: History = host.query("history", &(&item, Some(position))).unwrap();
    assert_eq!((then.position, then.events.len()), (1, 1));

    let case = case().canonical().to_owned();
    let contents: Contents = host.query("contents", &(&case, 30i64, None::<u64>)).unwrap();
    assert_eq!(contents.inside.len(), 2);
    for method in ["back", "forward"] {
        let lineage: Lineage = host.query(method, &(&case, None::<u64>)).unwrap();
        assert_eq!(lineage.products, contents.inside, "{method}");
    }
    let recall: Recall = host.query("recall", &(&item, None::<u64>)).unwrap();
    assert_eq!(recall.containers_ever, std::slice::from_ref(&case));

    let object: Option<ObjectState> = host.query("object", &(&item,)).unwrap();
    let object = object.unwrap();
    assert_eq!((object.commissioned, object.container), (Some(0), Some(case)));
    let unseen: Option<ObjectState> = host.query("object", &("urn:never:seen",)).unwrap();
    assert_eq!(unseen, None);

    let found: Vec<Recorded> = host.query("event", &("urn:e:2",)).unwrap();
    let by_number: Option<Recorded> = host.query("event_by_seq", &(1u64,)).unwrap();
    assert_eq!(found, [by_number.unwrap()]);
    assert_eq!((found[0].submitter.as_str(), found[0].voided), ("acme/erp", None));
    assert_eq!(Event::try_from_slice(&found[0].event).unwrap(), events[1]);
    assert_eq!(host.query::<Vec<Recorded>>("event", &("urn:e:3",)), Ok(Vec::new()));

    let wrong = host.query::<History>("history", &("https://id.gs1.org/00/095213210000007025", None::<u64>));
    assert!(matches!(wrong.unwrap_err().error(), Some(Error::Identifier { .. })));
}

#[test]
fn an_item_in_two_containers_is_recorded_and_the_receipt_and_its_history_say_so() {
    let mut host = Host::new::<Provenance>();
    let other = id("urn:epc:id:sscc:9521321.0000000002");
    let what = What::Aggregation { action: Action::Add, parent: Some(other), children: items(2) };
    let events = [packing("urn:e:1", 3), event("urn:e:2", 30, what)];
    let receipts = capture(&mut host, &events, Mode::Rollback).unwrap();
    let counts = receipts.iter().map(|receipt| match receipt.outcome {
        Outcome::Accepted { anomalies, .. } => anomalies,
        _ => panic!("{receipt:?}"),
    });
    assert_eq!(counts.collect::<Vec<_>>(), [0, 2]);
    let all: Anomalies = host.query("anomalies", &(0u64,)).unwrap();
    assert_eq!((all.count, all.anomalies.len()), (2, 2));
    for (n, told) in [(0, 1), (1, 1), (2, 0)] {
        let item = serial(n).canonical().to_owned();
        let history: History = host.query("history", &(&item, None::<u64>)).unwrap();
        assert_eq!(history.anomalies.len(), told, "{item}");
        let of_item = all.anomalies.iter().filter(|anomaly| anomaly.item == item);
        assert!(history.anomalies.iter().eq(of_item));
    }
    assert_eq!((all.anomalies[0].sequence, all.anomalies[0].rule.as_str()), (1, "containment.two"));
    let rest: Anomalies = host.query("anomalies", &(1u64,)).unwrap();
    assert_eq!(rest.anomalies, all.anomalies[1..]);
}

#[test]
fn a_large_event_comes_back_whole() {
    let mut host = Host::new::<Provenance>();
    let event = commissioning("urn:e:1", 500);
    let _ = capture(&mut host, std::slice::from_ref(&event), Mode::Rollback).unwrap();
    let found: Vec<Recorded> = host.query("event", &("urn:e:1",)).unwrap();
    assert_eq!(found[0].event, event.canonical_bytes());
    assert_eq!(found[0].hash, countersign_contract::sha256(&found[0].event));
}

//! Questions that only walks outside a contract answer: balances, recalls, excursions, whereabouts, verification, trails.
//! Each answer is found again over what was read for it alone, which is what a proof file holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/memory.rs"]
mod memory;

use countersign_epcis::answer::{
    Amounts, AnomalyReport, AuditTrail, Excursions, MassBalance, RecallScope, Recalled, Truncated, Verification,
    Whereabouts,
};
use countersign_epcis::event::{Action, ErrorDeclaration, Event, Items, Place, Quantity, Reference, What};
use countersign_epcis::question::{Answer, Question, ask, instance, spelled_lot};
use countersign_epcis::register::{self, capture};
use countersign_epcis::rule::Policy;
use countersign_epcis::sensor::{SensorElement, SensorMetadata, SensorReport};
use countersign_epcis::walk::{Bounds, Claim, Limits, reason};
use countersign_epcis::{Identifier, Offset, Term, Time, Value, term::Vocabulary};
use memory::{Memory, Proven, Recorder, by};
use std::num::NonZeroU32;

const HOUR_MS: i64 = 3_600_000;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn serial(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))
}
fn case(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sscc:9521321.{n:010}"))
}
fn logger(n: usize) -> Identifier {
    id(&format!("urn:epc:id:giai:9521321.LOGGER{n}"))
}
fn lot(name: &str) -> Identifier {
    id(&format!("urn:epc:class:lgtin:9521321.000031.{name}"))
}
fn place(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgln:9521321.{n:05}.0"))
}
fn at(n: usize) -> String {
    place(n).canonical().to_owned()
}
fn things(ids: &[Identifier]) -> Items {
    Items { epcs: ids.to_vec(), quantities: Vec::new() }
}
fn some(class: Identifier, quantity: &str, uom: &str) -> Items {
    let uom = (!uom.is_empty()).then(|| uom.to_owned());
    Items { epcs: Vec::new(), quantities: vec![Quantity { class, quantity: Some(quantity.parse().unwrap()), uom }] }
}
fn event(what: What, hour: i64) -> Event {
    Event::new(what, Time::at(hour * HOUR_MS), Offset::default())
}
fn object(action: Action, items: Items, hour: i64) -> Event {
    event(What::Object { action, items }, hour)
}
fn pack(action: Action, parent: Identifier, children: Items, hour: i64) -> Event {
    event(What::Aggregation { action, parent: Some(parent), children }, hour)
}
fn fix(action: Action, parent: Identifier, children: Items, hour: i64) -> Event {
    event(What::Association { action, parent: Some(parent), children }, hour)
}
fn make(inputs: Items, outputs: Items, hour: i64) -> Event {
    event(What::Transformation { inputs, outputs, id: None }, hour)
}
fn located(event: Event, n: usize) -> Event {
    Event { location: Some(Place { id: place(n), extensions: Vec::new() }), ..event }
}
fn read_at(event: Event, n: usize) -> Event {
    Event { read_point: Some(Place { id: place(n), extensions: Vec::new() }), ..event }
}

/// Captures events, in order, by organisations.
fn captured(events: &[(&str, Event)]) -> Memory {
    captured_under(events, Policy::Strict)
}

fn captured_under(events: &[(&str, Event)], policy: Policy) -> Memory {
    let mut memory = Memory::default();
    for (org, event) in events {
        let height = register::count(&mut memory).unwrap();
        let done = capture(&mut memory, event, &by(org, height), policy).unwrap();
        assert!(!done.duplicate);
    }
    memory
}

/// The answer, found a second time from what was read alone.
fn answered(memory: &Memory, question: &Question, position: Option<u64>, limits: Limits) -> Answer {
    let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
    let answer = ask(&mut recorder, question, position, limits).unwrap();
    assert_eq!(ask(&mut Proven::of(recorder), question, position, limits).unwrap(), answer);
    answer
}

macro_rules! asked {
    ($name:ident, $kind:ident, $answer:ty) => {
        fn $name(memory: &Memory, question: Question) -> $answer {
            match answered(memory, &question, None, Limits::default()) {
                Answer::$kind(answer) => answer.into(),
                other => panic!("{other:?}"),
            }
        }
    };
}
asked!(balance, MassBalance, MassBalance);
asked!(recall, Recall, RecallScope);
asked!(excursions, Excursions, Excursions);
asked!(holder, Holder, Whereabouts);
asked!(trail, AuditTrail, AuditTrail);
asked!(anomalies, Anomalies, AnomalyReport);

fn verified(memory: &Memory, claim: &Claim) -> Verification {
    let question = Question::VerifyItem(serial(1), claim.clone());
    match answered(memory, &question, None, Limits::default()) {
        Answer::VerifyItem(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

fn row(uom: &str, created: &str, consumed: &str, disposed: &str, remaining: &str, over: &str) -> Amounts {
    let number = |text: &str| text.parse().unwrap();
    Amounts {
        uom: uom.to_owned(),
        created: number(created),
        consumed: number(consumed),
        disposed: number(disposed),
        remaining: number(remaining),
        over_consumed: number(over),
    }
}

#[test]
fn a_balance_converts_exactly_and_counts_nothing_twice() {
    let other = lot("OTHER");
    let mut twice = some(lot("L"), "1", "TNE");
    twice.quantities.extend(some(lot("L"), "500", "GRM").quantities);
    let memory = captured(&[
        ("a", object(Action::Add, twice, 1)),
        ("a", make(some(lot("L"), "1000", "LBR"), some(other.clone(), "1", "KGM"), 2)),
        ("a", object(Action::Delete, some(lot("L"), "0.5", "KGM"), 3)),
        ("a", object(Action::Observe, some(lot("L"), "77", "KGM"), 4)),
    ]);
    let found = balance(&memory, Question::MassBalance(lot("L")));
    // 1000.5 kg less 453.59237 kg and half a kilogram; tonnes hold all of these exactly.
    assert_eq!(found.amounts, [row("TNE", "1.0005", "0.45359237", "0.0005", "0.54640763", "0")]);
    assert!(found.incomparable.is_empty() && found.instances.is_none() && found.complete);
}

#[test]
fn what_has_no_exact_form_in_one_unit_is_summed_in_the_base_unit() {
    let memory = captured(&[
        ("a", object(Action::Add, some(lot("L"), "1", "LBR"), 1)),
        ("a", make(some(lot("L"), "1", "KGM"), some(lot("M"), "1", "KGM"), 2)),
    ]);
    let found = balance(&memory, Question::MassBalance(lot("L")));
    assert_eq!(found.amounts, [row("KGM", "0.45359237", "1", "0", "-0.54640763", "0.54640763")]);
}

#[test]
fn what_cannot_be_compared_is_said_and_not_counted() {
    let mut unknown = some(lot("L"), "1", "KGM");
    unknown.quantities[0].quantity = None;
    let memory = captured(&[
        ("a", object(Action::Add, some(lot("L"), "10", "KGM"), 1)),
        ("a", make(some(lot("L"), "3", ""), some(lot("M"), "1", "KGM"), 2)),
        ("a", make(unknown, some(lot("M"), "1", "KGM"), 3)),
        ("a", object(Action::Add, some(lot("L"), "2", "LTR"), 4)),
    ]);
    let found = balance(&memory, Question::MassBalance(lot("L")));
    assert_eq!(found.amounts, [row("KGM", "10", "0", "0", "10", "0"), row("LTR", "2", "0", "0", "2", "0")]);
    let odd: Vec<(u64, &str)> = found.incomparable.iter().map(|one| (one.sequence, one.flow.as_str())).collect();
    assert_eq!(odd, [(1, "consumed"), (2, "consumed")]);
    // What was never said to come to be is over-consumed.
    let found = balance(&captured(&[("a", make(some(lot("L"), "3", "KGM"), some(lot("M"), "1", "KGM"), 1))]), {
        Question::MassBalance(lot("L"))
    });
    assert_eq!(found.amounts, [row("KGM", "0", "3", "0", "-3", "3")]);
}

/// Commissions instances of a lot, with an expiry.
fn commission(items: &[Identifier], lot: &str, hour: i64) -> Event {
    let ilmd = vec![
        ("lotNumber".to_owned(), Value::Text(lot.to_owned())),
        ("itemExpirationDate".to_owned(), Value::Text("2027-01-31".to_owned())),
    ];
    Event { ilmd, ..object(Action::Add, things(items), hour) }
}

#[test]
fn instances_of_a_lot_are_counted_apart_from_its_amounts() {
    let all: Vec<Identifier> = (1..=5).map(serial).collect();
    let memory = captured(&[
        ("a", commission(&all, "L", 1)),
        ("a", make(things(&all[..2]), some(lot("M"), "1", "KGM"), 2)),
        ("a", object(Action::Delete, things(&all[2..3]), 3)),
    ]);
    let found = balance(&memory, Question::MassBalance(lot("L")));
    let counted = found.instances.unwrap();
    assert_eq!((counted.created, counted.consumed, counted.disposed), (5, 2, 1));
    assert!(found.amounts.is_empty());
}

fn products(scope: &RecallScope) -> Vec<&str> {
    scope.products.iter().map(|product| product.item.as_str()).collect()
}

fn product<'a>(scope: &'a RecallScope, id: &Identifier) -> &'a Recalled {
    scope.products.iter().find(|product| product.item == id.canonical()).unwrap()
}

fn question(item: Identifier) -> Question {
    Question::Recall { item, after: None, containers_after: None, limit: None }
}

#[test]
fn a_recall_says_where_all_of_a_lot_is_and_how_much_is_nowhere() {
    let memory = captured(&[
        ("farm", located(object(Action::Add, some(lot("L"), "1000", "KGM"), 1), 1)),
        // 300 go on a pallet, which goes to 2; 200 are used up at 1; 100 are seen at 3.
        ("farm", read_at(pack(Action::Add, case(1), some(lot("L"), "300", "KGM"), 2), 1)),
        ("carrier", located(object(Action::Observe, things(&[case(1)]), 3), 2)),
        ("farm", located(make(some(lot("L"), "0.2", "TNE"), some(lot("M"), "180", "KGM"), 4), 1)),
        ("shop", located(object(Action::Observe, some(lot("L"), "100", "KGM"), 5), 3)),
    ]);
    let scope = recall(&memory, question(lot("L")));
    assert_eq!(products(&scope), [lot("L").canonical(), lot("M").canonical()]);
    assert_eq!(scope.containers_ever, [case(1).canonical()]);
    let raw = product(&scope, &lot("L"));
    assert_eq!(raw.amounts, [row("KGM", "1000", "200", "0", "800", "0")]);
    let parts: Vec<(Option<&str>, Option<String>, String)> = raw
        .parts
        .iter()
        .map(|part| (part.container.as_deref(), part.location.clone(), part.quantity.unwrap().to_string()))
        .collect();
    assert_eq!(
        parts,
        [
            (Some(case(1).canonical()), Some(at(2)), "300".to_owned()),
            (None, Some(at(1)), "400".to_owned()),
            (None, Some(at(3)), "100".to_owned()),
        ]
    );
    assert!(scope.unaccounted.is_empty() && scope.complete && scope.next.is_none());
    let at_two = scope.places.iter().find(|place| place.location == Some(at(2))).unwrap();
    assert_eq!(at_two.recorded_by.as_deref(), Some("carrier"));
    assert_eq!(at_two.amounts[0].quantity.to_string(), "300");
}

#[test]
fn what_no_record_places_is_unaccounted_for() {
    let memory = captured(&[
        ("farm", object(Action::Add, some(lot("L"), "1000", "KGM"), 1)),
        ("shop", located(object(Action::Observe, some(lot("L"), "100", "KGM"), 2), 3)),
        ("farm", commission(&[serial(1), serial(2)], "N", 3)),
        ("shop", located(object(Action::Observe, things(&[serial(1)]), 4), 3)),
    ]);
    let scope = recall(&memory, question(lot("L")));
    let nowhere: Vec<(&str, String)> =
        scope.unaccounted.iter().map(|one| (one.item.as_str(), one.quantity.to_string())).collect();
    assert_eq!(nowhere, [(lot("L").canonical(), "900".to_owned())]);
    let scope = recall(&memory, question(lot("N")));
    assert_eq!((scope.count, scope.unplaced), (3, 1));
    assert!(scope.unaccounted.is_empty(), "a lot that is only counted by its instances: {scope:?}");
    assert_eq!(product(&scope, &serial(1)).last_known.as_ref().unwrap().location, at(3));
}

#[test]
fn a_serialised_lot_is_not_missing_beside_its_instances() {
    let all: Vec<Identifier> = (1..=4).map(serial).collect();
    let memory = captured(&[
        ("farm", object(Action::Add, some(lot("L"), "4", "EA"), 1)),
        ("farm", located(commission(&all, "L", 2), 1)),
    ]);
    let scope = recall(&memory, question(lot("L")));
    assert!(scope.unaccounted.is_empty(), "{scope:?}");
    assert_eq!(scope.places.iter().map(|place| place.instances).sum::<u64>(), 4);
}

#[test]
fn the_last_place_is_found_through_containers_and_by_read_points() {
    let memory = captured(&[
        ("farm", located(object(Action::Add, things(&[serial(1), serial(2)]), 1), 1)),
        ("farm", pack(Action::Add, case(1), things(&[serial(1), serial(2)]), 2)),
        ("farm", pack(Action::Add, case(2), things(&[case(1)]), 3)),
        ("carrier", read_at(object(Action::Observe, things(&[case(2)]), 4), 2)),
        ("shop", located(pack(Action::Delete, case(1), things(&[serial(2)]), 5), 3)),
        // Where the outer case goes then concerns only what is still in it.
        ("carrier", read_at(object(Action::Observe, things(&[case(2)]), 6), 4)),
    ]);
    let last = |n: usize| holder(&memory, Question::Holder(serial(n), 9 * HOUR_MS)).last_known.unwrap();
    let one = last(1);
    assert_eq!((one.location.as_str(), one.recorded_by.as_str()), (at(4).as_str(), "carrier"));
    assert_eq!(one.through.as_deref(), Some(case(2).canonical()));
    let two = last(2);
    assert_eq!((two.location, two.sequence, two.through), (at(3), 4, None));
    // As of an earlier hour.
    let then = holder(&memory, Question::Holder(serial(2), 4 * HOUR_MS)).last_known.unwrap();
    assert_eq!((then.location, then.sequence), (at(2), 3));
    let scope = recall(&memory, question(serial(1)));
    assert_eq!(scope.containers_ever, [case(1).canonical(), case(2).canonical()]);
}

#[test]
fn pages_of_a_recall_make_up_the_whole() {
    let all: Vec<Identifier> = (1..=7).map(serial).collect();
    let memory = captured(&[("farm", located(commission(&all, "L", 1), 1))]);
    let whole = recall(&memory, question(lot("L")));
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = recall(
            &memory,
            Question::Recall { item: lot("L"), after, containers_after: None, limit: NonZeroU32::new(3) },
        );
        assert_eq!((page.count, &page.places), (8, &whole.places));
        assert_eq!(page.complete, page.next.is_none());
        found.extend(page.products);
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!(found, whole.products);
    // Containers have pages of their own.
    let packed: Vec<_> = (1..=7).map(|n| ("farm", pack(Action::Add, case(n), things(&[serial(n)]), 2))).collect();
    let memory = captured(&[vec![("farm", located(commission(&all, "L", 1), 1))], packed].concat());
    let whole = recall(&memory, question(lot("L")));
    assert_eq!((whole.containers_count, whole.containers_ever.len()), (7, 7));
    let (mut containers_after, mut found) = (None, Vec::new());
    loop {
        let limit = NonZeroU32::new(3);
        let page = recall(&memory, Question::Recall { item: lot("L"), after: None, containers_after, limit });
        assert_eq!((page.containers_count, page.complete), (7, false), "products follow");
        found.extend(page.containers_ever);
        let Some(next) = page.containers_next else { break };
        containers_after = Some(next);
    }
    assert_eq!(found, whole.containers_ever);
    // A bound that is met is said.
    let limits = Limits { items: 3, ..Limits::default() };
    let Answer::Recall(cut) = answered(&memory, &question(lot("L")), None, limits) else { panic!() };
    assert_eq!((cut.truncated, cut.complete), (Some(Truncated::Items), false));
    let limits = Limits { reads: 5, ..Limits::default() };
    let Answer::Recall(cut) = answered(&memory, &question(lot("L")), None, limits) else { panic!() };
    assert_eq!((cut.truncated, cut.complete), (Some(Truncated::Reads), false));
}

fn reading(hour: i64, device: Option<&Identifier>, value: &str, uom: &str) -> SensorElement {
    let metadata = SensorMetadata {
        time: Some(Time::at(hour * HOUR_MS)),
        device_id: device.map(|device| device.written().to_owned()),
        ..SensorMetadata::default()
    };
    let report = SensorReport {
        kind: Some(Term::new(Vocabulary::Measurement, "gs1:Temperature")),
        value: Some(value.parse().unwrap()),
        uom: Some(uom.to_owned()),
        ..SensorReport::default()
    };
    SensorElement { metadata: Some(metadata), reports: vec![report], extensions: Vec::new() }
}

fn sensed(named: &[Identifier], hour: i64, elements: Vec<SensorElement>) -> Event {
    Event { sensors: elements, ..object(Action::Observe, things(named), hour) }
}

fn warmer_than(max: &str) -> Bounds {
    Bounds {
        kind: "Temperature".to_owned(),
        min: None,
        max: Some(max.parse().unwrap()),
        uom: "CEL".to_owned(),
        from_ms: None,
        to_ms: None,
    }
}

fn affected(found: &Excursions) -> Vec<&str> {
    found.affected.iter().map(|one| one.item.as_str()).collect()
}

#[test]
fn a_reading_affects_what_is_with_the_device_when_it_is_taken() {
    let memory = captured(&[
        ("a", pack(Action::Add, case(1), things(&[serial(1)]), 1)),
        ("a", pack(Action::Add, case(9), things(&[case(1)]), 2)),
        // One logger is fixed to the pallet, one lies in a case beside it, one is fixed to a gateway on the pallet.
        ("a", fix(Action::Add, case(9), things(&[logger(1), logger(3)]), 2)),
        ("a", fix(Action::Add, logger(3), things(&[logger(4)]), 2)),
        ("a", pack(Action::Add, case(2), things(&[serial(2), logger(2)]), 2)),
        ("a", sensed(&[logger(1)], 5, vec![reading(5, Some(&logger(1)), "9", "CEL")])),
        ("a", sensed(&[logger(2)], 6, vec![reading(6, None, "50", "FAH")])),
        ("a", sensed(&[logger(4)], 6, vec![reading(6, None, "290", "KEL")])),
        // A thing measured directly affects itself and what is in it, not what it lies in.
        ("a", sensed(&[case(1)], 7, vec![reading(7, None, "10", "CEL")])),
        // Sent late: an event of hour 9 with a reading of hour 1, when nothing was on the pallet.
        ("a", sensed(&[logger(1)], 9, vec![reading(1, Some(&logger(1)), "30", "CEL"), reading(8, None, "4", "CEL")])),
    ]);
    let found = excursions(&memory, Question::Excursions(warmer_than("8"), None));
    let readings: Vec<(u64, i64, u64)> =
        found.readings.iter().map(|one| (one.sequence, one.time.0 / HOUR_MS, one.products)).collect();
    assert_eq!(readings, [(5, 5, 1), (6, 6, 1), (7, 6, 1), (8, 7, 1)]);
    assert_eq!(found.alone.iter().map(|one| one.sequence).collect::<Vec<_>>(), [9], "nothing was there yet");
    assert_eq!(affected(&found), [serial(1).canonical(), serial(2).canonical()]);
    assert_eq!((found.affected[0].readings, found.affected[1].readings), (3, 1));
    assert!(found.incomparable.is_empty() && found.complete);
    // One item's, in a span of time.
    let bounds = Bounds { from_ms: Some(6 * HOUR_MS), to_ms: Some(6 * HOUR_MS), ..warmer_than("8") };
    let found = excursions(&memory, Question::Excursions(bounds, Some(serial(1))));
    assert_eq!(found.readings.iter().map(|one| one.sequence).collect::<Vec<_>>(), [7]);
    // 50 degrees Fahrenheit are 10 degrees Celsius, no more.
    let found = excursions(&memory, Question::Excursions(warmer_than("10"), Some(serial(2))));
    assert!(found.readings.is_empty(), "{found:?}");
}

#[test]
fn intervals_and_units_that_do_not_fit_are_judged_or_said() {
    let mut span = reading(0, Some(&logger(1)), "1", "CEL");
    let metadata = span.metadata.as_mut().unwrap();
    (metadata.time, metadata.start_time, metadata.end_time) =
        (None, Some(Time::at(2 * HOUR_MS)), Some(Time::at(4 * HOUR_MS)));
    span.reports[0].value = None;
    span.reports[0].max_value = Some("9".parse().unwrap());
    let memory = captured(&[
        ("a", fix(Action::Add, case(1), things(&[logger(1)]), 1)),
        ("a", pack(Action::Add, case(1), things(&[serial(1)]), 1)),
        ("a", pack(Action::Delete, case(1), things(&[serial(1)]), 3)),
        ("a", pack(Action::Add, case(1), things(&[serial(2)]), 5)),
        ("a", sensed(&[logger(1)], 6, vec![span])),
        ("a", sensed(&[logger(1)], 7, vec![reading(7, None, "99", "P1")])),
    ]);
    let found = excursions(&memory, Question::Excursions(warmer_than("8"), None));
    assert_eq!(affected(&found), [serial(1).canonical()], "only what was there between");
    assert_eq!((found.readings[0].measured.as_str(), found.readings[0].until.unwrap().0), ("maxValue", 4 * HOUR_MS));
    let unjudged: Vec<(u64, &str)> = found.incomparable.iter().map(|one| (one.sequence, one.uom.as_str())).collect();
    assert_eq!(unjudged, [(5, "P1")]);
}

#[test]
fn declared_parties_are_told_as_their_submitters_say() {
    let party = |kind: &str, n: usize| Reference {
        kind: Some(Term::new(Vocabulary::Party, kind)),
        id: id(&format!("urn:epc:id:pgln:9521321.{n:05}")),
    };
    let memory = captured(&[
        ("farm", object(Action::Add, things(&[serial(1)]), 1)),
        ("farm", pack(Action::Add, case(1), things(&[serial(1)]), 2)),
        (
            "farm",
            Event {
                destinations: vec![party("possessing_party", 7), party("owning_party", 8)],
                ..object(Action::Observe, things(&[case(1)]), 3)
            },
        ),
        (
            "carrier",
            Event {
                destinations: vec![party("possessing_party", 9)],
                ..object(Action::Observe, things(&[case(1)]), 4)
            },
        ),
    ]);
    let found = holder(&memory, Question::Holder(serial(1), 5 * HOUR_MS));
    let said: Vec<(&str, &str, u64, &str)> = found
        .declared
        .iter()
        .map(|one| (one.role.as_str(), one.party.as_str(), one.sequence, one.recorded_by.as_str()))
        .collect();
    let of = |n: usize| id(&format!("urn:epc:id:pgln:9521321.{n:05}")).into_canonical();
    assert_eq!(
        said,
        [("owning_party", of(8).as_str(), 2, "farm"), ("possessing_party", of(9).as_str(), 3, "carrier"),]
    );
    assert!(found.last_known.is_none());
}

#[test]
fn an_item_is_verified_only_by_records_that_agree() {
    let claim = |lot: Option<&str>, expiry: Option<&str>| Claim {
        lot: lot.map(spelled_lot),
        expiry: expiry.map(ToOwned::to_owned),
    };
    let any = Claim::default();
    assert_eq!(instance("09521321000315", "s1").unwrap(), id(serial(1).canonical()));
    let never = captured(&[("a", commission(&[serial(2)], "L", 1))]);
    assert_eq!(verified(&never, &any).reason, reason::NEVER_SEEN);
    let seen = captured(&[("a", object(Action::Observe, things(&[serial(1)]), 1))]);
    assert_eq!(verified(&seen, &any).reason, reason::NOT_COMMISSIONED);
    let sound = captured(&[("maker", commission(&[serial(1)], "L", 1))]);
    for (claim, expected) in [
        (any.clone(), reason::VERIFIED),
        (claim(Some("L"), Some("2027-01-31")), reason::VERIFIED),
        (claim(Some("M"), None), reason::OTHER_LOT),
        (claim(Some("L"), Some("2027-02-28")), reason::OTHER_EXPIRY),
    ] {
        let found = verified(&sound, &claim);
        assert_eq!((found.reason.as_str(), found.verified), (expected, expected == reason::VERIFIED), "{claim:?}");
        assert_eq!(found.commissioned.unwrap().recorded_by, "maker");
    }
    let bare = captured(&[("a", object(Action::Add, things(&[serial(1)]), 1))]);
    assert_eq!(verified(&bare, &claim(Some("L"), None)).reason, reason::LOT_NOT_RECORDED);
    assert_eq!(verified(&bare, &claim(None, Some("2027-01-31"))).reason, reason::EXPIRY_NOT_RECORDED);
    // A void commissioning is none.
    let event = Event { event_id: Some("urn:event:1".into()), ..commission(&[serial(1)], "L", 1) };
    let void = captured(&[("a", event.clone()), ("a", declared(&event, 2))]);
    assert_eq!(verified(&void, &any).reason, reason::NOT_COMMISSIONED);
    let with = |more: Event| captured(&[("a", commission(&[serial(1)], "L", 1)), ("a", more)]);
    assert_eq!(verified(&with(object(Action::Delete, things(&[serial(1)]), 2)), &any).reason, reason::DECOMMISSIONED);
    let used = make(things(&[serial(1)]), some(lot("M"), "1", "KGM"), 2);
    assert_eq!(verified(&with(used), &any).reason, reason::CONSUMED);
    let recalled = Event {
        disposition: Some(Term::new(Vocabulary::Disposition, "recalled")),
        ..object(Action::Observe, things(&[serial(1)]), 2)
    };
    let found = verified(&with(recalled), &any);
    assert_eq!((found.reason.as_str(), found.disposition.as_str()), (reason::DISPOSITION, "recalled"));
}

fn declared(event: &Event, hour: i64) -> Event {
    let error = ErrorDeclaration {
        time: Time::at(hour * HOUR_MS),
        reason: Some(Term::new(Vocabulary::ErrorReason, "incorrect_data")),
        corrective_event_ids: vec!["urn:event:2".into()],
        extensions: Vec::new(),
    };
    Event { error: Some(error), ..event.clone() }
}

#[test]
fn a_trail_has_all_records_as_of_a_position() {
    let event = Event { event_id: Some("urn:event:1".into()), ..object(Action::Add, things(&[serial(1)]), 1) };
    let unnamed = object(Action::Add, things(&[serial(2)]), 1);
    let memory = captured(&[("a", event.clone()), ("a", unnamed.clone()), ("a", declared(&event, 2))]);
    let question = Question::AuditTrail("urn:event:1".into());
    let found = trail(&memory, question.clone());
    assert_eq!(
        found.records.iter().map(|one| (one.sequence, one.voided_by)).collect::<Vec<_>>(),
        [(0, Some(2)), (2, None)]
    );
    assert_eq!((found.voided, found.corrected_by.as_slice()), (true, ["urn:event:2".to_owned()].as_slice()));
    assert_eq!(found.records[1].reason.as_deref(), Some("incorrect_data"));
    let Answer::AuditTrail(then) = answered(&memory, &question, Some(2), Limits::default()) else { panic!() };
    assert_eq!((then.records.len(), then.voided, then.corrected_by.len()), (1, false, 0));
    // By its hash, what has no name.
    let hash = trail(&memory, Question::AuditTrail("urn:event:nobody".into()));
    assert!(hash.records.is_empty());
    let all = memory.state.get(&register::key::record(1)).unwrap();
    let digits = all[1..33].iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}"));
    assert_eq!(trail(&memory, Question::AuditTrail(digits)).records[0].sequence, 1);
}

fn whole(since: u64) -> Question {
    Question::Anomalies { since, limit: None }
}

fn rules(report: &AnomalyReport) -> Vec<(u64, &str)> {
    report.anomalies.iter().map(|one| (one.sequence, one.rule.as_str())).collect()
}

#[test]
fn anomalies_of_amounts_and_instances_are_found_by_record() {
    let memory = captured_under(
        &[
            ("a", object(Action::Add, some(lot("L"), "10", "KGM"), 1)),
            ("a", make(some(lot("L"), "8", "KGM"), things(&[serial(1)]), 2)),
            ("a", make(some(lot("L"), "2500", "GRM"), some(lot("M"), "1", "KGM"), 3)),
            ("a", make(some(lot("L"), "3", "LTR"), some(lot("M"), "1", "KGM"), 4)),
            // It came out of the transformation already.
            ("a", Event { step: Some(step("commissioning")), ..object(Action::Add, things(&[serial(1)]), 5) }),
            ("a", pack(Action::Add, case(1), things(&[serial(1)]), 6)),
            ("a", pack(Action::Add, case(2), things(&[serial(1)]), 7)),
            // A late arrival is judged by when it happened: then there was enough.
            ("a", make(some(lot("L"), "0.5", "KGM"), some(lot("M"), "1", "KGM"), 2)),
        ],
        Policy::Lenient,
    );
    let found = anomalies(&memory, whole(0));
    assert_eq!(
        rules(&found),
        [(2, "quantity.over-consumed"), (3, "quantity.unit"), (4, "object.commissioned-twice"), (6, "containment.two"),]
    );
    assert!(found.anomalies[0].reason.contains("11 KGM went, and 10 came to be"), "{:?}", found.anomalies[0]);
    assert!(found.complete && found.next.is_none() && found.position == 8);
    // Spans make up the whole.
    let first = anomalies(&memory, Question::Anomalies { since: 0, limit: NonZeroU32::new(4) });
    assert_eq!((first.next, first.complete, first.position), (Some(4), false, 4));
    let rest = anomalies(&memory, whole(4));
    assert_eq!([first.anomalies, rest.anomalies].concat().len(), found.anomalies.len());
    // What is declared in error is no anomaly any more.
    assert!(anomalies(&memory, whole(8)).anomalies.is_empty());
}

fn step(word: &str) -> Term {
    Term::new(Vocabulary::BizStep, word)
}

#[test]
fn impossible_travel_and_far_longer_stays_are_found() {
    let geo = |latitude: &str, longitude: &str| Place {
        id: id(&format!("geo:{latitude},{longitude}")),
        extensions: Vec::new(),
    };
    let seen = |n: usize, hour: i64, place: Place| Event {
        read_point: Some(place),
        ..object(Action::Observe, things(&[serial(n)]), hour)
    };
    let memory = captured(&[
        ("a", seen(1, 1, geo("53.55", "9.99"))),
        ("a", seen(1, 20, geo("1.35", "103.82"))),
        ("a", seen(1, 22, geo("53.55", "9.99"))),
        ("a", seen(2, 1, geo("53.55", "9.99"))),
        ("a", seen(2, 1, geo("53.56", "10.01"))),
    ]);
    assert_eq!(rules(&anomalies(&memory, whole(0))), [(2, "travel.speed")]);

    let mut events = Vec::new();
    for n in 1..=9 {
        events.push(("a", located(object(Action::Observe, things(&[serial(n)]), 0), 1)));
        // Eight stay for two to nine hours, and one for a hundred.
        let hours = if n == 5 { 100 } else { 1 + i64::try_from(n).unwrap() };
        events.push(("a", located(object(Action::Observe, things(&[serial(n)]), hours), 2)));
    }
    let memory = captured(&events);
    let found = anomalies(&memory, whole(0));
    assert_eq!(rules(&found), [(9, "dwell.outlier")]);
    assert_eq!(found.anomalies[0].item, serial(5).canonical());
    // Seven stays are too few to judge by.
    assert!(anomalies(&captured(&events[4..]), whole(0)).anomalies.is_empty());
}

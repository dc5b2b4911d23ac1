//! Registers and walks by their properties: refusals, void events, bounds, order of capture, and that what a
//! walk read is all that it needs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/memory.rs"]
mod memory;

use countersign_epcis::answer::Truncated;
use countersign_epcis::event::{Action, ErrorDeclaration, Event, Items, Place, Quantity, What};
use countersign_epcis::register::{self, Captured, Object, Record, Refusal, Stored, capture, key};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::{self, Limits, Unanswered};
use countersign_epcis::{Decimal, Identifier, Offset, Term, Time, term::Vocabulary};
use memory::{Memory, Proven, Recorder, by};
use proptest::prelude::*;
use proptest::sample::Index;

const DAY_MS: i64 = 24 * 3600 * 1000;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn serial(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))
}
fn case(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sscc:9521321.{n:010}"))
}
fn lot(n: usize) -> Identifier {
    id(&format!("urn:epc:class:lgtin:9521321.000032.L{n}"))
}
fn epcs(ids: impl IntoIterator<Item = Identifier>) -> Items {
    Items { epcs: ids.into_iter().collect(), quantities: Vec::new() }
}
fn amounts(ids: impl IntoIterator<Item = Identifier>) -> Items {
    let amount = |class| Quantity { class, quantity: Some(Decimal::from(1)), uom: Some("KGM".into()) };
    Items { epcs: Vec::new(), quantities: ids.into_iter().map(amount).collect() }
}
fn at(what: What, ms: i64) -> Event {
    Event::new(what, Time::at(ms), Offset::default())
}
fn named(n: usize, event: Event) -> Event {
    Event { event_id: Some(format!("urn:event:{n}")), ..event }
}
fn object(action: Action, ids: impl IntoIterator<Item = Identifier>, ms: i64) -> Event {
    at(What::Object { action, items: epcs(ids) }, ms)
}
fn pack(action: Action, parent: Identifier, ids: impl IntoIterator<Item = Identifier>, ms: i64) -> Event {
    at(What::Aggregation { action, parent: Some(parent), children: epcs(ids) }, ms)
}
fn make(inputs: impl IntoIterator<Item = Identifier>, outputs: impl IntoIterator<Item = Identifier>, ms: i64) -> Event {
    at(What::Transformation { inputs: amounts(inputs), outputs: amounts(outputs), id: None }, ms)
}
fn declared(event: &Event, ms: i64) -> Event {
    let error =
        ErrorDeclaration { time: Time::at(ms), reason: None, corrective_event_ids: Vec::new(), extensions: Vec::new() };
    Event { error: Some(error), ..event.clone() }
}
fn submit(memory: &mut Memory, event: &Event) -> Result<Captured, Refusal> {
    submit_by(memory, "acme", event)
}
fn submit_by(memory: &mut Memory, org: &str, event: &Event) -> Result<Captured, Refusal> {
    let height = register::count(memory).unwrap();
    let before = memory.clone();
    let done = capture(memory, event, &by(org, height), Policy::Strict);
    if done.as_ref().map_or(true, |done| done.duplicate) {
        assert_eq!(*memory, before, "a refused or repeated event leaves no trace");
    }
    if let Ok(done) = &done {
        let bytes = &memory.state[&key::record(done.sequence)];
        assert_eq!(Record::from_bytes(bytes).unwrap().to_bytes(), *bytes, "a record is stored in its one encoding");
    }
    done
}
fn rule_of(done: Result<Captured, Refusal>) -> &'static str {
    done.unwrap_err().rule
}
fn object_of(memory: &Memory, id: &Identifier) -> Object {
    let key = key::object(id.canonical(), |_| panic!("short"));
    memory.state.get(&key).map_or_else(Object::default, |bytes| Object::from_bytes(bytes).unwrap())
}
fn sequences(memory: &mut Memory, id: &Identifier) -> Vec<u64> {
    let answer = walk::history(memory, id, None, Limits::default()).unwrap();
    assert_eq!(answer.truncated, None);
    answer.events.iter().map(|step| step.sequence).collect()
}

#[test]
fn the_same_event_is_a_duplicate_with_or_without_a_name() {
    for event in [object(Action::Observe, [serial(1)], 5), named(1, object(Action::Observe, [serial(1)], 5))] {
        let mut memory = Memory::default();
        let first = submit(&mut memory, &event).unwrap();
        let second = submit_by(&mut memory, "other", &event).unwrap();
        assert!(!first.duplicate && second.duplicate);
        assert_eq!((first.sequence, first.hash), (second.sequence, second.hash));
        assert_eq!(register::count(&mut memory).unwrap(), 1);
    }
}

#[test]
fn only_the_submitter_declares_an_error_and_only_once_it_voids() {
    for event in [object(Action::Observe, [serial(1)], 5), named(1, object(Action::Observe, [serial(1)], 5))] {
        let mut memory = Memory::default();
        let _ = submit(&mut memory, &event).unwrap();
        assert_eq!(rule_of(submit_by(&mut memory, "rival", &declared(&event, 6))), "error.declarer");
        let declaration = submit(&mut memory, &declared(&event, 6)).unwrap();
        assert!(submit(&mut memory, &declared(&event, 6)).unwrap().duplicate);
        let again = submit(&mut memory, &declared(&event, 7)).unwrap();
        assert_eq!((declaration.sequence, again.sequence), (1, 2));
        let record = Record::from_bytes(&memory.state[&key::record(0)]).unwrap();
        assert_eq!(record.voided, Some(1));
        assert_eq!(sequences(&mut memory, &serial(1)), [] as [u64; 0]);
    }
}

#[test]
fn an_event_declared_in_error_before_it_came_is_void() {
    let event = named(1, object(Action::Add, [serial(1)], 5));
    let mut memory = Memory::default();
    let _ = submit(&mut memory, &declared(&event, 6)).unwrap();
    let _ = submit(&mut memory, &event).unwrap();
    assert_eq!(sequences(&mut memory, &serial(1)), [] as [u64; 0]);
    // A rival's declaration in advance does nothing.
    let other = named(2, object(Action::Add, [serial(1)], 5));
    let _ = submit_by(&mut memory, "rival", &declared(&other, 6)).unwrap();
    let _ = submit(&mut memory, &other).unwrap();
    assert_eq!(sequences(&mut memory, &serial(1)), [3]);
}

#[test]
fn a_voided_commissioning_may_be_put_right() {
    let mut memory = Memory::default();
    let wrong = named(1, object(Action::Add, [serial(1)], 5));
    let right = named(2, object(Action::Add, [serial(1)], 6));
    let _ = submit(&mut memory, &wrong).unwrap();
    assert_eq!(rule_of(submit(&mut memory, &right)), "object.commissioned");
    let _ = submit(&mut memory, &declared(&wrong, 9)).unwrap();
    let _ = submit(&mut memory, &right).unwrap();
    assert_eq!(sequences(&mut memory, &serial(1)), [2]);
}

#[test]
fn a_logistic_unit_may_return_after_a_year_and_a_serial_may_not() {
    for (unit, days, accepted) in
        [(case(1), 364, false), (case(1), 365, true), (serial(1), 365, false), (serial(1), 3650, false)]
    {
        let mut memory = Memory::default();
        let _ = submit(&mut memory, &object(Action::Add, [unit.clone()], 0)).unwrap();
        let again = submit(&mut memory, &object(Action::Add, [unit.clone()], days * DAY_MS));
        assert_eq!(again.is_ok(), accepted, "{unit} after {days} days");
    }
}

#[test]
fn containers_are_left_by_name_or_with_all_or_by_a_void_event() {
    let pack_second = |ms| pack(Action::Add, case(2), [serial(1)], ms);
    let table: [(Option<Event>, bool); 5] = [
        (None, false),
        (Some(pack(Action::Delete, case(1), [serial(1)], 15)), true),
        (Some(pack(Action::Delete, case(1), [], 15)), true),
        (Some(pack(Action::Delete, case(1), [serial(2)], 15)), false),
        (Some(declared(&named(1, pack(Action::Add, case(1), [serial(1)], 10)), 15)), true),
    ];
    for (between, accepted) in table {
        let mut memory = Memory::default();
        let _ = submit(&mut memory, &named(1, pack(Action::Add, case(1), [serial(1)], 10))).unwrap();
        if let Some(between) = &between {
            let _ = submit(&mut memory, between).unwrap();
        }
        let done = submit(&mut memory, &pack_second(20));
        assert_eq!(done.is_ok(), accepted, "{between:?}");
        if let Err(refusal) = done {
            assert_eq!((refusal.rule, refusal.path.as_str()), ("containment.two", "$.childEPCs[0]"));
        }
        // A late arrival from before is judged by nothing.
        assert!(submit(&mut memory, &pack_second(5)).is_ok());
    }
}

#[test]
fn a_container_in_use_for_years_costs_each_thing_only_its_own_stay() {
    let mut memory = Memory::default();
    let ms = |n: usize| i64::try_from(n).unwrap();
    for n in 0..500 {
        let _ = submit(&mut memory, &named(2 * n, pack(Action::Add, case(1), [serial(n)], ms(2 * n)))).unwrap();
        let _ = submit(&mut memory, &named(2 * n + 1, pack(Action::Delete, case(1), [], ms(2 * n + 1)))).unwrap();
    }
    for n in [0, 250, 499] {
        let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
        let answer = walk::history(&mut recorder, &serial(n), None, Limits::default()).unwrap();
        let found: Vec<u64> = answer.events.iter().map(|step| step.sequence).collect();
        assert_eq!(found, [2 * n as u64, 2 * n as u64 + 1], "it went in and came out");
        let records = recorder.keys.iter().filter(|key| key.first() == Some(&b'e')).count();
        assert_eq!(records, 2, "of a thousand records of the container");
    }
}

#[test]
fn logs_that_are_read_together_are_counted_like_those_that_are_read_alone() {
    let mut memory = Memory::default();
    let spelled = |n: usize| id(&format!("https://example.com/01/09521321000315/10/A/21/s{n}"));
    let all: Vec<Identifier> = (0..300).map(spelled).collect();
    let lot = all.first().and_then(Identifier::lot_class).unwrap();
    let _ = submit(&mut memory, &named(0, object(Action::Add, all.clone(), 1))).unwrap();
    for ((n, some), hour) in all.chunks(10).enumerate().zip(2..) {
        let _ = submit(&mut memory, &named(1 + n, pack(Action::Add, case(n), some.to_vec(), hour))).unwrap();
    }
    let ask = |memory: &mut Memory, reads| walk::recall(memory, &lot, None, Limits { reads, items: 1_000 }).unwrap();
    let whole = ask(&mut memory, 10_000);
    assert_eq!((whole.products.len(), whole.containers_ever.len(), whole.truncated), (300, 30, None));
    // Two lines for each piece, those of the lot and of 30 cases, and the records.
    let needed = (0..2_000).find(|reads| ask(&mut memory, *reads).truncated.is_none()).unwrap();
    assert!((600..700).contains(&needed), "{needed} reads");
    for reads in [0, 3, 100, 400, needed - 1] {
        let part = ask(&mut memory, reads);
        assert_eq!(part.truncated, Some(Truncated::Reads));
        assert!(part.products.iter().all(|product| whole.products.contains(product)));
        assert!(part.containers_ever.iter().all(|container| whole.containers_ever.contains(container)));
    }
}

#[test]
fn a_lenient_policy_notes_what_a_strict_one_refuses() {
    let mut memory = Memory::default();
    for (n, event) in
        [pack(Action::Add, case(1), [serial(1)], 1), pack(Action::Add, case(2), [serial(1)], 2)].iter().enumerate()
    {
        let _ = capture(&mut memory, event, &by("acme", n as u64), Policy::Lenient).unwrap();
    }
    let all = register::anomalies(&mut memory, 0, 10).unwrap();
    let found: Vec<_> = all.anomalies.iter().map(|anomaly| (anomaly.sequence, anomaly.rule.as_str())).collect();
    assert_eq!((found, all.count), (vec![(1, "containment.two")], 1));
    let past = register::anomalies(&mut memory, 1, 10).unwrap();
    assert_eq!((past.anomalies.len(), past.count), (0, 1));
    // The item's history says so; that of the container does not, nor does any as of before.
    let mut history = |id: &Identifier, at| walk::history(&mut memory, id, at, Limits::default()).unwrap().anomalies;
    assert_eq!(history(&serial(1), None), all.anomalies);
    assert!(history(&case(2), None).is_empty() && history(&serial(1), Some(1)).is_empty());
    assert_eq!(object_of(&memory, &serial(1)).container.unwrap().parent, case(2).canonical());
}

#[test]
fn circles_are_refused_however_many_containers_lie_between() {
    let mut memory = Memory::default();
    for n in 1..=5 {
        let _ =
            submit(&mut memory, &pack(Action::Add, case(n), [case(n + 1)], 10 + i64::try_from(n).unwrap())).unwrap();
    }
    for n in 2..=6 {
        assert_eq!(rule_of(submit(&mut memory, &pack(Action::Add, case(n), [case(1)], 100))), "containment.cycle");
    }
    // Before the containers were filled there was no circle.
    assert!(submit(&mut memory, &pack(Action::Add, case(6), [case(1)], 5)).is_ok());
    // And now there is one in the past: every walk still ends.
    let answer = walk::back(&mut memory, &case(3), None, Limits::default()).unwrap();
    assert_eq!(answer.truncated, None);
    assert_eq!(answer.containers.len(), 5);
    let _ = sequences(&mut memory, &case(4));
}

#[test]
fn nesting_is_bounded_where_it_must_be_judged_and_walked_where_it_grew() {
    let mut memory = Memory::default();
    // From the inside out: each is put into one that is in nothing yet.
    let depth = 300;
    for n in 0..depth {
        let event = pack(Action::Add, case(n + 1), [case(n)], i64::try_from(n).unwrap());
        let _ = submit(&mut memory, &event).unwrap();
    }
    assert_eq!(rule_of(submit(&mut memory, &pack(Action::Add, case(0), [serial(1)], 10_000))), "containment.nesting");
    let _ = submit(&mut memory, &object(Action::Observe, [case(depth)], 10_000)).unwrap();
    assert_eq!(sequences(&mut memory, &case(0)).len(), depth + 1);
}

#[test]
fn truncation_is_said() {
    let mut memory = Memory::default();
    for n in 0..20 {
        let _ = submit(&mut memory, &make([lot(n)], [lot(n + 1)], i64::try_from(n).unwrap())).unwrap();
        let _ = submit(&mut memory, &object(Action::Observe, [serial(1)], i64::try_from(n).unwrap())).unwrap();
    }
    for (limits, expected) in [
        (Limits { reads: 30, items: 1000 }, Some(Truncated::Reads)),
        (Limits { reads: 1000, items: 7 }, Some(Truncated::Items)),
        (Limits { reads: 1000, items: 20 }, None),
    ] {
        let lineage = walk::forward(&mut memory, &lot(0), None, limits).unwrap();
        assert_eq!(lineage.truncated, expected);
        assert!(lineage.products.len() <= limits.items);
        assert_eq!(lineage.products.len() == 20, expected.is_none());
        let history = walk::history(&mut memory, &serial(1), None, limits).unwrap();
        assert_eq!(history.truncated, expected);
        assert_eq!(history.events.len() == 20, expected.is_none());
    }
}

#[test]
fn an_event_of_12_500_things_keeps_its_head_small() {
    let mut memory = Memory::default();
    let all = || (0..12_500).map(serial);
    let mut event = named(1, object(Action::Add, all(), 5));
    event.step = Some(Term::new(Vocabulary::BizStep, "commissioning"));
    event.ilmd.push(("cbvmda:lotNumber".into(), countersign_epcis::Value::Text("X".into())));
    assert!(event.canonical_bytes().len() < 1 << 20);
    let _ = submit(&mut memory, &event).unwrap();
    let _ = submit(&mut memory, &pack(Action::Add, case(1), all(), 6)).unwrap();
    // The host takes 20,000 writes and as many log entries of one call.
    assert_eq!(memory.state.len(), 12_500 + 2 * 3 + 1);
    assert_eq!(memory.logs.values().map(Vec::len).sum::<usize>(), 2 * 12_500 + 2);
    assert!(memory.state[&key::record(0)].len() < 512);
    let record = Record::from_bytes(&memory.state[&key::record(0)]).unwrap();
    assert_eq!(record.whole(Some(&memory.state[&key::body(0)])).unwrap(), event);

    // The proof of one item out of them carries heads only.
    let mut recorder = Recorder { memory, ..Recorder::default() };
    let answer = walk::history(&mut recorder, &serial(77), None, Limits::default()).unwrap();
    assert_eq!(answer.events.iter().map(|step| step.sequence).collect::<Vec<_>>(), [0, 1]);
    let proof: usize = recorder.keys.iter().filter_map(|key| recorder.memory.state.get(key)).map(Vec::len).sum();
    assert!(proof < 2048, "{proof} bytes");

    let mut memory = recorder.memory;
    let lot = id("https://id.gs1.org/01/09521321000315/10/X");
    let forward = walk::forward(&mut memory, &lot, None, Limits::default()).unwrap();
    assert_eq!((forward.products.len(), forward.truncated), (12_500, None));
    let inside = walk::contents(&mut memory, &case(1), 6, None, Limits::default()).unwrap();
    assert_eq!(inside.inside.len(), 12_500);
}

#[test]
fn long_identifiers_stand_under_their_hash() {
    let long = |end: &str| id(&format!("did:example:{}{end}", "x".repeat(600)));
    let mut memory = Memory::default();
    let _ = submit(&mut memory, &object(Action::Observe, [long("a")], 1)).unwrap();
    let _ = submit(&mut memory, &object(Action::Observe, [long("b")], 2)).unwrap();
    assert_eq!(sequences(&mut memory, &long("a")), [0]);
    assert_eq!(sequences(&mut memory, &long("b")), [1]);
}

#[test]
fn positions_are_found_by_height() {
    let mut memory = Memory::default();
    for (n, height) in [3u64, 3, 4, 7, 7, 7].into_iter().enumerate() {
        let event = object(Action::Observe, [serial(n)], 0);
        let _ = capture(&mut memory, &event, &by("acme", height), Policy::Strict).unwrap();
    }
    let found: Vec<u64> = (0..9).map(|height| register::position_at(&mut memory, height).unwrap()).collect();
    assert_eq!(found, [0, 0, 0, 2, 3, 3, 3, 6, 6]);
}

#[test]
fn the_latest_place_and_disposition_are_by_time_of_event() {
    let mut memory = Memory::default();
    for (n, ms) in [(0usize, 50), (1, 90), (2, 70)] {
        let mut event = object(Action::Observe, [serial(1)], ms);
        event.location = Some(Place { id: id(&format!("urn:epc:id:sgln:9521321.0000{n}.0")), extensions: Vec::new() });
        event.persistent_set =
            if n == 2 { vec![Term::new(Vocabulary::Disposition, "completeness_verified")] } else { vec![] };
        event.persistent_unset =
            if n == 1 { vec![Term::new(Vocabulary::Disposition, "completeness_verified")] } else { vec![] };
        let _ = submit(&mut memory, &event).unwrap();
    }
    let object = object_of(&memory, &serial(1));
    assert_eq!(object.located.unwrap().sequence, 1);
    assert_eq!(object.persistent.len(), 1);
    assert!(!object.persistent[0].holds, "unset later than it was set");
}

/// A small world of events: packing, unpacking, transforming and looking at a few things.
fn world() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..7u8, 0..4usize, 0..4usize, 0..6usize, 0..40i64).prop_map(|(kind, a, b, n, ms)| match kind {
        0 | 1 => pack(Action::Add, case(a), [serial(n)], ms),
        2 => pack(Action::Delete, case(a), [serial(n)], ms),
        3 => pack(Action::Delete, case(a), [], ms),
        4 => pack(Action::Add, case(a), [case(4 + b)], ms),
        5 => make([lot(a)], [lot(b)], ms),
        _ => object(Action::Observe, [case(a)], ms),
    });
    prop::collection::vec(event, 1..30).prop_map(|events| {
        let distinct = |(n, mut event): (usize, Event)| {
            // Distinct instants, so that order is the events' own.
            event.time = Time::at(event.time.ms() * 100 + i64::try_from(n).unwrap());
            named(n, event)
        };
        events.into_iter().enumerate().map(distinct).collect()
    })
}

/// The events of a history by name, which does not depend on sequence numbers.
fn names(memory: &mut Memory, id: &Identifier) -> Vec<String> {
    let answer = walk::history(memory, id, None, Limits::default()).unwrap();
    answer.events.into_iter().map(|step| step.event_id.unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// What arrives late is answered as if it had come in time.
    #[test]
    fn answers_do_not_depend_on_the_order_of_capture(events in world(), keys in prop::collection::vec(any::<u32>(), 30)) {
        // Lenient, so that both orders record all events; which of them are odd is another question.
        let run = |events: &[Event]| {
            let mut memory = Memory::default();
            let mut refused = 0;
            for (n, event) in events.iter().enumerate() {
                refused += usize::from(capture(&mut memory, event, &by("acme", n as u64), Policy::Lenient).is_err());
            }
            (memory, refused)
        };
        let (mut first, refused) = run(&events);
        let mut order: Vec<usize> = (0..events.len()).collect();
        order.sort_by_key(|n| keys[*n]);
        let shuffled: Vec<Event> = order.iter().map(|n| events[*n].clone()).collect();
        let (mut second, refused_too) = run(&shuffled);
        // Circles are judged when they close, so an order may refuse what another accepts.
        prop_assume!(refused == 0 && refused_too == 0);
        for thing in (0..6).map(serial).chain((0..8).map(case)) {
            prop_assert_eq!(names(&mut first, &thing), names(&mut second, &thing));
            for ms in [0, 1500, 4000] {
                let inside = |memory: &mut Memory| walk::contents(memory, &thing, ms, None, Limits::default()).unwrap().inside;
                prop_assert_eq!(inside(&mut first), inside(&mut second));
            }
        }
        for thing in (0..4).map(lot).chain((0..8).map(case)) {
            for run in [walk::back, walk::forward] {
                let one = run(&mut first, &thing, None, Limits::default()).unwrap();
                let two = run(&mut second, &thing, None, Limits::default()).unwrap();
                prop_assert_eq!((one.products, one.containers), (two.products, two.containers));
            }
        }
    }

    /// The entries that a walk read are all that it needs, and each of them is needed. An answer as of a
    /// position stays what it was.
    #[test]
    fn a_walk_over_what_it_read_answers_the_same(events in world(), pick in any::<Index>(), cut in any::<Index>()) {
        let mut memory = Memory::default();
        let mut early = None;
        let cut = cut.index(events.len());
        for (n, event) in events.iter().enumerate() {
            if n == cut {
                early = Some(memory.clone());
            }
            let _ = submit(&mut memory, event);
        }
        let mut early = early.unwrap();
        let position = register::count(&mut early).unwrap();
        for thing in (0..6).map(serial).chain((0..8).map(case)).chain((0..4).map(lot)) {
            let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
            let answer = walk::history(&mut recorder, &thing, None, Limits::default()).unwrap();
            let proven = Proven::of(recorder);
            prop_assert_eq!(walk::history(&mut proven.clone(), &thing, None, Limits::default()).unwrap(), answer);
            let mut less = proven.without(pick.index(proven.len()));
            let missing = walk::history(&mut less, &thing, None, Limits::default());
            prop_assert!(matches!(missing, Err(Unanswered::Read(_))));

            let then = walk::history(&mut early, &thing, None, Limits::default()).unwrap();
            let now = walk::history(&mut memory, &thing, Some(position), Limits::default()).unwrap();
            prop_assert_eq!(then, now);

            for run in [walk::back, walk::forward] {
                let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
                let answer = run(&mut recorder, &thing, None, Limits::default()).unwrap();
                let again = [walk::back::<Proven>, walk::forward::<Proven>]
                    .map(|run| run(&mut Proven::of(Recorder { memory: recorder.memory.clone(), keys: recorder.keys.clone(), logs: recorder.logs.clone() }), &thing, None, Limits::default()));
                prop_assert!(again.iter().any(|again| again.as_ref() == Ok(&answer)));
                let then = run(&mut Recorder { memory: early.clone(), ..Recorder::default() }, &thing, None, Limits::default()).unwrap();
                let now = run(&mut recorder, &thing, Some(position), Limits::default()).unwrap();
                prop_assert_eq!(then, now);
            }
        }
    }
}

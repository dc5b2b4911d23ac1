//! Custody and ownership: what events hand over, what receivers say of it, and who has what as of any time and position.
//! Each answer is found again over what was read for it alone, which is what a proof file holds.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code)]

#[path = "support/memory.rs"]
mod memory;

use countersign_epcis::answer::{AnomalyReport, Handed, HandoverPolicy, RecallScope, Whereabouts};
use countersign_epcis::event::{Action, ErrorDeclaration, Event, Items, Place, Reference, What};
use countersign_epcis::limits::HANDOVER_WINDOW_MS;
use countersign_epcis::question::{Answer, Question, ask};
use countersign_epcis::register::handover::{
    self, CUSTODY, Handover, OWNERSHIP, Role, State, Unsettled, entrust, set_policy, settle,
};
use countersign_epcis::register::{self, Reader, Submission, capture, key};
use countersign_epcis::report::recall_letter::recall_letter;
use countersign_epcis::rule::Policy;
use countersign_epcis::term::Vocabulary;
use countersign_epcis::walk::{AsOf, Limits};
use countersign_epcis::{Identifier, Offset, Term, Time};
use memory::{Memory, Proven, Recorder, by};

const HOUR_MS: i64 = 3_600_000;
const LATER_MS: i64 = 1_900_000_000_000;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn serial(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sgtin:9521321.000031.s{n}"))
}
fn pallet(n: usize) -> Identifier {
    id(&format!("urn:epc:id:sscc:9521321.{n:010}"))
}
/// A party, which the organisation of the same letter acts for unless a test says otherwise.
fn party(name: &str) -> Identifier {
    id(&format!("urn:epc:id:pgln:9521321.{:05}", name.as_bytes()[0]))
}
fn things(ids: &[Identifier]) -> Items {
    Items { epcs: ids.to_vec(), quantities: Vec::new() }
}
fn event(what: What, hour: i64) -> Event {
    Event::new(what, Time::at(hour * HOUR_MS), Offset::default())
}
fn seen(ids: &[Identifier], hour: i64) -> Event {
    let event = event(What::Object { action: Action::Observe, items: things(ids) }, hour);
    let place = Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() };
    Event { event_id: Some(format!("urn:e:{hour}")), location: Some(place), ..event }
}
fn pack(action: Action, parent: Identifier, children: Items, hour: i64) -> Event {
    event(What::Aggregation { action, parent: Some(parent), children }, hour)
}
fn reference(kind: &str, id: Identifier) -> Reference {
    Reference { kind: Some(Term::new(Vocabulary::Party, kind)), id }
}
/// The event, handing over to a party in a role.
fn to(event: Event, kind: &str, party: Identifier) -> Event {
    let mut event = event;
    event.destinations.push(reference(kind, party));
    event
}
fn from(event: Event, kind: &str, party: Identifier) -> Event {
    let mut event = event;
    event.sources.push(reference(kind, party));
    event
}

/// A ledger, block by block.
#[derive(Clone)]
struct World {
    memory: Memory,
    height: u64,
}

impl World {
    /// Organisations a to d, each acting for its party.
    fn new() -> Self {
        let mut world = Self { memory: Memory::default(), height: 0 };
        for name in ["a", "b", "c", "d"] {
            entrust(&mut world.memory, party(name).canonical(), Some(name));
        }
        world
    }

    fn by(&mut self, organisation: &str) -> Submission {
        self.height += 1;
        by(organisation, self.height)
    }

    /// Captures an event; answers its number.
    fn record(&mut self, organisation: &str, event: &Event) -> u64 {
        let by = self.by(organisation);
        let done = capture(&mut self.memory, event, &by, Policy::Strict).unwrap();
        assert!(!done.duplicate);
        let stored = handover::handover(&mut self.memory, done.sequence).unwrap();
        assert_eq!(stored, done.handover);
        done.sequence
    }

    fn accept(&mut self, organisation: &str, sequence: u64) -> Result<Handover, Unsettled> {
        let by = self.by(organisation);
        settle(&mut self.memory, sequence, &by, None)
    }

    fn refuse(&mut self, organisation: &str, sequence: u64) -> Result<Handover, Unsettled> {
        let by = self.by(organisation);
        settle(&mut self.memory, sequence, &by, Some("two are missing"))
    }

    /// Lets time pass.
    fn wait(&mut self, ms: u64) {
        self.height += ms;
    }

    /// Blocks are a millisecond apart in these tests.
    fn now_ms(&self) -> i64 {
        by("a", self.height).time_ms.try_into().unwrap()
    }

    fn position(&self) -> u64 {
        register::count(&mut self.memory.clone()).unwrap()
    }

    /// The answer, found a second time from what was read alone.
    fn answered(&self, question: &Question, as_of: AsOf) -> Answer {
        let mut recorder = Recorder { memory: self.memory.clone(), ..Recorder::default() };
        let answer = ask(&mut recorder, question, as_of, Limits::default()).unwrap();
        assert_eq!(ask(&mut Proven::of(recorder), question, as_of, Limits::default()).unwrap(), answer);
        answer
    }

    fn holder_at(&self, item: &Identifier, at_ms: i64, as_of: AsOf) -> Whereabouts {
        match self.answered(&Question::Holder(item.clone(), at_ms), as_of) {
            Answer::Holder(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    fn holder(&self, item: &Identifier) -> Whereabouts {
        self.holder_at(item, self.now_ms(), AsOf::default())
    }

    fn recall(&self, item: &Identifier) -> RecallScope {
        let question = Question::Recall { item: item.clone(), after: None, containers_after: None, limit: None };
        match self.answered(&question, AsOf::default()) {
            Answer::Recall(answer) => answer,
            other => panic!("{other:?}"),
        }
    }

    /// Rules that are broken, with the record that breaks them.
    fn anomalies(&self) -> Vec<(u64, String)> {
        let report: AnomalyReport = match self.answered(&Question::Anomalies { since: 0, limit: None }, AsOf::default())
        {
            Answer::Anomalies(answer) => answer,
            other => panic!("{other:?}"),
        };
        report.anomalies.into_iter().map(|one| (one.sequence, one.rule)).collect()
    }
}

/// Who it is, by which record, and how it came to be so.
fn brief(handed: Option<&Handed>) -> Option<(&str, u64, &str)> {
    handed.map(|one| (one.organisation.as_deref().unwrap_or(&one.party), one.sequence, one.state.as_str()))
}

#[test]
fn a_hand_over_takes_effect_once_the_receiver_accepts_it() {
    let mut world = World::new();
    world.record("a", &seen(&[serial(1)], 1));
    let offered = world.record("a", &to(seen(&[serial(1)], 2), CUSTODY, party("b")));
    let before = world.holder(&serial(1));
    assert_eq!((before.holder.as_ref(), before.owner.as_deref()), (None, None));
    assert_eq!(before.open.iter().map(|one| (one.sequence, one.state.as_str())).collect::<Vec<_>>(), [(1, "pending")]);
    assert_eq!(before.last_known.as_ref().unwrap().recorded_by, "a");

    // Nobody but the receiver, and once.
    assert_eq!(world.accept("a", offered), Err(Unsettled::NotReceiver));
    assert_eq!(world.accept("c", offered), Err(Unsettled::NotReceiver));
    assert_eq!(world.accept("b", 0), Err(Unsettled::Unknown));
    assert_eq!(world.accept("b", 99), Err(Unsettled::Unknown));
    let accepted = world.accept("b", offered).unwrap();
    let settled = accepted.parts[0].settled().unwrap();
    assert_eq!((settled.by.as_str(), settled.position, settled.height), ("b/erp", 2, world.height));
    assert_eq!(world.accept("b", offered), Err(Unsettled::Settled));
    assert_eq!(world.refuse("b", offered), Err(Unsettled::Settled));

    let after = world.holder(&serial(1));
    assert_eq!(brief(after.holder.as_deref()), Some(("b", offered, "accepted")));
    let holder = after.holder.unwrap();
    assert_eq!((holder.given_by.as_str(), holder.role.as_str()), ("a", CUSTODY));
    assert_eq!(holder.settled.unwrap().by, "b/erp");
    assert_eq!((after.owner, after.open.len(), after.declared.len()), (None, 0, 1));
    // As of an event time before it, nobody had it by a hand-over.
    assert_eq!(world.holder_at(&serial(1), HOUR_MS, AsOf::default()).holder, None);
}

#[test]
fn refused_and_expired_leave_who_had_it_before() {
    let mut world = World::new();
    let first = world.record("a", &to(seen(&[serial(1)], 1), CUSTODY, party("b")));
    world.accept("b", first).unwrap();
    let refused = world.record("b", &to(seen(&[serial(1)], 2), CUSTODY, party("c")));
    world.refuse("c", refused).unwrap();
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some(("b", first, "accepted")));
    assert_eq!((found.open[0].state.as_str(), found.open[0].sequence), ("refused", refused));
    let said = found.open[0].settled.as_ref().unwrap();
    assert_eq!((said.by.as_str(), said.reason.as_deref()), ("c/erp", Some("two are missing")));

    set_policy(&mut world.memory, "d", None, HandoverPolicy::Countersign { window_ms: 1_000 });
    let late = world.record("b", &to(seen(&[serial(1)], 3), CUSTODY, party("d")));
    let until_ms = by("b", world.height).time_ms + 1_000;
    let in_time = world.clone();
    world.wait(1_000);
    assert_eq!(world.accept("d", late), Err(Unsettled::Expired { until_ms }));
    assert_eq!(world.refuse("d", late), Err(Unsettled::Expired { until_ms }));
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some(("b", first, "accepted")));
    let open: Vec<&str> = found.open.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(open, ["expired", "refused"]);
    // At an instant until which it waited it is pending for ever.
    let at_ms = i64::try_from(until_ms).unwrap();
    let states = |ms| -> Vec<String> {
        world.holder_at(&serial(1), ms, AsOf::default()).open.into_iter().map(|one| one.state).collect()
    };
    assert_eq!((states(at_ms)[0].as_str(), states(at_ms + 1)[0].as_str()), ("pending", "expired"));
    // The last moment is in time.
    let mut in_time = in_time;
    in_time.wait(999);
    in_time.accept("d", late).unwrap();
}

#[test]
fn an_item_goes_with_the_pallet_that_is_handed_over() {
    let mut world = World::new();
    world.record("a", &pack(Action::Add, pallet(1), things(&[serial(1), serial(2)]), 1));
    let sent = world.record("a", &to(to(seen(&[pallet(1)], 3), CUSTODY, party("b")), OWNERSHIP, party("c")));
    // One was taken off before, and put on after.
    world.record("a", &pack(Action::Delete, pallet(1), things(&[serial(2)]), 2));
    world.record("b", &pack(Action::Add, pallet(1), things(&[serial(3)]), 4));
    let entries = world.memory.state.keys().filter(|key| key[0] == b'p').count();
    assert_eq!(entries, 1, "one entry, whatever is on the pallet");
    world.accept("b", sent).unwrap();
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some(("b", sent, "accepted")));
    assert_eq!(found.holder.unwrap().through.as_deref(), Some(pallet(1).canonical()));
    // The owner has not said anything yet.
    assert_eq!((found.owner, found.open[0].role.as_str(), found.open[0].state.as_str()), (None, OWNERSHIP, "pending"));
    world.accept("c", sent).unwrap();
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.owner.as_deref()), Some(("c", sent, "accepted")));
    assert!(found.open.is_empty());
    for other in [serial(2), serial(3)] {
        let found = world.holder(&other);
        assert_eq!((found.holder, found.owner), (None, None), "{other}");
    }
    assert_eq!(brief(world.holder(&pallet(1)).holder.as_deref()), Some(("b", sent, "accepted")));
}

#[test]
fn a_voided_event_hands_nothing_over() {
    let mut world = World::new();
    let first = world.record("a", &to(seen(&[serial(1)], 1), CUSTODY, party("b")));
    world.accept("b", first).unwrap();
    let wrong = to(seen(&[serial(1)], 2), CUSTODY, party("c"));
    let second = world.record("b", &wrong);
    world.accept("c", second).unwrap();
    let third = to(seen(&[serial(1)], 3), CUSTODY, party("d"));
    let pending = world.record("c", &third);
    let position = world.position();
    let void = |event: &Event| {
        let error = ErrorDeclaration {
            time: Time::at(LATER_MS),
            reason: None,
            corrective_event_ids: Vec::new(),
            extensions: Vec::new(),
        };
        Event { error: Some(error), ..event.clone() }
    };
    world.record("c", &void(&third));
    assert_eq!(world.accept("d", pending), Err(Unsettled::Void));
    world.record("b", &void(&wrong));
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some(("b", first, "accepted")));
    assert!(found.open.is_empty());
    // As of a position before the declarations it is as it was.
    let then = world.holder_at(&serial(1), world.now_ms(), Some(position).into());
    assert_eq!(brief(then.holder.as_deref()), Some(("c", second, "accepted")));
    // A declaration that comes before its event leaves no hand-over at all.
    let never = to(seen(&[serial(2)], 9), CUSTODY, party("b"));
    world.record("a", &void(&never));
    let sequence = world.record("a", &never);
    assert_eq!(world.accept("b", sequence), Err(Unsettled::Unknown));
}

#[test]
fn events_that_arrive_out_of_order_are_ordered_by_their_time() {
    let mut world = World::new();
    let last = world.record("b", &to(seen(&[serial(1)], 5), CUSTODY, party("c")));
    let first = world.record("a", &to(seen(&[serial(1)], 2), CUSTODY, party("b")));
    // Accepted the other way round as well.
    world.accept("c", last).unwrap();
    world.accept("b", first).unwrap();
    assert_eq!(brief(world.holder(&serial(1)).holder.as_deref()), Some(("c", last, "accepted")));
    let earlier = world.holder_at(&serial(1), 4 * HOUR_MS, AsOf::default());
    assert_eq!(brief(earlier.holder.as_deref()), Some(("b", first, "accepted")));
}

#[test]
fn as_of_a_position_or_a_height_the_answer_stays_what_it_was() {
    let mut world = World::new();
    let sent = world.record("a", &to(seen(&[serial(1)], 1), CUSTODY, party("b")));
    let at_ms = LATER_MS;
    let before = (world.height, world.position(), world.holder_at(&serial(1), at_ms, AsOf::default()));
    world.accept("b", sent).unwrap();
    let accepted_at = world.height;
    let after = world.holder_at(&serial(1), at_ms, AsOf::default());
    assert!(before.2.holder.is_none() && after.holder.is_some());
    // No event was recorded between: only the height tells these two apart.
    let at = |height| AsOf { position: Some(before.1), height: Some(height) };
    assert_eq!(world.holder_at(&serial(1), at_ms, at(before.0)), before.2);
    assert_eq!(world.holder_at(&serial(1), at_ms, at(accepted_at)), after);
    // A position alone names the moment at which its last record came.
    let as_of = AsOf::from(Some(before.1));
    assert_eq!(world.holder_at(&serial(1), at_ms, as_of), before.2);
    world.record("b", &seen(&[serial(9)], 2));
    assert_eq!(world.holder_at(&serial(1), at_ms, as_of), before.2);
    let with_next = world.holder_at(&serial(1), at_ms, Some(before.1 + 1).into());
    assert_eq!(brief(with_next.holder.as_deref()), brief(after.holder.as_deref()));
}

#[test]
fn terms_are_those_of_the_receiver_when_the_event_was_captured() {
    let mut world = World::new();
    let week = HandoverPolicy::Countersign { window_ms: HANDOVER_WINDOW_MS };
    let hour = HandoverPolicy::Countersign { window_ms: 3_600_000 };
    assert_eq!(handover::policy(&mut world.memory, "b", "a").unwrap(), week);
    set_policy(&mut world.memory, "b", None, hour);
    set_policy(&mut world.memory, "b", Some("a"), HandoverPolicy::OneSided);
    assert_eq!(handover::policy(&mut world.memory, "b", "a").unwrap(), HandoverPolicy::OneSided);
    assert_eq!(handover::policy(&mut world.memory, "b", "c").unwrap(), hour);
    assert_eq!(handover::policy(&mut world.memory, "c", "a").unwrap(), week);

    let stranger = id("urn:epc:id:pgln:9521321.99999");
    type Row<'a> = (&'a str, Identifier, State, Option<&'a str>, Option<u64>);
    let table: [Row<'_>; 5] = [
        ("a", party("b"), State::OneSided, Some("b"), None),
        ("c", party("b"), State::Pending, Some("b"), Some(3_600_000)),
        ("a", party("c"), State::Pending, Some("c"), Some(HANDOVER_WINDOW_MS)),
        ("b", party("b"), State::Accepted, Some("b"), Some(0)),
        ("b", stranger.clone(), State::OneSided, None, None),
    ];
    for (hour, (giver, party, state, organisation, window_ms)) in (1..).zip(table) {
        let sequence = world.record(giver, &to(seen(&[serial(1)], hour), CUSTODY, party.clone()));
        let handover = handover::handover(&mut world.memory, sequence).unwrap().unwrap();
        let part = handover.part(Role::Custody).unwrap();
        let now_ms = by(giver, world.height).time_ms;
        assert_eq!((part.state(now_ms, |_| true), part.organisation()), (state, organisation), "{giver} to {party}");
        assert_eq!(part.until_ms(), window_ms.map(|window_ms| now_ms + window_ms), "{giver} to {party}");
    }
    assert_eq!(world.accept("b", 0), Err(Unsettled::OneSided));
    assert_eq!(world.accept("b", 4), Err(Unsettled::NotReceiver));
    let found = world.holder(&serial(1));
    let holder = found.holder.unwrap();
    assert_eq!(
        (holder.party.as_str(), holder.organisation, holder.state.as_str()),
        (stranger.canonical(), None, "oneSided")
    );

    // Who acts for a party later, and how it receives then, changes nothing that was handed over.
    entrust(&mut world.memory, stranger.canonical(), Some("d"));
    entrust(&mut world.memory, party("c").canonical(), None);
    assert_eq!(world.holder(&serial(1)).holder.unwrap().organisation, None);
    world.accept("c", 2).unwrap();
    let sequence = world.record("a", &to(seen(&[serial(1)], 9), CUSTODY, party("c")));
    assert_eq!(handover::handover(&mut world.memory, sequence).unwrap().unwrap().parts[0].receiver, None);
}

#[test]
fn nobody_gives_away_by_word_alone_what_another_has() {
    let mut world = World::new();
    let stranger = id("urn:epc:id:pgln:9521321.99999");
    // Of what nobody has by a hand-over, the giver's word is all there is.
    let alone = world.record("a", &to(seen(&[serial(1)], 1), CUSTODY, stranger.clone()));
    assert_eq!(brief(world.holder(&serial(1)).holder.as_deref()), Some((stranger.canonical(), alone, "oneSided")));
    let first = world.record("a", &to(seen(&[serial(1)], 2), CUSTODY, party("b")));
    world.accept("b", first).unwrap();
    let theft = world.record("d", &to(seen(&[serial(1)], 3), CUSTODY, stranger.clone()));
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some(("b", first, "accepted")));
    assert_eq!(
        found.open.iter().map(|one| (one.sequence, one.state.as_str())).collect::<Vec<_>>(),
        [(theft, "oneSided")]
    );
    assert_eq!(world.recall(&serial(1)).products[0].holder.as_deref(), Some("b"));
    assert_eq!(world.anomalies(), [(theft, "custody.gap".to_owned())]);
    // Who has it may, and from there on it is known of nobody again.
    let given = world.record("b", &to(seen(&[serial(1)], 4), CUSTODY, stranger.clone()));
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), Some((stranger.canonical(), given, "oneSided")));
    let other = id("urn:epc:id:pgln:9521321.99998");
    let on = world.record("c", &to(seen(&[serial(1)], 5), CUSTODY, other.clone()));
    assert_eq!(brief(world.holder(&serial(1)).holder.as_deref()), Some((other.canonical(), on, "oneSided")));
    assert_eq!(world.recall(&serial(1)).products[0].holder.as_deref(), Some(other.canonical()));
    // What a receiver signs or its policy takes is its own word, whoever gives.
    let signed = world.record("d", &to(seen(&[serial(1)], 6), CUSTODY, party("c")));
    world.accept("c", signed).unwrap();
    assert_eq!(brief(world.holder(&serial(1)).holder.as_deref()), Some(("c", signed, "accepted")));
}

#[test]
fn only_a_change_of_party_is_a_hand_over_and_one_party_is_one_part() {
    let mut world = World::new();
    let none = world.record("a", &from(to(seen(&[serial(1)], 1), CUSTODY, party("b")), CUSTODY, party("b")));
    let place = world.record("a", &to(seen(&[serial(1)], 2), "location", party("b")));
    let source = world.record("a", &from(seen(&[serial(1)], 3), CUSTODY, party("a")));
    for sequence in [none, place, source] {
        assert_eq!(handover::handover(&mut world.memory, sequence).unwrap(), None, "{sequence}");
    }
    let logs = |memory: &Memory| memory.logs.keys().filter(|key| key[0] == b'q').count();
    assert_eq!(logs(&world.memory), 0, "events without hand-overs write nothing of them");

    let both = to(to(seen(&[serial(1)], 4), CUSTODY, party("b")), OWNERSHIP, party("b"));
    let sequence = world.record("a", &both);
    assert_eq!(handover::handover(&mut world.memory, sequence).unwrap().unwrap().parts.len(), 1);
    world.accept("b", sequence).unwrap();
    let found = world.holder(&serial(1));
    assert_eq!(brief(found.holder.as_deref()), brief(found.owner.as_deref()));
    // From two parties to one: two parts, which one signature settles.
    let split = from(from(both, CUSTODY, party("c")), OWNERSHIP, party("d"));
    let split = Event { event_id: Some("urn:e:split".into()), ..split };
    let sequence = world.record("a", &split);
    assert_eq!(world.accept("b", sequence).unwrap().parts.iter().filter(|part| part.settled().is_some()).count(), 2);
    let listed = handover::handovers(&mut world.memory, "b", false, 0, 10, None).unwrap();
    assert_eq!(listed.handovers.iter().map(|(sequence, ..)| *sequence).collect::<Vec<_>>(), [3, 4]);
}

#[test]
fn hand_overs_are_listed_for_both_sides_in_parts() {
    let mut world = World::new();
    for hour in 1..=5 {
        world.record("a", &to(seen(&[serial(1)], hour), CUSTODY, party("b")));
    }
    world.record("c", &to(seen(&[serial(1)], 6), CUSTODY, party("b")));
    let mut list = |organisation: &str, given: bool, from: u64, position: Option<u64>| {
        let listing = handover::handovers(&mut world.memory, organisation, given, from, 4, position).unwrap();
        (listing.handovers.iter().map(|(sequence, ..)| *sequence).collect::<Vec<_>>(), listing.next)
    };
    assert_eq!(list("b", false, 0, None), (vec![0, 1, 2, 3], Some(4)));
    assert_eq!(list("b", false, 4, None), (vec![4, 5], None));
    assert_eq!(list("a", true, 0, None), (vec![0, 1, 2, 3], Some(4)));
    assert_eq!(list("c", true, 0, None), (vec![5], None));
    assert_eq!(list("a", false, 0, None), (vec![], None));
    assert_eq!(list("b", false, 0, Some(2)), (vec![0, 1], None));
    assert_eq!(list("b", false, 9, None), (vec![], None));
}

#[test]
fn a_recall_names_who_has_what() {
    let mut world = World::new();
    let made = event(What::Object { action: Action::Add, items: things(&[serial(1), serial(2), serial(3)]) }, 1);
    let made = Event { ilmd: vec![("lotNumber".to_owned(), countersign_epcis::Value::Text("L".to_owned()))], ..made };
    world.record("a", &Event { location: seen(&[], 1).location, ..made });
    world.record("a", &pack(Action::Add, pallet(1), things(&[serial(1)]), 2));
    let sent = world.record("a", &to(seen(&[pallet(1)], 3), CUSTODY, party("b")));
    world.accept("b", sent).unwrap();
    world.record("a", &to(seen(&[serial(2)], 4), CUSTODY, party("c")));
    let lot = id("urn:epc:class:lgtin:9521321.000031.L");
    let scope = world.recall(&lot);
    let held: Vec<(&str, Option<&str>)> = scope
        .products
        .iter()
        .filter(|product| product.is_instance)
        .map(|product| (product.item.as_str(), product.holder.as_deref()))
        .collect();
    assert_eq!(
        held,
        [(serial(1).canonical(), Some("b")), (serial(2).canonical(), None), (serial(3).canonical(), None)],
        "a pending hand-over changes nothing"
    );
    let places: Vec<(Option<&str>, u64)> =
        scope.places.iter().map(|place| (place.holder.as_deref(), place.instances)).collect();
    assert_eq!(places, [(None, 2), (Some("b"), 1)]);
    // The two walks that know holders agree.
    for product in &scope.products {
        let found = world.holder(&Identifier::as_written(&product.item)).holder;
        let name = found.map(|one| one.organisation.unwrap_or(one.party));
        assert_eq!(product.is_instance.then_some(&product.holder), product.is_instance.then_some(&name));
    }
}

#[test]
fn gaps_of_custody_are_anomalies() {
    let mut world = World::new();
    set_policy(&mut world.memory, "c", None, HandoverPolicy::Countersign { window_ms: 1_000 });
    world.record("d", &seen(&[serial(1)], 1));
    let sent = world.record("a", &to(seen(&[serial(1)], 2), CUSTODY, party("b")));
    // Before b accepts it, nobody has it by a hand-over.
    world.record("d", &seen(&[serial(1)], 3));
    assert_eq!(world.anomalies(), []);
    world.accept("b", sent).unwrap();
    let gap = (2, "custody.gap".to_owned());
    assert_eq!(world.anomalies(), std::slice::from_ref(&gap));
    // Who has it may record it, and who was offered it while the offer stands.
    world.record("b", &seen(&[serial(1)], 4));
    let offered = world.record("b", &to(seen(&[serial(1)], 5), CUSTODY, party("c")));
    world.record("c", &seen(&[serial(1)], 6));
    assert_eq!(world.anomalies(), std::slice::from_ref(&gap));
    world.wait(2_000);
    let late = world.record("c", &seen(&[serial(1)], 7));
    let expected = [gap.clone(), (offered, "custody.unsettled".to_owned()), (late, "custody.gap".to_owned())];
    assert_eq!(world.anomalies(), expected);
    // A party that nobody acts for says nothing of who may record.
    world.record("b", &to(seen(&[serial(1)], 8), CUSTODY, id("urn:epc:id:pgln:9521321.99999")));
    world.record("a", &seen(&[serial(1)], 9));
    assert_eq!(world.anomalies(), expected);
}

#[test]
fn what_stands_in_the_registers_is_what_the_golden_file_says() {
    let mut world = World::new();
    set_policy(&mut world.memory, "b", Some("a"), HandoverPolicy::OneSided);
    set_policy(&mut world.memory, "c", None, HandoverPolicy::Countersign { window_ms: 1_000 });
    let first = to(to(seen(&[serial(1)], 1), CUSTODY, party("b")), OWNERSHIP, party("c"));
    let first = world.record("a", &from(first, OWNERSHIP, party("a")));
    world.accept("c", first).unwrap();
    let second = to(to(seen(&[serial(1)], 2), CUSTODY, party("c")), OWNERSHIP, party("c"));
    let second = world.record("b", &second);
    world.refuse("c", second).unwrap();
    world.record("b", &to(seen(&[serial(1)], 3), CUSTODY, party("d")));
    world.record("b", &to(seen(&[serial(1)], 4), CUSTODY, id("urn:gdst:party:1")));
    world.record("b", &to(seen(&[serial(1)], 5), CUSTODY, party("b")));
    entrust(&mut world.memory, party("d").canonical(), None);
    let mut lines = String::new();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let is_ours = |key: &Vec<u8>| matches!(key.first(), Some(b'p' | b'q' | b'g' | b'w'));
    for (key, value) in world.memory.state.iter().filter(|(key, _)| is_ours(key)) {
        lines.push_str(&format!("{} {}\n", hex(key), hex(value)));
    }
    for (key, log) in world.memory.logs.iter().filter(|(key, _)| is_ours(key)) {
        for (index, entry) in log.iter().enumerate() {
            lines.push_str(&format!("{}[{index}] {}\n", hex(key), hex(entry)));
        }
    }
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/handover.hex"), &lines).unwrap();
    }
    assert_eq!(lines, include_str!("golden/handover.hex"));
    assert_eq!(key::handover(1), [b'p', 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(world.memory.read(&key::handover_policy("b", Some("a"))).unwrap(), Some(vec![1, 0]));
}

#[test]
fn a_recall_letter_is_written_to_who_has_custody() {
    let mut world = World::new();
    world.record("a", &seen(&[serial(1)], 1));
    let letter = |world: &World| {
        let sheet = recall_letter(&mut world.memory.clone(), &serial(1), None, Limits::default()).unwrap();
        (sheet.rows[0].cells[0].clone(), sheet.rows[0].cells[1].clone())
    };
    assert_eq!(letter(&world), ("a".to_owned(), "last record".to_owned()));
    let sent = world.record("a", &to(seen(&[serial(1)], 2), CUSTODY, party("b")));
    assert_eq!(letter(&world), ("a".to_owned(), "last record".to_owned()));
    world.accept("b", sent).unwrap();
    assert_eq!(letter(&world), ("b".to_owned(), "hand-over".to_owned()));
    let stranger = id("urn:epc:id:pgln:9521321.99999");
    world.record("b", &to(seen(&[serial(1)], 3), CUSTODY, stranger.clone()));
    assert_eq!(letter(&world), (stranger.canonical().to_owned(), "hand-over".to_owned()));
}

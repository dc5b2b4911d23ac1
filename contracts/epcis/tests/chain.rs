//! Chains: links and distances, depth, pages, and that a chain reaches what a lineage and a recall name.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, dead_code, missing_docs)]

#[path = "support/memory.rs"]
mod memory;

use countersign_epcis::answer::{Chain, LinkKind, Truncated, Way};
use countersign_epcis::event::{Action, Event, Items, Quantity, What};
use countersign_epcis::question::{Answer, Question, ask};
use countersign_epcis::register::{capture, count};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::{Limits, Reach, Rows};
use countersign_epcis::{Identifier, Offset, Time, Value};
use memory::{Memory, Proven, Recorder, by};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::num::NonZeroU32;

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
    id(&format!("urn:epc:class:lgtin:9521321.000031.L{n}"))
}
fn things(ids: &[Identifier]) -> Items {
    let is_lot = |id: &&Identifier| id.lot().is_some() && id.canonical().contains("/10/");
    let quantity = |class: &Identifier| Quantity { class: class.clone(), quantity: None, uom: None };
    Items {
        epcs: ids.iter().filter(|id| !is_lot(id)).cloned().collect(),
        quantities: ids.iter().filter(is_lot).map(quantity).collect(),
    }
}
fn event(what: What, ms: i64) -> Event {
    Event::new(what, Time::at(ms), Offset::default())
}
fn pack(action: Action, parent: usize, children: &[Identifier], ms: i64) -> Event {
    event(What::Aggregation { action, parent: Some(case(parent)), children: things(children) }, ms)
}
fn make(inputs: &[Identifier], outputs: &[Identifier], group: Option<&str>, ms: i64) -> Event {
    let id = group.map(id);
    event(What::Transformation { inputs: things(inputs), outputs: things(outputs), id }, ms)
}
/// Serials come to be as instances of a lot.
fn commission(serials: &[Identifier], number: usize, ms: i64) -> Event {
    let ilmd = vec![("lotNumber".to_owned(), Value::Text(format!("L{number}")))];
    Event { ilmd, ..event(What::Object { action: Action::Add, items: things(serials) }, ms) }
}

fn captured(events: impl IntoIterator<Item = Event>) -> Memory {
    let mut memory = Memory::default();
    for event in events {
        let height = count(&mut memory).unwrap();
        // Lenient, so that what is odd is recorded too.
        let _ = capture(&mut memory, &event, &by("acme", height), Policy::Lenient);
    }
    memory
}

/// The answer, found a second time from what was read alone.
fn answered(memory: &Memory, question: &Question, limits: Limits) -> Answer {
    let mut recorder = Recorder { memory: memory.clone(), ..Recorder::default() };
    let answer = ask(&mut recorder, question, None, limits).unwrap();
    assert_eq!(ask(&mut Proven::of(recorder), question, None, limits).unwrap(), answer);
    answer
}

fn chain(memory: &Memory, item: &Identifier, way: Way, reach: Reach) -> Chain {
    match answered(memory, &Question::Chain(item.clone(), way, reach), Limits::default()) {
        Answer::Chain(chain) => chain,
        other => panic!("{other:?}"),
    }
}

const NAMED: Reach = Reach { depth: None, links: false, rows: None };
const LINKED: Reach = Reach { depth: None, links: true, rows: None };

fn within(depth: u32, reach: Reach) -> Reach {
    Reach { depth: NonZeroU32::new(depth), ..reach }
}

/// Links without their records, in short.
fn links(chain: &Chain) -> Vec<(&str, LinkKind, &str)> {
    chain.links.iter().map(|link| (link.from.as_str(), link.kind, link.to.as_str())).collect()
}

/// Two lots make a third by one transformation in two events; its instances are packed, and one is used up in its case.
fn bakery() -> Memory {
    captured([
        make(&[lot(1), lot(2)], &[], Some("urn:tx:1"), 1),
        make(&[], &[lot(3)], Some("urn:tx:1"), 2),
        commission(&[serial(1), serial(2)], 3, 3),
        pack(Action::Add, 1, &[serial(1), serial(2)], 4),
        pack(Action::Delete, 1, &[serial(2)], 5),
        make(&[case(1)], &[lot(4)], None, 6),
    ])
}

#[test]
fn links_name_what_leads_where_and_the_records_that_say_so() {
    let memory = bakery();
    let found = chain(&memory, &lot(1), Way::Forward, LINKED);
    let (l1, l3, l4) = (lot(1), lot(3), lot(4));
    let (s1, s2) = (serial(1), serial(2));
    let [l1, l3, l4, s1, s2] = [&l1, &l3, &l4, &s1, &s2].map(|id| id.canonical());
    assert_eq!(
        links(&found),
        [
            (l1, LinkKind::Output, l3),
            (l3, LinkKind::Instance, s1),
            (l3, LinkKind::Instance, s2),
            (s1, LinkKind::Output, l4),
        ]
    );
    let records: Vec<Vec<u64>> = found.links.iter().map(|link| link.records.clone()).collect();
    assert_eq!(records, [vec![0, 1], vec![2], vec![2], vec![5]]);
    let through: Vec<Option<&str>> = found.links.iter().map(|link| link.through.as_deref()).collect();
    assert_eq!(through, [None, None, None, Some(case(1).canonical())], "the case went in with the serial in it");
    let away: Vec<u32> = found.links.iter().map(|link| link.away).collect();
    assert_eq!((away, found.things.len(), found.links_count), (vec![1, 2, 2, 3], 0, Some(4)));
    assert!(found.complete && !found.deeper && found.next.is_none());
    let named = chain(&memory, &lot(1), Way::Forward, NAMED);
    let away: Vec<(&str, u32)> = named.things.iter().map(|one| (one.item.as_str(), one.away)).collect();
    assert_eq!((away, named.links_count), (vec![(l3, 1), (l4, 3), (s1, 2), (s2, 2)], None));

    let back = chain(&memory, &lot(4), Way::Back, LINKED);
    let case = case(1);
    assert_eq!(
        links(&back),
        [
            (l4, LinkKind::Input, case.canonical()),
            (case.canonical(), LinkKind::Contents, s1),
            (s1, LinkKind::Lot, l3),
            (l3, LinkKind::Input, l1),
            (l3, LinkKind::Input, lot(2).canonical()),
        ],
        "the nearest first, and without the serial that had been taken out"
    );
    let recall = chain(&memory, &lot(3), Way::Recall, LINKED);
    let packed = recall.links.iter().filter(|link| link.kind == LinkKind::Container);
    let packed: Vec<(&str, Vec<u64>)> = packed.map(|link| (link.from.as_str(), link.records.clone())).collect();
    assert_eq!(packed, [(s1, vec![3]), (s2, vec![3, 4])]);
    let recall = chain(&memory, &lot(3), Way::Recall, NAMED);
    assert!(recall.things.iter().any(|one| one.item == case.canonical() && one.is_container && one.away == 2));
}

#[test]
fn depth_ends_a_chain_and_says_so() {
    let memory = bakery();
    for (depth, reached, deeper) in [(1, 1, true), (2, 3, true), (3, 4, false), (9, 4, false)] {
        let found = chain(&memory, &lot(1), Way::Forward, within(depth, NAMED));
        assert_eq!((found.things.len(), found.deeper, found.complete), (reached, deeper, !deeper), "{depth}");
        assert_eq!((found.depth, found.truncated), (Some(depth), None));
        assert!(found.things.iter().all(|one| one.away <= depth));
    }
    let recall = chain(&memory, &lot(1), Way::Recall, within(2, NAMED));
    assert!(recall.deeper && recall.things.iter().all(|one| !one.is_container), "the case is three links away");
}

#[test]
fn circles_end_and_are_told() {
    let memory = captured([make(&[lot(1)], &[lot(2)], None, 1), make(&[lot(2)], &[lot(1)], None, 2)]);
    let found = chain(&memory, &lot(1), Way::Forward, LINKED);
    assert_eq!((found.things_count, found.links.len(), found.complete), (1, 2, true));
    assert_eq!(found.links[1].to, lot(1).canonical());
}

#[test]
fn bounds_that_are_met_are_said() {
    let memory = bakery();
    for (limits, bound) in [
        (Limits { items: 2, ..Limits::default() }, Truncated::Items),
        (Limits { reads: 4, ..Limits::default() }, Truncated::Reads),
    ] {
        let question = Question::Chain(lot(1), Way::Recall, LINKED);
        let Answer::Chain(cut) = answered(&memory, &question, limits) else { panic!("a chain was asked for") };
        assert_eq!((cut.truncated, cut.complete), (Some(bound), false));
    }
}

/// A network of things: what becomes of four lots, four serials and three cases.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (0_u8..6, 0_usize..4, 0_usize..4, 0_usize..3, 0_i64..12);
    proptest::collection::vec(one, 1..24).prop_map(|all| {
        let event = |(kind, a, b, parent, ms): (u8, usize, usize, usize, i64)| match kind {
            0 => commission(&[serial(a)], b, ms),
            1 => make(&[lot(a)], &[lot(b)], None, ms),
            2 => make(&[serial(a), case(parent)], &[lot(b)], (a == b).then_some("urn:tx:1"), ms),
            3 => pack(Action::Delete, parent, &[], ms),
            4 => pack(Action::Add, parent, &[case((parent + 1) % 3)], ms),
            _ => pack(Action::Add, parent, &[serial(a), lot(b)], ms),
        };
        all.into_iter().map(event).collect()
    })
}

proptest! {
    #[test]
    fn a_chain_reaches_what_a_lineage_and_a_recall_name(events in events(), start in 0_usize..11) {
        let memory = captured(events);
        let item = match start { 0..4 => lot(start), 4..8 => serial(start - 4), _ => case(start - 8) };
        let named = |question: Question| -> BTreeSet<String> {
            let found = match answered(&memory, &question, Limits::default()) {
                Answer::Lineage(lineage) => [lineage.products, lineage.containers].concat(),
                Answer::Recall(scope) => {
                    let products = scope.products.into_iter().map(|product| product.item);
                    products.chain(scope.containers_ever).collect()
                }
                other => panic!("{other:?}"),
            };
            found.into_iter().filter(|found| found != item.canonical()).collect()
        };
        let recall = Question::Recall { item: item.clone(), after: None, containers_after: None, limit: None };
        for (way, whole) in [
            (Way::Back, Question::Back(item.clone())),
            (Way::Forward, Question::Forward(item.clone())),
            (Way::Recall, recall),
        ] {
            let found = chain(&memory, &item, way, NAMED);
            let linked = chain(&memory, &item, way, LINKED);
            prop_assert_eq!((found.things_count, found.complete), (linked.things_count, linked.complete));
            let reached: BTreeSet<String> = found.things.iter().map(|one| one.item.clone()).collect();
            prop_assert_eq!(&reached, &named(whole));
            // Every thing is led to by a link from one that is nearer.
            let away = |id: &str| if id == item.canonical() { Some(0) } else {
                found.things.iter().find(|one| one.item == id).map(|one| one.away)
            };
            for one in &found.things {
                let near = linked.links.iter().filter(|link| link.to == one.item).filter_map(|link| away(&link.from)).min();
                // A way through time may be longer than the links alone tell: what a container held later is no content
                // of it when it was used up.
                prop_assert!(near.is_some_and(|near| near < one.away));
            }
            // Each link leads on from one before it.
            let mut met = BTreeSet::from([item.canonical().to_owned()]);
            for link in &linked.links {
                prop_assert!(met.contains(&link.from));
                prop_assert_eq!(Some(link.away), away(&link.to));
                met.insert(link.to.clone());
            }
            // Within a depth there is exactly what is no further away.
            for depth in 1..4 {
                let cut = chain(&memory, &item, way, within(depth, NAMED));
                let near: Vec<_> = found.things.iter().filter(|one| one.away <= depth).collect();
                prop_assert_eq!(cut.things.iter().collect::<Vec<_>>(), near);
                prop_assert!(cut.deeper || cut.things.len() == found.things.len());
            }
            // Pages of any size make up the whole.
            for (size, reach, whole) in [(1, NAMED, &found), (3, NAMED, &found), (3, LINKED, &linked), (99, LINKED, &linked)] {
                let of = |after| Reach { rows: Some(Rows { after, limit: NonZeroU32::new(size).unwrap() }), ..reach };
                let mut all = chain(&memory, &item, way, of(0));
                while let Some(after) = all.next {
                    let page = chain(&memory, &item, way, of(after));
                    prop_assert!(page.things.len() + page.links.len() <= usize::try_from(size).unwrap());
                    prop_assert!(page.next.is_none_or(|next| next > after));
                    all.append(page);
                }
                prop_assert_eq!(&all, whole);
            }
        }
    }
}

use super::*;
use crate::chart::samples::{self, bakery, chain};
use crate::chart::{Bounds, Chart};
use countersign_epcis::answer::LinkKind;

const ALL: Bounds = Bounds { branches: 20, things: 100, links: 100 };

#[test]
fn a_tree_has_each_thing_once_and_ends_circles_in_a_reference() {
    let chain = bakery();
    let expected = "\
urn:lot
├─ instance urn:piece:1 #0
│  └─ output urn:pie #5
│     └─ output urn:lot #10 #11 #12 #13 … 2 more (*)
├─ instance urn:piece:2 #1
│  └─ output urn:pie in urn:tray #6 (*)
├─ instance urn:piece:3 #2
├─ instance urn:piece:4 #3
└─ instance urn:piece:5 #4
(*) is drawn elsewhere in the tree";
    assert_eq!(of_chart(&Chart::of(&chain, ALL)), expected);
}

#[test]
fn what_is_left_out_of_a_tree_is_counted() {
    let chain = bakery();
    let narrow = "\
urn:lot
├─ instance urn:piece:1 #0
│  └─ output urn:pie #5
│     └─ output urn:lot #10 #11 #12 #13 … 2 more (*)
├─ instance urn:piece:2 #1
│  └─ output urn:pie in urn:tray #6 (*)
└─ … 3 more
(*) is drawn elsewhere in the tree";
    assert_eq!(of_chart(&Chart::of(&chain, Bounds { branches: 2, ..ALL })), narrow);
    let few =
        "urn:lot\n├─ instance urn:piece:1 #0\n│  └─ … 1 more\n├─ instance urn:piece:2 #1\n│  └─ … 1 more\n└─ … 3 more";
    assert_eq!(of_chart(&Chart::of(&chain, Bounds { things: 3, ..ALL })), few);
    let nothing = samples::chain("urn:a", &[]);
    assert_eq!(of_chart(&Chart::of(&nothing, ALL)), "urn:a", "nothing is known of it");
}

#[test]
fn a_chain_of_ten_thousand_links_stays_a_tree_that_can_be_read() {
    let names: Vec<String> = (0..10_000).map(|n| format!("urn:n:{n}\u{1b}")).collect();
    let links: Vec<_> = names
        .windows(2)
        .zip(1..)
        .map(|(pair, away)| (pair[0].as_str(), LinkKind::Output, pair[1].as_str(), away))
        .collect();
    let text = of_chart(&Chart::of(&chain(&names[0], &links), Bounds { things: 20_000, links: 20_000, ..ALL }));
    assert_eq!(text.lines().count(), 62);
    assert!(text.lines().last().unwrap().trim_start().starts_with("└─ … goes on"));
    assert!(!text.contains('\u{1b}'), "names steer no terminal");
}

#[test]
fn a_history_is_told_by_the_containers_that_events_name() {
    let event = |sequence, through: Option<&str>| TraceEvent {
        sequence,
        event_id: None,
        hash: countersign_types::Hash([0; 32]),
        event_time: format!("2026-05-0{sequence}T08:00:00Z"),
        kind: "ObjectEvent".to_owned(),
        action: Some("OBSERVE".to_owned()),
        biz_step: Some("shipping".to_owned()),
        disposition: None,
        read_point: Some("urn:dock".to_owned()),
        biz_location: None,
        through: through.map(ToOwned::to_owned),
        submitter: "acme/erp".to_owned(),
        height: countersign_types::Height(9),
        record_time: String::new(),
    };
    let trace = Trace {
        canonical: "urn:item".to_owned(),
        events: vec![event(1, None), event(2, Some("urn:case")), event(3, None), event(4, Some("urn:case"))],
        ..Trace::default()
    };
    let expected = "\
urn:item
├─ #1 2026-05-01T08:00:00Z Object OBSERVE shipping at urn:dock, by acme/erp
├─ in urn:case
│  ├─ #2 2026-05-02T08:00:00Z Object OBSERVE shipping at urn:dock, by acme/erp
│  └─ #4 2026-05-04T08:00:00Z Object OBSERVE shipping at urn:dock, by acme/erp
└─ #3 2026-05-03T08:00:00Z Object OBSERVE shipping at urn:dock, by acme/erp";
    assert_eq!(of_history(&trace), expected);
}

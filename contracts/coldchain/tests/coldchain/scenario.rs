//! What users of the keeper do, on any harness that has it deployed with the registrar `board`.

use countersign_coldchain::{Error, Excursion, Limits, Released, Thing};
use countersign_contract::Role;
use countersign_contract::testing::{Account, Failure, Harness};
use countersign_interfaces::coldchain::{Held, Hold, NotObserved, Observation, Reading};

pub const MILK: &str = "https://id.gs1.org/01/09521321000315";
pub const BOTTLE: &str = "https://id.gs1.org/01/09521321000315/21/s1";
const BOTTLE_AS_URN: &str = "urn:epc:id:sgtin:9521321.000031.s1";
pub const PALLET: &str = "urn:epc:id:sscc:9521321.0000000001";
const MINUTE: u64 = 60_000;

/// 2 to 8 degrees, half an hour outside of that, a reading every ten minutes.
pub fn cool() -> Limits {
    Limits { least: 2_000, most: 8_000, excursion_ms: 30 * MINUTE, reading_ms: 10 * MINUTE }
}
pub fn board() -> Account {
    Account::new("board/anna", &[Role::Admin])
}
pub fn dairy() -> Account {
    Account::new("dairy/quality", &[Role::Submitter])
}
pub fn truck() -> Account {
    Account::new("carrier/truck7", &[Role::Device])
}
pub fn at(minute: u64, temperature: i64) -> Reading {
    Reading { from_ms: minute * MINUTE, to_ms: minute * MINUTE, least: temperature, most: temperature }
}
pub fn observe(host: &mut impl Harness, item: &str, readings: &[Reading]) -> Result<Vec<Held>, Failure> {
    let observation = Observation { items: vec![item.to_owned()], readings: readings.to_vec() };
    host.invoke("observe", &(vec![observation],))
}
pub fn entrust(host: &mut impl Harness) {
    host.as_account(&board());
    host.invoke::<()>("entrust", &(MILK, "dairy")).unwrap();
    host.as_account(&dairy());
    host.invoke::<()>("limit", &(MILK, cool())).unwrap();
}
fn error<T: std::fmt::Debug>(result: Result<T, Failure>) -> Error {
    result.unwrap_err().error().expect("an error of the keeper")
}
fn hold(host: &mut impl Harness, item: &str) -> Option<Hold> {
    host.query("hold", &(item,)).unwrap()
}

pub fn too_long_outside_of_limits_is_held_until_released(host: &mut impl Harness) {
    entrust(host);
    assert_eq!(host.query("class", &(MILK,)), Ok(Some(("dairy".to_owned(), Some(cool())))));
    host.as_account(&truck());
    assert_eq!(observe(host, BOTTLE_AS_URN, &[at(0, 2_000), at(10, 8_000)]), Ok(vec![]));
    assert_eq!(host.query("thing", &(BOTTLE,)), Ok(None::<Thing>), "within limits nothing is kept");
    // Three readings that are too warm are half an hour, which it bears; they come in any order and twice.
    assert_eq!(observe(host, BOTTLE, &[at(40, 9_000), at(20, 8_001)]), Ok(vec![]));
    assert_eq!(observe(host, BOTTLE, &[at(30, 1_999), at(20, 8_001)]), Ok(vec![]));
    assert_eq!(hold(host, BOTTLE), None);
    let now = host.environment().time_ms;
    let held = observe(host, BOTTLE, &[Reading { to_ms: 51 * MINUTE, ..at(50, 8_500) }]).unwrap();
    let (excursion_ms, allowed_ms) = (40 * MINUTE, 30 * MINUTE);
    let expected = Hold { since_ms: now, excursion_ms, allowed_ms, reported_by: "carrier".to_owned() };
    assert_eq!(held, [Held { item: BOTTLE.to_owned(), hold: expected.clone() }]);
    assert_eq!(hold(host, BOTTLE_AS_URN), Some(expected.clone()));
    let told: Vec<(u64, bool)> =
        host.events_of::<Excursion>().iter().map(|event| (event.excursion_ms, event.held)).collect();
    assert_eq!(told, [(20 * MINUTE, false), (30 * MINUTE, false), (40 * MINUTE, true)]);

    // Asking changes nothing and tells of what is held, once.
    let ask =
        Observation { items: vec![BOTTLE.to_owned(), BOTTLE_AS_URN.to_owned(), MILK.to_owned()], readings: vec![] };
    let told: Vec<Held> = host.invoke("observe", &(vec![ask.clone(), ask],)).unwrap();
    assert_eq!(told, held);

    host.as_account(&Account::new("dairy/head", &[Role::Admin]));
    host.invoke::<()>("release", &(BOTTLE, "tasted")).unwrap();
    assert_eq!(host.events_of::<Released>()[0].by, "dairy");
    assert_eq!(hold(host, BOTTLE), None);
    assert_eq!(error(host.invoke::<()>("release", &(BOTTLE, "again"))), Error::NotHeld);
    // What is forgiven does not count again, and what comes then does.
    host.as_account(&truck());
    assert_eq!(observe(host, BOTTLE, &[at(50, 8_500), at(20, 8_001)]), Ok(vec![]));
    assert_eq!(observe(host, BOTTLE, &[at(100, 9_000), at(110, 9_000), at(120, 9_000)]), Ok(vec![]));
    assert_eq!(observe(host, BOTTLE, &[at(130, 9_000)]).unwrap().len(), 1);
}

pub fn a_pallet_is_judged_by_the_class_it_is_assigned_to(host: &mut impl Harness) {
    entrust(host);
    let long = Reading { to_ms: 40 * MINUTE, ..at(0, 20_000) };
    host.as_account(&truck());
    assert_eq!(observe(host, PALLET, &[long]), Ok(vec![]), "nobody says what it bears");
    host.as_account(&dairy());
    host.invoke::<()>("assign", &(PALLET, MILK)).unwrap();
    host.as_account(&truck());
    assert_eq!(observe(host, PALLET, &[long]).unwrap().len(), 1);

    // Who is responsible for another class does not take it over.
    host.as_account(&board());
    host.invoke::<()>("entrust", &("urn:class:steel", "mill")).unwrap();
    host.as_account(&Account::new("mill/ops", &[Role::Submitter]));
    let taken = error(host.invoke::<()>("assign", &(PALLET, "urn:class:steel")));
    assert_eq!(taken, Error::Assigned { class: MILK.to_owned() });
}

pub fn a_bottle_is_judged_by_its_own_class(host: &mut impl Harness) {
    const STEEL: &str = "urn:class:steel";
    entrust(host);
    host.as_account(&board());
    host.invoke::<()>("entrust", &(STEEL, "mill")).unwrap();
    let mill = Account::new("mill/ops", &[Role::Submitter]);
    host.as_account(&mill);
    let generous = Limits { least: -100_000, most: 100_000, ..cool() };
    host.invoke::<()>("limit", &(STEEL, generous)).unwrap();
    let own = Error::Assigned { class: MILK.to_owned() };
    assert_eq!(error(host.invoke::<()>("assign", &(BOTTLE_AS_URN, STEEL))), own);
    let unknown = "https://id.gs1.org/01/09521321000322";
    let nobodys = error(host.invoke::<()>("assign", &(format!("{unknown}/21/s1"), STEEL)));
    assert_eq!(nobodys, Error::NotEntrusted { class: unknown.to_owned() });

    // What is known of it stays of its class, unless one organisation is responsible for both.
    host.as_account(&truck());
    assert_eq!(observe(host, BOTTLE, &[at(0, 9_000)]), Ok(vec![]));
    let class = |host: &mut _| Harness::query::<Option<Thing>>(host, "thing", &(BOTTLE,)).unwrap().unwrap().class;
    host.as_account(&mill);
    assert_eq!(error(host.invoke::<()>("assign", &(BOTTLE, STEEL))), Error::Assigned { class: MILK.to_owned() });
    assert_eq!(class(host), MILK);
    host.as_account(&board());
    host.invoke::<()>("entrust", &(STEEL, "dairy")).unwrap();
    host.as_account(&dairy());
    host.invoke::<()>("assign", &(BOTTLE, STEEL)).unwrap();
    assert_eq!(class(host), STEEL);
}

pub fn readings_are_of_times_that_were(host: &mut impl Harness) {
    entrust(host);
    host.as_account(&truck());
    let refused = |host: &mut _, reading: Reading| -> NotObserved {
        observe(host, BOTTLE, &[at(0, 5_000), reading]).unwrap_err().error().unwrap()
    };
    let warm = at(100, 9_000);
    let (from_ms, to_ms) = (warm.from_ms, warm.from_ms - 1);
    assert_eq!(refused(host, Reading { to_ms, ..warm }), NotObserved::Backwards { from_ms, to_ms });
    let now_ms = host.environment().time_ms;
    let ahead = Reading { from_ms: now_ms, to_ms: now_ms + 1, ..warm };
    assert_eq!(refused(host, ahead), NotObserved::Ahead { to_ms: now_ms + 1, now_ms });
    let max_ms = 31 * 24 * 60 * MINUTE;
    let long = Reading { to_ms: from_ms + max_ms + 1, ..warm };
    assert_eq!(refused(host, long), NotObserved::TooLong { interval_ms: max_ms + 1, max_ms });
    assert_eq!(hold(host, BOTTLE), None);
    let now_ms = host.environment().time_ms;
    let longest = Reading { from_ms: now_ms - max_ms, to_ms: now_ms, ..warm };
    assert_eq!(observe(host, BOTTLE, &[longest]).unwrap()[0].hold.excursion_ms, max_ms);
}

pub fn everybody_does_what_is_theirs_and_nothing_else(host: &mut impl Harness) {
    for stranger in [Account::new("board/bo", &[Role::Submitter]), Account::new("dairy/anna", &[Role::Admin])] {
        host.as_account(&stranger);
        assert_eq!(error(host.invoke::<()>("entrust", &(MILK, "dairy"))), Error::NotPermitted, "{}", stranger.name);
        assert_eq!(error(host.invoke::<()>("trust", &([9u8; 32], true))), Error::NotPermitted);
    }
    host.as_account(&dairy());
    assert_eq!(error(host.invoke::<()>("limit", &(MILK, cool()))), Error::NotEntrusted { class: MILK.to_owned() });
    entrust(host);
    for stranger in [Account::new("other/quality", &[Role::Submitter]), Account::new("dairy/dev", &[Role::Device])] {
        host.as_account(&stranger);
        assert_eq!(error(host.invoke::<()>("limit", &(MILK, cool()))), Error::NotPermitted, "{}", stranger.name);
        assert_eq!(error(host.invoke::<()>("assign", &(PALLET, MILK))), Error::NotPermitted);
    }
    host.as_account(&dairy());
    let empty = Limits { least: 1, most: 0, ..cool() };
    assert_eq!(error(host.invoke::<()>("limit", &(MILK, empty))), Error::NoRange { least: 1, most: 0 });
    assert!(matches!(error(host.invoke::<()>("limit", &("", cool()))), Error::Identifier { .. }));
    let long = format!("urn:x:{}", "x".repeat(400));
    assert!(matches!(error(host.invoke::<()>("assign", &(&long, MILK))), Error::Length { max: 400, .. }));

    // Readings come from devices.
    let refused = observe(host, BOTTLE, &[at(0, 9_000)]).unwrap_err();
    assert_eq!(refused.error(), Some(NotObserved::NotPermitted));
    host.as_account(&truck());
    assert_eq!(observe(host, &long, &[at(0, 9_000)]), Ok(vec![]), "too long to be watched");
    observe(host, BOTTLE, &[Reading { to_ms: 60 * MINUTE, ..at(0, 9_000) }]).unwrap();

    // Releasing: admins of the organisation responsible, and of the registrar.
    for stranger in [dairy(), truck(), Account::new("carrier/head", &[Role::Admin])] {
        host.as_account(&stranger);
        assert_eq!(error(host.invoke::<()>("release", &(BOTTLE, "x"))), Error::NotPermitted, "{}", stranger.name);
    }
    host.as_account(&board());
    assert!(matches!(error(host.invoke::<()>("release", &(BOTTLE, ""))), Error::Length { bytes: 0, .. }));
    host.invoke::<()>("release", &(BOTTLE, "checked")).unwrap();
}

pub fn more_than_a_call_takes_is_refused(host: &mut impl Harness) {
    entrust(host);
    host.as_account(&truck());
    let many = |items: usize, readings: usize| Observation {
        items: (0..items).map(|n| format!("{MILK}/21/{n}")).collect(),
        readings: (0..readings).map(|_| at(0, 0)).collect(),
    };
    assert_eq!(host.invoke::<Vec<Held>>("observe", &(vec![many(128, 64), many(128, 1)],)), Ok(vec![]));
    for (observations, count, max) in [(vec![many(256, 1), many(1, 1)], 257, 256), (vec![many(1, 65)], 65, 64)] {
        let refused = host.invoke::<Vec<Held>>("observe", &(observations,)).unwrap_err();
        assert_eq!(refused.error(), Some(NotObserved::TooMany { count, max }));
    }
}

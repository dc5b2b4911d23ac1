//! What registries are asked about captured events, and what is announced. `contracts/escrow` has the scenario with all
//! contracts; here are the edges.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_certification::{Certificate, Certification};
use countersign_coldchain::{ColdChain, Limits};
use countersign_contract::testing::{Account, Failure, Harness, Host};
use countersign_contract::{Address, ContractEvent, Role};
use countersign_epcis::answer::{EventReceipt, Mode, Outcome};
use countersign_epcis::event::{Action, ErrorDeclaration, Event, Items, Place, Reference, What};
use countersign_epcis::sensor::{SensorElement, SensorReport};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::{Identifier, Offset, Time};
use countersign_interfaces::coldchain::Hold;
use countersign_interfaces::records::{Sighting, Unreadable};
use countersign_provenance::{Error, Provenance, Registries, RegistriesConsulted, RegistryUnavailable};

/// As the contract's own, which borrows.
#[derive(Debug, PartialEq, Eq, ContractEvent)]
struct Uncertified {
    sequence: u64,
    party: String,
    scheme: String,
    reason: String,
}

const FARM: &str = "https://id.gs1.org/417/9521321000018";
const MILK: &str = "https://id.gs1.org/01/09521321000315";
const NOW: u64 = 1_767_225_600_000;

fn id(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}
fn bottle(n: usize) -> Identifier {
    id(&format!("{MILK}/21/s{n}"))
}
fn seen(name: &str, count: usize) -> Event {
    let items = Items { epcs: (0..count).map(bottle).collect(), quantities: Vec::new() };
    let what = What::Object { action: Action::Observe, items };
    Event { event_id: Some(name.into()), ..Event::new(what, Time::at(i64::try_from(NOW).unwrap()), Offset::default()) }
}
fn step(word: &str) -> Option<Term> {
    Some(Term::new(Vocabulary::BizStep, word))
}
fn owner(party: &str) -> Reference {
    Reference { kind: Some(Term::new(Vocabulary::Party, "owning_party")), id: id(party) }
}
fn claiming(name: &str, scheme: &str) -> Event {
    Event { sources: vec![owner(FARM)], certification: vec![scheme.to_owned()], ..seen(name, 1) }
}
fn measured(name: &str, celsius: &str) -> Event {
    let report = SensorReport {
        kind: Some(Term::new(Vocabulary::Measurement, "Temperature")),
        value: Some(celsius.parse().unwrap()),
        uom: Some("CEL".to_owned()),
        ..SensorReport::default()
    };
    Event { sensors: vec![SensorElement { reports: vec![report], ..SensorElement::default() }], ..seen(name, 1) }
}
fn capture(host: &mut Host, events: &[Event]) -> Vec<EventReceipt> {
    host.as_account(&Account::new("farm/erp", &[Role::Submitter]));
    let bytes: Vec<Vec<u8>> = events.iter().map(Event::canonical_bytes).collect();
    host.invoke("capture", &(bytes, Mode::Rollback)).unwrap()
}
fn consult(host: &mut Host, registries: Registries) -> Result<(), Failure> {
    host.as_account(&Account::new("test/anna", &[Role::Admin]));
    host.invoke("consult", &(registries,))
}
/// Provenance and both registries; milk bears no moment outside of 2 to 8 degrees, and the farm is organic.
fn world() -> (Host, [Address; 3]) {
    let mut host = Host::with_init::<Provenance>(&()).unwrap();
    let provenance = host.contract();
    let certification = host.deploy_with::<Certification>(&("board",)).unwrap();
    let coldchain = host.deploy_with::<ColdChain>(&("board",)).unwrap();
    let board = Account::new("board/anna", &[Role::Admin]);
    let clerk = |organisation: &str| Account::new(&format!("{organisation}/erp"), &[Role::Submitter]);
    host.select(certification);
    host.as_account(&board).invoke::<()>("accredit", &("tuv", "organic")).unwrap();
    let (subject, scheme) = (FARM.to_owned(), "organic".to_owned());
    let certificate = Certificate { subject, scheme, from_ms: NOW, to_ms: NOW + 1_000_000, document: [0; 32] };
    host.as_account(&clerk("tuv")).invoke::<u64>("grant", &(certificate,)).unwrap();
    host.select(coldchain);
    host.as_account(&board).invoke::<()>("entrust", &(MILK, "farm")).unwrap();
    host.invoke::<()>("trust", &(provenance, true)).unwrap();
    let limits = Limits { least: 2_000, most: 8_000, excursion_ms: 0, reading_ms: 1_000 };
    host.as_account(&clerk("farm")).invoke::<()>("limit", &(MILK, limits)).unwrap();
    host.select(provenance);
    (host, [provenance, certification, coldchain])
}
fn both(addresses: [Address; 3]) -> Registries {
    let [_, certification, coldchain] = addresses;
    Registries { certification: Some(certification), coldchain: Some(coldchain) }
}
fn uncertified(host: &Host) -> Vec<(u64, String)> {
    host.events_of::<Uncertified>().into_iter().map(|event| (event.sequence, event.reason)).collect()
}

#[test]
fn admins_of_the_deploying_organisation_say_who_is_asked() {
    let (mut host, addresses) = world();
    let registries = both(addresses);
    for (name, role) in [("test/bo", Role::Submitter), ("other/anna", Role::Admin)] {
        host.as_account(&Account::new(name, &[role]));
        let refused = host.invoke::<()>("consult", &(registries,)).unwrap_err();
        assert_eq!(refused.error(), Some(Error::NotPermitted), "{name}");
    }
    assert_eq!(host.query("registries", &()), Ok(Registries::default()));
    consult(&mut host, registries).unwrap();
    assert_eq!(host.query("registries", &()), Ok(registries));
    let [_, certification, coldchain] = addresses;
    let told = RegistriesConsulted { certification: Some(certification), coldchain: Some(coldchain) };
    assert_eq!(host.events_of::<RegistriesConsulted>(), [told]);
    // A contract that was deployed without `init` has nobody who may.
    let mut host = Host::new::<Provenance>();
    host.as_account(&Account::new("/anna", &[Role::Admin]));
    assert!(host.invoke::<()>("consult", &(registries,)).is_err());
}

#[test]
fn what_is_asked_changes_neither_registers_nor_receipts() {
    let events = [claiming("urn:e:1", "fair"), measured("urn:e:2", "20"), seen("urn:e:3", 2)];
    let (mut silent, _) = world();
    let (mut asking, addresses) = world();
    consult(&mut asking, both(addresses)).unwrap();
    *silent.environment() = asking.environment().clone();
    assert_eq!(capture(&mut asking, &events), capture(&mut silent, &events));
    let registers = |host: &Host| {
        let entries = host.storage().iter().filter(|(key, _)| key.as_slice() != b"consulted");
        entries.map(|(key, value)| (key.clone(), value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(registers(&asking), registers(&silent));
    assert!(asking.events().len() > silent.events().len());
}

#[test]
fn claims_are_judged_at_the_time_of_the_event_and_once_each() {
    let (mut host, addresses) = world();
    consult(&mut host, both(addresses)).unwrap();
    let early = Event { time: Time::at(i64::try_from(NOW).unwrap() - 1), ..claiming("urn:e:early", "organic") };
    let ancient = Event { time: Time::at(-5), ..claiming("urn:e:ancient", "organic") };
    let nobody = Event { sources: Vec::new(), ..claiming("urn:e:nobody", "organic") };
    let read_point = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    let place = Event { read_point, sources: Vec::new(), ..claiming("urn:e:place", "organic") };
    let twice = Event { sources: vec![owner(FARM), owner(FARM)], ..claiming("urn:e:twice", "fair") };
    capture(&mut host, &[claiming("urn:e:good", "organic"), early, ancient, nobody, place, twice]);
    let expected = [(1, "not yet"), (2, "not yet"), (3, "no party"), (4, "unknown"), (5, "unknown")];
    assert_eq!(uncertified(&host), expected.map(|(sequence, reason)| (sequence, reason.to_owned())));
    assert_eq!(host.events_of::<RegistryUnavailable>(), []);

    // A duplicate claims nothing anew, and neither does the declaration of an error.
    let mark = host.mark();
    let declared = claiming("urn:e:good", "fair");
    let time = declared.time.clone();
    let error = Some(ErrorDeclaration { time, reason: None, corrective_event_ids: Vec::new(), extensions: Vec::new() });
    let declared = Event { error, ..declared };
    capture(&mut host, &[claiming("urn:e:good", "organic"), declared]);
    assert_eq!(host.events_since::<Uncertified>(mark), []);
}

#[test]
fn more_than_a_call_asks_is_told() {
    let (mut host, addresses) = world();
    let [_, certification, coldchain] = addresses;
    consult(&mut host, both(addresses)).unwrap();
    let claims: Vec<Event> =
        (0..300).map(|n| claiming(&format!("urn:claim:{n}"), &format!("urn:scheme:{n}"))).collect();
    let mark = host.mark();
    capture(&mut host, &claims);
    // 256 claims are noted, of which 64 are asked about.
    assert_eq!(host.events_since::<Uncertified>(mark).len(), 64);
    let told = host.events_since::<RegistryUnavailable>(mark);
    assert_eq!(told, [RegistryUnavailable { registry: certification, unanswered: 300 - 64 }]);

    let mark = host.mark();
    let many = Event { step: step("shipping"), ..seen("urn:e:2", 257) };
    capture(&mut host, &[many, Event { step: step("shipping"), ..seen("urn:e:3", 256) }]);
    let told = host.events_since::<RegistryUnavailable>(mark);
    assert_eq!(told, [RegistryUnavailable { registry: coldchain, unanswered: 257 }]);
}

#[test]
fn a_registry_that_fails_makes_no_capture_fail() {
    let (mut host, [provenance, certification, coldchain]) = world();
    for (number, wrong) in [[9; 32], provenance, coldchain, certification].into_iter().enumerate() {
        // Each in the other's place, one that is none, and provenance itself, which cannot be entered twice.
        let (first, second) = if wrong == certification { ([9; 32], certification) } else { (wrong, wrong) };
        consult(&mut host, Registries { certification: Some(first), coldchain: Some(second) }).unwrap();
        let mark = host.mark();
        let name = format!("urn:e:{number}");
        let event = Event { certification: vec!["organic".to_owned()], ..measured(&name, "5") };
        let event = Event { sources: vec![owner(FARM)], ..event };
        let receipts = capture(&mut host, &[event]);
        assert!(matches!(receipts[0].outcome, Outcome::Accepted { .. }));
        let unavailable = host.events_since::<RegistryUnavailable>(mark).len();
        assert_eq!(unavailable, if wrong == coldchain { 1 } else { 2 });
    }
}

#[test]
fn readings_reach_the_keeper_and_holds_come_back() {
    let (mut host, addresses) = world();
    let [provenance, _, coldchain] = addresses;
    consult(&mut host, both(addresses)).unwrap();
    let pressure =
        SensorReport { kind: Some(Term::new(Vocabulary::Measurement, "Pressure")), ..SensorReport::default() };
    let nothing = SensorElement { reports: vec![pressure], ..SensorElement::default() };
    capture(&mut host, &[Event { sensors: vec![nothing], ..seen("urn:e:0", 1) }, measured("urn:e:1", "8")]);
    host.select(coldchain);
    assert_eq!(host.query("hold", &(bottle(0).canonical(),)), Ok(None::<Hold>));
    host.select(provenance);
    capture(&mut host, &[measured("urn:e:2", "8.0001")]);
    host.select(coldchain);
    let hold: Option<Hold> = host.query("hold", &(bottle(0).canonical(),)).unwrap();
    assert_eq!(hold.map(|hold| (hold.excursion_ms, hold.reported_by)), Some((1_000, "farm".to_owned())));
    host.select(provenance);
    let held = host.events().iter().filter(|event| event.name == "ItemHeld").count();
    assert_eq!(held, 1);
}

#[test]
fn a_reading_that_cannot_be_taken_costs_the_others_nothing() {
    let (mut host, addresses) = world();
    let [_, _, coldchain] = addresses;
    consult(&mut host, both(addresses)).unwrap();
    let later = Time::at(i64::try_from(host.environment().time_ms + 1).unwrap());
    let ahead = Event { time: later, ..measured("urn:e:ahead", "20") };
    let items = Items { epcs: vec![bottle(1)], quantities: Vec::new() };
    let ahead = Event { what: What::Object { action: Action::Observe, items }, ..ahead };
    let mark = host.mark();
    capture(&mut host, &[ahead, measured("urn:e:warm", "20")]);
    let told = host.events_since::<RegistryUnavailable>(mark);
    assert_eq!(told, [RegistryUnavailable { registry: coldchain, unanswered: 1 }]);
    host.select(coldchain);
    let mut held = |n: usize| host.query::<Option<Hold>>("hold", &(bottle(n).canonical(),)).unwrap().is_some();
    assert_eq!((held(0), held(1)), (true, false));
}

#[test]
fn a_sighting_is_what_one_event_says_of_one_thing() {
    let mut host = Host::new::<Provenance>();
    let location = Some(Place { id: id("urn:epc:id:sgln:9521321.00001.0"), extensions: Vec::new() });
    let small = Event { location, step: step("receiving"), ..seen("urn:e:small", 2) };
    // More than a record holds: its things stand apart.
    let large = Event { read_point: small.location.clone(), ..seen("urn:e:large", 200) };
    capture(&mut host, &[small, large]);
    let mut sighting = |event_id: &str, item: &str| host.query::<Option<Sighting>>("sighting", &(event_id, item));
    let found = sighting("urn:e:small", "urn:epc:id:sgtin:9521321.000031.s1").unwrap().unwrap();
    let place = "https://id.gs1.org/414/9521321000018";
    assert_eq!((found.sequence, found.organisation.as_str(), found.step.as_str()), (0, "farm", "receiving"));
    assert_eq!((found.place.as_str(), found.recorded_ms), (place, NOW));
    let found = sighting("urn:e:large", bottle(199).canonical()).unwrap().unwrap();
    assert_eq!((found.sequence, found.place.as_str(), found.step.as_str()), (1, place, ""));
    assert_eq!(sighting("urn:e:small", bottle(2).canonical()), Ok(None));
    assert_eq!(sighting("urn:e:never", bottle(0).canonical()), Ok(None));
    let wrong = sighting("urn:e:small", "https://id.gs1.org/00/095213210000007025").unwrap_err();
    assert!(matches!(wrong.error(), Some(Unreadable::Identifier { .. })));
}

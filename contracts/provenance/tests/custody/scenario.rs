//! What organisations do with hand-overs, on any harness that has the contract deployed by the organisation `test`.

use countersign_contract::Role;
use countersign_contract::testing::{Account, Failure, Harness};
use countersign_epcis::answer::{EventReceipt, HandedOver, HandedOverPage, HandoverPolicy, Mode, Outcome};
use countersign_epcis::event::{Action, ErrorDeclaration, Event, Items, Reference, What};
use countersign_epcis::term::Vocabulary;
use countersign_epcis::{Identifier, Offset, Term, Time};
use countersign_provenance::Error;

const MILL: &str = "urn:epc:id:pgln:9521321.00001";
const SHOP: &str = "https://id.gs1.org/417/9521321000025";
const CUSTODY: &str = "possessing_party";
const HOUR_MS: u64 = 3_600_000;
const WEEK_MS: u64 = 7 * 24 * HOUR_MS;

fn board() -> Account {
    Account::new("test/board", &[Role::Admin])
}
fn mill() -> Account {
    Account::new("mill/erp", &[Role::Submitter])
}
fn shop() -> Account {
    Account::new("shop/erp", &[Role::Submitter])
}
fn shop_admin() -> Account {
    Account::new("shop/admin", &[Role::Admin])
}

/// An event in which a pallet goes to a party.
fn sent(name: &str, party: &str) -> Event {
    let pallet = Identifier::parse("urn:epc:id:sscc:9521321.0000000001").unwrap();
    let items = Items { epcs: vec![pallet], quantities: Vec::new() };
    let what = What::Object { action: Action::Observe, items };
    let to = Reference { kind: Some(Term::new(Vocabulary::Party, CUSTODY)), id: Identifier::parse(party).unwrap() };
    let event = Event::new(what, Time::at(1_000), Offset::default());
    Event { event_id: Some(name.into()), destinations: vec![to], ..event }
}

/// Captures an event; answers its number.
fn capture(host: &mut impl Harness, event: &Event) -> u64 {
    let events = vec![event.canonical_bytes()];
    let receipts: Vec<EventReceipt> = host.invoke("capture", &(events, Mode::Rollback)).unwrap();
    match receipts[0].outcome {
        Outcome::Accepted { sequence, .. } => sequence,
        ref other => panic!("{other:?}"),
    }
}
fn accept(host: &mut impl Harness, sequences: &[u64]) -> Result<(), Failure> {
    host.invoke("accept", &(sequences.to_vec(),))
}
fn refuse(host: &mut impl Harness, sequence: u64, reason: &str) -> Result<(), Failure> {
    host.invoke("refuse", &(sequence, reason))
}
fn entrust(host: &mut impl Harness) {
    host.as_account(&board());
    for (party, organisation) in [(MILL, "mill"), (SHOP, "shop")] {
        host.invoke::<()>("entrust", &(party, Some(organisation))).unwrap();
    }
}
fn policy(host: &mut impl Harness, giver: Option<&str>, policy: HandoverPolicy) -> Result<(), Failure> {
    host.invoke("set_handover_policy", &(giver, policy))
}
fn state(host: &mut impl Harness, sequence: u64) -> String {
    let rows: Vec<HandedOver> = host.query("handover", &(sequence,)).unwrap();
    rows.into_iter().map(|row| row.state).collect::<Vec<_>>().join(" ")
}
fn error<T: std::fmt::Debug>(result: Result<T, Failure>) -> Error {
    result.unwrap_err().error().expect("an error of the contract")
}
/// The indexed fields of the events of a name, as text.
fn announced(host: &impl Harness, name: &str) -> Vec<String> {
    let events = host.events().iter().filter(|event| event.name == name);
    let text = |(name, value): &(String, Vec<u8>)| format!("{name}={}", String::from_utf8_lossy(value));
    events.map(|event| event.attributes.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
}

pub fn hand_overs_are_accepted_and_refused_by_who_receives(host: &mut impl Harness) {
    entrust(host);
    assert_eq!(host.query("party", &("https://id.gs1.org/417/9521321000018",)), Ok(Some("mill".to_owned())));
    host.as_account(&mill());
    let (first, second) = (capture(host, &sent("urn:e:1", SHOP)), capture(host, &sent("urn:e:2", SHOP)));
    let rows: Vec<HandedOver> = host.query("handover", &(first,)).unwrap();
    let until_ms = rows[0].until_ms;
    assert_eq!(
        rows,
        [HandedOver {
            sequence: first,
            giver: "mill".to_owned(),
            from: None,
            to: SHOP.to_owned(),
            receiver: Some("shop".to_owned()),
            custody: true,
            ownership: false,
            state: "pending".to_owned(),
            until_ms,
            settled_by: None,
            reason: None,
        }]
    );
    host.as_account(&shop());
    accept(host, &[first]).unwrap();
    refuse(host, second, "two cases are missing").unwrap();
    assert_eq!((state(host, first), state(host, second)), ("accepted".to_owned(), "refused".to_owned()));
    let page: HandedOverPage = host.query("handovers", &("shop", false, 0u64)).unwrap();
    let told: Vec<(u64, Option<&str>)> =
        page.handovers.iter().map(|row| (row.sequence, row.reason.as_deref())).collect();
    assert_eq!((told, page.next), (vec![(first, None), (second, Some("two cases are missing"))], None));
    let given: HandedOverPage = host.query("handovers", &("mill", true, 1u64)).unwrap();
    assert_eq!(given.handovers, page.handovers[1..]);
    assert_eq!(
        announced(host, "HandoverProposed"),
        vec![format!("giver=mill receiver=shop party={SHOP} state=pending"); 2]
    );
    assert_eq!(
        announced(host, "HandoverSettled"),
        ["giver=mill receiver=shop accepted=true", "giver=mill receiver=shop accepted=false"]
    );
    // The shop's own word, signed by itself, needs no other.
    let own = capture(host, &sent("urn:e:3", SHOP));
    assert_eq!(state(host, own), "accepted");
    // Nobody acts for this one.
    let stranger = capture(host, &sent("urn:e:4", "urn:gdst:party:1"));
    assert_eq!(state(host, stranger), "oneSided");
    assert_eq!(announced(host, "HandoverProposed")[3], "giver=shop receiver= party=urn:gdst:party:1 state=oneSided");
    assert_eq!(host.query("handover", &(99u64,)), Ok(Vec::<HandedOver>::new()));
}

pub fn time_and_the_receivers_policy_decide_what_waits(host: &mut impl Harness) {
    entrust(host);
    let hour = HandoverPolicy::Countersign { window_ms: HOUR_MS };
    let asked =
        |host: &mut _| -> HandoverPolicy { Harness::query(host, "handover_policy", &("shop", "mill")).unwrap() };
    assert_eq!(asked(host), HandoverPolicy::Countersign { window_ms: WEEK_MS });
    host.as_account(&shop_admin());
    policy(host, None, hour).unwrap();
    assert_eq!(asked(host), hour);
    host.as_account(&mill());
    let late = capture(host, &sent("urn:e:1", SHOP));
    let until_ms = host.environment().time_ms - 1_000 + HOUR_MS;
    host.travel(HOUR_MS);
    assert_eq!(state(host, late), "expired");
    host.as_account(&shop());
    assert_eq!(error(accept(host, &[late])), Error::HandoverExpired { sequence: late, until_ms });

    host.as_account(&shop_admin());
    policy(host, Some("mill"), HandoverPolicy::OneSided).unwrap();
    host.as_account(&mill());
    let trusted = capture(host, &sent("urn:e:2", SHOP));
    assert_eq!(state(host, trusted), "oneSided");
    host.as_account(&shop());
    assert_eq!(error(accept(host, &[trusted])), Error::HandoverOneSided { sequence: trusted });
    host.as_account(&Account::new("farm/erp", &[Role::Submitter]));
    let pending = capture(host, &sent("urn:e:3", SHOP));
    assert_eq!(state(host, pending), "pending");

    // What is declared to be in error hands nothing over.
    let error_declared = ErrorDeclaration {
        time: Time::at(2_000),
        reason: None,
        corrective_event_ids: Vec::new(),
        extensions: Vec::new(),
    };
    let _ = capture(host, &Event { error: Some(error_declared), ..sent("urn:e:3", SHOP) });
    assert_eq!(state(host, pending), "void");
    host.as_account(&shop());
    assert_eq!(error(accept(host, &[pending])), Error::HandoverVoid { sequence: pending });
}

pub fn everybody_does_what_is_theirs_and_nothing_else(host: &mut impl Harness) {
    entrust(host);
    host.as_account(&mill());
    let pending = capture(host, &sent("urn:e:1", SHOP));
    let others =
        [mill(), Account::new("farm/erp", &[Role::Submitter]), Account::new("shopper/erp", &[Role::Submitter])];
    for other in others {
        host.as_account(&other);
        assert_eq!(error(accept(host, &[pending])), Error::NotReceiver { sequence: pending }, "{}", other.name);
        assert_eq!(error(refuse(host, pending, "no")), Error::NotReceiver { sequence: pending }, "{}", other.name);
    }
    for roles in [&[Role::Admin, Role::Deployer, Role::Auditor][..], &[Role::Device], &[]] {
        host.as_account(&Account::new("shop/other", roles));
        assert_eq!(error(accept(host, &[pending])), Error::NotPermitted, "{roles:?}");
    }
    host.as_account(&shop());
    for (reason, bytes) in [(String::new(), 0), ("x".repeat(513), 513)] {
        let expected = Error::Text { field: "reason".to_owned(), bytes, max: 512 };
        assert_eq!(error(refuse(host, pending, &reason)), expected);
    }
    assert_eq!(error(accept(host, &[pending + 1])), Error::NoHandover { sequence: pending + 1 });
    // Who acts for whom is said by the organisation that deployed the contract.
    let admins = [shop_admin(), Account::new("test/erp", &[Role::Submitter, Role::Deployer])];
    for other in admins {
        host.as_account(&other);
        let result: Result<(), Failure> = host.invoke("entrust", &(SHOP, Some("farm")));
        assert_eq!(error(result), Error::NotPermitted, "{}", other.name);
    }
    host.as_account(&board());
    let result: Result<(), Failure> = host.invoke("entrust", &("no identifier", Some("farm")));
    assert!(matches!(error(result), Error::Identifier { .. }));
    for (name, expected) in [
        ("", Error::Text { field: "organisation".to_owned(), bytes: 0, max: 64 }),
        ("a/b", Error::Identifier { reason: "`a/b` is no organisation".to_owned() }),
    ] {
        let result: Result<(), Failure> = host.invoke("entrust", &(SHOP, Some(name)));
        assert_eq!(error(result), expected);
    }
    host.invoke::<()>("entrust", &(SHOP, None::<&str>)).unwrap();
    assert_eq!(host.query("party", &(SHOP,)), Ok(None::<String>));
    // How an organisation receives is its own admins' to say, and for how long.
    host.as_account(&shop());
    assert_eq!(error(policy(host, None, HandoverPolicy::OneSided)), Error::NotPermitted);
    host.as_account(&shop_admin());
    for window_ms in [0, 999, 365 * 24 * HOUR_MS + 1] {
        let expected = Error::Window { window_ms, min_ms: 1_000, max_ms: 365 * 24 * HOUR_MS };
        assert_eq!(error(policy(host, None, HandoverPolicy::Countersign { window_ms })), expected);
    }
    host.as_account(&Account::new("mill/admin", &[Role::Admin]));
    policy(host, None, HandoverPolicy::OneSided).unwrap();
    let shops: HandoverPolicy = host.query("handover_policy", &("shop", "mill")).unwrap();
    assert_eq!(shops, HandoverPolicy::Countersign { window_ms: WEEK_MS }, "only its own");
    // The party is entrusted to nobody any more, and what was proposed before is the shop's still.
    host.as_account(&shop());
    accept(host, &[pending]).unwrap();
    assert_eq!(error(accept(host, &[pending])), Error::HandoverSettled { sequence: pending });
}

pub fn many_are_accepted_at_once_or_none(host: &mut impl Harness) {
    entrust(host);
    host.as_account(&mill());
    let events: Vec<Vec<u8>> = (0..30).map(|n| sent(&format!("urn:e:{n}"), SHOP).canonical_bytes()).collect();
    let _: Vec<EventReceipt> = host.invoke("capture", &(events, Mode::Rollback)).unwrap();
    host.as_account(&shop());
    let all: Vec<u64> = (0..30).collect();
    refuse(host, 29, "broken").unwrap();
    assert_eq!(error(accept(host, &all)), Error::HandoverSettled { sequence: 29 });
    assert_eq!(state(host, 0), "pending");
    accept(host, &all[..29]).unwrap();
    assert_eq!((state(host, 0), state(host, 28)), ("accepted".to_owned(), "accepted".to_owned()));
    let twice = [30, 30].map(|_| 28);
    assert_eq!(error(accept(host, &twice)), Error::HandoverSettled { sequence: 28 });
    let many: Vec<u64> = (0..801).collect();
    assert_eq!(error(accept(host, &many)), Error::TooMany { count: 801, max: 800 });
}

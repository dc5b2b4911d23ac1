//! What happens between a farm, a carrier and a shop, on any harness that has all contracts deployed.

use countersign_coldchain::Excursion;
use countersign_contract::Role;
use countersign_contract::testing::{Account, Harness};
use countersign_epcis::Event;
use countersign_epcis::event::ErrorDeclaration;
use countersign_escrow::{
    Arbiter, Certified, Closed, Countersigned, Deal, DisputeBegun, Error, Opened, Redeemed, State, Terms, Unmet,
};

use super::world::{DAY, HOUR, World, admin, clerk, device, error, place};

/// The announcements of the keeper of records, which borrow in the contract.
mod told {
    use countersign_contract::ContractEvent;

    #[derive(Debug, PartialEq, Eq, ContractEvent)]
    pub struct Uncertified {
        pub sequence: u64,
        pub party: String,
        pub scheme: String,
        pub reason: String,
    }

    #[derive(Debug, PartialEq, Eq, ContractEvent)]
    pub struct ItemHeld {
        pub sequence: u64,
        pub item: String,
        pub leaves: bool,
        pub since_ms: u64,
    }
}

fn lacks(organisation: &str) -> Unmet {
    Unmet::Countersignature { organisation: organisation.to_owned() }
}
fn differs(what: &str) -> Unmet {
    Unmet::Delivery { differs: what.to_owned() }
}
fn unmet<H: Harness>(world: &mut World<'_, H>, id: u64, event_id: &str) -> Vec<Unmet> {
    let refused = world.settle(id, event_id);
    let Error::Conditions { unmet } = error(refused) else { panic!("refused for another reason") };
    let escrow = world.escrow;
    let seen: Vec<Unmet> = world.at(escrow, &clerk("shop")).query("unmet", &(id, event_id)).unwrap();
    assert_eq!(seen, unmet, "a view tells the same beforehand");
    unmet
}
fn state<H: Harness>(world: &mut World<'_, H>, id: u64) -> State {
    let escrow = world.escrow;
    let deal: Option<Deal> = world.at(escrow, &clerk("shop")).query("deal", &(id,)).unwrap();
    deal.unwrap().state
}

pub fn what_is_delivered_countersigned_and_certified_is_paid<H: Harness>(world: &mut World<'_, H>) {
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    let opened = &world.host.events_of::<Opened>()[0];
    assert_eq!((opened.item.as_str(), opened.price), ("https://id.gs1.org/00/095213210000000018", 600));
    assert_eq!(world.credit("shop"), 400, "the price is locked");
    let later = world.seen("urn:e:received", "receiving").event_id.unwrap();
    assert_eq!(unmet(world, id, &later), [lacks("farm"), lacks("carrier"), differs("event")]);

    world.countersign(id);
    world.call(&clerk("farm"), "countersign", &(id,)).unwrap();
    assert_eq!(world.host.events_of::<Countersigned>().len(), 2, "once each");
    world.ship("urn:e:shipped");
    world.measure("urn:e:measured", "5.5", 20 * HOUR);
    world.receive("urn:e:received");
    assert_eq!(world.host.events_of::<told::Uncertified>(), []);
    assert_eq!(world.host.events_of::<told::ItemHeld>(), []);
    assert_eq!(unmet(world, id, "urn:e:shipped"), [differs("organisation")]);

    world.settle(id, "urn:e:received").unwrap();
    assert_eq!((world.credit("shop"), world.credit("farm")), (400, 600));
    let closed = world.host.events_of::<Closed>();
    assert_eq!((closed.len(), closed[0].paid, closed[0].to.as_str(), closed[0].document), (1, true, "farm", [5; 32]));
    assert!(matches!(state(world, id), State::Paid { .. }));
    for (method, by) in [("settle", "passer"), ("dispute", "shop")] {
        assert_eq!(error(world.call(&clerk(by), method, &(id, "x"))), Error::Closed);
    }
    assert_eq!(error(world.call(&clerk("shop"), "expire", &(id,))), Error::Closed);
    world.call(&admin("farm"), "redeem", &(600u64,)).unwrap();
    assert_eq!(world.host.events_of::<Redeemed>()[0].amount, 600);
    assert_eq!(world.credit("farm"), 0);
}

pub fn an_excursion_holds_the_item_and_time_gives_the_price_back<H: Harness>(world: &mut World<'_, H>) {
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    world.countersign(id);
    world.measure("urn:e:warm", "8.001", HOUR / 2);
    assert_eq!(world.host.events_of::<told::ItemHeld>(), [], "half an hour is what it bears");
    world.host.travel(HOUR);
    world.measure("urn:e:warmer", "20", HOUR / 60);
    assert_eq!(world.host.events_of::<Excursion>().len(), 2);
    let held = world.host.events_of::<told::ItemHeld>();
    assert_eq!((held.len(), held[0].sequence, held[0].leaves), (1, 1, false));
    let since_ms = held[0].since_ms;

    world.ship("urn:e:shipped");
    let held = world.host.events_of::<told::ItemHeld>();
    assert_eq!((held.len(), held[1].sequence, held[1].leaves), (2, 2, true), "recorded, and announced");
    world.receive("urn:e:received");
    assert_eq!(unmet(world, id, "urn:e:received"), [Unmet::Held { since_ms }]);

    let deadline_ms = terms.deadline_ms;
    assert_eq!(error(world.call(&clerk("shop"), "expire", &(id,))), Error::Early { deadline_ms });
    world.host.travel(3 * DAY);
    assert_eq!((world.credit("shop"), world.credit("farm")), (1_000, 0));
    let closed = &world.host.events_of::<Closed>()[0];
    assert_eq!((closed.paid, closed.to.as_str(), closed.because.as_str()), (false, "shop", "deadline"));
    assert_eq!(error(world.settle(id, "urn:e:received")), Error::Closed, "the chain itself was there before");
}

pub fn a_deadline_too_far_to_be_scheduled_waits_for_somebody<H: Harness>(world: &mut World<'_, H>) {
    let terms = Terms { deadline_ms: world.now_ms() + 400 * DAY, ..world.terms() };
    let deadline_ms = terms.deadline_ms;
    let id = world.open(&terms).unwrap();
    let near = Terms { price: 0, ..world.terms() };
    world.open(&near).unwrap();
    let opened = world.host.events_of::<Opened>();
    assert_eq!(opened.iter().map(|deal| deal.refunds_itself).collect::<Vec<_>>(), [false, true]);
    world.host.travel(400 * DAY);
    assert_eq!(state(world, id), State::Open);
    let late = Error::Late { deadline_ms };
    assert_eq!(error(world.settle(id, "urn:e:received")), late);
    assert_eq!(error(world.call(&clerk("farm"), "countersign", &(id,))), late);
    assert_eq!(error(world.call(&clerk("farm"), "dispute", &(id, "x"))), late);
    world.call(&Account::new("passer/by", &[]), "expire", &(id,)).unwrap();
    assert_eq!(world.credit("shop"), 1_000);
    assert_eq!(error(world.call(&clerk("shop"), "expire", &(id,))), Error::Closed);
}

pub fn a_revoked_certificate_is_not_paid_for<H: Harness>(world: &mut World<'_, H>) {
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    world.countersign(id);
    world.receive("urn:e:received");
    let certification = world.certification;
    world.at(certification, &clerk("tuv")).invoke::<()>("revoke", &(0u64, "residues found")).unwrap();
    let Certified { subject: _, scheme, .. } = terms.certified.unwrap();
    let subject = "https://id.gs1.org/417/9521321000018".to_owned();
    assert_eq!(unmet(world, id, "urn:e:received"), [Unmet::Certificate { subject: subject.clone(), scheme }]);
    world.ship("urn:e:shipped");
    let (party, scheme, reason) = (subject, "organic".to_owned(), "revoked".to_owned());
    let uncertified = told::Uncertified { sequence: 1, party, scheme, reason };
    assert_eq!(world.host.events_of::<told::Uncertified>(), [uncertified]);
    world.certify();
    world.settle(id, "urn:e:received").unwrap();
}

pub fn only_the_buyers_receipt_of_the_item_is_a_delivery<H: Harness>(world: &mut World<'_, H>) {
    world.receive("urn:e:early");
    let terms = world.terms();
    let id = world.open(&terms).unwrap();
    world.countersign(id);
    assert_eq!(unmet(world, id, "urn:e:early"), [differs("time")]);

    let by_farm = world.seen("urn:e:farm", "receiving");
    world.capture(&clerk("farm"), &by_farm);
    let seen = world.seen("urn:e:stored", "storing");
    world.capture(&clerk("shop"), &seen);
    let elsewhere = Some(place("urn:epc:id:sgln:9521324.00002.0"));
    let elsewhere = Event { location: elsewhere, ..world.seen("urn:e:elsewhere", "receiving") };
    world.capture(&clerk("shop"), &elsewhere);
    let void = world.seen("urn:e:void", "receiving");
    world.capture(&clerk("shop"), &void);
    let time = void.time.clone();
    let error = Some(ErrorDeclaration { time, reason: None, corrective_event_ids: Vec::new(), extensions: Vec::new() });
    world.capture(&clerk("shop"), &Event { error, ..void });
    for (event_id, what) in [
        ("urn:e:farm", "organisation"),
        ("urn:e:stored", "step"),
        ("urn:e:elsewhere", "place"),
        ("urn:e:void", "event"),
        ("urn:e:never", "event"),
    ] {
        assert_eq!(unmet(world, id, event_id), [differs(what)], "{event_id}");
    }
    let other = Terms { item: "urn:epc:id:sscc:9521321.0000000002".to_owned(), price: 0, ..terms.clone() };
    let other = world.open(&other).unwrap();
    world.countersign(other);
    world.receive("urn:e:received");
    assert_eq!(unmet(world, other, "urn:e:received"), [differs("event")], "it names another pallet");

    // Contracts that are none, or have other methods, pay nobody.
    let (nowhere, escrow) = ([9; 32], world.escrow);
    for wrong in [nowhere, world.coldchain, escrow] {
        let certified = Certified { registry: wrong, ..terms.certified.clone().unwrap() };
        let terms =
            Terms { records: wrong, coldchain: Some(wrong), certified: Some(certified), price: 0, ..terms.clone() };
        let deal = world.open(&terms).unwrap();
        world.countersign(deal);
        let unanswered = unmet(world, deal, "urn:e:received");
        let all = unanswered.iter().filter(|each| **each == Unmet::Unanswered { contract: wrong }).count();
        assert_eq!(all, if wrong == world.coldchain { 2 } else { 3 }, "{unanswered:?}");
    }
    world.settle(id, "urn:e:received").unwrap();
}

pub fn an_arbiter_decides_what_is_disputed<H: Harness>(world: &mut World<'_, H>) {
    let terms = Terms { price: 300, ..world.terms() };
    for (pay, credit) in [(true, (700, 300)), (false, (700, 300))] {
        let id = world.open(&terms).unwrap();
        assert_eq!(error(world.call(&admin("court"), "decide", &(id, pay))), Error::NotDisputed);
        world.call(&clerk("shop"), "dispute", &(id, "mouldy")).unwrap();
        assert!(matches!(state(world, id), State::Disputed { .. }));
        assert_eq!(error(world.settle(id, "urn:e:received")), Error::Disputed);
        for stranger in [admin("shop"), clerk("court"), admin("board")] {
            assert_eq!(error(world.call(&stranger, "decide", &(id, pay))), Error::NotPermitted, "{}", stranger.name);
        }
        world.call(&admin("court"), "decide", &(id, pay)).unwrap();
        assert_eq!((world.credit("shop"), world.credit("farm")), credit);
        assert_eq!(world.host.events_of::<Closed>().last().unwrap().because, "arbiter");
    }
    let without = Terms { arbiter: None, ..terms.clone() };
    let id = world.open(&without).unwrap();
    assert_eq!(error(world.call(&clerk("farm"), "dispute", &(id, "late"))), Error::NoArbiter);

    // A dispute that nobody decides ends at the deadline, if the arbiter had its time until then.
    let id = world.open(&terms).unwrap();
    world.call(&clerk("farm"), "dispute", &(id, "not accepted")).unwrap();
    world.host.travel(3 * DAY);
    assert_eq!(error(world.call(&admin("court"), "decide", &(id, true))), Error::Closed);
    assert!(matches!(state(world, id), State::Refunded { .. }));
}

pub fn a_dispute_at_the_last_moment_leaves_the_arbiter_its_time<H: Harness>(world: &mut World<'_, H>) {
    let near = world.now_ms() + HOUR;
    let terms = Terms { price: 300, deadline_ms: near, ..world.terms() };
    let (decided, left) = (world.open(&terms).unwrap(), world.open(&terms).unwrap());
    let mut until = Vec::new();
    for id in [decided, left] {
        until.push(world.now_ms() + 12 * HOUR);
        world.call(&clerk("farm"), "dispute", &(id, "not accepted")).unwrap();
    }
    let told = world.host.events_of::<DisputeBegun>();
    assert_eq!(told.iter().map(|told| told.until_ms).collect::<Vec<_>>(), until);
    assert!(told.iter().all(|told| told.refunds_itself));
    world.host.travel(2 * HOUR);
    // The chain's refund at the deadline came too early, and so does everybody's.
    for (id, deadline_ms) in [(decided, until[0]), (left, until[1])] {
        assert!(matches!(state(world, id), State::Disputed { .. }));
        assert_eq!(error(world.call(&clerk("shop"), "expire", &(id,))), Error::Early { deadline_ms });
    }
    world.call(&admin("court"), "decide", &(decided, true)).unwrap();
    assert_eq!((world.credit("shop"), world.credit("farm")), (400, 300));
    world.host.travel(12 * HOUR);
    assert!(matches!(state(world, left), State::Refunded { .. }), "nobody decided");
    assert_eq!(error(world.call(&admin("court"), "decide", &(left, true))), Error::Closed);
    assert_eq!(world.credit("shop"), 700);
}

pub fn a_hold_that_the_buyer_could_bring_about_is_none<H: Harness>(world: &mut World<'_, H>) {
    let terms = Terms { price: 300, ..world.terms() };
    let id = world.open(&terms).unwrap();
    world.countersign(id);
    world.host.travel(HOUR);
    world.measure_by("shop", "urn:e:own", "20", HOUR);
    assert_eq!(world.host.events_of::<told::ItemHeld>().len(), 1);
    assert_eq!(unmet(world, id, "urn:e:never"), [differs("event")], "by the buyer's own readings");
    world.receive("urn:e:received");
    world.settle(id, "urn:e:received").unwrap();

    let coldchain = world.coldchain;
    let item = terms.item.clone();
    world.at(coldchain, &admin("farm")).invoke::<()>("release", &(item, "checked")).unwrap();
    let id = world.open(&terms).unwrap();
    world.countersign(id);
    world.receive("urn:e:again");
    world.host.travel(HOUR);
    world.measure("urn:e:later", "20", HOUR);
    let since_ms = world.host.events_of::<told::ItemHeld>().last().unwrap().since_ms;
    assert_eq!(unmet(world, id, "urn:e:never"), [differs("event"), Unmet::Held { since_ms }], "if it was not received");
    world.settle(id, "urn:e:again").unwrap();
}

pub fn a_delivery_settles_one_deal<H: Harness>(world: &mut World<'_, H>) {
    let terms = Terms { price: 300, ..world.terms() };
    let (first, second) = (world.open(&terms).unwrap(), world.open(&terms).unwrap());
    world.countersign(first);
    world.countersign(second);
    world.receive("urn:e:received");
    world.settle(first, "urn:e:received").unwrap();
    assert_eq!(unmet(world, second, "urn:e:received"), [differs("deal")]);
    world.receive("urn:e:again");
    world.settle(second, "urn:e:again").unwrap();
    assert_eq!(world.credit("farm"), 600);
}

pub fn everybody_does_what_is_theirs_and_nothing_else<H: Harness>(world: &mut World<'_, H>) {
    for stranger in [clerk("bank"), admin("shop")] {
        assert_eq!(error(world.call(&stranger, "deposit", &("shop", 1u64))), Error::NotPermitted, "{}", stranger.name);
    }
    assert_eq!(error(world.call(&admin("bank"), "deposit", &("shop", u64::MAX))), Error::TooMuch);
    assert_eq!(error(world.call(&clerk("shop"), "redeem", &(1u64,))), Error::NotPermitted);
    assert_eq!(error(world.call(&admin("shop"), "redeem", &(1_001u64,))), Error::Credit { has: 1_000, needs: 1_001 });
    let terms = world.terms();
    let escrow = world.escrow;
    for stranger in [clerk("farm"), device("shop"), Account::new("shop/audit", &[Role::Auditor])] {
        let refused = world.at(escrow, &stranger).invoke::<u64>("open", &(&terms,));
        assert_eq!(error(refused), Error::NotPermitted, "{}", stranger.name);
    }
    let id = world.open(&terms).unwrap();
    for stranger in [clerk("shop"), clerk("court"), device("farm")] {
        assert_eq!(error(world.call(&stranger, "countersign", &(id,))), Error::NotPermitted, "{}", stranger.name);
    }
    for stranger in [clerk("carrier"), clerk("court"), device("shop")] {
        assert_eq!(error(world.call(&stranger, "dispute", &(id, "x"))), Error::NotPermitted, "{}", stranger.name);
    }
    for (method, arguments) in [("settle", "x"), ("dispute", "x")] {
        assert_eq!(error(world.call(&clerk("shop"), method, &(7u64, arguments))), Error::NotFound { id: 7 });
    }
    assert_eq!(error(world.open(&terms)), Error::Credit { has: 400, needs: 600 });
}

pub fn terms_that_cannot_be_kept_are_refused<H: Harness>(world: &mut World<'_, H>) {
    let terms = world.terms();
    let now_ms = world.now_ms();
    let nine = vec!["carrier".to_owned(); 9];
    let wrong_subject = Certified { subject: String::new(), ..terms.certified.clone().unwrap() };
    let field = |name: &str| name.to_owned();
    let arbiter = |name: &str, dispute_ms: u64| Some(Arbiter { organisation: name.to_owned(), dispute_ms });
    let no_time = |dispute_ms: u64| Error::DisputeTime { dispute_ms, min_ms: HOUR, max_ms: 90 * DAY };
    let cases = [
        (Terms { deadline_ms: now_ms, ..terms.clone() }, Error::Late { deadline_ms: now_ms }),
        (Terms { countersigners: nine, ..terms.clone() }, Error::TooMany { max: 8 }),
        (
            Terms { seller: "x".repeat(65), ..terms.clone() },
            Error::Length { field: field("seller"), bytes: 65, max: 64 },
        ),
        (
            Terms { arbiter: arbiter("", HOUR), ..terms.clone() },
            Error::Length { field: field("arbiter"), bytes: 0, max: 64 },
        ),
        (Terms { arbiter: arbiter("court", HOUR - 1), ..terms.clone() }, no_time(HOUR - 1)),
        (Terms { arbiter: arbiter("court", 90 * DAY + 1), ..terms.clone() }, no_time(90 * DAY + 1)),
        (
            Terms { item: format!("urn:x:{}", "x".repeat(507)), ..terms.clone() },
            Error::Length { field: field("item"), bytes: 513, max: 512 },
        ),
    ];
    for (terms, expected) in cases {
        assert_eq!(error(world.open(&terms)), expected);
    }
    for (terms, named) in [
        (Terms { place: "two words".to_owned(), ..terms.clone() }, "place"),
        (Terms { certified: Some(wrong_subject), ..terms }, "subject"),
    ] {
        let Error::Identifier { field, .. } = error(world.open(&terms)) else { panic!("refused for another reason") };
        assert_eq!(field, named);
    }
    assert_eq!(world.credit("shop"), 1_000);
}

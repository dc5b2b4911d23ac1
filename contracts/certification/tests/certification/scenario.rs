//! What users of the registry do, on any harness that has it deployed with the registrar `board`.

use countersign_certification::{
    AccreditationWithdrawn, Certificate, CertificateGranted, CertificateRevoked, Error, Granted, InspectorAccredited,
};
use countersign_contract::Role;
use countersign_contract::testing::{Account, Failure, Harness};
use countersign_interfaces::certification::{Invalid, Period};

pub const FARM: &str = "https://id.gs1.org/417/9521321000018";
pub const FARM_AS_URN: &str = "urn:epc:id:pgln:9521321.00001";

pub fn board() -> Account {
    Account::new("board/anna", &[Role::Admin])
}
pub fn inspector(organisation: &str) -> Account {
    Account::new(&format!("{organisation}/ines"), &[Role::Submitter])
}
pub fn organic(from_ms: u64, to_ms: u64) -> Certificate {
    let (subject, scheme) = (FARM_AS_URN.to_owned(), "organic".to_owned());
    Certificate { subject, scheme, from_ms, to_ms, document: [7; 32] }
}
pub fn accredit(host: &mut impl Harness, inspector: &str, scheme: &str) -> Result<(), Failure> {
    host.invoke("accredit", &(inspector, scheme))
}
pub fn grant(host: &mut impl Harness, certificate: &Certificate) -> Result<u64, Failure> {
    host.invoke("grant", &(certificate,))
}
pub fn revoke(host: &mut impl Harness, id: u64) -> Result<(), Failure> {
    host.invoke("revoke", &(id, "residues found"))
}
pub fn valid(host: &mut impl Harness, at_ms: u64) -> Result<Period, Invalid> {
    host.query("valid", &(FARM, "organic", at_ms))
        .map_err(|failure| failure.error().expect("an answer of the interface"))
}
fn error<T: std::fmt::Debug>(result: Result<T, Failure>) -> Error {
    result.unwrap_err().error().expect("an error of the registry")
}

pub fn certificates_are_granted_asked_for_and_revoked(host: &mut impl Harness) {
    host.as_account(&board());
    accredit(host, "tuv", "organic").unwrap();
    accredit(host, "tuv", "organic").unwrap();
    let (inspector_name, scheme) = ("tuv".to_owned(), "organic".to_owned());
    let accredited = InspectorAccredited { inspector: inspector_name, scheme };
    assert_eq!(host.events_of::<InspectorAccredited>(), [accredited], "once");
    let everybody: Vec<(String, String)> = host.query("inspectors", &(0u64, 10u32)).unwrap();
    assert_eq!(everybody, [("tuv".to_owned(), "organic".to_owned())]);

    host.as_account(&inspector("tuv"));
    let now = host.environment().time_ms;
    let (year, day) = (365 * 86_400_000, 86_400_000);
    assert_eq!(grant(host, &organic(now, now + year)).unwrap(), 0);
    assert_eq!(grant(host, &organic(now + year, now + 2 * year)).unwrap(), 1);
    let granted = host.events_of::<CertificateGranted>();
    assert_eq!((granted.len(), granted[0].subject.as_str(), granted[0].inspector.as_str()), (2, FARM, "tuv"));

    let first = Period { id: 0, from_ms: now, to_ms: now + year, revoked_ms: None };
    assert_eq!(valid(host, now), Ok(first));
    assert_eq!(valid(host, now - 1), Err(Invalid::NotYet { from_ms: now }));
    assert_eq!(valid(host, now + year).map(|period| period.id), Ok(1));
    assert_eq!(valid(host, now + 2 * year), Err(Invalid::Ended { to_ms: now + 2 * year }));

    host.travel(day);
    revoke(host, 0).unwrap();
    let revoked_ms = host.query::<Vec<Period>>("periods", &(FARM, "organic")).unwrap()[0].revoked_ms.unwrap();
    assert!(revoked_ms >= now + day);
    assert_eq!(valid(host, revoked_ms - 1).map(|period| period.id), Ok(0), "what was certified stays so");
    assert_eq!(valid(host, revoked_ms), Err(Invalid::Revoked { at_ms: revoked_ms }));
    assert_eq!(valid(host, now + year).map(|period| period.id), Ok(1), "the other one stands");
    assert_eq!(host.events_of::<CertificateRevoked>()[0].reason, "residues found");
    assert_eq!(error(revoke(host, 0)), Error::Revoked { at_ms: revoked_ms });

    let all: Vec<(u64, Granted)> = host.query("certificates", &(FARM_AS_URN, None::<u64>, 10u32)).unwrap();
    assert_eq!(all.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(all[0].1.revocation.as_ref().map(|revocation| revocation.by.as_str()), Some("tuv"));
    let rest: Vec<(u64, Granted)> = host.query("certificates", &(FARM, Some(0u64), 10u32)).unwrap();
    assert_eq!(rest, all[1..]);
    assert_eq!(host.query("certificate", &(1u64,)), Ok(Some(all[1].1.clone())));
    assert_eq!(host.query("certificate", &(2u64,)), Ok(None::<Granted>));
}

pub fn everybody_does_what_is_theirs_and_nothing_else(host: &mut impl Harness) {
    // Accrediting: admins of the registrar alone.
    for stranger in [Account::new("board/bo", &[Role::Submitter]), Account::new("tuv/anna", &[Role::Admin])] {
        host.as_account(&stranger);
        assert_eq!(error(accredit(host, "tuv", "organic")), Error::NotPermitted, "{}", stranger.name);
        assert_eq!(error(host.invoke::<()>("withdraw", &("tuv", "organic"))), Error::NotPermitted);
    }
    host.as_account(&board());
    accredit(host, "tuv", "organic").unwrap();

    // Granting: submitters of an accredited organisation, for its scheme.
    let now = host.environment().time_ms;
    let fish = Certificate { scheme: "fish".to_owned(), ..organic(now, now + 1_000) };
    let table = [
        (inspector("other"), organic(now, now + 1_000)),
        (Account::new("tuv/dev", &[Role::Device, Role::Admin]), organic(now, now + 1_000)),
        (inspector("tuv"), fish),
    ];
    for (account, certificate) in table {
        host.as_account(&account);
        let refused = error(grant(host, &certificate));
        assert!(matches!(refused, Error::NotAccredited { .. }), "{}: {refused:?}", account.name);
    }
    host.as_account(&inspector("tuv"));
    for _ in 0..3 {
        grant(host, &organic(now, now + 1_000_000)).unwrap();
    }

    // Revoking: who granted, and the registrar.
    for stranger in [inspector("other"), inspector("board"), Account::new("tuv/sensor", &[Role::Device])] {
        host.as_account(&stranger);
        assert_eq!(error(revoke(host, 0)), Error::NotPermitted, "{}", stranger.name);
    }
    for (id, owner) in [(0, inspector("tuv")), (1, Account::new("tuv/head", &[Role::Admin])), (2, board())] {
        host.as_account(&owner);
        revoke(host, id).unwrap();
    }

    // A withdrawn inspector grants no more, and may still revoke.
    host.as_account(&inspector("tuv"));
    let last = grant(host, &organic(now, now + 1_000_000)).unwrap();
    host.as_account(&board());
    host.invoke::<()>("withdraw", &("tuv", "organic")).unwrap();
    assert_eq!(host.events_of::<AccreditationWithdrawn>().len(), 1);
    let again = error(host.invoke::<()>("withdraw", &("tuv", "organic")));
    assert!(matches!(again, Error::NotAccredited { .. }), "{again:?}");
    host.as_account(&inspector("tuv"));
    assert!(matches!(error(grant(host, &organic(now, now + 1_000))), Error::NotAccredited { .. }));
    let at_ms = host.environment().time_ms;
    assert_eq!(valid(host, at_ms).map(|period| period.id), Ok(last));
    revoke(host, last).unwrap();
}

pub fn what_is_over_makes_room_and_nobody_fills_it_alone(host: &mut impl Harness) {
    host.as_account(&board());
    accredit(host, "tuv", "organic").unwrap();
    accredit(host, "lab", "organic").unwrap();
    let now = host.environment().time_ms;
    let standing = organic(now, now + 1_000_000_000);
    let ids = |host: &mut _| -> Vec<u64> {
        let periods = Harness::query::<Vec<Period>>(host, "periods", &(FARM, "organic")).unwrap();
        periods.into_iter().map(|period| period.id).collect()
    };
    host.as_account(&inspector("lab"));
    let past = grant(host, &organic(1, 2)).unwrap();
    let labs = grant(host, &standing).unwrap();
    host.as_account(&inspector("tuv"));
    for _ in 0..8 {
        grant(host, &standing).unwrap();
    }
    assert_eq!(error(grant(host, &standing)), Error::Full { max: 8 });
    host.as_account(&inspector("lab"));
    let other = grant(host, &standing).unwrap();
    host.as_account(&inspector("tuv"));
    for id in labs + 1..other {
        revoke(host, id).unwrap();
    }
    // What is over goes first, and the inspector's own before another's.
    let last = (0..61).map(|_| grant(host, &organic(3, 4)).unwrap()).last().unwrap();
    let kept = ids(host);
    assert_eq!((kept.len(), &kept[..3], kept.last()), (64, &[past, labs, other][..], Some(&last)));
    assert_eq!(valid(host, 1).map(|period| period.id), Ok(past));
    let granted: Vec<(u64, Granted)> = host.query("certificates", &(FARM, None::<u64>, 100u32)).unwrap();
    assert_eq!(granted.len(), 72, "all can be looked up");
    // Who has none of its own that is over takes the place of the oldest that is.
    host.as_account(&board());
    accredit(host, "new", "organic").unwrap();
    host.as_account(&inspector("new"));
    let newest = grant(host, &standing).unwrap();
    let kept = ids(host);
    assert_eq!((kept.len(), kept[0], kept.last()), (64, labs, Some(&newest)));
}

pub fn what_cannot_be_kept_is_refused(host: &mut impl Harness) {
    host.as_account(&board());
    accredit(host, "tuv", "organic").unwrap();
    let too_long = error(accredit(host, "tuv", &"x".repeat(129)));
    assert_eq!(too_long, Error::Length { field: "scheme".to_owned(), bytes: 129, max: 128 });
    host.as_account(&inspector("tuv"));
    assert_eq!(error(grant(host, &organic(5, 5))), Error::NoTime { from_ms: 5, to_ms: 5 });
    let wrong_digits = Certificate { subject: "urn:epc:id:pgln:952132100.00001".to_owned(), ..organic(0, 1) };
    assert!(matches!(error(grant(host, &wrong_digits)), Error::Subject { .. }));
    let long = Certificate { subject: format!("urn:x:{}", "x".repeat(251)), ..organic(0, 1) };
    assert!(matches!(error(grant(host, &long)), Error::Length { bytes: 257, max: 256, .. }));
    assert_eq!(error(revoke(host, 0)), Error::NotFound { id: 0 });
    // A question that nobody can have an answer to is answered, not trapped.
    let unknown = host.query::<Period>("valid", &(FARM, "x".repeat(2_000), 0u64)).unwrap_err().error();
    assert_eq!(unknown, Some(Invalid::Unknown));
    let unknown = host.query::<Period>("valid", &("x".repeat(2_000), "organic", 0u64)).unwrap_err().error();
    assert_eq!(unknown, Some(Invalid::Unknown));
}

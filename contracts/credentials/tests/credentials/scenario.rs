//! What users of the registry do, on any harness that has it deployed.

use countersign_contract::testing::{Account, Failure, Harness};
use countersign_contract::{Hash, PublicKey, Role};
use countersign_credentials::{
    Credential, CredentialIssued, CredentialPresented, CredentialRevoked, Error, Issued, Issuer, IssuerRegistered,
    IssuerRetired, Place,
};
use countersign_interfaces::credentials::NotHeld;
use ed25519_dalek::{Signer as _, SigningKey};

const HOUR: u64 = 3_600_000;

pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}
pub fn public(key: &SigningKey) -> PublicKey {
    key.verifying_key().to_bytes()
}
pub fn issuer() -> SigningKey {
    key(1)
}
pub fn driver() -> SigningKey {
    key(2)
}
pub fn port() -> Account {
    Account::new("port/anna", &[Role::Admin])
}
pub fn gate() -> Account {
    Account::new("port/gate", &[Role::Submitter])
}
pub fn place(host: &mut impl Harness) -> Place {
    Place { chain: host.environment().chain, contract: host.contract() }
}
pub fn register(host: &mut impl Harness, organisation: &str, key: &SigningKey) -> Result<(), Failure> {
    let proof = key.sign(&place(host).registration(organisation)).to_bytes();
    host.invoke("register", &(public(key), proof))
}
pub fn access(host: &mut impl Harness, hours: u64, serial: u64) -> Credential {
    let from_ms = host.environment().time_ms;
    let (issuer, holder) = (public(&issuer()), public(&driver()));
    let (kind, claims) = ("yard access".to_owned(), [9; 32]);
    Credential { issuer, holder, kind, claims, from_ms, to_ms: from_ms + hours * HOUR, serial }
}
pub fn issue(host: &mut impl Harness, credential: &Credential) -> Result<Hash, Failure> {
    let signature = issuer().sign(&place(host).credential(credential)).to_bytes();
    host.invoke("issue", &(credential, signature))
}
pub fn present(host: &mut impl Harness, id: Hash, nonce: u8) -> Result<(), Failure> {
    let signature = driver().sign(&place(host).presentation(&id, &[nonce; 32], "port/gate 3")).to_bytes();
    host.invoke("present", &(id, "port/gate 3", [nonce; 32], signature))
}
pub fn holds(host: &mut impl Harness, at_ms: u64) -> Result<Hash, NotHeld> {
    let asked = (public(&driver()), "yard access", "port", at_ms);
    host.query("holds", &asked).map_err(|failure| failure.error().expect("an answer of the interface"))
}
fn error<T: std::fmt::Debug>(result: Result<T, Failure>) -> Error {
    result.unwrap_err().error().expect("an error of the registry")
}

pub fn credentials_are_issued_asked_for_presented_and_revoked(host: &mut impl Harness) {
    host.as_account(&port());
    register(host, "port", &issuer()).unwrap();
    assert_eq!(host.events_of::<IssuerRegistered>().len(), 1);
    let known: Option<Issuer> = host.query("issuer", &(public(&issuer()),)).unwrap();
    assert_eq!(known, Some(Issuer { organisation: "port".to_owned(), retired_ms: None }));

    host.as_account(&gate());
    let credential = access(host, 8, 0);
    let Credential { from_ms, to_ms, .. } = credential;
    let id = issue(host, &credential).unwrap();
    assert_eq!(id, place(host).id(&credential));
    assert_eq!(host.events_of::<CredentialIssued>()[0].organisation, "port");
    assert_eq!(error(issue(host, &credential)), Error::Issued { id });
    assert_eq!(holds(host, from_ms), Ok(id));
    for at_ms in [from_ms - 1, to_ms] {
        assert_eq!(holds(host, at_ms), Err(NotHeld::NotThen));
    }
    for (holder, kind, organisation) in [
        (public(&issuer()), "yard access", "port"),
        (public(&driver()), "other", "port"),
        (public(&driver()), "yard access", "other"),
        (public(&driver()), &"x".repeat(2_000), "port"),
    ] {
        let unknown = host.query::<Hash>("holds", &(holder, kind, organisation, from_ms)).unwrap_err().error();
        assert_eq!(unknown, Some(NotHeld::Unknown));
    }

    host.as_account(&Account::new("carrier/phone", &[]));
    let now = host.environment().time_ms;
    present(host, id, 1).unwrap();
    assert_eq!(host.query("presented", &(id, [1u8; 32])), Ok(Some(now)));
    assert_eq!(host.events_of::<CredentialPresented>()[0].audience, "port/gate 3");
    assert_eq!(error(present(host, id, 1)), Error::Presented);
    present(host, id, 2).unwrap();

    host.as_account(&gate());
    host.travel(HOUR);
    let revoked_ms = host.environment().time_ms;
    host.invoke::<()>("revoke", &(id, "left the company")).unwrap();
    assert_eq!(host.events_of::<CredentialRevoked>()[0].reason, "left the company");
    assert_eq!(holds(host, revoked_ms - 1), Ok(id), "what held stays so");
    assert_eq!(holds(host, revoked_ms), Err(NotHeld::Revoked { at_ms: revoked_ms }));
    assert_eq!(error(present(host, id, 3)), Error::Revoked { at_ms: revoked_ms });
    assert_eq!(error(host.invoke::<()>("revoke", &(id, "again"))), Error::Revoked { at_ms: revoked_ms });
    let issued: Option<Issued> = host.query("credential", &(id,)).unwrap();
    assert_eq!(issued.unwrap().revocation.unwrap().reason, "left the company");

    // Another one holds, until its time is over.
    let short = access(host, 1, 1);
    let second = issue(host, &short).unwrap();
    assert_eq!(holds(host, short.from_ms), Ok(second));
    host.travel(HOUR);
    let expected = Error::NotValid { from_ms: short.from_ms, to_ms: short.to_ms };
    assert_eq!(error(present(host, second, 1)), expected);
}

pub fn everybody_does_what_is_theirs_and_nothing_else(host: &mut impl Harness) {
    host.as_account(&gate());
    assert_eq!(error(register(host, "port", &issuer())), Error::NotPermitted);
    assert_eq!(error(host.invoke::<()>("retire", &(public(&issuer()),))), Error::NotAnIssuer);
    let credential = access(host, 1, 0);
    assert_eq!(error(issue(host, &credential)), Error::NotAnIssuer);
    host.as_account(&port());
    register(host, "port", &issuer()).unwrap();
    assert_eq!(error(register(host, "port", &issuer())), Error::Registered { organisation: "port".to_owned() });
    assert_eq!(error(issue(host, &credential)), Error::NotPermitted, "an admin is no submitter");

    // Whoever has the signature may store it; revoking and retiring are the issuer's.
    host.as_account(&Account::new("carrier/erp", &[Role::Submitter]));
    let id = issue(host, &credential).unwrap();
    assert_eq!(error(host.invoke::<()>("revoke", &(id, "x"))), Error::NotPermitted);
    host.as_account(&Account::new("carrier/anna", &[Role::Admin]));
    assert_eq!(error(host.invoke::<()>("retire", &(public(&issuer()),))), Error::NotPermitted);
    host.as_account(&Account::new("port/camera", &[Role::Device]));
    assert_eq!(error(host.invoke::<()>("revoke", &(id, "x"))), Error::NotPermitted);
    assert_eq!(error(host.invoke::<()>("retire", &(public(&issuer()),))), Error::NotPermitted);

    host.as_account(&port());
    assert_eq!(error(host.invoke::<()>("revoke", &([0u8; 32], "x"))), Error::NotFound);
    assert!(matches!(error(host.invoke::<()>("revoke", &(id, ""))), Error::Length { bytes: 0, .. }));
    host.invoke::<()>("retire", &(public(&issuer()),)).unwrap();
    assert_eq!(host.events_of::<IssuerRetired>().len(), 1);
    assert_eq!(error(host.invoke::<()>("retire", &(public(&issuer()),))), Error::NotAnIssuer);
    assert!(matches!(error(register(host, "port", &issuer())), Error::Registered { .. }), "for good");
    host.as_account(&gate());
    let after = access(host, 1, 1);
    assert_eq!(error(issue(host, &after)), Error::NotAnIssuer);
    assert_eq!(holds(host, credential.from_ms), Ok(id), "what was issued stands");
    host.invoke::<()>("revoke", &(id, "x")).unwrap();
}

pub fn a_signature_counts_for_what_was_signed_and_nothing_else(host: &mut impl Harness) {
    // The proof of a key names the organisation, so that nobody registers a key of others.
    host.as_account(&Account::new("thief/anna", &[Role::Admin]));
    assert_eq!(error(register(host, "port", &issuer())), Error::Signature);
    host.as_account(&port());
    register(host, "port", &issuer()).unwrap();
    host.as_account(&gate());
    let credential = access(host, 1, 0);
    let here = place(host);
    let elsewhere = [Place { chain: [0; 32], ..here }, Place { contract: [0; 32], ..here }];
    for other in elsewhere {
        let signature = issuer().sign(&other.credential(&credential)).to_bytes();
        assert_eq!(error(host.invoke::<Hash>("issue", &(&credential, signature))), Error::Signature);
    }
    let signature = issuer().sign(&here.credential(&credential)).to_bytes();
    let longer = Credential { to_ms: credential.to_ms + 1, ..credential.clone() };
    assert_eq!(error(host.invoke::<Hash>("issue", &(&longer, signature))), Error::Signature);
    let by_holder = driver().sign(&here.credential(&credential)).to_bytes();
    assert_eq!(error(host.invoke::<Hash>("issue", &(&credential, by_holder))), Error::Signature);
    let ended = Credential { to_ms: credential.from_ms, ..credential.clone() };
    assert!(matches!(error(issue(host, &ended)), Error::NoTime { .. }));
    let nameless = Credential { kind: String::new(), ..credential.clone() };
    assert!(matches!(error(issue(host, &nameless)), Error::Length { bytes: 0, .. }));

    let id = issue(host, &credential).unwrap();
    for (nonce, audience, signer) in
        [([1; 32], "port/gate 4", driver()), ([2; 32], "port/gate 3", driver()), ([1; 32], "port/gate 3", issuer())]
    {
        let signature = signer.sign(&here.presentation(&id, &nonce, audience)).to_bytes();
        let refused = host.invoke::<()>("present", &(id, "port/gate 3", [1u8; 32], signature));
        assert_eq!(error(refused), Error::Signature);
    }
    assert_eq!(error(present(host, [0; 32], 1)), Error::NotFound);
    present(host, id, 1).unwrap();
}

pub fn what_is_over_makes_room(host: &mut impl Harness) {
    host.as_account(&port());
    register(host, "port", &issuer()).unwrap();
    host.as_account(&gate());
    let first = access(host, 1, 0);
    let first_id = issue(host, &first).unwrap();
    let mut ids = Vec::new();
    for serial in 1..64 {
        let more = access(host, 8, serial);
        ids.push(issue(host, &more).unwrap());
    }
    let more = access(host, 8, 64);
    assert_eq!(error(issue(host, &more)), Error::Full { max: 64 });
    // A revoked one makes room, and so does one that ended.
    host.invoke::<()>("revoke", &(ids[9], "lost")).unwrap();
    issue(host, &more).unwrap();
    let again = access(host, 8, 65);
    assert_eq!(error(issue(host, &again)), Error::Full { max: 64 });
    assert_eq!(holds(host, first.from_ms), Ok(first_id));
    host.travel(HOUR);
    issue(host, &again).unwrap();
    assert_eq!(holds(host, first.from_ms), Err(NotHeld::NotThen), "dropped from what is asked");
    assert!(host.query::<Option<Issued>>("credential", &(first_id,)).unwrap().is_some(), "and kept");
    let now = host.environment().time_ms;
    assert_eq!(holds(host, now), Ok(ids[0]), "what is not over stays");
}

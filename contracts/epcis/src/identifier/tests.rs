//! Identifier forms in the small; the published pairs are in `tests/identifiers.rs`.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn instance_drops_its_lot_and_still_tells_it() {
    let id = Identifier::parse("https://id.gs1.org/01/09521321000131/10/LX/21/77").unwrap();
    assert_eq!(id.canonical(), "https://id.gs1.org/01/09521321000131/21/77");
    assert_eq!(id.lot().as_deref(), Some("LX"));
    assert_eq!(id.serial(), Some("77"));
    assert_eq!(id.gtin(), Some("09521321000131"));
    assert_eq!(id.kind(), Kind::Instance);
    assert_eq!(id.lot_class().unwrap().canonical(), "https://id.gs1.org/01/09521321000131/10/LX");
}

#[test]
fn wrong_digits_are_faults() {
    let sscc = Identifier::parse("urn:epc:id:sscc:95213210000.00000000001");
    assert_eq!(sscc, Err(Error::Digits { key: "sscc", expected: 17, found: 22 }));
    let link = Identifier::parse("https://id.gs1.org/00/095213210000007025");
    assert!(matches!(link, Err(Error::CheckDigit { key: "sscc", .. })), "{link:?}");
}

#[test]
fn spellings_survive_their_bytes() {
    // Text, and the bytes it takes beyond tag, length and what follows the host of its link.
    let table = [
        ("urn:epc:id:sgtin:9521321.000013.77", 1),
        ("urn:epc:class:lgtin:9521321.000019.Z", 1),
        ("urn:epc:idpat:sgtin:9521321.000013.*", 1),
        ("urn:epc:id:sscc:9521321.0000000700", 1),
        ("urn:epc:id:sgln:9521321.00001.0", 1),
        ("urn:epc:id:sgln:9521321.00001.a", 1),
        ("urn:epc:id:pgln:9521321.00001", 1),
        ("urn:epc:id:gdti:0614141.00001.1618034", 1),
        ("urn:epc:id:grai:4012345.55555.987", 1),
        ("urn:epc:id:giai:4012345.ABC345", 1),
        ("https://id.gs1.org/01/09521321000131/21/77", 0),
        ("http://shop.example/01/09521321000131", 4 + 37),
        ("urn:gdst:example.org:party:1", 0),
    ];
    for (text, extra) in table {
        let id = Identifier::parse(text).unwrap();
        let bytes = borsh::to_vec(&id).unwrap();
        assert_eq!(borsh::from_slice::<Identifier>(&bytes).unwrap(), id, "{text}");
        let path = id.canonical().strip_prefix(HOST).unwrap_or(id.canonical());
        assert_eq!(bytes.len(), 1 + 4 + path.len() + extra, "{text}");
    }
}

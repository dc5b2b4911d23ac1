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

//! Identifier forms: the published pairs, the canonical form's own properties, and hostile text.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/corpus.rs"]
mod corpus;

use countersign_epcis::identifier::{Identifier, Kind, canonical};
use countersign_epcis::{Decimal, Error};
use proptest::prelude::*;

/// Pairs of our own, for where the published ones are absent, and for schemes they leave out.
const PAIRS: &[(&str, Option<&str>)] = &[
    ("urn:epc:id:sgtin:9521321.000013.77", Some("https://id.gs1.org/01/09521321000131/21/77")),
    (
        "https://brand.example.com/shop/01/09521321000131/21/77?17=270101",
        Some("https://id.gs1.org/01/09521321000131/21/77"),
    ),
    ("https://id.gs1.org/01/09521321000131/10/LX/21/77", Some("https://id.gs1.org/01/09521321000131/21/77")),
    ("https://id.gs1.org/01/09521321000131/21/77/10/LX/", Some("https://id.gs1.org/01/09521321000131/21/77")),
    ("urn:epc:class:lgtin:9521321.000019.Z", Some("https://id.gs1.org/01/09521321000193/10/Z")),
    ("urn:epc:idpat:sgtin:9521321.000013.*", Some("https://id.gs1.org/01/09521321000131")),
    ("urn:epc:idpat:sgtin:9521321.*.*", None),
    ("urn:epc:id:sscc:9521321.0000000700", Some("https://id.gs1.org/00/095213210000007000")),
    ("urn:epc:id:sgln:9521321.00001.0", Some("https://id.gs1.org/414/9521321000018")),
    ("urn:epc:id:sgln:9521321.00001.dock%2F1", Some("https://id.gs1.org/414/9521321000018/254/dock%2F1")),
    ("https://id.gs1.org/414/9521321000018/254/dock%2f1", Some("https://id.gs1.org/414/9521321000018/254/dock%2F1")),
    ("https://id.gs1.org/414/9521321000018/254/0", Some("https://id.gs1.org/414/9521321000018")),
    ("urn:epc:id:gid:95100000.12345.400", None),
    ("urn:gdst:example.org:product:lot:class:hatchery.1u.tf12012021", None),
    ("did:web:farm.example", None),
    ("https://example.com/products/42", None),
];

fn published() -> Vec<(String, Option<String>)> {
    let Some(root) = corpus::shared() else { return Vec::new() };
    let text = corpus::read(&root.join("identifier-canonical-forms.json"));
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let pair =
        |pair: &serde_json::Value| (pair["input"].as_str().unwrap().into(), pair["canonical"].as_str().map(Into::into));
    let pairs: Vec<_> = json["pairs"].as_array().unwrap().iter().map(pair).collect();
    assert!(pairs.len() >= 30, "the file of pairs has shrunk to {}", pairs.len());
    pairs
}

#[test]
fn forms_map_as_listed() {
    let own = PAIRS.iter().map(|(input, link)| ((*input).to_owned(), link.map(str::to_owned)));
    for (input, expected) in own.chain(published()) {
        assert_eq!(canonical(&input), Ok(expected), "{input}");
    }
}

#[test]
fn wrong_keys_are_refused_and_never_converted() {
    let digits = |key, expected, found| Error::Digits { key, expected, found };
    let table = [
        ("", Error::Empty),
        (" ", Error::Character { found: ' ' }),
        ("https://example.com/a b", Error::Character { found: ' ' }),
        ("urn:gdst:example\u{2028}x", Error::Character { found: '\u{2028}' }),
        ("urn:epc:id:sgtin:9521321.000013.7\0", Error::Character { found: '\0' }),
        ("urn:epc:id:sscc:95213210000.00000000001", digits("sscc", 17, 22)),
        ("urn:epc:id:sgtin:9521321.0013.77", digits("sgtin", 13, 11)),
        ("urn:epc:class:lgtin:9521321.copper.b1", digits("lgtin", 13, 13)),
        ("urn:epc:id:sgln:9521321.0001.0", digits("sgln", 12, 11)),
        ("urn:epc:id:sgtin:9521321.000013.", Error::Form { key: "sgtin" }),
        ("urn:epc:id:sgtin:9521321.000013", Error::Form { key: "sgtin" }),
        ("urn:epc:id:lgtin:9521321.000019.Z", Error::Scheme),
        ("urn:epc:id:unknown:1.2.3", Error::Scheme),
        ("https://id.gs1.org/00/095213210000007025", Error::CheckDigit { key: "sscc", expected: 4, found: 5 }),
    ];
    for (input, expected) in table {
        assert_eq!(Identifier::parse(input), Err(expected), "{input}");
    }
    let long = "a".repeat(2049);
    assert_eq!(Identifier::parse(&long), Err(Error::Long { found: 2049, max: 2048 }));
    assert!(Identifier::parse(&long[1..]).is_ok());
}

#[test]
fn kinds_are_told_by_form() {
    let table = [
        ("urn:epc:id:sgtin:9521321.000013.77", Kind::Instance),
        ("urn:epc:id:upui:1234567.098765.51qIgY", Kind::Instance),
        ("urn:epc:class:lgtin:9521321.000019.Z", Kind::Lot),
        ("https://id.gs1.org/01/09521321000131", Kind::Class),
        ("urn:epc:id:sscc:9521321.0000000700", Kind::LogisticUnit),
        ("urn:epc:id:sgln:9521321.00001.0", Kind::Location),
        ("urn:epc:id:pgln:9521321.00001", Kind::Party),
        ("urn:epc:id:grai:4012345.55555.987", Kind::Asset),
        ("urn:epc:id:gdti:0614141.00001.1618034", Kind::Document),
        ("urn:epc:id:gsrn:0614141.0000010253", Kind::Relation),
        ("urn:gdst:example.org:party:1", Kind::Other),
    ];
    for (text, kind) in table {
        assert_eq!(Identifier::parse(text).unwrap().kind(), kind, "{text}");
    }
}

#[test]
fn a_lot_and_its_class_are_told_apart() {
    let lot = Identifier::parse("urn:epc:class:lgtin:9521321.000019.Z").unwrap();
    assert_eq!(lot.lot().as_deref(), Some("Z"));
    assert_eq!(lot.serial(), None);
    assert_eq!(lot.class().unwrap().canonical(), "https://id.gs1.org/01/09521321000193");
    assert_eq!(lot.lot_class().unwrap().canonical(), lot.canonical());
    let serial = Identifier::parse("urn:epc:id:sgtin:9521321.000013.77").unwrap();
    assert_eq!((serial.lot(), serial.lot_class()), (None, None));
}

proptest! {
    #[test]
    fn canonical_forms_are_fixed_points(prefix in "[0-9]{6,12}", rest in "[0-9]{0,9}", serial in "[!-~]{1,20}") {
        for urn in [
            format!("urn:epc:id:sgtin:{prefix}.{rest}.{serial}"),
            format!("urn:epc:class:lgtin:{prefix}.{rest}.{serial}"),
            format!("urn:epc:id:sscc:{prefix}.{rest}"),
            format!("urn:epc:id:sgln:{prefix}.{rest}.{serial}"),
            format!("urn:epc:id:grai:{prefix}.{rest}.{serial}"),
            format!("urn:epc:id:giai:{prefix}.{serial}"),
            format!("urn:epc:id:cpi:{prefix}.{serial}.{rest}"),
            format!("https://id.gs1.org/01/{prefix}{rest}/10/{serial}"),
        ] {
            if let Ok(Some(link)) = canonical(&urn) {
                prop_assert_eq!(canonical(&link), Ok(Some(link.clone())), "{}", urn);
                let id = Identifier::parse(&urn).unwrap();
                prop_assert_eq!(id.written(), &urn);
                prop_assert_eq!(id.verify(), Ok(true));
                let bytes = borsh::to_vec(&id).unwrap();
                prop_assert_eq!(borsh::from_slice::<Identifier>(&bytes).unwrap(), id);
            }
        }
    }

    #[test]
    fn a_sgtin_and_its_link_are_one(prefix in "[0-9]{7}", item in "[0-9]{6}", serial in "[A-Za-z0-9!'()*+,.:;=_-]{1,20}") {
        let from_urn = Identifier::parse(&format!("urn:epc:id:sgtin:{prefix}.{item}.{serial}")).unwrap();
        let gtin = from_urn.gtin().unwrap();
        let link = format!("https://shop.example/x/gtin/{gtin}/lot/L%201/ser/{serial}?q=1");
        let from_link = Identifier::parse(&link).unwrap();
        prop_assert_eq!(from_urn.canonical(), from_link.canonical());
        let lot = from_link.lot();
        prop_assert_eq!(lot.as_deref(), Some("L%201"));
    }

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,80}", tail in "[ -~]{0,60}") {
        for prefix in ["", "urn:epc:", "urn:epc:id:sgtin:", "urn:epc:idpat:itip:", "https://id.gs1.org/01/", "http://"] {
            let _ = Identifier::parse(&format!("{prefix}{text}"));
            let _ = Identifier::parse(&format!("{prefix}{tail}"));
        }
    }

    #[test]
    fn any_bytes_decode_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = borsh::from_slice::<Identifier>(&bytes);
        let _ = borsh::from_slice::<countersign_epcis::Event>(&bytes);
        let _ = borsh::from_slice::<countersign_epcis::Value>(&bytes);
    }

    #[test]
    fn decimals_read_back_as_written(mantissa in any::<i64>(), scale in 0u8..=30) {
        let decimal = Decimal::new(i128::from(mantissa), scale).unwrap();
        prop_assert_eq!(decimal.to_string().parse::<Decimal>().unwrap(), decimal);
        for mantissa in [decimal.mantissa(), decimal.mantissa() << 60, decimal.mantissa() >> 40, !decimal.mantissa()] {
            let decimal = Decimal::new(mantissa, scale).unwrap();
            prop_assert_eq!(borsh::from_slice::<Decimal>(&borsh::to_vec(&decimal).unwrap()).unwrap(), decimal);
        }
    }

    #[test]
    fn decimal_arithmetic_agrees_with_its_order(a in -1_000_000i64..1_000_000, b in -1_000_000i64..1_000_000, s in 0u8..6, t in 0u8..6) {
        let (a, b) = (Decimal::new(a.into(), s).unwrap(), Decimal::new(b.into(), t).unwrap());
        let difference = a.checked_sub(b).unwrap();
        prop_assert_eq!(a.order(b), difference.mantissa().cmp(&0));
        prop_assert_eq!(difference.checked_add(b).unwrap().order(a), std::cmp::Ordering::Equal);
        prop_assert_eq!(a.reduced().order(a), std::cmp::Ordering::Equal);
    }

    #[test]
    fn any_text_is_no_decimal_panic(text in "[-+0-9.eE]{0,50}") {
        let _ = text.parse::<Decimal>();
    }
}

//! The GS1 keys that identify things: application identifier, name, digits, qualifiers.
//!
//! Source: GS1 General Specifications §3 and GS1 Digital Link URI Syntax 1.5 §4.

use alloc::string::String;

use super::Kind;
use crate::error::Error;

/// A primary key of GS1.
pub(super) struct Key {
    /// Application identifier: the first segment of a canonical link.
    pub(super) ai: &'static str,
    /// Name in links of the first version, and in faults.
    pub(super) name: &'static str,
    /// Digits up to and including the check digit; 0 where the key has none.
    pub(super) checked: usize,
    /// Digits after the check digit (pieces of an ITIP).
    pub(super) pieces: usize,
    /// Whether a serial component may follow.
    pub(super) serial: bool,
    /// Qualifiers: application identifier, name, whether it is part of the identity.
    pub(super) qualifiers: &'static [Qualifier],
    /// What it names, without qualifiers.
    pub(super) kind: Kind,
}

/// A key qualifier.
pub(super) struct Qualifier {
    /// Application identifier.
    pub(super) ai: &'static str,
    /// Name in links of the first version.
    pub(super) name: &'static str,
    /// Whether it is part of the identity.
    pub(super) identity: Identity,
}

/// Whether a qualifier is part of the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// Never: a consumer product variant.
    No,
    /// Only where no serial number says more: a lot.
    UnlessSerial,
    /// Always.
    Yes,
}

const TRADE_ITEM: &[Qualifier] = &[
    Qualifier { ai: "22", name: "cpv", identity: Identity::No },
    Qualifier { ai: "10", name: "lot", identity: Identity::UnlessSerial },
    Qualifier { ai: "21", name: "ser", identity: Identity::Yes },
    Qualifier { ai: "235", name: "tpx", identity: Identity::Yes },
];
const PIECE: &[Qualifier] = &[
    Qualifier { ai: "22", name: "cpv", identity: Identity::No },
    Qualifier { ai: "10", name: "lot", identity: Identity::UnlessSerial },
    Qualifier { ai: "21", name: "ser", identity: Identity::Yes },
];
const PLACE: &[Qualifier] = &[Qualifier { ai: "254", name: "glnx", identity: Identity::Yes }];
const PART: &[Qualifier] = &[Qualifier { ai: "8011", name: "cpsn", identity: Identity::Yes }];
const RELATION: &[Qualifier] = &[Qualifier { ai: "8019", name: "srin", identity: Identity::Yes }];

const fn plain(ai: &'static str, name: &'static str, checked: usize, kind: Kind) -> Key {
    Key { ai, name, checked, pieces: 0, serial: false, qualifiers: &[], kind }
}

const fn qualified(mut key: Key, qualifiers: &'static [Qualifier]) -> Key {
    key.qualifiers = qualifiers;
    key
}

const fn serial(mut key: Key) -> Key {
    key.serial = true;
    key
}

const KEYS: [Key; 16] = [
    plain("00", "sscc", 18, Kind::LogisticUnit),
    qualified(plain("01", "gtin", 14, Kind::Class), TRADE_ITEM),
    Key { ai: "8006", name: "itip", checked: 14, pieces: 4, serial: false, qualifiers: PIECE, kind: Kind::Class },
    qualified(plain("414", "gln", 13, Kind::Location), PLACE),
    plain("417", "party", 13, Kind::Party),
    serial(plain("253", "gdti", 13, Kind::Document)),
    serial(plain("255", "gcn", 13, Kind::Key)),
    serial(plain("8003", "grai", 14, Kind::Asset)),
    serial(plain("8004", "giai", 0, Kind::Asset)),
    qualified(serial(plain("8010", "cpid", 0, Kind::Key)), PART),
    serial(plain("8013", "gmn", 0, Kind::Key)),
    qualified(plain("8017", "gsrnp", 18, Kind::Relation), RELATION),
    qualified(plain("8018", "gsrn", 18, Kind::Relation), RELATION),
    serial(plain("401", "ginc", 0, Kind::Key)),
    plain("402", "gsin", 17, Kind::Key),
    // The European rail vehicle number is an individual asset with its UIC qualifier; kept as a plain key.
    serial(plain("7040", "uic", 0, Kind::Key)),
];

/// The key of application identifier `ai`.
pub(super) fn by_ai(ai: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.ai == ai)
}

/// The key that a segment of a link names, by number or by name.
pub(super) fn by_segment(segment: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.ai == segment || key.name == segment)
}

/// The check digit that belongs after `digits`: weights 3 and 1 from the right.
pub(super) fn check_digit(digits: &str) -> u8 {
    let mut sum = 0u32;
    for (at, digit) in digits.bytes().rev().enumerate() {
        let weight = if at % 2 == 0 { 3 } else { 1 };
        sum = sum.wrapping_add(u32::from(digit.wrapping_sub(b'0')).wrapping_mul(weight));
    }
    u8::try_from((10 - sum % 10) % 10).unwrap_or(0)
}

/// `digits` with its check digit appended.
pub(super) fn with_check_digit(mut digits: String) -> String {
    let check = check_digit(&digits);
    digits.push(char::from(b'0' + check));
    digits
}

/// Whether the last of `digits` is the check digit of the others.
pub(super) fn verify_check_digit(key: &'static str, digits: &str) -> Result<(), Error> {
    let (body, last) = digits.split_at_checked(digits.len().saturating_sub(1)).ok_or(Error::Form { key })?;
    let expected = check_digit(body);
    let found = last.bytes().next().map_or(0, |digit| digit.wrapping_sub(b'0'));
    if expected == found { Ok(()) } else { Err(Error::CheckDigit { key, expected, found }) }
}

/// Whether `text` is one or more digits.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

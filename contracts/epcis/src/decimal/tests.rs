//! Reading, writing, order and bytes of decimals.
#![allow(clippy::unwrap_used)]

use alloc::string::ToString;
use alloc::vec;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn spellings_are_kept_but_for_exponents_and_negative_zero() {
    for (text, expected) in
        [("10.0", "10.0"), ("-0.50", "-0.50"), ("1e2", "100"), ("1.5E-3", "0.0015"), ("-0.0", "0.0"), ("007", "7")]
    {
        assert_eq!(decimal(text).to_string(), expected);
    }
    for text in ["", "-", ".5", "5.", "+1", "1e", "1e999999999999", "1e-31", "--1", "1.2.3", "0x1", "NaN", "1e39"] {
        assert_eq!(text.parse::<Decimal>(), Err(Error::Decimal), "{text}");
    }
}

#[test]
fn order_is_of_values() {
    let ascending = [
        "-2",
        "-1.5",
        "-1.05",
        "0",
        "0.000000000000000000000000000001",
        "0.1",
        "1",
        "1.000001",
        "170141183460469231731687303715884105727",
    ];
    for (at, text) in ascending.iter().enumerate() {
        for (other, other_text) in ascending.iter().enumerate() {
            assert_eq!(decimal(text).order(decimal(other_text)), at.cmp(&other), "{text} {other_text}");
        }
    }
    assert_eq!(decimal("10").order(decimal("10.00")), Ordering::Equal);
    assert_ne!(decimal("10"), decimal("10.00"));
}

#[test]
fn arithmetic_is_exact_or_none() {
    assert_eq!(decimal("0.1").checked_add(decimal("0.20")), Some(decimal("0.30")));
    assert_eq!(decimal("1").checked_sub(decimal("0.001")), Some(decimal("0.999")));
    assert_eq!(decimal("0.45359237").checked_mul(decimal("100")), Some(decimal("45.35923700")));
    assert_eq!(decimal("45.35923700").reduced(), decimal("45.359237"));
    let most = Decimal::new(i128::MAX, 0).unwrap();
    assert_eq!(most.checked_add(decimal("1")), None);
    assert_eq!(most.checked_add(decimal("0.1")), None);
    assert_eq!(Decimal::new(1, DECIMAL_SCALE_MAX).unwrap().checked_mul(decimal("0.1")), None);
}

#[test]
fn bytes_are_shortest_and_only_those_decode() {
    let table = [
        ("0", vec![0, 0]),
        ("1", vec![0, 1, 1]),
        ("-1", vec![0, 1, 0xff]),
        ("1.28", vec![2, 2, 128, 0]),
        ("-1.28", vec![2, 1, 128]),
    ];
    for (text, bytes) in table {
        assert_eq!(borsh::to_vec(&decimal(text)).unwrap(), bytes, "{text}");
        assert_eq!(borsh::from_slice::<Decimal>(&bytes).unwrap(), decimal(text));
    }
    for bytes in
        [vec![0, 1, 0], vec![0, 2, 1, 0], vec![0, 2, 0xff, 0xff], vec![31, 1, 1], vec![0, 17, 1], vec![0, 2, 1]]
    {
        assert!(borsh::from_slice::<Decimal>(&bytes).is_err(), "{bytes:?}");
    }
}

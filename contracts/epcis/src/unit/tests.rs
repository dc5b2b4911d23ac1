use super::*;
use alloc::string::{String, ToString};

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn converted(value: &str, from: &str, to: &str) -> Option<String> {
    convert(number(value), from, to).map(|value| value.reduced().to_string())
}

#[test]
fn values_convert_exactly_or_not_at_all() {
    for (value, from, to, expected) in [
        ("1", "TNE", "KGM", Some("1000")),
        ("1", "LBR", "KGM", Some("0.45359237")),
        ("16", "ONZ", "LBR", Some("1")),
        ("2000", "LBR", "STN", Some("1")),
        ("2240", "LBR", "LTN", Some("1")),
        ("1", "GLL", "LTR", Some("3.785411784")),
        ("128", "OZA", "GLL", Some("1")),
        ("231", "INQ", "GLL", Some("1")),
        ("1728", "INQ", "FTQ", Some("1")),
        ("42", "GLL", "BLL", Some("1")),
        ("12", "INH", "FOT", Some("1")),
        ("5280", "FOT", "SMI", Some("1")),
        ("43560", "FTK", "ACR", Some("1")),
        ("46.4", "FAH", "CEL", Some("8")),
        ("281.15", "KEL", "CEL", Some("8")),
        ("-40", "CEL", "FAH", Some("-40")),
        ("24", "EA", "DZN", Some("2")),
        ("5", "H87", "", Some("5")),
        ("50", "P1", "NX", Some("500")),
        // A third of a degree is no decimal number, nor is a kilogram in pounds.
        ("1", "FAH", "CEL", None),
        ("1", "KGM", "LBR", None),
        ("1", "KGM", "LTR", None),
        ("1", "KGM", "", None),
        ("1", "XYZ", "KGM", None),
        ("7", "XYZ", "XYZ", Some("7")),
        ("170141183460469231731687303715884105727", "TNE", "KGM", None),
    ] {
        assert_eq!(converted(value, from, to).as_deref(), expected, "{value} {from} in {to}");
    }
}

#[test]
fn values_compare_without_rounding() {
    for (value, unit, other, other_unit, expected) in [
        ("46.4", "FAH", "8", "CEL", Some(Ordering::Equal)),
        ("46.400000000001", "FAH", "8", "CEL", Some(Ordering::Greater)),
        ("46.4", "FAH", "281.15", "KEL", Some(Ordering::Equal)),
        ("1", "FAH", "-17", "CEL", Some(Ordering::Less)),
        ("1", "KGM", "2.2", "LBR", Some(Ordering::Greater)),
        ("1", "KGM", "2.3", "LBR", Some(Ordering::Less)),
        ("8.0", "CEL", "8", "CEL", Some(Ordering::Equal)),
        ("8", "CEL", "8", "KGM", None),
        ("8", "XYZ", "9", "XYZ", Some(Ordering::Less)),
    ] {
        assert_eq!(
            order(number(value), unit, number(other), other_unit),
            expected,
            "{value} {unit}, {other} {other_unit}"
        );
    }
}

#[test]
fn the_table_has_each_code_once_and_sound_factors() {
    let codes: std::collections::BTreeSet<&str> = UNITS.iter().map(|unit| unit.code).collect();
    assert_eq!(codes.len(), UNITS.len());
    for unit in UNITS {
        assert!(unit.factor.0 > 0 && unit.factor.1 > 0 && unit.offset.1 > 0, "{}", unit.code);
        let base = base(unit.dimension);
        assert_eq!(order(number("1"), base, number("1"), base), Some(Ordering::Equal));
        // There and back is the same value.
        if let Some(there) = convert(number("9"), unit.code, base) {
            assert_eq!(converted(&there.to_string(), base, unit.code).as_deref(), Some("9"), "{}", unit.code);
        }
    }
}

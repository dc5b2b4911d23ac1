//! Spellings and the instants they name.
#![allow(clippy::unwrap_used)]

use alloc::string::ToString;

use super::*;

fn ms(text: &str) -> Option<i64> {
    text.parse::<Time>().ok().map(|time| time.ms())
}

#[test]
fn instants_are_those_of_the_calendar() {
    // Seconds from `date -u -d … +%s`.
    let table = [
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T12:34:56Z", 951_827_696_000),
        ("2026-05-01T08:00:00+02:00", 1_777_615_200_000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("0000-01-01T00:00:00Z", MS_MIN),
        ("9999-12-31T23:59:59.999Z", MS_MAX),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2022-09-05T19:04:37.5450000+00:00", 1_662_404_677_545),
        ("2021-01-01T00:00:00.9996Z", 1_609_459_200_999),
        ("2021-01-01T00:00:00.0005-14:00", 1_609_509_600_000),
    ];
    for (text, expected) in table {
        assert_eq!(ms(text), Some(expected), "{text}");
        assert_eq!(text.parse::<Time>().unwrap().text(), text);
    }
}

#[test]
fn order_is_of_instants_and_not_of_text() {
    let (early, late) = ("2026-01-01T01:00:00+02:00", "2026-01-01T00:00:00Z");
    assert!(ms(early) < ms(late) && early > late);
}

#[test]
fn what_is_not_a_time_is_refused() {
    for text in [
        "",
        "22-07-2026",
        "2026-07-22",
        "2026-07-22T06:45:00",
        "2026-07-22T06:45:00+0200",
        "2026-07-22T06:45:00+14:01",
        "2026-07-22T06:45:00.Z",
        "2026-07-22T06:45:00.1",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:61Z",
        "2026-01-01 00:00:00Z",
        "+026-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01",
        "２026-01-01T00:00:00Z",
    ] {
        assert_eq!(ms(text), None, "{text}");
    }
}

#[test]
fn standard_spellings_are_not_kept_twice() {
    for text in ["2026-05-01T08:00:00Z", "2026-05-01T08:00:00.100Z"] {
        assert_eq!(text.parse::<Time>().unwrap(), Time::at(ms(text).unwrap()));
    }
    let zeros: Time = "2026-05-01T08:00:00.000Z".parse().unwrap();
    assert_ne!(zeros, Time::at(zeros.ms()));
    assert!(zeros.is_consistent());
    assert!(!Time { ms: 1, written: zeros.written }.is_consistent());
}

#[test]
fn every_day_of_four_centuries_comes_back() {
    for day in -141_000..=5_100 {
        let (year, month, date) = civil_from_days(day);
        assert_eq!(days_from_civil(year, month, date), day);
        assert!((1..=days_in(year, month)).contains(&date));
    }
}

#[test]
fn offsets_are_minutes_and_lose_only_the_sign_of_zero() {
    for (text, minutes) in [("+02:00", 120), ("-03:30", -210), ("+14:00", 840), ("-00:00", 0)] {
        let offset: Offset = text.parse().unwrap();
        assert_eq!(offset.minutes(), minutes);
        assert_eq!(offset.to_string(), if minutes == 0 { "+00:00" } else { text });
    }
    for text in ["02:00", "+2:00", "+14:01", "+02:60", "Z", "+0200", "+02-00"] {
        assert!(text.parse::<Offset>().is_err(), "{text}");
    }
}

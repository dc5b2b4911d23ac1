//! Time: an instant in milliseconds since 1970 UTC, and the spelling it was written in.
//!
//! Instants order; spellings do not (`2026-01-01T01:00:00+02:00` is before `2026-01-01T00:00:00Z`).
//! Source: RFC 3339 with any number of fraction digits, as `xsd:dateTimeStamp` of EPCIS 2.0. Digits past
//! the millisecond are cut from the instant and kept in the spelling. The date arithmetic is that of
//! Hinnant, "chrono-compatible low-level date algorithms".

#[cfg(test)]
mod tests;

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::Error;

const DAY_MS: i64 = 86_400_000;

/// A point in time and how it was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Time {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    ms: i64,
    /// As written, where that is not what [`Time::text`] would make of `ms`.
    written: Option<String>,
}

impl Time {
    /// The time at `ms` milliseconds since 1970 UTC, in its standard spelling.
    #[must_use]
    pub fn at(ms: i64) -> Self {
        Self { ms, written: None }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn ms(&self) -> i64 {
        self.ms
    }

    /// As written; where nothing was kept, UTC with `Z` and milliseconds if there are any.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match &self.written {
            Some(written) => Cow::Borrowed(written),
            None => Cow::Owned(utc(self.ms)),
        }
    }

    /// Whether the spelling names the instant, and is kept only where it differs from the standard one.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        match &self.written {
            Some(written) => Self::from_str(written).is_ok_and(|read| read == *self),
            None => (MS_MIN..=MS_MAX).contains(&self.ms),
        }
    }
}

/// 0000-01-01T00:00:00Z.
const MS_MIN: i64 = -719_528 * DAY_MS;
/// 9999-12-31T23:59:59.999Z.
const MS_MAX: i64 = 2_932_897 * DAY_MS - 1;

impl FromStr for Time {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let ms = instant(text).filter(|ms| (MS_MIN..=MS_MAX).contains(ms)).ok_or(Error::Time)?;
        let written = (utc(ms) != text).then(|| String::from(text));
        Ok(Self { ms, written })
    }
}

/// `YYYY-MM-DDThh:mm:ss[.f…](Z|±hh:mm)` to milliseconds since 1970 UTC.
fn instant(text: &str) -> Option<i64> {
    if !text.is_ascii() {
        return None;
    }
    let year = number(text.get(0..4)?)?;
    let month = number(text.get(5..7)?)?;
    let day = number(text.get(8..10)?)?;
    let hour = number(text.get(11..13)?)?;
    let minute = number(text.get(14..16)?)?;
    let second = number(text.get(17..19)?)?;
    let marks = (text.get(4..5)?, text.get(7..8)?, text.get(10..11)?, text.get(13..14)?, text.get(16..17)?);
    if !matches!(marks, ("-", "-", "T" | "t", ":", ":")) {
        return None;
    }
    // A leap second (60) is the first millisecond after it: instants have no name for it.
    if !(1..=12).contains(&month)
        || !(1..=days_in(year, month)).contains(&day)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let (fraction_ms, zone) = fraction(text.get(19..)?)?;
    let offset_ms = match zone {
        "Z" | "z" => 0,
        _ => i64::from(zone.parse::<Offset>().ok()?.minutes()) * 60_000,
    };
    let seconds = (hour * 60 + minute) * 60 + second;
    Some(days_from_civil(year, month, day) * DAY_MS + seconds * 1000 + fraction_ms - offset_ms)
}

/// An optional `.digits` in milliseconds, cut after three digits, and what follows it.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(rest) = text.strip_prefix('.') else {
        return Some((0, text));
    };
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit())?;
    if end == 0 {
        return None;
    }
    let digits = rest.get(..end.min(3))?;
    let ms = match digits.len() {
        1 => number(digits)? * 100,
        2 => number(digits)? * 10,
        _ => number(digits)?,
    };
    Some((ms, rest.get(end..)?))
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The year, month and day of a day count since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// `YYYY-MM-DDThh:mm:ss[.fff]Z`.
#[must_use]
pub fn utc(ms: i64) -> String {
    let ms = ms.clamp(MS_MIN, MS_MAX);
    let (year, month, day) = civil_from_days(ms.div_euclid(DAY_MS));
    let of_day = ms.rem_euclid(DAY_MS);
    let (seconds, fraction) = (of_day / 1000, of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let point = if fraction == 0 { String::new() } else { format!(".{fraction:03}") };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}Z")
}

/// A time zone offset in minutes east of UTC, −14:00 to +14:00. `-00:00` is `+00:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize)]
pub struct Offset(i16);

impl BorshDeserialize for Offset {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        Self::from_minutes(i16::deserialize_reader(reader)?)
            .ok_or_else(|| borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, "time zone offset"))
    }
}

impl Offset {
    /// The offset `minutes` east of UTC, if within 14 hours.
    #[must_use]
    pub fn from_minutes(minutes: i16) -> Option<Self> {
        (-840..=840).contains(&minutes).then_some(Self(minutes))
    }

    /// Minutes east of UTC.
    #[must_use]
    pub fn minutes(self) -> i16 {
        self.0
    }
}

impl FromStr for Offset {
    type Err = Error;

    /// Reads `±hh:mm`.
    fn from_str(text: &str) -> Result<Self, Error> {
        read_offset(text).ok_or(Error::Offset)
    }
}

fn read_offset(text: &str) -> Option<Offset> {
    if text.len() != 6 || !text.is_ascii() || text.get(3..4)? != ":" {
        return None;
    }
    let hours = i16::try_from(number(text.get(1..3)?)?).ok()?;
    let minutes = i16::try_from(number(text.get(4..6)?)?).ok()?;
    let total = if minutes < 60 { hours * 60 + minutes } else { return None };
    match text.get(0..1)? {
        "+" => Offset::from_minutes(total),
        "-" => Offset::from_minutes(-total),
        _ => None,
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { '-' } else { '+' };
        let minutes = self.0.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

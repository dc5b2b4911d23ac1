//! What is printed on a package, as it is asked about.

use alloc::format;
use alloc::string::String;

use crate::error::Error;
use crate::identifier::{HOST, Identifier};
use crate::register::{escaped, lot_of};

/// The instance of a trade item: 8 to 14 digits and a serial number, as they are printed.
///
/// # Errors
///
/// As [`Identifier::parse`] of the link that they make.
pub fn instance(gtin: &str, serial: &str) -> Result<Identifier, Error> {
    Identifier::parse(&format!("{HOST}01/{gtin:0>14}/21/{}", escaped(serial)))
}

/// A lot as it is printed, in the spelling of canonical links.
#[must_use]
pub fn spelled_lot(text: &str) -> String {
    let escaped = escaped(text);
    // Any trade item will do.
    let link = Identifier::parse(&lot_of("00000000000000", &escaped)).ok();
    link.and_then(|link| link.lot()).unwrap_or(escaped)
}

/// An expiry as it is asked about, `YYYY-MM-DD`, of that or of the `YYMMDD` in a bar code; its day 00 is the last of the
/// month (GS1 General Specifications §3.4.7). `None` if it is neither.
#[must_use]
pub fn expiry(text: &str) -> Option<String> {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = match text.len() {
        10 => {
            let parts = (text.get(..4)?, text.get(5..7)?, text.get(8..)?);
            let dashed = text.get(4..5)? == "-" && text.get(7..8)? == "-";
            if !dashed {
                return None;
            }
            (String::from(parts.0), parts.1, parts.2)
        }
        6 => (format!("20{}", text.get(..2)?), text.get(2..4)?, text.get(4..)?),
        _ => return None,
    };
    if !(all_digits(&year) && all_digits(month) && all_digits(day)) {
        return None;
    }
    let last = last_day(year.parse().ok()?, month.parse().ok()?)?;
    let day: u8 = day.parse().ok()?;
    let day = if day == 0 && text.len() == 6 { last } else { day };
    (1..=last).contains(&day).then(|| format!("{year}-{month}-{day:02}"))
}

fn last_day(year: u16, month: u8) -> Option<u8> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap { 29 } else { 28 }),
        _ => None,
    }
}

//! Decimal: an exact number, mantissa × 10^−scale, as quantities and sensor readings need it.
//!
//! The scale is kept as written (`10.0` stays `10.0`), so `Eq` and borsh tell `10` and `10.0` apart;
//! [`Decimal::order`] compares values. Exponents are expanded (`1e2` is `100`) and `-0` is `0`. No
//! operation rounds: what does not fit is an error or `None`.

#[cfg(test)]
mod tests;

use alloc::string::String;
use core::cmp::Ordering;
use core::fmt;
use core::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::error::Error;
use crate::limits::DECIMAL_SCALE_MAX;

/// An exact decimal number: `mantissa × 10^-scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

/// Scale, count, and that many bytes of the mantissa, least first and no more than its sign needs.
impl BorshSerialize for Decimal {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        let bytes = self.mantissa.to_le_bytes();
        let count = significant(&bytes);
        writer.write_all(&[self.scale, u8::try_from(count).unwrap_or(16)])?;
        writer.write_all(bytes.get(..count).unwrap_or(&bytes))
    }
}

impl BorshDeserialize for Decimal {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let invalid = || borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, "decimal");
        let scale = u8::deserialize_reader(reader)?;
        let count = usize::from(u8::deserialize_reader(reader)?);
        let mut bytes = [0u8; 16];
        let given = bytes.get_mut(..count).ok_or_else(invalid)?;
        reader.read_exact(given)?;
        let negative = given.last().is_some_and(|last| *last >= 0x80);
        bytes.iter_mut().skip(count).for_each(|byte| *byte = if negative { 0xff } else { 0 });
        let shortest = significant(&bytes) == count;
        Self::new(i128::from_le_bytes(bytes), scale).filter(|_| shortest).ok_or_else(invalid)
    }
}

/// How many of the bytes tell the number: those above repeat its sign.
fn significant(bytes: &[u8; 16]) -> usize {
    let negative = bytes.last().is_some_and(|last| *last >= 0x80);
    let filler = if negative { 0xff } else { 0 };
    let count = 16 - bytes.iter().rev().take_while(|byte| **byte == filler).count();
    // The topmost kept bit must be the sign.
    let top = count.checked_sub(1).and_then(|top| bytes.get(top)).is_some_and(|top| *top >= 0x80);
    if top == negative { count } else { count + 1 }
}

impl Decimal {
    /// Zero, without decimal places.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// A number from its parts; `None` past [`DECIMAL_SCALE_MAX`] decimal places.
    #[must_use]
    pub fn new(mantissa: i128, scale: u8) -> Option<Self> {
        (scale <= DECIMAL_SCALE_MAX).then_some(Self { mantissa, scale })
    }

    /// All digits as an integer.
    #[must_use]
    pub fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// The number of decimal places.
    #[must_use]
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// Whether the value is greater than zero.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.mantissa > 0
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The order of the values, whatever their scales.
    #[must_use]
    pub fn order(self, other: Self) -> Ordering {
        let (whole, rest) = self.split();
        let (other_whole, other_rest) = other.split();
        whole.cmp(&other_whole).then(rest.cmp(&other_rest))
    }

    /// Whole part, and the fraction in units of 10^-DECIMAL_SCALE_MAX; both carry the sign.
    fn split(self) -> (i128, i128) {
        let unit = power_of_ten(self.scale);
        (self.mantissa / unit, self.mantissa % unit * power_of_ten(DECIMAL_SCALE_MAX - self.scale))
    }

    /// The sum, at the larger scale; `None` when it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.at_scale(scale)?.checked_add(other.at_scale(scale)?)?;
        Some(Self { mantissa, scale })
    }

    /// The difference, at the larger scale; `None` when it does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let mantissa = self.at_scale(scale)?.checked_sub(other.at_scale(scale)?)?;
        Some(Self { mantissa, scale })
    }

    /// The product, at the sum of the scales; `None` when it does not fit.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        Self::new(mantissa, self.scale.checked_add(other.scale)?)
    }

    /// The same value without trailing zeros after the point: the one form of a computed sum.
    #[must_use]
    pub fn reduced(mut self) -> Self {
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }

    fn at_scale(self, scale: u8) -> Option<i128> {
        self.mantissa.checked_mul(power_of_ten(scale.checked_sub(self.scale)?))
    }
}

/// 10^exponent; callers stay at or below [`DECIMAL_SCALE_MAX`], and 10^30 < 2^127.
fn power_of_ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

impl FromStr for Decimal {
    type Err = Error;

    /// Reads a JSON number (`-?digits[.digits][e[±]digits]`); leading zeros are tolerated.
    fn from_str(text: &str) -> Result<Self, Error> {
        read(text).ok_or(Error::Decimal)
    }
}

fn read(text: &str) -> Option<Decimal> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    if whole.is_empty() {
        return None;
    }
    let mut mantissa = 0i128;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
        mantissa = mantissa.checked_mul(10)?.checked_add(digit)?;
    }
    if negative {
        mantissa = mantissa.checked_neg()?;
    }
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    if scale >= 0 {
        return Decimal::new(mantissa, u8::try_from(scale).ok()?);
    }
    let raise = u8::try_from(scale.checked_neg()?).ok().filter(|raise| *raise <= DECIMAL_SCALE_MAX)?;
    Decimal::new(mantissa.checked_mul(power_of_ten(raise))?, 0)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = power_of_ten(self.scale).unsigned_abs();
        let digits = self.mantissa.unsigned_abs();
        if self.mantissa < 0 {
            f.write_str("-")?;
        }
        write!(f, "{}", digits / unit)?;
        if self.scale > 0 {
            write!(f, ".{:0width$}", digits % unit, width = usize::from(self.scale))?;
        }
        Ok(())
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }
}

impl From<Decimal> for String {
    fn from(value: Decimal) -> Self {
        alloc::format!("{value}")
    }
}

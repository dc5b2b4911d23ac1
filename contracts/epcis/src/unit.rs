//! Unit: what the codes of UN/ECE Recommendation 20 measure, and exact conversion between those of one dimension.
//!
//! Factors are those that define the units (the international pound and yard, the US gallon, …), as fractions, so nothing
//! is rounded: [`order`] compares by cross multiplication, and [`convert`] answers only what a [`Decimal`] holds exactly.
//! A code that is not in the table measures a dimension of its own and is comparable with itself alone.

#[cfg(test)]
mod tests;

use core::cmp::Ordering;

use crate::decimal::Decimal;

/// What a unit measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Pieces. The code is absent or says so.
    Count,
    /// Mass, in kilograms.
    Mass,
    /// Volume, in litres.
    Volume,
    /// Length, in metres.
    Length,
    /// Area, in square metres.
    Area,
    /// Time, in seconds.
    Duration,
    /// Absolute temperature, in kelvins.
    Temperature,
    /// Pressure, in pascals.
    Pressure,
    /// Energy, in joules.
    Energy,
    /// A share of something, in ones.
    Share,
    /// Acceleration, in metres per second squared.
    Acceleration,
}

/// A unit: a value of it is `value × factor + offset` of its dimension's base unit.
struct Unit {
    code: &'static str,
    dimension: Dimension,
    factor: (i128, i128),
    offset: (i128, i128),
}

const fn unit(code: &'static str, dimension: Dimension, numerator: i128, denominator: i128) -> Unit {
    Unit { code, dimension, factor: (numerator, denominator), offset: (0, 1) }
}

use Dimension::{Acceleration, Area, Count, Duration, Energy, Length, Mass, Pressure, Share, Temperature, Volume};

/// The base unit of each dimension stands first.
const UNITS: &[Unit] = &[
    unit("", Count, 1, 1),
    unit("EA", Count, 1, 1),
    unit("H87", Count, 1, 1),
    unit("C62", Count, 1, 1),
    unit("PR", Count, 2, 1),
    unit("DZN", Count, 12, 1),
    unit("GRO", Count, 144, 1),
    unit("KGM", Mass, 1, 1),
    unit("GRM", Mass, 1, 1_000),
    unit("MGM", Mass, 1, 1_000_000),
    unit("MC", Mass, 1, 1_000_000_000),
    unit("HGM", Mass, 1, 10),
    unit("DTN", Mass, 100, 1),
    unit("TNE", Mass, 1_000, 1),
    unit("KTN", Mass, 1_000_000, 1),
    unit("LBR", Mass, 45_359_237, 100_000_000),
    unit("ONZ", Mass, 28_349_523_125, 1_000_000_000_000),
    unit("STN", Mass, 90_718_474, 100_000),
    unit("LTN", Mass, 10_160_469_088, 10_000_000),
    unit("LTR", Volume, 1, 1),
    unit("MLT", Volume, 1, 1_000),
    unit("CLT", Volume, 1, 100),
    unit("DLT", Volume, 1, 10),
    unit("HLT", Volume, 100, 1),
    unit("CMQ", Volume, 1, 1_000),
    unit("DMQ", Volume, 1, 1),
    unit("MTQ", Volume, 1_000, 1),
    unit("GLL", Volume, 3_785_411_784, 1_000_000_000),
    unit("GLI", Volume, 454_609, 100_000),
    unit("OZA", Volume, 295_735_295_625, 10_000_000_000_000),
    unit("FTQ", Volume, 28_316_846_592, 1_000_000_000),
    unit("INQ", Volume, 16_387_064, 1_000_000_000),
    unit("BLL", Volume, 158_987_294_928, 1_000_000_000),
    unit("MTR", Length, 1, 1),
    unit("CMT", Length, 1, 100),
    unit("MMT", Length, 1, 1_000),
    unit("DMT", Length, 1, 10),
    unit("KMT", Length, 1_000, 1),
    unit("INH", Length, 254, 10_000),
    unit("FOT", Length, 3_048, 10_000),
    unit("YRD", Length, 9_144, 10_000),
    unit("SMI", Length, 1_609_344, 1_000),
    unit("MTK", Area, 1, 1),
    unit("CMK", Area, 1, 10_000),
    unit("HAR", Area, 10_000, 1),
    unit("KMK", Area, 1_000_000, 1),
    unit("FTK", Area, 9_290_304, 100_000_000),
    unit("ACR", Area, 40_468_564_224, 10_000_000),
    unit("SEC", Duration, 1, 1),
    unit("MIN", Duration, 60, 1),
    unit("HUR", Duration, 3_600, 1),
    unit("DAY", Duration, 86_400, 1),
    unit("KEL", Temperature, 1, 1),
    Unit { code: "CEL", dimension: Temperature, factor: (1, 1), offset: (27_315, 100) },
    Unit { code: "FAH", dimension: Temperature, factor: (5, 9), offset: (45_967, 180) },
    unit("PAL", Pressure, 1, 1),
    unit("A97", Pressure, 100, 1),
    unit("KPA", Pressure, 1_000, 1),
    unit("MPA", Pressure, 1_000_000, 1),
    unit("MBR", Pressure, 100, 1),
    unit("BAR", Pressure, 100_000, 1),
    unit("ATM", Pressure, 101_325, 1),
    unit("JOU", Energy, 1, 1),
    unit("KJO", Energy, 1_000, 1),
    unit("WHR", Energy, 3_600, 1),
    unit("KWH", Energy, 3_600_000, 1),
    unit("MWH", Energy, 3_600_000_000, 1),
    unit("C26", Duration, 1, 1_000),
    unit("P1", Share, 1, 100),
    unit("NX", Share, 1, 1_000),
    unit("59", Share, 1, 1_000_000),
    unit("MSK", Acceleration, 1, 1),
    unit("K40", Acceleration, 980_665, 100_000),
];

fn known(code: &str) -> Option<&'static Unit> {
    UNITS.iter().find(|unit| unit.code == code)
}

/// What the unit `code` measures, if it is in the table.
#[must_use]
pub fn dimension(code: &str) -> Option<Dimension> {
    known(code).map(|unit| unit.dimension)
}

/// The code of the unit that others of the dimension are multiples of; empty for pieces.
#[must_use]
pub fn base(dimension: Dimension) -> &'static str {
    UNITS.iter().find(|unit| unit.dimension == dimension).map_or("", |unit| unit.code)
}

/// Whether values in the two units can be compared.
#[must_use]
pub fn are_comparable(one: &str, other: &str) -> bool {
    one == other || dimension(one).is_some_and(|dimension| self::dimension(other) == Some(dimension))
}

/// How a value in one unit compares with a value in another. `None` if they measure different things, and for values so
/// large or finely given that they cannot be compared exactly.
#[must_use]
pub fn order(value: Decimal, unit: &str, other: Decimal, other_unit: &str) -> Option<Ordering> {
    if unit == other_unit {
        return Some(value.order(other));
    }
    if !are_comparable(unit, other_unit) {
        return None;
    }
    let one = Ratio::of(value)?.into_base(known(unit)?)?;
    let other = Ratio::of(other)?.into_base(known(other_unit)?)?;
    one.order(other)
}

/// A value of the unit `from` in the unit `to`. `None` if they measure different things, or if the value is no decimal
/// number in that unit, or one that does not fit.
#[must_use]
pub fn convert(value: Decimal, from: &str, to: &str) -> Option<Decimal> {
    if from == to {
        return Some(value);
    }
    if !are_comparable(from, to) {
        return None;
    }
    Ratio::of(value)?.into_base(known(from)?)?.out_of_base(known(to)?)?.decimal()
}

/// A fraction in lowest terms, its denominator positive.
#[derive(Clone, Copy, Debug)]
struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    fn new(numerator: i128, denominator: i128) -> Option<Self> {
        let divisor = greatest_common_divisor(numerator, denominator)?;
        Some(Self { numerator: numerator.checked_div(divisor)?, denominator: denominator.checked_div(divisor)? })
    }

    fn of(value: Decimal) -> Option<Self> {
        Self::new(value.mantissa(), 10i128.checked_pow(u32::from(value.scale()))?)
    }

    fn into_base(self, unit: &Unit) -> Option<Self> {
        self.times(unit.factor)?.plus(unit.offset)
    }

    fn out_of_base(self, unit: &Unit) -> Option<Self> {
        let (numerator, denominator) = unit.offset;
        let (factor, divisor) = unit.factor;
        self.plus((numerator.checked_neg()?, denominator))?.times((divisor, factor))
    }

    fn times(self, (numerator, denominator): (i128, i128)) -> Option<Self> {
        // Across first, so that what cancels does not overflow.
        let (one, two) = (Self::new(self.numerator, denominator)?, Self::new(numerator, self.denominator)?);
        Self::new(one.numerator.checked_mul(two.numerator)?, one.denominator.checked_mul(two.denominator)?)
    }

    fn plus(self, (numerator, denominator): (i128, i128)) -> Option<Self> {
        let own = self.numerator.checked_mul(denominator)?;
        let more = numerator.checked_mul(self.denominator)?;
        Self::new(own.checked_add(more)?, self.denominator.checked_mul(denominator)?)
    }

    fn order(self, other: Self) -> Option<Ordering> {
        let own = self.numerator.checked_mul(other.denominator)?;
        Some(own.cmp(&other.numerator.checked_mul(self.denominator)?))
    }

    /// The same as a decimal number, if it is one: the denominator divides a power of ten.
    fn decimal(self) -> Option<Decimal> {
        let mut scale = 0u8;
        let mut power = 1i128;
        while power.checked_rem(self.denominator)? != 0 {
            scale = scale.checked_add(1)?;
            power = power.checked_mul(10)?;
        }
        Decimal::new(self.numerator.checked_mul(power.checked_div(self.denominator)?)?, scale)
    }
}

/// Positive, so that it divides signs away from no number; `None` if both are zero or one is the least of all numbers.
fn greatest_common_divisor(one: i128, other: i128) -> Option<i128> {
    let (mut one, mut other) = (one.checked_abs()?, other.checked_abs()?);
    while other != 0 {
        (one, other) = (other, one.checked_rem(other)?);
    }
    (one > 0).then_some(one)
}

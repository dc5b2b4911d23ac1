//! Temperatures of an event's sensor reports, in whole thousandths of a degree Celsius.
//!
//! The least is rounded down and the greatest up, so that no reading looks better than it is.

use alloc::vec::Vec;

use countersign_epcis::sensor::{SensorElement, SensorReport};
use countersign_epcis::{Decimal, Event};
use countersign_interfaces::coldchain::Reading;

use crate::consult::moment;

/// The measurement's word in the standard.
const TEMPERATURE: &str = "Temperature";

/// All temperatures in a unit that is known.
pub(super) fn readings(event: &Event) -> Vec<Reading> {
    let reports = event.sensors.iter().flat_map(|element| element.reports.iter().map(move |report| (element, report)));
    reports.filter_map(|(element, report)| reading(event, element, report)).collect()
}

fn reading(event: &Event, element: &SensorElement, report: &SensorReport) -> Option<Reading> {
    if report.kind.as_ref()?.word() != TEMPERATURE {
        return None;
    }
    let unit = Unit::of(report.uom.as_deref()?)?;
    let values = [report.value, report.min_value, report.max_value, report.mean_value];
    let values = || values.iter().copied().flatten();
    let least = values().map(|value| unit.thousandths(value, i128::div_euclid)).min()??;
    let most = values().map(|value| unit.thousandths(value, ceiling)).max()??;
    let metadata = element.metadata.as_ref();
    let start = metadata.and_then(|metadata| metadata.start_time.as_ref());
    let time = report.time.as_ref().or_else(|| metadata.and_then(|metadata| metadata.time.as_ref()));
    let from = start.or(time).unwrap_or(&event.time);
    let to = metadata.and_then(|metadata| metadata.end_time.as_ref()).unwrap_or(from);
    Some(Reading { from_ms: moment(from.ms()), to_ms: moment(to.ms()), least, most })
}

/// A unit of temperature, by its code of UN/ECE Recommendation 20.
#[derive(Clone, Copy)]
enum Unit {
    Celsius,
    Fahrenheit,
    Kelvin,
}

impl Unit {
    fn of(code: &str) -> Option<Self> {
        match code {
            "CEL" => Some(Self::Celsius),
            "FAH" => Some(Self::Fahrenheit),
            "KEL" => Some(Self::Kelvin),
            _ => None,
        }
    }

    /// A value in thousandths of a degree Celsius; none if it does not fit.
    fn thousandths(self, value: Decimal, divide: fn(i128, i128) -> i128) -> Option<i64> {
        // (value − zero) × 1,000 × numerator ÷ denominator, of which value is mantissa ÷ 10^scale.
        let (zero_hundredths, numerator, denominator): (i128, i128, i128) = match self {
            Self::Celsius => (0, 1, 1),
            Self::Fahrenheit => (3_200, 5, 9),
            Self::Kelvin => (27_315, 1, 1),
        };
        let power = 10i128.checked_pow(u32::from(value.scale()))?;
        let hundredths = value.mantissa().checked_mul(100)?.checked_sub(zero_hundredths.checked_mul(power)?)?;
        let scaled = hundredths.checked_mul(10)?.checked_mul(numerator)?;
        i64::try_from(divide(scaled, power.checked_mul(denominator)?)).ok()
    }
}

/// The quotient of a positive divisor, rounded up.
fn ceiling(dividend: i128, divisor: i128) -> i128 {
    -(-dividend).div_euclid(divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, unit: &str) -> Option<(i64, i64)> {
        let (value, unit) = (text.parse().unwrap(), Unit::of(unit).unwrap());
        Some((unit.thousandths(value, i128::div_euclid)?, unit.thousandths(value, ceiling)?))
    }

    #[test]
    fn units_are_converted_and_rounded_outwards() {
        let table = [
            ("8", "CEL", (8_000, 8_000)),
            ("-0.0005", "CEL", (-1, 0)),
            ("8.00049", "CEL", (8_000, 8_001)),
            ("46.4", "FAH", (8_000, 8_000)),
            ("0", "FAH", (-17_778, -17_777)),
            ("273.15", "KEL", (0, 0)),
            ("0.00", "KEL", (-273_150, -273_150)),
        ];
        for (text, unit, expected) in table {
            assert_eq!(both(text, unit), Some(expected), "{text} {unit}");
        }
        assert_eq!(both("170141183460469231731687303715884105727", "CEL"), None);
        assert_eq!(both("9223372036854775.808", "CEL"), None);
        assert!(Unit::of("MTR").is_none());
    }
}

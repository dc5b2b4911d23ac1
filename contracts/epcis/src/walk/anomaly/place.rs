//! Place: where on the earth an event happened, and whether something can have come from there to here.
//!
//! Distances are chords through the earth, in integers: what nobody can have travelled in a straight line, nobody can have
//! travelled around either, so nothing is accused by rounding or by a flat map.

#[cfg(test)]
mod tests;

use crate::decimal::Decimal;
use crate::event::{Event, Place};
use crate::value::Value;

/// Unit of angles and of their functions: 10^-12.
const ONE: i128 = 1_000_000_000_000;
/// π in that unit.
const PI: i128 = 3_141_592_653_590;
/// Mean radius of the earth, metres.
const RADIUS_M: i128 = 6_371_000;
/// What an airliner flies in an hour, metres.
const SPEED_M: i128 = 1_100_000;
/// Places have an extent, and clocks are off by minutes: metres that are no journey.
const SLACK_M: i128 = 50_000;
const HOUR_MS: i128 = 3_600_000;

/// A point on the earth: latitude and longitude in radians, in units of [`ONE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    latitude: i128,
    longitude: i128,
}

/// Where an event happened, if its read point or location says so: as a `geo:` URI (RFC 5870) in degrees, or by `latitude`
/// and `longitude` among its extensions.
pub(super) fn of(event: &Event) -> Option<Point> {
    [&event.read_point, &event.location].into_iter().flatten().find_map(of_place)
}

fn of_place(place: &Place) -> Option<Point> {
    if let Some(rest) = place.id.canonical().strip_prefix("geo:") {
        let mut parts = rest.split(';').next()?.split(',');
        let (latitude, longitude) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        return Point::of_degrees(latitude, longitude);
    }
    let named = |wanted: &str| {
        let own = |name: &str| name.rsplit([':', '/', '#']).next() == Some(wanted);
        let value = place.extensions.iter().find(|(name, _)| own(name)).map(|(_, value)| value)?;
        match value {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    };
    Point::of_degrees(named("latitude")?, named("longitude")?)
}

impl Point {
    pub(super) fn of_degrees(latitude: Decimal, longitude: Decimal) -> Option<Self> {
        let radians = |degrees: Decimal, most: i128| {
            // Twelve decimal places of a degree are a tenth of a micrometre.
            let scale = degrees.scale();
            let angle = match scale.checked_sub(12) {
                Some(more) => degrees.mantissa().checked_div(10i128.checked_pow(u32::from(more))?)?,
                None => degrees.mantissa().checked_mul(10i128.checked_pow(u32::from(12u8.checked_sub(scale)?))?)?,
            };
            (angle.checked_abs()? <= most * ONE).then(|| angle * PI / (180 * ONE))
        };
        Some(Self { latitude: radians(latitude, 90)?, longitude: radians(longitude, 180)? })
    }

    /// Its place in space on a sphere of radius [`ONE`].
    fn in_space(self) -> [i128; 3] {
        let level = cosine(self.latitude);
        [level * cosine(self.longitude) / ONE, level * sine(self.longitude) / ONE, sine(self.latitude)]
    }

    /// The way to another point through the earth, metres.
    fn chord_m(self, other: Self) -> i128 {
        let squares = self.in_space().into_iter().zip(other.in_space()).map(|(one, two)| (one - two) * (one - two));
        squares.sum::<i128>().isqrt() * RADIUS_M / ONE
    }
}

/// How many kilometres lie between two points, if nothing travels so far in the time.
pub(super) fn too_far(there: Point, here: Point, elapsed_ms: i64) -> Option<i128> {
    let reach = SLACK_M + SPEED_M * i128::from(elapsed_ms.max(0)) / HOUR_MS;
    let distance = there.chord_m(here);
    (distance > reach).then_some(distance / 1_000)
}

/// Sine of an angle of at most π, by its series; the thirteenth term is below 10^-11 there.
fn sine(angle: i128) -> i128 {
    let square = angle * angle / ONE;
    let (mut term, mut sum) = (angle, angle);
    for step in 1..14i128 {
        term = -term * square / ONE / (2 * step * (2 * step + 1));
        sum += term;
    }
    sum
}

fn cosine(angle: i128) -> i128 {
    let square = angle * angle / ONE;
    let (mut term, mut sum) = (ONE, ONE);
    for step in 1..14i128 {
        term = -term * square / ONE / (2 * step * (2 * step - 1));
        sum += term;
    }
    sum
}

use super::*;

fn point(latitude: &str, longitude: &str) -> Point {
    Point::of_degrees(latitude.parse().unwrap(), longitude.parse().unwrap()).unwrap()
}

#[test]
fn sines_and_chords_are_those_of_the_tables() {
    for (degrees, sin, cos) in [
        ("0", 0, ONE),
        ("30", ONE / 2, 866_025_403_784),
        ("90", ONE, 0),
        ("180", 0, -ONE),
        ("-45", -707_106_781_187, 707_106_781_187),
    ] {
        let angle = point("0", degrees).longitude;
        assert!((sine(angle) - sin).abs() < 100, "{degrees}: {}", sine(angle));
        assert!((cosine(angle) - cos).abs() < 100, "{degrees}: {}", cosine(angle));
    }
    // The poles are a diameter apart; a degree of longitude is shorter in the north.
    assert!((point("90", "0").chord_m(point("-90", "77")) - 2 * RADIUS_M).abs() < 10);
    assert!((point("0", "0").chord_m(point("0", "1")) - 111_193).abs() < 10);
    assert!((point("60", "0").chord_m(point("60", "1")) - 55_597).abs() < 10);
    assert!(point("0", "179.9").chord_m(point("0", "-179.9")) < 22_300);
}

#[test]
fn only_what_no_aeroplane_does_is_too_far() {
    let (hamburg, singapore) = (point("53.55", "9.99"), point("1.35", "103.82"));
    let hour = 3_600_000;
    assert!(too_far(hamburg, singapore, 13 * hour).is_none());
    let distance = too_far(hamburg, singapore, 2 * hour).unwrap();
    assert!((9_000..10_200).contains(&distance), "{distance}");
    assert!(too_far(hamburg, point("53.6", "10.0"), 0).is_none());
    assert!(Point::of_degrees("91".parse().unwrap(), "0".parse().unwrap()).is_none());
}

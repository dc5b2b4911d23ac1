//! Intervals against a model that marks each millisecond.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn interval(from_ms: u64, to_ms: u64) -> Interval {
    Interval { from_ms, to_ms }
}

fn of(intervals: &[(u64, u64)]) -> Excursions {
    let mut excursions = Excursions::default();
    intervals.iter().for_each(|(from_ms, to_ms)| excursions.add(interval(*from_ms, *to_ms)));
    excursions
}

proptest! {
    #[test]
    fn the_total_is_the_number_of_moments_covered(added in prop::collection::vec((0u64..200, 0u64..30), 0..24)) {
        let intervals: Vec<(u64, u64)> = added.iter().map(|(from, length)| (*from, from + length)).collect();
        let excursions = of(&intervals);
        let covered: BTreeSet<u64> = intervals.iter().flat_map(|(from, to)| *from..*to).collect();
        prop_assert_eq!(excursions.total_ms(), u64::try_from(covered.len()).unwrap());
        let mut backwards = intervals.clone();
        backwards.reverse();
        prop_assert_eq!(&of(&backwards), &excursions, "in any order");
        let twice: Vec<(u64, u64)> = intervals.iter().chain(&intervals).copied().collect();
        prop_assert_eq!(&of(&twice), &excursions, "twice");
        for pair in excursions.intervals.windows(2) {
            prop_assert!(pair[0].to_ms < pair[1].from_ms, "{:?}", pair);
        }
    }
}

#[test]
fn past_the_limit_the_shortest_gap_counts_as_an_excursion() {
    let mut apart: Vec<(u64, u64)> = (0..32).map(|n| (n * 100, n * 100 + 10)).collect();
    assert_eq!(of(&apart).total_ms(), 320);
    apart.push((5_000, 5_010));
    assert_eq!(of(&apart).intervals.len(), EXCURSIONS_MAX);
    assert_eq!(of(&apart).total_ms(), 330 + 90);
}

#[test]
fn the_longest_interval_overflows_nothing() {
    let excursions = of(&[(0, u64::MAX), (5, 6), (u64::MAX, u64::MAX)]);
    assert_eq!(excursions.intervals, [interval(0, u64::MAX)]);
    assert_eq!(excursions.total_ms(), u64::MAX);
}

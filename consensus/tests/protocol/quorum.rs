//! Quorum sizes: any two share a correct validator, and the correct ones are one (promise S1).

use countersign_types::validator::{faulty_max, quorum};
use proptest::prelude::*;

proptest! {
    #[test]
    fn quorums_of_any_size_are_safe_and_live(n in 1u32..=100) {
        let count = u16::try_from(n).unwrap();
        let (f, q) = (u32::from(faulty_max(count)), u32::from(quorum(count)));
        prop_assert!(3 * f < n && 3 * (f + 1) >= n, "f is the largest below a third");
        prop_assert!(2 * q > n + f, "two quorums share more than f");
        prop_assert!(n - f >= q, "the correct ones suffice");
        prop_assert!(2 * (q - 1) <= n + f, "and one less would not be safe");
        prop_assert!(q > 2 * f, "a quorum has more correct members than faulty ones");
    }
}

#[test]
fn two_f_plus_one_would_be_unsafe() {
    for count in [5u16, 6, 50] {
        assert!(quorum(count) > 2 * faulty_max(count) + 1, "n = {count}");
    }
}

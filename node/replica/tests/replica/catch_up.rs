//! Whom a node that is behind asks, and when.

use crate::chain::BEGIN;
use countersign_replica::catch_up::CatchUp;
use countersign_types::Height;

#[test]
fn one_peer_is_asked_at_a_time_and_never_itself() {
    let mut catch_up = CatchUp::default();
    assert_eq!(catch_up.due(BEGIN, Height(3), 4, Some(1)), None);
    catch_up.want(Height(9), 0);
    assert_eq!(catch_up.due(BEGIN, Height(3), 4, Some(1)), Some((0, Height(4))));
    assert!(catch_up.awaits(0) && !catch_up.awaits(2));
    assert_eq!(catch_up.next_at(), Some(BEGIN.plus(2_000)));
    assert_eq!(catch_up.due(BEGIN.plus(1_999), Height(3), 4, Some(1)), None);
    // No answer: the next peer, past itself.
    assert_eq!(catch_up.due(BEGIN.plus(2_000), Height(3), 4, Some(1)), Some((2, Height(4))));
    // A useful answer: the same one again, at once, from where the ledger stands.
    catch_up.answered(true, 4);
    assert_eq!(catch_up.due(BEGIN.plus(2_010), Height(7), 4, Some(1)), Some((2, Height(8))));
    // A useless one: the next, but not before it is time to ask again.
    catch_up.answered(false, 4);
    assert_eq!(catch_up.due(BEGIN.plus(2_020), Height(7), 4, Some(1)), None);
    assert_eq!(catch_up.due(BEGIN.plus(4_010), Height(7), 4, Some(1)), Some((3, Height(8))));
    catch_up.answered(true, 4);
    assert_eq!(catch_up.due(BEGIN.plus(4_030), Height(9), 4, Some(1)), None);
    assert!(!catch_up.is_active() && catch_up.next_at().is_none());
}

#[test]
fn the_highest_wish_counts_and_a_clock_set_back_delays_nothing() {
    let mut catch_up = CatchUp::default();
    catch_up.want(Height(9), 2);
    catch_up.want(Height(5), 3);
    assert_eq!(catch_up.target(), Some(Height(9)));
    assert_eq!(catch_up.due(BEGIN, Height(5), 4, None), Some((2, Height(6))));
    assert!(catch_up.due(countersign_types::TimestampMs(5), Height(5), 4, None).is_some());
}

#[test]
fn a_height_that_nobody_has_is_given_up() {
    let mut catch_up = CatchUp::default();
    catch_up.want(Height(u64::MAX), 2);
    for round in 0..4 {
        assert!(catch_up.due(BEGIN.plus(2_000 * round), Height(5), 4, Some(1)).is_some(), "round {round}");
        catch_up.answered(false, 4);
    }
    assert!(!catch_up.is_active());
    catch_up.want(Height(7), 0);
    assert_eq!(catch_up.due(BEGIN.plus(8_000), Height(5), 4, Some(1)).map(|(_, from)| from), Some(Height(6)));
}

//! The counter, run natively.
#![allow(clippy::unwrap_used)]

use countersign_contract::abi::trap;
use countersign_contract::testing::{Failure, Harness, Host};
use countersign_counter::Counter;

fn adds_up(host: &mut impl Harness) {
    assert_eq!(host.query::<u64>("total", &()), Ok(0));
    assert_eq!(host.invoke::<u64>("add", &(2u64,)), Ok(2));
    assert_eq!(host.invoke::<u64>("add", &(3u64,)), Ok(5));
    assert_eq!(host.query::<u64>("total", &()), Ok(5));
}

fn overflow_traps_and_changes_nothing(host: &mut impl Harness) {
    host.invoke::<u64>("add", &(u64::MAX,)).unwrap();
    let overflow = host.invoke::<u64>("add", &(1u64,));
    assert_eq!(overflow, Err(Failure::Trapped(trap::UNREACHABLE)));
    assert_eq!(host.query::<u64>("total", &()), Ok(u64::MAX));
}

#[test]
fn natively() {
    adds_up(&mut Host::new::<Counter>());
    overflow_traps_and_changes_nothing(&mut Host::new::<Counter>());
}

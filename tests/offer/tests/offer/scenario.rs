//! What happens to offers, on any harness.

use countersign_contract::abi::limits::{FROZEN_KEPT_MS, FROZEN_TRY_MS, SCHEDULE_AHEAD_MS_MAX};
use countersign_contract::abi::trap;
use countersign_contract::borsh;
use countersign_contract::testing::{Failure, Harness};
use countersign_offer::{Error, Expired, State};

pub fn offers_end_by_schedule(host: &mut impl Harness) {
    host.environment().account = "farm/anna".into();
    let begin = host.environment().time_ms;
    // Three offers; the second ends before the first.
    for (offer, after) in [(1u64, 60_000), (2, 50_000), (3, 60_000)] {
        assert_eq!(host.invoke::<u32>("offer", &(offer, begin + after)), Ok(0));
    }
    host.environment().account = "shop/bo".into();
    assert_eq!(host.invoke::<()>("accept", &(3u64,)), Ok(()));
    let refused = host.invoke::<()>("expire", &(1u64,)).unwrap_err();
    assert_eq!(refused.error(), Some(Error::NotScheduled), "nobody else ends an offer");

    let now = host.environment().time_ms;
    host.travel(begin + 49_999 - now);
    assert_eq!(host.made(), []);
    let before = host.environment().clone();
    host.travel(1);
    assert_eq!(host.events_of::<Expired>(), [Expired { offer: 2, by: "farm/anna".into() }]);
    assert_eq!(host.query::<Option<State>>("state", &(2u64,)), Ok(Some(State::Expired)));
    assert_eq!(host.environment().height, before.height + 1, "in a block of its own");
    assert_eq!(host.environment().account, "shop/bo");

    // Due with the next call, and before it.
    host.environment().time_ms = begin + 70_000;
    assert_eq!(host.invoke::<()>("accept", &(1u64,)).unwrap_err().error(), Some(Error::NotOpen));
    let ended: Vec<u64> = host.events_of::<Expired>().iter().map(|event| event.offer).collect();
    assert_eq!(ended, [2, 1]);
    let [second, first, third] = host.made() else { panic!("{:?}", host.made()) };
    assert_eq!((&second.result, &first.result), (&Ok(Vec::new()), &Ok(Vec::new())));
    assert_eq!(third.result.as_ref().unwrap_err().error(), Some(Error::NotOpen), "it was accepted");
    assert_eq!((first.call.method.as_str(), &first.call.input), ("expire", &borsh::to_vec(&1u64).unwrap()));
    host.travel(1_000_000);
    assert_eq!(host.made().len(), 3, "each once");
}

pub fn offers_wait_while_the_contract_is_frozen(host: &mut impl Harness) {
    host.environment().account = "farm/anna".into();
    let begin = host.environment().time_ms;
    assert_eq!(host.invoke::<u32>("offer", &(1u64, begin + 60_000)), Ok(0));
    host.freeze(true);
    let refused = host.invoke::<()>("accept", &(1u64,));
    assert_eq!(refused, Err(Failure::Trapped(trap::FROZEN)));
    host.travel(60_000);
    assert_eq!(host.made(), []);
    assert_eq!(host.query::<Option<State>>("state", &(1u64,)), Ok(Some(State::Open)), "views answer");
    host.freeze(false);
    host.travel(FROZEN_TRY_MS - 1);
    assert_eq!(host.made(), []);
    host.travel(1);
    assert_eq!(host.made().len(), 1);
    assert_eq!(host.query::<Option<State>>("state", &(1u64,)), Ok(Some(State::Expired)));

    // It does not wait for ever.
    let begin = host.environment().time_ms;
    assert_eq!(host.invoke::<u32>("offer", &(2u64, begin + 60_000)), Ok(0));
    host.freeze(true);
    host.travel(60_000 + FROZEN_KEPT_MS);
    assert_eq!(host.made().len(), 2);
    assert_eq!(host.made()[1].result, Err(Failure::Trapped(trap::FROZEN)));
}

pub fn what_is_out_of_range_is_refused(host: &mut impl Harness) {
    let now = host.environment().time_ms;
    for at in [0, now, now + SCHEDULE_AHEAD_MS_MAX + 1, u64::MAX] {
        let refused: Result<u32, Failure> = host.invoke("offer", &(1u64, at));
        assert_eq!(refused.unwrap_err().error(), Some(Error::Time), "{at}");
        host.environment().time_ms = now;
    }
    assert_eq!(host.query::<Option<State>>("state", &(1u64,)), Ok(None));
    assert_eq!(host.invoke::<u32>("offer", &(1u64, now + SCHEDULE_AHEAD_MS_MAX)), Ok(0));
    host.travel(SCHEDULE_AHEAD_MS_MAX);
    assert_eq!(host.query::<Option<State>>("state", &(1u64,)), Ok(Some(State::Expired)));
}

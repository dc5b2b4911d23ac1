//! Whoever drives a replica never has to guess when to call it, and reserved methods are no views.

use crate::chain::{BEGIN, call, open, replica};
use crate::network::Validator;
use countersign_abi::trap;
use countersign_ledger::{Ledger, MemoryStore};
use countersign_replica::query::View;
use countersign_replica::wire::Wire;
use countersign_replica::{Input, Output, Source};
use countersign_types::{Address, Height, TimestampMs};
use countersign_vm::Status;

fn alarms(outputs: &[Output]) -> Vec<TimestampMs> {
    outputs.iter().filter_map(|output| if let Output::WakeAt(at) = output { Some(*at) } else { None }).collect()
}

#[test]
fn every_turn_ends_with_one_alarm_that_lies_ahead() {
    let mut replica = replica(0);
    let mut now = BEGIN;
    let mut told = alarms(&replica.handle(now, Input::Tick));
    for nonce in 0..200 {
        assert_eq!(told.len(), 1);
        assert!(told[0] > now, "no turn asks to be called at once: that would spin");
        // Somebody else's input comes first; afterwards it is called when it asked for it.
        let transactions = vec![call(11, nonce)];
        let early = alarms(&replica.handle(now, Input::Transactions { transactions, source: Source::Gossip }));
        assert_eq!(early.len(), 1);
        now = early[0];
        let mut outputs = replica.handle(now, Input::Tick);
        let entry = outputs
            .iter()
            .filter_map(|output| if let Output::Persist { entry, .. } = output { *entry } else { None })
            .max();
        if let Some(entry) = entry {
            outputs = replica.handle(now, Input::Persisted { entry });
        }
        told = alarms(&outputs);
    }
}

#[test]
fn without_room_on_the_disk_nothing_is_heard_and_with_room_it_goes_on() {
    let mut validator = Validator::new(0);
    let submitted = |nonce| Input::Transactions {
        transactions: vec![call(11, nonce)],
        source: Source::Client { ticket: 40 + nonce },
    };
    assert!(validator.tell(Input::Room { enough: false }).is_empty());
    assert!(matches!(validator.tell(submitted(1))[..], [Output::Declined { ticket: 41 }]));
    for peer in 1..4 {
        assert!(validator.tell(Input::Connected { peer }).is_empty());
        assert!(validator.hear(peer, Wire::BlocksWanted { from: Height(1) }).is_empty());
    }
    for _ in 0..20 {
        assert!(validator.wait(1_000).is_empty(), "nothing is signed, written or said");
    }
    let view = validator.replica.status().view;
    assert_eq!(alarms(&validator.tell(Input::Room { enough: true })).len(), 1);
    let outputs = validator.tell(submitted(2));
    assert!(outputs.iter().any(|output| matches!(output, Output::Admitted { ticket: 42, .. })));
    assert!(validator.replica.status().view >= view);
}

#[test]
fn an_observer_follows_in_silence() {
    let mut observer = open(Ledger::create(MemoryStore::new(), &crate::chain::genesis()).unwrap(), None);
    let mut now = BEGIN;
    for _ in 0..50 {
        let outputs = observer.handle(now, Input::Tick);
        assert!(outputs.iter().all(|output| !matches!(output, Output::Stop(_))));
        now = alarms(&outputs).first().copied().unwrap_or(now.plus(1_000));
    }
    assert_eq!(observer.status().counters.votes_sent, 0);
}

#[test]
fn init_is_no_view() {
    let replica = replica(0);
    let (vm, genesis) = (crate::chain::vm(), crate::chain::genesis());
    for method in ["init", "migrate"] {
        let view =
            View { contract: Address::of("a/box"), method: method.into(), input: Vec::new(), gas_limit: 1_000_000 };
        let outcome = view.run(&vm, genesis.chain(), &replica.reader(), &crate::chain::header(0, 0)).unwrap();
        assert_eq!(outcome.status, Status::Trapped { cause: trap::METHOD_NOT_FOUND }, "{method}");
    }
}

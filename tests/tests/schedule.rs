//! Scheduling from the SDK to the chain: an offer that nobody accepts is ended by the chain itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use countersign_contract::borsh::{self, BorshDeserialize};
use countersign_contract::testing::Waiting;
use countersign_ledger::verify::verify;
use countersign_ledger::{EventCursor, prove_event, prove_transaction};
use countersign_offer::{Expired, Offers, State};
use countersign_testing::Both;
use countersign_tests::chain::Chain;
use countersign_tests::cluster::contract_module;
use countersign_types::proof::{Shown, Trusted};
use countersign_types::{Address, Gas, Hash, Outcome, Payload, Roles, ScheduledCall, TimestampMs};

#[path = "../offer/tests/offer/scenario.rs"]
mod scenario;

fn both() -> Both {
    Both::new::<Offers>(&contract_module("offer").unwrap()).unwrap()
}

#[test]
fn offers_end_on_the_nodes_machine_as_on_the_native_host() {
    scenario::offers_end_by_schedule(&mut both());
    scenario::what_is_out_of_range_is_refused(&mut both());
    scenario::offers_wait_while_the_contract_is_frozen(&mut both());
}

#[test]
fn harnesses_name_calls_as_the_chain_does() {
    let call = ScheduledCall {
        at: TimestampMs(9),
        contract: Address([1; 32]),
        method: "expire".into(),
        input: vec![1],
        gas: Gas(5),
        account: "farm/anna".parse().unwrap(),
        roles: Roles::SUBMITTER,
        transaction: Hash([7; 32]),
        position: 3,
        height: countersign_types::Height(2),
    };
    let waiting = Waiting {
        at_ms: 9,
        contract: [1; 32],
        method: "expire".into(),
        input: vec![1],
        gas: 5,
        account: "farm/anna".into(),
        roles: 4,
        attributes: std::collections::BTreeMap::new(),
        transaction: [7; 32],
    };
    assert_eq!(Hash(waiting.id(3)), call.id());
}

#[test]
fn an_offer_on_the_chain_times_out_and_the_event_proves_it() {
    let mut chain = Chain::new().unwrap();
    let contract = chain.deploy("offer", contract_module("offer").unwrap()).unwrap();
    let until = chain.reader().tip().time.plus(3_500);
    let offer = |offer: u64| {
        let input = borsh::to_vec(&(offer, until.0)).unwrap();
        Payload::Call { contract, method: "offer".into(), input }
    };
    let made = chain.run("org1/erp", offer(1)).unwrap();
    assert_eq!(made.outcome, Outcome::Succeeded { output: borsh::to_vec(&0u32).unwrap() });
    assert!(made.gas_used.0 > 1_000_000, "the call is paid for now: {:?}", made.gas_used);
    chain.run("org1/erp", offer(2)).unwrap();
    let accept = Payload::Call { contract, method: "accept".into(), input: borsh::to_vec(&2u64).unwrap() };
    assert!(chain.run("org2/erp", accept).unwrap().succeeded());

    // A second later the time has come: both calls are made in one block that has no transaction.
    let receipts = chain.block(Vec::new()).unwrap();
    let [expired, refused] = &receipts[..] else { panic!("{receipts:?}") };
    assert_eq!(expired.outcome, Outcome::Succeeded { output: Vec::new() });
    assert!(matches!(refused.outcome, Outcome::Failed { .. }), "it was accepted: {refused:?}");
    assert!(expired.gas_used.0 < 1_000_000 && chain.block(Vec::new()).unwrap().is_empty());

    let (reader, height) = (chain.reader(), expired.height);
    assert!(reader.header(height).unwrap().unwrap().time >= until);
    let event = Expired::try_from_slice(&expired.events[0].data).unwrap();
    assert_eq!(event, Expired { offer: 1, by: "org1/erp".into() });
    let proof = prove_event(&reader, reader.certified(), EventCursor { height, index: 0 }).unwrap().unwrap();
    let proven = proof.verify(&Trusted::from(chain.genesis())).unwrap();
    let Shown::Event(record) = proven.shown else { panic!("{proof:?}") };
    assert_eq!((record.transaction, &record.event), (expired.transaction, &expired.events[0]));
    assert_eq!(reader.receipt(&expired.transaction).unwrap().as_ref(), Some(expired));
    assert_eq!(prove_transaction(&reader, reader.certified(), &expired.transaction).unwrap(), None);
    assert!(verify(&reader, chain.genesis(), |_| ()).is_sound());

    for (offer, expected) in [(1u64, State::Expired), (2, State::Accepted("org2/erp".into()))] {
        let view = chain.view(contract, "state", borsh::to_vec(&offer).unwrap());
        let header = reader.header(chain.height()).unwrap().unwrap();
        let answer = view.run(chain.vm(), chain.genesis().chain(), &reader, &header).unwrap();
        let countersign_vm::Status::Succeeded { output } = answer.status else { panic!("{answer:?}") };
        assert_eq!(Option::<State>::try_from_slice(&output).unwrap(), Some(expected));
    }
}

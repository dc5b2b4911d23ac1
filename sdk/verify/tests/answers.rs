//! An answer is taken out of a proof only by who asked for it: a proof that holds for something else is refused.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/sample.rs"]
mod sample;

use countersign_types::proof::{Proof, TraceAsOf, Trusted};
use countersign_types::{Address, Hash, Height, state_key};
use countersign_verify::{Answer, BadFile, Finding, Question, Verified, verify};
use sample::{BUSY, CASE, ITEM, Sample, TIP, contract, genesis};

fn verified(proof: &Proof) -> Verified<Finding> {
    verify(proof, &Trusted::from(&genesis())).unwrap()
}

fn asked(word: &str, item: &str) -> Question {
    Question::of(word, item).unwrap()
}

fn other<T: std::fmt::Debug>(outcome: Result<T, BadFile>, what: &str) {
    match outcome {
        Err(BadFile::OtherQuestion { what: given, .. }) => assert_eq!(given, what),
        outcome => panic!("another {what} was given: {outcome:?}"),
    }
}

#[test]
fn values_are_those_of_the_keys() {
    let keys = [state_key::account("acme/admin"), state_key::account("acme/nobody")];
    let proof = Sample::default().state(&keys, TIP);
    let values = verified(&proof).values(&keys).unwrap();
    assert_eq!(values.height(), Height(TIP));
    assert!(values.data()[0].is_some() && values.data()[1].is_none());
    let admin = verified(&proof).account(&"acme/admin".parse().unwrap()).unwrap();
    assert_eq!(admin.data().as_ref(), Some(&genesis().accounts[0]));
    assert_eq!(verified(&proof).account(&"acme/nobody".parse().unwrap()).unwrap().data(), &None);
    other(verified(&proof).account(&"acme/third".parse().unwrap()), "the state key");
    other(verified(&proof).values(&[vec![9]]), "the state key");
    other(verified(&proof).transaction(&Hash::ZERO), "proof of kind");
}

#[test]
fn a_transaction_is_the_one_asked_for() {
    let sample = Sample::default();
    let (first, second) = (sample.transaction(BUSY, 0), sample.transaction(BUSY, 2));
    let id = |proof: &Proof| match verified(proof).into_data() {
        Finding::Transaction(proven) => proven.id,
        other => panic!("{other:?}"),
    };
    assert_eq!(verified(&first).transaction(&id(&first)).unwrap().data().id, id(&first));
    other(verified(&second).transaction(&id(&first)), "transaction");
}

#[test]
fn an_event_is_the_one_asked_for() {
    let proof = Sample::default().event(BUSY, 1);
    assert_eq!(verified(&proof).event(Height(BUSY), 1).unwrap().data().index, 1);
    other(verified(&proof).event(Height(BUSY), 0), "event number");
    other(verified(&proof).event(Height(3), 1), "event of block");
}

#[test]
fn a_page_is_the_one_asked_for() {
    let sample = Sample::default();
    let key = Sample::log_of(ITEM);
    let page = sample.log(&key, 1, 2, None);
    let found = verified(&page).log(&contract(), &key, 1).unwrap();
    assert_eq!((found.data().start, found.data().records.len()), (1, 1));
    other(verified(&page).log(&contract(), &key, 0), "record");
    other(verified(&page).log(&contract(), &Sample::log_of(CASE), 1), "log");
    other(verified(&page).log(&Address::of("acme/other"), &key, 1), "contract");
}

#[test]
fn a_trace_is_the_one_asked_for() {
    let sample = Sample::default();
    let proof = sample.trace("history", ITEM, TIP, None);
    let found = verified(&proof).trace(&contract(), &asked("history", ITEM)).unwrap();
    assert!(matches!(found.data(), Answer::History(history) if history.events.len() == 3));
    other(verified(&proof).trace(&contract(), &asked("back", ITEM)), "question");
    other(verified(&proof).trace(&contract(), &asked("history", CASE)), "item");
    other(verified(&proof).trace(&Address::of("acme/other"), &asked("history", ITEM)), "contract");
}

#[test]
fn an_answer_is_of_the_time_asked_for() {
    let sample = Sample::default();
    let now = sample.trace("history", ITEM, TIP, None);
    assert!(verified(&now).as_of(Height(TIP)).is_ok());
    other(verified(&now).as_of(Height(TIP - 1)), "as of height");
    assert!(verified(&now).as_of_block(&sample.block(TIP).header.hash()).is_ok());
    other(verified(&now).as_of_block(&sample.block(TIP - 1).header.hash()), "as of block");
    // Newer state that shows the past is of the past.
    let past = sample.trace("history", ITEM, TIP, Some(TraceAsOf { height: Height(7), position: 2 }));
    assert!(verified(&past).as_of(Height(7)).is_ok());
    other(verified(&past).as_of(Height(TIP)), "as of height");
    other(verified(&past).as_of_block(&sample.block(TIP).header.hash()), "as of block");
}

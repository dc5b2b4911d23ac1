//! Answers are verified before they are returned, and held against what was asked, by now and by before.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/node.rs"]
mod node;
#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use countersign_api::At;
use countersign_client::verify::{Answer, BadFile, Question, Trusted};
use countersign_client::{Auditor, Error};
use countersign_types::Height;
use countersign_types::proof::{BadProof, Proof, Subject};
use node::{Node, Running};
use sample::{CASE, ITEM, Sample, TIP, contract, genesis};
use std::num::NonZeroU32;
use std::time::Duration;

fn auditor(running: &Running) -> Auditor {
    running.client.clone().trusting(Trusted::from(&genesis()))
}

fn asked(word: &str) -> Question {
    Question::of(word, ITEM).unwrap()
}

fn forged(proof: &mut Proof) {
    if let Subject::State { entries, .. } = &mut proof.subject {
        entries[0].value = Some(vec![1]);
    }
}

#[tokio::test]
async fn what_holds_is_returned() {
    let running = Node::default().run().await;
    let auditor = auditor(&running);
    let account = auditor.account(&"acme/admin".parse().unwrap(), At::Final).await.unwrap();
    assert_eq!((account.data().as_ref(), account.height()), (Some(&genesis().accounts[0]), Height(TIP)));
    let nobody = auditor.account(&"acme/nobody".parse().unwrap(), At::Height(Height(2))).await.unwrap();
    assert_eq!((nobody.data(), nobody.height()), (&None, Height(2)));
    let trace = auditor.trace(contract(), &asked("history"), At::Final).await.unwrap();
    assert!(matches!(trace.data(), Answer::History(history) if history.events.len() == 3));
    assert!(auditor.storage(contract(), b"never", At::Final).await.unwrap().data().is_none());
}

#[tokio::test]
async fn a_forged_answer_is_an_error() {
    let running = Node { forge: forged, ..Node::default() }.run().await;
    let outcome = auditor(&running).account(&"acme/admin".parse().unwrap(), At::Final).await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::Proof(BadProof::Entry { .. })))), "{outcome:?}");
}

#[tokio::test]
async fn the_truth_about_something_else_is_an_error() {
    let running = Node { item: Some(CASE), ..Node::default() }.run().await;
    let outcome = auditor(&running).trace(contract(), &asked("back"), At::Final).await;
    let is_other =
        matches!(&outcome, Err(Error::Proof(BadFile::OtherQuestion { what: "item", given, .. })) if given == CASE);
    assert!(is_other, "{outcome:?}");
}

#[tokio::test]
async fn what_was_true_once_is_an_error_when_the_present_is_asked_for() {
    let running = Node::default().run().await;
    let auditor = auditor(&running);
    let ask = || auditor.trace(contract(), &asked("history"), At::Final);
    running.node.lock().unwrap().shown = 8;
    assert_eq!(ask().await.unwrap().height(), Height(8));
    running.node.lock().unwrap().shown = 7;
    let outcome = ask().await;
    assert!(matches!(outcome, Err(Error::Regressed { given: Height(7), known: Height(8) })), "{outcome:?}");
    // The past is answered where it is asked for.
    let past = auditor.trace(contract(), &asked("history"), At::Height(Height(7))).await.unwrap();
    assert_eq!(past.height(), Height(7));
    // The sample's blocks are long past.
    let strict = auditor.clone().no_older_than(Duration::from_secs(60));
    running.node.lock().unwrap().shown = TIP;
    let outcome = strict.trace(contract(), &asked("history"), At::Final).await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::TooOld { max_s: 60, .. }))), "{outcome:?}");
}

#[tokio::test]
async fn a_history_comes_page_by_page_as_of_the_first_ones_block() {
    let running = Node::default().run().await;
    let auditor = auditor(&running);
    let whole = auditor.trace(contract(), &asked("history"), At::Final).await.unwrap();
    let Answer::History(whole) = whole.into_data() else { panic!("a history was asked for") };
    let mut pages = auditor.history(contract(), ITEM, At::Final, NonZeroU32::MIN);
    let mut events = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!((page.height(), page.data().history.position), (Height(TIP), whole.position));
        events.extend(page.into_data().history.events);
        // What is newest changes nothing about the pages to come.
        running.node.lock().unwrap().shown = 7;
    }
    assert_eq!((events, pages.place()), (whole.events.clone(), None));
    // From where somebody else stopped, with more at a time.
    let mut pages = auditor.history(contract(), ITEM, At::Height(Height(TIP)), NonZeroU32::MIN);
    let first = pages.next().await.unwrap().unwrap().into_data().history.events;
    let (height, place) = pages.place().unwrap();
    let mut pages = auditor.history(contract(), ITEM, At::Final, NonZeroU32::MAX).after(height, place);
    let rest = pages.next().await.unwrap().unwrap().into_data().history.events;
    assert_eq!([first, rest].concat(), whole.events);
    assert!(pages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_left_out_between_pages_is_an_error() {
    let lacking = |proof: &mut Proof| {
        let Subject::Trace { logs, .. } = &mut proof.subject else { unreachable!() };
        let longest = logs.iter_mut().max_by_key(|log| log.records.len()).unwrap();
        longest.records.pop();
    };
    let running = Node { forge: lacking, ..Node::default() }.run().await;
    let outcome = auditor(&running).history(contract(), ITEM, At::Final, NonZeroU32::MIN).next().await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::Proof(_)))), "{outcome:?}");

    let running = Node { starts_over: true, ..Node::default() }.run().await;
    let auditor = auditor(&running);
    let mut pages = auditor.history(contract(), ITEM, At::Final, NonZeroU32::MIN);
    assert!(pages.next().await.unwrap().is_some());
    let outcome = pages.next().await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::OtherQuestion { what: "part", .. }))), "{outcome:?}");
    let mut pages = auditor.log_pages(contract(), &Sample::log_of(CASE), At::Final, Some(1));
    assert!(pages.next().await.unwrap().is_some());
    let outcome = pages.next().await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::OtherQuestion { what: "record", .. }))), "{outcome:?}");
}

#[tokio::test]
async fn a_log_comes_page_by_page_to_the_end_that_is_proven() {
    let key = Sample::log_of(CASE);
    let running = Node::default().run().await;
    let length = running.node.lock().unwrap().chain.block(TIP).registers.logs[&key].len() as u64;
    assert!(length > 1);
    for (ends, pages_given) in [(length, length), (1, 0), (length + 1, length)] {
        running.node.lock().unwrap().log_ends = ends;
        let auditor = auditor(&running);
        let mut pages = auditor.log_pages(contract(), &key, At::Final, Some(1));
        let (mut given, mut records) = (0, Vec::new());
        let outcome = loop {
            match pages.next().await {
                Ok(Some(page)) => records.extend(page.into_data().records),
                other => break other,
            }
            given += 1;
        };
        assert_eq!(given, pages_given, "{outcome:?}");
        // Who stops early is told from a log that ends.
        assert_eq!(matches!(outcome, Err(Error::Answer { .. })), ends < length, "{outcome:?}");
        let all = running.node.lock().unwrap().chain.block(TIP).registers.logs[&key].clone();
        assert_eq!(records, all[..records.len()]);
    }
}

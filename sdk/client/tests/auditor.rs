//! Answers are verified before they are returned, and held against what was asked, by now and by before.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/node.rs"]
mod node;
#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use countersign_api::At;
use countersign_client::verify::{Answer, BadFile, Query, Trusted};
use countersign_client::{Auditor, Error};
use countersign_types::Height;
use countersign_types::proof::{BadProof, Proof, Subject};
use node::{Node, Running};
use sample::{CASE, ITEM, TIP, contract, genesis};
use std::time::Duration;

fn auditor(running: &Running) -> Auditor {
    running.client.clone().trusting(Trusted::from(&genesis()))
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
    let trace = auditor.trace(contract(), Query::History, ITEM, At::Final).await.unwrap();
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
    let outcome = auditor(&running).trace(contract(), Query::Back, ITEM, At::Final).await;
    let is_other =
        matches!(&outcome, Err(Error::Proof(BadFile::OtherQuestion { what: "item", given, .. })) if given == CASE);
    assert!(is_other, "{outcome:?}");
}

#[tokio::test]
async fn what_was_true_once_is_an_error_when_the_present_is_asked_for() {
    let running = Node::default().run().await;
    let auditor = auditor(&running);
    let ask = || auditor.trace(contract(), Query::History, ITEM, At::Final);
    running.node.lock().unwrap().shown = 8;
    assert_eq!(ask().await.unwrap().height(), Height(8));
    running.node.lock().unwrap().shown = 7;
    let outcome = ask().await;
    assert!(matches!(outcome, Err(Error::Regressed { given: Height(7), known: Height(8) })), "{outcome:?}");
    // The past is answered where it is asked for.
    let past = auditor.trace(contract(), Query::History, ITEM, At::Height(Height(7))).await.unwrap();
    assert_eq!(past.height(), Height(7));
    // The sample's blocks are long past.
    let strict = auditor.clone().no_older_than(Duration::from_secs(60));
    running.node.lock().unwrap().shown = TIP;
    let outcome = strict.trace(contract(), Query::History, ITEM, At::Final).await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::TooOld { max_s: 60, .. }))), "{outcome:?}");
}

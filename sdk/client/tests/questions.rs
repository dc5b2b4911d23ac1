//! Each question about recorded items has a call of its own, whose answer is found again from the node's proof.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/node.rs"]
mod node;
#[path = "../../verify/tests/support/sample.rs"]
mod sample;

use countersign_api::At;
use countersign_client::verify::{BadFile, Trusted};
use countersign_client::{Auditor, Error, Printed};
use countersign_epcis::answer::{LinkKind, Way};
use countersign_epcis::report::{Period, Report};
use countersign_epcis::walk::{Bounds, Reach};
use countersign_types::Height;
use countersign_types::proof::{Proof, Subject};
use node::{Node, Running};
use sample::{CASE, ITEM, TIP, contract, genesis};
use std::num::NonZeroU32;

const LINKED: Reach = Reach { depth: None, links: true, rows: None };

async fn running() -> (Running, Auditor) {
    let running = Node::default().run().await;
    let auditor = running.client.clone().trusting(Trusted::from(&genesis()));
    (running, auditor)
}

#[tokio::test]
async fn each_question_has_a_call_of_its_own() {
    let (_running, auditor) = running().await;
    let (contract, at) = (contract(), At::Final);
    let back = auditor.back(contract, CASE, at).await.unwrap();
    assert_eq!((back.data().products.len(), back.height()), (1, Height(TIP)));
    assert_eq!(auditor.forward(contract, CASE, at).await.unwrap().data().products, back.data().products);
    let chain = auditor.chain(contract, CASE, Way::Back, LINKED, at).await.unwrap();
    let [link] = chain.data().links.as_slice() else { panic!("{chain:?}") };
    assert_eq!((link.kind, link.records.as_slice(), link.away), (LinkKind::Contents, [1].as_slice(), 1));
    let recall = auditor.recall(contract, ITEM, at).await.unwrap();
    assert_eq!((recall.data().count, recall.data().containers_ever.len()), (1, 1));
    let time = "2026-07-01T00:00:00Z".parse().unwrap();
    assert_eq!(auditor.contents(contract, CASE, &time, at).await.unwrap().data().contents, back.data().products);
    let holder = auditor.holder(contract, ITEM, &time, at).await.unwrap();
    assert_eq!(holder.data().last_known.as_ref().unwrap().recorded_by, "acme");
    let balance = auditor.mass_balance(contract, ITEM, at).await.unwrap();
    assert_eq!(balance.data().amounts.len(), 1);
    let max = Some("8".parse().unwrap());
    let bounds = Bounds { kind: "Temperature".into(), min: None, max, uom: "CEL".into(), from_ms: None, to_ms: None };
    let excursions = auditor.excursions(contract, bounds, Some(ITEM), at).await.unwrap();
    assert!(excursions.data().readings.is_empty());
    assert!(auditor.anomalies(contract, 0, None, at).await.unwrap().data().anomalies.is_empty());
    let trail = auditor.audit_trail(contract, "urn:nothing", at).await.unwrap();
    assert!(trail.data().records.is_empty());
    let printed = Printed { gtin: "9521321000018".into(), serial: "s1".into(), ..Printed::default() };
    let verification = auditor.verify_item(contract, &printed, at).await.unwrap();
    assert!(verification.data().verified, "{verification:?}");
    let sheet = auditor.report(contract, ITEM, Report::Fsma204(Period::default()), at).await.unwrap();
    assert!(!sheet.data().columns.is_empty());
}

#[tokio::test]
async fn a_chain_comes_page_by_page_as_of_the_first_ones_block() {
    let (running, auditor) = running().await;
    let whole = auditor.chain(contract(), ITEM, Way::Recall, LINKED, At::Final).await.unwrap().into_data();
    let mut pages = auditor.chain_pages(contract(), ITEM, Way::Recall, LINKED, At::Final, NonZeroU32::MIN).unwrap();
    let mut joined = pages.next().await.unwrap().unwrap().into_data();
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!(page.height(), Height(TIP));
        joined.append(page.into_data());
        running.node.lock().unwrap().shown = 7;
    }
    assert_eq!((joined, pages.place()), (whole, None));
}

#[tokio::test]
async fn what_is_no_item_and_what_does_not_hold_are_errors() {
    let (_running, auditor) = running().await;
    let outcome = auditor.recall(contract(), "", At::Final).await;
    assert!(matches!(outcome, Err(Error::Proof(BadFile::Question(_)))), "{outcome:?}");
    let printed = Printed { expiry: Some("2027-02-30".into()), ..Printed::default() };
    assert!(printed.question().is_err());
    let lacking = |proof: &mut Proof| {
        let Subject::Trace { logs, .. } = &mut proof.subject else { unreachable!() };
        logs.pop();
    };
    let running = Node { forge: lacking, ..Node::default() }.run().await;
    let auditor = running.client.clone().trusting(Trusted::from(&genesis()));
    let outcome = auditor.chain(contract(), CASE, Way::Back, LINKED, At::Final).await;
    assert!(matches!(outcome, Err(Error::Proof(_))), "{outcome:?}");
}

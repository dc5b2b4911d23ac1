//! A file of each kind, and the root to check it against.
#![allow(clippy::unwrap_used, dead_code)]

use crate::sample::{BUSY, CAPTURES, CASE, ITEM, Sample, TIP, contract, genesis};
use countersign_epcis::Identifier;
use countersign_epcis::answer::Way;
use countersign_epcis::question::Question;
use countersign_epcis::report::{Period, Report, Tier};
use countersign_epcis::walk::{Bounds, Claim, Reach, Rows};
use countersign_types::proof::{Checkpoint, HistoryPart, HistoryPlace, Proof, TraceAsOf, Trusted};
use countersign_types::{Height, state_key};
use countersign_verify::{Answer, Finding, verify};
use std::num::NonZeroU32;

/// A name and a proof. All but the first two begin at a checkpoint of the last epoch.
pub fn files(sample: &Sample) -> Vec<(&'static str, Proof)> {
    let account = state_key::account("acme/admin");
    let absent = state_key::storage(&contract(), b"never");
    let log = Sample::log_of(ITEM);
    let as_of = TraceAsOf { height: Height(CAPTURES[0]), position: 2 };
    let part = HistoryPart { after: Some(first_place(sample)), limit: NonZeroU32::MIN };
    let mut files = vec![
        ("state", sample.state(&[account, absent.clone()], TIP)),
        ("trace", sample.trace("history", ITEM, TIP, None)),
        ("absence", sample.state(&[absent], CAPTURES[0])),
        ("transaction", sample.transaction(BUSY, 3)),
        ("refused-transaction", sample.transaction(BUSY, 1)),
        ("event", sample.event(BUSY, 5)),
        ("log", sample.log(&log, 0, 2, None)),
        ("log-page", sample.log(&log, 1, 2, None)),
        ("log-as-of", sample.log(&Sample::log_of(CASE), 0, 2, Some(CAPTURES[0]))),
        ("log-never-written", sample.log(b"x:urn:nobody", 0, 0, None)),
        ("trace-back", sample.trace("back", CASE, CAPTURES[1], None)),
        ("trace-as-of", sample.trace("history", ITEM, TIP, Some(as_of))),
        ("trace-part", sample.trace_part("history", ITEM, TIP, None, Some(part))),
    ];
    // Questions with arguments; the others differ from these in their words alone.
    for question in questions() {
        let name = match question {
            Question::Chain(..) => "trace-chain",
            Question::Recall { .. } => "trace-recall",
            Question::Contents(..) => "trace-contents",
            Question::Excursions(..) => "trace-excursions",
            Question::VerifyItem(..) => "trace-verify-item",
            _ => continue,
        };
        files.push((name, sample.answer(&question, CAPTURES[1], None)));
    }
    for (_, proof) in files.iter_mut().skip(2) {
        proof.epochs.clear();
    }
    files
}

/// A question of each kind that has no file of its own shape.
pub fn questions() -> Vec<Question> {
    let (item, case) = (Identifier::parse(ITEM).unwrap(), Identifier::parse(CASE).unwrap());
    let at_ms = 1_777_777_777_000;
    let bounds = Bounds {
        kind: "Temperature".to_owned(),
        min: Some("-1.5".parse().unwrap()),
        max: Some("8".parse().unwrap()),
        uom: "CEL".to_owned(),
        from_ms: Some(0),
        to_ms: Some(at_ms),
    };
    let rows = Some(Rows { after: 1, limit: NonZeroU32::MIN });
    let reach = Reach { depth: NonZeroU32::new(2), links: true, rows };
    let claim = Claim { lot: Some("L1".to_owned()), expiry: Some("2027-01-31".to_owned()) };
    vec![
        Question::Recall {
            item: case.clone(),
            after: Some("https://id.gs1.org/0".to_owned()),
            containers_after: None,
            limit: Some(NonZeroU32::MIN),
        },
        Question::Chain(case.clone(), Way::Recall, reach),
        Question::Contents(case, at_ms),
        Question::Holder(item.clone(), at_ms),
        Question::MassBalance(item.clone()),
        Question::Excursions(bounds, Some(item.clone())),
        Question::AuditTrail("urn:event:1".to_owned()),
        Question::VerifyItem(item.clone(), claim),
        Question::Report(item.clone(), Report::Fsma204(Period::default())),
        Question::Report(item.clone(), Report::Dscsa),
        Question::Report(item.clone(), Report::Eudr),
        Question::Report(item.clone(), Report::Passport(Tier::Legitimate)),
        Question::Report(item, Report::RecallLetter),
        Question::Anomalies { since: 0, limit: NonZeroU32::new(2) },
    ]
}

/// The place of the first event of the item's history.
pub fn first_place(sample: &Sample) -> HistoryPlace {
    let part = HistoryPart { after: None, limit: NonZeroU32::MIN };
    let proof = sample.trace_part("history", ITEM, TIP, None, Some(part));
    let found = verify(&proof, &Trusted::from(&genesis())).expect("an honest proof").into_data();
    let Finding::Trace { answer, .. } = found else { panic!("a trace was asked for") };
    let Answer::Page(page) = *answer else { panic!("a part was asked for") };
    let next = page.next.expect("the item has three events");
    HistoryPlace { time_ms: next.time_ms, sequence: next.sequence }
}

/// The checkpoint at the last block.
pub fn checkpoint(sample: &Sample) -> Checkpoint {
    let proof = sample.state(&[state_key::account("acme/admin")], TIP);
    verify(&proof, &Trusted::from(&genesis())).expect("an honest proof").checkpoint().clone()
}

/// What a file is checked against: the genesis if it leads from there.
pub fn root(sample: &Sample, proof: &Proof) -> Trusted {
    match proof.epochs.is_empty() {
        true => checkpoint(sample).trust().expect("a checkpoint in order"),
        false => Trusted::from(&genesis()),
    }
}

//! A file of each kind, and the root to check it against.
#![allow(dead_code)]

use crate::sample::{BUSY, CAPTURES, CASE, ITEM, Sample, TIP, contract, genesis};
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
    for (_, proof) in files.iter_mut().skip(2) {
        proof.epochs.clear();
    }
    files
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

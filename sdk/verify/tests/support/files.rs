//! A file of each kind, and the root to check it against.
#![allow(dead_code)]

use crate::sample::{BUSY, CAPTURES, CASE, ITEM, Sample, TIP, contract, genesis};
use countersign_types::proof::{Checkpoint, Proof, TraceAsOf, Trusted};
use countersign_types::{Height, state_key};
use countersign_verify::verify;

/// A name and a proof. All but the first two begin at a checkpoint of the last epoch.
pub fn files(sample: &Sample) -> Vec<(&'static str, Proof)> {
    let account = state_key::account("acme/admin");
    let absent = state_key::storage(&contract(), b"never");
    let log = Sample::log_of(ITEM);
    let as_of = TraceAsOf { height: Height(CAPTURES[0]), position: 2 };
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
    ];
    for (_, proof) in files.iter_mut().skip(2) {
        proof.epochs.clear();
    }
    files
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

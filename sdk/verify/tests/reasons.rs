//! A trace is found again from its file alone, and each broken link has its reason.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/sample.rs"]
mod sample;

use countersign_epcis::answer::{History, Lineage};
use countersign_types::log::LogRecord;
use countersign_types::proof::{Entry, Log, Proof, Subject, Trusted};
use countersign_types::state::{Step, Witness};
use countersign_types::{Genesis, Hash, Phase, TimestampMs};
use countersign_verify::{Answer, BadFile, Finding, verify};
use sample::{CAPTURES, CASE, ITEM, Sample, TIP, certify};

fn answer(proof: &Proof) -> Result<Answer, BadFile> {
    match verify(proof, &Trusted::from(&sample::genesis()))?.into_data() {
        Finding::Trace { answer, .. } => Ok(*answer),
        other => panic!("a trace was asked for: {other:?}"),
    }
}

fn history(proof: &Proof) -> History {
    let Answer::History(history) = answer(proof).unwrap() else { panic!("a history was asked for") };
    history
}

fn lineage(proof: &Proof) -> Lineage {
    let Answer::Lineage(lineage) = answer(proof).unwrap() else { panic!("a lineage was asked for") };
    lineage
}

#[test]
fn the_answer_is_found_again_from_the_file_alone() {
    let sample = Sample::default();
    let found = history(&sample.trace("history", ITEM, TIP, None));
    assert_eq!(found.item, "https://id.gs1.org/01/09521321000018/21/s1");
    let ids: Vec<&str> = found.events.iter().map(|event| event.event_id.as_deref().unwrap()).collect();
    assert_eq!(ids.iter().map(|id| &id[id.len() - 1..]).collect::<Vec<_>>(), ["1", "2", "3"]);
    assert_eq!(found.locations, ["https://id.gs1.org/414/9521321000018", "https://id.gs1.org/414/9521321000100"]);
    assert_eq!(found.events[2].through.as_deref(), Some("https://id.gs1.org/00/095213210000000018"));
    assert_eq!(found.truncated, None);
    // After the first capture there was less.
    assert_eq!(history(&sample.trace("history", ITEM, CAPTURES[0], None)).events.len(), 2);

    let item = "https://id.gs1.org/01/09521321000018/21/s1";
    assert_eq!(lineage(&sample.trace("back", CASE, TIP, None)).products, [item]);
    assert_eq!(lineage(&sample.trace("forward", CASE, TIP, None)).products, [item]);
}

/// The parts of a trace's proof.
fn parts(proof: &mut Proof) -> (&mut Vec<Entry>, &mut Vec<Log>, &mut Witness) {
    let Subject::Trace { entries, logs, witness, .. } = &mut proof.subject else { unreachable!() };
    (entries, logs, witness)
}

fn asked(proof: &mut Proof, other_query: &str, other_item: &str) {
    let Subject::Trace { query, item, .. } = &mut proof.subject else { unreachable!() };
    (*query, *item) = (other_query.into(), other_item.into());
}

/// The first record of the file.
fn record(proof: &mut Proof) -> &mut LogRecord {
    parts(proof).1.iter_mut().find_map(|log| log.records.first_mut()).unwrap()
}

#[test]
fn each_broken_link_has_its_reason() {
    type Change = fn(&mut Proof);
    let cases: Vec<(&str, Change)> = vec![
        ("the file has version 1, this program reads version 2", |proof| proof.version = 1),
        ("it is about chain", |proof| proof.chain = Hash([9; 32])),
        ("the execution result does not belong", |proof| proof.anchor.header.time = TimestampMs(1)),
        ("the certificate does not belong", |proof| proof.anchor.result.receipts_root = Hash([1; 32])),
        ("the certificate is refused: 2 signatures", |proof| proof.anchor.certificate.signatures.truncate(2)),
        ("the certificate is refused: signer 0", |proof| proof.anchor.certificate.signatures[1].0 = 0),
        ("the certificate is refused: a signature", |proof| proof.anchor.certificate.signatures[1].1.0[0] ^= 1),
        ("the end of epoch 1 (number 1 in the file): its certificate is refused", |proof| {
            proof.epochs[1].certificate.signatures.truncate(2);
        }),
        ("it leads on from the validators of epoch 1", |proof| drop(proof.epochs.remove(0))),
        ("the earlier block's result: the range over earlier results has root", |proof| {
            let earlier = proof.earlier.as_mut().unwrap();
            earlier.proof.range = countersign_types::range::Range::over(&[Hash::ZERO; 8]);
        }),
        ("the earlier block's result: the items do not lead to", |proof| {
            proof.earlier.as_mut().unwrap().proof.path.0[0] = Hash([1; 32]);
        }),
        ("the execution result does not belong to the rest of the earlier block", |proof| {
            proof.earlier.as_mut().unwrap().header.view.0 += 1;
        }),
        ("entry 0: the state witness contradicts", |proof| {
            let value = &mut parts(proof).0[0].value;
            *value = if value.is_some() { None } else { Some(vec![1]) };
        }),
        ("its records are not the whole, unchanged log", |proof| record(proof).height.0 += 1),
        ("the state witness has root", |proof| *parts(proof).2.0.last_mut().unwrap() = Step::Stub(Hash([1; 32]))),
        ("the state witness is not a well-formed tree", |proof| parts(proof).2.0.push(Step::Empty)),
        ("entry 1 does not come after the one before it", |proof| {
            let entries = parts(proof).0;
            entries.insert(1, entries[0].clone());
        }),
        ("the proof does not carry the answer: the entry", |proof| parts(proof).0.clear()),
        ("the proof does not carry the answer: the log", |proof| parts(proof).1.clear()),
        ("the proof does not carry the answer: the log x/01/09521321000018/21/s2", |proof| {
            asked(proof, "history", "urn:epc:id:sgtin:9521321.000001.s2");
        }),
        ("what the file answers is no question: the question `everything`", |proof| asked(proof, "everything", ITEM)),
        ("the item `urn:epc:id:sgtin:1.2` is not an identifier", |proof| asked(proof, "back", "urn:epc:id:sgtin:1.2")),
    ];
    let sample = Sample::default();
    for (reason, change) in cases {
        let mut proof = sample.trace("history", ITEM, CAPTURES[1], None);
        change(&mut proof);
        let error = answer(&proof).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn two_of_four_validators_are_no_quorum_and_another_genesis_is_another_chain() {
    let sample = Sample::default();
    let honest = sample.trace("history", ITEM, TIP, None);
    let mut proof = honest.clone();
    proof.anchor.certificate = certify(2, Phase::Checkpoint, &proof.anchor.result, &[0, 1]);
    assert!(answer(&proof).unwrap_err().to_string().contains("2 signatures, a quorum is 3 of 4"));
    let other = Genesis { network: "other".into(), ..sample::genesis() };
    let error = verify(&honest, &Trusted::from(&other)).unwrap_err().to_string();
    assert!(error.contains("it is about chain"), "{error}");
}

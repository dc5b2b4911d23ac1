//! Proof files: what an honest one shows, and that no change to one is believed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/sample.rs"]
mod sample;

use countersign_client::verify::{BadFile, Finding, genesis, read, verify};
use countersign_types::proof::{BadProof, Proof, Subject};
use countersign_types::state::Step;
use countersign_types::{Genesis, Hash, TimestampMs};

fn answer(proof: &Proof) -> Result<countersign_api::method::trace::Trace, BadFile> {
    let verified = verify(proof, &sample::genesis())?;
    assert_eq!(verified.height(), proof.anchor.header.height);
    assert_eq!(verified.time(), proof.anchor.header.time);
    assert_eq!(verified.block(), proof.anchor.header.hash());
    assert_eq!(verified.chain(), sample::genesis().chain());
    match verified.data() {
        Finding::Trace { answer, .. } => Ok(*answer.clone()),
        Finding::State { .. } => panic!("a trace was asked for"),
    }
}

#[test]
fn the_answer_is_found_again_from_the_file_alone() {
    let history = answer(&sample::proof("history", sample::ITEM)).unwrap();
    assert_eq!(history.canonical, "https://id.gs1.org/01/09521321000018/21/s1");
    let ids: Vec<&str> = history.event_ids.iter().map(|id| &id[id.len() - 1..]).collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(history.locations, ["https://id.gs1.org/414/9521321000018", "https://id.gs1.org/414/9521321000100"]);
    assert_eq!(history.events[2].through.as_deref(), Some("https://id.gs1.org/00/095213210000000018"));
    assert_eq!(history.events[0].event_time, "2026-05-01T08:00:00Z");
    assert!(history.complete);

    let back = answer(&sample::proof("back", sample::CASE)).unwrap();
    assert_eq!(back.products, ["https://id.gs1.org/01/09521321000018/21/s1"]);
}

#[test]
fn each_broken_link_has_its_reason() {
    type Change = fn(&mut Proof);
    let cases: Vec<(&str, Change)> = vec![
        ("the file has version 2", |proof| proof.version = 2),
        ("it is about chain", |proof| proof.chain = Hash([9; 32])),
        ("the execution result does not belong", |proof| proof.anchor.header.time = TimestampMs(1)),
        ("the certificate does not belong", |proof| proof.anchor.result.receipts_root = Hash([1; 32])),
        ("the certificate is refused: 2 signatures", |proof| proof.anchor.certificate.signatures.truncate(2)),
        ("the certificate is refused: signer 0", |proof| proof.anchor.certificate.signatures[1].0 = 0),
        ("the certificate is refused: a signature", |proof| proof.anchor.certificate.signatures[1].1.0[0] ^= 1),
        ("entry 3: the state witness contradicts", |proof| {
            let value = proof.entries[3].value.as_mut().unwrap();
            *value.last_mut().unwrap() ^= 1;
        }),
        ("entry 0: the state witness contradicts", |proof| proof.entries[0].value = None),
        ("log 0: its records are not the whole", |proof| drop(proof.logs[0].records.pop())),
        ("log 0: its records are not the whole", |proof| proof.logs[0].records[0].height.0 += 1),
        ("log 1: its records are not the whole", |proof| proof.logs[1].key.push(0)),
        ("the state witness has root", |proof| *proof.witness.0.last_mut().unwrap() = Step::Stub(Hash([1; 32]))),
        ("the state witness is not a well-formed tree", |proof| proof.witness.0.push(Step::Empty)),
        ("the proof does not carry the answer: the entry", |proof| proof.entries.clear()),
        ("the proof does not carry the answer: the log", |proof| proof.logs.clear()),
        ("the proof does not carry the answer: the log x/01/09521321000018/21/s2", |proof| {
            proof.subject = Subject::Trace {
                contract: sample::contract(),
                query: "history".into(),
                item: "urn:epc:id:sgtin:9521321.000001.s2".into(),
            };
        }),
        ("the file answers the question `everything`", |proof| {
            let item = sample::ITEM.into();
            proof.subject = Subject::Trace { contract: sample::contract(), query: "everything".into(), item };
        }),
        ("the item `urn:epc:id:sgtin:1.2` is not an identifier", |proof| {
            let item = "urn:epc:id:sgtin:1.2".into();
            proof.subject = Subject::Trace { contract: sample::contract(), query: "back".into(), item };
        }),
    ];
    for (reason, change) in cases {
        let mut proof = sample::proof("history", sample::ITEM);
        change(&mut proof);
        let error = answer(&proof).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn two_of_four_validators_are_no_quorum_and_another_genesis_is_another_chain() {
    let proof = sample::proof_signed_by(&[0, 1], "history", sample::ITEM);
    assert!(matches!(answer(&proof), Err(BadFile::Proof(BadProof::Certificate(_)))));
    let other = Genesis { network: "other".into(), ..sample::genesis() };
    let error = verify(&sample::proof("history", sample::ITEM), &other).unwrap_err();
    assert!(matches!(error, BadFile::Proof(BadProof::Chain { .. })), "{error}");
}

#[test]
fn no_changed_letter_changes_what_is_believed() {
    let honest = sample::proof("history", sample::ITEM);
    let expected = verify(&honest, &sample::genesis()).unwrap();
    let text = serde_json::to_vec(&honest).unwrap();
    assert_eq!(verify(&read(&text).unwrap(), &sample::genesis()).unwrap(), expected);
    let (mut refused, mut harmless) = (0, 0);
    // Every 7th letter, so that all parts of the file are met and the test stays short.
    for at in (0..text.len()).step_by(7) {
        let mut changed = text.clone();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        let outcome = read(&changed).and_then(|proof| verify(&proof, &sample::genesis()));
        match outcome {
            Err(_) => refused += 1,
            // Another key that is absent too, and that the walk does not need.
            Ok(verified) => {
                assert_eq!(verified, expected, "at {at}");
                harmless += 1;
            }
        }
    }
    assert!(refused > 1_000 && harmless < 20, "{refused} refused, {harmless} harmless");
}

#[test]
fn what_is_no_file_at_all_is_refused() {
    for text in ["", "{}", "null", "[]", "\u{0}", "{\"version\":1}"] {
        assert!(matches!(read(text.as_bytes()), Err(BadFile::Text(_))), "{text}");
        assert!(matches!(genesis(text.as_bytes()), Err(BadFile::GenesisText(_))), "{text}");
    }
    let genesis_text = serde_json::to_vec(&sample::genesis()).unwrap();
    assert_eq!(genesis(&genesis_text).unwrap(), sample::genesis());
    let mut doubled = sample::genesis();
    doubled.organisations.push(doubled.organisations[0].clone());
    let error = genesis(&serde_json::to_vec(&doubled).unwrap()).unwrap_err();
    assert!(matches!(error, BadFile::Genesis(_)), "{error}");
}

//! An honest file of each kind: what it shows, what that rests on, what it does not show.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/files.rs"]
mod files;
#[path = "support/sample.rs"]
mod sample;
#[path = "support/truth.rs"]
mod truth;

use countersign_epcis::question::Unasked;
use countersign_types::proof::{
    BadCheckpoint, BadProof, Checkpoint, HistoryPart, HistoryPlace, Proof, Subject, TraceAsOf, Trusted,
};
use countersign_types::{Epoch, Hash, Height, Outcome, TimestampMs, state_key};
use countersign_verify::{
    Answer, BadFile, Finding, NotShown, Options, Question, Report, Root, read, report, trusted, verify,
};
use files::{checkpoint, root};
use sample::{BUSY, CAPTURES, CASE, ITEM, NOW, Sample, TIP, contract, genesis};
use std::num::NonZeroU32;
use std::path::PathBuf;

fn found(proof: &Proof) -> Finding {
    verify(proof, &Trusted::from(&genesis())).unwrap().into_data()
}

#[test]
fn each_kind_shows_what_is_so() {
    let sample = Sample::default();
    for (name, proof) in files::files(&sample) {
        let text = serde_json::to_vec(&proof).unwrap();
        let verified = verify(&read(&text).unwrap(), &root(&sample, &proof)).unwrap();
        assert!(truth::is_true(&sample, &verified), "{name}: {verified:?}");
        assert_eq!(verified.data().kind(), proof.subject.kind());
    }
}

#[test]
fn entries_stand_or_are_absent() {
    let sample = Sample::default();
    let keys = [state_key::account("acme/admin"), state_key::account("acme/nobody")];
    let Finding::State { entries } = found(&sample.state(&keys, TIP)) else { panic!("state was asked for") };
    let value = |key: &Vec<u8>| entries.iter().find(|entry| entry.key == *key).unwrap().value.is_some();
    assert_eq!((value(&keys[0]), value(&keys[1])), (true, false));
}

#[test]
fn transactions_and_events_stand_in_their_block_under_the_last_certificate() {
    let sample = Sample::default();
    for index in 0..5 {
        let proof = sample.transaction(BUSY, index);
        let verified = verify(&proof, &Trusted::from(&genesis())).unwrap();
        assert_eq!((verified.height(), verified.basis().certified.height), (Height(BUSY), Height(TIP)));
        assert_eq!((verified.basis().changes, verified.basis().epoch), (2, Epoch(2)));
        let Finding::Transaction(found) = verified.data() else { panic!("a transaction was asked for") };
        assert_eq!(matches!(found.receipt.outcome, Outcome::Succeeded { .. }), index != 1);
    }
    for index in 0..sample.block(BUSY).events.len() {
        let Finding::Event(found) = found(&sample.event(BUSY, index)) else { panic!("an event was asked for") };
        assert_eq!(*found, sample.block(BUSY).events[index]);
    }
}

#[test]
fn a_log_as_of_a_height_ends_where_the_file_shows_a_later_record() {
    let sample = Sample::default();
    let log = Sample::log_of(CASE);
    let records = &sample.block(TIP).registers.logs[&log];
    assert_eq!(records.iter().map(|record| record.height.0).collect::<Vec<_>>(), CAPTURES);
    for (start, end, as_of, count, shown) in [
        (0, 2, None, Some(2), 2),
        (0, 2, Some(CAPTURES[0]), Some(1), 1),
        (0, 1, Some(CAPTURES[0]), None, 1),
        (0, 1, Some(CAPTURES[0] - 1), Some(0), 0),
        (1, 2, Some(CAPTURES[0]), None, 0),
        (1, 2, Some(CAPTURES[1]), Some(2), 1),
        (0, 0, Some(CAPTURES[1]), None, 0),
    ] {
        let Finding::Log { as_of: asked, log, .. } = found(&sample.log(&log, start, end, as_of)) else {
            panic!("a log was asked for")
        };
        let (then, held) = log.as_of(asked);
        assert_eq!((then, held.len()), (count, shown), "{start}..{end} as of {as_of:?}");
    }
    let proof = sample.log(&log, 0, 2, Some(TIP));
    let refused = verify(&proof, &Trusted::from(&genesis())).unwrap_err();
    assert_eq!(refused, BadFile::Proof(BadProof::AsOf { asked: Height(TIP), shown: Height(TIP) }));
}

#[test]
fn a_trace_as_of_a_height_is_that_of_the_height() {
    let sample = Sample::default();
    for (height, position, events) in [(6, 0, 0), (CAPTURES[0], 2, 2), (CAPTURES[1], 3, 3)] {
        let as_of = countersign_types::proof::TraceAsOf { height: Height(height), position };
        let Finding::Trace { answer, .. } = found(&sample.trace("history", ITEM, TIP, Some(as_of))) else {
            panic!("a trace was asked for")
        };
        let Answer::History(history) = *answer else { panic!("a history was asked for") };
        assert_eq!((history.position, history.events.len()), (position, events));
        for wrong in (0..=4).filter(|wrong| *wrong != position) {
            let as_of = countersign_types::proof::TraceAsOf { height: Height(height), position: wrong };
            let refused = verify(&sample.trace("history", ITEM, TIP, Some(as_of)), &Trusted::from(&genesis()));
            assert_eq!(refused, Err(BadFile::Position { position: wrong, height: Height(height) }), "{wrong}");
        }
    }
}

#[test]
fn parts_of_a_history_make_up_the_whole_as_of_their_height() {
    let sample = Sample::default();
    for (as_of, events) in [(None, 3), (Some(TraceAsOf { height: Height(CAPTURES[0]), position: 2 }), 2)] {
        let Finding::Trace { answer, .. } = found(&sample.trace("history", ITEM, TIP, as_of)) else {
            panic!("a trace was asked for")
        };
        let Answer::History(whole) = *answer else { panic!("a history was asked for") };
        let (mut after, mut steps) = (None, Vec::new());
        loop {
            let asked = HistoryPart { after, limit: NonZeroU32::MIN };
            let proof = sample.trace_part("history", ITEM, TIP, as_of, Some(asked));
            let verified = verify(&proof, &Trusted::from(&genesis())).unwrap();
            let report = Report::of(verified.clone(), &Options::default()).unwrap();
            let page = verified.history_page(&contract(), ITEM, asked).unwrap().into_data();
            assert_eq!((page.history.events.len(), page.history.truncated), (1, None));
            assert_eq!(report.not_shown.contains(&NotShown::OtherParts), events > 1);
            steps.extend(page.history.events);
            let Some(next) = page.next else { break };
            after = Some(HistoryPlace { time_ms: next.time_ms, sequence: next.sequence });
        }
        assert_eq!((steps.len(), steps), (events, whole.events));
    }
}

#[test]
fn a_part_is_no_answer_to_another_question() {
    let sample = Sample::default();
    let first = HistoryPart { after: None, limit: NonZeroU32::MIN };
    let verified =
        verify(&sample.trace_part("history", ITEM, TIP, None, Some(first)), &Trusted::from(&genesis())).unwrap();
    let refused = |error: BadFile| matches!(error, BadFile::OtherQuestion { what: "part", .. });
    assert!(refused(verified.clone().trace(&contract(), &Question::of("history", ITEM).unwrap()).unwrap_err()));
    let later = HistoryPart { after: Some(files::first_place(&sample)), ..first };
    assert!(refused(verified.clone().history_page(&contract(), ITEM, later).unwrap_err()));
    let more = HistoryPart { limit: NonZeroU32::MAX, ..first };
    assert!(refused(verified.history_page(&contract(), ITEM, more).unwrap_err()));
    // The whole is not taken for its first part, nor a part of anything but a history for an answer.
    let whole = verify(&sample.trace("history", ITEM, TIP, None), &Trusted::from(&genesis())).unwrap();
    assert!(refused(whole.history_page(&contract(), ITEM, first).unwrap_err()));
    let back = verify(&sample.trace_part("back", CASE, TIP, None, Some(first)), &Trusted::from(&genesis()));
    assert_eq!(back, Err(BadFile::Question(Unasked::Part("back"))));
    // What was said to be one event cannot be said to be two.
    let mut longer = sample.trace_part("history", ITEM, TIP, None, Some(first));
    let Subject::Trace { page: Some(page), .. } = &mut longer.subject else { unreachable!() };
    page.limit = NonZeroU32::MAX;
    assert!(matches!(verify(&longer, &Trusted::from(&genesis())), Err(BadFile::Incomplete(_))));
}

/// A file for each question is found again, says its arguments, and answers no other question.
#[test]
fn every_question_has_a_file_that_answers_it_alone() {
    let sample = Sample::default();
    let mut words: Vec<&str> = vec!["history", "back", "forward"];
    for question in files::questions() {
        words.push(question.word());
        for as_of in [None, Some(TraceAsOf { height: Height(CAPTURES[0]), position: 2 })] {
            let proof = sample.answer(&question, TIP, as_of);
            let text = serde_json::to_vec(&proof).unwrap();
            let verified = verify(&read(&text).unwrap(), &Trusted::from(&genesis())).unwrap();
            assert!(truth::is_true(&sample, &verified), "{question:?}");
            let told = serde_json::to_value(Report::of(verified.clone(), &Options::default()).unwrap()).unwrap();
            let arguments = serde_json::to_value(question.arguments()).unwrap();
            match question.arguments().is_empty() {
                true => assert!(told["verified"]["arguments"].is_null()),
                false => assert_eq!(told["verified"]["arguments"], arguments),
            }
            assert!(told["verified"]["answer"].is_object(), "{told}");
            // The span of anomalies ends after two records.
            let is_span = matches!(question, Question::Anomalies { .. });
            let position = verified.clone().trace(&contract(), &question).unwrap().data().position();
            assert_eq!(position, if as_of.is_some() || is_span { 2 } else { 3 });
            let other = Question::Contents(countersign_epcis::Identifier::parse(CASE).unwrap(), 5);
            let refused = verified.trace(&contract(), &other).unwrap_err();
            assert!(matches!(refused, BadFile::OtherQuestion { .. }), "{refused}");
        }
    }
    words.sort_unstable();
    let mut known = Question::WORDS.to_vec();
    known.sort_unstable();
    assert_eq!(words, known);
    // What an answer leaves out because it is a later part is said.
    let later = sample.answer(&files::questions()[0], TIP, None);
    let report = Report::of(verify(&later, &Trusted::from(&genesis())).unwrap(), &Options::default()).unwrap();
    assert!(report.not_shown.contains(&NotShown::OtherParts));
}

#[test]
fn arguments_have_one_spelling_and_belong_to_the_question() {
    let sample = Sample::default();
    let question = &files::questions()[1];
    for change in [
        (|arguments| drop(arguments.remove("time"))) as fn(&mut std::collections::BTreeMap<String, String>),
        |arguments| drop(arguments.insert("time".into(), "2026-05-03T05:09:37+02:00".into())),
        |arguments| drop(arguments.insert("uom".into(), "KGM".into())),
    ] {
        let mut proof = sample.answer(question, TIP, None);
        let Subject::Trace { arguments, .. } = &mut proof.subject else { unreachable!() };
        change(arguments);
        let refused = verify(&proof, &Trusted::from(&genesis())).unwrap_err();
        assert!(matches!(refused, BadFile::Question(Unasked::Argument { .. })), "{refused}");
    }
}

#[test]
fn a_checkpoint_takes_the_place_of_the_genesis() {
    let sample = Sample::default();
    let keys = [state_key::account("acme/admin")];
    let whole = sample.state(&keys, TIP);
    let pinned = |proof: &Proof, checkpoint: &Checkpoint| verify(proof, &checkpoint.clone().trust().unwrap());
    // At each block, made of a proof from the genesis; and from there on to the last one.
    for height in 1..=TIP {
        let block = sample.block(height);
        let state = sample.state(&keys, height);
        let countersign_types::proof::Proof { subject, .. } = state;
        let early = sample.proof_under(subject, height, height);
        let verified = verify(&early, &Trusted::from(&genesis())).unwrap();
        let checkpoint = verified.checkpoint();
        assert_eq!((checkpoint.height, checkpoint.result), (Height(height), block.result.hash()));
        let text = serde_json::to_vec(checkpoint).unwrap();
        assert_eq!(trusted(&text).unwrap(), checkpoint.clone().trust().unwrap());
        let verified = pinned(&whole, checkpoint).unwrap();
        let epoch = sample::epoch_of(height);
        assert_eq!(verified.basis().root, Root::Checkpoint { epoch: Epoch(epoch), height: Height(height) });
        assert_eq!(verified.basis().changes as u64, 2 - epoch);
        // Without the changes before the checkpoint as well.
        let mut short = whole.clone();
        short.epochs.drain(..usize::try_from(epoch).unwrap());
        assert_eq!(pinned(&short, checkpoint).unwrap().data(), verified.data());
        assert_eq!(pinned(&short, checkpoint).unwrap().checkpoint(), verified.checkpoint());
        // But what the file lacks is not made up.
        if epoch > 0 {
            let refused = verify(&short, &Trusted::from(&genesis())).unwrap_err();
            assert_eq!(refused, BadFile::Proof(BadProof::Begins { first: Epoch(epoch), known: Epoch(0) }));
        }
        // A proof of an epoch before the checkpoint's.
        let last = files::checkpoint(&sample);
        if epoch < 2 {
            let refused = pinned(&early, &last).unwrap_err();
            assert_eq!(refused, BadFile::Proof(BadProof::Before { given: Epoch(epoch), known: Epoch(2) }));
        }
        // A checkpoint of another result.
        let forged = Checkpoint { result: Hash([1; 32]), ..checkpoint.clone() };
        let refused = pinned(&early, &forged).unwrap_err();
        assert_eq!(refused, BadFile::Proof(BadProof::Pinned { height: Height(height) }));
        if height < TIP {
            let under = sample.state(&keys, height);
            let refused = pinned(&under, &forged).unwrap_err();
            assert_eq!(refused, BadFile::Proof(BadProof::Pinned { height: Height(height) }));
        }
    }
    let checkpoint = checkpoint(&sample);
    let other = Checkpoint { version: 9, ..checkpoint.clone() };
    assert_eq!(other.trust(), Err(BadCheckpoint::Version(9)));
    let other = Checkpoint { chain: Hash([1; 32]), ..checkpoint };
    assert!(matches!(pinned(&whole, &other), Err(BadFile::Proof(BadProof::Chain { .. }))));
}

#[test]
fn a_report_says_how_old_it_is_and_what_it_does_not_show() {
    let sample = Sample::default();
    let of = |proof: &Proof, root: &Trusted, options: Options| -> Result<Report, BadFile> {
        Report::of(verify(proof, root)?, &options)
    };
    let later = |seconds: u64| Some(TimestampMs(NOW.0 + seconds * 1_000));
    let genesis = Trusted::from(&genesis());
    let state = sample.state(&[b"x".to_vec()], TIP);
    let report = of(&state, &genesis, Options { now: later(60), max_age_s: Some(60) }).unwrap();
    assert_eq!(report.age_seconds, Some(60));
    assert_eq!(report.not_shown, [NotShown::Later(Height(TIP)), NotShown::OtherEntries, NotShown::OldKeys(2)]);
    assert_eq!(report.rests_on.len(), 2, "{:?}", report.rests_on);
    let refused = of(&state, &genesis, Options { now: later(61), max_age_s: Some(60) });
    assert_eq!(refused, Err(BadFile::TooOld { age_s: 61, max_s: 60 }));
    let refused = of(&state, &genesis, Options { now: None, max_age_s: Some(60) });
    assert_eq!(refused, Err(BadFile::NoClock));
    assert_eq!(of(&state, &genesis, Options::default()).unwrap().age_seconds, None);

    // Old state under a new certificate is old; what happened in an old block is as certain as the certificate is new.
    let old = sample.state(&[b"x".to_vec()], TIP - 5);
    let refused = of(&old, &genesis, Options { now: later(0), max_age_s: Some(4) });
    assert_eq!(refused, Err(BadFile::TooOld { age_s: 5, max_s: 4 }));
    let transaction = sample.transaction(BUSY, 0);
    let report = of(&transaction, &genesis, Options { now: later(4), max_age_s: Some(4) }).unwrap();
    assert_eq!(report.age_seconds, Some(4));
    assert_eq!(report.rests_on.len(), 3);

    // A question about the past has no age.
    let past = sample.log(&Sample::log_of(CASE), 0, 2, Some(CAPTURES[0]));
    let refused = of(&past, &genesis, Options { now: later(0), max_age_s: Some(1_000) });
    assert_eq!(refused, Err(BadFile::Past(Height(CAPTURES[0]))));
    let report = of(&past, &genesis, Options::default()).unwrap();
    assert_eq!(report.as_of, Some(Height(CAPTURES[0])));
    assert!(!report.not_shown.iter().any(|not| matches!(not, NotShown::LengthThen(_) | NotShown::OtherRecords { .. })));
    let part = of(&sample.log(&Sample::log_of(CASE), 0, 1, Some(CAPTURES[0])), &genesis, Options::default()).unwrap();
    assert!(part.not_shown.contains(&NotShown::LengthThen(Height(CAPTURES[0]))));
    let page = of(&sample.log(&Sample::log_of(CASE), 0, 1, None), &genesis, Options::default()).unwrap();
    assert!(page.not_shown.contains(&NotShown::OtherRecords { shown: 1, count: 2 }));

    let root = checkpoint(&sample).trust().unwrap();
    let report = of(&state, &root, Options::default()).unwrap();
    assert!(report.not_shown.contains(&NotShown::Checkpoint) && report.rests_on[0].contains("checkpoint"));
}

#[test]
fn what_is_no_file_at_all_is_refused() {
    let sample = Sample::default();
    for text in ["", "{}", "null", "[]", "\u{0}", "{\"version\":2}"] {
        assert!(matches!(read(text.as_bytes()), Err(BadFile::Text(_))), "{text}");
        assert!(matches!(trusted(text.as_bytes()), Err(BadFile::RootText(_))), "{text}");
    }
    let old = r#"{"version":1,"chain":"0x00","subject":{"kind":"state"},"entries":[],"logs":[],"witness":[]}"#;
    assert_eq!(read(old.as_bytes()), Err(BadFile::Version(1)));
    assert_eq!(read(br#"{"version":3}"#), Err(BadFile::Version(3)));
    let mut doubled = genesis();
    doubled.organisations.push(doubled.organisations[0].clone());
    let refused = trusted(&serde_json::to_vec(&doubled).unwrap());
    assert!(matches!(refused, Err(BadFile::Genesis(_))), "{refused:?}");
    let mut bare = serde_json::to_value(checkpoint(&sample)).unwrap();
    bare["validators"] = serde_json::json!([]);
    let refused = trusted(&serde_json::to_vec(&bare).unwrap());
    assert!(matches!(refused, Err(BadFile::Checkpoint(BadCheckpoint::Validators(_)))), "{refused:?}");
    bare["kind"] = "other".into();
    assert!(matches!(trusted(&serde_json::to_vec(&bare).unwrap()), Err(BadFile::RootText(_))));
}

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/proof").join(name)
}

/// The files of `tests/data/proof` are these, byte for byte, and hold. `COUNTERSIGN_BLESS=1` writes them: a change to
/// one is a new version of the format.
#[test]
fn the_golden_files_hold() {
    let sample = Sample::default();
    let mut files: Vec<(String, Vec<u8>)> = files::files(&sample)
        .into_iter()
        .map(|(name, proof)| (format!("{name}.proof.json"), serde_json::to_vec_pretty(&proof).unwrap()))
        .collect();
    files.push(("genesis.json".into(), serde_json::to_vec_pretty(&genesis()).unwrap()));
    files.push(("checkpoint.json".into(), serde_json::to_vec_pretty(&checkpoint(&sample)).unwrap()));
    for (name, mut text) in files {
        text.push(b'\n');
        if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
            std::fs::create_dir_all(golden("")).unwrap();
            std::fs::write(golden(&name), &text).unwrap();
        }
        assert!(std::fs::read(golden(&name)).unwrap() == text, "{name} is another file");
    }
    for (name, proof) in files::files(&sample) {
        let file = std::fs::read(golden(&format!("{name}.proof.json"))).unwrap();
        let root = std::fs::read(golden(if proof.epochs.is_empty() { "checkpoint.json" } else { "genesis.json" }));
        let report = report(&file, &root.unwrap(), &Options::default()).unwrap();
        assert_eq!(report.verified, verify(&proof, &files::root(&sample, &proof)).unwrap(), "{name}");
        let told = serde_json::to_value(&report).unwrap();
        assert_eq!(told["kind"], proof.subject.kind());
        assert!(told["restsOn"].as_array().is_some_and(|list| !list.is_empty()), "{told}");
        assert!(told["notShown"].as_array().is_some_and(|list| !list.is_empty()), "{told}");
    }
}

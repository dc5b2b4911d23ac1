//! Whether the chains are what they say: valid, the same for a seed, and of the sizes and mixes that were measured.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use super::{Deep, Mixed, Profile, Recall, adversarial, food, iot, pharma, text_bytes, write_document};
use countersign_epcis::answer::Truncated;
use countersign_epcis::document::parse;
use countersign_epcis::event::What;
use countersign_epcis::question::{Answer, Question, ask};
use countersign_epcis::register::{LogEntry, Reader, Submission, Writer, capture};
use countersign_epcis::rule::{Policy, check};
use countersign_epcis::walk::Limits;
use countersign_epcis::{Event, Identifier};
use countersign_types::hash::sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// Enough of each chain to judge it by.
const SOME: usize = 6_000;

fn some(profile: Profile, seed: u64) -> Vec<Event> {
    profile.events(seed).take(SOME).collect()
}

#[test]
fn every_event_passes_the_rules() {
    for profile in Profile::ALL {
        for event in some(profile, 7) {
            check(&event, Policy::Strict).unwrap_or_else(|violation| panic!("{}: {violation:?}", profile.word()));
            for id in event.subjects().take(50) {
                assert_eq!(Identifier::parse(id.canonical()).unwrap(), *id);
            }
        }
    }
}

#[test]
fn a_seed_decides_every_byte_and_no_two_chains_share_a_thing() {
    let mut all: BTreeMap<String, (Profile, u64)> = BTreeMap::new();
    for profile in Profile::ALL {
        let bytes = |seed| profile.events(seed).take(300).map(|event| event.canonical_bytes()).collect::<Vec<_>>();
        assert_eq!(bytes(1), bytes(1));
        for seed in [1, 2] {
            for event in profile.events(seed).take(300) {
                for id in event.subjects() {
                    let owner = *all.entry(id.canonical().to_owned()).or_insert((profile, seed));
                    assert_eq!(owner, (profile, seed), "{id}");
                }
            }
        }
    }
}

/// Of a hundred events, those of each type: object, aggregation, transformation, association.
fn mix(events: &[Event]) -> [usize; 4] {
    let mut counts = [0; 4];
    for event in events {
        let at = match event.what {
            What::Object { .. } => 0,
            What::Aggregation { .. } => 1,
            What::Transformation { .. } => 2,
            _ => 3,
        };
        counts[at] += 1;
    }
    counts.map(|count| (count * 100 + events.len() / 2) / events.len())
}

#[test]
fn sizes_and_mixes_are_those_that_were_measured() {
    // Bytes that half and nine in ten events of published documents do not exceed, as far as it was measured; then the mix. The
    // longest hundredth of published events is longer than what is drawn here.
    type Row = (Profile, &'static [(usize, usize)], [usize; 4]);
    let table: [Row; 4] = [
        (Profile::Food, &[(50, 1_100)], [60, 20, 20, 0]),
        (Profile::Seafood, &[(50, 1_086), (90, 1_899)], [60, 19, 21, 0]),
        (Profile::Batteries, &[(50, 798), (90, 1_546)], [71, 0, 23, 6]),
        (Profile::Iot, &[(50, 600)], [100, 0, 0, 0]),
    ];
    for (profile, sizes, wanted) in table {
        let events = some(profile, 3);
        let mut bytes: Vec<usize> = events.iter().map(text_bytes).collect();
        bytes.sort_unstable();
        for (per_cent, size) in sizes {
            let found = bytes[bytes.len() * per_cent / 100];
            let within = size * 3 / 4..=size * 5 / 4;
            assert!(within.contains(&found), "{}: {found} bytes at {per_cent} %, {size} measured", profile.word());
        }
        let found = mix(&events);
        let close = found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 2);
        assert!(close, "{}: {found:?} of a hundred, {wanted:?} measured", profile.word());
    }
}

#[test]
fn lots_of_medicine_are_as_large_and_packed_as_they_should_be() {
    let events = some(Profile::Pharma, 3);
    let lots: Vec<u64> = events
        .iter()
        .filter(|event| event.step_word() == "commissioning")
        .map(|event| event.what.items().0.epcs.len() as u64)
        .collect();
    assert!(lots.len() > 5 && lots.iter().all(|size| (pharma::SERIALS_MIN..=pharma::SERIALS_MAX).contains(size)));
    let packings = events.iter().filter(|event| event.step_word() == "packing");
    let most = packings.map(|event| event.what.items().0.epcs.len()).max();
    assert_eq!(most, Some(pharma::CASE.max(pharma::PALLET)));
}

#[test]
fn lots_of_food_are_cut_in_three_six_levels_deep() {
    // A harvest: 1 + 3 + 9 + 27 + 81 cuts of five events each, and the harvest itself.
    let cuts: u64 = (0..food::DEPTH - 1).map(|level| food::FAN_OUT.pow(level)).sum();
    let events: Vec<Event> = Profile::Food.events(1).take(usize::try_from(cuts * 5 + 1).unwrap()).collect();
    let mut registers = Registers::default();
    registers.capture(&events);
    let harvest = events[0].what.items().0.quantities[0].class.clone();
    let Answer::Lineage(lineage) = registers.ask(&Question::Forward(harvest)) else { panic!("no lineage") };
    let lots: u64 = (1..food::DEPTH).map(|level| food::FAN_OUT.pow(level)).sum();
    assert_eq!(lineage.products.len() as u64, lots);
}

#[test]
fn bursts_arrive_out_of_order() {
    let events: Vec<Event> = Profile::Iot.events(1).take(usize::try_from(iot::BURST * 2).unwrap()).collect();
    assert!(events.windows(2).any(|pair| pair[1].time.ms() < pair[0].time.ms() - 3 * 3_600_000));
}

#[test]
fn all_of_a_recalled_lot_is_found_where_it_is() {
    let recall = Recall::new(1, 1_000);
    let mut registers = Registers::default();
    registers.capture(&recall.events().collect::<Vec<_>>());
    let question = Question::Recall { item: recall.lot(), after: None, containers_after: None, limit: None };
    let Answer::Recall(scope) = registers.ask(&question) else { panic!("no scope") };
    // Every piece and the lot; 20 cases and a pallet; 20 of the 50 of each case are dispensed.
    assert_eq!((scope.count, scope.containers_ever.len(), scope.unplaced), (1_001, 21, 0));
    let disposed = scope.products.iter().filter(|product| product.state == "disposed").count();
    let present: u64 = scope.places.iter().map(|place| place.instances).sum();
    assert_eq!((disposed, present, scope.places.len()), (400, 600, 20));
    assert!(scope.complete && scope.unaccounted.is_empty());
}

#[test]
fn a_deep_chain_is_followed_to_both_ends() {
    let deep = Deep::new(1, 500);
    let mut registers = Registers::default();
    registers.capture(&deep.events().collect::<Vec<_>>());
    for (question, ahead) in [(Question::Forward(deep.first()), 2 * 500), (Question::Back(deep.last()), 500)] {
        let Answer::Lineage(lineage) = registers.ask(&question) else { panic!("no lineage") };
        assert_eq!((lineage.products.len(), lineage.truncated), (ahead, None));
    }
}

#[test]
fn what_is_adversarial_is_captured_and_traced_whole() {
    let events = some(Profile::Adversarial, 1);
    let mut registers = Registers::default();
    registers.capture(&events);
    let mixed = events.iter().find(|event| matches!(event.what, What::Transformation { .. })).unwrap();
    let outcome = mixed.what.items().1.unwrap().quantities[0].class.clone();
    let Answer::Lineage(lineage) = registers.ask(&Question::Back(outcome)) else { panic!("no lineage") };
    assert_eq!(lineage.products.len() as u64, adversarial::FAN_IN);
    let inner = events
        .iter()
        .find(|event| event.what.items().0.epcs.len() == 1 && event.what.items().0.epcs[0].serial().is_some());
    let piece = inner.unwrap().what.items().0.epcs[0].clone();
    let Answer::History(history) = registers.ask(&Question::History(piece, None)) else { panic!("no history") };
    assert_eq!((history.events.len(), history.truncated), (1, None::<Truncated>));
}

#[test]
fn a_mixed_ledger_holds_the_recall_and_the_chain_among_the_others() {
    let mixed = Mixed::new(1, 4_000, 500, 50);
    let events: Vec<Event> = mixed.events().collect();
    assert!(events.len() as u64 >= mixed.events);
    let mut registers = Registers::default();
    registers.capture(&events);
    let question = Question::Recall { item: mixed.recall.lot(), after: None, containers_after: None, limit: None };
    let Answer::Recall(scope) = registers.ask(&question) else { panic!("no scope") };
    assert_eq!(scope.count, 501);
    let names: BTreeSet<&str> = events.iter().filter_map(|event| event.event_id.as_deref()).collect();
    assert_eq!(names.len(), events.len());
}

#[test]
fn a_written_document_is_read_back_as_the_same_events() {
    for profile in Profile::ALL {
        let events: Vec<Event> = profile.events(5).take(40).collect();
        let mut text = Vec::new();
        write_document(&mut text, events.iter().cloned()).unwrap();
        let document = parse(&text, Policy::Strict).unwrap();
        let read: Vec<Event> = document.accepted().cloned().collect();
        assert_eq!(document.rejected().next(), None, "{}", profile.word());
        assert_eq!(read.len(), events.len());
        for (read, event) in read.iter().zip(&events) {
            assert_eq!(read, event, "{}", profile.word());
        }
    }
}

/// Registers in memory.
#[derive(Default)]
struct Registers {
    state: BTreeMap<Vec<u8>, Vec<u8>>,
    logs: BTreeMap<Vec<u8>, Vec<Vec<u8>>>,
}

impl Registers {
    fn capture(&mut self, events: &[Event]) {
        let by = Submission { account: "acme/erp".to_owned(), height: 1, time_ms: 1, transaction: [7; 32] };
        for event in events {
            let done = capture(self, event, &by, Policy::Strict).unwrap_or_else(|refusal| panic!("{refusal:?}"));
            assert!(!done.duplicate && done.anomalies == 0);
        }
    }

    fn ask(&mut self, question: &Question) -> Answer {
        ask(self, question, None, Limits::default()).unwrap()
    }
}

impl Writer for Registers {
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key).cloned()
    }
    fn write(&mut self, key: &[u8], value: &[u8]) {
        self.state.insert(key.to_vec(), value.to_vec());
    }
    fn log_append(&mut self, key: &[u8], entry: &[u8]) {
        self.logs.entry(key.to_vec()).or_default().push(entry.to_vec());
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

impl Reader for Registers {
    type Error = Infallible;
    fn read(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.state.get(key).cloned())
    }
    fn log_len(&mut self, key: &[u8]) -> Result<u64, Infallible> {
        Ok(self.logs.get(key).map_or(0, |log| log.len() as u64))
    }
    fn log_entry(&mut self, key: &[u8], index: u64) -> Result<Option<LogEntry>, Infallible> {
        let entry = self.logs.get(key).and_then(|log| log.get(usize::try_from(index).ok()?));
        Ok(entry.map(|entry| LogEntry { entry: entry.clone(), ..LogEntry::default() }))
    }
    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

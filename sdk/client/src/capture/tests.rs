//! Captures over a line that is no node: what it takes, refuses and loses is the test's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::result_large_err)]

use super::line::{Line, Lost};
use super::*;
use countersign_api::method::tx::{Outcome, Receipt};
use countersign_api::{Bytes, U64};
use countersign_epcis::answer;
use countersign_types::{Hash, Height, Payload};
use std::future::ready;
use std::io::{self, Cursor};
use std::sync::Mutex;

const GAS_MAX: u64 = 3_000_000_000;

/// A contract that takes events in turn.
struct Fake {
    /// Gas that an event takes.
    gas: fn(&[u8]) -> u64,
    /// The transaction that is lost on the way, and whether it may have arrived.
    lost: Option<(usize, bool)>,
    /// How many events each transaction held.
    sizes: Mutex<Vec<usize>>,
    recorded: Mutex<u64>,
}

impl Default for Fake {
    fn default() -> Self {
        Self { gas: |_| 100_000, lost: None, sizes: Mutex::default(), recorded: Mutex::default() }
    }
}

impl Fake {
    fn sizes(&self) -> Vec<usize> {
        self.sizes.lock().unwrap().clone()
    }

    fn receive(&self, payload: Payload, limit: u64) -> Result<Receipt, Lost> {
        let Payload::Call { input, .. } = payload else { panic!("a call") };
        let (events, _): (Vec<Vec<u8>>, Mode) = borsh::from_slice(&input).unwrap();
        let mut sizes = self.sizes.lock().unwrap();
        let number = sizes.len();
        sizes.push(events.len());
        let transaction = Hash([u8::try_from(number % 251).unwrap(); 32]);
        if let Some((_, arrived)) = self.lost.filter(|(at, _)| *at == number) {
            let cause = Error::Network { url: "http://test".into(), cause: "it is gone".into() };
            return Err(Lost { cause, transaction: arrived.then_some(transaction) });
        }
        let used: u64 = events.iter().map(|event| (self.gas)(event)).sum();
        let outcome = if used > limit {
            Outcome::Trapped { cause: 1 }
        } else {
            let mut recorded = self.recorded.lock().unwrap();
            let accepted = |index: usize| {
                *recorded += 1;
                let outcome = answer::Outcome::Accepted { sequence: *recorded - 1, hash: [0; 32], anomalies: 0 };
                answer::EventReceipt { index: u32::try_from(index).unwrap(), outcome }
            };
            let receipts: Vec<_> = (0..events.len()).map(accepted).collect();
            Outcome::Succeeded { output: Bytes(borsh::to_vec(&receipts).unwrap()) }
        };
        let (block_hash, gas_used) = (Hash([0; 32]), U64(used.min(limit)));
        Ok(Receipt { transaction, height: Height(1), block_hash, index: 0, outcome, gas_used, events: Vec::new() })
    }
}

impl Line for Fake {
    fn gas_max(&self) -> u64 {
        GAS_MAX
    }
    fn send(&self, payload: Payload, gas: u64) -> impl Future<Output = Result<Receipt, Lost>> + Send {
        ready(self.receive(payload, gas))
    }
}

fn event(number: usize, things: usize) -> String {
    let epcs: Vec<String> = (0..things).map(|thing| format!("\"urn:x:{number}:{thing}\"")).collect();
    format!(
        r#"{{"type":"ObjectEvent","eventID":"urn:event:{number}","eventTime":"2026-05-01T08:00:00Z",
"eventTimeZoneOffset":"+00:00","action":"OBSERVE","bizStep":"shipping","epcList":[{}]}}"#,
        epcs.join(",")
    )
}

const HEAD: &str = r#"{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",
"schemaVersion":"2.0","creationDate":"2026-05-01T08:00:00Z","epcisBody":{"eventList":["#;

fn document(events: impl Iterator<Item = String>) -> Vec<u8> {
    format!("{HEAD}{}]}}}}", events.collect::<Vec<_>>().join(",")).into_bytes()
}

async fn by_stream(fake: &Fake, source: impl Read) -> (Vec<EventReceipt>, Result<DocumentReceipt, Stopped>) {
    let mut events = Vec::new();
    let told = |told| {
        if let Told::Event(event) = told {
            events.push(*event);
        }
    };
    let outcome = streamed(fake, Address([0; 32]), source, told).await;
    (events, outcome)
}

async fn by_whole(fake: &Fake, bytes: &[u8], mode: Mode) -> (Vec<EventReceipt>, Result<DocumentReceipt, Stopped>) {
    let mut events = Vec::new();
    let told = |told| {
        if let Told::Event(event) = told {
            events.push(*event);
        }
    };
    let outcome = whole(fake, Address([0; 32]), bytes, mode, told).await;
    (events, outcome)
}

/// The receipts' words, one for each event.
fn words(events: &[EventReceipt]) -> String {
    let word = |event: &EventReceipt| match &event.status {
        Status::Accepted { .. } => 'a',
        Status::Duplicate { .. } => 'd',
        Status::Rejected(_) => 'r',
        Status::Withdrawn => 'w',
        Status::Undecided { .. } => '?',
        Status::Unsent => '-',
    };
    events.iter().map(word).collect()
}

#[tokio::test]
async fn what_was_recorded_before_an_error_is_told() {
    let bytes = document((0..1_000).map(|number| event(number, 1)));
    for (arrived, word, by_whom) in [(true, "?", "whole"), (false, "-", "whole"), (true, "?", "stream")] {
        let fake = Fake { lost: Some((1, arrived)), ..Fake::default() };
        let (events, outcome) = match by_whom {
            "whole" => by_whole(&fake, &bytes, Mode::Proceed).await,
            _ => by_stream(&fake, Cursor::new(&bytes)).await,
        };
        let Stopped { receipt, cause } = outcome.unwrap_err();
        assert!(matches!(cause, Error::Network { .. }));
        assert_eq!(fake.sizes(), [200, 400]);
        // Of a stream nobody knows how many would have come.
        let unread = if by_whom == "whole" { 400 } else { 1 };
        assert_eq!(words(&events), format!("{}{}{}", "a".repeat(200), word.repeat(400), "-".repeat(unread)));
        assert_eq!((receipt.accepted, receipt.undecided, receipt.rejected), (200, 400 + unread, 0));
        assert_eq!((receipt.verdict, receipt.transactions.len()), (Verdict::Interrupted, 1));
        let stopped = Stopped { receipt, cause }.to_string();
        assert!(stopped.contains("200 events stand on the ledger") && stopped.contains("again"), "{stopped}");
    }
}

#[tokio::test]
async fn batches_follow_the_gas_and_go_in_halves() {
    // Cheap events: each batch twice the last, up to what a call takes.
    let fake = Fake::default();
    let bytes = document((0..2_400).map(|number| event(number, 1)));
    let (events, outcome) = by_stream(&fake, Cursor::new(&bytes)).await;
    assert_eq!((fake.sizes(), outcome.unwrap().accepted), (vec![200, 400, 800, 800, 200], 2_400));
    assert!(events.iter().enumerate().all(|(at, event)| event.index == at));

    // 100 million each: 30 fit into a transaction, and half of them are aimed at.
    let fake = Fake { gas: |_| 100_000_000, ..Fake::default() };
    let bytes = document((0..230).map(|number| event(number, 1)));
    let (events, outcome) = by_whole(&fake, &bytes, Mode::Proceed).await;
    assert_eq!(outcome.unwrap().accepted, 230);
    assert_eq!(words(&events), "a".repeat(230));
    let sequences: Vec<usize> = (0..230).collect();
    let told = |event: &EventReceipt| match event.status {
        Status::Accepted { sequence, .. } => usize::try_from(sequence).unwrap(),
        _ => panic!("accepted"),
    };
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), sequences, "in the document's order");
    let sizes = fake.sizes();
    assert_eq!(sizes[..4], [200, 100, 50, 25], "{sizes:?}");
    assert!(sizes.iter().rev().take(2).all(|size| *size <= 15), "{sizes:?}");

    // One that no transaction takes is refused by itself.
    let fake = Fake { gas: |bytes| if bytes.len() > 1_000 { GAS_MAX + 1 } else { 100_000 }, ..Fake::default() };
    let bytes = document((0..9).map(|number| event(number, if number == 4 { 200 } else { 1 })));
    let (events, outcome) = by_stream(&fake, Cursor::new(&bytes)).await;
    assert_eq!((words(&events).as_str(), outcome.unwrap().verdict), ("aaaaraaaa", Verdict::PartiallyAccepted));
    let Status::Rejected(fault) = &events[4].status else { panic!("refused") };
    assert_eq!((fault.rule.as_str(), fault.path.as_str()), ("capture.gas", "$.epcisBody.eventList[4]"));
    let (events, outcome) = by_whole(&fake, &bytes, Mode::Rollback).await;
    assert_eq!(words(&events), "-".repeat(9));
    assert!(outcome.unwrap_err().to_string().contains("mode proceed"));
}

#[tokio::test]
async fn bytes_bound_a_transaction_and_an_event() {
    // Some 400 KB each, two to a transaction; and one of 2 MB, which none takes.
    let fake = Fake::default();
    let bytes = document((0..7).map(|number| event(number, if number == 5 { 100_000 } else { 25_000 })));
    let (events, outcome) = by_stream(&fake, Cursor::new(&bytes)).await;
    assert_eq!((words(&events).as_str(), outcome.unwrap().rejected), ("aaaaara", 1));
    assert!(fake.sizes().iter().all(|size| *size <= 3) && fake.sizes().len() >= 2, "{:?}", fake.sizes());
    let Status::Rejected(fault) = &events[5].status else { panic!("refused") };
    assert_eq!(fault.rule, "capture.size");
    let (_, outcome) = by_whole(&fake, &bytes, Mode::Rollback).await;
    assert!(matches!(outcome.unwrap_err().cause, Error::TooLarge { .. }));
}

#[tokio::test]
async fn refused_events_have_their_place_and_withdraw_others_in_rollback_only() {
    let wrong = |number: usize| match number % 3 {
        1 => event(number, 1).replace("\"OBSERVE\"", "\"LOOK\""),
        _ => event(number, 1),
    };
    let bytes = document((0..4).map(wrong));
    for (mode, expected) in [(Mode::Proceed, "araa"), (Mode::Rollback, "wrww")] {
        let fake = Fake::default();
        let (events, outcome) = by_whole(&fake, &bytes, mode).await;
        assert_eq!(words(&events), expected);
        assert_eq!(outcome.unwrap().rejected, expected.matches(['r', 'w']).count());
        assert_eq!(fake.sizes(), if mode == Mode::Proceed { vec![3] } else { vec![] });
    }
    let (events, _) = by_stream(&Fake::default(), Cursor::new(&bytes)).await;
    assert_eq!(words(&events), "araa");
    // Receipts do not wait for a batch to be full where nothing can be sent.
    let bytes = document((0..2_000).map(|number| event(number, 1).replace("\"OBSERVE\"", "\"LOOK\"")));
    let (events, outcome) = by_stream(&Fake::default(), Cursor::new(&bytes)).await;
    assert_eq!((events.len(), outcome.unwrap().verdict), (2_000, Verdict::Rejected));
}

#[tokio::test]
async fn a_document_that_breaks_off_keeps_what_came_before() {
    let bytes = document((0..500).map(|number| event(number, 1)));
    let cut = bytes.windows(13).position(|part| part == b"urn:event:450").unwrap();
    let fake = Fake::default();
    let (events, outcome) = by_stream(&fake, Cursor::new(&bytes[..cut])).await;
    let receipt = outcome.unwrap();
    assert_eq!((events.len(), receipt.accepted, receipt.verdict), (450, 450, Verdict::PartiallyAccepted));
    let fault = &receipt.faults[0];
    assert!(fault.path.starts_with("$.epcisBody.eventList[450]") && fault.rule == "json.syntax", "{fault:?}");
    assert!(fault.reason.contains("line 452"), "{fault:?}");

    // A source that fails is no fault of the document's.
    struct Failing<'a>(&'a [u8]);
    impl Read for Failing<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() { Err(io::Error::other("the disk is gone")) } else { self.0.read(into) }
        }
    }
    let (events, outcome) = by_stream(&fake, Failing(&bytes[..cut])).await;
    let stopped = outcome.unwrap_err();
    assert!(matches!(stopped.cause, Error::Source(_)), "{stopped}");
    assert_eq!((events.len(), stopped.receipt.accepted, stopped.receipt.verdict), (450, 450, Verdict::Interrupted));
}

/// A document that is made while it is read.
struct Endless {
    ready: Cursor<Vec<u8>>,
    next: usize,
    end: usize,
}

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.ready.read(into)?;
        if count > 0 || self.next > self.end {
            return Ok(count);
        }
        let text = match self.next {
            next if next == self.end => "]}}".to_owned(),
            0 => format!("{HEAD}{}", event(0, 20)),
            next => format!(",{}", event(next, 20)),
        };
        self.next += 1;
        self.ready = Cursor::new(text.into_bytes());
        self.ready.read(into)
    }
}

/// The most memory that this process ever held, in KiB.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Tells a process of this test's how many events to capture.
const EVENTS: &str = "COUNTERSIGN_TEST_CAPTURE_EVENTS";

/// Captures so many events in a process of its own; answers the most memory that it held.
fn peak_of(count: usize) -> u64 {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "capture::tests::ten_times_the_events_take_no_more_memory", "--nocapture"])
        .env(EVENTS, count.to_string())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let peak = said.lines().find_map(|line| line.split_once("peak ")?.1.parse().ok());
    peak.unwrap_or_else(|| panic!("{said}"))
}

#[tokio::test]
async fn ten_times_the_events_take_no_more_memory() {
    if peak().is_none() {
        eprintln!("this system does not tell how much memory a process held: skipped");
        return;
    }
    let Ok(count) = std::env::var(EVENTS) else {
        let (few, many) = (peak_of(2_000), peak_of(20_000));
        // Whole, the second would take more than 20 MB of text, and several times as much once it is read.
        assert!(many < few * 5 / 4 + 2_048, "{few} and {many} KiB");
        return;
    };
    let end = count.parse().unwrap();
    let (ready, mut count) = (Cursor::new(Vec::new()), 0);
    let told = |told| count += usize::from(matches!(told, Told::Event(_)));
    let done = streamed(&Fake::default(), Address([0; 32]), Endless { ready, next: 0, end }, told).await.unwrap();
    assert_eq!((done.accepted, count), (end, end));
    println!("\npeak {}", peak().unwrap());
}

//! An item's history over a real node: paged while events come, as of any height, and states that are gone say so.

use countersign_api::method::contract::{ContractListEvents, ContractRef, ListEventsParams, ViewParams};
use countersign_api::method::contract::{ContractView, EventRecord};
use countersign_api::method::state::{GetParams, Key, StateGet};
use countersign_api::method::trace::{HistoryParams, Trace, TraceHistory};
use countersign_api::{At, Bytes, Code, Order};
use countersign_client::capture::{Mode, capture};
use countersign_client::{Client, Error, Signer, Unverified, contract, history, verify};
use countersign_ledger::limits::STATE_HEIGHTS_RETAINED;
use countersign_tests::cluster::{Cluster, contract_module, program};
use countersign_types::{Address, Height, TimestampMs};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::process::Command;
use std::time::{Duration, Instant};

const PROVENANCE: &str = "org0/provenance";
const ITEM: &str = "https://id.gs1.org/01/09521321001015/21/1";
const EVENTS: usize = 3_000;
const PAGE: u32 = 100;

/// A document of events that see the item, some of them earlier than those before.
fn document(numbers: std::ops::Range<usize>) -> Vec<u8> {
    let event = |n: usize| {
        let (minute, second) = ((n * 7919) % 50, n % 60);
        json!({
            "eventID": format!("urn:event:{n}"), "type": "ObjectEvent", "action": "OBSERVE",
            "eventTime": format!("2026-05-01T08:{minute:02}:{second:02}Z"), "eventTimeZoneOffset": "+00:00",
            "epcList": [ITEM], "readPoint": { "id": format!("urn:epc:id:sgln:9521321.{:05}.0", n % 5) }
        })
    };
    let events: Vec<Value> = numbers.map(event).collect();
    let document = json!({
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2026-05-02T08:00:00Z", "epcisBody": { "eventList": events }
    });
    document.to_string().into_bytes()
}

async fn put(signer: &Signer, numbers: std::ops::Range<usize>) {
    let count = numbers.len();
    let done = capture(signer, Address::of(PROVENANCE), &document(numbers), Mode::Proceed, |_| {}).await.unwrap();
    assert_eq!(done.accepted, count, "{:?}", done.faults);
}

fn code(error: &Error) -> Option<Code> {
    let Error::Rpc(error) = error else { return None };
    error.kind()
}

async fn page(client: &Client, at: At, limit: u32, cursor: Option<String>) -> Result<(Trace, Height), Error> {
    let params = HistoryParams { limit: Some(limit), cursor, ..HistoryParams::first(ITEM, None, at) };
    client
        .unverified()
        .call_again::<TraceHistory>(&params)
        .await
        .map(Unverified::into_said)
        .map(|read| (read.data, read.height))
}

/// Every cursor byte altered is refused with its own error, and so is a cursor of another list.
async fn altered_cursors_are_refused(client: &Client, cursor: &str) {
    for at in 0..cursor.len() {
        let other = if cursor.as_bytes()[at] == b'0' { "1" } else { "0" };
        let altered = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
        let refused = page(client, At::Final, PAGE, Some(altered)).await.unwrap_err();
        assert_eq!(code(&refused), Some(Code::BadCursor), "byte {at}: {refused}");
    }
    let params = ListEventsParams { cursor: Some(cursor.to_owned()), ..ListEventsParams::default() };
    let refused = client.unverified().call::<ContractListEvents>(&params).await.unwrap_err();
    assert_eq!(code(&refused), Some(Code::BadCursor));
    let elsewhere =
        HistoryParams { cursor: Some(cursor.to_owned()), ..HistoryParams::first(PROVENANCE, None, At::Final) };
    assert!(client.unverified().call::<TraceHistory>(&elsewhere).await.is_err());
}

/// All events that the contract emitted, page by page, while more come.
async fn emitted(client: &Client, signer: &Signer, order: Order, next: &mut usize) -> Vec<EventRecord> {
    let contract = Some(ContractRef(PROVENANCE.to_owned()));
    let mut params = ListEventsParams { contract, limit: Some(400), order, ..ListEventsParams::default() };
    let (mut records, mut height) = (Vec::new(), None);
    loop {
        let page = client.unverified().call_again::<ContractListEvents>(&params).await.unwrap().into_said();
        assert_eq!(*height.get_or_insert(page.height), page.height);
        records.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            return records;
        }
        put(signer, *next..*next + 1).await;
        *next += 1;
    }
}

fn countersign(cluster: &Cluster, arguments: &[&str]) -> std::process::Output {
    Command::new(program("countersign").unwrap()).args(["--rpc", &cluster.url(0)]).args(arguments).output().unwrap()
}

/// What is verified page by page, while events come, is what the node says: in the client, and in the command from page to
/// page.
async fn verified_pages_are_the_same(
    cluster: &Cluster,
    signer: &Signer,
    whole: &Trace,
    height: Height,
    next: &mut usize,
) {
    let genesis = cluster.genesis();
    let trusted = verify::trusted(&std::fs::read(&genesis).unwrap()).unwrap();
    let auditor = cluster.client(0).unwrap().trusting(trusted);
    let limit = NonZeroU32::new(700).unwrap();
    let mut pages = auditor.history(Address::of(PROVENANCE), ITEM, At::Height(height), limit);
    let mut numbers = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        assert_eq!(page.data().history.position, whole.position);
        numbers.extend(page.data().history.events.iter().map(|event| event.sequence));
        put(signer, *next..*next + 1).await;
        *next += 1;
    }
    assert!(numbers.iter().eq(whole.events.iter().map(|event| &event.sequence)));

    let ask = |more: &[&str]| {
        let root = ["--json", "--root", genesis.to_str().unwrap(), "--contract", PROVENANCE, "trace", "history", ITEM];
        let answer = countersign(cluster, &[&root, more].concat());
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        let answer: Value = serde_json::from_slice(&answer.stdout).unwrap();
        let numbers = answer["data"]["events"].as_array().unwrap().iter().map(|event| event["sequence"].clone());
        (numbers.collect::<Vec<_>>(), answer["data"]["nextCursor"].as_str().map(str::to_owned))
    };
    let (first, cursor) = ask(&["--at", &height.to_string(), "--limit", "1500"]);
    let (rest, end) = ask(&["--cursor", &cursor.unwrap()]);
    assert_eq!((first.len(), rest.len(), end), (1_500, EVENTS - 1_500, None));
    assert!(first.into_iter().chain(rest).eq(numbers.into_iter().map(Value::from)));

    let key = countersign_epcis::register::key::naming(ITEM, countersign_types::hash::sha256);
    let mut pages = auditor.log_pages(Address::of(PROVENANCE), &key, At::Height(height), None);
    let mut records = 0;
    while let Some(page) = pages.next().await.unwrap() {
        assert!(page.data().records.iter().all(|record| record.height <= height));
        records += page.data().records.len();
    }
    assert_eq!(records, EVENTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_paged_while_events_come_and_reaches_back_where_states_are_gone() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), 1, &["--heartbeat-ms", "100"]).await.unwrap();
    let admin = cluster.signer("org0/admin", 0).await.unwrap();
    let module = contract_module("provenance").unwrap();
    let (_, done) = contract::deploy(&admin, PROVENANCE, module, &Value::Null, None).await.unwrap();
    assert!(done.receipt.succeeded());
    let deployed = done.receipt.height;
    let signer = cluster.signer("org0/erp", 0).await.unwrap();
    put(&signer, 0..EVENTS).await;
    let client = cluster.client(0).unwrap();

    // Pages while events come: the history as of the first page.
    let (first, height) = page(&client, At::Final, PAGE, None).await.unwrap();
    let cursor = first.next_cursor.clone().unwrap();
    assert!(!first.complete && first.truncated.is_none());
    altered_cursors_are_refused(&client, &cursor).await;
    let (mut whole, mut pages, mut next) = (first.clone(), 1, EVENTS);
    while let Some(cursor) = whole.next_cursor.take() {
        if pages % 5 == 0 {
            put(&signer, next..next + 7).await;
            next += 7;
        }
        let (page, at) = page(&client, At::Final, PAGE, Some(cursor)).await.unwrap();
        assert_eq!((at, page.position), (height, whole.position));
        whole.append(page);
        pages += 1;
    }
    assert_eq!((whole.events.len(), pages, whole.complete), (EVENTS, EVENTS / PAGE as usize, true));
    assert!(whole.events.is_sorted_by_key(|event| event.event_time.clone()));
    let numbers: std::collections::BTreeSet<u64> = whole.events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (0..EVENTS as u64).collect());
    let now = history(&client, HistoryParams::first(ITEM, None, At::Final), u32::MAX).await.unwrap().into_said();
    assert_eq!((now.data.events.len(), now.data.complete), (next, true));
    let ascending = emitted(&client, &signer, Order::Ascending, &mut next).await;
    let descending = emitted(&client, &signer, Order::Descending, &mut next).await;
    assert!(descending.len() > ascending.len() && ascending.len() >= EVENTS);
    assert!(descending.iter().rev().take(ascending.len()).eq(&ascending));

    // As of a time, and of one before there was a chain.
    let last = whole.events.iter().map(|event| event.record_time.clone()).max().unwrap();
    let At::Time(recorded) = last.parse::<At>().unwrap() else { panic!("{last}") };
    let by_time =
        history(&client, HistoryParams::first(ITEM, None, At::Time(recorded)), u32::MAX).await.unwrap().into_said();
    assert!(by_time.data.events.len() >= EVENTS && by_time.height <= height);
    let before =
        history(&client, HistoryParams::first(ITEM, None, At::Time(TimestampMs(recorded.0 - 3_600_000))), 1).await;
    assert_eq!(code(&before.unwrap_err()), Some(Code::BlockUnknown));
    let future = page(&client, At::Time(TimestampMs(recorded.0 + 86_400_000)), 1, None).await;
    assert_eq!(code(&future.unwrap_err()), Some(Code::BlockNotYet));

    // The state of that height leaves; its history stays, and so does the cursor.
    let gone = height.0 + STATE_HEIGHTS_RETAINED + 1;
    cluster.until(0, |status| status.certified_height.0 > gone).await.unwrap();
    let again =
        history(&client, HistoryParams::first(ITEM, None, At::Height(height)), u32::MAX).await.unwrap().into_said();
    assert_eq!((again.data, again.height), (whole.clone(), height));
    let (second, at) = page(&client, At::Final, PAGE, Some(cursor)).await.unwrap();
    assert_eq!((&second.events[..], at), (&whole.events[PAGE as usize..2 * PAGE as usize], height));
    verified_pages_are_the_same(&cluster, &signer, &whole, height, &mut next).await;
    let key = GetParams { key: Key::Raw(Bytes(vec![0, b'v'])), at: At::Height(height), prove: false };
    let Err(Error::Rpc(pruned)) = client.unverified().call::<StateGet>(&key).await else { panic!("the state is gone") };
    assert_eq!(pruned.kind(), Some(Code::BlockPruned));
    assert!(pruned.data.info["oldest"].as_u64().unwrap() > height.0, "{pruned}");
    let view = ViewParams {
        contract: ContractRef(PROVENANCE.to_owned()),
        method: "count".to_owned(),
        args: None,
        input: None,
        at: At::Height(height),
    };
    assert_eq!(code(&client.unverified().call::<ContractView>(&view).await.unwrap_err()), Some(Code::BlockPruned));
    let height = height.to_string();
    let refused = countersign(&cluster, &["contract", "view", PROVENANCE, "count", "--at", &height]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("no longer kept") && said.contains("ask at that height"), "{said}");
    let cut = countersign(&cluster, &["trace", "history", ITEM, "--at", &height, "--limit", "150"]);
    let shown = String::from_utf8_lossy(&cut.stdout);
    assert!(cut.status.success() && shown.contains("MORE FOLLOWS") && shown.contains("--cursor "), "{shown}");
    let json = countersign(&cluster, &["--json", "trace", "history", ITEM, "--at", &height]);
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json["data"]["events"].as_array().unwrap().len(), &json["data"]["complete"]), (EVENTS, &json!(true)));
    let undeployed = countersign(&cluster, &["trace", "history", ITEM, "--at", &(deployed.0 - 1).to_string()]);
    assert_eq!(undeployed.status.code(), Some(1));

    // How long a page takes, after a start and again.
    cluster.kill(0).unwrap();
    cluster.spawn(0).unwrap();
    cluster.ready(0).await.unwrap();
    let mut took = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        page(&client, At::Final, PAGE, None).await.unwrap();
        took.push(begun.elapsed());
    }
    let (cold, warm): (Duration, &mut [Duration]) = (took[0], &mut took[1..]);
    warm.sort();
    println!(
        "a page of {PAGE} of {next} events: {cold:?} after a start, then {:?} at the median",
        warm[warm.len() / 2]
    );
}

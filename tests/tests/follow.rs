//! Subscriptions to events are whole: a client whose connection breaks again and again, at whichever node it comes back, sees each
//! event once and in order.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_api::Order;
use countersign_api::method::contract::{
    ContractListEvents, ContractRef, EventPlace, ListEventsParams, SubscribeEventsParams,
};
use countersign_client::Subscription;
use countersign_tests::cluster::Cluster;
use countersign_types::{Address, Height, Payload};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

const BELL: &str = "org0/bell";
/// Emits an event at each call.
const MODULE: &str = r#"(module
    (import "countersign" "emit" (func $emit (param i32 i32 i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "Rung")
    (func (export "ring") (call $emit (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))"#;
/// Connections that are broken.
const BREAKS: u16 = 1_000;

/// Rings until it is told to stop.
async fn ring(cluster: &Cluster, through: u16, stop: Arc<AtomicBool>) {
    let signer = cluster.signer("org0/admin", through).await.unwrap();
    while !stop.load(Relaxed) {
        let call = Payload::Call { contract: Address::of(BELL), method: "ring".into(), input: Vec::new() };
        let _ = signer.execute(call, None).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_lost_or_repeated_over_a_thousand_broken_connections() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Arc::new(Cluster::start(directory.path(), 4, &[]).await.unwrap());
    let code = wat::parse_str(MODULE).unwrap();
    let deploy = Payload::Deploy { name: BELL.into(), code, input: Vec::new() };
    let _ = cluster.signer("org0/admin", 0).await.unwrap().execute(deploy, Some(100_000_000)).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let calling = (0..2).map(|through| {
        let (cluster, stop) = (Arc::clone(&cluster), Arc::clone(&stop));
        tokio::spawn(async move { ring(&cluster, through, stop).await })
    });
    let calling: Vec<_> = calling.collect();
    let begun = Instant::now();
    let mut seen: Vec<EventPlace> = Vec::new();
    for turn in 0..BREAKS {
        let client = cluster.client(turn % 4).unwrap();
        let after = seen.last().copied();
        let from = after.is_none().then_some(Height(1));
        let contract = Some(ContractRef(BELL.into()));
        let params = SubscribeEventsParams { contract, from, after, ..SubscribeEventsParams::default() };
        let mut subscription = Subscription::events(&client, &params).await.unwrap();
        // Some are dropped before anything came, some in the midst.
        for _ in 0..turn % 3 {
            let next = tokio::time::timeout(Duration::from_secs(60), subscription.next()).await;
            let notice = next.expect("events go on").unwrap();
            seen.extend(notice.events.iter().map(|event| EventPlace { height: event.height, index: event.index }));
        }
    }
    stop.store(true, Relaxed);
    for one in calling {
        one.await.unwrap();
    }
    eprintln!("{} events over {BREAKS} connections in {:.1} s", seen.len(), begun.elapsed().as_secs_f64());

    let last = *seen.last().unwrap();
    let mut params = ListEventsParams {
        contract: Some(ContractRef(BELL.into())),
        to: Some(last.height),
        order: Order::Ascending,
        ..ListEventsParams::default()
    };
    let (client, mut listed) = (cluster.client(0).unwrap(), Vec::new());
    loop {
        let page = client.unverified().call_again::<ContractListEvents>(&params).await.unwrap().into_said();
        listed.extend(page.items.iter().map(|event| EventPlace { height: event.height, index: event.index }));
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    listed.retain(|place| *place <= last);
    assert!(seen.len() > usize::from(BREAKS) / 2, "{}", seen.len());
    assert_eq!(seen, listed);
}

//! Real swarms on loopback, each test with its own keys and ports.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

use std::{collections::BTreeSet, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use libp2p::{
    PeerId, SwarmBuilder,
    multiaddr::Protocol,
    noise,
    swarm::{SwarmEvent, dummy},
    tcp, yamux,
};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::limits::{
    BURST, CONSENSUS_BYTES_PER_SECOND, INBOX_CONSENSUS_BYTES_MAX, MESSAGE_COST_BYTES_MIN, OUTBOX_MESSAGES_MAX,
};

mod handmade;

const CHAIN: [u8; 32] = [7; 32];
const PATIENCE: Duration = Duration::from_secs(20);

struct Node {
    handle: NetworkHandle,
    events: NetworkEvents,
}

fn seed(index: u16) -> Zeroizing<[u8; 32]> {
    Zeroizing::new([index as u8 + 1; 32])
}

fn key(index: u16) -> PublicKey {
    PublicKey(public_key(&seed(index)).unwrap())
}

fn member(index: u16, ports: &[u16]) -> KnownPeer {
    let address = |port: &u16| format!("localhost:{port}").parse().unwrap();
    KnownPeer { key: key(index), addresses: ports.iter().map(address).collect() }
}

/// Ports that are free now.
fn free_ports(count: usize) -> Vec<u16> {
    let sockets: Vec<_> = (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    sockets.iter().map(|socket| socket.local_addr().unwrap().port()).collect()
}

fn members(ports: &[u16]) -> Vec<KnownPeer> {
    ports.iter().enumerate().map(|(id, port)| member(id as u16, &[*port])).collect()
}

fn start_node(index: u16, ports: &[u16], chain: [u8; 32]) -> Node {
    let listen = vec![SocketAddr::from(([127, 0, 0, 1], ports[usize::from(index)]))];
    let config = NetworkConfig { key: seed(index), listen, peers: members(ports), chain };
    let (handle, events) = start(config).unwrap();
    Node { handle, events }
}

/// `count` nodes, all connected with each other.
async fn cluster(count: u16) -> (Vec<Node>, Vec<u16>) {
    let ports = free_ports(usize::from(count));
    let mut nodes: Vec<Node> = (0..count).map(|index| start_node(index, &ports, CHAIN)).collect();
    for node in &mut nodes {
        let mut connected = BTreeSet::new();
        while connected.len() < usize::from(count) - 1 {
            match node.next().await {
                NetworkEvent::Connected { peer } => connected.insert(peer),
                NetworkEvent::Disconnected { peer } => connected.remove(&peer),
                event => panic!("unexpected {event:?}"),
            };
        }
    }
    (nodes, ports)
}

impl Node {
    async fn next(&mut self) -> NetworkEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("an event in time").expect("a running network").0
    }

    /// The next message or batch; connection changes are skipped.
    async fn next_data(&mut self) -> NetworkEvent {
        loop {
            match self.next().await {
                NetworkEvent::Connected { .. } | NetworkEvent::Disconnected { .. } => {}
                event => return event,
            }
        }
    }

    async fn until(&mut self, expected: NetworkEvent) {
        while self.next().await != expected {}
    }

    async fn is_silent(&mut self, time: Duration) -> bool {
        timeout(time, self.events.recv()).await.is_err()
    }
}

/// Waits for a condition that another task brings about.
async fn eventually(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "the condition never came true");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_exchange_every_class() {
    let (mut nodes, _) = cluster(4).await;
    for class in Class::ALL {
        let sent = nodes[0].handle.broadcast(class, &b"to all"[..]).unwrap();
        assert_eq!(sent, 3);
        for node in &mut nodes[1..] {
            let bytes = b"to all".to_vec();
            assert_eq!(node.next_data().await, NetworkEvent::Message { peer: key(0), class, bytes });
        }
        nodes[2].handle.send(&key(3), class, &b"to one"[..]).unwrap();
        let bytes = b"to one".to_vec();
        assert_eq!(nodes[3].next_data().await, NetworkEvent::Message { peer: key(2), class, bytes });
    }
    // Gossip needs the subscriptions of the others first.
    sleep(Duration::from_millis(500)).await;
    nodes[1].handle.broadcast_transactions(b"batch".to_vec()).unwrap();
    for index in [0, 2, 3] {
        let NetworkEvent::Transactions { bytes, message_id, .. } = nodes[index].next_data().await else {
            panic!("not a batch")
        };
        assert_eq!(bytes, b"batch");
        nodes[index].handle.report(message_id, Verdict::Accept).unwrap();
    }
    for node in &mut nodes {
        assert!(node.is_silent(Duration::from_millis(200)).await, "a message came twice");
    }
    let stats = nodes[1].handle.stats();
    assert_eq!((stats.peers_connected, stats.peers_known), (3, 3));
    assert_eq!(stats.channel(Channel::Transactions).unwrap().sent_messages, 1);
    assert_eq!(stats.channel(Channel::Consensus).unwrap().received_messages, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_keeps_order() {
    let (mut nodes, _) = cluster(2).await;
    for number in 0..1_000_u32 {
        nodes[0].handle.send(&key(1), Class::Consensus, &number.to_be_bytes()[..]).unwrap();
    }
    for number in 0..1_000_u32 {
        let bytes = number.to_be_bytes().to_vec();
        assert_eq!(nodes[1].next_data().await, NetworkEvent::Message { peer: key(0), class: Class::Consensus, bytes });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_up_to_the_limit_arrive_and_larger_ones_are_refused() {
    let (mut nodes, _) = cluster(2).await;
    for class in Class::ALL {
        let largest = vec![9; class.frame_bytes_max()];
        nodes[0].handle.send(&key(1), class, largest.clone()).unwrap();
        assert_eq!(nodes[1].next_data().await, NetworkEvent::Message { peer: key(0), class, bytes: largest });
        let refused = nodes[0].handle.send(&key(1), class, vec![9; class.frame_bytes_max() + 1]);
        assert!(matches!(refused, Err(NetworkError::Oversize { .. })), "{refused:?}");
    }
    sleep(Duration::from_millis(500)).await;
    let largest = vec![9; TRANSACTIONS_BYTES_MAX];
    nodes[0].handle.broadcast_transactions(largest.clone()).unwrap();
    let NetworkEvent::Transactions { bytes, .. } = nodes[1].next_data().await else { panic!("not a batch") };
    assert_eq!(bytes.len(), largest.len());
    let refused = nodes[0].handle.broadcast_transactions(vec![9; TRANSACTIONS_BYTES_MAX + 1]);
    assert!(matches!(refused, Err(NetworkError::Oversize { .. })), "{refused:?}");
    assert_eq!(nodes[0].handle.stats().channel(Channel::Sync).unwrap().dropped(Drop::Oversize), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_sent_to_is_named() {
    let ports = free_ports(2);
    let node = start_node(0, &ports, CHAIN);
    assert!(
        matches!(node.handle.send(&key(9), Class::Sync, vec![]), Err(NetworkError::UnknownPeer(peer)) if peer == key(9))
    );
    assert!(
        matches!(node.handle.send(&key(1), Class::Sync, vec![]), Err(NetworkError::NotConnected(peer)) if peer == key(1))
    );
    assert_eq!(node.handle.broadcast(Class::Sync, vec![]).unwrap(), 0);
    assert_eq!(node.handle.stats().channel(Channel::Sync).unwrap().dropped(Drop::NotConnected), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_key_is_closed_within_a_second_and_reaches_no_protocol() {
    let ports = free_ports(2);
    let mut node = start_node(0, &ports, CHAIN);
    let mut stranger = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| dummy::Behaviour)
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(Duration::from_secs(60)))
        .build();
    eventually(|| !node.handle.listening().is_empty()).await;
    stranger.dial(address::multiaddr(([127, 0, 0, 1], ports[0]).into()).with(Protocol::P2p(node_id(0)))).unwrap();
    let closed = async {
        loop {
            match stranger.select_next_some().await {
                SwarmEvent::ConnectionEstablished { .. } | SwarmEvent::Dialing { .. } => {}
                SwarmEvent::ConnectionClosed { .. } | SwarmEvent::OutgoingConnectionError { .. } => return,
                event => panic!("unexpected {event:?}"),
            }
        }
    };
    timeout(Duration::from_secs(1), closed).await.expect("closed within a second");
    assert!(node.is_silent(Duration::from_millis(100)).await);
    assert_eq!(node.handle.stats().incident(Incident::InboundRefused), 1);
}

fn node_id(index: u16) -> PeerId {
    swarm::keypair(&seed(index)).unwrap().public().to_peer_id()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_chain_is_refused() {
    let ports = free_ports(2);
    let mut node = start_node(0, &ports, CHAIN);
    let mut foreign = start_node(1, &ports, [8; 32]);
    eventually(|| node.handle.stats().incident(Incident::ForeignChain) > 0).await;
    assert!(node.is_silent(Duration::from_millis(500)).await);
    assert!(foreign.is_silent(Duration::from_millis(100)).await);
    assert!(node.handle.peers().iter().all(|peer| !peer.is_connected));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_restarts_is_found_again() {
    let (mut nodes, ports) = cluster(2).await;
    let mut second = nodes.pop().unwrap();
    let mut first = nodes.pop().unwrap();
    for round in 0..3_u8 {
        second.handle.stop().await;
        first.until(NetworkEvent::Disconnected { peer: key(1) }).await;
        assert!(first.handle.send(&key(1), Class::Sync, vec![]).is_err());
        second = start_node(1, &ports, CHAIN);
        first.until(NetworkEvent::Connected { peer: key(1) }).await;
        second.until(NetworkEvent::Connected { peer: key(0) }).await;
        first.handle.send(&key(1), Class::Consensus, vec![round]).unwrap();
        let message = NetworkEvent::Message { peer: key(0), class: Class::Consensus, bytes: vec![round] };
        assert_eq!(second.next_data().await, message);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_side_needs_an_address() {
    let ports = free_ports(2);
    let config = |index: u16, peers| NetworkConfig {
        key: seed(index),
        listen: vec![SocketAddr::from(([127, 0, 0, 1], ports[usize::from(index)]))],
        peers,
        chain: CHAIN,
    };
    let (_first, mut first_events) = start(config(0, vec![member(1, &[])])).unwrap();
    let (_second, _second_events) = start(config(1, vec![member(0, &[ports[0]])])).unwrap();
    let event = timeout(PATIENCE, first_events.recv()).await.unwrap();
    assert_eq!(event.unwrap().0, NetworkEvent::Connected { peer: key(1) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_member_is_disconnected_and_can_be_admitted_again() {
    let (mut nodes, ports) = cluster(3).await;
    let all = members(&ports);
    nodes[0].handle.set_allowed(all[..2].to_vec()).unwrap();
    nodes[0].until(NetworkEvent::Disconnected { peer: key(2) }).await;
    assert_eq!(nodes[0].handle.broadcast(Class::Consensus, vec![1]).unwrap(), 1);
    assert!(
        matches!(nodes[0].handle.send(&key(2), Class::Sync, vec![]), Err(NetworkError::UnknownPeer(peer)) if peer == key(2))
    );
    // It dials again, and gets no further than the handshake.
    eventually(|| nodes[0].handle.stats().incident(Incident::InboundRefused) > 0).await;
    nodes[0].handle.set_allowed(all.clone()).unwrap();
    nodes[0].until(NetworkEvent::Connected { peer: key(2) }).await;
    let twice = vec![all[1].clone(), all[1].clone()];
    assert!(matches!(nodes[0].handle.set_allowed(twice), Err(NetworkError::DuplicatePeer(peer)) if peer == key(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_does_not_listen_holds_a_bounded_amount() {
    let (mut nodes, _) = cluster(2).await;
    let message = vec![1; 64 * 1024];
    let flood = 4 * INBOX_CONSENSUS_BYTES_MAX / message.len();
    for _ in 0..flood {
        nodes[0].handle.send(&key(1), Class::Consensus, message.clone()).unwrap();
        sleep(Duration::from_micros(200)).await;
    }
    sleep(Duration::from_millis(500)).await;
    // Nobody has taken anything at node 1: it read its share of node 0's messages, and not one more.
    let received = nodes[1].handle.stats().channel(Channel::Consensus).unwrap().clone();
    assert!(received.received_bytes as usize <= INBOX_CONSENSUS_BYTES_MAX, "{received:?}");
    let sender = nodes[0].handle.stats().channel(Channel::Consensus).unwrap().clone();
    assert!(sender.dropped(Drop::QueueFull) > 0, "{sender:?}");
    assert!(nodes[0].handle.peers()[0].queued_messages <= OUTBOX_MESSAGES_MAX);
    // Once it listens again, the rest comes.
    nodes[0].handle.send(&key(1), Class::Consensus, &b"last"[..]).unwrap();
    while !matches!(nodes[1].next_data().await, NetworkEvent::Message { bytes, .. } if bytes == b"last") {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooding_peer_is_held_to_its_rate_and_others_are_heard() {
    let (mut nodes, _) = cluster(3).await;
    let begin = Instant::now();
    let flooder = nodes[0].handle.clone();
    let flood = tokio::spawn(async move {
        loop {
            let _ = flooder.send(&key(1), Class::Consensus, vec![1]);
            tokio::task::yield_now().await;
        }
    });
    let mut from_flooder = 0_u64;
    let mut last_honest = Instant::now();
    while begin.elapsed() < Duration::from_secs(3) {
        if last_honest.elapsed() > Duration::from_millis(100) {
            last_honest = Instant::now();
            nodes[2].handle.send(&key(1), Class::Consensus, vec![2]).unwrap();
        }
        match timeout(Duration::from_millis(10), nodes[1].events.recv()).await {
            Ok(Some((NetworkEvent::Message { peer, .. }, _))) if peer == key(0) => from_flooder += 1,
            Ok(Some((NetworkEvent::Message { peer, .. }, _))) if peer == key(2) => {
                assert!(last_honest.elapsed() < Duration::from_millis(500), "{:?}", last_honest.elapsed());
            }
            Ok(Some(event)) => panic!("unexpected {event:?}"),
            Ok(None) => panic!("stopped"),
            Err(_) => {}
        }
    }
    flood.abort();
    let seconds = (begin.elapsed() + BURST).as_secs_f64();
    let allowed = CONSENSUS_BYTES_PER_SECOND as f64 / MESSAGE_COST_BYTES_MIN as f64 * seconds * 1.1;
    assert!((from_flooder as f64) < allowed, "{from_flooder} messages, {allowed} allowed");
    assert!(from_flooder > 1_000, "{from_flooder} messages: the test flooded nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_node_has_not_handled_holds_its_senders_share_and_nobody_elses() {
    let (mut nodes, _) = cluster(3).await;
    let largest = CONSENSUS_FRAME_BYTES_MAX;
    let mut unhandled = Vec::new();
    for _ in 0..INBOX_CONSENSUS_BYTES_MAX / largest {
        nodes[0].handle.send(&key(1), Class::Consensus, vec![0; largest]).unwrap();
        let (event, share) = timeout(PATIENCE, nodes[1].events.recv()).await.unwrap().unwrap();
        assert!(matches!(event, NetworkEvent::Message { peer, .. } if peer == key(0)), "{event:?}");
        unhandled.push(share.unwrap());
    }
    assert_eq!(unhandled.iter().map(crate::share::Share::bytes).sum::<usize>(), INBOX_CONSENSUS_BYTES_MAX);
    nodes[0].handle.send(&key(1), Class::Consensus, b"more".to_vec()).unwrap();
    assert!(nodes[1].is_silent(Duration::from_millis(500)).await, "taken is not handled");
    nodes[2].handle.send(&key(1), Class::Consensus, b"other".to_vec()).unwrap();
    let other = NetworkEvent::Message { peer: key(2), class: Class::Consensus, bytes: b"other".to_vec() };
    assert_eq!(nodes[1].next().await, other, "another peer has its own");
    unhandled.clear();
    let more = NetworkEvent::Message { peer: key(0), class: Class::Consensus, bytes: b"more".to_vec() };
    assert_eq!(nodes[1].next().await, more);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_above_the_rate_is_dropped_and_a_flooder_is_shut_out() {
    let (mut nodes, _) = cluster(2).await;
    sleep(Duration::from_millis(500)).await;
    let flooder = nodes[0].handle.clone();
    let flood = tokio::spawn(async move {
        for number in 0_u64.. {
            // Large enough that a slow machine exceeds the rate as well.
            let mut batch = vec![0; 16 * 1024];
            batch[..8].copy_from_slice(&number.to_be_bytes());
            let _ = flooder.broadcast_transactions(batch);
            if number % 8 == 0 {
                tokio::task::yield_now().await;
            }
        }
    });
    let deadline = Instant::now() + PATIENCE;
    loop {
        assert!(Instant::now() < deadline, "never shut out: {:?}", nodes[1].handle.stats());
        match nodes[1].next().await {
            NetworkEvent::Transactions { message_id, .. } => {
                let _ = nodes[1].handle.report(message_id, Verdict::Ignore);
            }
            NetworkEvent::Disconnected { peer } if peer == key(0) => break,
            event => panic!("unexpected {event:?}"),
        }
    }
    flood.abort();
    assert_eq!(nodes[1].handle.stats().incident(Incident::Flooded), 1);
    // It may come back later.
    nodes[1].until(NetworkEvent::Connected { peer: key(0) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_is_passed_on_where_its_author_does_not_reach() {
    // 0 and 2 know only 1.
    let ports = free_ports(3);
    let config = |index: u16, peers| NetworkConfig {
        key: seed(index),
        listen: vec![SocketAddr::from(([127, 0, 0, 1], ports[usize::from(index)]))],
        peers,
        chain: CHAIN,
    };
    let all = members(&ports);
    let (left, _left_events) = start(config(0, vec![all[1].clone()])).unwrap();
    let (middle, mut middle_events) = start(config(1, all.clone())).unwrap();
    let (right, mut right_events) = start(config(2, vec![all[1].clone()])).unwrap();
    eventually(|| middle.stats().peers_connected == 2 && left.stats().peers_connected == 1).await;
    eventually(|| right.stats().peers_connected == 1).await;
    sleep(Duration::from_millis(500)).await;
    left.broadcast_transactions(b"detour".to_vec()).unwrap();
    let relay = async {
        while let Some((event, _)) = middle_events.recv().await {
            if let NetworkEvent::Transactions { message_id, .. } = event {
                middle.report(message_id, Verdict::Accept).unwrap();
            }
        }
    };
    let arrival = async {
        while let Some((event, _)) = right_events.recv().await {
            if let NetworkEvent::Transactions { peer, bytes, .. } = event {
                return (peer, bytes);
            }
        }
        panic!("stopped")
    };
    tokio::select! {
        () = relay => panic!("stopped"),
        arrived = timeout(PATIENCE, arrival) => assert_eq!(arrived.unwrap(), (key(1), b"detour".to_vec())),
    }
}

//! Members' keys with hand-made clients behind them, which do what our own never would.

use super::*;

/// A member's key with a hand-made client behind it, which speaks a version of the protocol.
fn client(index: u16, version: u32) -> libp2p::Swarm<direct::Behaviour> {
    let protocols = direct::Protocols::new("/countersign/0707070707070707", version).unwrap();
    SwarmBuilder::with_existing_identity(swarm::keypair(&seed(index)).unwrap())
        .with_tokio()
        .with_tcp(tcp::Config::default(), noise::Config::new, yamux::Config::default)
        .unwrap()
        .with_behaviour(|_| direct::Behaviour::new(protocols))
        .unwrap()
        .with_swarm_config(std::convert::identity)
        .build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_another_version_is_refused_and_named() {
    let ports = free_ports(2);
    let mut node = start_node(0, &ports, CHAIN);
    eventually(|| !node.handle.listening().is_empty()).await;
    let mut newer = client(1, direct::VERSION + 1);
    newer.dial(address::multiaddr(([127, 0, 0, 1], ports[0]).into()).with(Protocol::P2p(node_id(0)))).unwrap();
    let refused = async {
        loop {
            match newer.select_next_some().await {
                SwarmEvent::Behaviour(direct::DirectEvent { report, .. }) => match report {
                    direct::Report::Failed { foreign, .. } => assert!(foreign, "both sides know why"),
                    _ => panic!("a stream between two versions was opened"),
                },
                SwarmEvent::ConnectionClosed { .. } => return,
                _ => {}
            }
        }
    };
    timeout(PATIENCE, refused).await.expect("closed");
    assert!(node.handle.stats().incident(Incident::ForeignChain) > 0);
    assert!(node.is_silent(Duration::from_millis(100)).await);
    assert!(node.handle.peers().iter().all(|peer| !peer.is_connected));
}

/// A member's key with a hand-made client behind it: what it writes is not what our own writer would.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_that_breaks_the_framing_is_disconnected() {
    let ports = free_ports(2);
    let node = start_node(0, &ports, CHAIN);
    eventually(|| !node.handle.listening().is_empty()).await;
    let mut hostile = client(1, direct::VERSION);
    let address = address::multiaddr(([127, 0, 0, 1], ports[0]).into());
    hostile.dial(address.with(Protocol::P2p(node_id(0)))).unwrap();
    let attack = async {
        let mut kept = Vec::new();
        loop {
            match hostile.select_next_some().await {
                SwarmEvent::Behaviour(direct::DirectEvent { report, .. }) => match report {
                    direct::Report::Outbound(Class::Sync, mut stream) => {
                        stream.write_all(&0x7fff_ffff_u32.to_be_bytes()).await.unwrap();
                        stream.flush().await.unwrap();
                        kept.push(stream);
                    }
                    direct::Report::Outbound(_, stream) | direct::Report::Inbound(_, stream) => kept.push(stream),
                    direct::Report::Failed { .. } => panic!("a member's stream was refused"),
                },
                SwarmEvent::ConnectionClosed { .. } => return kept,
                _ => {}
            }
        }
    };
    let mut kept = timeout(PATIENCE, attack).await.expect("closed");
    let stats = node.handle.stats();
    assert_eq!(stats.channel(Channel::Sync).unwrap().dropped(Drop::Oversize), 1);
    assert_eq!(stats.channel(Channel::Sync).unwrap().received_messages, 0);
    for stream in &mut kept {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    }
}

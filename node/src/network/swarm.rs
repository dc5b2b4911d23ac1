//! The swarm: transport, protocol names and the behaviours behind one another.

use libp2p::{
    Swarm, SwarmBuilder, allow_block_list, connection_limits, connection_limits::ConnectionLimits,
    gossipsub::TopicHash, identity::Keypair, memory_connection_limits, noise, swarm::NetworkBehaviour, tcp, yamux,
};
use zeroize::Zeroizing;

use super::{
    NetworkError,
    direct::{self, Protocols},
    gossip,
};
use crate::limits::{
    CONNECTION_MEMORY_BYTES_MAX, CONNECTIONS_PER_PEER_MAX, HANDSHAKE_TIMEOUT, PENDING_INBOUND_MAX,
    STREAMS_PER_CONNECTION_MAX,
};

// Refusals come before the behaviours that keep state about a connection: a refused one reaches neither.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) limits: connection_limits::Behaviour,
    pub(super) memory: memory_connection_limits::Behaviour,
    pub(super) allowed: allow_block_list::Behaviour<allow_block_list::AllowedPeers>,
    pub(super) direct: direct::Behaviour,
    pub(super) gossip: gossip::Behaviour,
}

/// A swarm of `chain` under `key`, and the topic of its transactions.
pub(super) fn swarm(key: Keypair, chain: &[u8; 32]) -> Result<(Swarm<Behaviour>, TopicHash), NetworkError> {
    let (behaviour, topic) = behaviour(&key, &protocol_prefix(chain))?;
    let mut muxer = yamux::Config::default();
    muxer.set_max_num_streams(STREAMS_PER_CONNECTION_MAX);
    let swarm = SwarmBuilder::with_existing_identity(key)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, move || muxer.clone())
        .map_err(|error| NetworkError::Setup(error.to_string()))?
        .with_behaviour(move |_| behaviour)
        .map_err(|never| match never {})?
        .with_swarm_config(std::convert::identity)
        .with_connection_timeout(HANDSHAKE_TIMEOUT)
        .build();
    Ok((swarm, topic))
}

/// The libp2p key of a seed.
pub(super) fn keypair(seed: &Zeroizing<[u8; 32]>) -> Result<Keypair, NetworkError> {
    // libp2p zeroises the copy it is given.
    Keypair::ed25519_from_bytes(**seed).map_err(|error| NetworkError::Setup(error.to_string()))
}

fn behaviour(key: &Keypair, prefix: &str) -> Result<(Behaviour, TopicHash), NetworkError> {
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_INBOUND_MAX))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX));
    let protocols = Protocols::new(prefix, direct::VERSION)
        .ok_or_else(|| NetworkError::Setup("a protocol name is invalid".into()))?;
    let (gossip, topic) = gossip::behaviour(key, prefix)?;
    let behaviour = Behaviour {
        limits: connection_limits::Behaviour::new(limits),
        memory: memory_connection_limits::Behaviour::with_max_bytes(CONNECTION_MEMORY_BYTES_MAX),
        allowed: allow_block_list::Behaviour::default(),
        direct: direct::Behaviour::new(protocols),
        gossip,
    };
    Ok((behaviour, topic))
}

/// `/countersign/` and the first eight bytes of the genesis hash.
fn protocol_prefix(chain: &[u8; 32]) -> String {
    let hex: String = chain.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("/countersign/{hex}")
}

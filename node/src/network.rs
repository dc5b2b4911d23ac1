//! Members talking to each other: libp2p over TCP, Noise and Yamux, and nothing of libp2p outside.
//!
//! - Only keys in the allow list get past the handshake, and a key is all that a peer is known by: whose validator it
//!   is changes with the epochs and is not decided here; the protocol names carry the chain, so a node
//!   with another genesis finds nobody to talk to (`node/docs/network.md`).
//! - Transactions are gossiped in batches; consensus and sync use direct streams, one long-lived stream
//!   per peer, class and direction. Delivery is best effort: messages to a slow or absent peer are
//!   dropped and counted, so whoever needs delivery repeats.
//! - No call of [`NetworkHandle`] waits. Everything a peer sends is bounded and rate-limited before it is
//!   decoded (`limits`).

mod address;
mod bucket;
mod counters;
mod direct;
mod driver;
mod gossip;
mod inbox;
mod link;
mod outbox;
mod peers;
mod swarm;
#[cfg(test)]
mod tests;

use std::{net::SocketAddr, sync::Arc};

use countersign_types::PublicKey;
use libp2p::PeerId;
use tokio::sync::{mpsc, watch};
use zeroize::Zeroizing;

pub use self::{
    address::{AddressError, PeerAddress},
    counters::{Channel, ChannelStats, Drop, Incident, NetworkStats},
    inbox::NetworkEvents,
};
use self::{
    driver::{Command, Driver},
    peers::Shared,
};
use crate::limits::{
    COMMANDS_MAX, CONSENSUS_FRAME_BYTES_MAX, PEER_ADDRESSES_MAX, PEERS_MAX, SYNC_FRAME_BYTES_MAX,
    TRANSACTIONS_BYTES_MAX,
};

/// What a node needs to join a network.
#[derive(Debug)]
pub struct NetworkConfig {
    /// The seed of the node's Ed25519 network key.
    pub key: Zeroizing<[u8; 32]>,
    /// Where to listen. Port 0 takes any free port.
    pub listen: Vec<SocketAddr>,
    /// Who may connect; the node itself may be among them.
    pub peers: Vec<KnownPeer>,
    /// The genesis hash.
    pub chain: [u8; 32],
}

/// Who may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPeer {
    /// Its Ed25519 network key.
    pub key: PublicKey,
    /// Where to dial it; none if it always dials us.
    pub addresses: Vec<PeerAddress>,
}

/// What a direct stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Proposals, votes, certificates. Written before anything else.
    Consensus,
    /// Requests and responses for blocks, payloads, snapshots.
    Sync,
}

impl Class {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Consensus, Self::Sync];

    /// The longest message.
    #[must_use]
    pub const fn frame_bytes_max(self) -> usize {
        match self {
            Self::Consensus => CONSENSUS_FRAME_BYTES_MAX,
            Self::Sync => SYNC_FRAME_BYTES_MAX,
        }
    }
}

/// What happened on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkEvent {
    /// A message on a direct stream.
    Message {
        /// Who sent it; authenticated.
        peer: PublicKey,
        /// On which stream.
        class: Class,
        /// At most [`Class::frame_bytes_max`] bytes.
        bytes: Vec<u8>,
    },
    /// A gossiped batch. Must be answered with [`NetworkHandle::report`].
    Transactions {
        /// Who handed it to us; not necessarily its author.
        peer: PublicKey,
        /// For the report.
        message_id: MessageId,
        /// At most [`TRANSACTIONS_BYTES_MAX`] bytes.
        bytes: Vec<u8>,
    },
    /// Messages can be sent to the peer.
    Connected {
        /// Which peer.
        peer: PublicKey,
    },
    /// Messages can no longer be sent to the peer.
    Disconnected {
        /// Which peer.
        peer: PublicKey,
    },
}

/// Names a gossiped message until it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    id: libp2p::gossipsub::MessageId,
    source: PeerId,
    author: Option<PeerId>,
}

/// The node's judgement on a gossiped batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Valid: passed on to members its author does not reach.
    Accept,
    /// Provably invalid, whoever looks: malformed, or a wrong signature. Counts against the sender, who
    /// should have checked, and after about nine the sender's gossip is ignored for a while.
    Reject,
    /// Of no use here and now (expired, duplicate, quota). Nobody is blamed.
    Ignore,
}

/// Why the network cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The message is above the maximum of its class.
    #[error("a message of {bytes} bytes is above the limit of {bytes_max}")]
    Oversize {
        /// Its length.
        bytes: usize,
        /// The longest one.
        bytes_max: usize,
    },
    /// The network task has more to do than it can queue; try again later.
    #[error("the network is busy")]
    Busy,
    /// The network has stopped.
    #[error("the network has stopped")]
    Stopped,
    /// Nobody in the allow list has this key.
    #[error("{0} may not connect")]
    UnknownPeer(PublicKey),
    /// The peer has no usable connection now.
    #[error("{0} is not connected")]
    NotConnected(PublicKey),
    /// Bytes that are not an Ed25519 public key.
    #[error("a network public key is not a point on the curve")]
    PublicKey,
    /// Two peers with one key.
    #[error("{0} is listed twice")]
    DuplicatePeer(PublicKey),
    /// More peers than a node keeps connections to.
    #[error("{0} peers are more than a node can be connected to")]
    TooManyPeers(usize),
    /// More addresses for one peer than will be dialled.
    #[error("{0} has too many addresses")]
    TooManyAddresses(PublicKey),
    /// The address cannot be listened on.
    #[error("cannot listen for peers on {address} (setting network.listen): {cause}; is another node running?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        cause: String,
    },
    /// A part of libp2p refused its configuration.
    #[error("the network cannot be set up: {0}")]
    Setup(String),
}

/// Starts the network on the current tokio runtime. It stops when [`NetworkHandle::stop`] is called or the
/// last handle is dropped.
///
/// # Errors
/// If a member's key or the list of members is invalid, or an address cannot be listened on.
pub fn start(config: NetworkConfig) -> Result<(NetworkHandle, NetworkEvents), NetworkError> {
    check_members(&config.peers)?;
    let shared = Arc::new(Shared::default());
    let (inbox, events) = inbox::inbox();
    let (commands, commands_out) = mpsc::channel(COMMANDS_MAX);
    let (members, members_out) = watch::channel(config.peers.clone());
    let driver = Driver::new(config, Arc::clone(&shared), inbox, commands_out, members_out)?;
    tokio::spawn(driver.run());
    Ok((NetworkHandle { shared, commands, members: Arc::new(members) }, events))
}

fn check_members(members: &[KnownPeer]) -> Result<(), NetworkError> {
    if members.len() > PEERS_MAX {
        return Err(NetworkError::TooManyPeers(members.len()));
    }
    match members.iter().find(|member| member.addresses.len() > PEER_ADDRESSES_MAX) {
        Some(member) => Err(NetworkError::TooManyAddresses(member.key)),
        None => Ok(()),
    }
}

/// Sends, publishes, reports. Cheap to clone; no call waits.
#[derive(Debug, Clone)]
pub struct NetworkHandle {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    members: Arc<watch::Sender<Vec<KnownPeer>>>,
}

impl NetworkHandle {
    /// Queues a message to one peer. If its queue is full, the oldest message of the class gives way.
    ///
    /// # Errors
    /// `Oversize`, `UnknownPeer`, `NotConnected`.
    pub fn send(&self, peer: &PublicKey, class: Class, bytes: impl Into<Arc<[u8]>>) -> Result<(), NetworkError> {
        let message = self.checked(class, bytes.into())?;
        let peer = self.shared.by_key(peer).ok_or(NetworkError::UnknownPeer(*peer))?;
        if self.push(&peer, class, message) { Ok(()) } else { Err(NetworkError::NotConnected(peer.key())) }
    }

    /// Queues a message to every connected peer, and says to how many.
    ///
    /// # Errors
    /// `Oversize`.
    pub fn broadcast(&self, class: Class, bytes: impl Into<Arc<[u8]>>) -> Result<usize, NetworkError> {
        let message = self.checked(class, bytes.into())?;
        let peers = self.shared.peers();
        Ok(peers.iter().filter(|peer| self.push(peer, class, Arc::clone(&message))).count())
    }

    /// Gossips a batch of transactions. A batch published before, or with nobody connected, is dropped and
    /// counted.
    ///
    /// # Errors
    /// `Oversize`, `Busy`, `Stopped`.
    pub fn broadcast_transactions(&self, batch: Vec<u8>) -> Result<(), NetworkError> {
        if batch.len() > TRANSACTIONS_BYTES_MAX {
            self.shared.counters.dropped(Channel::Transactions, Drop::Oversize, 1);
            return Err(NetworkError::Oversize { bytes: batch.len(), bytes_max: TRANSACTIONS_BYTES_MAX });
        }
        self.command(Command::Publish(batch)).inspect_err(|_| {
            self.shared.counters.dropped(Channel::Transactions, Drop::QueueFull, 1);
        })
    }

    /// Answers [`NetworkEvent::Transactions`].
    ///
    /// # Errors
    /// `Busy`, `Stopped`; the message is then not passed on.
    pub fn report(&self, message_id: MessageId, verdict: Verdict) -> Result<(), NetworkError> {
        self.command(Command::Report(message_id, verdict))
    }

    /// Replaces the peers: who is gone is disconnected, who is new is allowed and dialled.
    ///
    /// # Errors
    /// `TooManyPeers`, `TooManyAddresses`, `DuplicatePeer`, `PublicKey`; the peers are then unchanged.
    pub fn set_allowed(&self, members: Vec<KnownPeer>) -> Result<(), NetworkError> {
        check_members(&members)?;
        for (position, member) in members.iter().enumerate() {
            peers::peer_id(&member.key)?;
            if members.iter().take(position).any(|other| other.key == member.key) {
                return Err(NetworkError::DuplicatePeer(member.key));
            }
        }
        self.members.send_replace(members);
        Ok(())
    }

    /// The peers and how they are connected now, by key.
    #[must_use]
    pub fn peers(&self) -> Vec<PeerStatus> {
        self.shared
            .peers()
            .iter()
            .map(|peer| {
                let (queued_messages, queued_bytes) = peer.outbox.waiting();
                PeerStatus {
                    key: peer.key(),
                    addresses: peer.known.addresses.clone(),
                    is_connected: peer.is_up(),
                    queued_messages,
                    queued_bytes,
                }
            })
            .collect()
    }

    /// The counters now.
    #[must_use]
    pub fn stats(&self) -> NetworkStats {
        let peers = self.shared.peers();
        NetworkStats {
            peers_connected: peers.iter().filter(|peer| peer.is_up()).count(),
            peers_known: peers.len(),
            ..self.shared.counters.snapshot()
        }
    }

    /// The addresses listened on, once the system has assigned their ports.
    #[must_use]
    pub fn listening(&self) -> Vec<SocketAddr> {
        self.shared.listening().clone()
    }

    /// Closes all connections and ends the network's tasks.
    pub async fn stop(&self) {
        // A closed channel means that it has stopped already.
        let _ = self.commands.send(Command::Stop).await;
        self.commands.closed().await;
    }

    fn checked(&self, class: Class, message: Arc<[u8]>) -> Result<Arc<[u8]>, NetworkError> {
        let (bytes, bytes_max) = (message.len(), class.frame_bytes_max());
        if bytes > bytes_max {
            self.shared.counters.dropped(class, Drop::Oversize, 1);
            return Err(NetworkError::Oversize { bytes, bytes_max });
        }
        Ok(message)
    }

    fn push(&self, peer: &peers::Peer, class: Class, message: Arc<[u8]>) -> bool {
        if !peer.is_up() {
            self.shared.counters.dropped(class, Drop::NotConnected, 1);
            return false;
        }
        let displaced = peer.outbox.push(class, message);
        self.shared.counters.dropped(class, Drop::QueueFull, displaced);
        true
    }

    fn command(&self, command: Command) -> Result<(), NetworkError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => NetworkError::Busy,
            mpsc::error::TrySendError::Closed(_) => NetworkError::Stopped,
        })
    }
}

/// A peer as seen from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerStatus {
    /// Its network key.
    pub key: PublicKey,
    /// Where it is dialled.
    pub addresses: Vec<PeerAddress>,
    /// Whether messages can be sent to it.
    pub is_connected: bool,
    /// Messages waiting for it.
    pub queued_messages: usize,
    /// Their bytes.
    pub queued_bytes: usize,
}

/// The public half of a network key, for the genesis.
///
/// # Errors
/// Never for 32 bytes today; the error is libp2p's.
pub fn public_key(seed: &Zeroizing<[u8; 32]>) -> Result<[u8; 32], NetworkError> {
    swarm::keypair(seed)?
        .public()
        .try_into_ed25519()
        .map(|key| key.to_bytes())
        .map_err(|error| NetworkError::Setup(error.to_string()))
}

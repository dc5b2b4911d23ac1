//! The task that owns the swarm: it dials, settles double connections, starts the stream tasks and feeds
//! gossip. It waits for nothing but events, and never for the node.
//!
//! Both sides dial. When two dials cross, both sides keep the connection dialled by the smaller key; a
//! connection that comes later than [`CROSSING_DIAL_WINDOW`] replaces the older one, since a peer that
//! still had it would not have dialled. The sides can only disagree about crossing dials if the window
//! ends between their looks; then both connections close and the backoff brings a new one.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    PeerId, Swarm, SwarmBuilder, allow_block_list, connection_limits,
    connection_limits::ConnectionLimits,
    core::ConnectedPoint,
    gossipsub::{self, MessageAcceptance, PublishError, TopicHash},
    identity::Keypair,
    memory_connection_limits, noise,
    swarm::{
        ConnectionId, DialError, ListenError, NetworkBehaviour, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
    tcp, yamux,
};
use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};
use zeroize::Zeroizing;

use super::{
    Channel, Class, Drop, Incident, KnownPeer, MessageId, NetworkConfig, NetworkError, NetworkEvent, Verdict,
    address::{multiaddr, socket_address},
    direct::{self, DirectEvent, Protocols, Report},
    gossip,
    inbox::{Inbound, Inbox},
    link::{self, End, Fault},
    peers::{Peer, Shared},
};
use crate::limits::{
    BACKOFF_MAX, BACKOFF_MIN, CONNECTION_MEMORY_BYTES_MAX, CONNECTIONS_PER_PEER_MAX, CROSSING_DIAL_WINDOW, DIAL_TICK,
    DIAL_YIELD, FLOOD_DROPS_MAX, FLOOD_WINDOW, HANDSHAKE_TIMEOUT, MESSAGE_COST_BYTES_MIN, PEER_ADDRESSES_MAX,
    PENDING_INBOUND_MAX, STREAMS_PER_CONNECTION_MAX, TRANSACTIONS_BYTES_MAX,
};

/// What handles ask for.
#[derive(Debug)]
pub(super) enum Command {
    Publish(Vec<u8>),
    Report(MessageId, Verdict),
    Stop,
}

// Refusals come before the behaviours that keep state about a connection: a refused one reaches neither.
#[derive(NetworkBehaviour)]
struct Behaviour {
    limits: connection_limits::Behaviour,
    memory: memory_connection_limits::Behaviour,
    allowed: allow_block_list::Behaviour<allow_block_list::AllowedPeers>,
    direct: direct::Behaviour,
    gossip: gossip::Behaviour,
}

pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    topic: TopicHash,
    shared: Arc<Shared>,
    inbox: Inbox,
    commands: mpsc::Receiver<Command>,
    members: watch::Receiver<Vec<KnownPeer>>,
    links: BTreeMap<PeerId, Link>,
    dials: BTreeMap<PeerId, Dial>,
    floods: BTreeMap<PeerId, Flood>,
    streams: JoinSet<End>,
    resolutions: JoinSet<(PeerId, BTreeSet<SocketAddr>)>,
}

/// The connection in use with a peer.
struct Link {
    peer: Arc<Peer>,
    connection: ConnectionId,
    we_dialled: bool,
    since: Instant,
    open: BTreeSet<Class>,
    tasks: Vec<AbortHandle>,
}

impl std::ops::Drop for Link {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// When to dial a peer next.
struct Dial {
    due: Instant,
    backoff: Duration,
    step: Step,
}

#[derive(PartialEq, Eq)]
enum Step {
    Waiting,
    Resolving,
    Dialling(ConnectionId),
}

/// Gossip dropped for rate.
struct Flood {
    since: Instant,
    drops: u32,
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
    let protocols = Protocols::new(prefix).ok_or_else(|| NetworkError::Setup("a protocol name is invalid".into()))?;
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

impl Driver {
    pub(super) fn new(
        config: NetworkConfig,
        shared: Arc<Shared>,
        inbox: Inbox,
        commands: mpsc::Receiver<Command>,
        members: watch::Receiver<Vec<KnownPeer>>,
    ) -> Result<Self, NetworkError> {
        let key = keypair(&config.key)?;
        let (behaviour, topic) = behaviour(&key, &protocol_prefix(&config.chain))?;
        let setup = |error: &dyn std::error::Error| NetworkError::Setup(error.to_string());
        let mut muxer = yamux::Config::default();
        muxer.set_max_num_streams(STREAMS_PER_CONNECTION_MAX);
        let mut swarm = SwarmBuilder::with_existing_identity(key)
            .with_tokio()
            .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, move || muxer.clone())
            .map_err(|error| setup(&error))?
            .with_behaviour(move |_| behaviour)
            .map_err(|never| match never {})?
            .with_swarm_config(std::convert::identity)
            .with_connection_timeout(HANDSHAKE_TIMEOUT)
            .build();
        for address in config.listen {
            swarm
                .listen_on(multiaddr(address))
                .map_err(|error| NetworkError::Listen { address, cause: error.to_string() })?;
        }
        let mut driver = Self {
            swarm,
            topic,
            shared,
            inbox,
            commands,
            members,
            links: BTreeMap::new(),
            dials: BTreeMap::new(),
            floods: BTreeMap::new(),
            streams: JoinSet::new(),
            resolutions: JoinSet::new(),
        };
        driver.replace_members(config.peers)?;
        Ok(driver)
    }

    pub(super) async fn run(mut self) {
        let mut tick = interval(DIAL_TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                command = self.commands.recv() => match command {
                    Some(Command::Publish(batch)) => self.publish(batch),
                    Some(Command::Report(id, verdict)) => self.report(&id, verdict),
                    Some(Command::Stop) | None => break,
                },
                event = self.swarm.select_next_some() => self.on_swarm_event(event),
                Some(Ok(end)) = self.streams.join_next() => self.on_stream_end(&end),
                Some(Ok((peer, addresses))) = self.resolutions.join_next() => self.dial(peer, addresses),
                _ = tick.tick() => self.on_tick(),
                Ok(()) = self.members.changed() => {
                    let members = self.members.borrow_and_update().clone();
                    if let Err(error) = self.replace_members(members) {
                        warn!(%error, "members not replaced");
                    }
                }
            }
        }
        let links = std::mem::take(&mut self.links);
        for link in links.values() {
            self.lower(&link.peer);
        }
    }

    // ── Members ─────────────────────────────────────────────────────────────────────────────────

    fn replace_members(&mut self, members: Vec<KnownPeer>) -> Result<(), NetworkError> {
        let own = *self.swarm.local_peer_id();
        let before = self.shared.peers();
        self.shared.replace(members, &own)?;
        let after = self.shared.peers();
        for peer in before.iter().filter(|peer| !after.iter().any(|kept| Arc::ptr_eq(kept, peer))) {
            self.dials.remove(&peer.id);
            self.floods.remove(&peer.id);
            self.swarm.behaviour_mut().gossip.remove_explicit_peer(&peer.id);
            self.swarm.behaviour_mut().allowed.disallow_peer(peer.id);
            if let Some(link) = self.links.remove(&peer.id) {
                self.swarm.close_connection(link.connection);
                self.lower(&link.peer);
            }
        }
        for peer in after.iter().filter(|peer| !before.iter().any(|known| Arc::ptr_eq(known, peer))) {
            self.swarm.behaviour_mut().allowed.allow_peer(peer.id);
            self.swarm.behaviour_mut().gossip.add_explicit_peer(&peer.id);
            self.schedule_dial(&peer.id, BACKOFF_MIN);
        }
        Ok(())
    }

    // ── Dialling ────────────────────────────────────────────────────────────────────────────────

    /// The larger key waits a little longer, so that dials seldom cross.
    fn schedule_dial(&mut self, peer: &PeerId, backoff: Duration) {
        let yielding = if self.swarm.local_peer_id() > peer { DIAL_YIELD } else { Duration::ZERO };
        let due = Instant::now() + backoff + yielding;
        self.dials.insert(*peer, Dial { due, backoff, step: Step::Waiting });
    }

    fn back_off(&mut self, peer: &PeerId) {
        if let Some(dial) = self.dials.get(peer) {
            let backoff = (dial.backoff * 2).min(BACKOFF_MAX);
            self.schedule_dial(peer, backoff);
        }
    }

    fn on_tick(&mut self) {
        let now = Instant::now();
        for peer in self.shared.peers() {
            if self.links.contains_key(&peer.id) {
                continue;
            }
            let Some(dial) = self.dials.get_mut(&peer.id) else { continue };
            if dial.step != Step::Waiting || dial.due > now {
                continue;
            }
            // A peer that was shut out may come back now.
            self.swarm.behaviour_mut().allowed.allow_peer(peer.id);
            if peer.known.addresses.is_empty() {
                continue;
            }
            dial.step = Step::Resolving;
            let (id, addresses) = (peer.id, peer.known.addresses.clone());
            self.resolutions.spawn(async move {
                let found = futures::future::join_all(addresses.iter().map(super::PeerAddress::resolve)).await;
                (id, found.into_iter().flatten().take(PEER_ADDRESSES_MAX).collect())
            });
        }
    }

    fn dial(&mut self, peer: PeerId, addresses: BTreeSet<SocketAddr>) {
        if self.links.contains_key(&peer) || !self.dials.contains_key(&peer) {
            return;
        }
        let options = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(addresses.into_iter().map(multiaddr).collect())
            .build();
        let connection = options.connection_id();
        match self.swarm.dial(options) {
            Ok(()) => {
                if let Some(dial) = self.dials.get_mut(&peer) {
                    dial.step = Step::Dialling(connection);
                }
            }
            // Connected or connecting already.
            Err(DialError::DialPeerConditionFalse(_)) => self.schedule_dial(&peer, BACKOFF_MIN),
            Err(error) => self.on_dial_failure(&peer, &error),
        }
    }

    fn on_dial_failure(&mut self, peer: &PeerId, error: &DialError) {
        self.shared.counters.incident(Incident::DialFailed);
        debug!(peer = self.index(peer), %error, "dial failed");
        self.back_off(peer);
    }

    // ── Connections ─────────────────────────────────────────────────────────────────────────────

    fn on_swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Direct(event)) => self.on_direct(event),
            SwarmEvent::Behaviour(BehaviourEvent::Gossip(event)) => self.on_gossip(event),
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                self.on_established(peer_id, connection_id, &endpoint);
            }
            SwarmEvent::ConnectionClosed { peer_id, connection_id, .. } => self.on_closed(&peer_id, connection_id),
            SwarmEvent::OutgoingConnectionError { peer_id: Some(peer), connection_id, error } => {
                let is_ours = self.dials.get(&peer).is_some_and(|dial| dial.step == Step::Dialling(connection_id));
                if is_ours {
                    self.on_dial_failure(&peer, &error);
                }
            }
            SwarmEvent::IncomingConnectionError { error, send_back_addr, .. } => {
                let incident = match error {
                    ListenError::Denied { .. } => Incident::InboundRefused,
                    _ => Incident::HandshakeFailed,
                };
                self.shared.counters.incident(incident);
                debug!(address = %send_back_addr, %error, "inbound connection refused");
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                if let Some(address) = socket_address(&address) {
                    info!(%address, "listening for peers");
                    self.shared.listening().push(address);
                }
            }
            _ => {}
        }
    }

    fn on_established(&mut self, id: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let Some(peer) = self.shared.by_id(&id) else {
            self.swarm.close_connection(connection);
            return;
        };
        let we_dialled = endpoint.is_dialer();
        if let Some(link) = self.links.get(&id) {
            let crossed = link.since.elapsed() < CROSSING_DIAL_WINDOW && link.we_dialled != we_dialled;
            let smaller_dialled = we_dialled == (*self.swarm.local_peer_id() < id);
            if crossed && !smaller_dialled {
                self.swarm.close_connection(connection);
                return;
            }
            self.swarm.close_connection(link.connection);
        }
        let link =
            Link { peer, connection, we_dialled, since: Instant::now(), open: BTreeSet::new(), tasks: Vec::new() };
        self.links.insert(id, link);
    }

    fn on_closed(&mut self, id: &PeerId, connection: ConnectionId) {
        if self.links.get(id).is_some_and(|link| link.connection == connection) {
            self.unlink(id);
        }
    }

    /// Gives up the link, and has the peer dialled again.
    fn unlink(&mut self, id: &PeerId) {
        let Some(link) = self.links.remove(id) else { return };
        self.swarm.close_connection(link.connection);
        if self.lower(&link.peer) {
            self.schedule_dial(id, BACKOFF_MIN);
        } else {
            self.back_off(id);
        }
    }

    /// Marks a peer as gone; says whether it had been there.
    fn lower(&self, peer: &Peer) -> bool {
        let was_up = peer.set_up(false);
        if was_up {
            for class in Class::ALL {
                self.shared.counters.dropped(class, Drop::NotConnected, peer.outbox.clear(class));
            }
            self.shared.counters.incident(Incident::Disconnected);
            info!(peer = peer.index(), "peer disconnected");
            self.announce(NetworkEvent::Disconnected { peer: peer.index() });
        }
        was_up
    }

    fn announce(&self, event: NetworkEvent) {
        // The backoff bounds these to a few a second; a node that stops taking them can ask for `peers`.
        if self.inbox.presence.try_send(event).is_err() {
            debug!("connection change not announced");
        }
    }

    // ── Direct streams ──────────────────────────────────────────────────────────────────────────

    fn on_direct(&mut self, event: DirectEvent) {
        let DirectEvent { peer: id, connection, report } = event;
        let Some(link) = self.links.get_mut(&id).filter(|link| link.connection == connection) else { return };
        let (peer, shared) = (Arc::clone(&link.peer), Arc::clone(&self.shared));
        let task = match report {
            Report::Inbound(class, stream) => {
                let inbox = self.inbox.of(class);
                self.streams.spawn(async move {
                    let fault = link::read(stream, class, peer, shared, inbox).await;
                    End { peer: id, connection, class, fault }
                })
            }
            Report::Outbound(class, stream) => {
                link.open.insert(class);
                let is_whole = link.open.len() == Class::ALL.len();
                if is_whole && peer.set_up(true) {
                    let index = peer.index();
                    info!(peer = index, "peer connected");
                    if let Some(dial) = self.dials.get_mut(&id) {
                        dial.backoff = BACKOFF_MIN;
                    }
                    self.shared.counters.incident(Incident::Connected);
                    let _ = self.inbox.presence.try_send(NetworkEvent::Connected { peer: index });
                }
                self.streams.spawn(async move {
                    let fault = link::write(stream, class, peer, shared).await;
                    End { peer: id, connection, class, fault }
                })
            }
            Report::Failed { class, foreign } => {
                let incident = if foreign { Incident::ForeignChain } else { Incident::StreamFailed };
                self.shared.counters.incident(incident);
                warn!(peer = peer.index(), ?class, foreign, "peer does not speak this chain's protocol");
                self.unlink(&id);
                return;
            }
        };
        link.tasks.push(task);
    }

    fn on_stream_end(&mut self, end: &End) {
        if self.links.get(&end.peer).is_some_and(|link| link.connection == end.connection) {
            self.shared.counters.incident(Incident::StreamFailed);
            let (class, fault) = (end.class, &end.fault);
            match fault {
                Fault::Oversize(_) => warn!(peer = self.index(&end.peer), ?class, %fault, "stream closed"),
                _ => debug!(peer = self.index(&end.peer), ?class, %fault, "stream closed"),
            }
            self.unlink(&end.peer);
        }
    }

    // ── Gossip ──────────────────────────────────────────────────────────────────────────────────

    fn publish(&mut self, batch: Vec<u8>) {
        let bytes = batch.len();
        let (topic, counters) = (self.topic.clone(), &self.shared.counters);
        match self.swarm.behaviour_mut().gossip.publish(topic, batch) {
            Ok(_) => counters.sent(Channel::Transactions, bytes),
            Err(PublishError::Duplicate) => counters.dropped(Channel::Transactions, Drop::Duplicate, 1),
            Err(PublishError::AllQueuesFull(_)) => counters.dropped(Channel::Transactions, Drop::QueueFull, 1),
            Err(PublishError::NoPeersSubscribedToTopic) => {
                counters.dropped(Channel::Transactions, Drop::NotConnected, 1);
            }
            Err(error) => {
                warn!(%error, "transactions not published");
                counters.dropped(Channel::Transactions, Drop::Oversize, 1);
            }
        }
    }

    fn report(&mut self, id: &MessageId, verdict: Verdict) {
        let acceptance = match verdict {
            Verdict::Accept if self.is_relayed(id) => MessageAcceptance::Accept,
            Verdict::Accept | Verdict::Ignore => MessageAcceptance::Ignore,
            Verdict::Reject => {
                self.shared.counters.dropped(Channel::Transactions, Drop::Rejected, 1);
                MessageAcceptance::Reject
            }
        };
        self.swarm.behaviour_mut().gossip.report_message_validation_result(&id.id, &id.source, acceptance);
    }

    /// In a full mesh everybody has the message from its author, and passing it on would multiply the
    /// traffic by the number of members. It is passed on if it came by a detour, or if its author does not
    /// reach somebody that we reach.
    fn is_relayed(&self, id: &MessageId) -> bool {
        match id.author.filter(|author| *author == id.source).and_then(|author| self.shared.by_id(&author)) {
            Some(author) => !self.shared.reaches_all(&author),
            None => true,
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        let gossipsub::Event::Message { propagation_source, message_id, message } = event else { return };
        let id = MessageId { id: message_id, source: propagation_source, author: message.source };
        let Some(peer) = self.shared.by_id(&propagation_source) else {
            return self.report(&id, Verdict::Ignore);
        };
        let bytes = message.data.len();
        let refusal = if bytes > TRANSACTIONS_BYTES_MAX {
            Some(Drop::Oversize)
        } else if !peer.transactions.bucket().admit(bytes, Instant::now()) {
            Some(Drop::RateLimited)
        } else {
            let cost = u32::try_from(bytes.max(MESSAGE_COST_BYTES_MIN)).unwrap_or(u32::MAX);
            match Arc::clone(&peer.transactions.budget).try_acquire_many_owned(cost) {
                Ok(share) => {
                    let inbound = Inbound::new(peer.index(), message.data, share);
                    self.inbox.transactions.try_send((id.clone(), inbound)).err().map(|_| Drop::Backlog)
                }
                Err(_) => Some(Drop::Backlog),
            }
        };
        match refusal {
            None => self.shared.counters.received(Channel::Transactions, bytes),
            Some(reason) => {
                self.shared.counters.dropped(Channel::Transactions, reason, 1);
                self.report(&id, Verdict::Ignore);
                if reason == Drop::RateLimited {
                    self.on_flood(&propagation_source);
                }
            }
        }
    }

    /// Gossipsub has checked a signature before we see a message, so a flood costs us something even when it
    /// is dropped: whoever goes on is shut out until the next dial is due.
    fn on_flood(&mut self, id: &PeerId) {
        let now = Instant::now();
        let flood = self.floods.entry(*id).or_insert(Flood { since: now, drops: 0 });
        if now.duration_since(flood.since) > FLOOD_WINDOW {
            *flood = Flood { since: now, drops: 0 };
        }
        flood.drops += 1;
        if flood.drops > FLOOD_DROPS_MAX {
            self.floods.remove(id);
            self.shared.counters.incident(Incident::Flooded);
            warn!(peer = self.index(id), "peer floods transactions: disconnected");
            self.swarm.behaviour_mut().allowed.disallow_peer(*id);
            if let Some(link) = self.links.remove(id) {
                self.lower(&link.peer);
            }
            self.schedule_dial(id, BACKOFF_MAX);
        }
    }

    fn index(&self, id: &PeerId) -> Option<u16> {
        self.shared.by_id(id).map(|peer| peer.index())
    }
}

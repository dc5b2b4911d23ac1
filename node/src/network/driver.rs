//! The task that owns the swarm: it dials, settles double connections, starts the stream tasks and feeds
//! gossip. It waits for nothing but events, and never for the node.
//!
//! Both sides dial. When two dials cross, both sides keep the connection dialled by the smaller key; a
//! connection that comes later than [`CROSSING_DIAL_WINDOW`] replaces the older one, since a peer that
//! still had it would not have dialled. The sides can only disagree about crossing dials if the window
//! ends between their looks; then both connections close and the backoff brings a new one.

mod batches;
mod dials;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::Arc,
};

use futures::StreamExt;
use libp2p::{
    PeerId, Swarm,
    core::ConnectedPoint,
    gossipsub::TopicHash,
    swarm::{ConnectionId, ListenError, SwarmEvent},
};
use tokio::{
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval},
};
use tracing::{debug, info, warn};

use super::{
    Class, Drop, Incident, KnownPeer, MessageId, NetworkConfig, NetworkError, NetworkEvent, Verdict,
    address::{multiaddr, socket_address},
    direct::{DirectEvent, Report},
    inbox::Inbox,
    link::{self, End, Fault},
    peers::{Peer, Shared},
    swarm::{self, Behaviour, BehaviourEvent},
};
use crate::limits::{BACKOFF_MIN, CROSSING_DIAL_WINDOW, DIAL_TICK};
use dials::{Dial, Step};

/// What handles ask for.
#[derive(Debug)]
pub(super) enum Command {
    Publish(Vec<u8>),
    Report(MessageId, Verdict),
    Stop,
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

/// Gossip dropped for rate.
struct Flood {
    since: Instant,
    drops: u32,
}

/// Whether an address is free. libp2p shares ports (`SO_REUSEPORT`), so two nodes of one user would both listen on it,
/// and each would get a part of the connections.
fn probe(address: SocketAddr) -> Result<(), NetworkError> {
    match std::net::TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(cause) => Err(NetworkError::Listen { address, cause: cause.to_string() }),
    }
}

impl Driver {
    pub(super) fn new(
        config: NetworkConfig,
        shared: Arc<Shared>,
        inbox: Inbox,
        commands: mpsc::Receiver<Command>,
        members: watch::Receiver<Vec<KnownPeer>>,
    ) -> Result<Self, NetworkError> {
        let (mut swarm, topic) = swarm::swarm(swarm::keypair(&config.key)?, &config.chain)?;
        for address in &config.listen {
            probe(*address)?;
        }
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
            info!(peer = %peer.key(), "peer disconnected");
            self.announce(NetworkEvent::Disconnected { peer: peer.key() });
        }
        was_up
    }

    fn announce(&self, event: NetworkEvent) {
        // The backoff bounds these to a few a second; a node that stops taking them can ask for `peers`.
        if self.inbox.presence.try_send(event).is_err() {
            debug!("connection change not announced");
        }
    }

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
                    let key = peer.key();
                    info!(peer = %key, "peer connected");
                    if let Some(dial) = self.dials.get_mut(&id) {
                        dial.backoff = BACKOFF_MIN;
                    }
                    self.shared.counters.incident(Incident::Connected);
                    let _ = self.inbox.presence.try_send(NetworkEvent::Connected { peer: key });
                }
                self.streams.spawn(async move {
                    let fault = link::write(stream, class, peer, shared).await;
                    End { peer: id, connection, class, fault }
                })
            }
            Report::Failed { class, foreign } => {
                let key = peer.key();
                if foreign {
                    shared.counters.incident(Incident::ForeignChain);
                    warn!(peer = %key, "peer speaks for another chain, or another version of the protocol");
                } else {
                    shared.counters.incident(Incident::StreamFailed);
                    debug!(peer = %key, ?class, "stream not opened");
                }
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
                Fault::Oversize(_) => warn!(peer = self.name(&end.peer), ?class, %fault, "stream closed"),
                _ => debug!(peer = self.name(&end.peer), ?class, %fault, "stream closed"),
            }
            self.unlink(&end.peer);
        }
    }

    fn name(&self, id: &PeerId) -> Option<String> {
        self.shared.by_id(id).map(|peer| peer.key().to_string())
    }
}

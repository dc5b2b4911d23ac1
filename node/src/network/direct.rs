//! The libp2p behaviour for direct streams: on every connection it opens one stream per class, accepts
//! one stream per class, and hands both up. What flows through them is `link`'s business.
//!
//! `libp2p-stream` does the same more generally, but drops inbound streams while nobody polls, keeps a
//! sender per connection for ever, and dials peers it does not know.
//!
//! This behaviour also bounds the inbound connections that are still in the handshake, per address.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    future::{Ready, ready},
    net::IpAddr,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, PeerId, Stream, StreamProtocol,
    core::{Endpoint, InboundUpgrade, OutboundUpgrade, UpgradeInfo, transport::PortUse},
    swarm::{
        ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm, NetworkBehaviour,
        StreamUpgradeError, SubstreamProtocol, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
        handler::{ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound},
    },
};

use super::{Class, address::socket_address};
use crate::limits::{PENDING_INBOUND_PER_ADDRESS_MAX, STREAM_OPEN_TIMEOUT};

/// What a connection reports.
#[derive(Debug)]
pub(super) enum Report {
    /// We opened the stream: we write.
    Outbound(Class, Stream),
    /// The peer opened the stream: we read.
    Inbound(Class, Stream),
    /// Our stream could not be opened; `foreign` if the peer does not know the protocol.
    Failed { class: Class, foreign: bool },
}

/// A report, and where it comes from.
#[derive(Debug)]
pub(super) struct DirectEvent {
    pub(super) peer: PeerId,
    pub(super) connection: ConnectionId,
    pub(super) report: Report,
}

/// See the module.
pub(super) struct Behaviour {
    protocols: Protocols,
    events: VecDeque<DirectEvent>,
    handshakes: BTreeMap<ConnectionId, IpAddr>,
}

impl Behaviour {
    pub(super) fn new(protocols: Protocols) -> Self {
        Self { protocols, events: VecDeque::new(), handshakes: BTreeMap::new() }
    }
}

/// Version of what is said on the streams.
pub(super) const VERSION: u32 = 1;

/// The protocol names of a chain and a version, one per class.
#[derive(Debug, Clone)]
pub(super) struct Protocols {
    consensus: StreamProtocol,
    sync: StreamProtocol,
}

impl Protocols {
    /// `prefix` starts with a slash. A peer of another version knows none of these names, so it is not connected.
    pub(super) fn new(prefix: &str, version: u32) -> Option<Self> {
        let name = |class: &str| StreamProtocol::try_from_owned(format!("{prefix}/{class}/{version}")).ok();
        Some(Self { consensus: name("consensus")?, sync: name("sync")? })
    }

    fn of(&self, class: Class) -> StreamProtocol {
        match class {
            Class::Consensus => self.consensus.clone(),
            Class::Sync => self.sync.clone(),
        }
    }
}

impl NetworkBehaviour for Behaviour {
    type ConnectionHandler = Handler;
    type ToSwarm = DirectEvent;

    fn handle_pending_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let Some(address) = socket_address(remote) else {
            return Err(ConnectionDenied::new(TooManyHandshakes));
        };
        let count = self.handshakes.values().filter(|ip| **ip == address.ip()).count();
        if count >= PENDING_INBOUND_PER_ADDRESS_MAX {
            return Err(ConnectionDenied::new(TooManyHandshakes));
        }
        self.handshakes.insert(connection, address.ip());
        Ok(())
    }

    fn handle_established_inbound_connection(
        &mut self,
        connection: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.handshakes.remove(&connection);
        Ok(Handler::new(self.protocols.clone()))
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(Handler::new(self.protocols.clone()))
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        if let FromSwarm::ListenFailure(failure) = event {
            self.handshakes.remove(&failure.connection_id);
        }
    }

    fn on_connection_handler_event(&mut self, peer: PeerId, connection: ConnectionId, report: THandlerOutEvent<Self>) {
        self.events.push_back(DirectEvent { peer, connection, report });
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        match self.events.pop_front() {
            Some(event) => Poll::Ready(ToSwarm::GenerateEvent(event)),
            None => Poll::Pending,
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("too many handshakes from one address")]
struct TooManyHandshakes;

/// One connection's streams.
pub(super) struct Handler {
    protocols: Protocols,
    to_open: VecDeque<Class>,
    accepted: Vec<Class>,
    reports: VecDeque<Report>,
}

impl Handler {
    fn new(protocols: Protocols) -> Self {
        Self { protocols, to_open: Class::ALL.into(), accepted: Vec::new(), reports: VecDeque::new() }
    }
}

impl ConnectionHandler for Handler {
    type FromBehaviour = Infallible;
    type ToBehaviour = Report;
    type InboundProtocol = Upgrade;
    type OutboundProtocol = Upgrade;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Class;

    fn listen_protocol(&self) -> SubstreamProtocol<Upgrade> {
        SubstreamProtocol::new(Upgrade { offers: Class::ALL.map(|class| (class, self.protocols.of(class))).into() }, ())
    }

    /// The network closes connections itself; an idle one between validators stays.
    fn connection_keep_alive(&self) -> bool {
        true
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ConnectionHandlerEvent<Upgrade, Class, Report>> {
        if let Some(report) = self.reports.pop_front() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(report));
        }
        match self.to_open.pop_front() {
            Some(class) => {
                let upgrade = Upgrade { offers: vec![(class, self.protocols.of(class))] };
                let protocol = SubstreamProtocol::new(upgrade, class).with_timeout(STREAM_OPEN_TIMEOUT);
                Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol })
            }
            None => Poll::Pending,
        }
    }

    fn on_behaviour_event(&mut self, event: Infallible) {
        match event {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<Upgrade, Upgrade, (), Class>) {
        match event {
            // A second stream of a class would evade the first one's budget; it is dropped below, and so closed.
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound { protocol: (class, stream), .. })
                if !self.accepted.contains(&class) =>
            {
                self.accepted.push(class);
                self.reports.push_back(Report::Inbound(class, stream));
            }
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound { protocol: (class, stream), .. }) => {
                self.reports.push_back(Report::Outbound(class, stream));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info: class, error }) => {
                let foreign = matches!(error, StreamUpgradeError::NegotiationFailed);
                self.reports.push_back(Report::Failed { class, foreign });
            }
            _ => {}
        }
    }
}

/// Agrees on one of the offered classes and yields the bare stream.
#[derive(Debug)]
pub(super) struct Upgrade {
    offers: Vec<(Class, StreamProtocol)>,
}

/// A class under its protocol name.
#[derive(Debug, Clone)]
pub(super) struct Offer(Class, StreamProtocol);

impl AsRef<str> for Offer {
    fn as_ref(&self) -> &str {
        self.1.as_ref()
    }
}

impl UpgradeInfo for Upgrade {
    type Info = Offer;
    type InfoIter = std::vec::IntoIter<Offer>;

    fn protocol_info(&self) -> Self::InfoIter {
        let offers: Vec<Offer> = self.offers.iter().cloned().map(|(class, name)| Offer(class, name)).collect();
        offers.into_iter()
    }
}

impl InboundUpgrade<Stream> for Upgrade {
    type Output = (Class, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_inbound(self, stream: Stream, offer: Offer) -> Self::Future {
        ready(Ok((offer.0, stream)))
    }
}

impl OutboundUpgrade<Stream> for Upgrade {
    type Output = (Class, Stream);
    type Error = Infallible;
    type Future = Ready<Result<Self::Output, Infallible>>;

    fn upgrade_outbound(self, stream: Stream, offer: Offer) -> Self::Future {
        ready(Ok((offer.0, stream)))
    }
}

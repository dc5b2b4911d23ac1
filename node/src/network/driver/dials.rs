//! Dialling peers: when, at which addresses, and how long to wait after it failed.

use super::{Driver, Incident, multiaddr};
use crate::limits::{BACKOFF_MAX, BACKOFF_MIN, DIAL_YIELD, PEER_ADDRESSES_MAX};
use libp2p::PeerId;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionId, DialError};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;
use tracing::debug;

/// When to dial a peer next.
pub(super) struct Dial {
    pub(super) due: Instant,
    pub(super) backoff: Duration,
    pub(super) step: Step,
}

#[derive(PartialEq, Eq)]
pub(super) enum Step {
    Waiting,
    Resolving,
    Dialling(ConnectionId),
}

impl Driver {
    /// The larger key waits a little longer, so that dials seldom cross.
    pub(super) fn schedule_dial(&mut self, peer: &PeerId, backoff: Duration) {
        let yielding = if self.swarm.local_peer_id() > peer { DIAL_YIELD } else { Duration::ZERO };
        let due = Instant::now() + backoff + yielding;
        self.dials.insert(*peer, Dial { due, backoff, step: Step::Waiting });
    }

    pub(super) fn back_off(&mut self, peer: &PeerId) {
        if let Some(dial) = self.dials.get(peer) {
            let backoff = (dial.backoff * 2).min(BACKOFF_MAX);
            self.schedule_dial(peer, backoff);
        }
    }

    pub(super) fn on_tick(&mut self) {
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
                let found = futures::future::join_all(addresses.iter().map(super::super::PeerAddress::resolve)).await;
                (id, found.into_iter().flatten().take(PEER_ADDRESSES_MAX).collect())
            });
        }
    }

    pub(super) fn dial(&mut self, peer: PeerId, addresses: BTreeSet<SocketAddr>) {
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

    pub(super) fn on_dial_failure(&mut self, peer: &PeerId, error: &DialError) {
        self.shared.counters.incident(Incident::DialFailed);
        debug!(peer = self.name(peer), %error, "dial failed");
        self.back_off(peer);
    }
}

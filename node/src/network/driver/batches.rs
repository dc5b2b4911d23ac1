//! Gossiped batches: publishing them, judging who may send how much, and passing them on.

use libp2p::{
    PeerId,
    gossipsub::{self, MessageAcceptance, PublishError},
};
use tokio::time::Instant;
use tracing::warn;

use super::{Driver, Flood};
use crate::{
    limits::{BACKOFF_MAX, FLOOD_DROPS_MAX, FLOOD_WINDOW, TRANSACTIONS_BYTES_MAX},
    network::{Channel, Drop, Incident, MessageId, Verdict, inbox::Inbound},
};

impl Driver {
    pub(super) fn publish(&mut self, batch: Vec<u8>) {
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

    pub(super) fn report(&mut self, id: &MessageId, verdict: Verdict) {
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

    pub(super) fn on_gossip(&mut self, event: gossipsub::Event) {
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
            match peer.transactions.allowance.take(bytes) {
                Some(share) => {
                    let inbound = Inbound::new(peer.key(), message.data, share);
                    self.inbox.transactions.try_send((id.clone(), inbound)).err().map(|_| Drop::Backlog)
                }
                None => Some(Drop::Backlog),
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
            warn!(peer = self.name(id), "peer floods transactions: disconnected");
            self.swarm.behaviour_mut().allowed.disallow_peer(*id);
            if let Some(link) = self.links.remove(id) {
                self.lower(&link.peer);
            }
            self.schedule_dial(id, BACKOFF_MAX);
        }
    }
}

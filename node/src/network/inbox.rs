//! What waits for the node: one bounded queue per channel, taken in order of importance.
//!
//! Each message holds its share of its sender's byte budget until the node takes it, so one peer can fill
//! its own share and nobody else's.

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{Class, MessageId, NetworkEvent};
use crate::limits::{COMMANDS_MAX, INBOX_MESSAGES_MAX};

/// A message of a direct stream.
#[derive(Debug)]
pub(super) struct Inbound {
    peer: u16,
    bytes: Vec<u8>,
    _share: OwnedSemaphorePermit,
}

impl Inbound {
    pub(super) fn new(peer: u16, bytes: Vec<u8>, share: OwnedSemaphorePermit) -> Self {
        Self { peer, bytes, _share: share }
    }
}

/// The sending ends.
#[derive(Debug, Clone)]
pub(super) struct Inbox {
    pub(super) presence: mpsc::Sender<NetworkEvent>,
    pub(super) consensus: mpsc::Sender<Inbound>,
    pub(super) sync: mpsc::Sender<Inbound>,
    pub(super) transactions: mpsc::Sender<(MessageId, Inbound)>,
}

impl Inbox {
    pub(super) fn of(&self, class: Class) -> mpsc::Sender<Inbound> {
        match class {
            Class::Consensus => self.consensus.clone(),
            Class::Sync => self.sync.clone(),
        }
    }
}

/// What the network tells the node. Connection changes come first, then consensus, sync, transactions.
#[derive(Debug)]
pub struct NetworkEvents {
    presence: mpsc::Receiver<NetworkEvent>,
    consensus: mpsc::Receiver<Inbound>,
    sync: mpsc::Receiver<Inbound>,
    transactions: mpsc::Receiver<(MessageId, Inbound)>,
}

impl NetworkEvents {
    /// The next event; nothing once the network has stopped. Safe to cancel.
    pub async fn recv(&mut self) -> Option<NetworkEvent> {
        tokio::select! {
            biased;
            Some(event) = self.presence.recv() => Some(event),
            Some(message) = self.consensus.recv() => Some(direct(Class::Consensus, message)),
            Some(message) = self.sync.recv() => Some(direct(Class::Sync, message)),
            Some((message_id, message)) = self.transactions.recv() => {
                Some(NetworkEvent::Transactions { peer: message.peer, message_id, bytes: message.bytes })
            }
            else => None,
        }
    }
}

fn direct(class: Class, message: Inbound) -> NetworkEvent {
    NetworkEvent::Message { peer: message.peer, class, bytes: message.bytes }
}

/// Both ends.
pub(super) fn inbox() -> (Inbox, NetworkEvents) {
    let (presence_in, presence) = mpsc::channel(COMMANDS_MAX);
    let (consensus_in, consensus) = mpsc::channel(INBOX_MESSAGES_MAX);
    let (sync_in, sync) = mpsc::channel(INBOX_MESSAGES_MAX);
    let (transactions_in, transactions) = mpsc::channel(INBOX_MESSAGES_MAX);
    (
        Inbox { presence: presence_in, consensus: consensus_in, sync: sync_in, transactions: transactions_in },
        NetworkEvents { presence, consensus, sync, transactions },
    )
}

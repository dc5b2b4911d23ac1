//! What waits for the node: one bounded queue per channel, taken in order of importance.
//!
//! Each message holds its share of its sender's allowance until the node has handled it, so one peer can fill
//! its own share and nobody else's.

use countersign_types::PublicKey;
use tokio::sync::mpsc;

use super::{Class, MessageId, NetworkEvent};
use crate::{
    limits::{COMMANDS_MAX, INBOX_MESSAGES_MAX},
    share::Share,
};

/// A message of a direct stream.
#[derive(Debug)]
pub(super) struct Inbound {
    peer: PublicKey,
    bytes: Vec<u8>,
    share: Share,
}

impl Inbound {
    pub(super) fn new(peer: PublicKey, bytes: Vec<u8>, share: Share) -> Self {
        Self { peer, bytes, share }
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
    /// The next event and the share that it holds; nothing once the network has stopped. Safe to cancel.
    pub async fn recv(&mut self) -> Option<(NetworkEvent, Option<Share>)> {
        tokio::select! {
            biased;
            Some(event) = self.presence.recv() => Some((event, None)),
            Some(message) = self.consensus.recv() => Some(direct(Class::Consensus, message)),
            Some(message) = self.sync.recv() => Some(direct(Class::Sync, message)),
            Some((message_id, Inbound { peer, bytes, share })) = self.transactions.recv() => {
                Some((NetworkEvent::Transactions { peer, message_id, bytes }, Some(share)))
            }
            else => None,
        }
    }
}

fn direct(class: Class, message: Inbound) -> (NetworkEvent, Option<Share>) {
    let Inbound { peer, bytes, share } = message;
    (NetworkEvent::Message { peer, class, bytes }, Some(share))
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

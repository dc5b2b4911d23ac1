//! What the network counts about itself: per channel messages and bytes each way, and drops by reason.
//! Relaxed atomics; `snapshot` is not a consistent cut across counters.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Class;

/// What a counter is about: the two classes of direct streams, and gossiped transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Channel {
    /// Direct consensus streams.
    Consensus,
    /// Direct sync streams.
    Sync,
    /// Gossiped batches of transactions.
    Transactions,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Consensus, Self::Sync, Self::Transactions];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consensus => "consensus",
            Self::Sync => "sync",
            Self::Transactions => "transactions",
        }
    }
}

impl From<Class> for Channel {
    fn from(class: Class) -> Self {
        match class {
            Class::Consensus => Self::Consensus,
            Class::Sync => Self::Sync,
        }
    }
}

/// Why a message went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drop {
    /// Outbound: the peer has no usable connection.
    NotConnected,
    /// Outbound: the peer is slow; the oldest message of the class gave way.
    QueueFull,
    /// Either way: above the class's maximum.
    Oversize,
    /// Inbound: above the peer's rate (gossip only; direct streams are slowed down instead).
    RateLimited,
    /// Inbound: the node has not taken what this peer sent before.
    Backlog,
    /// Inbound: gossip whose content the node rejected.
    Rejected,
    /// Outbound: this content was published before.
    Duplicate,
}

impl Drop {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NotConnected,
        Self::QueueFull,
        Self::Oversize,
        Self::RateLimited,
        Self::Backlog,
        Self::Rejected,
        Self::Duplicate,
    ];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotConnected => "not_connected",
            Self::QueueFull => "queue_full",
            Self::Oversize => "oversize",
            Self::RateLimited => "rate_limited",
            Self::Backlog => "backlog",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
        }
    }
}

/// Something that happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Incident {
    /// A dial that did not lead to a connection.
    DialFailed,
    /// An inbound connection refused: the key is not a member's, or a connection limit was reached.
    InboundRefused,
    /// An inbound connection that failed before or during the handshake.
    HandshakeFailed,
    /// A peer that speaks for another chain, or another version of the protocol.
    ForeignChain,
    /// A stream that broke the framing, or fell silent.
    StreamFailed,
    /// A peer disconnected because it flooded.
    Flooded,
    /// A usable connection was made.
    Connected,
    /// A usable connection was lost.
    Disconnected,
}

impl Incident {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::DialFailed,
        Self::InboundRefused,
        Self::HandshakeFailed,
        Self::ForeignChain,
        Self::StreamFailed,
        Self::Flooded,
        Self::Connected,
        Self::Disconnected,
    ];

    /// The name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DialFailed => "dial_failed",
            Self::InboundRefused => "inbound_refused",
            Self::HandshakeFailed => "handshake_failed",
            Self::ForeignChain => "foreign_chain",
            Self::StreamFailed => "stream_failed",
            Self::Flooded => "flooded",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
        }
    }
}

#[derive(Debug, Default)]
struct ChannelCounters {
    sent_messages: AtomicU64,
    sent_bytes: AtomicU64,
    received_messages: AtomicU64,
    received_bytes: AtomicU64,
    drops: [AtomicU64; Drop::ALL.len()],
}

/// The live counters.
#[derive(Debug, Default)]
pub(super) struct Counters {
    channels: [ChannelCounters; Channel::ALL.len()],
    incidents: [AtomicU64; Incident::ALL.len()],
}

impl Counters {
    pub(super) fn sent(&self, channel: impl Into<Channel>, bytes: usize) {
        let counters = self.channel(channel.into());
        counters.sent_messages.fetch_add(1, Relaxed);
        counters.sent_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn received(&self, channel: impl Into<Channel>, bytes: usize) {
        let counters = self.channel(channel.into());
        counters.received_messages.fetch_add(1, Relaxed);
        counters.received_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn dropped(&self, channel: impl Into<Channel>, reason: Drop, messages: u64) {
        if let Some(counter) = self.channel(channel.into()).drops.get(reason as usize) {
            counter.fetch_add(messages, Relaxed);
        }
    }

    pub(super) fn incident(&self, incident: Incident) {
        if let Some(counter) = self.incidents.get(incident as usize) {
            counter.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn snapshot(&self) -> NetworkStats {
        NetworkStats {
            channels: Channel::ALL.map(|channel| (channel, self.channel(channel).snapshot())).into(),
            incidents: Incident::ALL
                .into_iter()
                .zip(&self.incidents)
                .map(|(incident, counter)| (incident, counter.load(Relaxed)))
                .collect(),
            peers_connected: 0,
            peers_known: 0,
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the array has one entry per variant")]
    fn channel(&self, channel: Channel) -> &ChannelCounters {
        &self.channels[channel as usize]
    }
}

impl ChannelCounters {
    fn snapshot(&self) -> ChannelStats {
        ChannelStats {
            sent_messages: self.sent_messages.load(Relaxed),
            sent_bytes: self.sent_bytes.load(Relaxed),
            received_messages: self.received_messages.load(Relaxed),
            received_bytes: self.received_bytes.load(Relaxed),
            drops: Drop::ALL
                .into_iter()
                .zip(&self.drops)
                .map(|(reason, counter)| (reason, counter.load(Relaxed)))
                .collect(),
        }
    }
}

/// The counters of one channel since the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelStats {
    /// Messages written to a peer's stream, or published.
    pub sent_messages: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Messages handed to the node.
    pub received_messages: u64,
    /// Their bytes.
    pub received_bytes: u64,
    /// Messages that went no further, by reason; one entry per reason.
    pub drops: Vec<(Drop, u64)>,
}

impl ChannelStats {
    /// Messages dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: Drop) -> u64 {
        self.drops.iter().find(|(r, _)| *r == reason).map_or(0, |(_, count)| *count)
    }
}

/// All network counters since the start, and how many peers there are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkStats {
    /// One entry per channel.
    pub channels: Vec<(Channel, ChannelStats)>,
    /// One entry per kind of incident.
    pub incidents: Vec<(Incident, u64)>,
    /// Peers with a usable connection now.
    pub peers_connected: usize,
    /// Peers in the allow list.
    pub peers_known: usize,
}

impl NetworkStats {
    /// The counters of `channel`.
    #[must_use]
    pub fn channel(&self, channel: Channel) -> Option<&ChannelStats> {
        self.channels.iter().find(|(c, _)| *c == channel).map(|(_, stats)| stats)
    }

    /// How often `incident` happened.
    #[must_use]
    pub fn incident(&self, incident: Incident) -> u64 {
        self.incidents.iter().find(|(i, _)| *i == incident).map_or(0, |(_, count)| *count)
    }
}

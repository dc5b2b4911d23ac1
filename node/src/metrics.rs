//! Prometheus metrics: the parts keep counters, and a scrape reads them.
//!
//! A source is a function that answers families of samples; it runs at each scrape, so counting costs the
//! parts nothing more than it did. Histograms, which must see each value, are registered directly.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeLabel, EncodeLabelSet, EncodeMetric, LabelSetEncoder, MetricEncoder, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Registry,
};

use crate::{
    listener::{ListenerCounters, ListenerEvent, SocketGate},
    network::NetworkStats,
};

/// The content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a node.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { registry: Registry::with_prefix("countersign") }
    }
}

impl Metrics {
    /// Has `source` asked at each scrape. Names must be unique among all sources.
    pub fn source(&mut self, source: impl Fn() -> Vec<Family> + Send + Sync + 'static) {
        self.registry.register_collector(Box::new(Source(Box::new(source))));
    }

    /// For histograms, and whatever else is no snapshot.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.registry
    }

    /// The exposition of this moment.
    ///
    /// # Errors
    /// Never for a string; the error is the encoder's.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}

/// Whether a value only grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows; its name gets `_total`.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl Kind {
    fn metric_type(self) -> MetricType {
        match self {
            Self::Counter => MetricType::Counter,
            Self::Gauge => MetricType::Gauge,
        }
    }

    fn encode(self, value: u64, encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        match self {
            Self::Counter => ConstCounter::new(value).encode(encoder),
            Self::Gauge => ConstGauge::new(value).encode(encoder),
        }
    }
}

/// Samples under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<(Labels, u64)>,
}

impl Family {
    /// Without samples yet. `help` is a phrase.
    #[must_use]
    pub const fn new(kind: Kind, name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind, samples: Vec::new() }
    }

    /// One counter without labels.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(Kind::Counter, name, help).sample(&[], value)
    }

    /// One gauge without labels.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::new(Kind::Gauge, name, help).sample(&[], value)
    }

    /// Adds a sample.
    #[must_use]
    pub fn sample(mut self, labels: &[(&'static str, &str)], value: u64) -> Self {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.samples.push((Labels(labels), value));
        self
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Labels(Vec<(&'static str, String)>);

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        self.0.iter().try_for_each(|(name, value)| (*name, value.as_str()).encode(encoder.encode_label()))
    }
}

struct Source(Box<dyn Fn() -> Vec<Family> + Send + Sync>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl Collector for Source {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        for family in (self.0)() {
            let mut metric = encoder.encode_descriptor(family.name, family.help, None, family.kind.metric_type())?;
            if let [(Labels(labels), value)] = family.samples.as_slice()
                && labels.is_empty()
            {
                family.kind.encode(*value, metric)?;
                continue;
            }
            for (labels, value) in &family.samples {
                family.kind.encode(*value, metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

/// The network's families.
#[must_use]
pub fn network(stats: &NetworkStats, validators_connected: usize) -> Vec<Family> {
    let mut sent = Family::new(Kind::Counter, "network_sent_messages", "Messages sent to peers");
    let mut sent_bytes = Family::new(Kind::Counter, "network_sent_bytes", "Bytes of messages sent to peers");
    let mut received = Family::new(Kind::Counter, "network_received_messages", "Messages received from peers");
    let mut received_bytes =
        Family::new(Kind::Counter, "network_received_bytes", "Bytes of messages received from peers");
    let mut dropped = Family::new(Kind::Counter, "network_dropped_messages", "Messages that went no further");
    for (channel, stats) in &stats.channels {
        let labels = [("channel", channel.name())];
        sent = sent.sample(&labels, stats.sent_messages);
        sent_bytes = sent_bytes.sample(&labels, stats.sent_bytes);
        received = received.sample(&labels, stats.received_messages);
        received_bytes = received_bytes.sample(&labels, stats.received_bytes);
        for (reason, count) in &stats.drops {
            dropped = dropped.sample(&[("channel", channel.name()), ("reason", reason.name())], *count);
        }
    }
    let mut incidents = Family::new(Kind::Counter, "network_incidents", "What happened to connections");
    for (incident, count) in &stats.incidents {
        incidents = incidents.sample(&[("kind", incident.name())], *count);
    }
    let count = |peers: usize| u64::try_from(peers).unwrap_or(u64::MAX);
    vec![
        sent,
        sent_bytes,
        received,
        received_bytes,
        dropped,
        incidents,
        Family::gauge("network_validators_connected", "Other validators connected now", count(validators_connected)),
        Family::gauge("network_peers_connected", "Peers connected now, guests included", count(stats.peers_connected)),
        Family::gauge("network_peers_known", "Peers that may connect, guests included", count(stats.peers_known)),
    ]
}

/// The HTTP listener's families.
#[must_use]
pub fn listener(counters: &ListenerCounters, gate: &SocketGate) -> Vec<Family> {
    let mut events = Family::new(Kind::Counter, "rpc_listener_events", "What happened to connections and requests");
    for event in ListenerEvent::ALL {
        events = events.sample(&[("kind", event.name())], counters.total(event));
    }
    let clients = u64::try_from(gate.clients()).unwrap_or(u64::MAX);
    vec![events, Family::gauge("rpc_sockets_open", "WebSocket clients connected now", clients)]
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;
    use crate::listener::SocketConfig;

    #[test]
    fn a_scrape_reads_its_sources() {
        let mut metrics = Metrics::default();
        let height = Arc::new(AtomicU64::new(7));
        let source = Arc::clone(&height);
        metrics.source(move || {
            vec![
                Family::gauge("chain_height", "Height of the newest block", source.load(Ordering::Relaxed)),
                Family::new(Kind::Counter, "votes", "Votes sent")
                    .sample(&[("phase", "prepare")], 2)
                    .sample(&[("phase", "a\"b")], 3),
            ]
        });
        height.store(8, Ordering::Relaxed);
        let expected = "# HELP countersign_chain_height Height of the newest block\n\
            # TYPE countersign_chain_height gauge\n\
            countersign_chain_height 8\n\
            # HELP countersign_votes Votes sent\n\
            # TYPE countersign_votes counter\n\
            countersign_votes_total{phase=\"prepare\"} 2\n\
            countersign_votes_total{phase=\"a\\\"b\"} 3\n\
            # EOF\n";
        assert_eq!(metrics.encode().unwrap(), expected);
    }

    #[test]
    fn listener_families_have_a_sample_per_event() {
        let families = listener(&ListenerCounters::default(), &SocketGate::new(SocketConfig::default()));
        assert_eq!(families.first().unwrap().samples.len(), ListenerEvent::ALL.len());
    }
}

//! The configuration file as it is written. Every key is optional.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::ConfigError;
use super::storage::{DatabaseSection, RetentionSection};
use crate::{network::PeerAddress, telemetry::LogFormat};

/// Every key there is; a section that ends in `.*` has keys of the operator's choice.
const KEYS: [&str; 37] = [
    "data_dir",
    "genesis",
    "validator_key",
    "network_key",
    "network",
    "network.listen",
    "network.advertise",
    "network.peers",
    "network.peers.*",
    "rpc",
    "rpc.listen",
    "rpc.hosts",
    "rpc.connections_max",
    "rpc.connections_per_address_max",
    "rpc.body_bytes_max",
    "rpc.sockets_max",
    "rpc.request_timeout_s",
    "rpc.page",
    "sync",
    "sync.mode",
    "sync.snapshot_height_min",
    "snapshot",
    "snapshot.interval_blocks",
    "retention",
    "retention.mode",
    "retention.bodies",
    "retention.receipts",
    "retention.states",
    "database",
    "database.block_cache_bytes",
    "database.write_buffer_bytes",
    "database.open_files",
    "database.background_jobs",
    "database.compaction_bytes_per_second",
    "log",
    "log.level",
    "log.format",
];

/// The whole file; also what `countersignd testnet` writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigFile {
    /// Default `data`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Default `genesis.json` in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesis: Option<PathBuf>,
    /// Default `validator.key` in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validator_key: Option<PathBuf>,
    /// Default `network.key` in the data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_key: Option<PathBuf>,
    /// Peers.
    pub network: NetworkSection,
    /// Clients.
    pub rpc: RpcSection,
    /// How a node without a ledger begins.
    #[serde(skip_serializing_if = "is_unset")]
    pub sync: SyncSection,
    /// Snapshots for others.
    #[serde(skip_serializing_if = "is_unset")]
    pub snapshot: SnapshotSection,
    /// What is kept of the past.
    #[serde(skip_serializing_if = "is_unset")]
    pub retention: RetentionSection,
    /// What the database may take.
    #[serde(skip_serializing_if = "is_unset")]
    pub database: DatabaseSection,
    /// Logs.
    pub log: LogSection,
}

/// `[network]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSection {
    /// Default `["0.0.0.0:26600"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<Vec<SocketAddr>>,
    /// Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertise: Option<Vec<PeerAddress>>,
    /// `"network key" = ["host:port"]`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub peers: BTreeMap<String, Vec<PeerAddress>>,
}

/// `[rpc]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RpcSection {
    /// Default `127.0.0.1:8645`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// Names besides `localhost` and IP addresses by which clients may address the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<String>>,
    /// Open connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u64>,
    /// Open connections of one address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_per_address_max: Option<u64>,
    /// Bytes of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes_max: Option<u64>,
    /// Open WebSockets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sockets_max: Option<u64>,
    /// Seconds a handler may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_timeout_s: Option<u64>,
    /// A page to serve at `/verify`; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<PathBuf>,
}

/// `[sync]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyncSection {
    /// Default `blocks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<SyncMode>,
    /// Lowest height of a snapshot that is worth fetching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot_height_min: Option<u64>,
}

/// `[snapshot]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotSection {
    /// Blocks from one snapshot to the next; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_blocks: Option<u64>,
}

/// How a node without a ledger begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SyncMode {
    /// With the genesis: every block is fetched and executed, and the node has the whole history.
    #[default]
    Blocks,
    /// With a snapshot of its peers, if they have one: the history before it is not here.
    Snapshot,
}

/// `[log]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// Default `info`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// Default `text`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LogFormat>,
}

impl ConfigFile {
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let toml = |cause| ConfigError::Toml { path: path.to_owned(), cause: Box::new(cause) };
        let table: Table = text.parse().map_err(toml)?;
        if let Some(key) = unknown_key(&table, "") {
            let nearest = nearest(&key);
            return Err(ConfigError::UnknownKey { path: path.to_owned(), key, nearest });
        }
        // From the text again, so that a wrong value is shown with its line.
        toml::from_str(text).map_err(toml)
    }

    /// The file's text.
    ///
    /// # Errors
    /// Only for a path that is not Unicode.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string_pretty(self)
    }
}

/// Whether nothing is said in a section.
fn is_unset<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}

fn unknown_key(table: &Table, section: &str) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
        let is_free = KEYS.contains(&format!("{section}.*").as_str());
        match value {
            _ if is_free => None,
            _ if !KEYS.contains(&key.as_str()) => Some(key),
            Value::Table(inner) => unknown_key(inner, &key),
            _ => None,
        }
    })
}

/// The known key with the fewest edits, if at most a third of it differs. A known name in the wrong section
/// counts as near.
fn nearest(key: &str) -> Option<&'static str> {
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let moved = KEYS.into_iter().find(|known| last(known) == last(key));
    let (distance, closest) = KEYS.into_iter().map(|known| (edits(key, known), known)).min()?;
    moved.or_else(|| (distance * 3 <= key.len().max(closest.len())).then_some(closest))
}

/// Levenshtein's distance, row by row.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let substituted = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = substituted.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::storage::{All, HeightsKept, RetentionMode};
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (from, to, expected) in
            [("", "", 0), ("abc", "", 3), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2)]
        {
            assert_eq!(edits(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn near_keys_are_found() {
        for (key, expected) in [
            ("rpc.lissten", Some("rpc.listen")),
            ("datadir", Some("data_dir")),
            ("rpc.level", Some("log.level")),
            ("sockets_max", Some("rpc.sockets_max")),
            ("tls.certificate", None),
        ] {
            assert_eq!(nearest(key), expected, "{key}");
        }
    }

    /// The list of keys and the structure must not drift apart.
    #[test]
    fn keys_are_those_of_the_structure() {
        let address: PeerAddress = "a:1".parse().unwrap();
        let file = ConfigFile {
            data_dir: Some("a".into()),
            genesis: Some("a".into()),
            validator_key: Some("a".into()),
            network_key: Some("a".into()),
            network: NetworkSection {
                listen: Some(vec![]),
                advertise: Some(vec![]),
                peers: [("*".to_owned(), vec![address])].into(),
            },
            rpc: RpcSection {
                listen: Some(([127, 0, 0, 1], 1).into()),
                hosts: Some(vec![]),
                connections_max: Some(1),
                connections_per_address_max: Some(1),
                body_bytes_max: Some(1),
                sockets_max: Some(1),
                request_timeout_s: Some(1),
                page: Some("a".into()),
            },
            sync: SyncSection { mode: Some(SyncMode::Snapshot), snapshot_height_min: Some(1) },
            snapshot: SnapshotSection { interval_blocks: Some(1) },
            retention: RetentionSection {
                mode: Some(RetentionMode::Pruned),
                bodies: Some(HeightsKept::All(All::All)),
                receipts: Some(HeightsKept::Heights(2_000)),
                states: Some(200),
            },
            database: DatabaseSection {
                block_cache_bytes: Some(1),
                write_buffer_bytes: Some(1),
                open_files: Some(1),
                background_jobs: Some(1),
                compaction_bytes_per_second: Some(1),
            },
            log: LogSection { level: Some("info".into()), format: Some(LogFormat::Json) },
        };
        let text = file.to_toml().unwrap();
        let mut keys = Vec::new();
        collect(&text.parse().unwrap(), "", &mut keys);
        keys.sort();
        let mut known = KEYS.map(str::to_owned).to_vec();
        known.sort();
        assert_eq!(keys, known);
        assert_eq!(ConfigFile::parse(&text, Path::new("a.toml")).unwrap(), file);
    }

    fn collect(table: &Table, section: &str, keys: &mut Vec<String>) {
        for (name, value) in table {
            let key = if section.is_empty() { name.clone() } else { format!("{section}.{name}") };
            if let Value::Table(inner) = value {
                collect(inner, &key, keys);
            }
            keys.push(key);
        }
    }
}

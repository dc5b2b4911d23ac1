//! What the operator decides: a TOML file, environment variables and flags, parsed once into valid values.
//!
//! A flag goes before its environment variable, that before the file, that before the default. Paths in
//! the file are relative to the file, others to the working directory. An unknown key is an error, since
//! a setting that is silently ignored is worse than a node that does not start.

mod file;
mod flags;
mod storage;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use countersign_ledger::{Retention, Tuning};
use countersign_types::PublicKey;

pub use self::{
    file::{ConfigFile, LogSection, NetworkSection, RpcSection, SnapshotSection, SyncMode, SyncSection},
    flags::{ConfigFlags, PeerFlag},
    storage::{All, DatabaseSection, HeightsKept, RetentionMode, RetentionSection},
};
use crate::{
    limits,
    listener::{ListenerConfig, SocketConfig},
    network::PeerAddress,
    telemetry::{LogFormat, LogLevel, LogLevelError},
};

/// The file that is read if none is named and it exists.
pub const FILE_DEFAULT: &str = "countersign.toml";
/// Peers connect here by default.
pub const NETWORK_PORT: u16 = 26_600;
/// JSON-RPC is served here by default.
pub const RPC_PORT: u16 = 8_645;

/// A node's settings, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The file they come from, if there was one.
    pub file: Option<PathBuf>,
    /// Where the database and the vote journal are.
    pub data_dir: PathBuf,
    /// The genesis file.
    pub genesis: PathBuf,
    /// The key that signs votes.
    pub validator_key: PathBuf,
    /// The key that authenticates to peers.
    pub network_key: PathBuf,
    /// Peers.
    pub network: NetworkSettings,
    /// Clients.
    pub rpc: RpcSettings,
    /// How a node without a ledger begins.
    pub sync: SyncSettings,
    /// Blocks from one snapshot to the next; 0 for none.
    pub snapshot_interval_blocks: u64,
    /// What is kept of the past.
    pub retention: Retention,
    /// What the database may take.
    pub database: Tuning,
    /// Logs.
    pub log: LogSettings,
}

/// How a node without a ledger begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncSettings {
    /// From what.
    pub mode: SyncMode,
    /// Lowest height of a snapshot that is worth fetching.
    pub snapshot_height_min: u64,
}

/// How peers are reached and reach us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSettings {
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Where others may dial this node; told to operators, not used by the node itself.
    pub advertise: Vec<PeerAddress>,
    /// Where to dial others, by their network key. Who stands here and is no validator may connect as a guest.
    pub peers: BTreeMap<PublicKey, Vec<PeerAddress>>,
}

/// How clients reach the node.
#[derive(Debug, Clone)]
pub struct RpcSettings {
    /// The listener's address, host names, limits and timers.
    pub listener: ListenerConfig,
    /// WebSockets' limits.
    pub sockets: SocketConfig,
    /// The page to serve at `/verify`, if there is to be one.
    pub page: Option<PathBuf>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogSettings {
    /// Level, or levels by module.
    pub level: LogLevel,
    /// Text or JSON.
    pub format: LogFormat,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file {path}: {cause}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The file is not TOML, or a value has the wrong type.
    #[error("configuration file {path}: {cause}")]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        cause: Box<toml::de::Error>,
    },
    /// A key that means nothing.
    #[error("configuration file {path}: unknown key `{key}`{}", .nearest.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default())]
    UnknownKey {
        /// Which file.
        path: PathBuf,
        /// With its section.
        key: String,
        /// The known key most like it, if one is.
        nearest: Option<&'static str>,
    },
    /// A value that cannot be used.
    #[error("configuration file {path}: {key}: {cause}")]
    Value {
        /// Which file.
        path: PathBuf,
        /// With its section.
        key: &'static str,
        /// What is wrong.
        cause: String,
    },
}

impl Config {
    /// Reads the file named by the flags, or [`FILE_DEFAULT`] if it exists, and puts the flags over it.
    ///
    /// # Errors
    /// See [`ConfigError`]; each names the file and the key.
    pub fn load(flags: &ConfigFlags) -> Result<Self, ConfigError> {
        let path = flags.config.clone().unwrap_or_else(|| PathBuf::from(FILE_DEFAULT));
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, &path, flags),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound && flags.config.is_none() => {
                let settings = Self::merge(ConfigFile::default(), Path::new(""), flags)?;
                Ok(Self { file: None, ..settings })
            }
            Err(cause) => Err(ConfigError::File { path, cause }),
        }
    }

    /// The settings of `text`, which is `path`'s content, under the flags.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn parse(text: &str, path: &Path, flags: &ConfigFlags) -> Result<Self, ConfigError> {
        Self::merge(ConfigFile::parse(text, path)?, path, flags)
    }

    fn merge(file: ConfigFile, path: &Path, flags: &ConfigFlags) -> Result<Self, ConfigError> {
        let beside = |value: PathBuf| path.parent().map_or(value.clone(), |directory| directory.join(&value));
        let pick = |flag: &Option<PathBuf>, value: Option<PathBuf>| flag.clone().or(value.map(beside));
        let data_dir = pick(&flags.data_dir, file.data_dir).unwrap_or_else(|| beside(PathBuf::from("data")));
        let in_data = |name: &str| data_dir.join(name);
        let log = LogSettings {
            level: flags.log_level.clone().map_or_else(|| parse_level(file.log.level, path), Ok)?,
            format: flags.log_format.or(file.log.format).unwrap_or_default(),
        };
        Ok(Self {
            file: Some(path.to_owned()),
            genesis: pick(&flags.genesis, file.genesis).unwrap_or_else(|| in_data("genesis.json")),
            validator_key: pick(&flags.validator_key, file.validator_key).unwrap_or_else(|| in_data("validator.key")),
            network_key: pick(&flags.network_key, file.network_key).unwrap_or_else(|| in_data("network.key")),
            network: network(file.network, path, flags)?,
            rpc: rpc(file.rpc, path, flags)?,
            sync: SyncSettings {
                mode: flags.sync_mode.or(file.sync.mode).unwrap_or_default(),
                snapshot_height_min: file.sync.snapshot_height_min.unwrap_or(limits::SNAPSHOT_HEIGHT_MIN),
            },
            snapshot_interval_blocks: snapshot_interval(&file.snapshot, path)?,
            retention: storage::retention(&file.retention, path)?,
            database: storage::database(&file.database, path)?,
            log,
            data_dir,
        })
    }
}

/// Headers of two windows, of at most 64 blocks each, go with a snapshot; more often than that makes no sense.
fn snapshot_interval(file: &SnapshotSection, path: &Path) -> Result<u64, ConfigError> {
    match file.interval_blocks.unwrap_or(limits::SNAPSHOT_INTERVAL_BLOCKS) {
        interval @ 1..limits::SNAPSHOT_INTERVAL_BLOCKS_MIN => Err(ConfigError::Value {
            path: path.to_owned(),
            key: "snapshot.interval_blocks",
            cause: format!("{interval} is neither 0 (none) nor at least {}", limits::SNAPSHOT_INTERVAL_BLOCKS_MIN),
        }),
        interval => Ok(interval),
    }
}

fn parse_level(level: Option<String>, path: &Path) -> Result<LogLevel, ConfigError> {
    let Some(level) = level else { return Ok(LogLevel::default()) };
    level.parse().map_err(|error: LogLevelError| ConfigError::Value {
        path: path.to_owned(),
        key: "log.level",
        cause: error.to_string(),
    })
}

fn network(file: NetworkSection, path: &Path, flags: &ConfigFlags) -> Result<NetworkSettings, ConfigError> {
    let mut peers = BTreeMap::new();
    for (key, addresses) in file.peers {
        let refuse = |cause: String| ConfigError::Value { path: path.to_owned(), key: "network.peers", cause };
        let bytes = network_key(&key)
            .ok_or_else(|| refuse(format!("`{key}` is not a network key: 64 hexadecimal digits, as in the genesis")))?;
        if addresses.len() > limits::PEER_ADDRESSES_MAX {
            return Err(refuse(format!("`{key}` has more than {} addresses", limits::PEER_ADDRESSES_MAX)));
        }
        if peers.insert(bytes, addresses).is_some() {
            return Err(refuse(format!("`{key}` stands twice")));
        }
    }
    let mut from_flags: BTreeMap<PublicKey, Vec<PeerAddress>> = BTreeMap::new();
    for flag in &flags.peers {
        from_flags.entry(flag.key).or_default().push(flag.address.clone());
    }
    peers.extend(from_flags);
    let default = || vec![SocketAddr::from((Ipv4Addr::UNSPECIFIED, NETWORK_PORT))];
    Ok(NetworkSettings {
        listen: given(&flags.network_listen).or(file.listen).unwrap_or_else(default),
        advertise: given(&flags.advertise).or(file.advertise).unwrap_or_default(),
        peers,
    })
}

fn rpc(file: RpcSection, path: &Path, flags: &ConfigFlags) -> Result<RpcSettings, ConfigError> {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, RPC_PORT));
    let mut listener = ListenerConfig::new(flags.rpc_listen.or(file.listen).unwrap_or(default));
    let mut sockets = SocketConfig::default();
    listener.hosts = given(&flags.rpc_hosts).or(file.hosts).unwrap_or_default();
    // Zero would lock everybody out, and what lies above the maximum defeats the limit's purpose.
    let within = |key: &'static str, value: Option<u64>, default: usize, max: usize| {
        let Some(value) = value else { return Ok(default) };
        usize::try_from(value).ok().filter(|value| (1..=max).contains(value)).ok_or_else(|| ConfigError::Value {
            path: path.to_owned(),
            key,
            cause: format!("{value} is not from 1 to {max}"),
        })
    };
    listener.connections_max = within("rpc.connections_max", file.connections_max, listener.connections_max, 65_536)?;
    listener.connections_per_address_max = within(
        "rpc.connections_per_address_max",
        file.connections_per_address_max,
        listener.connections_per_address_max.min(listener.connections_max),
        listener.connections_max,
    )?;
    listener.body_bytes_max =
        within("rpc.body_bytes_max", file.body_bytes_max, listener.body_bytes_max, limits::HTTP_BODIES_BYTES_MAX)?;
    sockets.message_bytes_max = listener.body_bytes_max;
    sockets.clients_max = within(
        "rpc.sockets_max",
        file.sockets_max,
        sockets.clients_max.min(listener.connections_max),
        listener.connections_max,
    )?;
    let seconds = within("rpc.request_timeout_s", file.request_timeout_s, 0, 600)?;
    if seconds > 0 {
        listener.request_timeout = Duration::from_secs(seconds as u64);
    }
    let page = file.page.map(|page| path.parent().map_or(page.clone(), |directory| directory.join(&page)));
    Ok(RpcSettings { listener, sockets, page })
}

fn given<T: Clone>(flag: &[T]) -> Option<Vec<T>> {
    (!flag.is_empty()).then(|| flag.to_vec())
}

/// 64 hexadecimal digits, with or without `0x`.
fn network_key(text: &str) -> Option<PublicKey> {
    let digits = text.strip_prefix("0x").unwrap_or(text).as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let mut key = [0; 32];
    if pairs.len() != key.len() || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(PublicKey(key))
}

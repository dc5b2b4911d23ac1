//! The flags and environment variables that go before the configuration file.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use super::{SyncMode, network_key};
use crate::{
    network::PeerAddress,
    telemetry::{LogFormat, LogLevel},
};
use countersign_types::PublicKey;

/// Settings on the command line; each has an environment variable.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConfigFlags {
    /// Configuration file [default: countersign.toml, if it exists]
    #[arg(long, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Directory of the database and the vote journal
    #[arg(long, env = "COUNTERSIGN_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Genesis file
    #[arg(long, env = "COUNTERSIGN_GENESIS", value_name = "FILE")]
    pub genesis: Option<PathBuf>,

    /// Key that signs votes
    #[arg(long, env = "COUNTERSIGN_VALIDATOR_KEY", value_name = "FILE")]
    pub validator_key: Option<PathBuf>,

    /// Key that authenticates to peers
    #[arg(long, env = "COUNTERSIGN_NETWORK_KEY", value_name = "FILE")]
    pub network_key: Option<PathBuf>,

    /// Where to listen for peers
    #[arg(long, env = "COUNTERSIGN_NETWORK_LISTEN", value_name = "IP:PORT", value_delimiter = ',')]
    pub network_listen: Vec<SocketAddr>,

    /// Where peers can dial this node
    #[arg(long, env = "COUNTERSIGN_NETWORK_ADVERTISE", value_name = "HOST:PORT", value_delimiter = ',')]
    pub advertise: Vec<PeerAddress>,

    /// Where to dial a peer, by its network key
    #[arg(long = "peer", env = "COUNTERSIGN_NETWORK_PEERS", value_name = "KEY@HOST:PORT", value_delimiter = ',')]
    pub peers: Vec<PeerFlag>,

    /// Where to serve JSON-RPC
    #[arg(long, env = "COUNTERSIGN_RPC_LISTEN", value_name = "IP:PORT")]
    pub rpc_listen: Option<SocketAddr>,

    /// Names by which clients may address this node
    #[arg(long = "rpc-host", env = "COUNTERSIGN_RPC_HOSTS", value_name = "NAME", value_delimiter = ',')]
    pub rpc_hosts: Vec<String>,

    /// How to begin without a ledger
    #[arg(long, env = "COUNTERSIGN_SYNC_MODE", value_name = "MODE")]
    pub sync_mode: Option<SyncMode>,

    /// What to log: error, warn, info, debug, trace, or levels by module
    #[arg(long, env = "COUNTERSIGN_LOG_LEVEL", value_name = "LEVEL")]
    pub log_level: Option<LogLevel>,

    /// How to log
    #[arg(long, env = "COUNTERSIGN_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// A peer's network key and one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerFlag {
    /// The network key.
    pub key: PublicKey,
    /// Where to dial it.
    pub address: PeerAddress,
}

impl FromStr for PeerFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, address) = text.split_once('@').ok_or("write network key@host:port")?;
        let key = network_key(key).ok_or("the network key is not 64 hexadecimal digits")?;
        let address = address.parse().map_err(|error: crate::network::AddressError| error.to_string())?;
        Ok(Self { key, address })
    }
}

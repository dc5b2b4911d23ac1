//! The configuration of each node: `countersignd testnet` makes the founders', this adds validators to be and puts the
//! proxies between all of them.

use super::{Cluster, program};
use anyhow::{Context as _, ensure};
use countersign_types::{Genesis, PublicKey};
use countersignd::config::{ConfigFile, NetworkSection, RpcSection};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

/// The public halves of a node's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeKeys {
    /// That of its votes.
    pub validator: PublicKey,
    /// That of its connections.
    pub network: PublicKey,
}

/// Keys of the founders, by the genesis.
pub(super) fn founders(genesis: &Path) -> anyhow::Result<Vec<NodeKeys>> {
    let genesis: Genesis = serde_json::from_str(&std::fs::read_to_string(genesis)?)?;
    let keys = |member: &countersign_types::Validator| NodeKeys { validator: member.key, network: member.network_key };
    Ok(genesis.validators.members().iter().map(keys).collect())
}

/// `countersignd init` with these arguments; the keys that it made.
///
/// # Errors
/// If it refuses.
pub fn init(config: &Path, arguments: &[&str]) -> anyhow::Result<NodeKeys> {
    let output =
        Command::new(program("countersignd")?).args(["init", "--config"]).arg(config).args(arguments).output()?;
    ensure!(output.status.success(), "init failed: {}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let key = |name: &str| -> anyhow::Result<PublicKey> {
        let line = said.lines().find_map(|line| line.strip_prefix(name)).context("init names both keys")?;
        Ok(line.parse()?)
    };
    Ok(NodeKeys { validator: key("key ")?, network: key("network-key ")? })
}

impl Cluster {
    /// Adds lines to a section of a node's configuration, which is made if it is not there.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn configure(&self, index: u16, section: &str, line: &str) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(self.config(index))?;
        let head = format!("[{section}]\n");
        let text = if text.contains(&head) { text } else { format!("{text}\n{head}") };
        std::fs::write(self.config(index), text.replacen(&head, &format!("{head}{line}\n"), 1))?;
        Ok(())
    }

    /// Writes a node's configuration, in which it dials the others where `address` says.
    pub(super) fn write_config(&self, index: u16, address: impl Fn(u16) -> SocketAddr) -> anyhow::Result<()> {
        let mut peers = std::collections::BTreeMap::new();
        for (other, keys) in (0u16..).zip(self.keys()).filter(|(other, _)| *other != index) {
            peers.insert(keys.network.to_string(), vec![address(other).to_string().parse()?]);
        }
        let file = ConfigFile {
            data_dir: Some("data".into()),
            genesis: Some("../genesis.json".into()),
            validator_key: Some("validator.key".into()),
            network_key: Some("network.key".into()),
            network: NetworkSection { listen: Some(vec![self.listens(index)]), advertise: None, peers },
            rpc: RpcSection {
                listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, self.rpc_port(index)))),
                ..RpcSection::default()
            },
            ..ConfigFile::default()
        };
        std::fs::create_dir_all(self.home(index).join("data"))?;
        std::fs::write(self.config(index), file.to_toml()?)?;
        Ok(())
    }
}

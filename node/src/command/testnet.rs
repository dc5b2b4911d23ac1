//! `countersignd testnet`: keys, genesis and configuration for a network of one's own.
//!
//! ```text
//! OUT/genesis.json
//! OUT/accounts/<organisation>-<name>.key     accounts of the members
//! OUT/v0/countersign.toml  v0/validator.key  v0/network.key  v0/data/votes.journal
//! ```

use crate::config::{ConfigFile, LogSection, NETWORK_PORT, NetworkSection, RPC_PORT, RpcSection};
use crate::journal_file::{JournalFile, salt};
use crate::keystore::{self, Purpose, Seed};
use crate::network::PeerAddress;
use crate::node::JOURNAL_FILE;
use crate::replica_thread::now;
use crate::telemetry::LogFormat;
use anyhow::{Context as _, bail};
use countersign_consensus::{Record, vote_journal::Framer};
use countersign_replica::journal::JournalRecord;
use countersign_types::{
    Account, DeployPolicy, Genesis, Hash, Height, KeyEntry, Organisation, Parameters, Roles, Rules, SecretKey,
    Validator, ValidatorSet,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// Flags of `countersignd testnet`.
#[derive(Debug, clap::Args)]
pub(super) struct TestnetFlags {
    /// Directory to write to; it must not exist or be empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of validators; each is run by an organisation of its own
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=128))]
    validators: u16,
    /// Name of the network
    #[arg(long, default_value = "testnet")]
    name: String,
    /// First port for peers: validator i listens on this plus i
    #[arg(long, default_value_t = NETWORK_PORT)]
    network_port: u16,
    /// First port for JSON-RPC: validator i serves on this plus i
    #[arg(long, default_value_t = RPC_PORT)]
    rpc_port: u16,
    /// Host names of the validators, in order; each then listens on all addresses and the first
    /// ports, as in containers [default: 127.0.0.1, ports rising]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Log as text or JSON
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// Milliseconds without transactions after which an empty block is made
    #[arg(long, default_value_t = Parameters::default().heartbeat_ms)]
    heartbeat_ms: u64,
    /// Leave an existing network as it is instead of refusing
    #[arg(long)]
    keep: bool,
}

struct Keys {
    validator: Seed,
    network: Seed,
}

const ACCOUNTS: [(&str, Roles); 3] = [
    ("admin", Roles::ADMIN.with(Roles::DEPLOYER).with(Roles::SUBMITTER)),
    ("erp", Roles::SUBMITTER),
    ("auditor", Roles::AUDITOR),
];

pub(super) fn run(flags: &TestnetFlags) -> anyhow::Result<()> {
    let genesis_file = flags.out.join("genesis.json");
    if flags.keep && genesis_file.exists() {
        eprintln!("{} exists; keeping the network as it is", genesis_file.display());
        return Ok(());
    }
    if genesis_file.exists() {
        bail!("{} exists; choose another directory or pass --keep", genesis_file.display());
    }
    if !flags.hosts.is_empty() && flags.hosts.len() != usize::from(flags.validators) {
        bail!("{} host names for {} validators", flags.hosts.len(), flags.validators);
    }
    std::fs::create_dir_all(flags.out.join("accounts"))
        .with_context(|| format!("cannot create {}", flags.out.display()))?;
    let keys = (0..flags.validators)
        .map(|_| Ok(Keys { validator: Seed::generate()?, network: Seed::generate()? }))
        .collect::<anyhow::Result<Vec<Keys>>>()?;
    let genesis = genesis(flags, &keys)?;
    for (index, keys_of) in (0..flags.validators).zip(&keys) {
        write_validator(flags, index, keys_of, &keys, &genesis)?;
    }
    // The genesis comes last: a directory with one is whole.
    std::fs::write(&genesis_file, serde_json::to_string_pretty(&genesis)? + "\n")?;
    eprintln!("wrote a network of {} validators to {}", flags.validators, flags.out.display());
    println!("{}", genesis.chain());
    Ok(())
}

fn organisation_of(index: u16) -> String {
    format!("org{index}")
}

fn genesis(flags: &TestnetFlags, keys: &[Keys]) -> anyhow::Result<Genesis> {
    let mut validators = Vec::new();
    let mut organisations = Vec::new();
    let mut accounts = Vec::new();
    for (index, keys) in (0..flags.validators).zip(keys) {
        let id = organisation_of(index);
        validators.push(Validator {
            organisation: id.clone(),
            key: SecretKey::from_seed(keys.validator.expose()).public(),
            network_key: SecretKey::from_seed(keys.network.expose()).public(),
        });
        organisations.push(Organisation::new(id.clone(), format!("Organisation {index}")));
        for (name, roles) in ACCOUNTS {
            let seed = Seed::generate()?;
            keystore::create(&flags.out.join(format!("accounts/{id}-{name}.key")), Purpose::Account, &seed)?;
            let key = SecretKey::from_seed(seed.expose()).public();
            let keys = vec![KeyEntry { key, valid_from: Height::ZERO, valid_to: None }];
            accounts.push(Account::new(format!("{id}/{name}").parse()?, roles, keys));
        }
    }
    let genesis = Genesis {
        network: flags.name.clone(),
        time: now(),
        parameters: Parameters { heartbeat_ms: flags.heartbeat_ms, ..Parameters::default() },
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(validators)?,
        organisations,
        accounts,
    };
    genesis.check()?;
    Ok(genesis)
}

fn write_validator(
    flags: &TestnetFlags,
    index: u16,
    own: &Keys,
    all: &[Keys],
    genesis: &Genesis,
) -> anyhow::Result<()> {
    let home = flags.out.join(format!("v{index}"));
    let data = home.join("data");
    std::fs::create_dir_all(&data)?;
    keystore::create(&home.join("validator.key"), Purpose::Validator, &own.validator)?;
    keystore::create(&home.join("network.key"), Purpose::Network, &own.network)?;
    write_journal(&data.join(JOURNAL_FILE), genesis.chain(), &own.validator)?;

    let in_containers = !flags.hosts.is_empty();
    let port = |base: u16, index: u16| if in_containers { Some(base) } else { base.checked_add(index) };
    let too_high = "the ports do not fit below 65536";
    let listen = |base: u16, open: bool| -> anyhow::Result<SocketAddr> {
        let address = if open { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
        Ok(SocketAddr::new(IpAddr::V4(address), port(base, index).context(too_high)?))
    };
    let mut peers = std::collections::BTreeMap::new();
    for (other, keys) in (0..flags.validators).zip(all).filter(|(other, _)| *other != index) {
        let host = flags.hosts.get(usize::from(other)).map_or("127.0.0.1", String::as_str);
        let address: PeerAddress = format!("{host}:{}", port(flags.network_port, other).context(too_high)?).parse()?;
        peers.insert(SecretKey::from_seed(keys.network.expose()).public().to_string(), vec![address]);
    }
    let file = ConfigFile {
        data_dir: Some("data".into()),
        genesis: Some("../genesis.json".into()),
        validator_key: Some("validator.key".into()),
        network_key: Some("network.key".into()),
        network: NetworkSection {
            listen: Some(vec![listen(flags.network_port, in_containers)?]),
            advertise: None,
            peers,
        },
        rpc: RpcSection {
            listen: Some(listen(flags.rpc_port, in_containers)?),
            hosts: flags.hosts.get(usize::from(index)).map(|host| vec![host.clone()]),
            ..RpcSection::default()
        },
        log: LogSection { level: None, format: Some(flags.log_format) },
        ..ConfigFile::default()
    };
    std::fs::write(home.join("countersign.toml"), file.to_toml()?)?;
    Ok(())
}

/// Key and journal are made together: only a journal with this record may sign from the first view.
pub(super) fn write_journal(path: &Path, chain: Hash, validator: &Seed) -> anyhow::Result<()> {
    let key = SecretKey::from_seed(validator.expose()).public();
    let record = JournalRecord::Engine(Record::origin(chain, key)).to_bytes();
    let mut journal = JournalFile::create(path)?;
    journal.append(&Framer::new(salt(validator.expose())).frame(&record)?)?;
    journal.sync()?;
    Ok(())
}

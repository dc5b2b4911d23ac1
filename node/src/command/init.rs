//! `countersignd init`: the keys and the vote journal of a validator to be.

use super::testnet::write_journal;
use crate::config::{Config, ConfigFlags};
use crate::keystore::{self, Purpose, Seed};
use crate::node::{JOURNAL_FILE, read_genesis};
use anyhow::{Context as _, bail};
use countersign_types::{PublicKey, SecretKey};
use std::path::Path;

pub(super) fn run(flags: &ConfigFlags) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    let genesis = read_genesis(&config.genesis)?;
    let journal = config.data_dir.join(JOURNAL_FILE);
    // Only a key that is made now can be known to have signed nothing, and only its journal may say so.
    for (path, what) in [(&config.validator_key, "validator key"), (&journal, "vote journal")] {
        if path.exists() {
            bail!(
                "{} exists: a {what} is never overwritten; for a new validator key, move the old one and its journal away",
                path.display()
            );
        }
    }
    for path in [&config.validator_key, &config.network_key, &journal] {
        make_parent(path)?;
    }
    let validator = Seed::generate()?;
    keystore::create(&config.validator_key, Purpose::Validator, &validator)?;
    let network = match config.network_key.exists() {
        true => keystore::load(&config.network_key, Purpose::Network)?,
        false => {
            let seed = Seed::generate()?;
            keystore::create(&config.network_key, Purpose::Network, &seed)?;
            seed
        }
    };
    write_journal(&journal, genesis.chain(), &validator)?;
    eprintln!("members vote for these with `countersign validator add`; until then the node follows without voting");
    println!("key {}\nnetwork-key {}", public(&validator), public(&network));
    Ok(())
}

fn public(seed: &Seed) -> PublicKey {
    SecretKey::from_seed(seed.expose()).public()
}

fn make_parent(path: &Path) -> anyhow::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => {
            std::fs::create_dir_all(parent).with_context(|| format!("cannot create the directory {}", parent.display()))
        }
        None => Ok(()),
    }
}

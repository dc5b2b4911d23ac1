//! What the settings lead to: the node, the key, the contract. Made only when a command needs it.

use crate::arguments::Settings;
use crate::failure::Usage;
use anyhow::Context as _;
use countersign_api::method::contract::{ContractList, ContractRef, ListParams};
use countersign_client::verify::{self, BadFile};
use countersign_client::{Auditor, Client, Error, Signer, keyfile};
use countersign_types::{Address, SecretKey, TimestampMs};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The settings, to be used.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
}

impl Session {
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// The node.
    pub fn client(&self) -> Result<Client, Error> {
        Client::new(&self.settings.rpc)
    }

    /// The file that the user trusts, if one is named.
    pub fn root(&self) -> Option<&Path> {
        self.settings.root.as_deref()
    }

    /// The node, with answers verified against the file that the user trusts, if one is named.
    pub fn auditor(&self) -> anyhow::Result<Option<Auditor>> {
        let Some(path) = self.root() else { return Ok(None) };
        let about = |cause: BadFile| Usage(format!("{}: {cause}", path.display()));
        let trusted = verify::trusted(&read_file(path)?).map_err(about)?;
        Ok(Some(self.client()?.trusting(trusted)))
    }

    /// The provenance contract that the user names. Which one it is cannot be left to a node that is not trusted.
    pub fn named_contract(&self) -> anyhow::Result<Address> {
        let contract = self.settings.contract.as_ref();
        let contract =
            contract.ok_or_else(|| Usage("name the contract with --contract, to verify what it holds".into()))?;
        contract.address().with_context(|| format!("{contract} is not a contract"))
    }

    /// Where the account's key is.
    pub fn key_path(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.settings.key {
            return Ok(path.clone());
        }
        let home = std::env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".config")));
        let home = home.ok_or_else(|| Usage("name a key file with --key FILE".to_owned()))?;
        Ok(home.join("countersign").join("account.key"))
    }

    /// The account's key.
    pub fn key(&self) -> anyhow::Result<SecretKey> {
        Ok(keyfile::load(&self.key_path()?).map_err(Error::from)?)
    }

    /// A signer with the account's key at the node.
    pub async fn signer(&self) -> anyhow::Result<Signer> {
        // The key first: a missing one is the commoner mistake.
        let key = self.key()?;
        Ok(Signer::connect(self.client()?, key).await?)
    }

    /// The contract that the user names, if one is named.
    pub fn contract(&self) -> Option<ContractRef> {
        self.settings.contract.clone()
    }

    /// The provenance contract: the one named, or the only one whose name is `…/provenance`.
    pub async fn provenance(&self, client: &Client) -> anyhow::Result<ContractRef> {
        if let Some(contract) = &self.settings.contract {
            return Ok(contract.clone());
        }
        let mut found: Vec<String> = Vec::new();
        let mut params = ListParams::default();
        loop {
            let page = client.unverified().call_again::<ContractList>(&params).await?.into_said();
            found.extend(page.items.into_iter().map(|contract| contract.name).filter(|name| is_provenance(name)));
            params.cursor = page.next_cursor;
            if params.cursor.is_none() {
                break;
            }
        }
        match found.as_slice() {
            [one] => Ok(ContractRef(one.clone())),
            [] => {
                Err(Usage("no provenance contract is deployed; `countersign contract deploy` does that".to_owned())
                    .into())
            }
            several => {
                let names = several.join(", ");
                Err(Usage(format!("there are several provenance contracts, choose one with --contract: {names}"))
                    .into())
            }
        }
    }

    /// Its address.
    pub async fn provenance_address(&self, client: &Client) -> anyhow::Result<Address> {
        let contract = self.provenance(client).await?;
        contract.address().with_context(|| format!("{contract} is not a contract"))
    }
}

fn is_provenance(name: &str) -> bool {
    name.split_once('/').is_some_and(|(_, name)| name == "provenance")
}

/// What time it is.
pub fn now() -> anyhow::Result<TimestampMs> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("this computer's clock is before 1970")?;
    Ok(TimestampMs(u64::try_from(since.as_millis())?))
}

/// Reads a file that the user named; `-` is standard input.
pub fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let outcome = if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    outcome.map_err(|error| Usage(format!("cannot read {}: {error}", path.display())).into())
}

//! `countersign account` and `countersign validator`.

use super::Asked;
use clap::Subcommand;
use countersign_types::{AccountId, DecodeError, Height, PublicKey, Signature};

#[derive(Debug, Subcommand)]
pub enum Account {
    /// Show an account.
    Show {
        /// organisation/name [default: the account of --key]
        account: Option<AccountId>,
    },
    /// Create or replace an account of your organisation; needs the admin role.
    Put {
        /// organisation/name.
        account: AccountId,
        /// What it may do: admin, deployer, submitter, device, auditor.
        #[arg(long = "role", value_name = "ROLE", required = true, value_delimiter = ',')]
        roles: Vec<String>,
        /// A public key of it, a new one with the proof that its holder made (`countersign key prove`). Keys that it has
        /// keep their times; those not named cease to sign.
        #[arg(long = "public", value_name = "KEY[:PROOF]", required = true, value_parser = named_key)]
        keys: Vec<NamedKey>,
        /// What contracts can read of it; those not named are removed.
        #[arg(long = "attribute", value_name = "NAME=VALUE", value_parser = super::governance::attribute)]
        attributes: Vec<(String, String)>,
        /// Height at which new keys begin; those not named end behind it. Where several admins must agree, all give the same
        /// [default: the newest]
        #[arg(long, value_name = "HEIGHT", value_parser = super::height)]
        at: Option<Height>,
    },
}

/// Each but `list` asks for a change in the name of your organisation, and needs the admin role. It is decided once enough
/// organisations that run validators ask for the same one (`governance rules`), and takes effect at the epoch's end soon after.
#[derive(Debug, Subcommand)]
pub enum Validator {
    /// List the validators.
    List,
    /// Ask for one more, which follows the chain already (`countersignd init` makes its keys).
    Add {
        /// The organisation that runs it.
        organisation: String,
        /// Its validator key.
        #[arg(long, value_name = "KEY")]
        validator_key: PublicKey,
        /// Its network key.
        #[arg(long, value_name = "KEY")]
        network_key: PublicKey,
        #[command(flatten)]
        asked: Asked,
    },
    /// Ask for one fewer.
    Remove {
        /// Its validator key now, or its organisation's id if that runs no other.
        validator: String,
        #[command(flatten)]
        asked: Asked,
    },
    /// Ask for another one in the place of one, or for new keys of it.
    Replace {
        /// Its validator key now, or its organisation's id if that runs no other.
        validator: String,
        /// The organisation that runs the new one [default: the same]
        #[arg(long, value_name = "ORGANISATION")]
        organisation: Option<String>,
        /// The new validator key [default: the same]
        #[arg(long, value_name = "KEY")]
        validator_key: Option<PublicKey>,
        /// The new network key [default: the same]
        #[arg(long, value_name = "KEY")]
        network_key: Option<PublicKey>,
        #[command(flatten)]
        asked: Asked,
    },
}

/// A key that an account is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedKey {
    /// The key.
    pub key: PublicKey,
    /// Its holder's signature, for a new one.
    pub proof: Option<Signature>,
}

pub(super) fn named_key(text: &str) -> Result<NamedKey, String> {
    let (key, proof) = text.split_once(':').map_or((text, None), |(key, proof)| (key, Some(proof)));
    let proof = proof.map(str::parse).transpose().map_err(|error: DecodeError| error.to_string())?;
    Ok(NamedKey { key: key.parse().map_err(|error: DecodeError| error.to_string())?, proof })
}

//! `countersign governance` and `countersign organisation`: what members decide together, and what they say of themselves.

use super::member::{NamedKey, named_key};
use clap::{Args, Subcommand, ValueEnum};
use countersign_types::{AccountId, Hash};
use std::path::PathBuf;

/// A measure is proposed by the first admin who asks for it, and voted for by the others who ask for the same; it takes effect
/// once enough organisations have. What it would do is shown before each vote.
#[derive(Debug, Subcommand)]
pub enum Governance {
    /// List proposals, the newest first.
    List {
        /// Only those.
        #[arg(long, value_enum)]
        state: Option<ProposalState>,
    },
    /// Show a proposal and its votes. With --root it is verified.
    Show {
        /// Its number.
        proposal: u64,
    },
    /// Show what a proposal would do if it were adopted now.
    Simulate {
        /// Its number.
        proposal: u64,
    },
    /// Vote on a proposal for your organisation; voting again changes the vote.
    Vote {
        /// Its number.
        proposal: u64,
        /// For it or against it.
        #[arg(value_enum)]
        vote: YesNo,
        /// Vote even for what would halt the network.
        #[arg(long)]
        force: bool,
    },
    /// Show who decides about what, and by how many votes.
    Rules,
    /// Ask for other rules; what is not in the file is as it is by default.
    SetRules {
        /// A JSON file, in the form of `governance rules --json`.
        file: PathBuf,
        #[command(flatten)]
        asked: Asked,
    },
    /// Ask for an organisation to be taken in.
    Admit {
        /// Its id: 1 to 32 of a-z, 0-9 and hyphen.
        id: String,
        /// Its name.
        #[arg(long)]
        name: String,
        /// Its global location number, 13 digits.
        #[arg(long)]
        gln: Option<String>,
        /// Whom to ask.
        #[arg(long)]
        contact: Option<String>,
        /// How many of its admins must agree.
        #[arg(long, default_value_t = 1)]
        threshold: u16,
        #[command(flatten)]
        admins: Admins,
        #[command(flatten)]
        asked: Asked,
    },
    /// Ask for an organisation to be suspended: none of its accounts may act from the next block on.
    Suspend(AboutOrganisation),
    /// Ask for a suspended organisation to act again.
    Reinstate(AboutOrganisation),
    /// Ask for an organisation to be expelled for good. It runs no validator then.
    Expel(AboutOrganisation),
    /// Ask for new admins of an organisation that lost its keys; its admins of before cease to be that.
    Restore {
        /// Its id.
        id: String,
        #[command(flatten)]
        admins: Admins,
        #[command(flatten)]
        asked: Asked,
    },
    /// Ask the network to consent to code, in the place of approvals.
    Consent {
        /// organisation/name of the contract, which need not exist yet.
        contract: String,
        /// SHA-256 of the module.
        code: Hash,
        #[command(flatten)]
        asked: Asked,
    },
}

/// An organisation that is decided about.
#[derive(Debug, Args)]
pub struct AboutOrganisation {
    /// Its id.
    pub id: String,
    #[command(flatten)]
    pub asked: Asked,
}

/// Why something is asked for.
#[derive(Debug, Clone, Default, Args)]
pub struct Asked {
    /// Why, for those who vote.
    #[arg(long, default_value = "")]
    pub reason: String,
    /// For how many days it can be voted on [default: 7, or as long as the rules allow]
    #[arg(long, value_name = "DAYS")]
    pub days: Option<u16>,
    /// Ask even for what would halt the network.
    #[arg(long)]
    pub force: bool,
}

/// First admins of an organisation.
#[derive(Debug, Args)]
pub struct Admins {
    /// An account with the admin role: its name, a key, and the proof that its holder made with `countersign key prove ID/NAME`.
    #[arg(long = "admin", value_name = "NAME=KEY:PROOF", required = true, value_parser = named_admin)]
    pub admins: Vec<NamedAdmin>,
}

/// An admin to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAdmin {
    /// Its name within the organisation.
    pub name: String,
    /// Its key.
    pub key: NamedKey,
}

fn named_admin(text: &str) -> Result<NamedAdmin, String> {
    let (name, key) = text.split_once('=').ok_or("give it as NAME=KEY:PROOF")?;
    Ok(NamedAdmin { name: name.to_owned(), key: named_key(key)? })
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProposalState {
    Open,
    Adopted,
    Rejected,
    Expired,
}

/// For it or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Subcommand)]
pub enum Organisation {
    /// List all that are or were members.
    List,
    /// Show a member, its admins and its accounts.
    Show {
        /// Its id.
        id: String,
    },
    /// Set what your organisation says of itself; what is not given stays as it is. Needs the admin role.
    Set {
        /// Its name.
        #[arg(long)]
        name: Option<String>,
        /// Its global location number, 13 digits.
        #[arg(long)]
        gln: Option<String>,
        /// Whom to ask.
        #[arg(long)]
        contact: Option<String>,
        /// How many of its admins must ask for the same before it is done.
        #[arg(long)]
        threshold: Option<u16>,
    },
}

/// Attributes of an account.
pub fn attribute(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("give it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The account of an organisation with a name.
pub fn account_of(organisation: &str, name: &str) -> Result<AccountId, String> {
    format!("{organisation}/{name}").parse().map_err(|error: countersign_types::DecodeError| error.to_string())
}

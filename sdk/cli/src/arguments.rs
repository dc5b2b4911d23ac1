//! The command line.

mod contract;
mod custody;
mod epcis;
mod governance;
mod member;
mod policy;
mod proof;
mod report;
mod trace;

pub use contract::{Contract, Events, Freeze};
pub use custody::{Custody, Listed};
pub use epcis::{CaptureMode, Epcis, EventQuery, Which};
pub use governance::{
    AboutOrganisation, Asked, Governance, NamedAdmin, Organisation, ProposalState, YesNo, account_of,
};
pub use member::{Account, NamedKey, Validator};
pub use policy::Policy;
pub use proof::{Export, ExportWhat, Follow, ItemQuery, Light, Proof, RootFile};
pub use report::{HowToReport, Report};
pub use trace::{Anomalies, AtTime, Drawn, Excursions, History, Item, Lineage, Recall, Trace, TraceCommand, Verify};

use crate::bench::Options as BenchOptions;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use countersign_api::At;
use countersign_api::method::contract::ContractRef;
use countersign_types::{AccountId, Hash, Height};
use std::path::PathBuf;

/// Countersign: supply-chain provenance that companies agree on and anybody can check.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Address of a node.
    #[arg(long, global = true, env = "COUNTERSIGN_RPC", value_name = "URL", default_value = "http://127.0.0.1:8645")]
    pub rpc: String,
    /// Your account's key file [default: countersign/account.key in your configuration directory]
    #[arg(long, global = true, env = "COUNTERSIGN_KEY", value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The provenance contract, by organisation/name or address [default: the only one there is]
    #[arg(long, global = true, env = "COUNTERSIGN_CONTRACT", value_name = "CONTRACT", value_parser = contract)]
    pub contract: Option<ContractRef>,
    /// What you trust: a genesis, a checkpoint or the file of `light follow`. Traces and accounts are then verified against it
    /// before they are shown.
    #[arg(long, global = true, env = "COUNTERSIGN_ROOT", value_name = "FILE")]
    pub root: Option<PathBuf>,
    /// Print JSON instead of tables.
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make and look at account keys.
    #[command(subcommand)]
    Key(Key),
    /// Build, deploy and use contracts.
    #[command(subcommand)]
    Contract(Contract),
    /// Check and capture EPCIS documents.
    #[command(subcommand)]
    Epcis(Epcis),
    /// List, accept and refuse what others hand over to your organisation.
    #[command(subcommand)]
    Custody(Custody),
    /// Ask where things come from and where they went.
    Trace(TraceCommand),
    /// Make the sheets that regulations ask for, each with a file that proves it.
    #[command(subcommand)]
    Report(Report),
    /// Export proof files and verify them without a network.
    #[command(subcommand)]
    Proof(Proof),
    /// Follow the validators from a genesis or a checkpoint without the chain's blocks; --root names the file that is kept.
    #[command(subcommand)]
    Light(Light),
    /// Show how the node and the network are.
    Status,
    /// Look at accounts and set those of your organisation.
    #[command(subcommand)]
    Account(Account),
    /// Look at the validators and vote on them for your organisation.
    #[command(subcommand)]
    Validator(Validator),
    /// Look at members and set what your organisation says of itself.
    #[command(subcommand)]
    Organisation(Organisation),
    /// Look at what members decide together, ask for it and vote on it for your organisation.
    #[command(subcommand, visible_alias = "gov")]
    Governance(Governance),
    /// Who may deploy contracts: show the policy, ask for another one.
    #[command(subcommand)]
    Policy(Policy),
    /// Measure a running network.
    Bench(BenchOptions),
    /// Print a completion script for your shell.
    Completion {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a new key; an existing file is never overwritten.
    New {
        /// Where to [default: the key of --key]
        file: Option<PathBuf>,
    },
    /// Prove that you hold a key, for the admin who is to register it; prints KEY:PROOF.
    Prove {
        /// The account that it is to belong to: organisation/name.
        account: AccountId,
        /// Which file [default: the key of --key]
        file: Option<PathBuf>,
        /// The chain's id [default: asked of the node]
        #[arg(long, value_name = "HASH")]
        chain: Option<Hash>,
    },
    /// Show the public key.
    Show {
        /// Which file [default: the key of --key]
        file: Option<PathBuf>,
    },
}

fn contract(text: &str) -> Result<ContractRef, String> {
    let contract = ContractRef(text.to_owned());
    match contract.address() {
        Some(_) => Ok(contract),
        None => Err("a contract is organisation/name or a 0x address".to_owned()),
    }
}

fn at(text: &str) -> Result<At, String> {
    text.parse().map_err(|()| "must be `final`, a height, a block hash or a time (ISO 8601 with time zone)".to_owned())
}

fn height(text: &str) -> Result<Height, String> {
    text.parse().map(Height).map_err(|_| "must be a height".to_owned())
}

//! `countersign contract`.

use super::{at, contract, height};
use clap::{Args, Subcommand};
use countersign_api::At;
use countersign_api::method::contract::ContractRef;
use countersign_types::Height;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Contract {
    /// Build a contract's crate to the module that is deployed.
    Build {
        /// Directory of the crate.
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// Where to [default: target/contracts/NAME.wasm]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Deploy a module.
    Deploy {
        /// The module.
        module: PathBuf,
        /// The contract's name: organisation/name, the organisation being yours.
        #[arg(long, value_name = "ORGANISATION/NAME")]
        name: String,
        /// Arguments of `init`, as JSON or @FILE.
        #[arg(long, value_name = "JSON")]
        args: Option<String>,
        /// Most gas it may use [default: the largest limit]
        #[arg(long)]
        gas: Option<u64>,
    },
    /// Call a method by a transaction.
    Call {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
        /// The method.
        method: String,
        /// Its arguments as a JSON object or array, or @FILE.
        #[arg(value_name = "ARGUMENTS")]
        args: Option<String>,
        /// Most gas it may use.
        #[arg(long)]
        gas: Option<u64>,
    },
    /// Run a view; nothing is written.
    View {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
        /// The view.
        method: String,
        /// Its arguments as a JSON object or array, or @FILE.
        #[arg(value_name = "ARGUMENTS")]
        args: Option<String>,
        /// Where to read: `final`, a height or a block hash.
        #[arg(long, default_value = "final", value_parser = at)]
        at: At,
    },
    /// List the deployed contracts.
    List,
    /// Show a contract's interface.
    Show {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
    },
    /// List events that contracts emitted.
    Events(Events),
}

#[derive(Debug, Args)]
pub struct Events {
    /// Only of this contract.
    #[arg(value_parser = contract)]
    pub contract: Option<ContractRef>,
    /// Only of this name.
    #[arg(long, requires = "contract")]
    pub name: Option<String>,
    /// Only with this indexed field.
    #[arg(long, requires = "name", value_name = "FIELD=VALUE")]
    pub field: Option<String>,
    /// First height.
    #[arg(long, value_parser = height)]
    pub from: Option<Height>,
    /// Last height.
    #[arg(long, value_parser = height)]
    pub to: Option<Height>,
    /// Most events to list.
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
    /// Newest first.
    #[arg(long)]
    pub newest: bool,
}

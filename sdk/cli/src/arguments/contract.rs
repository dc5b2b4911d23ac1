//! `countersign contract`.

use super::Asked;
use super::{at, contract, height};
use clap::{Args, Subcommand};
use countersign_api::At;
use countersign_api::method::contract::ContractRef;
use countersign_types::{Hash, Height};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Contract {
    /// Begin a contract: a crate with a test, a client and a file for CI.
    New {
        /// Its directory, which must not exist; its last part is the crate's name.
        directory: PathBuf,
        /// Directory of the crate `countersign-contract` [default: that of the checkout this command was built in]
        #[arg(long, env = "COUNTERSIGN_SDK", value_name = "DIRECTORY")]
        sdk: Option<PathBuf>,
    },
    /// Build a contract's crate to the module that is deployed.
    Build {
        /// Directory of the crate.
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// Where to [default: target/contracts/NAME.wasm]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Build a contract's crate and run its tests with the module; show what their steps cost beside the baseline.
    Test {
        /// Directory of the crate.
        #[arg(default_value = ".")]
        directory: PathBuf,
        /// Make what the steps cost now the baseline.
        #[arg(long)]
        update: bool,
        /// Directory of another contract's crate, whose module the tests use as well; can be repeated.
        #[arg(long, value_name = "DIRECTORY")]
        with: Vec<PathBuf>,
        /// What `cargo test` is given besides.
        #[arg(last = true, value_name = "ARGUMENTS")]
        cargo: Vec<String>,
    },
    /// Ask the network whether it would take a module, and what that costs. Nothing is sent to the chain.
    Check {
        /// The module.
        module: PathBuf,
        /// The name it is to get.
        #[arg(long, value_name = "ORGANISATION/NAME")]
        name: Option<String>,
        /// It is to replace the code of the contract of that name.
        #[arg(long, requires = "name")]
        upgrade: bool,
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
    /// Replace a contract's code: say what differs, try `migrate` out on the newest state, and do it if that succeeds.
    Upgrade {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
        /// The module.
        module: PathBuf,
        /// Arguments of `migrate`, as JSON or @FILE.
        #[arg(long, value_name = "JSON")]
        args: Option<String>,
        /// Most gas it may use [default: the largest limit]
        #[arg(long)]
        gas: Option<u64>,
        /// Send nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Approve code for a contract, deployed or not, for your organisation.
    Approve {
        /// The contract's name.
        #[arg(value_name = "ORGANISATION/NAME")]
        name: String,
        /// The module.
        #[arg(required_unless_present = "code", conflicts_with = "code")]
        module: Option<PathBuf>,
        /// SHA-256 of the module instead of the module.
        #[arg(long, value_name = "HASH")]
        code: Option<Hash>,
        /// Take the approval back.
        #[arg(long)]
        withdraw: bool,
    },
    /// List which organisations have approved which code for a contract.
    Approvals {
        /// The contract's name.
        #[arg(value_name = "ORGANISATION/NAME")]
        name: String,
    },
    /// Stop a contract of your organisation: views answer, calls are refused.
    Freeze(Freeze),
    /// Let a frozen contract run again.
    Thaw(Freeze),
    /// List the code that a contract runs and ran.
    Revisions {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
    },
    /// List the calls that contracts scheduled and that wait, in the order in which they are to run.
    Scheduled {
        /// Only of this contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: Option<ContractRef>,
        /// Most calls to list.
        #[arg(long, default_value_t = 100)]
        limit: u32,
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
        /// Say what it would do at the newest block, and send nothing.
        #[arg(long)]
        dry_run: bool,
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
    /// Download a contract's module.
    Code {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
        /// Where to.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Build a crate and compare the module with the one that a contract runs.
    VerifyBuild {
        /// The contract, by organisation/name or address.
        #[arg(value_parser = contract)]
        contract: ContractRef,
        /// Directory of the crate.
        #[arg(default_value = ".")]
        directory: PathBuf,
    },
    /// List events that contracts emitted, or follow them.
    #[command(visible_alias = "logs")]
    Events(Events),
}

#[derive(Debug, Args)]
pub struct Freeze {
    /// The contract, by organisation/name or address.
    #[arg(value_parser = contract)]
    pub contract: ContractRef,
    /// Ask the network for it, which decides for any contract (`governance rules`).
    #[arg(long)]
    pub vote: bool,
    #[command(flatten)]
    pub asked: Asked,
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
    /// Print events as they come, from the next block or from `--from` on, one to a line, until interrupted.
    #[arg(long, conflicts_with_all = ["to", "limit", "newest"])]
    pub follow: bool,
}

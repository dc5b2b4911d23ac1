//! The command line.

use crate::bench::Options as BenchOptions;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::proof::Query;
use countersign_api::{At, Bytes};
use countersign_types::{AccountId, DecodeError, Hash, Height, PublicKey, Signature};
use std::num::NonZeroU32;
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
    /// Ask where things come from and where they went.
    #[command(subcommand)]
    Trace(Trace),
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

#[derive(Debug, Subcommand)]
pub enum Epcis {
    /// Check documents by the rules of capture; works without a network.
    Validate {
        /// EPCIS documents in JSON-LD (2.0) or XML (1.x or 2.0); `-` reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Record documents' events, with a receipt for each.
    Capture {
        /// EPCIS documents in JSON-LD (2.0) or XML (1.x or 2.0); `-` reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What a refused event does to the others of its document.
        #[arg(long, value_enum, default_value_t = CaptureMode::Rollback)]
        mode: CaptureMode,
    },
}

/// What a refused event does to the others of its document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CaptureMode {
    /// It refuses them all.
    Rollback,
    /// Nothing: each event stands for itself.
    Proceed,
}

#[derive(Debug, Subcommand)]
pub enum Trace {
    /// What happened to an item, in containers too.
    History(History),
    /// What an item was made of and what it holds.
    Back(Item),
    /// What was made of an item and what became of its instances.
    Forward(Item),
}

#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    pub item: Item,
    /// Most events to list.
    #[arg(long, default_value = "10000")]
    pub limit: NonZeroU32,
    /// Go on where an earlier answer ended, as of the same block: verified answers after verified ones.
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, Args)]
pub struct Item {
    /// The item, in any spelling: EPC URN, GS1 Digital Link, or another URI.
    pub id: String,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
}

#[derive(Debug, Subcommand)]
pub enum Proof {
    /// Write what the ledger says as a proof file: an item's trace, a page of a log, a transaction, an event, a state entry
    /// or its absence.
    Export(Export),
    /// Verify a proof file against a genesis or a checkpoint; no network is used.
    Verify {
        /// The proof file.
        file: PathBuf,
        #[command(flatten)]
        root: RootFile,
        /// Refuse a proof of how things stood longer ago than this many seconds.
        #[arg(long, value_name = "SECONDS")]
        max_age: Option<u64>,
    },
    /// Verify a proof file, and write the certified block that it rests on as a checkpoint. Whoever pins it needs no
    /// certificate before it any more.
    Checkpoint {
        /// The proof file.
        file: PathBuf,
        #[command(flatten)]
        root: RootFile,
        /// Where to.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Build the page that verifies proof files in a browser, from its sources. It is one file and needs no network.
    Page {
        /// Directory of its crate.
        #[arg(default_value = "sdk/verify-page")]
        directory: PathBuf,
        /// Where to [default: target/contracts/verify.html]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub enum Light {
    /// Ask nodes for newer blocks, and move the file to the newest that holds. It never goes back.
    Follow(Follow),
    /// Show the block that the file has come to.
    Show {
        /// Fail if the block is older than this many seconds.
        #[arg(long, value_name = "SECONDS")]
        max_age: Option<u64>,
    },
}

#[derive(Debug, Args)]
pub struct Follow {
    /// Begin a new file with the network's genesis, from a source that you trust.
    #[arg(long, value_name = "FILE", conflicts_with = "checkpoint")]
    pub genesis: Option<PathBuf>,
    /// Begin a new file with a checkpoint, from a source that you trust.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// A node to ask; may be given again, and nodes of several members are better than one [default: that of --rpc]
    #[arg(long = "node", value_name = "URL")]
    pub nodes: Vec<String>,
    /// Fail if the block is older than this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub max_age: Option<u64>,
    /// Go on, asking again after so many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub every: Option<std::num::NonZeroU64>,
}

/// What is trusted before a proof is read.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct RootFile {
    /// The network's genesis, from a source that you trust.
    #[arg(long, value_name = "FILE")]
    pub genesis: Option<PathBuf>,
    /// A checkpoint, from a source that you trust.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    pub what: ExportWhat,
    /// The question about the item that the file answers: history, back or forward by the trace, or log for the records
    /// that name it.
    #[arg(long, value_name = "QUERY", value_parser = item_query, requires = "item", default_value = "history")]
    pub query: ItemQuery,
    /// Where to read: `final`, a height or a block hash.
    #[arg(long, default_value = "final", value_parser = at, conflicts_with_all = ["tx", "event"])]
    pub at: At,
    /// Most records of one page of a log.
    #[arg(long, value_name = "RECORDS")]
    pub limit: Option<u32>,
    /// The page of a log to go on with, as the export of the page before it names it; all else as for that page.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Where to.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// What to export.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ExportWhat {
    /// An item, in any spelling.
    #[arg(value_name = "ITEM")]
    pub item: Option<String>,
    /// A transaction with its receipt.
    #[arg(long, value_name = "ID")]
    pub tx: Option<Hash>,
    /// An event, by its block and its position among the block's events.
    #[arg(long, value_name = "BLOCK:INDEX", value_parser = event_place)]
    pub event: Option<EventPlace>,
    /// A page of a log of the contract, by its key as text or 0x and hexadecimal.
    #[arg(long, value_name = "KEY", value_parser = key_bytes)]
    pub log: Option<Bytes>,
    /// What stands at a key of the contract's storage, or that nothing does.
    #[arg(long, value_name = "KEY", value_parser = key_bytes)]
    pub storage: Option<Bytes>,
    /// An account, or that there is none.
    #[arg(long, value_name = "ORGANISATION/NAME")]
    pub account: Option<AccountId>,
    /// What stands at a whole key of the state in hexadecimal, or that nothing does.
    #[arg(long, value_name = "HEX", value_parser = key_bytes)]
    pub state: Option<Bytes>,
}

/// A question about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemQuery {
    /// A walk over the registers.
    Trace(Query),
    /// The records that name it.
    Log,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// The block.
    pub height: Height,
    /// Position among its events.
    pub index: u32,
}

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
    },
}

/// Each but `list` is a vote of your organisation, and needs the admin role. A change is decided once more than two thirds
/// of the organisations that run validators have voted for the same one, and takes effect at the epoch's end soon after.
#[derive(Debug, Subcommand)]
pub enum Validator {
    /// List the validators.
    List,
    /// Vote for one more, which follows the chain already (`countersignd init` makes its keys).
    Add {
        /// The organisation that runs it.
        organisation: String,
        /// Its validator key.
        #[arg(long, value_name = "KEY")]
        validator_key: PublicKey,
        /// Its network key.
        #[arg(long, value_name = "KEY")]
        network_key: PublicKey,
    },
    /// Vote for one fewer.
    Remove {
        /// Its validator key now, or its organisation's id if that runs no other.
        validator: String,
    },
    /// Vote for another one in the place of one, or for new keys of it.
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

fn named_key(text: &str) -> Result<NamedKey, String> {
    let (key, proof) = text.split_once(':').map_or((text, None), |(key, proof)| (key, Some(proof)));
    let proof = proof.map(str::parse).transpose().map_err(|error: DecodeError| error.to_string())?;
    Ok(NamedKey { key: key.parse().map_err(|error: DecodeError| error.to_string())?, proof })
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

fn item_query(text: &str) -> Result<ItemQuery, String> {
    match (text, Query::of(text)) {
        ("log", _) => Ok(ItemQuery::Log),
        (_, Some(query)) => Ok(ItemQuery::Trace(query)),
        (_, None) => Err("must be history, back, forward or log".to_owned()),
    }
}

fn event_place(text: &str) -> Result<EventPlace, String> {
    let place = text.split_once(':').and_then(|(height, index)| {
        Some(EventPlace { height: Height(height.parse().ok()?), index: index.parse().ok()? })
    });
    place.ok_or_else(|| "must be BLOCK:INDEX, as `countersign contract events` lists them".to_owned())
}

/// Bytes as text, or as 0x and hexadecimal.
fn key_bytes(text: &str) -> Result<Bytes, String> {
    let Some(digits) = text.strip_prefix("0x") else { return Ok(Bytes(text.as_bytes().to_vec())) };
    let wrong = || "must be text, or 0x and pairs of hexadecimal digits".to_owned();
    if !digits.is_ascii() {
        return Err(wrong());
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| match std::str::from_utf8(pair) {
        Ok(pair) if pair.len() == 2 && !pair.starts_with('+') => u8::from_str_radix(pair, 16).map_err(|_| wrong()),
        _ => Err(wrong()),
    });
    pairs.collect::<Result<_, _>>().map(Bytes)
}

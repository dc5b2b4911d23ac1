//! `countersign proof` and `countersign light`: what is verified against a root.

use super::at;
use clap::{Args, Subcommand};
use countersign_api::method::proof::Query;
use countersign_api::{At, Bytes};
use countersign_types::{AccountId, Hash, Height};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Proof {
    /// Write what the ledger says as a proof file: an item's trace, a page of a log, a transaction, an event, a state entry
    /// or its absence.
    Export(Box<Export>),
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
    /// The question that the file answers: one of the trace's (history, back, forward, chain, recall, contents, holder, massBalance,
    /// excursions, auditTrail, verifyItem), a report's word (fsma204, dscsa, eudr, passport, recallLetter), or log for the records
    /// that name the item.
    #[arg(long, value_name = "QUERY", value_parser = item_query, requires = "item", default_value = "history")]
    pub query: ItemQuery,
    /// What the question asks beside the item, such as `time=2026-05-01T08:00:00Z` of contents; may be given again.
    #[arg(long = "argument", value_name = "NAME=VALUE", value_parser = argument, requires = "item")]
    pub arguments: Vec<(String, String)>,
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

fn item_query(text: &str) -> Result<ItemQuery, String> {
    match (text, Query::of(text)) {
        ("log", _) => Ok(ItemQuery::Log),
        (_, Some(query)) => Ok(ItemQuery::Trace(query)),
        (_, None) => {
            let words: Vec<&str> = Query::ALL.iter().map(|query| query.word()).collect();
            Err(format!("must be log, or one of {}", words.join(", ")))
        }
    }
}

fn argument(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "must be NAME=VALUE".to_owned())
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

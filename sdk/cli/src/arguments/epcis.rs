//! `countersign epcis` and `countersign trace`: what is recorded of items, and asked about them.

use super::at;
use clap::{Args, Subcommand, ValueEnum};
use countersign_api::At;
use std::num::NonZeroU32;
use std::path::PathBuf;

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

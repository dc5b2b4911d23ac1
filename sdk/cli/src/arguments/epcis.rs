//! `countersign epcis`: what is recorded of items.

use super::at;
use clap::{Args, Subcommand, ValueEnum};
use countersign_api::At;
use countersign_epcis::Time;
use countersign_types::AccountId;
use std::num::NonZeroU32;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Epcis {
    /// Check documents by the rules of capture; works without a network.
    Validate {
        /// EPCIS documents in JSON-LD (2.0) or XML (1.x or 2.0); `-` reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Ask a node what capture would make of each event by what stands on the ledger; nothing is written. A document
        /// may have some 2 MiB.
        #[arg(long)]
        ledger: bool,
        /// What a refused event would do to the others of its document.
        #[arg(long, value_enum, default_value_t = CaptureMode::Rollback, requires = "ledger")]
        mode: CaptureMode,
        /// The account that would capture; without it, errors are taken to be declared by whose events they are.
        #[arg(long, value_name = "ACCOUNT", requires = "ledger")]
        account: Option<AccountId>,
    },
    /// Compute the CBV 2.0 event hash that other systems name events by; works without a network.
    Hash {
        /// EPCIS documents in JSON-LD (2.0) or XML (1.x or 2.0); `-` reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Show the text that is hashed as well, to compare it with another system's.
        #[arg(long)]
        text: bool,
    },
    /// List the captured events that match query parameters of EPCIS 2.0.
    Query(EventQuery),
    /// Show what is recorded under an eventID, or under an event's hash on the chain.
    Event {
        /// The eventID or hash.
        id: String,
        /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
        #[arg(long, default_value = "final", value_parser = at)]
        at: At,
    },
    /// Write all captured events, or those that match query parameters, as one EPCIS 2.0 document.
    Export {
        #[command(flatten)]
        which: Which,
        /// Only events that this organisation captured.
        #[arg(long, value_name = "ORGANISATION")]
        organisation: Option<String>,
        /// Where to; `-` is standard output.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
    },
    /// Declare a captured event to be in error, and record the events that put it right, in one transaction.
    Correct {
        /// Its eventID, or its hash on the chain.
        id: String,
        /// Why: `incorrect_data`, `did_not_occur`, or a word of your own as a URI.
        #[arg(long)]
        reason: String,
        /// A document of the events that put it right, each with an eventID of its own; `-` reads standard input.
        #[arg(long, value_name = "FILE")]
        with: Option<PathBuf>,
        /// When that is declared, such as 2026-05-01T08:00:00Z; now, if not given.
        #[arg(long, value_name = "TIME", value_parser = super::report::time)]
        time: Option<Time>,
    },
    /// Record documents' events, with a receipt for each: in JSON a line for each event, and one for the document.
    Capture {
        /// EPCIS documents in JSON-LD (2.0) or XML (1.x or 2.0); `-` reads standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What a refused event does to the others of its document.
        #[arg(long, value_enum, default_value_t = CaptureMode::Rollback)]
        mode: CaptureMode,
    },
}

/// Which events.
#[derive(Debug, Args)]
pub struct Which {
    /// A query parameter, such as EQ_bizStep=shipping or 'EQ_action=["ADD","DELETE"]'; may be given again.
    #[arg(value_name = "NAME=VALUE")]
    pub parameters: Vec<String>,
    /// A file with the parameters as an object in JSON; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "parameters")]
    pub query: Option<PathBuf>,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
    /// Spell identifiers as GS1 Digital Links, whatever they were written as.
    #[arg(long)]
    pub links: bool,
}

#[derive(Debug, Args)]
pub struct EventQuery {
    #[command(flatten)]
    pub which: Which,
    /// Most events to list.
    #[arg(long, default_value = "100")]
    pub limit: NonZeroU32,
    /// Go on where an earlier answer ended, with the same parameters.
    #[arg(long)]
    pub cursor: Option<String>,
    /// Print comma-separated values instead of a table.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

/// What a refused event does to the others of its document.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum CaptureMode {
    /// It refuses them all. A document is one transaction of at most 800 events and 1 MiB.
    Rollback,
    /// Nothing: each event stands for itself. A document may be of any length and is recorded while it is read.
    Proceed,
}

impl From<CaptureMode> for countersign_api::method::epcis::CaptureMode {
    fn from(mode: CaptureMode) -> Self {
        match mode {
            CaptureMode::Rollback => Self::Rollback,
            CaptureMode::Proceed => Self::Proceed,
        }
    }
}

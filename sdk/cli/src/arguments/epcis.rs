//! `countersign epcis`: what is recorded of items.

use clap::{Subcommand, ValueEnum};
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

//! Events of an industry as an EPCIS document, to try a network with: `chains food --events 1000 > food.json`, then
//! `countersign epcis capture food.json`.

use clap::Parser;
use countersign_tests::chains::{Profile, write_document};
use std::io::{BufWriter, Write as _, stdout};

/// Writes a document of events that are the same for a seed.
#[derive(Debug, Parser)]
struct Flags {
    /// Whose events
    profile: Profile,
    /// What decides them; chains of different seeds, up to a thousand, share no things
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Most events
    #[arg(long, default_value_t = 1_000)]
    events: usize,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let mut out = BufWriter::new(stdout().lock());
    write_document(&mut out, flags.profile.events(flags.seed).take(flags.events))?;
    out.flush()?;
    Ok(())
}

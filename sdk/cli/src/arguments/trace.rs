//! `countersign trace`: what is asked about recorded items.

use super::at;
use clap::{Args, Subcommand};
use countersign_api::At;
use countersign_epcis::{Decimal, Time};
use std::num::NonZeroU32;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct TraceCommand {
    #[command(subcommand)]
    pub what: Trace,
    /// Print comma-separated values instead of tables: all tables of the answer under one header, and what is said about it
    /// at the end.
    #[arg(long, global = true, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Debug, Subcommand)]
pub enum Trace {
    /// What happened to an item, in containers too.
    History(History),
    /// What an item was made of and what it holds.
    Back(Lineage),
    /// What was made of an item and what became of its instances.
    Forward(Lineage),
    /// What has to be recalled because of an item, where it is by whose word, and how much of it is nowhere.
    Recall(Recall),
    /// What a container held at a time.
    Contents(AtTime),
    /// Where an item was at a time, by whose word, and who had and owned it by hand-overs that take effect.
    Holder(AtTime),
    /// How much of a lot came to be, was used up, and should be left.
    Balance(Item),
    /// Which readings of sensors were out of bounds, and what was where they were taken.
    Excursions(Excursions),
    /// All records of an event by its eventID or hash: itself and its error declarations, void ones included.
    Audit(Item),
    /// Whether an item is what is printed on it, by the records. Fails if it is not.
    Verify(Verify),
    /// What does not fit in the events of a span of records: too much, twice, too far, too long, in nobody's custody.
    Anomalies(Anomalies),
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
    /// Draw a tree: the item's events, and those of each container that it was in.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub tree: bool,
}

#[derive(Debug, Args)]
pub struct Lineage {
    #[command(flatten)]
    pub item: Item,
    /// Most links away from the item [default: to the end]
    #[arg(long, value_name = "LINKS")]
    pub depth: Option<NonZeroU32>,
    /// Most things to list.
    #[arg(long, default_value = "100000", conflicts_with = "Drawn")]
    pub limit: NonZeroU32,
    /// Go on where an earlier answer ended, as of the same block: verified answers after verified ones.
    #[arg(long, conflicts_with = "Drawn")]
    pub cursor: Option<String>,
    #[command(flatten)]
    pub drawn: Drawn,
}

/// A chain as a drawing.
#[derive(Debug, Args)]
#[group(multiple = true)]
pub struct Drawn {
    /// Draw a tree of what leads to what, with the numbers of the records that say so.
    #[arg(long, conflicts_with_all = ["json", "csv"])]
    pub tree: bool,
    /// Draw a picture of what leads to what: a file that ends with .svg, or with .dot for Graphviz.
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub graph: Option<PathBuf>,
    /// Most branches that a tree or picture shows of one thing.
    #[arg(long, default_value = "20", value_name = "BRANCHES")]
    pub width: NonZeroU32,
}

impl Drawn {
    /// Whether a drawing is wanted.
    pub fn is_wanted(&self) -> bool {
        self.tree || self.graph.is_some()
    }
}

#[derive(Debug, Args)]
pub struct Item {
    /// The item, in any spelling: EPC URN, GS1 Digital Link, or another URI.
    pub id: String,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
}

#[derive(Debug, Args)]
pub struct Recall {
    #[command(flatten)]
    pub item: Item,
    /// Most products and most containers to list; the sums of places and what is nowhere are always of all.
    #[arg(long, default_value = "1000", conflicts_with = "Drawn")]
    pub limit: NonZeroU32,
    /// Go on after this product, with `--at` the height of the answer before.
    #[arg(long, value_name = "ITEM", conflicts_with = "Drawn")]
    pub after: Option<String>,
    /// Go on after this container, with `--at` the height of the answer before.
    #[arg(long, value_name = "ITEM", conflicts_with = "Drawn")]
    pub containers_after: Option<String>,
    /// Of a tree or picture: most links away from the item [default: to the end]
    #[arg(long, value_name = "LINKS", requires = "Drawn")]
    pub depth: Option<NonZeroU32>,
    #[command(flatten)]
    pub drawn: Drawn,
}

#[derive(Debug, Args)]
pub struct AtTime {
    #[command(flatten)]
    pub item: Item,
    /// The event time asked about, such as 2026-05-01T08:00:00Z [default: now]
    #[arg(long)]
    pub time: Option<Time>,
}

#[derive(Debug, Args)]
pub struct Excursions {
    /// What is measured: `Temperature`, `RelativeHumidity`, ….
    #[arg(value_name = "TYPE")]
    pub kind: String,
    /// The least that is in order.
    #[arg(long, allow_negative_numbers = true, required_unless_present = "max")]
    pub min: Option<Decimal>,
    /// The most that is in order.
    #[arg(long, allow_negative_numbers = true)]
    pub max: Option<Decimal>,
    /// The unit of these, a UN/ECE Recommendation 20 code: CEL, FAH, KEL, P1, ….
    #[arg(long)]
    pub uom: String,
    /// The first instant that counts.
    #[arg(long, value_name = "TIME")]
    pub from: Option<Time>,
    /// The last instant that counts.
    #[arg(long, value_name = "TIME")]
    pub to: Option<Time>,
    /// Only what affects this item.
    #[arg(long)]
    pub item: Option<String>,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
}

#[derive(Debug, Args)]
pub struct Anomalies {
    /// The first record.
    #[arg(long, default_value = "0", value_name = "RECORD")]
    pub since: u64,
    /// How many records to look at [default: the most that a node looks at, 10000]
    #[arg(long)]
    pub limit: Option<NonZeroU32>,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The GTIN, 8 to 14 digits.
    pub gtin: String,
    /// The serial number.
    pub serial: String,
    /// The lot, if it is to be verified.
    #[arg(long)]
    pub lot: Option<String>,
    /// The expiry, YYYY-MM-DD or YYMMDD, if it is to be verified.
    #[arg(long)]
    pub expiry: Option<String>,
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
}

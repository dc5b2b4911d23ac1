//! `countersign report`: what regulations ask for.

use super::at;
use clap::{Args, Subcommand, ValueEnum};
use countersign_api::At;
use countersign_epcis::Time;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Report {
    /// FSMA 204: the critical tracking events of a traceability lot, or of all lots of a product, as one sortable sheet.
    Fsma204 {
        /// The identifier of the lot, or of the product (its GTIN alone), in any spelling.
        lot: String,
        /// Events from this time on, such as 2026-05-01T00:00:00Z.
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: Option<Time>,
        /// Events before this time.
        #[arg(long, value_name = "TIME", value_parser = time)]
        to: Option<Time>,
        #[command(flatten)]
        how: HowToReport,
    },
    /// DSCSA: the transaction history of a package of medicine, back to its manufacturer.
    Dscsa {
        /// The package: GTIN and serial number, in any spelling.
        item: String,
        #[command(flatten)]
        how: HowToReport,
    },
    /// EU Deforestation Regulation: every plot that contributed to a shipment, lot or product.
    Eudr {
        /// The item, in any spelling.
        item: String,
        #[command(flatten)]
        how: HowToReport,
    },
    /// Recall: what has to be withdrawn because of an item, one list for each holder.
    Recall {
        /// The item, in any spelling.
        item: String,
        #[command(flatten)]
        how: HowToReport,
    },
    /// Product passport: what is recorded of a product, its lot and its class, as far as a tier sees it.
    Passport {
        /// The product's identifier, in any spelling.
        item: String,
        /// Who looks. A tier is a view and protects nothing.
        #[arg(long, value_enum, default_value_t = Tier::Public)]
        tier: Tier,
        #[command(flatten)]
        how: HowToReport,
    },
}

/// Tiers of the product passport; each sees what those before it see.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Tier {
    /// Anybody.
    Public,
    /// Who repairs, uses again or recycles.
    Legitimate,
    /// Authorities.
    Authority,
}

impl From<Tier> for countersign_epcis::report::Tier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Public => Self::Public,
            Tier::Legitimate => Self::Legitimate,
            Tier::Authority => Self::Authority,
        }
    }
}

#[derive(Debug, Args)]
pub struct HowToReport {
    /// As of when: `final`, a height, a block hash, or a time such as 2026-05-01T08:00:00Z.
    #[arg(long, default_value = "final", value_parser = at)]
    pub at: At,
    /// Print comma-separated values instead of a table.
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Write the report to a file: .csv, .xlsx or .json. Its proof is written beside it, to FILE.proof.json; of a product
    /// one for each lot, to FILE.1.proof.json and so on.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

pub(super) fn time(text: &str) -> Result<Time, String> {
    text.parse().map_err(|_| "must be a time with its time zone, such as 2026-05-01T08:00:00Z".to_owned())
}

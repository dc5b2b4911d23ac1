//! `countersign policy`.

use super::Asked;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show who may deploy contracts and replace their code.
    Show,
    /// Ask for another policy in the name of your organisation. What is not given stays as it is.
    Vote {
        /// Only deployers of these organisations may.
        #[arg(long, value_name = "IDS", value_delimiter = ',', conflicts_with = "everyone")]
        organisations: Option<Vec<String>>,
        /// Deployers of all organisations may.
        #[arg(long)]
        everyone: bool,
        /// Organisations that must approve code, the deployer's own included.
        #[arg(long, value_name = "NUMBER")]
        approvals: Option<u16>,
        /// Whether the code of contracts can be replaced.
        #[arg(long, value_name = "true|false")]
        upgrades: Option<bool>,
        #[command(flatten)]
        asked: Asked,
    },
}

//! `countersign policy`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show who may deploy contracts and replace their code, and the votes for another policy.
    Show,
    /// Vote for another policy for your organisation, which runs validators. What is not given stays as it is.
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
    },
}

//! `countersignd override`: decreeing that a transaction fails. Works on files and keys alone, so nodes may run meanwhile.

use crate::attempt_file::AttemptFile;
use crate::config::{Config, ConfigFlags};
use crate::keystore::{self, Purpose};
use crate::node::read_genesis;
use crate::override_files::read_one;
use anyhow::{Context as _, bail};
use clap::Subcommand;
use countersign_types::{Hash, Height, Override, SecretKey, SignedOverride};
use std::path::PathBuf;

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum OverrideCommand {
    /// Sign an override with this validator's key and print it
    Sign {
        #[command(flatten)]
        config: Box<ConfigFlags>,
        /// Height of the block
        #[arg(long)]
        height: u64,
        /// The block's hash [default: that of the block which this node is executing]
        #[arg(long)]
        block: Option<Hash>,
        /// Id of the transaction that is to fail
        #[arg(long)]
        transaction: Hash,
        /// Why, in a number of your own; it stands in the ledger
        #[arg(long)]
        code: u32,
    },
    /// Join signatures under the same override and print it whole
    Combine {
        /// Files that `sign` printed
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(command: &OverrideCommand) -> anyhow::Result<()> {
    let signed = match command {
        OverrideCommand::Sign { config, height, block, transaction, code } => {
            sign(config, Height(*height), *block, *transaction, *code)?
        }
        OverrideCommand::Combine { files } => {
            let parts = files.iter().map(|file| read_one(file)).collect::<anyhow::Result<Vec<_>>>()?;
            SignedOverride::join(&parts).context("these files cannot be joined")?
        }
    };
    eprintln!(
        "override of {} in block {} {}: {} signatures; a quorum of the validators of its epoch is needed",
        signed.decree.transaction,
        signed.decree.height,
        signed.decree.block,
        signed.signatures.len()
    );
    println!("{}", serde_json::to_string_pretty(&signed)?);
    Ok(())
}

fn sign(
    flags: &ConfigFlags,
    height: Height,
    block: Option<Hash>,
    transaction: Hash,
    code: u32,
) -> anyhow::Result<SignedOverride> {
    let config = Config::load(flags)?;
    let chain = read_genesis(&config.genesis)?.chain();
    let noted = || AttemptFile::block(&config.data_dir).filter(|(noted, _)| *noted == height).map(|(_, block)| block);
    let Some(block) = block.or_else(noted) else {
        bail!("this node did not try to execute block {height}; pass its hash with --block");
    };
    let seed = keystore::load(&config.validator_key, Purpose::Validator)?;
    let decree = Override { chain, height, block, transaction, code };
    Ok(decree.sign(&SecretKey::from_seed(seed.expose())))
}

//! `countersignd restart`: orders that end an epoch which lost too many validators, from the proposal to the ledger.

use crate::config::{Config, ConfigFlags};
use crate::journal_file::{JournalFile, salt};
use crate::keystore::{self, Purpose};
use crate::limits::ORDER_FILE_BYTES_MAX;
use crate::node::{JOURNAL_FILE, open_ledger, read_genesis};
use crate::override_files::read_json;
use anyhow::{Context as _, bail};
use clap::Subcommand;
use countersign_consensus::Record;
use countersign_consensus::vote_journal::{self, Framer};
use countersign_ledger::end_by_order;
use countersign_replica::journal::JournalRecord;
use countersign_types::{AccountId, Epoch, Genesis, RestartOrder, SecretKey, ValidatorSet, View};
use std::path::{Path, PathBuf};

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum RestartCommand {
    /// Print an order, unsigned, that ends the epoch at this stopped node's last certified height
    Propose {
        #[command(flatten)]
        config: Box<ConfigFlags>,
        /// The next validators: a JSON list as `validators` in the genesis
        #[arg(long, value_name = "FILE")]
        validators: PathBuf,
    },
    /// Sign an order as an admin and print it
    Sign {
        /// The order
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
        /// The admin's account, `organisation/name`
        #[arg(long)]
        account: AccountId,
        /// The account's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Join the signatures under copies of an order and print it whole
    Combine {
        /// Files that `sign` printed
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Carry an order out on this stopped node, once
    Apply {
        #[command(flatten)]
        config: Box<ConfigFlags>,
        /// The order with its signatures
        #[arg(long, value_name = "FILE")]
        order: PathBuf,
    },
}

pub(super) fn run(command: &RestartCommand) -> anyhow::Result<()> {
    match command {
        RestartCommand::Propose { config, validators } => print(&propose(config, validators)?),
        RestartCommand::Sign { order, account, key } => {
            let seed = keystore::load(key, Purpose::Account)?;
            let order = read(order)?;
            eprintln!(
                "drops all that is not certified at height {}: sign only what your members agreed",
                order.result.height
            );
            print(&order.sign(account.clone(), &SecretKey::from_seed(seed.expose()))?)
        }
        RestartCommand::Combine { files } => {
            let parts = files.iter().map(|file| read(file)).collect::<anyhow::Result<Vec<_>>>()?;
            print(&RestartOrder::join(&parts).context("these files cannot be joined")?)
        }
        RestartCommand::Apply { config, order } => apply(config, &read(order)?),
    }
}

fn propose(flags: &ConfigFlags, validators: &Path) -> anyhow::Result<RestartOrder> {
    let config = Config::load(flags)?;
    let genesis = read_genesis(&config.genesis)?;
    let at = || format!("the validators {}", validators.display());
    let set: ValidatorSet = read_json(validators, "validators", ORDER_FILE_BYTES_MAX)?;
    let validators = set.checked().with_context(at)?;
    let reader = open_ledger(&config, &genesis)?.reader();
    let height = reader.certified();
    let (Some(result), Some(certificate)) = (reader.result(height)?, reader.result_certificate(height)?) else {
        bail!("no block is certified yet; begin with another genesis");
    };
    let (epoch, ..) = reader.newest_epoch()?;
    Ok(RestartOrder {
        chain: genesis.chain(),
        epoch: epoch.next(),
        result,
        certificate,
        validators,
        signatures: Vec::new(),
    })
}

fn apply(flags: &ConfigFlags, order: &RestartOrder) -> anyhow::Result<()> {
    let config = Config::load(flags)?;
    let genesis = read_genesis(&config.genesis)?;
    if order.chain != genesis.chain() {
        bail!("the order is for chain {}, the genesis is of chain {}", order.chain, genesis.chain());
    }
    let mut ledger = open_ledger(&config, &genesis)?;
    let (reader, height) = (ledger.reader(), order.result.height);
    if reader.tip().height < height {
        bail!(
            "this ledger ends at height {} and the order is for {height}: start the node until it has caught up, then apply",
            reader.tip().height
        );
    }
    let end = end_by_order(&reader, order)?;
    ledger
        .check_restart(&end, genesis.parameters.run_ahead)
        .context(format!("nothing was changed at height {height}"))?;
    if config.validator_key.exists() {
        refuse_after_votes(&config, order.epoch)?;
    }
    // The journal first: with it alone the node counts its votes as lost, and applying again finishes the work.
    if config.validator_key.exists() {
        begin_journal(&config, &genesis, order.epoch)?;
    }
    ledger.restart(&end, genesis.parameters.run_ahead)?;
    eprintln!(
        "epoch {} begins above height {height}; start the node, and never apply this order here again",
        order.epoch.0
    );
    Ok(())
}

/// Refuses an order for an epoch that this validator has voted in, since its journal, which keeps it from contradicting
/// itself there, would be begun anew.
fn refuse_after_votes(config: &Config, epoch: Epoch) -> anyhow::Result<()> {
    let seed = keystore::load(&config.validator_key, Purpose::Validator)?;
    let path = config.data_dir.join(JOURNAL_FILE);
    if !path.exists() {
        return Ok(());
    }
    // A journal that is damaged or of another key is what orders are there for.
    let Ok(replayed) = vote_journal::replay(&JournalFile::open(&path)?.1, salt(seed.expose())) else { return Ok(()) };
    let votes = replayed.payloads.iter().filter_map(|bytes| match JournalRecord::from_bytes(bytes) {
        Ok(JournalRecord::Engine(Record::Vote(vote))) => Some(vote),
        _ => None,
    });
    let Some(vote) = votes.filter(|vote| vote.epoch >= epoch).max_by_key(|vote| vote.epoch) else { return Ok(()) };
    bail!(
        "this validator has voted in epoch {} (number {} in {}), and the order begins epoch {epoch}: nothing was changed. \
         If the ledger was restored from a backup, start the node and let it catch up; if all members agreed on another \
         restart since, propose and sign an order that begins epoch {} or a later one",
        vote.epoch,
        vote.number,
        path.display(),
        vote.epoch.next()
    );
}

/// A journal for the epoch that begins, in which this key has signed nothing yet.
fn begin_journal(config: &Config, genesis: &Genesis, epoch: Epoch) -> anyhow::Result<()> {
    let seed = keystore::load(&config.validator_key, Purpose::Validator)?;
    let key = SecretKey::from_seed(seed.expose()).public();
    let origin = Record::Origin { chain: genesis.chain(), key, epoch, above: View::ZERO };
    let path = config.data_dir.join(JOURNAL_FILE);
    let mut journal = if path.exists() { JournalFile::open(&path)?.0 } else { JournalFile::create(&path)? };
    let record = JournalRecord::Engine(origin).to_bytes();
    Ok(journal.replace(&Framer::new(salt(seed.expose())).frame(&record)?)?)
}

fn read(path: &Path) -> anyhow::Result<RestartOrder> {
    read_json(path, "order", ORDER_FILE_BYTES_MAX)
}

fn print(order: &RestartOrder) -> anyhow::Result<()> {
    let accounts: Vec<&str> = order.signatures.iter().map(|signed| signed.account.as_str()).collect();
    eprintln!(
        "epoch {} above height {} with {} validators; signed by {}",
        order.epoch.0,
        order.result.height,
        order.validators.count(),
        if accounts.is_empty() { "nobody".to_owned() } else { accounts.join(", ") }
    );
    println!("{}", serde_json::to_string_pretty(order)?);
    Ok(())
}

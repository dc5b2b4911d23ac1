//! The command line of `countersignd`.

mod backup;
mod bar;
mod health;
mod init;
mod overrides;
mod replay;
mod restart;
mod restore;
mod snapshot;
mod start;
mod testnet;
mod verify;

use crate::config::ConfigFlags;
use clap::{Parser, Subcommand};

/// The Countersign validator node.
#[derive(Debug, Parser)]
#[command(name = "countersignd", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write keys, genesis and configuration of a new network
    Testnet(testnet::TestnetFlags),
    /// Make the keys and the vote journal of a validator that is to join
    Init(ConfigFlags),
    /// Run a node
    Start(ConfigFlags),
    /// Ask this machine's node whether it is ready; exit code 0 if so
    Health(ConfigFlags),
    /// Decree that a transaction fails which no node survives
    #[command(subcommand)]
    Override(overrides::OverrideCommand),
    /// Go on with other validators where more than a third are lost for good
    #[command(subcommand)]
    Restart(restart::RestartCommand),
    /// Check a stopped node's database from the genesis to its tip
    Verify(verify::VerifyFlags),
    /// Copy the ledger of a node, be it running or stopped, into a new directory
    Backup(backup::BackupFlags),
    /// Check a backup and make it the ledger of a stopped node that has none
    Restore(restore::RestoreFlags),
    /// Make, restore or check a snapshot
    #[command(subcommand)]
    Snapshot(snapshot::SnapshotCommand),
    /// Execute a stopped node's chain again from the genesis and compare every result with the certified one
    Replay(replay::ReplayFlags),
}

/// Runs the command that the process was started with.
///
/// # Errors
/// What went wrong, for people.
pub fn run() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Testnet(flags) => testnet::run(&flags),
        Command::Init(flags) => init::run(&flags),
        Command::Start(flags) => start::run(&flags),
        Command::Health(flags) => health::run(&flags),
        Command::Override(command) => overrides::run(&command),
        Command::Restart(command) => restart::run(&command),
        Command::Verify(flags) => verify::run(&flags),
        Command::Backup(flags) => backup::run(&flags),
        Command::Restore(flags) => restore::run(&flags),
        Command::Replay(flags) => replay::run(&flags),
        Command::Snapshot(command) => snapshot::run(&command),
    }
}

//! The `countersign` command: everything a user does with a Countersign network.
//!
//! Data goes to stdout, as tables or with `--json` as JSON; talk and progress go to stderr. Exit
//! codes: 0 done, 1 refused or not as it should be, 2 wrong usage, 3 the network could not be used.

mod arguments;
mod bench;
mod chart;
mod command;
mod contract_build;
mod contract_new;
mod contract_test;
mod failure;
mod graph;
mod output;
mod page_build;
mod session;
mod sheet;
mod tree;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use output::Output;
use session::Session;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.settings.json);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failure::report(&error.into()),
    };
    match runtime.block_on(run(arguments, output)) {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}

async fn run(arguments: Arguments, output: Output) -> anyhow::Result<ExitCode> {
    let session = Session::new(arguments.settings);
    match arguments.command {
        Command::Key(command) => command::key::run(command, &session, output).await,
        Command::Contract(command) => command::contract::run(command, &session, output).await,
        Command::Custody(command) => command::custody::run(command, &session, output).await,
        Command::Epcis(command) => command::epcis::run(command, &session, output).await,
        Command::Trace(command) => command::trace::run(command, &session, output).await,
        Command::Report(command) => command::report::run(command, &session, output).await,
        Command::Proof(command) => command::proof::run(command, &session, output).await,
        Command::Light(command) => command::light::run(command, &session, output).await,
        Command::Status => command::status::run(&session, output).await,
        Command::Account(command) => command::account::run(command, &session, output).await,
        Command::Organisation(command) => command::organisation::run(command, &session, output).await,
        Command::Governance(command) => command::governance::run(command, &session, output).await,
        Command::Policy(command) => command::policy::run(command, &session, output).await,
        Command::Validator(command) => command::validator::run(command, &session, output).await,
        Command::Bench(options) => bench::run(options, &session, output).await,
        Command::Completion { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "countersign", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    }
}

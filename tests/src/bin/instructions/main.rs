//! `make instructions`: how many instructions of the processor calls of contracts take, beside their gas.
//!
//! Times differ from run to run; what a call executes hardly does. Each case runs in a process of its own under valgrind's
//! callgrind, which counts one function ([`case::measured_call`]) and what it calls: the machine's host side, the contract's
//! compiled code, and the state, a map in memory. The kernel's part is not counted, nor is anything before: the contract is
//! compiled and has been called a few times.
//!
//! Counts depend on the compilers of this program and of the contracts, on valgrind, and on the processor, for which
//! libraries and generated code choose their instructions. Those the stored counts were made with stand in their file.

mod callgrind;
mod case;
mod counts;

use anyhow::{Context as _, bail};
use case::Case;
use clap::Parser;
use counts::{Counts, Row};
use std::path::PathBuf;
use std::process::ExitCode;

/// Counts the instructions of calls of contracts, under valgrind.
#[derive(Debug, Parser)]
struct Flags {
    /// Compares with the stored counts; exits with 1 if a case takes more, is new or is gone
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Stores the counts
    #[arg(long)]
    update: bool,
    /// The file of the stored counts
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/instructions.txt"))]
    file: PathBuf,
    /// Runs a case in this process, to be counted from outside
    #[arg(long, hide = true, requires = "compiled")]
    case: Option<String>,
    /// Directory that keeps compiled contracts from one case to the next
    #[arg(long, hide = true, value_name = "DIR")]
    compiled: Option<PathBuf>,
}

fn main() -> anyhow::Result<ExitCode> {
    let flags = Flags::parse();
    if let (Some(name), Some(compiled)) = (&flags.case, &flags.compiled) {
        let case = case::ALL.iter().find(|case| case.name == name).context("there is no such case")?;
        println!("{}", case.run(compiled)?);
        return Ok(ExitCode::SUCCESS);
    }
    let counts = count()?;
    print!("{}", counts.table());
    if flags.update {
        counts.write(&flags.file)?;
        eprintln!("stored in {}", flags.file.display());
    }
    if !flags.check {
        return Ok(ExitCode::SUCCESS);
    }
    let verdict = counts.compare(&Counts::read(&flags.file)?);
    print!("\n{verdict}");
    Ok(if verdict.is_held() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Counts all cases.
fn count() -> anyhow::Result<Counts> {
    let machine = callgrind::machine()?;
    let temporary = tempfile::Builder::new().prefix("countersign-instructions-").tempdir()?;
    let mut rows: Vec<Row> = Vec::new();
    for case in case::ALL {
        eprintln!("counting {}", case.name);
        let whole = callgrind::count(case, temporary.path()).with_context(|| format!("counting {}", case.name))?;
        rows.push(row(case, whole, rows.first())?);
    }
    Ok(Counts { machine, rows })
}

/// What one call takes, or one round of it: then without what the call takes that does nothing, the first case.
fn row(case: &Case, whole: callgrind::Counted, nothing: Option<&Row>) -> anyhow::Result<Row> {
    let (mut gas, mut instructions) = (whole.gas / case.calls, whole.instructions / case.calls);
    if let Some(rounds) = case.rounds() {
        let Some(nothing) = nothing else { bail!("the first case is the call that does nothing") };
        gas = gas.saturating_sub(nothing.gas) / rounds;
        instructions = instructions.saturating_sub(nothing.instructions) / rounds;
    }
    Ok(Row { name: case.name.to_owned(), gas, instructions })
}

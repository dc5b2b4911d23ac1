//! `make sim`: many seeds of the simulation, or one of them again.

use clap::Parser;
use countersign_tests::cluster::contract_module;
use countersign_tests::simulation::{Plan, World};
use countersign_vm::{Vm, VmConfig};
use std::ops::Range;
use std::sync::Arc;

/// Four shipped replicas under crashes, losses and partitions, in virtual time.
#[derive(Debug, Parser)]
struct Flags {
    /// Seeds to run
    #[arg(long, default_value = "0..200", value_parser = range)]
    seeds: Range<u64>,
    /// One seed only
    #[arg(long, conflicts_with = "seeds")]
    replay: Option<u64>,
    /// Number of validators
    #[arg(long, default_value_t = 4)]
    validators: u16,
    /// Seconds under faults, in virtual time
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// No validators that do wrong
    #[arg(long)]
    honest: bool,
    /// No changes of the validators
    #[arg(long)]
    fixed: bool,
    /// Print every delivery and what it led to
    #[arg(long, requires = "replay")]
    trace: bool,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let vm = Arc::new(Vm::new(VmConfig::default())?);
    let counter = contract_module("counter")?;
    let seeds = flags.replay.map_or_else(|| flags.seeds.clone(), |seed| seed..seed + 1);
    for seed in seeds {
        let faulty_ms = flags.seconds * 1_000;
        let plan = Plan {
            seed,
            validators: flags.validators,
            faulty_ms,
            healing_ms: 60_000,
            byzantine: !flags.honest,
            changing: !flags.fixed,
            show: flags.trace,
        };
        match World::new(plan, &vm, counter.clone()).and_then(World::run) {
            Ok(report) => println!("{seed}: {report:?}"),
            Err(violation) => {
                println!("{seed}: VIOLATION {violation}");
                let Flags { validators, seconds, .. } = flags;
                let honest = if flags.honest { " --honest" } else { "" };
                let fixed = if flags.fixed { " --fixed" } else { "" };
                println!(
                    "replay: cargo sim --replay {seed} --validators {validators} --seconds {seconds}{honest}{fixed} --trace"
                );
                std::process::exit(1);
            }
        }
    }
    Ok(())
}

fn range(text: &str) -> Result<Range<u64>, String> {
    let ends = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.ok_or_else(|| "write FROM..TO".to_owned())
}

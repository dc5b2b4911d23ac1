//! `cargo sim`: many seeds of the simulation, or one of them again.

use anyhow::anyhow;
use clap::Parser;
use countersign_tests::simulation::{Campaign, Failure, Plan, Profile, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeSet;
use std::io::IsTerminal as _;
use std::ops::Range;
use std::time::Instant;

/// The shipped replica under faults of networks, disks, clocks and validators, in virtual time.
#[derive(Debug, Parser)]
struct Flags {
    /// Seeds to run, FROM..TO
    #[arg(long, default_value = "0..200", value_parser = range)]
    seeds: Range<u64>,
    /// What the seeds may draw
    #[arg(long, value_enum, default_value_t = Profile::Ci)]
    profile: Profile,
    /// Number of validators instead of the seed's choice
    #[arg(long, value_parser = clap::value_parser!(u16).range(4..=16))]
    validators: Option<u16>,
    /// Turns of nodes under faults, about, instead of the seed's choice
    #[arg(long)]
    steps: Option<u64>,
    /// Seeds at a time
    #[arg(long, default_value_t = cores())]
    jobs: usize,
    /// Run each seed twice: the trace must be the same
    #[arg(long)]
    twice: bool,
    /// One seed only
    #[arg(long, conflicts_with = "seeds")]
    replay: Option<u64>,
    /// Of that seed's faults only these, by number, or `none`
    #[arg(long, requires = "replay", value_parser = numbers)]
    keep: Option<BTreeSet<usize>>,
    /// Print every delivery and what it led to
    #[arg(long, requires = "replay")]
    trace: bool,
    /// Do not reduce the faults of a seed that fails
    #[arg(long)]
    no_shrink: bool,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let stage = Stage::new()?;
    match flags.replay {
        Some(seed) => replay(&flags, &stage, seed),
        None => campaign(&flags, &stage),
    }
}

fn replay(flags: &Flags, stage: &Stage, seed: u64) -> anyhow::Result<()> {
    let plan = Plan {
        kept: flags.keep.clone(),
        show: flags.trace,
        ..Plan::of(seed, flags.profile, flags.validators, flags.steps)
    };
    for (number, fault) in plan.taking_place() {
        println!("{number:>3}  {fault}");
    }
    match stage.run(plan.clone()) {
        Ok(report) => println!("{report:#?}"),
        Err(violation) => failed(&Failure { plan: Plan { show: false, ..plan }, violation }, stage, flags.no_shrink),
    }
    Ok(())
}

fn campaign(flags: &Flags, stage: &Stage) -> anyhow::Result<()> {
    let Flags { profile, validators, steps, twice, jobs, .. } = *flags;
    let campaign = Campaign { seeds: flags.seeds.clone(), profile, validators, steps, twice, jobs };
    let count = flags.seeds.end.saturating_sub(flags.seeds.start);
    let (started, bar) = (Instant::now(), progress(count)?);
    let outcome = campaign.run(stage, |_| {
        bar.inc(1);
        if bar.is_hidden() && (bar.position().is_multiple_of(100) || bar.position() == count) {
            eprintln!("{} of {count} seeds, {:.0} s", bar.position(), started.elapsed().as_secs_f64());
        }
    });
    bar.finish_and_clear();
    match outcome {
        Ok(coverage) => {
            println!("{coverage}");
            let seconds = started.elapsed().as_secs_f64();
            println!("{count} seeds hold, {seconds:.1} s, {:.1} seeds a second", count as f64 / seconds.max(0.001));
        }
        Err(failure) => failed(&failure, stage, flags.no_shrink),
    }
    Ok(())
}

fn failed(failure: &Failure, stage: &Stage, as_it_is: bool) {
    println!("{}", failure.explain());
    if !as_it_is {
        eprintln!("reducing its faults");
        println!("\nreduced: {}", failure.shrunk(stage).explain());
    }
    std::process::exit(1);
}

fn progress(count: u64) -> anyhow::Result<ProgressBar> {
    if !std::io::stderr().is_terminal() {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} seeds, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(count).with_style(style))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn range(text: &str) -> anyhow::Result<Range<u64>> {
    let (from, to) = text.split_once("..").ok_or_else(|| anyhow!("write FROM..TO"))?;
    Ok(from.parse()?..to.parse()?)
}

fn numbers(text: &str) -> anyhow::Result<BTreeSet<usize>> {
    if text == "none" {
        return Ok(BTreeSet::new());
    }
    Ok(text.split(',').map(str::parse).collect::<Result<_, _>>()?)
}

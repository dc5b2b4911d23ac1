//! `make mutants`: whether the simulator finds planted bugs. Each runs through seeds of several profiles until one
//! breaks a rule.

use anyhow::ensure;
use clap::Parser;
use countersign_consensus::mutation::{Mutation, plant};
use countersign_tests::simulation::{Campaign, Profile, Stage};
use std::time::Instant;

/// Planted bugs, and the seeds that find them.
#[derive(Debug, Parser)]
struct Flags {
    /// Seeds to try of each profile
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// Seeds at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Only seeds of this profile, as often as given
    #[arg(long = "profile")]
    profiles: Vec<Profile>,
    /// Only bugs of these names
    names: Vec<String>,
}

/// Where bugs are looked for, the cheapest first.
const PROFILES: [Profile; 6] =
    [Profile::Quick, Profile::Ci, Profile::Byzantine, Profile::Disk, Profile::Epochs, Profile::Rollback];
/// So many seeds of one profile, then as many of the next.
const ROUND: u64 = 50;

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    let stage = Stage::new()?;
    std::panic::set_hook(Box::new(|_| {})); // A panic is one more way of being found.
    let chosen =
        |mutation: &&Mutation| flags.names.is_empty() || flags.names.iter().any(|name| name == mutation.name());
    let mutations: Vec<Mutation> = Mutation::ALL.iter().filter(chosen).copied().collect();
    ensure!(!mutations.is_empty(), "no planted bug has such a name");
    println!("| bug | what it does | found by | rule |\n|---|---|---|---|");
    let mut missed = Vec::new();
    for mutation in mutations {
        let begin = Instant::now();
        plant(Some(mutation));
        let (found, tried) = search(&flags, &stage);
        plant(None);
        let (name, about) = (mutation.name(), mutation.about());
        match found {
            Some((profile, seed, rule)) => println!("| `{name}` | {about} | `{profile}` seed {seed} | {rule} |"),
            None => {
                println!("| `{name}` | {about} | not in {tried} seeds | |");
                missed.push(name);
            }
        }
        eprintln!("{name}: {tried} seeds, {:.0} s", begin.elapsed().as_secs_f64());
    }
    ensure!(missed.is_empty(), "not found: {}", missed.join(", "));
    Ok(())
}

/// The first seed that breaks a rule, with its profile and the rule, and about how many were tried.
fn search(flags: &Flags, stage: &Stage) -> (Option<(String, u64, &'static str)>, u64) {
    let mut tried = 0;
    let profiles = if flags.profiles.is_empty() { &PROFILES[..] } else { &flags.profiles };
    for from in (0..flags.seeds).step_by(usize::try_from(ROUND).unwrap_or(usize::MAX)) {
        for profile in profiles.iter().copied() {
            let seeds = from..flags.seeds.min(from + ROUND);
            let length = seeds.end - seeds.start;
            let campaign = Campaign { seeds, profile, validators: None, steps: None, twice: false, jobs: flags.jobs };
            match campaign.run(stage, |_| {}) {
                Ok(_) => tried += length,
                Err(failure) => {
                    let seed = failure.plan.seed;
                    let mutation = plant(None);
                    let holds = stage.run(failure.plan.clone()).is_ok();
                    plant(mutation);
                    if holds {
                        return (Some((profile.name(), seed, failure.violation.rule)), tried + seed - from + 1);
                    }
                    tried += length;
                }
            }
        }
    }
    (None, tried)
}

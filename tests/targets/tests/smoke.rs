//! Every target with its seeds and some thousand changed inputs.
#![allow(clippy::unwrap_used)]

use countersign_targets::{Made, Mutations, Seen, TARGETS, run_engine, run_smith, smith_seed};
use std::panic::catch_unwind;

/// Changed inputs for a target; slow ones get fewer.
fn rounds(name: &str) -> usize {
    let many: usize = std::env::var("COUNTERSIGN_FUZZ").map_or(1, |text| text.parse().unwrap());
    let usual = match name {
        "engine" => 400,
        "smith" => 100,
        "epcis_json" | "module" | "proof" | "proof_file" => 1_000,
        _ => 4_000,
    };
    usual * many
}

#[test]
fn no_target_finds_anything() {
    for target in TARGETS {
        let mut inputs = (target.seeds)();
        assert!(!inputs.is_empty(), "{} has no seeds", target.name);
        let mut mutations = Mutations::new(7);
        let changed: Vec<Vec<u8>> = (0..rounds(target.name)).map(|_| mutations.of(&inputs)).collect();
        inputs.push(Vec::new());
        for input in inputs.iter().chain(&changed) {
            let found = catch_unwind(|| (target.run)(input));
            assert!(found.is_ok(), "{} finds something with {input:02x?}", target.name);
        }
    }
}

#[test]
fn the_engine_gets_far() {
    let target = TARGETS.iter().find(|target| target.name == "engine").unwrap();
    let seeds = (target.seeds)();
    let mut mutations = Mutations::new(11);
    let mut most = Seen::default();
    for input in seeds.iter().cloned().chain((0..200).map(|_| mutations.of(&seeds))) {
        let seen = run_engine(&input);
        most.votes = most.votes.max(seen.votes);
        most.finalised = most.finalised.max(seen.finalised);
        most.restarts = most.restarts.max(seen.restarts);
    }
    assert!(most.votes >= 4 && most.finalised >= 1 && most.restarts >= 1, "{most:?}");
}

#[test]
fn smiths_modules_are_run_and_end_in_every_way() {
    let from: u64 = std::env::var("COUNTERSIGN_SMITH_FROM").map_or(0, |text| text.parse().unwrap());
    let seeds = u64::try_from(rounds("smith")).unwrap() * 3;
    let mut all = Made::default();
    let (mut modules, mut accepted) = (0, 0);
    for number in from..from + seeds {
        let made = catch_unwind(|| run_smith(&smith_seed(number)));
        let Some(made) = made.unwrap_or_else(|_| panic!("seed {number} finds something")) else { continue };
        modules += 1;
        accepted += u64::from(made.accepted);
        all.returned += made.returned;
        all.ended_by_host += made.ended_by_host;
        all.exhausted += made.exhausted;
        all.trapped += made.trapped;
    }
    println!("{seeds} seeds, {modules} modules, {accepted} accepted: {all:?}");
    assert!(accepted * 2 > modules && accepted < modules, "{accepted} of {modules}");
    let ends = [all.returned, all.ended_by_host, all.exhausted, all.trapped];
    assert!(ends.iter().all(|count| *count > 0), "{all:?}");
}

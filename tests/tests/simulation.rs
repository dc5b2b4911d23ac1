//! A share of the simulation's seeds; `cargo sim --seeds A..B` runs more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_model::trace::Fact;
use countersign_tests::cluster::contract_module;
use countersign_tests::simulation::{KINDS, Plan, Report, World, facts};
use countersign_types::Hash;
use countersign_vm::{Vm, VmConfig};
use std::sync::Arc;

fn plan(seed: u64) -> Plan {
    let validators = if seed % 10 == 9 { 7 } else { 4 };
    Plan { seed, validators, faulty_ms: 8_000, healing_ms: 60_000, byzantine: true, changing: true, show: false }
}

fn run(seeds: impl Iterator<Item = u64>) -> Vec<Report> {
    let vm = Arc::new(Vm::new(VmConfig::default()).unwrap());
    let counter = contract_module("counter").unwrap();
    seeds
        .map(|seed| {
            let report = World::new(plan(seed), &vm, counter.clone()).and_then(World::run);
            report.unwrap_or_else(|violation| {
                let validators = plan(seed).validators;
                panic!("{violation}\nreplay: cargo sim --replay {seed} --validators {validators} --seconds 8 --trace")
            })
        })
        .collect()
}

/// Seeds of this run: 200, or as many as `COUNTERSIGN_SEEDS` says.
fn seeds() -> u64 {
    std::env::var("COUNTERSIGN_SEEDS").map_or(200, |text| text.parse().unwrap())
}

#[test]
fn even_seeds_are_safe_and_come_to_rest() {
    let reports = run((0..seeds()).step_by(2));
    // The seeds exercise what they are for.
    assert!(reports.iter().map(|report| report.crashes).sum::<u64>() > 0);
    assert!(reports.iter().map(|report| report.partitions).sum::<u64>() > 0);
    assert!(reports.iter().all(|report| report.acknowledged > 0));
    for kind in KINDS {
        assert!(reports.iter().any(|report| report.adversaries.contains(&kind)), "no {kind}");
    }
    let of = |kind| reports.iter().filter(move |report| report.adversaries.contains(&kind));
    assert!(of("equivocator").any(|report| report.equivocations > 0), "nobody notices an equivocator");
    assert!(of("flooder").any(|report| report.unheard > 0), "a flooder is heard for ever");
}

#[test]
fn odd_seeds_are_safe_and_come_to_rest() {
    let reports = run((1..seeds()).step_by(2));
    assert!(reports.iter().any(|report| report.synced > 0), "no seed made a node catch up");
    assert!(reports.iter().any(|report| report.epoch >= 2), "no seed changed the validators twice");
}

/// Seeds that once found something. What happens in them changes with the code, so each fault has
/// its own test as well where it was.
#[test]
fn seeds_that_found_faults_stay_green() {
    // 0: a replica slept although its engine wanted to be called; catching up lacked the finality certificate.
    // 10: a result certificate that came late was never told to clients.
    // 67: the run-ahead window closed over blocks that could no longer become final.
    // 1995: a replica whose ledger failed was called again within the turn and judged by half a state.
    run([0, 10, 67, 1995].into_iter());
}

#[test]
fn a_node_that_missed_a_thousand_blocks_has_them_ten_times_as_fast() {
    let vm = Arc::new(Vm::new(VmConfig::default()).unwrap());
    let world =
        World::new(Plan { byzantine: false, changing: false, ..plan(1) }, &vm, contract_module("counter").unwrap())
            .unwrap();
    let absence = world.absence(1_000).unwrap_or_else(|violation| panic!("{violation}"));
    assert!(absence.synced >= 900, "{absence:?}");
    assert!(absence.caught_up_ms * 10 <= absence.missed_ms, "{absence:?}");
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    assert_eq!(run([3, 14, 29].into_iter()), run([3, 14, 29].into_iter()));
}

#[test]
fn the_model_accepts_what_validators_wrote_and_refuses_it_with_a_fact_changed() {
    let vm = Arc::new(Vm::new(VmConfig::default()).unwrap());
    let counter = contract_module("counter").unwrap();
    for seed in [4, 9] {
        let plan = Plan { byzantine: false, changing: false, ..plan(seed) };
        let (report, whole) = World::new(plan, &vm, counter.clone()).unwrap().run_recorded().unwrap();
        assert!(report.votes > 100, "{report:?}");
        let genesis = whole.iter().find_map(|(_, fact)| match fact {
            Fact::Block { parent, view: 1, .. } => Some(*parent),
            _ => None,
        });
        let judge = |facts: &[_]| facts::accept(plan.validators, &[], genesis.unwrap(), facts);
        assert_eq!(judge(&whole), Ok(report.votes));

        let place = |wanted: fn(&Fact<Hash>) -> bool| whole.iter().rposition(|(_, fact)| wanted(fact)).unwrap();
        let prepare = place(|fact| matches!(fact, Fact::Prepare { .. }));
        let (by, Fact::Prepare { view, block }) = whole[prepare] else { unreachable!() };
        let commit = place(|fact| matches!(fact, Fact::Commit { .. }));
        let (signer, Fact::Commit { view: committed, .. }) = whole[commit] else { unreachable!() };
        // Two blocks of one view; a block that stands again above a view that did not fail; a view that nobody has seen.
        for (at, by, fact) in [
            (prepare + 1, by, Fact::Prepare { view, block: genesis.unwrap() }),
            (prepare + 1, by, Fact::Prepare { view: view + 2, block }),
            (commit + 1, signer, Fact::ViewChange { view: committed }),
            (commit + 1, signer, Fact::Commit { view: committed + 1, block }),
            (whole.len(), signer, Fact::ViewChange { view: committed + 1_000 }),
            (whole.len(), signer, Fact::Changed { view: committed }),
            (0, signer, Fact::Propose { view: usize::from(signer) + 1, block: genesis.unwrap() }),
        ] {
            let mut tampered = whole.clone();
            tampered.insert(at, (by, fact));
            assert!(judge(&tampered).is_err(), "seed {seed}: v{by} {fact:?}");
        }
        // A certificate that lacks its votes.
        let lacking: Vec<_> = whole.iter().filter(|(_, fact)| !matches!(fact, Fact::Commit { .. })).copied().collect();
        assert!(judge(&lacking).is_err());
    }
}

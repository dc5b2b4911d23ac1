//! A share of the simulation's seeds; `cargo sim --seeds A..B` runs more.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use countersign_model::trace::Fact;
use countersign_tests::simulation::{
    Campaign, Coverage, Fault, Group, Harm, Kind, Plan, Profile, Stage, Violation, What, facts, shrink,
};
use countersign_types::Hash;
use std::collections::BTreeSet;

fn stage() -> Stage {
    Stage::new().unwrap()
}

/// Seeds of the slowest kind in this run: 200, or as many as `COUNTERSIGN_SEEDS` says. With those of the other kinds there are
/// more than five times as many.
fn seeds() -> u64 {
    std::env::var("COUNTERSIGN_SEEDS").map_or(200, |text| text.parse().unwrap())
}

/// Runs seeds of a profile, each of the first tenth twice.
fn run(profile: Profile, seeds: u64) -> Coverage {
    let stage = stage();
    let twice = Campaign { seeds: 0..seeds / 10, profile, validators: None, steps: None, twice: true, jobs: 1 };
    let once = Campaign { seeds: 0..seeds, twice: false, ..twice.clone() };
    twice.run(&stage, |_| ()).unwrap_or_else(|failure| panic!("{}", failure.explain()));
    once.run(&stage, |_| ()).unwrap_or_else(|failure| panic!("{}", failure.explain()))
}

fn with(plan: Plan, faults: &[Fault]) -> Plan {
    Plan { faults: faults.to_vec(), ..plan }
}

fn always(what: What) -> Fault {
    Fault { from_ms: 0, until_ms: u64::MAX, what }
}

/// Some of everything that no promise is broken by.
fn troubles() -> Vec<Fault> {
    let crash =
        |from_ms, node| Fault { from_ms, until_ms: from_ms + 600, what: What::Crash { node, harm: Harm::Unsynced } };
    vec![
        Fault { from_ms: 0, until_ms: 5_000, what: What::Loss { per_mille: 80 } },
        Fault { from_ms: 0, until_ms: 8_000, what: What::Delay { max_ms: 40 } },
        Fault { from_ms: 3_000, until_ms: 4_500, what: What::Split { side: Group(0b0011) } },
        crash(1_000, 1),
        crash(2_000, 2),
        crash(5_500, 0),
    ]
}

fn failing_leader() -> Vec<Fault> {
    vec![Fault { from_ms: 6_000, until_ms: 7_000, what: What::OneWay { side: Group::one(3) } }]
}

#[test]
fn seeds_of_all_kinds_are_safe_and_live() {
    let coverage = run(Profile::Ci, seeds());
    for seen in
        ["seen: scheduled calls", "seen: epochs", "seen: view changes", "seen: blocks caught up", "seen: journal lost"]
    {
        assert!(coverage.seeds_with(seen) > 0, "no seed has {seen}:\n{coverage}");
    }
    assert!(coverage.seeds_with("seen: equivocation") > 0, "nobody notices an equivocator");
    assert!(coverage.seeds_with("seen: messages dropped unheard") > 0, "a flooder is heard for ever");
}

#[test]
fn short_seeds_are_safe_and_live_and_exercise_every_fault_and_adversary() {
    let coverage = run(Profile::Quick, seeds() * 4);
    assert_eq!(coverage.missing(), Vec::<&str>::new());
}

#[test]
fn directories_that_are_restored_make_nobody_contradict_itself() {
    let seeds = seeds() * 3 / 10;
    let reminded = |seed: &u64| !Plan::of(*seed, Profile::Rollback, None, None).reminded().is_empty();
    assert!((0..seeds).filter(reminded).count() * 2 > usize::try_from(seeds).unwrap(), "most are held to their votes");
    let coverage = run(Profile::Rollback, seeds);
    assert!(coverage.seeds_with("directory: rolled back") > 0);
    assert!(coverage.seeds_with("journal: lost tail") > 0);
}

/// More validators do wrong than the protocol bears: what is checked fails, so the checks are some.
#[test]
fn beyond_f_the_checks_find_a_fork() {
    let stage = stage();
    let twin = |node| always(What::Wrong { node, kind: Kind::Twin });
    let rules = (0..40).filter_map(|seed| {
        let plan = with(Plan { load: 900, ..Plan::fair(seed, 4, 4_000) }, &[twin(0), twin(1)]);
        stage.run(plan).err().map(|violation| violation.rule)
    });
    assert!(rules.take(3).any(|rule| ["agreement", "stop", "model", "certificates"].contains(&rule)));
}

#[test]
fn votes_that_were_forgotten_are_found_where_nobody_expects_them() {
    let stage = stage();
    let amnesiac = |node| always(What::Wrong { node, kind: Kind::Amnesiac });
    let plan = |seed| with(Plan { load: 900, ..Plan::fair(seed, 4, 6_000) }, &[amnesiac(0), amnesiac(1), amnesiac(2)]);
    assert!((0..20).any(|seed| stage.run(plan(seed)).is_err()));
}

#[test]
fn a_failing_plan_is_reduced_to_the_faults_that_it_needs() {
    let plan = (0..).map(|seed| Plan::of(seed, Profile::Ci, None, None)).find(|plan| plan.faults.len() > 12).unwrap();
    let needed = BTreeSet::from([2, 5, 11]);
    let breaks = |plan: Plan| {
        let there: BTreeSet<usize> = plan.taking_place().map(|(number, _)| number).collect();
        there.is_superset(&needed).then(|| Violation::new("planted", "it is"))
    };
    let (reduced, violation) = shrink(&plan, &breaks(plan.clone()).unwrap(), breaks);
    assert_eq!((reduced.kept.as_ref(), violation.rule), (Some(&needed), "planted"));
    assert!(reduced.command().contains("--keep 2,5,11"), "{}", reduced.command());
}

#[test]
fn faults_stay_within_what_the_protocol_bears() {
    for profile in [Profile::Ci, Profile::Quick, Profile::Disk, Profile::Byzantine, Profile::Epochs, Profile::Long] {
        for seed in 0..300 {
            let plan = Plan::of(seed, profile, None, None);
            let changes = plan.faults.iter().any(|fault| fault.what == What::Change) && plan.validators > 4;
            let most = (plan.validators - u16::from(changes) - 1) / 3;
            assert!(plan.weak().len() <= usize::from(most), "{profile:?} {seed}");
            assert!(plan.weak().is_superset(&plan.corrupt()));
        }
    }
}

/// Seeds that found faults; what happens in them changes with the code, so each fault has its own test where it was.
#[test]
fn seeds_that_found_faults_stay_green() {
    // 1160: a record written over the newest ones of a journal passed for a torn write, and votes were forgotten.
    // 126: a garbled ledger showed a receipt of another height.
    for (seed, profile) in [(1160, Profile::Epochs), (126, Profile::Disk)] {
        let run = stage().run(Plan::of(seed, profile, None, None));
        run.unwrap_or_else(|violation| panic!("seed {seed} of {}: {violation}", profile.name()));
    }
}

/// Schedules that stand for faults that were found once.
#[test]
fn schedules_that_found_faults_stay_green() {
    let stage = stage();
    let crash = |node, harm, from_ms, until_ms| Fault { from_ms, until_ms, what: What::Crash { node, harm } };
    let split = |side, from_ms, until_ms| Fault { from_ms, until_ms, what: What::Split { side: Group(side) } };
    let schedules = [
        // Catching up lacked the finality certificate, and a replica slept although its engine wanted to be called.
        vec![split(0b1000, 500, 5_000), crash(3, Harm::Unsynced, 5_200, 5_400)],
        // The run-ahead window closed over blocks that could no longer become final.
        (0..7)
            .map(|turn| split([0b0011, 0b0101, 0b1001][turn % 3], 600 * (turn as u64) + 300, 600 * (turn as u64) + 700))
            .collect(),
        // A replica whose ledger failed was called again within the turn and judged by half a state.
        (0..4)
            .map(|node| Fault { from_ms: 900, until_ms: 3_000, what: What::StoreFails { node, writes: 2, kept: true } })
            .collect(),
    ];
    for (number, faults) in schedules.iter().enumerate() {
        for seed in 0..3 {
            let plan = with(Plan::fair(seed, 4, 6_000), faults);
            stage.run(plan).unwrap_or_else(|violation| panic!("schedule {number}, seed {seed}: {violation}"));
        }
    }
}

#[test]
fn a_node_that_missed_a_thousand_blocks_has_them_ten_times_as_fast() {
    let world = stage().world(Plan::fair(1, 4, 8_000)).unwrap();
    let absence = world.absence(1_000).unwrap_or_else(|violation| panic!("{violation}"));
    assert!(absence.synced >= 900, "{absence:?}");
    assert!(absence.caught_up_ms * 10 <= absence.missed_ms, "{absence:?}");
}

#[test]
fn the_model_accepts_what_validators_wrote_and_refuses_it_with_a_fact_changed() {
    let stage = stage();
    for (seed, validators) in [(4, 4), (9, 7)] {
        let plan = with(Plan::fair(seed, validators, 8_000), &[troubles(), failing_leader()].concat());
        let (report, whole) = stage.world(plan).unwrap().run_recorded().unwrap();
        assert!(report.votes > 100, "{report:?}");
        let genesis = whole.iter().find_map(|(_, fact)| match fact {
            Fact::Block { parent, view: 1, .. } => Some(*parent),
            _ => None,
        });
        let judge = |facts: &[_]| facts::accept(validators, &[], genesis.unwrap(), facts);
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

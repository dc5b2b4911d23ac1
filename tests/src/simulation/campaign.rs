//! Many seeds, on all cores.

use super::checker::Violation;
use super::clients::Modules;
use super::coverage::Coverage;
use super::plan::Plan;
use super::profile::Profile;
use super::report::Report;
use super::shrink::shrink;
use super::world::World;
use crate::cluster::contract_module;
use countersign_vm::{Vm, VmConfig};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What every run needs: the contract machine with its compiled modules, and contracts.
pub struct Stage {
    vm: Arc<Vm>,
    modules: Modules,
}

impl Stage {
    /// Builds it.
    ///
    /// # Errors
    /// If the machine or a contract's module cannot be had.
    pub fn new() -> anyhow::Result<Self> {
        let modules = Modules { counter: contract_module("counter")?, offers: contract_module("offer")? };
        Ok(Self { vm: Arc::new(Vm::new(VmConfig::default())?), modules })
    }

    /// A world at its beginning.
    ///
    /// # Errors
    /// If a node cannot start.
    pub fn world(&self, plan: Plan) -> Result<World, Violation> {
        World::new(plan, &self.vm, self.modules.clone())
    }

    /// Runs a plan. That nothing panics is a rule as any other.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn run(&self, plan: Plan) -> Result<Report, Violation> {
        let run = catch_unwind(AssertUnwindSafe(|| self.world(plan)?.run()));
        run.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Violation::new("panic", text.unwrap_or_default()))
        })
    }
}

/// A range of seeds of one profile.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// The seeds.
    pub seeds: Range<u64>,
    /// What they draw from.
    pub profile: Profile,
    /// Number of validators, the seed's choice if none is given.
    pub validators: Option<u16>,
    /// Turns under faults, the seed's choice if none is given.
    pub steps: Option<u64>,
    /// Whether each seed is run a second time, to see the same.
    pub twice: bool,
    /// Seeds at a time.
    pub jobs: usize,
}

/// A seed that broke a rule.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What was run.
    pub plan: Plan,
    /// The rule.
    pub violation: Violation,
}

impl Campaign {
    /// The plan of one of its seeds.
    #[must_use]
    pub fn plan(&self, seed: u64) -> Plan {
        Plan::of(seed, self.profile, self.validators, self.steps)
    }

    /// Runs all seeds, up to the first one that fails. `done` hears of each.
    ///
    /// # Errors
    /// The failure.
    pub fn run(&self, stage: &Stage, done: impl Fn(u64) + Sync) -> Result<Coverage, Box<Failure>> {
        let next = AtomicU64::new(self.seeds.start);
        let outcome: Mutex<(Coverage, Option<Failure>)> = Mutex::new((Coverage::new(), None));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.seeds.end {
                            break;
                        }
                        let run = self.seed(stage, seed);
                        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                        match run {
                            Ok(report) => outcome.0.add(&report),
                            Err(violation) => {
                                outcome.1.get_or_insert(Failure { plan: self.plan(seed), violation });
                                next.store(self.seeds.end, Ordering::Relaxed);
                            }
                        }
                        drop(outcome);
                        done(seed);
                    }
                });
            }
        });
        let (coverage, failure) = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(coverage), |failure| Err(Box::new(failure)))
    }

    fn seed(&self, stage: &Stage, seed: u64) -> Result<Report, Violation> {
        let report = stage.run(self.plan(seed))?;
        if self.twice && stage.run(self.plan(seed)).as_ref() != Ok(&report) {
            return Err(Violation::new("determinism", format!("seed {seed} went otherwise the second time")));
        }
        Ok(report)
    }
}

impl Failure {
    /// The same with as few faults as it needs.
    #[must_use]
    pub fn shrunk(&self, stage: &Stage) -> Self {
        let (plan, violation) = shrink(&self.plan, &self.violation, |plan| stage.run(plan).err());
        Self { plan, violation }
    }

    /// What happened, the faults that took place, and how to see it again.
    #[must_use]
    pub fn explain(&self) -> String {
        let Plan { seed, validators, faulty_ms, .. } = &self.plan;
        let faults: Vec<String> =
            self.plan.taking_place().map(|(number, fault)| format!("  {number:>3}  {fault}\n")).collect();
        format!(
            "seed {seed}, {validators} validators, {faulty_ms} ms under these faults:\n{}VIOLATION of {}\nreplay: {}",
            faults.concat(),
            self.violation,
            self.plan.command()
        )
    }
}

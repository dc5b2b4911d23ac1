//! What a run of the simulation is to be: all its faults, decided by the seed before it begins.

use super::adversary::Kind;
use super::fault::{Fault, Group, HOUR_MS, Harm, What};
use super::profile::{Allowed, Profile};
use super::random::Random;
use countersign_types::validator::faulty_max;
use std::collections::BTreeSet;

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Decides everything that the faults do not.
    pub seed: u64,
    /// What the seed drew from.
    pub profile: Profile,
    /// Number of validators.
    pub validators: u16,
    /// Milliseconds under faults.
    pub faulty_ms: u64,
    /// Turns under faults that were asked for instead of the seed's time.
    pub steps: Option<u64>,
    /// Milliseconds to come to rest afterwards.
    pub healing_ms: u64,
    /// Of a thousand looks at the clients, 50 a second, so many find something to submit.
    pub load: u64,
    /// What goes wrong. The number of a fault is its place here.
    pub faults: Vec<Fault>,
    /// Numbers of the faults that take place; none for all.
    pub kept: Option<BTreeSet<usize>>,
    /// Print every delivery and what it led to.
    pub show: bool,
}

/// Time that a step takes on average, for `--steps`: four nodes take some 200 turns a second.
const TURNS_PER_NODE_AND_SECOND: u64 = 50;

impl Plan {
    /// The plan of a seed. `validators` and `steps` are the seed's choice if they are not given.
    #[must_use]
    pub fn of(seed: u64, profile: Profile, validators: Option<u16>, steps: Option<u64>) -> Self {
        let allowed = profile.allowed();
        let mut random = Random::of(seed, "plan");
        let drawn = random.pick(allowed.validators).unwrap_or(4);
        let validators = validators.unwrap_or(drawn);
        let lasting = random.between(allowed.faulty_ms.0, allowed.faulty_ms.1);
        let faulty_ms =
            steps.map_or(lasting, |steps| steps * 1_000 / (TURNS_PER_NODE_AND_SECOND * u64::from(validators.max(1))));
        let load = random.pick(&[30, 150, 300, 300, 600]).unwrap_or(300);
        let mut draw = Draw { random, validators, faulty_ms, faults: Vec::new() };
        draw.all(&allowed);
        let faults = draw.faults;
        Self { seed, profile, validators, faulty_ms, steps, healing_ms: 90_000, load, faults, kept: None, show: false }
    }

    /// A plan in which nothing goes wrong.
    #[must_use]
    pub fn fair(seed: u64, validators: u16, faulty_ms: u64) -> Self {
        let profile = Profile::Honest;
        let (faults, kept) = (Vec::new(), None);
        let steps = None;
        Self { seed, profile, validators, faulty_ms, steps, healing_ms: 90_000, load: 300, faults, kept, show: false }
    }

    /// The faults that take place, with their numbers.
    pub fn taking_place(&self) -> impl Iterator<Item = (usize, &Fault)> {
        let is_kept = |number: &usize| self.kept.as_ref().is_none_or(|kept| kept.contains(number));
        self.faults.iter().enumerate().filter(move |(number, _)| is_kept(number))
    }

    /// Who may do or suffer what a correct validator does not: at most f.
    #[must_use]
    pub fn weak(&self) -> BTreeSet<u16> {
        self.taking_place().filter_map(|(_, fault)| fault.what.weakens()).collect()
    }

    /// Whose votes on results mean nothing, since their ledgers were garbled.
    #[must_use]
    pub fn confused(&self) -> BTreeSet<u16> {
        self.taking_place().filter_map(|(_, fault)| fault.what.confuses()).collect()
    }

    /// Whose votes mean nothing.
    #[must_use]
    pub fn corrupt(&self) -> BTreeSet<u16> {
        self.taking_place().filter_map(|(_, fault)| fault.what.corrupts()).collect()
    }

    /// Whose disk forgets unnoticed while nothing that it said is lost and everybody else remembers it: it must not contradict
    /// itself all the same, since it asks when it starts (P7.5).
    #[must_use]
    pub fn reminded(&self) -> BTreeSet<u16> {
        let mut forgetful = BTreeSet::new();
        for (_, fault) in self.taking_place() {
            match fault.what {
                What::Crash { node, harm: Harm::LostTail | Harm::RolledBack } => {
                    forgetful.insert(node);
                }
                What::Skew { .. } | What::Duplication { .. } | What::Change => {}
                _ => return BTreeSet::new(),
            }
        }
        if forgetful.len() == 1 { forgetful } else { BTreeSet::new() }
    }

    /// The command that runs it again.
    #[must_use]
    pub fn command(&self) -> String {
        let Self { seed, profile, validators, .. } = self;
        let validators_flag = match Self::of(*seed, *profile, None, self.steps).validators {
            drawn if drawn == *validators => String::new(),
            _ => format!(" --validators {validators}"),
        };
        let steps_flag = self.steps.map_or(String::new(), |steps| format!(" --steps {steps}"));
        let keep = self.kept.as_ref().map_or(String::new(), |kept| {
            let kept: Vec<String> = kept.iter().map(usize::to_string).collect();
            format!(" --keep {}", if kept.is_empty() { "none".into() } else { kept.join(",") })
        });
        let profile = profile.name();
        format!("cargo sim --replay {seed} --profile {profile}{validators_flag}{steps_flag}{keep} --trace")
    }
}

/// A plan being drawn. Each seed has but some of the kinds of faults, each in its own strength, so that rare
/// combinations are seen and reach deep (Groce et al., *Swarm Testing*, ISSTA 2012).
struct Draw {
    random: Random,
    validators: u16,
    faulty_ms: u64,
    faults: Vec<Fault>,
}

impl Draw {
    fn all(&mut self, allowed: &Allowed) {
        let changes = self.random.chance(allowed.changes);
        // A change may take a member away, and f with it.
        let members = if changes && self.validators > 4 { self.validators - 1 } else { self.validators };
        let mut weak = self.weak(faulty_max(members));
        if changes {
            for _ in 0..self.faulty_ms / 1_500 + 1 {
                self.add(1, What::Change);
            }
        }
        if self.random.chance(allowed.wrong) {
            let wrong = self.random.between(1, u64::try_from(weak.len()).unwrap_or(1).max(1));
            for node in weak.drain(..weak.len().min(usize::try_from(wrong).unwrap_or(1))).collect::<Vec<_>>() {
                let kind = self.random.pick(&Kind::ALL).unwrap_or(Kind::Equivocator);
                self.faults.push(Fault { from_ms: 0, until_ms: u64::MAX, what: What::Wrong { node, kind } });
            }
        }
        if allowed.network {
            self.network();
        }
        if allowed.clocks {
            self.clocks(&mut weak);
        }
        if allowed.disk {
            self.disk();
        }
        if self.random.chance(allowed.damage) {
            for node in weak {
                self.damage(node, allowed.unnoticed);
            }
        }
    }

    fn weak(&mut self, count: u16) -> Vec<u16> {
        let mut nodes: Vec<u16> = (0..self.validators).collect();
        (0..count).map(|_| nodes.swap_remove(self.random.index(nodes.len()))).collect()
    }

    /// Whether this seed has a kind of fault, and how often it strikes.
    fn often(&mut self, per_mille: u64, most: u64) -> u64 {
        if self.random.chance(per_mille) { self.random.few(most) } else { 0 }
    }

    /// Adds a fault that lasts up to a share of the time.
    fn add(&mut self, share: u64, what: What) {
        let from_ms = self.random.below(self.faulty_ms);
        let until_ms = from_ms + 20 + self.random.below(self.faulty_ms / share.max(1));
        self.faults.push(Fault { from_ms, until_ms, what });
    }

    fn network(&mut self) {
        let count = self.validators;
        if self.random.chance(500) {
            let per_mille = self.random.pick(&[5, 20, 50, 150, 300]).unwrap_or(50);
            self.add(1, What::Loss { per_mille });
        }
        if self.random.chance(300) {
            let per_mille = self.random.pick(&[10, 100, 500]).unwrap_or(100);
            self.add(1, What::Duplication { per_mille });
        }
        if self.random.chance(500) {
            let max_ms = self.random.pick(&[20, 60, 200, 800]).unwrap_or(60);
            self.add(1, What::Delay { max_ms });
        }
        for _ in 0..self.often(350, 5) {
            let side = Group::some(&mut self.random, count);
            self.add(3, What::Split { side });
        }
        for _ in 0..self.often(250, 4) {
            let side = Group::some(&mut self.random, count);
            self.add(3, What::OneWay { side });
        }
        for _ in 0..self.often(200, 3) {
            let (side, by) = (Group::some(&mut self.random, count), self.random.node(count));
            self.add(3, What::Bridge { side, by });
        }
        for _ in 0..self.often(200, 2) {
            let side = Group::some(&mut self.random, count);
            let period_ms = self.random.pick(&[60, 300, 1_000]).unwrap_or(300);
            self.add(1, What::Flap { side, period_ms });
        }
        for _ in 0..self.often(250, 6) {
            let (from, to) = (Group::some(&mut self.random, count), Group::some(&mut self.random, count));
            self.add(4, What::Clog { from, to });
        }
    }

    fn clocks(&mut self, weak: &mut Vec<u16>) {
        if self.random.chance(250) {
            let most = self.random.pick(&[1_000, 3_000, 10_000]).unwrap_or(1_000);
            for node in 0..self.validators {
                let off = i64::try_from(self.random.below(2 * most + 1)).unwrap_or(0);
                let ms = off - i64::try_from(most).unwrap_or(0);
                self.add(1, What::Skew { node, ms });
            }
        }
        // An hour off for good: the others must get along without.
        if self.random.chance(100)
            && let Some(node) = weak.pop()
        {
            let hour = i64::try_from(HOUR_MS).unwrap_or(0);
            let ms = if self.random.chance(500) { hour } else { -hour };
            self.faults.push(Fault { from_ms: 0, until_ms: u64::MAX, what: What::Skew { node, ms } });
        }
    }

    fn disk(&mut self) {
        let count = self.validators;
        for _ in 0..self.often(500, 8) {
            let node = self.random.node(count);
            let harm = if self.random.chance(250) { Harm::FlippedCopy } else { Harm::Unsynced };
            self.add(4, What::Crash { node, harm });
        }
        for _ in 0..self.often(400, 6) {
            let (node, records) = (self.random.node(count), self.random.index(40));
            self.add(4, What::Cut { node, records });
        }
        for _ in 0..self.often(300, 4) {
            let (node, writes, kept) = (self.random.node(count), self.random.below(6), self.random.chance(500));
            self.add(4, What::StoreFails { node, writes, kept });
        }
        for _ in 0..self.often(250, 3) {
            let node = self.random.node(count);
            let ms = self.random.pick(&[5, 30, 150]).unwrap_or(30);
            self.add(1, What::SlowDisk { node, ms });
        }
        for _ in 0..self.often(150, 2) {
            let node = self.random.node(count);
            self.add(3, What::Pause { node });
        }
        for _ in 0..self.often(200, 3) {
            let node = self.random.node(count);
            self.add(2, What::FullDisk { node });
        }
        for _ in 0..self.often(200, 3) {
            self.add(8, What::Blackout);
        }
    }

    /// One of the f nodes that may forget, in one way or the other.
    fn damage(&mut self, node: u16, unnoticed: u64) {
        let unnoticed = self.random.chance(unnoticed);
        for _ in 0..self.random.few(4) {
            let harm = match unnoticed {
                true => self.random.pick(&Harm::UNNOTICED),
                false => self.random.pick(&Harm::NOTICED),
            };
            self.add(3, What::Crash { node, harm: harm.unwrap_or(Harm::WipedDirectory) });
        }
    }
}

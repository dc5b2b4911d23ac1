//! The simulated world: nodes, network, clients and misfortune, all decided by a plan.

mod fate;
mod healing;
mod say;
mod turn;

use super::adversary::{Adversary, Kind};
use super::changes::Changes;
use super::checker::{Checker, Violation};
use super::clients::{Clients, Modules};
use super::facts::Facts;
use super::fault::{Group, What};
use super::genesis::genesis;
use super::network::{Network, Parcel};
use super::node::{Directory, Node};
use super::plan::Plan;
use super::random::Random;
use super::report::{Absence, Report};
use countersign_types::{Genesis, Height, PublicKey, SecretKey};
use countersign_vm::Vm;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The world.
pub struct World {
    plan: Plan,
    genesis: Genesis,
    /// The validators' nodes, and behind them second instances of some.
    nodes: Vec<Node>,
    /// Each validator's key.
    keys: Vec<PublicKey>,
    network: Network,
    clients: Clients,
    checker: Checker,
    adversaries: BTreeMap<u16, Adversary>,
    /// Validators that have a second instance: its number, and who hears that one instead of the first.
    twins: BTreeMap<u16, (u16, Group)>,
    /// Whose votes mean nothing.
    corrupt: BTreeSet<u16>,
    /// Which of them must not contradict themselves all the same.
    reminded: BTreeSet<u16>,
    /// Whose votes on results mean nothing, since their ledgers were garbled.
    confused: BTreeSet<u16>,
    changes: Changes,
    now: u64,
    /// Beginnings and ends of faults: when, and the fault's number.
    fate: Vec<(u64, usize, Turning)>,
    backups: BTreeMap<usize, Directory>,
    restarts: BTreeMap<u16, u64>,
    /// How far each clock is off on a good day.
    skews: Vec<i64>,
    /// Height up to which each node has told its clients what is final.
    told: BTreeMap<u16, Height>,
    /// Chance and luck of the world, beyond what the plan says.
    random: Random,
    trace: Sha256,
    /// What nodes wrote, for the model.
    facts: Facts,
    report: Report,
}

/// A fault's beginning or end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turning {
    Begins,
    Ends,
}

/// Peers that are no validators are known by numbers from here on.
const OBSERVERS: u16 = 0x8000;
/// Where the story begins, so that clocks that are off do not reach below zero.
const BEGIN_MS: u64 = 1_800_000_000_000;
/// The world looks after clients and misfortune this often.
const LOOK_MS: u64 = 20;

impl World {
    /// A world at its beginning. `modules` are those of the contracts that clients deploy.
    ///
    /// # Errors
    /// If a node cannot start.
    pub fn new(plan: Plan, vm: &Arc<Vm>, modules: Modules) -> Result<Self, Violation> {
        let mut random = Random::of(plan.seed, "world");
        let count = plan.validators;
        let mut secrets: Vec<SecretKey> = (0..count).map(|_| SecretKey::from_seed(&random.bytes())).collect();
        let admins: Vec<SecretKey> = (0..count).map(|_| SecretKey::from_seed(&random.bytes())).collect();
        let genesis = genesis(&secrets, &admins, BEGIN_MS, &mut random)?;
        let keys: Vec<PublicKey> = secrets.iter().map(SecretKey::public).collect();
        let corrupt = plan.corrupt();
        let (reminded, confused) = (plan.reminded(), plan.confused());
        let keys_of =
            |nodes: &BTreeSet<u16>| nodes.iter().filter_map(|node| keys.get(usize::from(*node)).copied()).collect();
        let checker = Checker::new(&genesis, keys_of(&(&corrupt - &reminded)), keys_of(&confused));
        let clients = Clients::new(genesis.chain(), admins, modules, Random::of(plan.seed, "clients"));
        let (adversaries, twins) = adversaries(&plan, &mut secrets, &genesis, &clients);
        // Some worlds write their journals anew all the time, others never.
        let rotate_after = if random.chance(500) { 4_000 + random.index(60_000) } else { usize::MAX };
        let nodes = secrets
            .into_iter()
            .map(|key| Node::new(&genesis, key, Arc::clone(vm), rotate_after))
            .collect::<Result<Vec<_>, _>>()?;
        let skews = (0..nodes.len()).map(|_| i64::try_from(random.below(1_000)).unwrap_or(0) - 500).collect();
        let mut world = Self {
            network: Network::new(Random::of(plan.seed, "network")),
            checker,
            corrupt,
            reminded,
            confused,
            changes: Changes::default(),
            now: BEGIN_MS,
            fate: turnings(&plan),
            backups: BTreeMap::new(),
            restarts: BTreeMap::new(),
            told: BTreeMap::new(),
            trace: Sha256::new(),
            facts: Vec::new(),
            report: Report::default(),
            plan,
            random,
            genesis,
            nodes,
            keys,
            clients,
            adversaries,
            twins,
            skews,
        };
        world.begin();
        Ok(world)
    }

    fn begin(&mut self) {
        let skews = self.skews.clone();
        for (node, skew) in self.nodes.iter_mut().zip(skews) {
            node.skew_ms = skew;
        }
        for index in 0..self.nodes() {
            self.wake(index, self.now);
        }
        let wrong: Vec<What> = self.plan.taking_place().map(|(_, fault)| fault.what).collect();
        for what in wrong.into_iter().filter(|what| matches!(what, What::Wrong { .. })) {
            self.report.suffered(&what);
        }
    }

    /// Runs the whole story.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn run(self) -> Result<Report, Violation> {
        self.run_recorded().map(|(report, _)| report)
    }

    /// Runs the whole story and answers also what nodes wrote, as the model has accepted it.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn run_recorded(mut self) -> Result<(Report, Facts), Violation> {
        let faults_end = BEGIN_MS + self.plan.faulty_ms;
        while self.now < faults_end {
            self.fate()?;
            self.mischief();
            self.client();
            self.pass(LOOK_MS)?;
        }
        self.heal()?;
        self.rest()?;
        self.probe()?;
        self.finish()
    }

    /// The last node is away while the others agree on so many blocks without trouble, then comes
    /// back while they go on.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn absence(mut self, blocks: u64) -> Result<Absence, Violation> {
        let away = self.plan.validators - 1;
        self.crash(away, super::fault::Harm::Unsynced, u64::MAX);
        let goal = Height(blocks);
        let missed = self.pass_until(|world| world.tip(0) >= goal)?;
        self.restart(away)?;
        let caught_up = self.pass_until(|world| world.tip(away).plus(1) >= world.tip(0))?;
        self.rest()?;
        let synced = self.finish()?.0.synced;
        Ok(Absence { missed_ms: missed, caught_up_ms: caught_up, synced })
    }

    /// Clients go on until something holds; answers the milliseconds that it took.
    fn pass_until(&mut self, holds: impl Fn(&Self) -> bool) -> Result<u64, Violation> {
        let begin = self.now;
        while !holds(self) {
            if self.now - begin > 600_000 {
                return Err(Violation::new("liveness", format!("nothing moves: {}", self.standing())));
            }
            self.client();
            self.pass(LOOK_MS)?;
        }
        Ok(self.now - begin)
    }

    /// Number of nodes, second instances included.
    fn nodes(&self) -> u16 {
        u16::try_from(self.nodes.len()).unwrap_or(u16::MAX)
    }

    fn tip(&self, index: u16) -> Height {
        let replica = self.nodes.get(usize::from(index)).and_then(|node| node.replica.as_ref());
        replica.map_or(Height::ZERO, |replica| replica.reader().tip().height)
    }

    /// Lets time pass and delivers what arrives meanwhile.
    fn pass(&mut self, milliseconds: u64) -> Result<(), Violation> {
        let until = self.now + milliseconds;
        while let Some((at, to, parcel)) = self.network.next(until) {
            self.now = self.now.max(at);
            self.deliver(to, parcel)?;
        }
        self.now = until;
        Ok(())
    }

    /// A client does something, perhaps, at any node.
    fn client(&mut self) {
        let submitted = self.clients.act(self.now, self.plan.load, &mut self.checker);
        if let Some(transaction) = submitted {
            let at = self.random.node(self.plan.validators);
            self.network.schedule(self.now + 1, at, Parcel::Submitted(vec![transaction]));
        }
    }

    /// The nodes that do nothing wrong, whatever their disks do.
    fn honest(&self) -> impl Iterator<Item = (u16, &Node)> {
        (0u16..).zip(&self.nodes).filter(|(index, _)| !self.adversaries.contains_key(index))
    }

    fn standing(&self) -> String {
        let each = (0u16..).zip(&self.nodes).map(|(index, node)| match &node.replica {
            None => format!("v{index} down"),
            Some(replica) => {
                let status = replica.status();
                let (tip, epoch) = (replica.reader().tip().height, status.epoch.0);
                let recovering = if status.recovering { " recovering" } else { "" };
                format!("v{index} {tip}/{} epoch {epoch} view {}{recovering}", replica.certified(), status.view)
            }
        });
        each.collect::<Vec<_>>().join(", ")
    }

    fn show(&self, node: u16, arrow: &str, line: &str) {
        if self.plan.show {
            println!("{:>7} v{node} {arrow} {line}", self.now - BEGIN_MS);
        }
    }
}

/// The validators that do wrong, and second instances of those that are there twice: their keys are appended.
fn adversaries(
    plan: &Plan,
    secrets: &mut Vec<SecretKey>,
    genesis: &Genesis,
    clients: &Clients,
) -> (BTreeMap<u16, Adversary>, BTreeMap<u16, (u16, Group)>) {
    let (mut adversaries, mut twins) = (BTreeMap::new(), BTreeMap::new());
    let mut random = Random::of(plan.seed, "adversaries");
    for (number, fault) in plan.taking_place() {
        let What::Wrong { node, kind } = fault.what else { continue };
        let Some(key) = secrets.get(usize::from(node)).cloned() else { continue };
        let own = |instance: u64| Random::of(plan.seed ^ instance, &format!("adversary {number}"));
        adversaries.insert(node, Adversary::new(kind, key.clone(), genesis, clients.first(), own(0)));
        if kind == Kind::Twin {
            let second = u16::try_from(secrets.len()).unwrap_or(u16::MAX);
            adversaries.insert(second, Adversary::new(kind, key.clone(), genesis, clients.first(), own(1)));
            twins.insert(node, (second, Group::some(&mut random, plan.validators)));
            secrets.push(key);
        }
    }
    (adversaries, twins)
}

/// Beginnings and ends of all faults, the last first.
fn turnings(plan: &Plan) -> Vec<(u64, usize, Turning)> {
    let mut turnings: Vec<(u64, usize, Turning)> = plan
        .taking_place()
        .filter(|(_, fault)| !matches!(fault.what, What::Wrong { .. }))
        .flat_map(|(number, fault)| {
            let end = BEGIN_MS.saturating_add(fault.until_ms);
            [(BEGIN_MS + fault.from_ms, number, Turning::Begins), (end, number, Turning::Ends)]
        })
        .collect();
    turnings.sort_unstable();
    turnings.reverse();
    turnings
}

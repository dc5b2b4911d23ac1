//! The simulated world: nodes, network, clients and misfortune, all decided by a seed.

use super::adversary::{Adversary, Said};
use super::changes::Changes;
use super::checker::{Checker, Violation};
use super::describe;
use super::facts::{self, Facts};
use super::genesis::genesis;
use super::network::{Network, Parcel, Weather};
use super::node::Node;
use super::plan::{Absence, Plan, Report};
use super::random::Random;
use countersign_consensus::Target;
use countersign_ledger::store::memory::Fault;
use countersign_model::trace::Fact;
use countersign_replica::wire::Wire;
use countersign_replica::{Input, Output, Source};
use countersign_types::contract::Address;
use countersign_types::{
    Account, AccountId, Gas, Genesis, Hash, Height, KeyEntry, KeyProof, NativeOperation, Payload, PublicKey, Roles,
    SecretKey, TimestampMs, Transaction, VerifiedTransaction, codec,
};
use countersign_vm::Vm;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The world.
pub struct World {
    plan: Plan,
    random: Random,
    genesis: Genesis,
    nodes: Vec<Node>,
    network: Network,
    checker: Checker,
    adversaries: BTreeMap<u16, Adversary>,
    now: u64,
    healed: bool,
    admins: Vec<SecretKey>,
    /// Each node's validator key.
    keys: Vec<PublicKey>,
    /// How the members of this world change, if they do.
    changes: Option<Changes>,
    counter: Option<Vec<u8>>,
    /// Submitted transactions that are not yet acknowledged.
    open: BTreeMap<Hash, Arc<VerifiedTransaction>>,
    restarts: BTreeMap<u16, u64>,
    /// Height up to which each node has told its clients what is final.
    told: BTreeMap<u16, Height>,
    trace: Sha256,
    /// What nodes wrote, for the model.
    facts: Facts,
    report: Report,
}

/// Peers that are no validators are known by numbers from here on.
const OBSERVERS: u16 = 0x8000;
/// Where the story begins, so that clocks that are off do not reach below zero.
const BEGIN_MS: u64 = 1_800_000_000_000;
const CONTRACT: &str = "org0/counter";

impl World {
    /// A world at its beginning. `counter` is the counter contract's module.
    ///
    /// # Errors
    /// If a node cannot start.
    pub fn new(plan: Plan, vm: &Arc<Vm>, counter: Vec<u8>) -> Result<Self, Violation> {
        let mut random = Random::new(plan.seed);
        let keys: Vec<SecretKey> = (0..plan.validators).map(|_| SecretKey::from_seed(&random.bytes())).collect();
        let admins: Vec<SecretKey> = (0..plan.validators).map(|_| SecretKey::from_seed(&random.bytes())).collect();
        let genesis = genesis(&keys, &admins, BEGIN_MS, &mut random)?;
        // Some worlds write their journals anew all the time, others never.
        let mut habits = Random::new(!plan.seed);
        let rotate_after = if habits.chance(500) { 4_000 + habits.index(60_000) } else { usize::MAX };
        let nodes = keys
            .iter()
            .map(|key| Node::new(&genesis, key.clone(), Arc::clone(vm), rotate_after).map_err(Violation))
            .collect::<Result<Vec<_>, _>>()?;
        let weather =
            Weather { loss: random.below(150), duplication: random.below(100), delay_max_ms: 2 + random.below(60) };
        let network = Network::new(plan.validators, weather);
        let adversaries = adversaries(&plan, &keys, &genesis);
        let changes = (plan.changing && adversaries.is_empty() && habits.chance(500)).then(Changes::default);
        let report = Report { adversaries: adversaries.values().map(Adversary::kind).collect(), ..Report::default() };
        Ok(Self {
            plan,
            random,
            genesis,
            nodes,
            network,
            checker: Checker::default(),
            adversaries,
            now: BEGIN_MS,
            healed: false,
            admins,
            keys: keys.iter().map(SecretKey::public).collect(),
            changes,
            counter: Some(counter),
            open: BTreeMap::new(),
            restarts: BTreeMap::new(),
            told: BTreeMap::new(),
            trace: Sha256::new(),
            facts: Vec::new(),
            report,
        })
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
        for index in 0..self.plan.validators {
            let skew = i64::try_from(self.random.below(1_000)).unwrap_or(0) - 500;
            if let Some(node) = self.nodes.get_mut(usize::from(index)) {
                node.skew_ms = skew;
            }
            self.wake(index, self.now);
        }
        let faults_end = BEGIN_MS + self.plan.faulty_ms;
        while self.now < faults_end {
            self.misfortune()?;
            self.mischief();
            self.clients();
            self.change_members();
            self.pass(20)?;
        }
        self.heal()?;
        let deadline = self.now + self.plan.healing_ms;
        while !self.at_rest() {
            if self.now >= deadline {
                return Err(Violation(format!(
                    "not at rest {} ms after healing: {} transactions open, nodes at {}",
                    self.plan.healing_ms,
                    self.open.len(),
                    self.standing()
                )));
            }
            self.resubmit();
            self.mischief();
            self.pass(100)?;
        }
        self.finish()
    }

    /// The last node is away while the others agree on so many blocks without trouble, then comes
    /// back while they go on.
    ///
    /// # Errors
    /// The first rule that was broken.
    pub fn absence(mut self, blocks: u64) -> Result<Absence, Violation> {
        (self.healed, self.network.weather) = (true, Weather::FAIR);
        for index in 0..self.plan.validators {
            self.wake(index, self.now);
        }
        let away = self.plan.validators - 1;
        if let Some(node) = self.nodes.get_mut(usize::from(away)) {
            node.crash(&mut self.random);
        }
        let goal = Height(blocks);
        let missed = self.pass_until(|world| world.tip(0) >= goal)?;
        self.restart(away)?;
        let caught_up = self.pass_until(|world| world.tip(away).plus(1) >= world.tip(0))?;
        let deadline = self.now + self.plan.healing_ms;
        while !self.at_rest() && self.now < deadline {
            self.resubmit();
            self.pass(100)?;
        }
        let synced = self.finish()?.0.synced;
        Ok(Absence { missed_ms: missed, caught_up_ms: caught_up, synced })
    }

    /// Clients go on until something holds; answers the milliseconds that it took.
    fn pass_until(&mut self, holds: impl Fn(&Self) -> bool) -> Result<u64, Violation> {
        let begin = self.now;
        while !holds(self) {
            if self.now - begin > 600_000 {
                return Err(Violation(format!("nothing moves: {}", self.standing())));
            }
            self.clients();
            self.pass(20)?;
        }
        Ok(self.now - begin)
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

    /// Gives a node what arrives at this time, as one turn.
    fn deliver(&mut self, to: u16, first: Parcel) -> Result<(), Violation> {
        if self.nodes.get(usize::from(to)).is_none_or(|node| node.replica.is_none()) {
            return Ok(());
        }
        let mut inputs: Vec<Input> = self.input(to, first)?.into_iter().collect();
        while let Some(parcel) = self.network.next_for(to, self.now) {
            inputs.extend(self.input(to, parcel)?);
        }
        if inputs.is_empty() {
            return Ok(());
        }
        self.report.steps += 1;
        self.trace.update(self.now.to_le_bytes());
        self.trace.update(to.to_le_bytes());
        if self.plan.show {
            for input in &inputs {
                self.show(to, "<", &describe::input(input));
            }
        }
        // Now and then the power fails between ordering and writing.
        let cut = (!self.healed && self.random.chance(1)).then(|| self.random.index(3));
        let Some(node) = self.nodes.get_mut(usize::from(to)) else { return Ok(()) };
        let outputs = node.handle(self.now, inputs, cut).map_err(Violation)?;
        self.facts.extend(node.facts(to));
        for output in outputs {
            if self.plan.show
                && let Some(line) = describe::output(&output)
            {
                self.show(to, ">", &line);
            }
            self.carry_out(to, output)?;
        }
        if cut.is_some() {
            self.crash(to);
        }
        Ok(())
    }

    fn show(&self, node: u16, arrow: &str, line: &str) {
        println!("{:>7} v{node} {arrow} {line}", self.now - BEGIN_MS);
    }

    /// What a parcel tells a node; none for a wake that was overtaken.
    fn input(&mut self, to: u16, parcel: Parcel) -> Result<Option<Input>, Violation> {
        Ok(Some(match parcel {
            Parcel::Wake => {
                let Some(node) = self.nodes.get_mut(usize::from(to)) else { return Ok(None) };
                if node.wake.take_if(|at| *at <= self.now).is_none() {
                    return Ok(None);
                }
                Input::Tick
            }
            Parcel::Message { from, message } => {
                let from = self.seat(from, to);
                let bytes = message.to_bytes();
                self.trace.update(&bytes);
                let message =
                    Wire::from_bytes(&bytes, message.class()).map_err(|error| Violation(error.to_string()))?;
                Input::Received { from, message }
            }
            Parcel::Connected(peer) => Input::Connected { peer: self.seat(peer, to) },
            Parcel::Gossip(transactions) => Input::Transactions { transactions, source: Source::Gossip },
            Parcel::Fetched(transactions) => Input::Transactions { transactions, source: Source::Fetched },
            Parcel::Submitted(transactions) => {
                Input::Transactions { transactions, source: Source::Client { ticket: 0 } }
            }
        }))
    }

    /// Wakes a node at a time of the world, if nothing wakes it earlier.
    fn wake(&mut self, index: u16, at: u64) {
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return };
        if node.wake.is_none_or(|wake| at < wake) {
            node.wake = Some(at);
            self.network.schedule(at, index, Parcel::Wake);
        }
    }

    fn carry_out(&mut self, from: u16, output: Output) -> Result<(), Violation> {
        match output {
            Output::Persist { .. }
            | Output::Rotate { .. }
            | Output::Admitted { .. }
            | Output::Expired { .. }
            | Output::Epoch { .. } => {}
            Output::Halted { attempt } => {
                return Err(Violation(format!("v{from} halted at block {}", attempt.height)));
            }
            Output::Send { to, message, .. } => match self.adversaries.get_mut(&from) {
                Some(adversary) => {
                    let said = adversary.distort(to, message);
                    self.say(from, said);
                }
                None => {
                    self.checker.sent(from, &message)?;
                    self.say(from, vec![Said::To(to, Box::new(message))]);
                }
            },
            Output::Gossip { transactions } => {
                if self.adversaries.get(&from).is_none_or(Adversary::gossips) {
                    self.say(from, vec![Said::Gossip(transactions)]);
                }
            }
            Output::Verify { transactions } => {
                let chain = self.genesis.chain();
                let checked = transactions.into_iter().filter_map(|signed| signed.verify(&chain).ok()).map(Arc::new);
                self.network.schedule(self.now + 1, from, Parcel::Fetched(checked.collect()));
            }
            Output::Committed { .. } | Output::Certified { .. } if self.adversaries.contains_key(&from) => {}
            Output::Committed { height, .. } => {
                let Some(replica) = self.nodes.get(usize::from(from)).and_then(|node| node.replica.as_ref()) else {
                    return Ok(());
                };
                let block = self.checker.executed(from, &replica.reader(), height)?;
                self.facts.push((from, Fact::Executed { block }));
            }
            Output::Certified { height } => self.certified(from, height)?,
            Output::Equivocation { signer, text } => {
                if !self.adversaries.contains_key(&signer) {
                    return Err(Violation(format!("v{from} accuses an honest validator: {text}")));
                }
                self.report.equivocations += u64::from(!self.adversaries.contains_key(&from));
            }
            Output::WakeAt(time) => {
                let skew = self.nodes.get(usize::from(from)).map_or(0, |node| node.skew_ms);
                let at = time.0.saturating_add_signed(-skew).max(self.now + 1);
                self.wake(from, at);
            }
            Output::Stop(cause) => {
                let injected =
                    cause.to_string().contains("(injected)") || cause.to_string().contains("earlier write failed");
                if !injected && !self.adversaries.contains_key(&from) {
                    return Err(Violation(format!("v{from} stopped itself: {cause}")));
                }
                self.crash(from);
            }
        }
        Ok(())
    }

    /// Puts on its way what leaves a node.
    fn say(&mut self, from: u16, said: Vec<Said>) {
        for said in said {
            let (to, parcel) = match said {
                Said::To(to, message) => (to, Parcel::Message { from, message }),
                Said::Gossip(transactions) => (Target::All, Parcel::Gossip(transactions)),
            };
            let receivers: Vec<u16> = match to {
                Target::All => (0..self.plan.validators).filter(|to| *to != from).collect(),
                Target::One(seat) => self.holder(seat, from).into_iter().collect(),
            };
            for to in receivers {
                self.network.send(self.now, &mut self.random, from, to, &parcel);
            }
        }
    }

    /// The index under which a node knows another one in its epoch; a high number if that is no validator there.
    fn seat(&self, of: u16, seen_by: u16) -> u16 {
        let replica = self.nodes.get(usize::from(seen_by)).and_then(|node| node.replica.as_ref());
        let key = self.keys.get(usize::from(of));
        let seat = replica.zip(key).and_then(|(replica, key)| replica.validators().index_of(key));
        seat.unwrap_or(OBSERVERS + of)
    }

    /// The node that holds a seat, as another one sees it.
    fn holder(&self, seat: u16, seen_by: u16) -> Option<u16> {
        if seat >= OBSERVERS {
            return Some(seat - OBSERVERS);
        }
        let replica = self.nodes.get(usize::from(seen_by))?.replica.as_ref()?;
        let key = replica.validators().member(seat)?.key;
        self.keys.iter().position(|known| *known == key).and_then(|node| u16::try_from(node).ok())
    }

    /// Organisations vote for the next set, now and then.
    fn change_members(&mut self) {
        if self.changes.is_none() || !self.random.chance(60) {
            return;
        }
        let up = self.nodes.iter().find_map(|node| node.replica.as_ref());
        let Some((epoch, current)) = up.map(|replica| (replica.epoch(), replica.validators().clone())) else { return };
        let Some(changes) = &mut self.changes else { return };
        let Some(validators) = changes.next(epoch, &current, &self.genesis.validators, &mut self.random) else {
            return;
        };
        for organisation in 0..self.admins.len() {
            let validators = validators.clone();
            let vote = NativeOperation::VoteValidators { epoch, validators };
            self.submit(organisation, Payload::Native(vote));
        }
    }

    /// Adversaries do what nobody asked them to.
    fn mischief(&mut self) {
        let up = |node: &u16| self.nodes.get(usize::from(*node)).is_some_and(|node| node.replica.is_some());
        let able: Vec<u16> = self.adversaries.keys().copied().filter(up).collect();
        for index in able {
            let said = self.adversaries.get_mut(&index).map(Adversary::invent).unwrap_or_default();
            self.say(index, said);
        }
    }

    /// The nodes that do nothing wrong.
    fn honest(&self) -> impl Iterator<Item = (u16, &Node)> {
        (0u16..).zip(&self.nodes).filter(|(index, _)| !self.adversaries.contains_key(index))
    }

    /// A client at this node learns what is final.
    fn certified(&mut self, node: u16, height: Height) -> Result<(), Violation> {
        let Some(replica) = self.nodes.get(usize::from(node)).and_then(|node| node.replica.as_ref()) else {
            return Ok(());
        };
        let failed = |error: countersign_ledger::LedgerError| Violation(format!("v{node}: {error}"));
        let reader = replica.reader();
        let told = self.told.entry(node).or_default();
        for height in (told.0 + 1..=height.0).map(Height) {
            for receipt in reader.receipts(height).map_err(failed)? {
                if self.open.remove(&receipt.transaction).is_some() {
                    self.checker.acknowledge(receipt.transaction, height);
                }
            }
            *told = height;
        }
        Ok(())
    }

    fn misfortune(&mut self) -> Result<(), Violation> {
        let due: Vec<u16> = self.restarts.iter().filter(|(_, at)| **at <= self.now).map(|(node, _)| *node).collect();
        for node in due {
            self.restart(node)?;
        }
        let victim = u16::try_from(self.random.below(u64::from(self.plan.validators))).unwrap_or(0);
        if self.random.chance(4) {
            self.crash(victim);
        } else if self.random.chance(3)
            && let Some(node) = self.nodes.get(usize::from(victim))
        {
            let fault = if self.random.chance(500) { Fault::Lost } else { Fault::Kept };
            node.store.fail_after(self.random.below(4), fault);
        }
        if self.random.chance(6) {
            self.report.partitions += 1;
            for group in &mut self.network.groups {
                *group = u8::from(self.random.chance(400));
            }
        } else if self.random.chance(20) {
            self.network.groups.fill(0);
        }
        Ok(())
    }

    fn crash(&mut self, index: u16) {
        if let Some(node) = self.nodes.get_mut(usize::from(index)).filter(|node| node.replica.is_some()) {
            node.crash(&mut self.random);
            self.report.crashes += 1;
            if self.plan.show {
                self.show(index, "!", "crash");
            }
            self.restarts.insert(index, self.now + 50 + self.random.below(4_000));
        }
    }

    fn restart(&mut self, index: u16) -> Result<(), Violation> {
        self.restarts.remove(&index);
        if self.plan.show {
            self.show(index, "!", "start");
        }
        if let Some(node) = self.nodes.get_mut(usize::from(index)) {
            node.start().map_err(|cause| Violation(format!("v{index} does not start again: {cause}")))?;
            self.facts.extend(node.facts(index));
            self.wake(index, self.now);
        }
        self.connect(index);
        Ok(())
    }

    /// A node and those it can reach learn of each other.
    fn connect(&mut self, index: u16) {
        for peer in (0..self.plan.validators).filter(|peer| *peer != index) {
            if self.network.reaches(index, peer) {
                self.network.schedule(self.now + 1, index, Parcel::Connected(peer));
                self.network.schedule(self.now + 1, peer, Parcel::Connected(index));
            }
        }
    }

    fn heal(&mut self) -> Result<(), Violation> {
        self.healed = true;
        self.network.weather = Weather::FAIR;
        self.network.groups.fill(0);
        let down: Vec<u16> = self.restarts.keys().copied().collect();
        for index in 0..self.plan.validators {
            if let Some(node) = self.nodes.get_mut(usize::from(index)) {
                node.store.fail_after(u64::MAX, Fault::Kept);
            }
        }
        for node in down {
            self.restart(node)?;
        }
        Ok(())
    }

    /// Clients deploy, count and rename accounts, at random nodes.
    fn clients(&mut self) {
        if !self.random.chance(300) {
            return;
        }
        let organisation = self.random.index(self.admins.len());
        let payload = match self.counter.take() {
            Some(code) => Payload::Deploy { name: CONTRACT.into(), code, input: Vec::new() },
            None if self.random.chance(100) => self.new_account(organisation),
            None => Payload::Call {
                contract: Address::of(CONTRACT),
                method: "add".into(),
                input: codec::encode(&self.random.below(10)),
            },
        };
        let organisation = if matches!(payload, Payload::Deploy { .. }) { 0 } else { organisation };
        self.submit(organisation, payload);
    }

    /// An organisation's admin signs something and gives it to some node.
    fn submit(&mut self, organisation: usize, payload: Payload) {
        let Some(key) = self.admins.get(organisation).cloned() else { return };
        let transaction = Transaction {
            chain: self.genesis.chain(),
            signer: key.public(),
            nonce: self.random.number(),
            expires: TimestampMs(self.now + self.plan.faulty_ms + self.plan.healing_ms + 10_000),
            gas_limit: Gas(GAS),
            payload,
        };
        let chain = self.genesis.chain();
        let Ok(verified) = transaction.sign(&key).verify(&chain).map(Arc::new) else { return };
        self.open.insert(verified.id(), Arc::clone(&verified));
        let at = u16::try_from(self.random.below(u64::from(self.plan.validators))).unwrap_or(0);
        self.network.schedule(self.now + 1, at, Parcel::Submitted(vec![verified]));
    }

    fn new_account(&mut self, organisation: usize) -> Payload {
        let key = SecretKey::from_seed(&self.random.bytes());
        let id = format!("org{organisation}/a{}", self.random.below(50));
        let id: AccountId = id.parse().expect("a valid account name");
        let proofs = vec![KeyProof::new(&key, &self.genesis.chain(), &id)];
        let keys = vec![KeyEntry { key: key.public(), valid_from: Height::ZERO, valid_to: None }];
        Payload::Native(NativeOperation::PutAccount { account: Account { id, roles: Roles::SUBMITTER, keys }, proofs })
    }

    /// After healing, clients submit again what they have no receipt for.
    fn resubmit(&mut self) {
        let open: Vec<_> = self.open.values().cloned().collect();
        if !open.is_empty() {
            let at = u16::try_from(self.random.below(u64::from(self.plan.validators))).unwrap_or(0);
            self.network.schedule(self.now + 1, at, Parcel::Submitted(open));
        }
    }

    /// Everything final everywhere, all at the same height.
    fn at_rest(&self) -> bool {
        let heights: BTreeSet<(Height, Height)> = self
            .honest()
            .map(|(_, node)| {
                node.replica.as_ref().map_or((Height::ZERO, Height::ZERO), |replica| {
                    (replica.reader().tip().height, replica.certified())
                })
            })
            .collect();
        let same = heights.len() == 1 && heights.iter().all(|(tip, certified)| tip == certified && *tip > Height::ZERO);
        same && self.open.is_empty() && self.counter.is_none()
    }

    fn standing(&self) -> String {
        let each = self.nodes.iter().map(|node| match &node.replica {
            None => "down".to_owned(),
            Some(replica) => {
                let status = replica.status();
                format!("{}/{} view {}", replica.reader().tip().height, replica.certified(), status.view)
            }
        });
        each.collect::<Vec<_>>().join(", ")
    }

    fn finish(mut self) -> Result<(Report, Facts), Violation> {
        let mut report = std::mem::take(&mut self.report);
        for (index, node) in self.honest() {
            let Some(replica) = &node.replica else { continue };
            let status = replica.status();
            self.checker.finish(index, &replica.reader(), &self.genesis)?;
            report.height = replica.certified();
            report.epoch = replica.epoch().0;
            report.view = report.view.max(status.view.0);
            report.synced += replica.counters().synced;
            report.unheard += status.counters.unheard;
        }
        self.report = report;
        self.report.acknowledged = self.checker.acknowledged();
        self.report.trace = Hash(self.trace.finalize().into());
        let faulty: Vec<usize> = self.adversaries.keys().map(|index| usize::from(*index)).collect();
        // The model is of one epoch.
        if self.report.epoch == 0 {
            self.report.votes = facts::accept(self.plan.validators, &faulty, self.genesis.chain(), &self.facts)?;
        }
        Ok((self.report, self.facts))
    }
}

/// In some worlds, as many validators do wrong as the protocol bears.
fn adversaries(plan: &Plan, keys: &[SecretKey], genesis: &Genesis) -> BTreeMap<u16, Adversary> {
    let mut random = Random::new(plan.seed ^ 0xbad);
    let mut adversaries = BTreeMap::new();
    if plan.byzantine && random.chance(400) {
        let mut honest: Vec<(u16, &SecretKey)> = (0..).zip(keys).collect();
        for _ in 0..genesis.validators.faulty_max() {
            let (index, key) = honest.swap_remove(random.index(honest.len()));
            let own = Random::new(random.number());
            adversaries.insert(index, Adversary::new(index, key.clone(), genesis, own));
        }
    }
    adversaries
}

/// Enough for deploying the counter.
const GAS: u64 = 400_000_000;

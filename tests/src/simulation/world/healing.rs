//! After the faults: everything comes to rest, and what is submitted then is final soon.
//!
//! *Rest*: within the plan's healing time every client has its receipt and all ledgers are equal. This bounds what is
//! left of timers that have grown (30 s at most), of catching up and of recovering.
//!
//! *Liveness*: a block has become final since the faults ended, so timers are back at their first value. From then on a
//! transaction given to one honest validator is in a block of at most f + 2 views above the highest view that an honest
//! validator was in when gossip had told all of it, and certified everywhere within 10 s and the f timeouts that faulty
//! leaders can cost in a row, each twice the one before. With a time liar, or after a block of somebody whose clock was
//! fast, only the second holds: the block may be as far ahead of all clocks as precision allows, and leaders after it wait
//! until theirs have passed that time (P1.4), which costs them their turns.

use super::{BEGIN_MS, Kind, LOOK_MS, Parcel, Violation, World};
use crate::simulation::facts::{self, Facts};
use crate::simulation::network::FAIR_DELAY_MS;
use crate::simulation::report::Report;
use countersign_types::{Epoch, Hash, Height};
use sha2::Digest as _;
use std::collections::BTreeSet;

/// Time until a transaction is certified everywhere, beyond what faulty leaders cost.
const FINAL_MS: u64 = 10_000;
/// Time after which gossip has told everybody, on a good day.
const GOSSIP_MS: u64 = 1 + FAIR_DELAY_MS + 1;
/// Transactions that are tried.
const PROBES: u16 = 3;

impl World {
    pub(super) fn heal(&mut self) -> Result<(), Violation> {
        self.show(0, "!", "the faults are over");
        self.end_all();
        self.fate()
    }

    /// Waits for rest.
    pub(super) fn rest(&mut self) -> Result<(), Violation> {
        let deadline = self.now + self.plan.healing_ms;
        while !self.at_rest() {
            if self.now >= deadline {
                let text = format!(
                    "not at rest {} ms after healing: {} transactions open, {}",
                    self.plan.healing_ms,
                    self.clients.open().len(),
                    self.standing()
                );
                return Err(Violation::new("rest", text));
            }
            self.fate()?;
            self.resubmit();
            self.mischief();
            self.pass(5 * LOOK_MS)?;
        }
        Ok(())
    }

    /// After healing, clients submit again what they have no receipt for.
    fn resubmit(&mut self) {
        self.client();
        let open = self.clients.open();
        if !open.is_empty() {
            let at = self.random.node(self.plan.validators);
            self.network.schedule(self.now + 1, at, Parcel::Submitted(open));
        }
        self.plan.load = 0;
        if self.clients.wait() && self.clients.open().is_empty() {
            self.plan.load = 1_000; // Not even all contracts were deployed.
        }
    }

    /// Everything final everywhere, all at the same height, and every member votes.
    fn at_rest(&self) -> bool {
        let silent = |(index, node): (u16, &super::Node)| {
            let member = self.keys.get(usize::from(index)).is_some_and(|key| node.seats.index_of(key).is_some());
            member && node.replica.as_ref().is_some_and(|replica| replica.status().recovering)
        };
        if self.honest().any(silent) {
            return false;
        }
        let heights: BTreeSet<(Height, Height)> = self
            .honest()
            .map(|(_, node)| {
                node.replica.as_ref().map_or((Height::ZERO, Height::ZERO), |replica| {
                    (replica.reader().tip().height, replica.certified())
                })
            })
            .collect();
        let same = heights.len() == 1 && heights.iter().all(|(tip, certified)| tip == certified && *tip > Height::ZERO);
        same && !self.clients.wait() && !self.checker.schedule_waits()
    }

    /// What is submitted now is final soon.
    pub(super) fn probe(&mut self) -> Result<(), Violation> {
        // A garbled database may know nothing of the client.
        let sound = self.honest().filter(|(_, node)| !node.garbled);
        let honest: Vec<u16> = sound.map(|(index, _)| index).collect();
        for round in 0..PROBES {
            let organisation = if self.is_there(Kind::Censor) { 0 } else { usize::from(round) };
            let Some(at) = self.random.pick(&honest) else { return Ok(()) };
            let Some(transaction) = self.clients.count(self.now, organisation, &mut self.checker) else { continue };
            let id = transaction.id();
            self.show(at, "!", &format!("probe {id}"));
            self.network.schedule(self.now + 1, at, Parcel::Submitted(vec![transaction]));
            self.pass(GOSSIP_MS)?;
            let (begun, (epoch, view)) = (self.now, self.position());
            let took = self.until_final(&id)?;
            let height = self.checker.place(&id).unwrap_or_default();
            self.soon_enough(&id, height, begun, (epoch, view))?;
            self.report.saw_times("live: milliseconds until final, of all probes", took);
            self.report.saw("live: probes");
        }
        Ok(())
    }

    /// The highest epoch and view of an honest validator.
    fn position(&self) -> (Epoch, u64) {
        let each = self.honest().filter_map(|(_, node)| node.replica.as_ref()).map(|replica| {
            let status = replica.status();
            (status.epoch, status.view.0)
        });
        each.max().unwrap_or_default()
    }

    fn until_final(&mut self, id: &Hash) -> Result<u64, Violation> {
        let begin = self.now;
        let first = self.genesis.parameters.view_timeout_ms;
        let bound = FINAL_MS + first * ((1 << self.faulty_leaders()) - 1);
        while !self.is_final_everywhere(id) {
            if self.now - begin > bound {
                let text = format!("{id} is not final everywhere after {bound} ms: {}", self.standing());
                return Err(Violation::new("liveness", text));
            }
            self.fate()?;
            self.mischief();
            self.pass(LOOK_MS)?;
        }
        Ok(self.now - begin)
    }

    fn faulty_leaders(&self) -> usize {
        self.plan.weak().len()
    }

    fn is_final_everywhere(&self, id: &Hash) -> bool {
        let Some(height) = self.checker.place(id) else { return false };
        let certified = |node: &super::Node| node.replica.as_ref().is_some_and(|one| one.certified() >= height);
        self.honest().all(|(_, node)| certified(node))
    }

    fn soon_enough(&self, id: &Hash, height: Height, begun: u64, place: (Epoch, u64)) -> Result<(), Violation> {
        let header = |height| {
            let mut readers = self.honest().filter_map(|(_, node)| node.replica.as_ref()).map(|one| one.reader());
            readers.find_map(|reader| reader.header(height).ok().flatten())
        };
        let (epoch, view) = place;
        let waited = header(height.previous()).is_some_and(|parent| parent.time.0 > begun);
        let Some(header) = header(height).filter(|header| header.epoch == epoch) else { return Ok(()) };
        let most = view + u64::from(self.genesis.validators.faulty_max()) + 2;
        if header.view.0 > most && !waited && !self.is_there(Kind::TimeLiar) {
            let text = format!("{id}, submitted in view {view}, is in block {height} of view {}", header.view);
            return Err(Violation::new("inclusion", text));
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(Report, Facts), Violation> {
        let mut report = std::mem::take(&mut self.report);
        let mut views_failed = 0;
        for index in 0..self.plan.validators {
            let Some(node) = self.nodes.get(usize::from(index)) else { continue };
            let Some(replica) = node.replica.as_ref().filter(|_| !self.adversaries.contains_key(&index)) else {
                continue;
            };
            let status = replica.status();
            let damage = self.checker.finish(index, &replica.reader(), node.garbled)?;
            report.saw_times("seen: ledger damage found at the end", u64::from(damage.noticed));
            report.saw_times("seen: ledger damage that nothing noticed", u64::from(damage.unnoticed));
            report.height = replica.certified();
            report.epoch = report.epoch.max(replica.epoch().0);
            report.view = report.view.max(status.view.0);
            report.synced += replica.counters().synced;
            views_failed = views_failed.max(status.counters.view_changes);
            report.saw_times("seen: messages dropped unheard", status.counters.unheard);
            report.saw_times("seen: messages refused", status.counters.refused);
        }
        report.saw_times("seen: view changes", views_failed);
        report.saw_times("seen: epochs", report.epoch);
        report.saw_times("seen: blocks caught up", report.synced);
        report.acknowledged = self.checker.acknowledged();
        report.saw_times("seen: scheduled calls", self.checker.scheduled());
        report.trace = Hash(self.trace.finalize().into());
        let corrupt: Vec<usize> = self.corrupt.iter().map(|index| usize::from(*index)).collect();
        let own: Facts = self.facts.into_iter().filter(|(by, _)| *by < self.plan.validators).collect();
        // The model is of one epoch.
        if report.epoch == 0 {
            report.votes = facts::accept(self.plan.validators, &corrupt, self.genesis.chain(), &own)?;
        }
        report.saw_times("steps", report.steps);
        report.saw_times("virtual milliseconds", self.now - BEGIN_MS);
        Ok((report, own))
    }
}

//! Faults begin and end as the plan says; nodes go down and come back.

use super::{BEGIN_MS, Turning, Violation, World};
use crate::simulation::fault::{HOUR_MS, Harm, What};
use crate::simulation::network::Parcel;
use countersign_ledger::store::memory::Fault as StoreFault;
use countersign_model::trace::Fact;
use countersign_types::{Measure, NativeOperation};
use std::collections::BTreeSet;

/// How long the proposals of simulated organisations are open.
const OPEN_MS: u64 = 3_600_000;

impl World {
    /// Does what is due by now.
    pub(super) fn fate(&mut self) -> Result<(), Violation> {
        let reached = self.reached();
        while let Some((_, number, turning)) = self.fate.pop_if(|(at, ..)| *at <= self.now) {
            let Some(fault) = self.plan.faults.get(number).copied() else { continue };
            match turning {
                Turning::Begins => {
                    if !matches!(fault.what, What::Cut { .. } | What::Crash { harm: Harm::RolledBack, .. }) {
                        self.report.suffered(&fault.what);
                    }
                    self.begins(number, &fault.what, fault.until_ms);
                }
                Turning::Ends => self.ends(number, &fault.what),
            }
        }
        self.connect_beyond(&reached);
        let due: Vec<u16> = self.restarts.iter().filter(|(_, at)| **at <= self.now).map(|(node, _)| *node).collect();
        for node in due {
            self.restart(node)?;
        }
        Ok(())
    }

    fn begins(&mut self, number: usize, what: &What, until_ms: u64) {
        match *what {
            What::Loss { .. }
            | What::Duplication { .. }
            | What::Delay { .. }
            | What::Split { .. }
            | What::OneWay { .. }
            | What::Bridge { .. }
            | What::Flap { .. }
            | What::Clog { .. } => self.network.suffer(number, *what),
            What::Crash { node, harm: Harm::RolledBack } => {
                if let Some(copy) = self.nodes.get(usize::from(node)).map(super::Node::backup) {
                    self.backups.insert(number, copy);
                }
            }
            What::Crash { node, harm } => self.crash(node, harm, until_ms),
            What::Blackout => {
                for node in 0..self.nodes() {
                    self.crash(node, Harm::Unsynced, until_ms);
                }
            }
            What::Change => self.change_members(),
            What::Wrong { .. } => {}
            What::Skew { node, ms } => self.on(node, |node| node.skew_ms = ms),
            What::Cut { node, records } => self.on(node, |node| node.cut = Some(records)),
            What::StoreFails { node, writes, kept } => {
                let fault = if kept { StoreFault::Kept } else { StoreFault::Lost };
                self.on(node, |node| node.store.fail_after(writes, fault));
            }
            What::SlowDisk { node, ms } => self.on(node, |node| node.turn_ms = ms),
            What::FullDisk { node } => self.fill(node, true),
            What::Pause { node } => self.on(node, |node| node.busy_until = BEGIN_MS.saturating_add(until_ms)),
        }
    }

    fn ends(&mut self, number: usize, what: &What) {
        match *what {
            What::Crash { node, harm: Harm::RolledBack } => {
                if let Some(copy) = self.backups.remove(&number) {
                    self.report.suffered(what);
                    self.crash(node, Harm::Unsynced, self.now - BEGIN_MS + 100);
                    self.on(node, |node| node.restore(&copy));
                }
            }
            What::Skew { node, .. } => {
                let usual = self.skews.get(usize::from(node)).copied().unwrap_or_default();
                self.on(node, |node| node.skew_ms = usual);
                // It would sleep until its clock has come so far again.
                self.wake(node, self.now);
            }
            What::Cut { node, .. } => self.on(node, |node| node.cut = None),
            What::StoreFails { node, .. } => self.on(node, |node| node.store.fail_after(u64::MAX, StoreFault::Kept)),
            What::SlowDisk { node, .. } => self.on(node, |node| node.turn_ms = 0),
            What::FullDisk { node } => self.fill(node, false),
            What::Crash { .. } | What::Blackout | What::Change | What::Wrong { .. } | What::Pause { .. } => {}
            _ => self.network.recover(number, self.now),
        }
    }

    /// The disk fills up, or there is room again: the node learns of it at its next turn.
    fn fill(&mut self, index: u16, is_full: bool) {
        self.on(index, |node| node.is_full = is_full);
        self.wake(index, self.now);
    }

    fn on(&mut self, node: u16, change: impl FnOnce(&mut super::Node)) {
        if let Some(node) = self.nodes.get_mut(usize::from(node)) {
            change(node);
        }
    }

    /// All faults are over but for what validators do wrong and for clocks that are an hour off.
    pub(super) fn end_all(&mut self) {
        let reached = self.reached();
        let lasting = |what: &What| matches!(what, What::Skew { ms, .. } if ms.unsigned_abs() > HOUR_MS / 2);
        for (number, fault) in self.plan.faults.clone().into_iter().enumerate() {
            if !lasting(&fault.what) && !matches!(fault.what, What::Crash { .. }) {
                self.ends(number, &fault.what);
            }
        }
        self.fate.clear();
        self.backups.clear();
        for at in self.restarts.values_mut() {
            *at = (*at).min(self.now);
        }
        for node in &mut self.nodes {
            node.busy_until = node.busy_until.min(self.now);
        }
        self.connect_beyond(&reached);
    }

    /// Whether the plan has a node's clock an hour off.
    pub(super) fn plan_skews_by_an_hour(&self, index: u16) -> bool {
        self.nodes.get(usize::from(index)).is_some_and(|node| node.skew_ms.unsigned_abs() > HOUR_MS / 2)
    }

    /// A node goes down until a time of the plan.
    pub(super) fn crash(&mut self, index: u16, harm: Harm, until_ms: u64) {
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return };
        node.crash(&mut self.random, harm);
        self.show(index, "!", harm.name());
        let back = BEGIN_MS.saturating_add(until_ms);
        let later = self.restarts.get(&index).copied().unwrap_or_default().max(back);
        self.restarts.insert(index, later);
    }

    pub(super) fn restart(&mut self, index: u16) -> Result<(), Violation> {
        self.restarts.remove(&index);
        self.show(index, "!", "start");
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return Ok(()) };
        let started =
            node.start().map_err(|broken| Violation { text: format!("v{index}: {}", broken.text), ..broken })?;
        if std::mem::take(&mut node.forgot) {
            self.report.saw("seen: journal lost");
            self.facts.push((index, Fact::Forgot));
        }
        self.facts.extend(node.facts(index));
        let (epoch, set) = (node.replica.as_ref().map(countersign_replica::Replica::epoch), node.seats.clone());
        if let (Some(adversary), Some(epoch)) = (self.adversaries.get_mut(&index), epoch) {
            adversary.stand(epoch, &set);
        }
        if started.repaired {
            self.report.saw("seen: journal copy repaired");
        }
        if started.damaged {
            self.report.saw("seen: journal damage found");
        }
        if started.refused {
            self.report.saw("seen: ledger refused at start");
        }
        self.wake(index, self.now);
        self.connect(index);
        Ok(())
    }

    /// A node and those it can reach learn of each other.
    fn connect(&mut self, index: u16) {
        let own = self.validator(index);
        for peer in (0..self.plan.validators).filter(|peer| *peer != own) {
            if self.network.connects(self.now, own, peer) && self.instance(own, peer) == index {
                self.network.schedule(self.now + 1, index, Parcel::Connected(peer));
                self.network.schedule(self.now + 1, self.instance(peer, own), Parcel::Connected(own));
            }
        }
    }

    /// Pairs of nodes that reach each other.
    fn reached(&self) -> BTreeSet<(u16, u16)> {
        let count = self.plan.validators;
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
        pairs.filter(|(one, other)| self.network.connects(self.now, *one, *other)).collect()
    }

    /// Pairs that did not reach each other before learn that they do.
    fn connect_beyond(&mut self, before: &BTreeSet<(u16, u16)>) {
        for (one, other) in self.reached() {
            if !before.contains(&(one, other)) {
                let (first, second) = (self.instance(one, other), self.instance(other, one));
                self.network.schedule(self.now + 1, first, Parcel::Connected(other));
                self.network.schedule(self.now + 1, second, Parcel::Connected(one));
            }
        }
    }

    /// Organisations vote for the next set.
    fn change_members(&mut self) {
        let up = self.honest().find_map(|(_, node)| node.replica.as_ref());
        let Some((epoch, current)) = up.map(|replica| (replica.epoch(), replica.validators().clone())) else { return };
        let Some(validators) = self.changes.next(epoch, &current, &self.genesis.validators, &mut self.random) else {
            return;
        };
        self.checker.wanted(epoch, &validators);
        let measure = Measure::Validators { epoch, validators };
        let vote = NativeOperation::Propose { measure, reason: String::new(), open_ms: OPEN_MS };
        for transaction in self.clients.vote(self.now, &vote, &mut self.checker) {
            let at = self.random.node(self.plan.validators);
            self.network.schedule(self.now + 1, at, Parcel::Submitted(vec![transaction]));
        }
    }
}

//! A node's turn: what it is told, and what becomes of what it orders.

use super::{Adversary, BEGIN_MS, Violation, World};
use crate::simulation::describe;
use crate::simulation::fault::Harm;
use crate::simulation::network::Parcel;
use countersign_ledger::LedgerError;
use countersign_model::trace::Fact;
use countersign_replica::wire::Wire;
use countersign_replica::{Input, Output, Source};
use countersign_types::{Height, VerifiedTransaction};
use sha2::Digest as _;
use std::sync::Arc;

impl World {
    /// Gives a node what arrives at this time, as one turn.
    pub(super) fn deliver(&mut self, to: u16, first: Parcel) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(usize::from(to)).filter(|node| node.replica.is_some()) else { return Ok(()) };
        if node.busy_until > self.now {
            self.network.schedule(node.busy_until, to, first);
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
        let Some(node) = self.nodes.get_mut(usize::from(to)) else { return Ok(()) };
        let turn = node.handle(self.now, inputs);
        let done = self.now + node.turn_ms;
        node.busy_until = done;
        self.facts.extend(node.facts(to));
        let turn = match turn {
            Err(_) if self.corrupt.contains(&to) || self.adversaries.contains_key(&to) => return Ok(()),
            turn => turn?,
        };
        for output in turn.outputs {
            if self.plan.show
                && let Some(line) = describe::output(&output)
            {
                self.show(to, ">", &line);
            }
            self.carry_out(to, done, output)?;
        }
        if turn.cut {
            self.report.saw("crash: at a persist point");
            self.crash_for_a_while(to);
        }
        self.look_at(to)
    }

    /// What is checked of a node after each of its turns.
    fn look_at(&mut self, index: u16) -> Result<(), Violation> {
        if self.adversaries.contains_key(&index) {
            return Ok(());
        }
        let Some(node) = self.nodes.get(usize::from(index)) else { return Ok(()) };
        let Some(replica) = &node.replica else { return Ok(()) };
        if !self.plan_skews_by_an_hour(index) {
            self.checker.clock(node.clock(self.now).0, replica.status().failures);
        }
        self.checker.kept(index, replica)
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
            Parcel::Message { from, bytes, class } => {
                let from = self.seat(from, to);
                self.trace.update(bytes.as_slice());
                let message = Wire::from_bytes(&bytes, class).map_err(|error| Violation::new("codec", error))?;
                if let Some(adversary) = self.adversaries.get_mut(&to) {
                    adversary.hear(&message);
                }
                Input::Received { from, message }
            }
            Parcel::Connected(peer) => Input::Connected { peer: self.seat(peer, to) },
            Parcel::Gossip(transactions) => {
                Input::Transactions { transactions: self.heeded(to, transactions), source: Source::Gossip }
            }
            Parcel::Fetched(transactions) => Input::Transactions { transactions, source: Source::Fetched },
            Parcel::Submitted(transactions) => {
                let source = Source::Client { ticket: 0 };
                Input::Transactions { transactions: self.heeded(to, transactions), source }
            }
        }))
    }

    /// Without what a censor keeps from its replica.
    fn heeded(&self, to: u16, mut transactions: Vec<Arc<VerifiedTransaction>>) -> Vec<Arc<VerifiedTransaction>> {
        if let Some(adversary) = self.adversaries.get(&to) {
            transactions.retain(|transaction| !adversary.ignores(transaction));
        }
        transactions
    }

    /// Wakes a node at a time of the world, if nothing wakes it earlier.
    pub(super) fn wake(&mut self, index: u16, at: u64) {
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return };
        if node.wake.is_none_or(|wake| at < wake) {
            node.wake = Some(at);
            self.network.schedule(at, index, Parcel::Wake);
        }
    }

    fn carry_out(&mut self, from: u16, at: u64, output: Output) -> Result<(), Violation> {
        match output {
            Output::Persist { .. }
            | Output::Rotate { .. }
            | Output::Admitted { .. }
            | Output::Declined { .. }
            | Output::Expired { .. }
            | Output::Mended { .. }
            | Output::Stranded { .. } => {}
            Output::Epoch { epoch, validators } => {
                if let Some(adversary) = self.adversaries.get_mut(&from) {
                    adversary.stand(epoch, &validators);
                }
                if let Some(node) = self.nodes.get_mut(usize::from(from)) {
                    node.seats = validators;
                }
            }
            Output::Send { to, message, .. } => self.send(from, at, to, message)?,
            Output::Gossip { transactions } => {
                if self.adversaries.get(&from).is_none_or(Adversary::gossips) {
                    self.gossip(from, at, transactions);
                }
            }
            Output::Verify { transactions } => {
                let chain = self.genesis.chain();
                let checked = transactions.into_iter().filter_map(|signed| signed.verify(&chain).ok()).map(Arc::new);
                self.network.schedule(at + 1, from, Parcel::Fetched(checked.collect()));
            }
            Output::Committed { .. } | Output::Certified { .. } if self.adversaries.contains_key(&from) => {}
            Output::Committed { height, .. } => self.executed(from, height)?,
            Output::Certified { height } => self.certified(from, height)?,
            Output::Equivocation { signer, text } => {
                let accused = self.holder(signer, from);
                let excused = |accused| {
                    let confused = self.confused.contains(&accused) && text.contains("Checkpoint");
                    self.contradicts(accused) || confused
                };
                if !accused.is_some_and(excused) {
                    let text = format!("v{from} accuses an honest validator: {text}");
                    return Err(Violation::new("evidence", text));
                }
                if !self.adversaries.contains_key(&from) {
                    self.report.saw("seen: equivocation");
                }
            }
            Output::WakeAt(time) => {
                let skew = self.nodes.get(usize::from(from)).map_or(0, |node| node.skew_ms);
                let wake = time.0.saturating_add_signed(-skew).max(at + 1);
                self.wake(from, wake);
            }
            Output::Halted { attempt } => {
                return Err(Violation::new("halt", format!("v{from} halted at block {}", attempt.height)));
            }
            Output::Stop(cause) => self.stopped(from, &cause.to_string())?,
        }
        Ok(())
    }

    /// A node has stopped itself: nobody but a failing disk may bring an honest one to that.
    fn stopped(&mut self, index: u16, cause: &str) -> Result<(), Violation> {
        let injected = cause.contains("(injected)") || cause.contains("earlier write failed");
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return Ok(()) };
        if node.garbled {
            self.report.saw("seen: ledger damage found while running");
            node.replace_ledger().map_err(|error| Violation::new("start", error))?;
        } else if self.confused.contains(&index) && cause.contains("Unstable") {
            // Its journal holds what it signed of a wrong result: its operator begins anew.
            node.lose_journal();
        } else if !injected && !self.adversaries.contains_key(&index) {
            return Err(Violation::new("stop", format!("v{index} stopped itself: {cause}")));
        }
        self.crash_for_a_while(index);
        Ok(())
    }

    fn executed(&mut self, index: u16, height: Height) -> Result<(), Violation> {
        let Some(node) = self.nodes.get_mut(usize::from(index)) else { return Ok(()) };
        let Some(replica) = &node.replica else { return Ok(()) };
        node.executed = node.executed.max(height);
        let reader = replica.reader();
        match self.checker.executed(index, &reader, height) {
            Ok(block) => self.facts.push((index, Fact::Executed { block })),
            Err(violation) if node.garbled && violation.is_of_damage() => {}
            Err(violation) => return Err(violation),
        }
        Ok(())
    }

    /// A client at this node learns what is final.
    fn certified(&mut self, index: u16, height: Height) -> Result<(), Violation> {
        let Some(node) = self.nodes.get(usize::from(index)) else { return Ok(()) };
        let Some(replica) = &node.replica else { return Ok(()) };
        let reader = replica.reader();
        match self.checker.announced(index, &reader, height) {
            Err(violation) if node.garbled && violation.is_of_damage() => {}
            checked => checked?,
        }
        let told = self.told.entry(index).or_default();
        for height in (told.0 + 1..=height.0).map(Height) {
            let read = |error: LedgerError| Violation::new("ledger", format!("v{index}: {error}"));
            let receipts = match reader.receipts(height).map_err(read) {
                Err(_) if node.garbled => continue,
                receipts => receipts?,
            };
            match self.checker.certified(index, &reader, height) {
                Err(violation) if node.garbled && violation.is_of_damage() => continue,
                checked => checked?,
            }
            for receipt in receipts {
                if self.clients.told(&receipt.transaction) {
                    self.checker.acknowledge(receipt.transaction, height);
                }
            }
            *told = height;
        }
        Ok(())
    }

    pub(super) fn crash_for_a_while(&mut self, index: u16) {
        let back = self.now - BEGIN_MS + 50 + self.random.below(2_000);
        self.crash(index, Harm::Unsynced, back);
    }
}

//! What nodes do with an engine's orders, and what the wire does with their messages.

use super::{Happening, Network, Payload};
use countersign_consensus::{Action, Engine, Event, Message, Origin, Propose, Synced, Target, Verdict};
use countersign_types::{Block, Certificate, Epoch, Hash, Phase};

impl Network {
    pub(super) fn carry_out(&mut self, index: u16, action: Action) {
        let at = usize::from(index);
        match action {
            Action::Persist { entry, record } => {
                assert_eq!(entry, self.nodes[at].next_entry, "entries are numbered without gaps");
                self.nodes[at].next_entry += 1;
                self.nodes[at].unsynced.push((entry, record));
            }
            Action::Send { to, message, after } => self.nodes[at].held_back.push((after, to, message)),
            Action::Propose(order) => {
                let block = self.build(index, &order);
                self.nodes[at].bodies.insert(block.hash(), block.clone());
                let event = Event::Proposed { view: order.view, block };
                self.after(index, 1, Happening::Event(Box::new(event)));
            }
            Action::Validate { block, ancestors } => {
                let node = &mut self.nodes[at];
                let repeats = ancestors
                    .iter()
                    .filter_map(|hash| node.bodies.get(hash))
                    .chain(node.ledger.iter().map(|stored| &stored.block))
                    .any(|body| body.transactions.iter().any(|tx| block.transactions.contains(tx)));
                let (hash, proposer) = (block.hash(), block.header.proposer);
                node.bodies.insert(hash, block);
                let bad = self.bad_leader.filter(|(leader, _)| *leader == proposer).map(|(_, payload)| payload);
                if bad == Some(Payload::Withheld) {
                    return;
                }
                let verdict = if repeats || bad.is_some() { Verdict::Invalid } else { Verdict::Valid };
                let delay = self.dice.roll(4);
                self.after(index, delay, Happening::Event(Box::new(Event::Validated { block: hash, verdict })));
            }
            Action::Finalise { block, certificate } => self.finalise(index, block, &certificate),
            Action::Certify { result, certificate } => {
                assert_eq!(certificate.digest, result.hash());
                if certificate.epoch == self.nodes[at].epoch {
                    let validators = self.nodes[at].validators(&self.validators);
                    let _ = certificate.verify(validators.committee.chain(), validators.committee.set()).unwrap();
                }
                let stored = &mut self.nodes[at].ledger[result.height.0 as usize - 1];
                assert_eq!(stored.result, result);
                assert!(stored.certificate.is_none(), "a result is certified once");
                stored.certificate = Some(certificate);
            }
            Action::EpochEnds { height } => {
                assert_eq!(Some(height), self.nodes[at].last(&self.validators, self.changes_after));
                self.after(index, 1, Happening::NextEpoch);
            }
            Action::Evidence(evidence) => {
                assert!(self.nodes[at].validators(&self.validators).committee.proves(&evidence));
                self.evidence += 1;
            }
            Action::Behind { peer, .. } => {
                self.behind += 1;
                self.after(index, 20, Happening::CatchUp { peer });
            }
            Action::Stop(stop) => self.nodes[at].stops.push(stop),
            Action::WakeAt(wake) => {
                let clock = self.clock(index);
                assert!(wake > clock, "no spinning");
                self.nodes[at].wake_at = Some(wake);
                self.after(index, wake.since(clock), Happening::Wake);
            }
        }
    }

    fn build(&self, index: u16, order: &Propose) -> Block {
        let node = &self.nodes[usize::from(index)];
        let mut free = node.pending.clone();
        for body in order.ancestors.iter().map(|hash| &node.bodies[hash]) {
            body.transactions.iter().for_each(|tx| {
                free.remove(tx);
            });
        }
        let transactions: Vec<Hash> = free.into_iter().collect();
        assert!(self.clock(index) > order.time_after);
        let height = order.parent_height.0 + 1;
        let validators = node.validators(&self.validators);
        let mut block = validators.block(order.view.0, order.parent, height, self.clock(index), &transactions);
        block.header.result = order.result;
        block
    }

    fn finalise(&mut self, index: u16, block: Block, certificate: &Certificate) {
        let node = &mut self.nodes[usize::from(index)];
        let validators = node.validators(&self.validators);
        let _ = certificate.verify(validators.committee.chain(), validators.committee.set()).unwrap();
        assert_eq!(certificate.phase, Phase::Commit);
        let height = block.header.height;
        assert_eq!(height.0, node.ledger.len() as u64 + node.to_execute.len() as u64 + 1, "in order, each once");
        let agreed = *self.finalised.entry(height).or_insert(block.hash());
        self.final_at.entry(height).or_insert(self.now);
        assert_eq!(agreed, block.hash(), "two blocks final at height {height}");
        node.to_execute.push(block);
        let ahead = node.to_execute.len() as u64;
        let delay = node.execute_ms * ahead + self.dice.roll(5);
        self.after(index, delay, Happening::Execute);
    }

    pub(super) fn begin_sync(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        if node.unsynced.is_empty() && !node.syncing {
            self.flush(index);
        } else if !node.syncing {
            node.syncing = true;
            let delay = 1 + self.dice.roll(2);
            self.after(index, delay, Happening::Sync);
        }
    }

    pub(super) fn synced(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        node.syncing = false;
        let records = std::mem::take(&mut node.unsynced);
        node.durable.extend(records);
        let entry = node.next_entry - 1;
        self.flush(index);
        self.handle(index, Event::Persisted { entry });
    }

    /// Sends what is durable.
    fn flush(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let durable = node.unsynced.first().map_or(node.next_entry - 1, |(entry, _)| entry - 1);
        let held = std::mem::take(&mut node.held_back);
        let (ready, held): (Vec<_>, Vec<_>) = held.into_iter().partition(|(after, _, _)| *after <= durable);
        node.held_back = held;
        for (_, to, message) in ready {
            let identity = self.nodes[usize::from(index)].identity;
            self.nodes[usize::from(index)].check_said(identity, &message);
            self.nodes[usize::from(index)].sent += 1;
            let others = self.nodes.iter().zip(0u16..).filter(|(node, at)| match to {
                Target::All => node.identity != identity && *at != index,
                Target::One(peer) => node.identity == peer,
            });
            let targets: Vec<u16> = others.map(|(_, at)| at).collect();
            for target in targets {
                self.post(index, target, &message);
            }
        }
    }

    /// Puts a message on the wire.
    pub fn post(&mut self, from: u16, to: u16, message: &Message) {
        let lost = self.dice.roll(100) < self.faults.loss_percent;
        let tampered = self.tamper.is_some_and(|drops| drops(from, message));
        let deaf = self.deaf.is_some_and(|(node, misses)| node == to && misses(message));
        if lost
            || tampered
            || deaf
            || self.is_apart(from, to, message)
            || self.cut.contains(&(from, to))
            || usize::from(to) >= self.nodes.len()
        {
            return;
        }
        let epoch = self.nodes[usize::from(from)].epoch;
        let copies = if self.dice.roll(100) < self.faults.double_percent { 2 } else { 1 };
        let identity = self.nodes[usize::from(from)].identity;
        for _ in 0..copies {
            let delay = self.faults.delay_min + self.dice.roll(self.faults.delay_max);
            self.after(to, delay, Happening::Deliver { from: identity, epoch, bytes: message.encode() });
        }
    }

    /// Whether the partition of the view that a message is about keeps it from its receiver.
    fn is_apart(&self, from: u16, to: u16, message: &Message) -> bool {
        let Some(engine) = &self.nodes[usize::from(from)].engine else { return true };
        let view = match message {
            Message::PrePrepare(proposal) => proposal.view.0,
            Message::Vote { vote, .. } if vote.phase != Phase::Checkpoint => vote.number,
            _ => engine.status().view.0,
        };
        let groups = self.partitions.get((view as usize).wrapping_sub(1));
        let begun = self.entered.get(&view).copied().unwrap_or(self.now);
        groups.is_some_and(|groups| groups[usize::from(from)] != groups[usize::from(to)])
            && self.now < begun.plus(Self::PARTITION_MS)
    }

    /// Copies from a peer's ledger what is certified there.
    pub(super) fn catch_up(&mut self, index: u16, peer: u16) {
        let own = self.nodes[usize::from(index)].ledger.len();
        let other = &self.nodes[usize::from(peer)];
        if other.engine.is_none() || self.cut.contains(&(index, peer)) {
            return;
        }
        let certified = other.ledger.iter().rposition(|stored| stored.certificate.is_some()).map_or(0, |at| at + 1);
        // What was executed here and is certified there only.
        let known = other.ledger.iter().take(own).zip(&self.nodes[usize::from(index)].ledger);
        let lacking: Vec<Certificate> = known
            .filter(|(_, own)| own.certificate.is_none())
            .filter_map(|(theirs, _)| theirs.certificate.clone())
            .collect();
        let origin = self.nodes[usize::from(index)].origin.height.0;
        let epoch_end = self.changes_after.map(|after| origin + after + self.validators.parameters.run_ahead);
        let to = certified.min(epoch_end.map_or(usize::MAX, |end| end as usize));
        let stored = other.ledger.get(own..to).unwrap_or_default().to_vec();
        for certificate in lacking {
            let message = Message::Certificate(certificate);
            self.handle(index, Event::Received { from: self.nodes[usize::from(peer)].identity, message });
        }
        if stored.is_empty() {
            return;
        }
        let node = &mut self.nodes[usize::from(index)];
        node.to_execute.clear(); // One owner: catch-up overtakes what was being executed.
        node.ledger.extend(stored);
        let last = node.ledger.last().unwrap().clone();
        let header = &last.block.header;
        let event = Event::Synced(Synced {
            height: header.height,
            block: last.block.hash(),
            time: header.time,
            view: header.view,
            result: last.result.clone(),
            last: node.last(&self.validators, self.changes_after),
            certificate: last.certificate.clone(),
        });
        self.nodes[usize::from(index)].forget_stored();
        self.handle(index, event);
        self.tell_due(index);
    }

    /// Goes on with the next epoch's engine.
    pub(super) fn begin_epoch(&mut self, index: u16) {
        let node = &mut self.nodes[usize::from(index)];
        let last = node.last(&self.validators, self.changes_after).unwrap();
        let stored = &node.ledger[last.0 as usize - 1];
        assert!(
            stored.certificate.is_some() && node.ledger.len() as u64 == last.0,
            "nothing stands above the last block"
        );
        node.epoch = Epoch(node.epoch.0 + 1);
        node.origin = Origin { height: last, block: stored.block.hash() };
        node.wake_at = None;
        let records = node.durable.iter().chain(&node.unsynced).map(|(_, record)| record.clone()).collect();
        let (base, validators) = (node.base(&self.validators, self.changes_after), node.validators(&self.validators));
        let engine = Engine::new(validators.config(node.identity), base, records, node.next_entry).unwrap();
        node.engine = Some(engine);
        node.told_due = false;
        // What the old engine still had to hear is of no use to the new one.
        node.life += 1;
        node.syncing = false;
        node.held_back.clear();
        self.after(index, 0, Happening::Event(Box::new(Event::Tick)));
        self.tell_due(index);
    }
}

//! How what leaves a node gets to others: seats of the epoch, second instances, what adversaries make of it.

use super::{Adversary, OBSERVERS, Violation, World};
use crate::simulation::adversary::{Kind, Said};
use crate::simulation::fault::{Group, Harm};
use crate::simulation::network::Parcel;
use countersign_consensus::{Message, Target};
use countersign_replica::wire::Wire;
use countersign_types::{Phase, VerifiedTransaction};
use std::sync::Arc;

/// Milliseconds between two things that adversaries say unasked.
const MISCHIEF_MS: u64 = 100;

fn is_checkpoint(message: &Wire) -> bool {
    matches!(message, Wire::Consensus { message: Message::Vote { vote, .. }, .. } if vote.phase == Phase::Checkpoint)
}

impl World {
    pub(super) fn send(&mut self, from: u16, at: u64, to: Target, message: Wire) -> Result<(), Violation> {
        match self.adversaries.get_mut(&from) {
            Some(adversary) => {
                let said = adversary.distort(to, message);
                self.say(from, at, said);
            }
            None => {
                let excused = self.confused.contains(&from) && is_checkpoint(&message);
                if !self.contradicts(from) && !excused {
                    self.checker.sent(from, &message)?;
                }
                self.post(from, at, to, &message);
            }
        }
        Ok(())
    }

    /// Whether a validator may contradict itself.
    pub(super) fn contradicts(&self, node: u16) -> bool {
        self.corrupt.contains(&node) && !self.reminded.contains(&node)
    }

    pub(super) fn gossip(&mut self, from: u16, at: u64, transactions: Vec<Arc<VerifiedTransaction>>) {
        self.carry(from, at, Target::All, &Parcel::Gossip(transactions));
    }

    fn post(&mut self, from: u16, at: u64, to: Target, message: &Wire) {
        let sender = self.validator(from);
        let parcel = Parcel::Message { from: sender, bytes: Arc::new(message.to_bytes()), class: message.class() };
        self.carry(from, at, to, &parcel);
    }

    /// Puts on its way what an adversary says.
    fn say(&mut self, from: u16, at: u64, said: Vec<Said>) {
        for said in said {
            match said {
                Said::To(to, message) => self.post(from, at, to, &message),
                Said::Gossip(transactions) => self.gossip(from, at, transactions),
                Said::Forget => {
                    self.crash(from, Harm::Unsynced, at - super::BEGIN_MS + 30);
                    if let Some(node) = self.nodes.get_mut(usize::from(from)) {
                        node.forget();
                    }
                }
            }
        }
    }

    fn carry(&mut self, from: u16, at: u64, to: Target, parcel: &Parcel) {
        let sender = self.validator(from);
        let receivers = match to {
            Target::All => 0..self.plan.validators,
            Target::One(seat) => match self.holder(seat, from) {
                Some(to) => to..to + 1,
                None => return,
            },
        };
        for to in receivers.filter(|to| *to != sender) {
            // An instance speaks with its own audience alone.
            if self.instance(sender, to) == from {
                self.network.send(at, sender, to, self.instance(to, sender), parcel);
            }
        }
    }

    /// The validator that an instance is one of.
    pub(super) fn validator(&self, instance: u16) -> u16 {
        self.twins.iter().find(|(_, (second, _))| *second == instance).map_or(instance, |(first, _)| *first)
    }

    /// The instance of a validator with which another one has to do.
    pub(super) fn instance(&self, validator: u16, peer: u16) -> u16 {
        match self.twins.get(&validator) {
            Some((second, audience)) if audience.has(peer) => *second,
            _ => validator,
        }
    }

    /// The index under which a node knows a validator in its epoch; a high number if that is none there.
    pub(super) fn seat(&self, of: u16, seen_by: u16) -> u16 {
        let key = self.keys.get(usize::from(of));
        let seat = self.nodes.get(usize::from(seen_by)).zip(key).and_then(|(node, key)| node.seats.index_of(key));
        seat.unwrap_or(OBSERVERS + of)
    }

    /// The validator that holds a seat, as a node sees it.
    pub(super) fn holder(&self, seat: u16, seen_by: u16) -> Option<u16> {
        if seat >= OBSERVERS {
            return Some(seat - OBSERVERS).filter(|node| *node < self.plan.validators);
        }
        let key = self.nodes.get(usize::from(seen_by))?.seats.member(seat)?.key;
        self.keys.iter().position(|known| *known == key).and_then(|node| u16::try_from(node).ok())
    }

    /// Adversaries do what nobody asked them to, and twins change their audiences.
    pub(super) fn mischief(&mut self) {
        if !self.now.is_multiple_of(MISCHIEF_MS) {
            return;
        }
        let up = |node: &u16| self.nodes.get(usize::from(*node)).is_some_and(|node| node.replica.is_some());
        let able: Vec<u16> = self.adversaries.keys().copied().filter(up).collect();
        for index in able {
            let said = self.adversaries.get_mut(&index).map(Adversary::invent).unwrap_or_default();
            self.say(index, self.now, said);
        }
        for (_, audience) in self.twins.values_mut() {
            if self.random.chance(50) {
                *audience = Group::some(&mut self.random, self.plan.validators);
            }
        }
    }

    /// Kinds of adversaries there are in this world.
    pub(super) fn is_there(&self, kind: Kind) -> bool {
        self.adversaries.values().any(|adversary| adversary.kind() == kind)
    }
}

//! The simulated network: delays, losses, duplicates, partitions of every shape, links that clog.

use super::fault::What;
use super::random::Random;
use countersign_replica::wire::Class;
use countersign_types::VerifiedTransaction;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something on its way to a node.
#[derive(Debug, Clone)]
pub enum Parcel {
    /// A message on a direct stream.
    Message {
        /// The sender.
        from: u16,
        /// Its bytes.
        bytes: Arc<Vec<u8>>,
        /// The class it travels in.
        class: Class,
    },
    /// Gossiped transactions.
    Gossip(Vec<Arc<VerifiedTransaction>>),
    /// Transactions that the node's own verifiers have checked.
    Fetched(Vec<Arc<VerifiedTransaction>>),
    /// A client's transactions.
    Submitted(Vec<Arc<VerifiedTransaction>>),
    /// Another node can be reached.
    Connected(u16),
    /// The time that the node asked to be woken at.
    Wake,
}

/// What a link does with a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Link {
    Open,
    Clogged,
    Cut,
}

/// Longest delay on a good day, milliseconds.
pub const FAIR_DELAY_MS: u64 = 5;

/// What is on its way.
#[derive(Debug)]
pub struct Network {
    /// Faults of the network that hold now, by their number.
    faults: BTreeMap<usize, What>,
    /// What clogged links hold back.
    held: Vec<(u16, u16, u16, Parcel)>,
    parcels: BTreeMap<(u64, u64), (u16, Parcel)>,
    sent: u64,
    random: Random,
}

impl Network {
    /// A network in which all is well.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { faults: BTreeMap::new(), held: Vec::new(), parcels: BTreeMap::new(), sent: 0, random }
    }

    /// A fault begins.
    pub fn suffer(&mut self, number: usize, what: What) {
        self.faults.insert(number, what);
    }

    /// A fault is over: links that are no longer clogged deliver all at once.
    pub fn recover(&mut self, number: usize, now: u64) {
        self.faults.remove(&number);
        for (from, to, instance, parcel) in std::mem::take(&mut self.held) {
            match self.link(now, from, to) {
                Link::Clogged => self.held.push((from, to, instance, parcel)),
                _ => self.schedule(now + 1, instance, parcel),
            }
        }
    }

    /// Whether two nodes reach each other.
    #[must_use]
    pub fn connects(&self, now: u64, one: u16, other: u16) -> bool {
        self.link(now, one, other) == Link::Open && self.link(now, other, one) == Link::Open
    }

    fn link(&self, now: u64, from: u16, to: u16) -> Link {
        let state = |what: &What| match what {
            What::Split { side } if side.has(from) != side.has(to) => Link::Cut,
            What::OneWay { side } if side.has(from) && !side.has(to) => Link::Cut,
            What::Bridge { side, by } if from != *by && to != *by && side.has(from) != side.has(to) => Link::Cut,
            What::Flap { side, period_ms } if (now / period_ms).is_multiple_of(2) && side.has(from) != side.has(to) => {
                Link::Cut
            }
            What::Clog { from: silent, to: deaf } if silent.has(from) && deaf.has(to) => Link::Clogged,
            _ => Link::Open,
        };
        self.faults.values().map(state).max().unwrap_or(Link::Open)
    }

    /// Puts a parcel on its way at an exact time.
    pub fn schedule(&mut self, at: u64, to: u16, parcel: Parcel) {
        self.sent += 1;
        self.parcels.insert((at, self.sent), (to, parcel));
    }

    /// Sends a parcel through the weather of the link between two nodes, to an instance of the second.
    pub fn send(&mut self, now: u64, from: u16, to: u16, instance: u16, parcel: &Parcel) {
        let link = self.link(now, from, to);
        let (mut loss, mut duplication, mut delay) = (0, 0, FAIR_DELAY_MS);
        for what in self.faults.values() {
            match what {
                What::Loss { per_mille } => loss = loss.max(*per_mille),
                What::Duplication { per_mille } => duplication = duplication.max(*per_mille),
                What::Delay { max_ms } => delay = delay.max(*max_ms),
                _ => {}
            }
        }
        if link == Link::Cut || self.random.chance(loss) {
            return;
        }
        if link == Link::Clogged {
            self.held.push((from, to, instance, parcel.clone()));
            return;
        }
        let copies = if self.random.chance(duplication) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = 1 + self.random.below(delay);
            self.schedule(now + delay, instance, parcel.clone());
        }
    }

    /// Another parcel for a node at this very time.
    pub fn next_for(&mut self, node: u16, now: u64) -> Option<Parcel> {
        let found = self.parcels.range(..=(now, u64::MAX)).find(|(_, (to, _))| *to == node).map(|(key, _)| *key)?;
        self.parcels.remove(&found).map(|(_, parcel)| parcel)
    }

    /// The next parcel, if it arrives by `until`.
    pub fn next(&mut self, until: u64) -> Option<(u64, u16, Parcel)> {
        let (&(at, number), _) = self.parcels.first_key_value().filter(|((at, _), _)| *at <= until)?;
        self.parcels.remove(&(at, number)).map(|(to, parcel)| (at, to, parcel))
    }
}

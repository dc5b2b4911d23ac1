//! The simulated network: delays, losses, duplicates, partitions.

use super::random::Random;
use countersign_replica::wire::Wire;
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
        /// Its bytes' meaning, encoded and decoded again on the way.
        message: Box<Wire>,
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

/// How bad the network is.
#[derive(Debug, Clone, Copy)]
pub struct Weather {
    /// Messages lost, per mille.
    pub loss: u64,
    /// Messages that arrive twice, per mille.
    pub duplication: u64,
    /// Longest delay in milliseconds; shorter ones are as likely, so messages overtake each other.
    pub delay_max_ms: u64,
}

impl Weather {
    /// A good day: nothing is lost.
    pub const FAIR: Self = Self { loss: 0, duplication: 0, delay_max_ms: 5 };
}

/// What is on its way.
#[derive(Debug)]
pub struct Network {
    /// How bad it is.
    pub weather: Weather,
    /// Group of each node; messages between groups are lost.
    pub groups: Vec<u8>,
    parcels: BTreeMap<(u64, u64), (u16, Parcel)>,
    sent: u64,
}

impl Network {
    /// A whole network of `count` nodes.
    #[must_use]
    pub fn new(count: u16, weather: Weather) -> Self {
        Self { weather, groups: vec![0; usize::from(count)], parcels: BTreeMap::new(), sent: 0 }
    }
    /// Whether no partition lies between two nodes.
    #[must_use]
    pub fn reaches(&self, from: u16, to: u16) -> bool {
        self.groups.get(usize::from(from)) == self.groups.get(usize::from(to))
    }
    /// Puts a parcel on its way at an exact time.
    pub fn schedule(&mut self, at: u64, to: u16, parcel: Parcel) {
        self.sent += 1;
        self.parcels.insert((at, self.sent), (to, parcel));
    }
    /// Sends a parcel through the weather.
    pub fn send(&mut self, now: u64, random: &mut Random, from: u16, to: u16, parcel: &Parcel) {
        if !self.reaches(from, to) || random.chance(self.weather.loss) {
            return;
        }
        let copies = if random.chance(self.weather.duplication) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = 1 + random.below(self.weather.delay_max_ms);
            self.schedule(now + delay, to, parcel.clone());
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

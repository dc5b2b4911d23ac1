//! Mixed: a ledger's worth of events of all industries, with one lot to be recalled and one deep chain in the midst of them.

use super::{Deep, Profile, Recall};
use countersign_epcis::Event;
use std::collections::BTreeMap;

/// Of so many events one is of the recall, and one of the deep chain, while there are any.
const ONE_IN: u64 = 40;
/// Turns of the industries: most events are food's, few are medicine's, which name far more things each.
const TURNS: [Profile; 10] = [
    Profile::Food,
    Profile::Seafood,
    Profile::Food,
    Profile::Batteries,
    Profile::Iot,
    Profile::Food,
    Profile::Seafood,
    Profile::Batteries,
    Profile::Food,
    Profile::Pharma,
];

/// The events of all industries.
#[derive(Debug, Clone)]
pub struct Mixed {
    /// How many events there are.
    pub events: u64,
    /// The lot to be recalled.
    pub recall: Recall,
    /// The deep chain.
    pub deep: Deep,
    seed: u64,
}

impl Mixed {
    /// So many events at least: the recall and the deep chain are told to their ends.
    #[must_use]
    pub fn new(seed: u64, events: u64, serials: u64, depth: u64) -> Self {
        Self { events, recall: Recall::new(seed, serials), deep: Deep::new(seed, depth), seed }
    }

    /// The events, in the order in which they are captured: what is rare lies as far apart as the number of events lets it.
    pub fn events(&self) -> impl Iterator<Item = Event> + Send + use<> {
        let mut industries: BTreeMap<Profile, _> =
            TURNS.iter().map(|profile| (*profile, profile.events(self.seed))).collect();
        let (mut recall, mut deep) = (self.recall.events(), self.deep.events());
        let (whole, mut told) = (self.events, 0u64);
        let (mut recall_ends, mut deep_ends) = (false, false);
        std::iter::from_fn(move || {
            let number = told;
            told += 1;
            let is_turn = |of: u64| number % ONE_IN == of || number >= whole;
            if !recall_ends && is_turn(0) {
                match recall.next() {
                    Some(event) => return Some(event),
                    None => recall_ends = true,
                }
            }
            if !deep_ends && is_turn(1) {
                match deep.next() {
                    Some(event) => return Some(event),
                    None => deep_ends = true,
                }
            }
            if number >= whole {
                return None;
            }
            let turn = usize::try_from(number).unwrap_or(usize::MAX) % TURNS.len();
            industries.get_mut(TURNS.get(turn)?)?.next()
        })
    }
}

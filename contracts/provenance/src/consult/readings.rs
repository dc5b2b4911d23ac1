//! Readings: temperatures of sensor events, and things that leave, for the keeper of the cold chain.

mod temperature;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use countersign_contract::{Address, Context, ContractEvent};
use countersign_epcis::{Event, Identifier};
use countersign_interfaces::coldchain::{ColdChainClient, ITEMS_MAX, Observation, READINGS_MAX};

use super::unavailable;
use crate::capture::indexed;
use crate::limits::OBSERVATION_GAS;

/// The business steps by which things leave for somebody else: what is held should not.
const LEAVING: [&str; 4] = ["shipping", "departing", "retail_selling", "dispensing"];

/// An event names a thing that the cold chain holds. Indexed fields too long for the index are empty.
#[derive(Clone, Debug, PartialEq, Eq, ContractEvent)]
pub struct ItemHeld<'a> {
    /// Number of the event's record.
    pub sequence: u64,
    /// The thing.
    #[indexed]
    pub item: &'a str,
    /// Whether the event is one by which it leaves; otherwise one of sensors.
    #[indexed]
    pub leaves: bool,
    /// Since when it is held, by blocks' time in milliseconds since 1970 UTC.
    pub since_ms: u64,
}

/// Which record an observation is of.
struct Origin {
    sequence: u64,
    leaves: bool,
}

/// What the events of a call measured, and what left.
pub(super) struct Readings {
    keeper: Address,
    observations: Vec<Observation>,
    origins: Vec<Origin>,
    items: usize,
    unasked: u32,
}

impl Readings {
    pub(super) fn of(keeper: Address) -> Self {
        Self { keeper, observations: Vec::new(), origins: Vec::new(), items: 0, unasked: 0 }
    }

    /// Notes what an event measured and what leaves by it. What the keeper would refuse is not told, so that it takes
    /// nothing from the other events.
    pub(super) fn note(&mut self, event: &Event, sequence: u64, now_ms: u64) {
        let readings = temperature::readings(event);
        let leaves = LEAVING.contains(&event.step_word());
        if readings.is_empty() && !leaves {
            return;
        }
        let items: Vec<String> = event.subjects().map(Identifier::canonical).map(ToString::to_string).collect();
        let count = self.items.saturating_add(items.len());
        let takes = readings.len() <= READINGS_MAX && readings.iter().all(|reading| reading.check(now_ms).is_ok());
        if count > ITEMS_MAX || !takes {
            let unasked = u32::try_from(items.len()).unwrap_or(u32::MAX);
            self.unasked = self.unasked.saturating_add(unasked);
            return;
        }
        self.items = count;
        self.observations.push(Observation { items, readings });
        self.origins.push(Origin { sequence, leaves });
    }

    /// Tells the keeper all of it in one call, and announces what is held.
    pub(super) fn tell(self, ctx: &mut Context) {
        let Self { keeper, observations, origins, items, mut unasked } = self;
        if !observations.is_empty() {
            let client = ColdChainClient::at(keeper).gas(OBSERVATION_GAS);
            match client.observe(ctx, observations.clone()) {
                Ok(held) => {
                    for (Observation { items, .. }, Origin { sequence, leaves }) in observations.iter().zip(&origins) {
                        for held in held.iter().filter(|held| items.contains(&held.item)) {
                            let (sequence, leaves, since_ms) = (*sequence, *leaves, held.hold.since_ms);
                            ctx.emit(&ItemHeld { sequence, item: indexed(Some(&held.item)), leaves, since_ms });
                        }
                    }
                }
                Err(_) => unasked = unasked.saturating_add(u32::try_from(items).unwrap_or(u32::MAX)),
            }
        }
        unavailable(ctx, keeper, unasked);
    }
}

//! IoT: 600-byte readings of loggers on pallets. A logger without network keeps what it read for six hours and sends it in one
//! burst, so events of different loggers arrive far out of the order in which they happened.

use super::Story;
use super::scribe::{MINUTE_MS, SITES, Scribe, epcs, object};
use countersign_epcis::event::{Action, Event};
use countersign_epcis::sensor::{SensorElement, SensorMetadata, SensorReport};
use countersign_epcis::term::{Term, Vocabulary};
use countersign_epcis::{Decimal, Identifier, Time};
use std::collections::VecDeque;

const LOGGERS: u64 = 50;
/// Readings of a burst: one each 15 minutes for six hours.
pub(super) const BURST: i64 = 24;
const EVERY_MS: i64 = 15 * MINUTE_MS;

pub(super) struct Iot {
    scribe: Scribe,
    pallets: Vec<Identifier>,
    turn: usize,
}

impl Iot {
    pub(super) fn new(seed: u64) -> Self {
        let mut scribe = Scribe::new(6, seed);
        let pallets = (0..LOGGERS).map(|_| scribe.unit()).collect();
        Self { scribe, pallets, turn: 0 }
    }
}

impl Story for Iot {
    fn tell(&mut self, events: &mut VecDeque<Event>) {
        let logger = self.turn % self.pallets.len();
        if logger == 0 {
            self.scribe.clock_ms += BURST * EVERY_MS;
            // What was monitored has arrived; the loggers go onto other pallets.
            self.pallets = (0..LOGGERS).map(|_| self.scribe.unit()).collect();
        }
        self.turn += 1;
        let Some(pallet) = self.pallets.get(logger).cloned() else { return };
        let (at, now) = (self.scribe.random.below(SITES), self.scribe.clock_ms);
        for reading in 0..BURST {
            self.scribe.clock_ms = now - (BURST - reading) * EVERY_MS;
            let what = object(Action::Observe, epcs([pallet.clone()]));
            let mut event = self.scribe.event(what, "sensor_reporting", "in_transit", at);
            event.location = None;
            let tenths = i128::from(self.scribe.random.between(15, 90));
            let report = SensorReport {
                kind: Some(Term::new(Vocabulary::Measurement, "Temperature")),
                value: Decimal::new(tenths, 1),
                uom: Some("CEL".to_owned()),
                ..SensorReport::default()
            };
            let metadata = SensorMetadata {
                time: Some(Time::at(event.time.ms())),
                device_id: Some(format!("https://id.gs1.org/8004/952100logger{logger:04}")),
                ..SensorMetadata::default()
            };
            event.sensors =
                vec![SensorElement { metadata: Some(metadata), reports: vec![report], extensions: Vec::new() }];
            events.push_back(event);
        }
        self.scribe.clock_ms = now;
    }
}

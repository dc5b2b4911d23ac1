//! The engine: `handle(now, event) → actions`.

use crate::action::Action;
use crate::committee::Committee;
use crate::config::{Base, Config};
use crate::error::Error;
use crate::event::Event;
use crate::record::Record;
use crate::status::Status;
use countersign_types::TimestampMs;

/// One validator's part in the protocol, without input or output.
#[derive(Debug)]
pub struct Engine {
    committee: Committee,
    status: Status,
    records: Vec<Record>,
}

impl Engine {
    /// Starts where ledger and journal stand. `records` is the replayed journal, `next_entry` the
    /// number of the next entry, at least 1. A journal without a [`Record::Origin`] makes the
    /// engine recover first.
    ///
    /// # Errors
    /// [`Error`] if key, journal or base do not belong together.
    pub fn new(config: Config, base: Base, records: Vec<Record>, _next_entry: u64) -> Result<Self, Error> {
        let committee = Committee::new(config.chain, config.epoch, config.set);
        let view = base.view.next();
        let status = Status {
            view,
            leader: committee.leader(view),
            due: false,
            prepared: base.height,
            finalised: base.height,
            executed: base.height,
            certified: base.height,
            failures: 0,
            recovering: records.is_empty(),
            active: Vec::new(),
            counters: crate::status::Counters::default(),
        };
        Ok(Self { committee, status, records })
    }

    /// Takes in one fact and answers what to do, in order.
    #[must_use]
    pub fn handle(&mut self, _now: TimestampMs, _event: Event) -> Vec<Action> {
        Vec::new()
    }

    /// What a fresh journal segment must begin with so that older ones can be dropped.
    #[must_use]
    pub fn retained(&self) -> Vec<Record> {
        self.records.clone()
    }

    /// Where it stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// The epoch's validators.
    #[must_use]
    pub fn committee(&self) -> &Committee {
        &self.committee
    }
}

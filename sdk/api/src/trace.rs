//! Answers of the walk in the interface's form: a node that asks a contract and a verifier that walks
//! over a proof answer with the same words.

use crate::limits::CHAIN_PAGE_MAX;
use crate::method::trace::{Trace, TraceAnomaly, TraceEvent};
use countersign_epcis::answer::{Anomaly, Chain, History, Lineage, Reached, Step, Truncated};
use countersign_epcis::time::utc;
use countersign_types::{Hash, Height};

/// A history in the interface's form.
#[must_use]
pub fn of_history(history: History) -> Trace {
    let events: Vec<TraceEvent> = history.events.into_iter().map(event).collect();
    let name = |event: &TraceEvent| event.event_id.clone().unwrap_or_else(|| event.hash.to_string());
    Trace {
        canonical: history.item,
        position: history.position,
        event_ids: events.iter().map(name).collect(),
        events,
        locations: history.locations,
        anomalies: history.anomalies.into_iter().map(anomaly).collect(),
        complete: history.truncated.is_none(),
        truncated: history.truncated.map(bound),
        ..Trace::default()
    }
}

/// A part of a history in the interface's form, with the cursor of the next.
#[must_use]
pub fn of_history_page(history: History, next_cursor: Option<String>) -> Trace {
    of_history(history).with_next(next_cursor)
}

impl Trace {
    /// Keeps the first page of a lineage; answers where the next begins, if it does not fit into one. A lineage lists in the
    /// order of a chain: products and then containers.
    pub fn first_page(&mut self) -> Option<u64> {
        let limit = usize::try_from(CHAIN_PAGE_MAX).unwrap_or(usize::MAX);
        let count = self.products.len().saturating_add(self.containers.len());
        self.products.truncate(limit);
        self.containers.truncate(limit.saturating_sub(self.products.len()));
        (count > limit).then_some(u64::from(CHAIN_PAGE_MAX))
    }

    /// Says that a page follows.
    #[must_use]
    pub fn with_next(self, next_cursor: Option<String>) -> Self {
        Self { complete: self.complete && next_cursor.is_none(), next_cursor, ..self }
    }

    /// Adds the page that follows this one.
    pub fn append(&mut self, next: Self) {
        self.events.extend(next.events);
        self.event_ids.extend(next.event_ids);
        for place in next.locations {
            if !self.locations.contains(&place) {
                self.locations.push(place);
            }
        }
        self.products.extend(next.products);
        self.containers.extend(next.containers);
        self.anomalies.extend(next.anomalies);
        self.anomalies.sort_by_key(|anomaly| anomaly.sequence);
        self.truncated = self.truncated.take().or(next.truncated);
        self.next_cursor = next.next_cursor;
        self.complete = self.truncated.is_none() && self.next_cursor.is_none();
    }
}

/// A lineage in the interface's form.
#[must_use]
pub fn of_lineage(lineage: Lineage) -> Trace {
    Trace {
        canonical: lineage.item,
        position: lineage.position,
        products: lineage.products,
        containers: lineage.containers,
        complete: lineage.truncated.is_none(),
        truncated: lineage.truncated.map(bound),
        ..Trace::default()
    }
}

/// The things of a chain's page in the interface's form of a lineage.
#[must_use]
pub fn of_chain(chain: Chain, next_cursor: Option<String>) -> Trace {
    let Chain { item, position, things, deeper, truncated, .. } = chain;
    let (containers, products): (Vec<Reached>, Vec<Reached>) = things.into_iter().partition(|one| one.is_container);
    let names = |all: Vec<Reached>| all.into_iter().map(|one| one.item).collect();
    let trace = Trace {
        canonical: item,
        position,
        products: names(products),
        containers: names(containers),
        complete: truncated.is_none() && !deeper,
        truncated: truncated.map(bound).or_else(|| deeper.then(|| "depth".to_owned())),
        ..Trace::default()
    };
    trace.with_next(next_cursor)
}

fn event(step: Step) -> TraceEvent {
    let word = |text: String| (!text.is_empty()).then_some(text);
    TraceEvent {
        sequence: step.sequence,
        event_id: step.event_id,
        hash: Hash(step.hash),
        event_time: utc(step.time_ms),
        kind: step.kind,
        action: word(step.action),
        biz_step: word(step.step),
        disposition: word(step.disposition),
        read_point: step.read_point,
        biz_location: step.location,
        through: step.through,
        submitter: step.submitter,
        height: Height(step.height),
        record_time: utc(i64::try_from(step.recorded_ms).unwrap_or(i64::MAX)),
    }
}

fn anomaly(anomaly: Anomaly) -> TraceAnomaly {
    TraceAnomaly { sequence: anomaly.sequence, rule: anomaly.rule, reason: anomaly.reason }
}

pub(crate) fn bound(truncated: Truncated) -> String {
    match truncated {
        Truncated::Reads => "reads".to_owned(),
        Truncated::Items => "items".to_owned(),
    }
}

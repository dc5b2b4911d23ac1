//! Anomalies: what does not fit in the events of a span of records, by what was known when each event happened.
//!
//! | rule | an event of the span … |
//! |---|---|
//! | `containment.two` | puts an instance into a second container; capture noted it |
//! | `quantity.over-consumed` | takes more of a lot than came to be until then |
//! | `quantity.unit` | names an amount in a unit that the rest of the lot cannot be compared with |
//! | `object.commissioned-twice` | lets an instance come to be that is there already |
//! | `travel.speed` | sees something so far from where it was that no aeroplane brings it there |
//! | `dwell.outlier` | ends a stay at a place that is far longer than the other stays that end there in the span |
//! | `custody.gap` | is recorded by an organisation while another has custody of a thing, and has not offered it |
//! | `custody.unsettled` | hands something over to an organisation that neither accepted nor refused it in time |
//!
//! Of the things that an event names, the first [`CUSTODY_SUBJECTS_MAX`](crate::limits::CUSTODY_SUBJECTS_MAX) are judged for
//! gaps of custody.

mod custody;
mod dwell;
mod place;

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::flow::Flow;
use super::{Step, Walk};
use crate::answer::{Anomaly, AnomalyReport, Irregularity};
use crate::event::{Action, Event, What};
use crate::identifier::{Identifier, Kind};
use crate::register::{Entry, Pos, Reader, Record, Role, key};
use crate::unit::are_comparable;
use custody::Gaps;
use dwell::Dwells;

/// Names of the rules that no register has.
mod rule {
    pub(super) const OVER_CONSUMED: &str = "quantity.over-consumed";
    pub(super) const UNIT: &str = "quantity.unit";
    pub(super) const TWICE: &str = "object.commissioned-twice";
    pub(super) const SPEED: &str = "travel.speed";
    pub(super) const DWELL: &str = "dwell.outlier";
    pub(super) const GAP: &str = "custody.gap";
    pub(super) const UNSETTLED: &str = "custody.unsettled";
}

/// The answer for the records from `since` on, at most `count` of them.
pub(super) fn anomalies<R: Reader>(walk: &mut Walk<'_, R>, since: u64, count: u64) -> Step<AnomalyReport, R> {
    let end = walk.position.min(since.saturating_add(count));
    let mut found = Found { report: noted(walk, since, end)?, dwells: Dwells::default() };
    let mut gaps = Gaps::default();
    for sequence in since..end {
        let Some(record) = walk.event(sequence)? else { continue };
        // A declaration repeats an event and changes nothing else.
        if record.event.error.is_some() || !walk.room(found.report.len()) {
            continue;
        }
        let seen = Seen { pos: Pos { time_ms: record.event.time.ms(), sequence }, record };
        found.quantities(walk, &seen)?;
        found.commissioning(walk, &seen)?;
        found.travel(walk, &seen)?;
        gaps.judge(walk, &seen, &mut found.report)?;
        found.dwells.add(walk, seen.pos, &seen.record.event)?;
    }
    let Found { mut report, dwells } = found;
    report.extend(dwells.outliers());
    report.sort_by(|one, other| (one.sequence, &one.rule, &one.item).cmp(&(other.sequence, &other.rule, &other.item)));
    let next = (end < walk.position && end > since).then_some(end);
    Ok(AnomalyReport {
        since,
        position: end,
        anomalies: report,
        next,
        complete: walk.truncated.is_none() && next.is_none(),
        truncated: walk.truncated,
    })
}

/// What capture noted of valid records from `since` up to `end`.
fn noted<R: Reader>(walk: &mut Walk<'_, R>, since: u64, end: u64) -> Step<Vec<Irregularity>, R> {
    let mut report = Vec::new();
    for anomaly in walk.entries::<Anomaly>(key::ANOMALIES, |anomaly| anomaly.sequence)? {
        let Anomaly { sequence, rule, item, reason } = anomaly;
        if (since..end).contains(&sequence)
            && let Some(record) = walk.valid(sequence)?
            && walk.room(report.len())
        {
            report.push(Irregularity { sequence, event_id: record.event.event_id.clone(), rule, item, reason });
        }
    }
    Ok(report)
}

/// An event of the span.
struct Seen {
    pos: Pos,
    record: Rc<Record>,
}

impl Seen {
    fn irregular(&self, rule: &str, item: &str, reason: String) -> Irregularity {
        Irregularity {
            sequence: self.pos.sequence,
            event_id: self.record.event.event_id.clone(),
            rule: rule.to_owned(),
            item: item.to_owned(),
            reason,
        }
    }
}

struct Found {
    report: Vec<Irregularity>,
    dwells: Dwells,
}

impl Found {
    /// Amounts that are too much or in a unit that does not fit.
    fn quantities<R: Reader>(&mut self, walk: &mut Walk<'_, R>, seen: &Seen) -> Step<(), R> {
        let (first, second) = seen.record.event.what.items();
        let all = first.quantities.iter().chain(second.into_iter().flat_map(|items| &items.quantities));
        let mut judged = BTreeSet::new();
        for quantity in all {
            let id = quantity.class.canonical();
            if !judged.insert(id) {
                continue;
            }
            let unit = quantity.uom.as_deref().unwrap_or_default();
            let takes = walk.log(id)?.iter().any(|entry| {
                entry.pos == seen.pos && matches!(Flow::of(entry.role), Some(Flow::Consumed | Flow::Disposed))
            });
            let (amounts, odd) = walk.flows_until(id, seen.pos)?.sums();
            let over = amounts.iter().find(|row| row.over_consumed.is_positive() && are_comparable(&row.uom, unit));
            if let Some(row) = over.filter(|_| takes) {
                let reason = format!(
                    "{} {} went, and {} came to be until then",
                    row.consumed.checked_add(row.disposed).unwrap_or(row.consumed),
                    row.uom,
                    row.created
                );
                self.report.push(seen.irregular(rule::OVER_CONSUMED, id, reason));
            }
            let odd = odd.iter().find(|one| one.sequence == seen.pos.sequence && one.quantity.is_some());
            if let Some(one) = odd {
                self.report.push(seen.irregular(rule::UNIT, id, one.reason.clone()));
            }
        }
        Ok(())
    }

    /// Instances that come to be a second time.
    fn commissioning<R: Reader>(&mut self, walk: &mut Walk<'_, R>, seen: &Seen) -> Step<(), R> {
        if !begins(&seen.record.event) {
            return Ok(());
        }
        let (first, second) = seen.record.event.what.items();
        let born = second.unwrap_or(first);
        for epc in born.epcs.iter().filter(|epc| epc.kind() == Kind::Instance) {
            let before = walk.before(epc.canonical(), seen.pos, |entry, record| {
                Flow::of(entry.role) == Some(Flow::Created) && begins(&record.event)
            })?;
            if let Some((pos, _)) = before {
                let reason = format!("it came to be by record {} already", pos.sequence);
                self.report.push(seen.irregular(rule::TWICE, epc.canonical(), reason));
            }
        }
        Ok(())
    }

    /// Things that were too far away before.
    fn travel<R: Reader>(&mut self, walk: &mut Walk<'_, R>, seen: &Seen) -> Step<(), R> {
        let Some(here) = place::of(&seen.record.event) else { return Ok(()) };
        // Many things that came together are one finding.
        let mut told = BTreeSet::new();
        for id in seen.record.event.subjects().map(Identifier::canonical) {
            let before = walk.before(id, seen.pos, |_, record| place::of(&record.event).is_some())?;
            let Some((pos, record)) = before else { continue };
            let Some(there) = place::of(&record.event).filter(|_| !told.contains(&pos.sequence)) else { continue };
            let elapsed_ms = seen.pos.time_ms.saturating_sub(pos.time_ms);
            if let Some(distance_km) = place::too_far(there, here, elapsed_ms) {
                told.insert(pos.sequence);
                let minutes = elapsed_ms / 60_000;
                let reason =
                    format!("{distance_km} km from where record {} saw it, {minutes} minutes later", pos.sequence);
                self.report.push(seen.irregular(rule::SPEED, id, reason));
            }
        }
        Ok(())
    }
}

/// Whether an event lets things come to be.
fn begins(event: &Event) -> bool {
    match &event.what {
        What::Object { action: Action::Add, .. } => matches!(event.step_word(), "" | "commissioning"),
        What::Transformation { .. } => true,
        _ => false,
    }
}

impl<R: Reader> Walk<'_, R> {
    /// The last valid event before `pos` that names `id` itself and is wanted.
    fn before(
        &mut self,
        id: &str,
        pos: Pos,
        is_wanted: impl Fn(&Entry, &Record) -> bool,
    ) -> Step<Option<(Pos, Rc<Record>)>, R> {
        let log = self.log(id)?;
        let end = log.partition_point(|entry| entry.pos < pos);
        for entry in log.get(..end).unwrap_or_default().iter().rev().filter(|entry| entry.role != Role::Lot) {
            if let Some(record) = self.valid(entry.pos.sequence)?
                && is_wanted(entry, &record)
            {
                return Ok(Some((entry.pos, record)));
            }
        }
        Ok(None)
    }
}

//! Excursions: readings out of bounds, and what was where they were taken.
//!
//! A device measures what it is fixed to, what that is fixed to, and the container that it lies in; all that is in or on
//! these when the reading is taken is affected. What the event itself names is affected with its contents, unless it is an
//! asset that holds nothing: that is a device as well. A device in a place, with nothing recorded as held there, affects
//! only what the event names.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::lineage::is_container;
use super::thing::Name;
use super::window::{Seen, Window};
use super::{Step, Walk};
use crate::answer::{Affected, Excursions, Moment, Reading, Unjudged};
use crate::decimal::Decimal;
use crate::event::Event;
use crate::identifier::{Identifier, Kind, kind};
use crate::register::{Pos, Reader, Record, Relation, key};
use crate::sensor::{SensorElement, SensorReport};
use crate::term::Term;
use crate::unit::order;

/// Which readings are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// What is measured, in the standard's word (`Temperature`).
    pub kind: String,
    /// The least that is in order.
    pub min: Option<Decimal>,
    /// The most that is in order.
    pub max: Option<Decimal>,
    /// The unit of these.
    pub uom: String,
    /// The first instant that counts.
    pub from_ms: Option<i64>,
    /// The last instant that counts.
    pub to_ms: Option<i64>,
}

/// The answer; with `item`, only what affects that one.
pub(super) fn excursions<R: Reader>(
    walk: &mut Walk<'_, R>,
    bounds: &Bounds,
    item: Option<&Identifier>,
) -> Step<Excursions, R> {
    let mut found = Found::default();
    let key = key::sensed(&bounds.kind, |bytes| walk.reader.digest(bytes));
    for entry in walk.dated(&key)? {
        // A reading is never later than its event.
        if bounds.from_ms.is_some_and(|from| entry.pos.time_ms < from) {
            continue;
        }
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        for element in &record.event.sensors {
            for report in element.reports.iter().filter(|report| is_of(report, &bounds.kind)) {
                found.judge(walk, bounds, item, &Sensed { pos: entry.pos, record: &record, element, report })?;
            }
        }
    }
    let affected = |all: BTreeMap<String, Spell>| all.into_iter().map(Spell::affected).collect();
    for list in [&mut found.readings, &mut found.alone] {
        list.sort_by_key(|reading| (reading.time, reading.sequence));
    }
    Ok(Excursions {
        kind: bounds.kind.clone(),
        position: walk.position,
        readings: found.readings,
        alone: found.alone,
        affected: affected(found.products),
        containers: affected(found.containers),
        incomparable: found.unjudged,
        complete: walk.truncated.is_none(),
        truncated: walk.truncated,
    })
}

fn is_of(report: &SensorReport, kind: &str) -> bool {
    report.kind.as_ref().map(Term::word) == Some(kind)
}

/// One report, where it stands.
struct Sensed<'a> {
    pos: Pos,
    record: &'a Record,
    element: &'a SensorElement,
    report: &'a SensorReport,
}

impl Sensed<'_> {
    /// From when to when it was measured.
    fn span(&self) -> (i64, i64) {
        let metadata = self.element.metadata.as_ref();
        let at = self.report.time.as_ref().or(metadata.and_then(|metadata| metadata.time.as_ref()));
        if let Some(at) = at {
            return (at.ms(), at.ms());
        }
        let start = metadata.and_then(|metadata| metadata.start_time.as_ref()).map(crate::Time::ms);
        let end = metadata.and_then(|metadata| metadata.end_time.as_ref()).map(crate::Time::ms);
        let (start, end) = (start.or(end), end.or(start));
        let (start, end) = (start.unwrap_or(self.pos.time_ms), end.unwrap_or(self.pos.time_ms));
        (start, end.max(start))
    }

    /// The same in the order of events. What happens in the very instant of the reading, captured before it, has happened.
    fn window(&self) -> Window {
        let (from, to) = self.span();
        let from = if from == to { Pos { time_ms: from, ..self.pos } } else { Pos { time_ms: from, sequence: 0 } };
        Window { from, to: Pos { time_ms: to, ..self.pos }.next() }
    }

    fn device(&self) -> Option<String> {
        let metadata = self.element.metadata.as_ref();
        let text = self.report.device_id.as_ref().or(metadata.and_then(|metadata| metadata.device_id.as_ref()))?;
        let id = Identifier::parse(text).unwrap_or_else(|_| Identifier::as_written(text));
        Some(id.into_canonical())
    }

    /// Its values by name.
    fn values(&self) -> impl Iterator<Item = (&'static str, Decimal)> {
        let SensorReport { value, min_value, max_value, mean_value, .. } = self.report;
        let all = [("value", *value), ("minValue", *min_value), ("maxValue", *max_value), ("meanValue", *mean_value)];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// What a report is to the bounds.
enum Verdict {
    Within,
    Outside(&'static str, Decimal),
    Incomparable,
}

impl Bounds {
    fn verdict(&self, sensed: &Sensed<'_>) -> Verdict {
        let unit = sensed.report.uom.as_deref().unwrap_or_default();
        let mut verdict = Verdict::Within;
        for (name, value) in sensed.values() {
            let against = |bound: Option<Decimal>| bound.map(|bound| order(value, unit, bound, &self.uom));
            match (against(self.min), against(self.max)) {
                (Some(Some(Ordering::Less)), _) | (_, Some(Some(Ordering::Greater))) => {
                    return Verdict::Outside(name, value);
                }
                (Some(None), _) | (_, Some(None)) => verdict = Verdict::Incomparable,
                _ => {}
            }
        }
        verdict
    }

    fn covers(&self, (from, to): (i64, i64)) -> bool {
        self.from_ms.is_none_or(|first| first <= to) && self.to_ms.is_none_or(|last| from <= last)
    }
}

/// When readings affected one thing.
struct Spell {
    first: i64,
    last: i64,
    readings: u64,
}

impl Spell {
    fn affected((item, spell): (String, Self)) -> Affected {
        let Self { first, last, readings } = spell;
        Affected { item, first: Moment(first), last: Moment(last), readings }
    }
}

/// What was found so far.
#[derive(Default)]
struct Found {
    readings: Vec<Reading>,
    alone: Vec<Reading>,
    products: BTreeMap<String, Spell>,
    containers: BTreeMap<String, Spell>,
    unjudged: Vec<Unjudged>,
}

impl Found {
    fn judge<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        bounds: &Bounds,
        item: Option<&Identifier>,
        sensed: &Sensed<'_>,
    ) -> Step<(), R> {
        let (from, to) = sensed.span();
        if !bounds.covers((from, to)) {
            return Ok(());
        }
        let (sequence, event_id) = (sensed.pos.sequence, sensed.record.event.event_id.clone());
        let uom = sensed.report.uom.clone().unwrap_or_default();
        let (measured, value) = match bounds.verdict(sensed) {
            Verdict::Within => return Ok(()),
            Verdict::Incomparable => {
                if walk.room(self.unjudged.len()) {
                    self.unjudged.push(Unjudged { sequence, event_id, time: Moment(from), uom });
                }
                return Ok(());
            }
            Verdict::Outside(measured, value) => (measured, value),
        };
        let device = sensed.device();
        let touched = touched(walk, &sensed.record.event, device.as_deref(), sensed.window())?;
        if item.is_some_and(|item| !touched.contains(item.canonical()))
            || !walk.room(self.readings.len().saturating_add(self.alone.len()))
        {
            return Ok(());
        }
        let is_alone = touched.is_empty();
        let (mut products, mut listed) = (0u64, self.products.len().saturating_add(self.containers.len()));
        for id in touched {
            let is_product = !is_container(&id);
            products = products.saturating_add(u64::from(is_product));
            let all = if is_product { &mut self.products } else { &mut self.containers };
            if !all.contains_key(&id) {
                if !walk.room(listed) {
                    break;
                }
                listed = listed.saturating_add(1);
            }
            let spell = all.entry(id).or_insert(Spell { first: from, last: to, readings: 0 });
            spell.first = spell.first.min(from);
            spell.last = spell.last.max(to);
            spell.readings = spell.readings.saturating_add(1);
        }
        let until = (to != from).then_some(Moment(to));
        let measured = measured.to_owned();
        let list = if is_alone { &mut self.alone } else { &mut self.readings };
        list.push(Reading { sequence, event_id, time: Moment(from), until, device, measured, value, uom, products });
        Ok(())
    }
}

/// All that was where a device or what an event names was, in a window; devices themselves are not among them.
fn touched<R: Reader>(
    walk: &mut Walk<'_, R>,
    event: &Event,
    device: Option<&str>,
    window: Window,
) -> Step<BTreeSet<String>, R> {
    let mut devices: BTreeSet<String> = device.map(ToOwned::to_owned).into_iter().collect();
    let mut open: Vec<(Name, Window)> = Vec::new();
    for id in event.subjects().map(Identifier::canonical) {
        if devices.contains(id) {
            continue;
        }
        let name = walk.things.name(id);
        if kind(id) == Kind::Asset && !walk.holds_any(&name, window)? {
            devices.insert(id.to_owned());
        } else {
            open.push((name, window));
        }
    }
    for device in &devices {
        for stay in walk.stays(device)?.iter() {
            let Some(within) = stay.window.meet(window) else { continue };
            open.push((stay.other.clone(), within));
            if stay.relation == Relation::Association {
                fixtures(walk, &stay.other, within, &mut open)?;
            }
        }
    }
    let mut seen = Seen::default();
    while let Some((name, window)) = open.pop() {
        if !seen.add(&name, window) {
            continue;
        }
        for stay in walk.held(&name, window.to)? {
            if let Some(within) = stay.window.meet(window) {
                open.push((stay.other, within));
            }
        }
    }
    let names = seen.names(&walk.things);
    Ok(names.iter().map(|name| String::from(&**name)).filter(|id| !devices.contains(id)).collect())
}

/// What a thing is fixed to in a window, and what that is fixed to, to the end.
fn fixtures<R: Reader>(
    walk: &mut Walk<'_, R>,
    name: &Name,
    window: Window,
    found: &mut Vec<(Name, Window)>,
) -> Step<(), R> {
    let mut seen = Seen::default();
    let mut open = Vec::from([(name.clone(), window)]);
    while let Some((name, window)) = open.pop() {
        for stay in walk.stays_of(&name)?.iter() {
            if stay.relation == Relation::Association
                && let Some(within) = stay.window.meet(window)
                && seen.add(&stay.other, within)
            {
                found.push((stay.other.clone(), within));
                open.push((stay.other.clone(), within));
            }
        }
    }
    Ok(())
}

impl<R: Reader> Walk<'_, R> {
    /// Whether a thing holds anything in a window.
    fn holds_any(&mut self, name: &Name, window: Window) -> Step<bool, R> {
        Ok(self.held(name, window.to)?.iter().any(|stay| stay.window.meet(window).is_some()))
    }
}

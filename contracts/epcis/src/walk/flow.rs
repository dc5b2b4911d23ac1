//! Flow: what comes to be, is used up and is disposed of, event by event, and the sums of it without rounding.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{borrow::ToOwned, format};

use super::{Step, Walk};
use crate::answer::{Amounts, Incomparable};
use crate::decimal::Decimal;
use crate::event::{Action, Event, Items};
use crate::register::{Pos, Reader, Role};
use crate::unit::{Dimension, are_comparable, base, convert, dimension};

/// Where an amount goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Flow {
    Created,
    Consumed,
    Disposed,
}

impl Flow {
    /// What a thing's role in an event makes of it; `None` where it stays what it is.
    pub(super) fn of(role: Role) -> Option<Self> {
        match role {
            Role::Item(Action::Add) | Role::Output => Some(Self::Created),
            Role::Input => Some(Self::Consumed),
            Role::Item(Action::Delete) => Some(Self::Disposed),
            _ => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Consumed => "consumed",
            Self::Disposed => "disposed",
        }
    }
}

/// One amount that an event moves.
#[derive(Clone, Debug)]
struct Moved {
    flow: Flow,
    quantity: Decimal,
    uom: String,
    sequence: u64,
    event_id: Option<String>,
}

/// All that moved of one thing.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows {
    moved: Vec<Moved>,
    incomparable: Vec<Incomparable>,
    /// Whether the thing is counted by its own identifier, as an instance is.
    pub(super) is_instance: bool,
}

impl<R: Reader> Walk<'_, R> {
    /// What moved of `id`, by the events that name it.
    pub(super) fn flows(&mut self, id: &str) -> Step<Flows, R> {
        self.flows_until(id, Pos::END)
    }

    /// The same by the events up to `last`.
    pub(super) fn flows_until(&mut self, id: &str, last: Pos) -> Step<Flows, R> {
        let mut flows = Flows::default();
        let mut seen: BTreeSet<(u64, Flow)> = BTreeSet::new();
        for entry in self.log(id)?.iter().filter(|entry| entry.pos <= last) {
            let Some(flow) = Flow::of(entry.role) else { continue };
            // A log has a line for each time that an event names the thing; the event is read once.
            if !seen.insert((entry.pos.sequence, flow)) {
                continue;
            }
            if let Some(record) = self.event(entry.pos.sequence)? {
                flows.add(&record.event, entry.role, flow, entry.pos.sequence, id);
            }
        }
        Ok(flows)
    }
}

/// The things of an event that have a role.
fn items(event: &Event, role: Role) -> Option<&Items> {
    let (first, second) = event.what.items();
    if role == Role::Output { second } else { Some(first) }
}

impl Flows {
    fn add(&mut self, event: &Event, role: Role, flow: Flow, sequence: u64, id: &str) {
        let Some(items) = items(event, role) else { return };
        let mut moved = |quantity: Option<Decimal>, uom: String| match quantity {
            Some(quantity) => {
                let event_id = event.event_id.clone();
                self.moved.push(Moved { flow, quantity, uom, sequence, event_id });
            }
            None => self.incomparable.push(Incomparable {
                sequence,
                event_id: event.event_id.clone(),
                flow: flow.word().to_owned(),
                quantity: None,
                uom,
                reason: "the event does not say how much".to_owned(),
            }),
        };
        for quantity in items.quantities.iter().filter(|quantity| quantity.class.canonical() == id) {
            moved(quantity.quantity, quantity.uom.clone().unwrap_or_default());
        }
        for _ in items.epcs.iter().filter(|epc| epc.canonical() == id) {
            moved(Some(Decimal::from(1)), String::new());
            self.is_instance = true;
        }
    }

    /// Sums by dimension, and what is in none of them.
    pub(super) fn sums(self) -> (Vec<Amounts>, Vec<Incomparable>) {
        let Self { moved, mut incomparable, .. } = self;
        let mut groups: Vec<(String, Vec<Moved>)> = Vec::new();
        for one in moved {
            match groups.iter_mut().find(|(uom, _)| are_comparable(uom, &one.uom)) {
                Some((_, group)) => group.push(one),
                None => groups.push((one.uom.clone(), Vec::from([one]))),
            }
        }
        let created = |group: &[Moved]| group.iter().any(|moved| moved.flow == Flow::Created);
        let some_created = groups.iter().any(|(_, group)| created(group));
        let mut amounts = Vec::new();
        for (uom, group) in groups {
            // What went away in a dimension in which nothing came to be has nothing to be taken from.
            if some_created && !created(&group) {
                let reason = format!("none of it came to be in a unit that {} can be compared with", shown(&uom));
                incomparable.extend(group.into_iter().map(|moved| moved.incomparable(&reason)));
                continue;
            }
            match sum(&group) {
                Some(row) => amounts.push(row),
                None => {
                    let reason = "the amounts have no exact sum of the digits that a number may have";
                    incomparable.extend(group.into_iter().map(|moved| moved.incomparable(reason)));
                }
            }
        }
        incomparable.sort_by_key(|one| one.sequence);
        (amounts, incomparable)
    }
}

impl Moved {
    fn incomparable(self, reason: &str) -> Incomparable {
        let Self { flow, quantity, uom, sequence, event_id } = self;
        let (flow, reason) = (flow.word().to_owned(), reason.to_owned());
        Incomparable { sequence, event_id, flow, quantity: Some(quantity), uom, reason }
    }
}

/// The row of one dimension: in the unit in which the first of it came to be, or else in the base unit.
fn sum(group: &[Moved]) -> Option<Amounts> {
    let first = group.iter().find(|moved| moved.flow == Flow::Created).or(group.first())?;
    sum_in(group, &first.uom).or_else(|| sum_in(group, dimension(&first.uom).map(base)?))
}

fn sum_in(group: &[Moved], uom: &str) -> Option<Amounts> {
    let of = |flow: Flow| {
        let mut all = group.iter().filter(|moved| moved.flow == flow);
        all.try_fold(Decimal::ZERO, |sum, moved| sum.checked_add(convert(moved.quantity, &moved.uom, uom)?))
    };
    let (created, consumed, disposed) = (of(Flow::Created)?, of(Flow::Consumed)?, of(Flow::Disposed)?);
    let remaining = created.checked_sub(consumed)?.checked_sub(disposed)?.reduced();
    let over = if remaining.mantissa() < 0 { Decimal::ZERO.checked_sub(remaining)? } else { Decimal::ZERO };
    Some(Amounts {
        uom: uom.to_string(),
        created: created.reduced(),
        consumed: consumed.reduced(),
        disposed: disposed.reduced(),
        remaining,
        over_consumed: over.reduced(),
    })
}

/// A unit in words.
fn shown(uom: &str) -> &str {
    match dimension(uom) {
        Some(Dimension::Count) => "pieces",
        _ => uom,
    }
}

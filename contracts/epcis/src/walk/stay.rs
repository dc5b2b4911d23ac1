//! Stays: over which spans something was in which container, and a container held what.
//!
//! Both are replayed from the marks of the events in their order: put in, taken out, all taken out. An amount
//! of a lot stays until as much was taken out as was put in, in whatever units of one dimension; without
//! amounts, or where they measure different things, until everything is taken out.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use super::thing::Name;
use super::window::Window;
use super::{Step, Walk};
use crate::decimal::Decimal;
use crate::event::{Action, Event, Items, Quantity};
use crate::register::{Pos, Reader, Relation, Role};
use crate::unit::{base, convert, dimension};

/// Being in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    pub(super) relation: Relation,
    /// The container, of a child; the child, of a container.
    pub(super) other: Name,
    pub(super) window: Window,
    /// The event that emptied the container and so ended the stay without naming the child.
    pub(super) emptied: Option<Pos>,
    /// How much of it there was at the end, as far as it can be told.
    pub(super) left: Option<Amount>,
}

/// What an event does to one child in one container.
#[derive(Clone, Debug)]
struct Mark {
    pos: Pos,
    change: Change,
}

#[derive(Clone, Debug)]
enum Change {
    In(Option<Amount>),
    Out(Option<Amount>),
}

/// An amount and its unit; empty for pieces.
pub(super) type Amount = (Decimal, String);

/// Marks of one child in one container, by their relation.
struct Run {
    relation: Relation,
    other: Name,
    mark: Mark,
}

impl<R: Reader> Walk<'_, R> {
    /// The stays of `id` in its containers.
    pub(super) fn stays(&mut self, id: &str) -> Step<Rc<[Stay]>, R> {
        let name = self.things.name(id);
        self.stays_of(&name)
    }

    /// The same of a thing.
    pub(super) fn stays_of(&mut self, name: &Name) -> Step<Rc<[Stay]>, R> {
        if let Some(stays) = self.things.stays(name) {
            return Ok(stays);
        }
        let mut marks: Vec<Run> = Vec::new();
        for entry in self.log_of(name)?.iter() {
            let (relation, action, portion) = match entry.role {
                Role::Child(relation, action) => (relation, action, false),
                Role::Portion(relation, action) => (relation, action, true),
                _ => continue,
            };
            if action == Action::Observe {
                continue;
            }
            let sequence = entry.pos.sequence;
            let record = if portion { self.event(sequence)? } else { self.valid(sequence)? };
            let Some(record) = record else { continue };
            let Some(other) = self.things.parent(sequence, &record) else { continue };
            let amount = if portion { amount(&record.event, name) } else { None };
            let change = if action == Action::Add { Change::In(amount) } else { Change::Out(amount) };
            marks.push(Run { relation, other, mark: Mark { pos: entry.pos, change } });
        }
        let mut stays = Vec::new();
        for marks in runs(&mut marks) {
            let Some(Run { relation, other, .. }) = marks.first() else { continue };
            let emptyings = self.emptyings(other, *relation)?;
            self.replay(marks, &emptyings, &mut stays)?;
        }
        stays.sort_by_key(|stay| stay.window.from);
        let stays: Rc<[Stay]> = stays.into();
        self.things.keep_stays(name, &stays);
        Ok(stays)
    }

    /// The stays of others in the container `id`, as far as events before `until` tell.
    pub(super) fn held(&mut self, name: &Name, until: Pos) -> Step<Vec<Stay>, R> {
        let mut marks: Vec<Run> = Vec::new();
        let log = self.log_of(name)?;
        let end = log.partition_point(|entry| entry.pos < until);
        for entry in log.get(..end).unwrap_or_default() {
            let Role::Parent(relation, action @ (Action::Add | Action::Delete)) = entry.role else { continue };
            let Some(record) = self.event(entry.pos.sequence)? else { continue };
            children(&record.event, |child, amount| {
                let change = if action == Action::Add { Change::In(amount) } else { Change::Out(amount) };
                let other = self.things.name(child);
                marks.push(Run { relation, other, mark: Mark { pos: entry.pos, change } });
            });
        }
        let mut stays = Vec::new();
        for marks in runs(&mut marks) {
            let Some(Run { relation, .. }) = marks.first() else { continue };
            let emptyings = self.emptyings(name, *relation)?;
            let end = emptyings.partition_point(|pos| *pos < until);
            self.replay(marks, emptyings.get(..end).unwrap_or_default(), &mut stays)?;
        }
        Ok(stays)
    }

    /// Turns the marks of one child in one container into stays: marks, and events that emptied the container, in their
    /// orders. Of the latter those are passed over that come while the child is not in it.
    fn replay(&mut self, marks: &[Run], emptyings: &[Pos], stays: &mut Vec<Stay>) -> Step<(), R> {
        let mut open: Option<Open> = None;
        for (at, Run { relation, other, mark: Mark { pos, change } }) in marks.iter().enumerate() {
            open = match (open, change) {
                (None, Change::In(amount)) => Some(Open { from: *pos, left: amount.clone() }),
                (Some(now), Change::In(amount)) => Some(Open { left: plus(now.left, amount.clone()), ..now }),
                (Some(now), Change::Out(amount)) => match rest(now.left.as_ref(), amount.clone()) {
                    Rest::Nothing => {
                        now.close(*relation, other, *pos, None, stays);
                        None
                    }
                    Rest::Some(left) => Some(Open { left: Some(left), ..now }),
                    Rest::Unknown => Some(Open { left: None, ..now }),
                },
                (None, Change::Out(_)) => None,
            };
            if open.is_none() {
                continue;
            }
            let next = marks.get(at.saturating_add(1)).map_or(Pos::END, |next| next.mark.pos);
            let start = emptyings.partition_point(|emptied| emptied <= pos);
            let within = emptyings.get(start..).unwrap_or_default().iter().take_while(|emptied| **emptied < next);
            for emptied in within {
                if self.valid(emptied.sequence)?.is_some() {
                    if let Some(open) = open.take() {
                        open.close(*relation, other, *emptied, Some(*emptied), stays);
                    }
                    break;
                }
            }
        }
        if let (Some(open), Some(Run { relation, other, .. })) = (open, marks.last()) {
            open.close(*relation, other, Pos::END, None, stays);
        }
        Ok(())
    }
}

/// Marks by relation and container or child, each in the order of events.
fn runs(marks: &mut [Run]) -> impl Iterator<Item = &[Run]> {
    marks.sort_by(|one, other| {
        let by_name = || if one.other == other.other { Ordering::Equal } else { one.other.cmp(&other.other) };
        one.relation.cmp(&other.relation).then_with(by_name).then_with(|| one.mark.pos.cmp(&other.mark.pos))
    });
    marks.chunk_by(|one, other| one.relation == other.relation && one.other == other.other)
}

/// The children of an event, with their amounts.
fn children(event: &Event, mut each: impl FnMut(&str, Option<Amount>)) {
    let (items, _) = event.what.items();
    for epc in &items.epcs {
        each(epc.canonical(), None);
    }
    let mut before: Vec<&str> = Vec::new();
    for quantity in &items.quantities {
        let class = quantity.class.canonical();
        if !before.contains(&class) {
            each(class, amount(event, class));
            before.push(class);
        }
    }
}

/// How much of `class` an event's children are; `None` where it does not say, or measures different things.
fn amount(event: &Event, class: &str) -> Option<Amount> {
    amount_of(event.what.items().0, class)
}

/// How much of `class` is among things; `None` where that is not said, or measures different things.
pub(super) fn amount_of(items: &Items, class: &str) -> Option<Amount> {
    let named = items.quantities.iter().filter(|quantity| quantity.class.canonical() == class);
    let mut sum: Option<Amount> = None;
    for Quantity { quantity, uom, .. } in named {
        let more = ((*quantity)?, uom.clone().unwrap_or_default());
        sum = match sum {
            None => Some(more),
            Some(before) => Some(plus(Some(before), Some(more))?),
        };
    }
    sum
}

/// What of a child is in a container.
#[derive(Clone, Debug)]
struct Open {
    from: Pos,
    /// What is left; `None` where it cannot be told.
    left: Option<Amount>,
}

impl Open {
    /// A stay that begins and ends by one event is none.
    fn close(self, relation: Relation, other: &Name, to: Pos, emptied: Option<Pos>, stays: &mut Vec<Stay>) {
        if let Some(window) = (Window { from: self.from, to }).meet(Window::ALWAYS) {
            stays.push(Stay { relation, other: other.clone(), window, emptied, left: self.left });
        }
    }
}

/// What is left after something was taken out.
enum Rest {
    Nothing,
    Some(Amount),
    Unknown,
}

/// Taking out without an amount takes all out, which is so of every instance.
fn rest(left: Option<&Amount>, out: Option<Amount>) -> Rest {
    let Some((out, out_unit)) = out else { return Rest::Nothing };
    let Some(left) = left else { return Rest::Unknown };
    let Some((left, out, unit)) = in_one_unit(left, &(out, out_unit)) else { return Rest::Unknown };
    match left.checked_sub(out) {
        Some(left) if left.is_positive() => Rest::Some((left, unit)),
        Some(_) => Rest::Nothing,
        None => Rest::Unknown,
    }
}

/// Two amounts in the unit of the first, or else in the base unit of what both measure, exactly.
fn in_one_unit(one: &Amount, other: &Amount) -> Option<(Decimal, Decimal, String)> {
    let both = |unit: &str| Some((convert(one.0, &one.1, unit)?, convert(other.0, &other.1, unit)?, unit.to_owned()));
    both(&one.1).or_else(|| both(base(dimension(&one.1)?)))
}

fn plus(left: Option<Amount>, more: Option<Amount>) -> Option<Amount> {
    let (left, more, unit) = in_one_unit(&left?, &more?)?;
    Some((left.checked_add(more)?, unit))
}

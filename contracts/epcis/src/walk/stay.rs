//! Stays: over which spans something was in which container, and a container held what.
//!
//! Both are replayed from the marks of the events in their order: put in, taken out, all taken out. An amount
//! of a lot stays until as much was taken out as was put in, in whatever units of one dimension; without
//! amounts, or where they measure different things, until everything is taken out.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

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
    pub(super) other: String,
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
    Emptied,
}

/// An amount and its unit; empty for pieces.
pub(super) type Amount = (Decimal, String);

impl<R: Reader> Walk<'_, R> {
    /// The stays of `id` in its containers.
    pub(super) fn stays(&mut self, id: &str) -> Step<Vec<Stay>, R> {
        let mut marks: BTreeMap<(Relation, String), Vec<Mark>> = BTreeMap::new();
        for entry in self.log(id)?.iter() {
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
            let Some(parent) = record.event.what.parent() else { continue };
            let amount = if portion { amount(&record.event, id) } else { None };
            let change = if action == Action::Add { Change::In(amount) } else { Change::Out(amount) };
            let key = (relation, parent.canonical().to_owned());
            marks.entry(key).or_default().push(Mark { pos: entry.pos, change });
        }
        let mut stays = Vec::new();
        for ((relation, parent), mut marks) in marks {
            self.add_emptied(relation, &parent, &mut marks)?;
            replay(relation, &parent, marks, &mut stays);
        }
        stays.sort_by_key(|stay| stay.window.from);
        Ok(stays)
    }

    /// The events that emptied `parent` after something was put in.
    fn add_emptied(&mut self, relation: Relation, parent: &str, marks: &mut Vec<Mark>) -> Step<(), R> {
        let Some(first) = marks.iter().map(|mark| mark.pos).min() else { return Ok(()) };
        let log = self.log(parent)?;
        // What happened to a container in use for years before the first of it is passed over at once.
        let start = log.partition_point(|entry| entry.pos <= first);
        for entry in log.get(start..).unwrap_or_default() {
            if entry.role == Role::Emptied(relation) && self.valid(entry.pos.sequence)?.is_some() {
                marks.push(Mark { pos: entry.pos, change: Change::Emptied });
            }
        }
        marks.sort_by_key(|mark| mark.pos);
        Ok(())
    }

    /// The stays of others in the container `id`, as far as events before `until` tell.
    pub(super) fn held(&mut self, id: &str, until: Pos) -> Step<Vec<Stay>, R> {
        let mut marks: BTreeMap<(Relation, String), Vec<Mark>> = BTreeMap::new();
        let mut emptied: Vec<(Relation, Pos)> = Vec::new();
        for entry in self.log(id)?.iter().filter(|entry| entry.pos < until) {
            match entry.role {
                Role::Emptied(relation) if self.valid(entry.pos.sequence)?.is_some() => {
                    emptied.push((relation, entry.pos));
                }
                Role::Parent(relation, action) if action != Action::Observe => {
                    let Some(record) = self.event(entry.pos.sequence)? else { continue };
                    children(&record.event, |child, amount| {
                        let change = if action == Action::Add { Change::In(amount) } else { Change::Out(amount) };
                        let mark = Mark { pos: entry.pos, change };
                        marks.entry((relation, child.to_owned())).or_default().push(mark);
                    });
                }
                _ => {}
            }
        }
        let mut stays = Vec::new();
        for ((relation, child), mut marks) in marks {
            let all = emptied.iter().filter(|(of, _)| *of == relation);
            marks.extend(all.map(|(_, pos)| Mark { pos: *pos, change: Change::Emptied }));
            marks.sort_by_key(|mark| mark.pos);
            replay(relation, &child, marks, &mut stays);
        }
        Ok(stays)
    }
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

/// Turns marks in the order of events into stays.
fn replay(relation: Relation, other: &str, marks: Vec<Mark>, stays: &mut Vec<Stay>) {
    let mut open: Option<Open> = None;
    let mut close = |open: Open, to: Pos, emptied| {
        // A stay that begins and ends by one event is none.
        if let Some(window) = (Window { from: open.from, to }).meet(Window::ALWAYS) {
            stays.push(Stay { relation, other: other.to_owned(), window, emptied, left: open.left });
        }
    };
    for Mark { pos, change } in marks {
        open = match (open.take(), change) {
            (None, Change::In(amount)) => Some(Open { from: pos, left: amount }),
            (Some(now), Change::In(amount)) => Some(Open { left: plus(now.left, amount), ..now }),
            (Some(now), Change::Emptied) => {
                close(now, pos, Some(pos));
                None
            }
            (Some(now), Change::Out(amount)) => match rest(now.left.as_ref(), amount) {
                Rest::Nothing => {
                    close(now, pos, None);
                    None
                }
                Rest::Some(left) => Some(Open { left: Some(left), ..now }),
                Rest::Unknown => Some(Open { left: None, ..now }),
            },
            (None, Change::Out(_) | Change::Emptied) => None,
        };
    }
    if let Some(open) = open {
        close(open, Pos::END, None);
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

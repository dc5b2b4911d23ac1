//! Lineage: what an item comes from, or went into, to the end.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::thing::Name;
use super::window::{Seen, Window};
use super::{Step, Unanswered, Walk};
use crate::answer;
use crate::event::{Items, What};
use crate::identifier::{Identifier, Kind, kind};
use crate::register::{Entry, Object, Pos, Reader, Record, Role, Stored, is_lot_of, key, lot_of, lots};

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To what it comes from.
    Back,
    /// To what it went into.
    Forward,
}

/// The answer for `item`.
pub(super) fn lineage<R: Reader>(
    walk: &mut Walk<'_, R>,
    item: &Identifier,
    direction: Direction,
) -> Step<answer::Lineage, R> {
    let id = item.canonical();
    let (mut products, mut containers) = (Vec::new(), Vec::new());
    for found in reach(walk, id, direction)? {
        let list = if is_container(&found) { &mut containers } else { &mut products };
        list.push(String::from(&*found));
    }
    Ok(answer::Lineage {
        item: id.to_owned(),
        position: walk.position,
        products,
        containers,
        truncated: walk.truncated,
    })
}

/// Whether an identifier is of something that holds products rather than of a product.
pub(super) fn is_container(canonical: &str) -> bool {
    matches!(kind(canonical), Kind::LogisticUnit | Kind::Asset | Kind::Location)
}

/// Everything reached from `id`, without it, sorted.
pub(super) fn reach<R: Reader>(walk: &mut Walk<'_, R>, id: &str, direction: Direction) -> Step<Vec<Name>, R> {
    let begin = walk.things.name(id);
    let mut seen = Seen::default();
    let mut uses = Uses::default();
    let mut listed = 0;
    let mut open = Vec::from([(begin.clone(), Window::ALWAYS)]);
    let mut next = Vec::new();
    seen.add(&begin, Window::ALWAYS);
    while let Some((name, window)) = open.pop() {
        match direction {
            Direction::Back => before(walk, &name, window, &mut next)?,
            Direction::Forward => after(walk, &mut uses, &name, window, &mut next)?,
        }
        for stay in walk.held(&name, window.to)? {
            if let Some(within) = stay.window.meet(window) {
                next.push((stay.other, within));
            }
        }
        walk.read_logs(next.iter().map(|(name, _)| name))?;
        for (name, window) in next.drain(..) {
            if !walk.room(listed) {
                break;
            }
            if seen.add(&name, window) {
                listed += 1;
                open.push((name, window));
            }
        }
    }
    let mut names = seen.names(&walk.things);
    names.retain(|found| *found != begin);
    Ok(names)
}

/// The lots of `name`, and the inputs of the transformations that it came out of.
fn before<R: Reader>(
    walk: &mut Walk<'_, R>,
    name: &Name,
    window: Window,
    next: &mut Vec<(Name, Window)>,
) -> Step<(), R> {
    if kind(name) == Kind::Instance {
        for (lot, _) in walk.lots_of(name)? {
            next.push((walk.things.name(&lot), Window::ALWAYS));
        }
    }
    for entry in walk.log_of(name)?.iter().filter(|entry| entry.role == Role::Output && entry.pos < window.to) {
        for (pos, record) in walk.joined(entry)? {
            if let What::Transformation { inputs, .. } = &record.event.what {
                push(walk, inputs, Window::at(pos), next);
            }
        }
    }
    Ok(())
}

/// The instances of the lot `name`, and the outputs of the transformations that it, or a container it was in, went into.
fn after<R: Reader>(
    walk: &mut Walk<'_, R>,
    uses: &mut Uses,
    name: &Name,
    window: Window,
    next: &mut Vec<(Name, Window)>,
) -> Step<(), R> {
    next.extend(instances(walk, name)?.iter().map(|instance| (instance.clone(), Window::ALWAYS)));
    used(walk, name, window, next)?;
    for stay in walk.stays_of(name)?.iter() {
        if let Some(within) = stay.window.meet(window) {
            next.extend(uses.of_container(walk, &stay.other, within)?.iter().cloned());
        }
    }
    Ok(())
}

/// Things, each with the window in which it is followed.
type Leads = Rc<[(Name, Window)]>;

/// What was made of containers in windows: what many things share that were in one container together.
#[derive(Default)]
struct Uses(BTreeMap<(usize, Window), Leads>);

impl Uses {
    /// The outputs of the transformations that a container, or one that it was in, went into in a window.
    fn of_container<R: Reader>(&mut self, walk: &mut Walk<'_, R>, name: &Name, window: Window) -> Step<Leads, R> {
        if let Some(known) = self.0.get(&(name.number, window)) {
            return Ok(Rc::clone(known));
        }
        let (mut found, mut seen) = (Vec::new(), Seen::default());
        let mut open = Vec::from([(name.clone(), window)]);
        while let Some((name, window)) = open.pop() {
            if !seen.add(&name, window) {
                continue;
            }
            used(walk, &name, window, &mut found)?;
            for stay in walk.stays_of(&name)?.iter() {
                open.extend(stay.window.meet(window).map(|within| (stay.other.clone(), within)));
            }
        }
        let found: Leads = found.into();
        self.0.insert((name.number, window), Rc::clone(&found));
        Ok(found)
    }
}

/// The outputs of the transformations that `name` itself went into in a window.
fn used<R: Reader>(walk: &mut Walk<'_, R>, name: &Name, window: Window, next: &mut Vec<(Name, Window)>) -> Step<(), R> {
    for entry in walk.log_of(name)?.iter().filter(|entry| entry.role == Role::Input && window.holds(entry.pos)) {
        for (pos, record) in walk.joined(entry)? {
            if let What::Transformation { outputs, .. } = &record.event.what {
                push(walk, outputs, Window { from: pos, to: Pos::END }, next);
            }
        }
    }
    Ok(())
}

/// The instances that valid events say belong to the lot `name`, each once, in the order in which they are said to.
pub(super) fn instances<R: Reader>(walk: &mut Walk<'_, R>, name: &Name) -> Step<Rc<[Name]>, R> {
    if let Some(known) = walk.things.instances(name) {
        return Ok(known);
    }
    let (mut found, mut known) = (Vec::new(), BTreeSet::new());
    for entry in walk.log_of(name)?.iter().filter(|entry| entry.role == Role::Lot) {
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        for (epc, lot) in lots(&record.event) {
            if epc.gtin().is_some_and(|gtin| is_lot_of(name, gtin, &lot)) {
                let instance = walk.things.name(epc.canonical());
                if known.insert(instance.number) {
                    found.push(instance);
                }
            }
        }
    }
    let found: Rc<[Name]> = found.into();
    walk.things.keep_instances(name, &found);
    Ok(found)
}

/// Products are followed through all time, containers only with what they held when they were used or filled.
fn push<R: Reader>(walk: &mut Walk<'_, R>, items: &Items, window: Window, next: &mut Vec<(Name, Window)>) {
    for id in items.identifiers().map(Identifier::canonical) {
        let window = if is_container(id) { window } else { Window::ALWAYS };
        next.push((walk.things.name(id), window));
    }
}

impl<R: Reader> Walk<'_, R> {
    /// The transformation events joined with the one of `entry`, itself included, void ones not.
    pub(super) fn joined(&mut self, entry: &Entry) -> Step<Vec<(Pos, Rc<Record>)>, R> {
        let Some(record) = self.event(entry.pos.sequence)? else { return Ok(Vec::new()) };
        let What::Transformation { id: Some(id), .. } = &record.event.what else {
            return Ok(Vec::from([(entry.pos, record)]));
        };
        let key = key::transformation(id, |bytes| self.reader.digest(bytes));
        let mut joined = Vec::new();
        for entry in self.dated(&key)? {
            if let Some(record) = self.event(entry.pos.sequence)? {
                joined.push((entry.pos, record));
            }
        }
        Ok(joined)
    }

    /// The lots that valid events say an instance belongs to, each with the last record that says so.
    pub(super) fn lots_of(&mut self, id: &str) -> Step<BTreeMap<String, u64>, R> {
        let mut found = BTreeMap::new();
        if !self.afford(1) {
            return Ok(found);
        }
        let key = key::object(id, |bytes| self.reader.digest(bytes));
        let Some(bytes) = self.reader.read(&key).map_err(Unanswered::Read)? else { return Ok(found) };
        let gtin = Identifier::as_written(id);
        for (lot, sequence) in Object::from_bytes(&bytes)?.lots {
            if sequence < self.position
                && self.valid(sequence)?.is_some()
                && let Some(gtin) = gtin.gtin()
            {
                found.insert(lot_of(gtin, &lot), sequence);
            }
        }
        Ok(found)
    }
}

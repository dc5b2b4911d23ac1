//! Lineage: what an item comes from, or went into, to the end.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;

use super::window::{Seen, Window};
use super::{Step, Unanswered, Walk};
use crate::answer;
use crate::event::{Items, What};
use crate::identifier::{Identifier, Kind, kind};
use crate::register::{Entry, Object, Pos, Reader, Record, Role, Stored, key, lot_of, lots};

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
        list.push(found);
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
pub(super) fn reach<R: Reader>(walk: &mut Walk<'_, R>, id: &str, direction: Direction) -> Step<Vec<String>, R> {
    let mut seen = Seen::default();
    let mut listed = 0;
    let mut open = Vec::from([(id.to_owned(), Window::ALWAYS)]);
    let mut next = Vec::new();
    seen.add(id, Window::ALWAYS);
    while let Some((id, window)) = open.pop() {
        match direction {
            Direction::Back => before(walk, &id, window, &mut next)?,
            Direction::Forward => after(walk, &id, window, &mut next)?,
        }
        for stay in walk.held(&id, window.to)? {
            if let Some(within) = stay.window.meet(window) {
                next.push((stay.other, within));
            }
        }
        for (id, window) in next.drain(..) {
            if !walk.room(listed) {
                break;
            }
            if seen.add(&id, window) {
                listed += 1;
                open.push((id, window));
            }
        }
    }
    Ok(seen.into_ids().filter(|found| found != id).collect())
}

/// The lots of `id`, and the inputs of the transformations that it came out of.
fn before<R: Reader>(
    walk: &mut Walk<'_, R>,
    id: &str,
    window: Window,
    next: &mut Vec<(String, Window)>,
) -> Step<(), R> {
    if kind(id) == Kind::Instance {
        for (lot, _) in walk.lots_of(id)? {
            next.push((lot, Window::ALWAYS));
        }
    }
    for entry in walk.log(id)?.iter().filter(|entry| entry.role == Role::Output && entry.pos < window.to) {
        for (pos, record) in walk.joined(entry)? {
            if let What::Transformation { inputs, .. } = &record.event.what {
                push(inputs, Window::at(pos), next);
            }
        }
    }
    Ok(())
}

/// The instances of the lot `id`, and the outputs of the transformations that it, or a container it was in,
/// went into.
fn after<R: Reader>(walk: &mut Walk<'_, R>, id: &str, window: Window, next: &mut Vec<(String, Window)>) -> Step<(), R> {
    next.extend(instances(walk, id)?.into_iter().map(|instance| (instance, Window::ALWAYS)));
    let mut seen = Seen::default();
    let mut open = Vec::from([(id.to_owned(), window)]);
    while let Some((id, window)) = open.pop() {
        for entry in walk.log(&id)?.iter().filter(|entry| entry.role == Role::Input && window.holds(entry.pos)) {
            for (pos, record) in walk.joined(entry)? {
                if let What::Transformation { outputs, .. } = &record.event.what {
                    push(outputs, Window { from: pos, to: Pos::END }, next);
                }
            }
        }
        for stay in walk.stays(&id)? {
            if let Some(within) = stay.window.meet(window)
                && seen.add(&stay.other, within)
            {
                open.push((stay.other, within));
            }
        }
    }
    Ok(())
}

/// The instances that valid events say belong to the lot `id`, each once for every event that says so.
pub(super) fn instances<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<Vec<String>, R> {
    let mut found = Vec::new();
    for entry in walk.log(id)?.iter().filter(|entry| entry.role == Role::Lot) {
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        for (epc, lot) in lots(&record.event) {
            if epc.gtin().is_some_and(|gtin| lot_of(gtin, &lot) == id) {
                found.push(epc.canonical().to_owned());
            }
        }
    }
    Ok(found)
}

/// Products are followed through all time, containers only with what they held when they were used or filled.
fn push(items: &Items, window: Window, next: &mut Vec<(String, Window)>) {
    for id in items.identifiers().map(Identifier::canonical) {
        let window = if is_container(id) { window } else { Window::ALWAYS };
        next.push((id.to_owned(), window));
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

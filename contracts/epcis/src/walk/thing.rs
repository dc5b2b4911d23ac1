//! Things: the identifiers that a walk came by, and what it knows of each. Nothing is read, replayed or compared by its whole
//! text twice: a recall comes by each of its containers once for each of the things that were in it.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;

use super::stay::Stay;
use super::{Step, Walk};
use crate::limits::LOGS_TOGETHER_MIN;
use crate::register::{Entry, Pos, Reader, Record, Relation, Role, key};

/// The canonical identifier of a thing, and its number in one walk.
#[derive(Clone)]
pub(super) struct Name {
    text: Rc<str>,
    pub(super) number: usize,
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Name {}

/// What is known of a thing; `None` before it was asked for.
#[derive(Default)]
struct Thing {
    log: Option<Rc<[Entry]>>,
    /// Whether its log was to be read with others.
    is_asked: bool,
    stays: Option<Rc<[Stay]>>,
    instances: Option<Rc<[Name]>>,
    /// Events that emptied it, void ones among them.
    emptyings: BTreeMap<Relation, Rc<[Pos]>>,
}

/// All things of a walk.
#[derive(Default)]
pub(super) struct Things {
    numbers: BTreeMap<Rc<str>, usize>,
    things: Vec<Thing>,
    /// The containers that records name.
    parents: BTreeMap<u64, Option<Name>>,
}

impl Things {
    /// The thing of a canonical identifier.
    pub(super) fn name(&mut self, canonical: &str) -> Name {
        if let Some((text, number)) = self.numbers.get_key_value(canonical) {
            return Name { text: Rc::clone(text), number: *number };
        }
        let name = Name { text: Rc::from(canonical), number: self.things.len() };
        self.numbers.insert(Rc::clone(&name.text), name.number);
        self.things.push(Thing::default());
        name
    }

    /// Those of all things that are wanted by number, in the order of their identifiers.
    pub(super) fn sorted(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<Name> {
        let wanted = self.numbers.iter().filter(|(_, number)| is_wanted(**number));
        wanted.map(|(text, number)| Name { text: Rc::clone(text), number: *number }).collect()
    }

    /// Whether nobody asked for the log of a thing before, nor for it to be read.
    fn is_first_asked(&mut self, name: &Name) -> bool {
        self.of_mut(name).is_some_and(|thing| thing.log.is_none() && !core::mem::replace(&mut thing.is_asked, true))
    }

    fn of(&self, name: &Name) -> Option<&Thing> {
        self.things.get(name.number)
    }

    fn of_mut(&mut self, name: &Name) -> Option<&mut Thing> {
        self.things.get_mut(name.number)
    }

    pub(super) fn stays(&self, name: &Name) -> Option<Rc<[Stay]>> {
        self.of(name)?.stays.clone()
    }

    pub(super) fn keep_stays(&mut self, name: &Name, stays: &Rc<[Stay]>) {
        if let Some(thing) = self.of_mut(name) {
            thing.stays = Some(Rc::clone(stays));
        }
    }

    pub(super) fn instances(&self, name: &Name) -> Option<Rc<[Name]>> {
        self.of(name)?.instances.clone()
    }

    pub(super) fn keep_instances(&mut self, name: &Name, instances: &Rc<[Name]>) {
        if let Some(thing) = self.of_mut(name) {
            thing.instances = Some(Rc::clone(instances));
        }
    }

    /// The container of a record's event.
    pub(super) fn parent(&mut self, sequence: u64, record: &Record) -> Option<Name> {
        if let Some(parent) = self.parents.get(&sequence) {
            return parent.clone();
        }
        let parent = record.event.what.parent().map(|parent| self.name(parent.canonical()));
        self.parents.insert(sequence, parent.clone());
        parent
    }
}

impl<R: Reader> Walk<'_, R> {
    /// The log of an identifier up to the position, in the order of events.
    pub(super) fn log(&mut self, canonical: &str) -> Step<Rc<[Entry]>, R> {
        let name = self.things.name(canonical);
        self.log_of(&name)
    }

    /// The same of a thing.
    pub(super) fn log_of(&mut self, name: &Name) -> Step<Rc<[Entry]>, R> {
        if let Some(log) = self.things.of(name).and_then(|thing| thing.log.as_ref()) {
            return Ok(Rc::clone(log));
        }
        let key = key::naming(name, |bytes| self.reader.digest(bytes));
        let log: Rc<[Entry]> = self.dated(&key)?.into();
        if let Some(thing) = self.things.of_mut(name) {
            thing.log = Some(Rc::clone(&log));
        }
        Ok(log)
    }

    /// Reads the logs of these things together, if they are many.
    pub(super) fn read_logs<'n>(&mut self, names: impl Iterator<Item = &'n Name>) -> Step<(), R> {
        let mut unread: Vec<&Name> = names.filter(|name| self.things.is_first_asked(name)).collect();
        // Each has an entry at least, or it would not be known.
        unread.truncate(usize::try_from(self.limits.reads.saturating_sub(self.reads)).unwrap_or(usize::MAX));
        if unread.len() < LOGS_TOGETHER_MIN {
            return Ok(());
        }
        let keys: Vec<Vec<u8>> =
            unread.iter().map(|name| key::naming(name, |bytes| self.reader.digest(bytes))).collect();
        let (mut logs, mut entries): (Vec<Rc<[Entry]>>, Vec<Entry>) = (Vec::with_capacity(keys.len()), Vec::new());
        let mut end = |entries: &mut Vec<Entry>| {
            entries.sort_by_key(|entry| entry.pos);
            logs.push(Rc::from(entries.as_slice()));
            entries.clear();
            logs.len()
        };
        let mut done = 0;
        self.entries_of(&keys, |at, entry: Entry| {
            while done < at {
                done = end(&mut entries);
            }
            entries.push(entry);
        })?;
        while done < keys.len() {
            done = end(&mut entries);
        }
        for (name, log) in unread.into_iter().zip(logs) {
            if let Some(thing) = self.things.of_mut(name) {
                thing.log = Some(log);
            }
        }
        Ok(())
    }

    /// The events that emptied a container, in their order; void ones may be among them.
    pub(super) fn emptyings(&mut self, name: &Name, relation: Relation) -> Step<Rc<[Pos]>, R> {
        if let Some(known) = self.things.of(name).and_then(|thing| thing.emptyings.get(&relation)) {
            return Ok(Rc::clone(known));
        }
        let log = self.log_of(name)?;
        let emptied = log.iter().filter(|entry| entry.role == Role::Emptied(relation));
        let emptyings: Rc<[Pos]> = emptied.map(|entry| entry.pos).collect();
        if let Some(thing) = self.things.of_mut(name) {
            thing.emptyings.insert(relation, Rc::clone(&emptyings));
        }
        Ok(emptyings)
    }
}

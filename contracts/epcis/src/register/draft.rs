//! Draft: what an event does to the registers, worked out before any of it is written.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::capture::{load, record};
use super::lot::{lot_of, lots};
use super::object::{Object, Persistent, Stay, advance};
use super::refusal::rule;
use super::{Entry, Pos, Refusal, Relation, Role, Stored, Writer, key};
use crate::answer::Anomaly;
use crate::by_words::ByWords;
use crate::event::{Action, Event, Items, What};
use crate::identifier::{Identifier, Kind};
use crate::limits::{CONTAINERS_ABOVE_MAX, LOTS_MAX, PERSISTENT_MAX, UNIT_REUSE_MS};
use crate::rule::Policy;
use crate::term::Term;

/// The changes of one event.
pub(super) struct Draft<'a, W> {
    writer: &'a mut W,
    event: &'a Event,
    pos: Pos,
    policy: Policy,
    /// The objects that the event names, and whether they change.
    objects: BTreeMap<ByWords<'a>, (Object, bool)>,
    /// Other containers, read to judge by.
    others: BTreeMap<String, Object>,
    /// Records, read to judge by, and whether they are void.
    void: BTreeMap<u64, bool>,
    /// Lines of identifiers' logs.
    lines: Vec<(&'a str, Role)>,
    /// Lots that instances are first said to belong to.
    lots: BTreeSet<String>,
    anomalies: Vec<Anomaly>,
}

impl<'a, W: Writer> Draft<'a, W> {
    /// The changes of `event`, which becomes the record at `pos`.
    pub(super) fn of(writer: &'a mut W, event: &'a Event, pos: Pos, policy: Policy) -> Result<Self, Refusal> {
        let mut draft = Self {
            writer,
            event,
            pos,
            policy,
            objects: BTreeMap::new(),
            others: BTreeMap::new(),
            void: BTreeMap::new(),
            lines: Vec::new(),
            lots: BTreeSet::new(),
            anomalies: Vec::new(),
        };
        draft.what()?;
        draft.lots();
        Ok(draft)
    }

    /// Writes the changes; answers how many rules they break that the policy lets pass.
    pub(super) fn commit(self) -> u32 {
        let Self { writer, event, pos, objects, lines, lots, anomalies, .. } = self;
        for (ByWords(id), (object, _)) in objects.iter().filter(|(_, (_, changed))| *changed) {
            let key = key::object(id, |bytes| writer.digest(bytes));
            writer.write(&key, &object.to_bytes());
        }
        for (id, role) in lines {
            let key = key::naming(id, |bytes| writer.digest(bytes));
            writer.log_append(&key, &Entry { pos, role }.to_bytes());
        }
        for lot in lots {
            let key = key::naming(&lot, |bytes| writer.digest(bytes));
            writer.log_append(&key, &Entry { pos, role: Role::Lot }.to_bytes());
        }
        let reference = Entry { pos, role: Role::Reference }.to_bytes();
        if let What::Transformation { id: Some(id), .. } = &event.what {
            let key = key::transformation(id, |bytes| writer.digest(bytes));
            writer.log_append(&key, &reference);
        }
        for document in &event.transactions {
            let key = key::document(document.kind.as_ref().map_or("", Term::word), &document.id, |bytes| {
                writer.digest(bytes)
            });
            writer.log_append(&key, &reference);
        }
        let reports = event.sensors.iter().flat_map(|element| &element.reports);
        let kinds: BTreeSet<&str> = reports.filter_map(|report| report.kind.as_ref().map(Term::word)).collect();
        for kind in kinds {
            let key = key::sensed(kind, |bytes| writer.digest(bytes));
            writer.log_append(&key, &reference);
        }
        for anomaly in &anomalies {
            let bytes = anomaly.to_bytes();
            writer.log_append(key::ANOMALIES, &bytes);
            let key = key::anomalies(&anomaly.item, |bytes| writer.digest(bytes));
            writer.log_append(&key, &bytes);
        }
        u32::try_from(anomalies.len()).unwrap_or(u32::MAX)
    }

    fn what(&mut self) -> Result<(), Refusal> {
        let event = self.event;
        match &event.what {
            What::Object { action, items } => self.items(*action, items),
            What::Transaction { action, parent, items } => {
                if let Some(parent) = parent {
                    self.name(parent, Role::Transacting(*action));
                    self.object(parent.canonical())?;
                }
                self.quantities(items, Role::Transacted(*action));
                self.each(items, Role::Transacted(*action))
            }
            What::Aggregation { action, parent, children } => {
                self.family(Relation::Aggregation, *action, parent.as_ref(), children)
            }
            What::Association { action, parent, children } => {
                self.family(Relation::Association, *action, parent.as_ref(), children)
            }
            What::Transformation { inputs, outputs, .. } => {
                for id in inputs.identifiers() {
                    self.name(id, Role::Input);
                }
                self.quantities(outputs, Role::Output);
                self.each(outputs, Role::Output)
            }
        }
    }

    /// The things of an object event.
    fn items(&mut self, action: Action, items: &'a Items) -> Result<(), Refusal> {
        self.quantities(items, Role::Item(action));
        self.each(items, Role::Item(action))?;
        match action {
            Action::Add if matches!(self.event.step_word(), "" | "commissioning") => {
                for (at, epc) in items.epcs.iter().enumerate() {
                    self.commission(at, epc)?;
                }
            }
            Action::Delete => {
                let pos = self.pos;
                for epc in &items.epcs {
                    let (object, changed) = self.object(epc.canonical())?;
                    *changed |= advance(&mut object.decommissioned, pos);
                }
            }
            Action::Add | Action::Observe => {}
        }
        Ok(())
    }

    /// A serial number is commissioned once; a logistic unit's may return after a year, or once it has been
    /// decommissioned.
    fn commission(&mut self, at: usize, epc: &'a Identifier) -> Result<(), Refusal> {
        let pos = self.pos;
        let (object, changed) = self.object(epc.canonical())?;
        let (before, ended) = (object.commissioned, object.decommissioned);
        if before.is_none() {
            (object.commissioned, *changed) = (Some(pos), true);
            return Ok(());
        }
        if let Some(before) = before {
            let reused = epc.kind() == Kind::LogisticUnit
                && (ended.is_some_and(|ended| ended > before)
                    || pos.time_ms.saturating_sub(before.time_ms) >= UNIT_REUSE_MS);
            if !reused && !self.is_void(before.sequence) {
                let reason = format!("{epc} was commissioned by record {}", before.sequence);
                return Err(Refusal::new(rule::COMMISSIONED, &format!("$.epcList[{at}]"), reason));
            }
        }
        let (object, changed) = self.object(epc.canonical())?;
        object.commissioned = Some(pos);
        *changed = true;
        Ok(())
    }

    /// A parent and its children.
    fn family(
        &mut self,
        relation: Relation,
        action: Action,
        parent: Option<&'a Identifier>,
        children: &'a Items,
    ) -> Result<(), Refusal> {
        if let Some(parent) = parent {
            let all = action == Action::Delete && children.is_empty();
            self.name(parent, if all { Role::Emptied(relation) } else { Role::Parent(relation, action) });
            let pos = self.pos;
            let (object, changed) = self.object(parent.canonical())?;
            if all && relation == Relation::Aggregation {
                *changed |= advance(&mut object.emptied, pos);
            }
        }
        self.quantities(children, Role::Portion(relation, action));
        self.each(children, Role::Child(relation, action))?;
        if let (Some(parent), Relation::Aggregation) = (parent, relation) {
            match action {
                Action::Add => self.fill(parent, children)?,
                Action::Delete => self.empty(parent, children)?,
                Action::Observe => {}
            }
        }
        Ok(())
    }

    /// Children enter `parent`.
    fn fill(&mut self, parent: &'a Identifier, children: &'a Items) -> Result<(), Refusal> {
        let above = self.above(parent.canonical())?;
        let pos = self.pos;
        for (at, child) in children.epcs.iter().enumerate() {
            let id = child.canonical();
            if above.iter().any(|container| container == id) {
                let reason = format!("{parent} is inside {child}");
                return Err(Refusal::new(rule::CYCLE, &format!("$.childEPCs[{at}]"), reason));
            }
            let (object, changed) = self.object(id)?;
            if object.container.is_none() {
                object.container = Some(Stay { parent: parent.canonical().to_owned(), from: pos });
                *changed = true;
                continue;
            }
            let before = object.container.clone();
            // A late arrival, from before the stay that is known, leaves that stay and is judged by nothing.
            if before.as_ref().is_some_and(|stay| stay.from > pos) {
                continue;
            }
            if let Some(stay) = before.filter(|stay| self.lasts(stay)) {
                if stay.parent == parent.canonical() {
                    continue;
                }
                self.two_containers(at, child, &stay)?;
            }
            let (object, changed) = self.object(id)?;
            object.container = Some(Stay { parent: parent.canonical().to_owned(), from: pos });
            *changed = true;
        }
        Ok(())
    }

    fn two_containers(&mut self, at: usize, child: &Identifier, stay: &Stay) -> Result<(), Refusal> {
        let reason = format!("{child} is in {} since record {}", stay.parent, stay.from.sequence);
        match self.policy {
            Policy::Strict => Err(Refusal::new(rule::TWO_CONTAINERS, &format!("$.childEPCs[{at}]"), reason)),
            Policy::Lenient => {
                let item = child.canonical().to_owned();
                let rule = rule::TWO_CONTAINERS.to_string();
                self.anomalies.push(Anomaly { sequence: self.pos.sequence, rule, item, reason });
                Ok(())
            }
        }
    }

    /// Children leave `parent`.
    fn empty(&mut self, parent: &Identifier, children: &'a Items) -> Result<(), Refusal> {
        let pos = self.pos;
        for child in &children.epcs {
            let (object, changed) = self.object(child.canonical())?;
            let leaves = |stay: &Stay| stay.parent == parent.canonical() && stay.from < pos;
            if object.container.as_ref().is_some_and(leaves) {
                object.container = None;
                *changed = true;
            }
        }
        Ok(())
    }

    /// The container `id` and all that it is in at the time of the event.
    fn above(&mut self, id: &str) -> Result<Vec<String>, Refusal> {
        let mut above = Vec::from([id.to_owned()]);
        let mut stay = self.known(id).container.clone();
        while let Some(known) = stay.filter(|stay| stay.from <= self.pos && self.lasts(stay)) {
            if above.len() > CONTAINERS_ABOVE_MAX {
                let reason = format!("{id} is in more than {CONTAINERS_ABOVE_MAX} containers");
                return Err(Refusal::new(rule::NESTING, "$.parentID", reason));
            }
            // Late arrivals may have closed a circle that no event shows; it is no reason to refuse this one.
            if above.contains(&known.parent) {
                break;
            }
            stay = self.known(&known.parent).container.clone();
            above.push(known.parent);
        }
        Ok(above)
    }

    /// Whether nothing has ended the stay: its container was not emptied since, its event not voided.
    fn lasts(&mut self, stay: &Stay) -> bool {
        let emptied = self.known(&stay.parent).emptied;
        emptied.is_none_or(|emptied| emptied < stay.from) && !self.is_void(stay.from.sequence)
    }

    fn is_void(&mut self, sequence: u64) -> bool {
        if sequence >= self.pos.sequence {
            return false;
        }
        let writer = &mut *self.writer;
        *self.void.entry(sequence).or_insert_with(|| record(writer, sequence).voided.is_some())
    }

    /// A container's state, whether or not the event names it.
    fn known<'s>(&'s mut self, id: &'s str) -> &'s Object {
        if self.objects.contains_key(&ByWords(id)) {
            return self.objects.get(&ByWords(id)).map(|(object, _)| object).expect("it was just found");
        }
        let writer = &mut *self.writer;
        self.others.entry(id.to_owned()).or_insert_with(|| {
            let key = key::object(id, |bytes| writer.digest(bytes));
            load(writer, &key).unwrap_or_default()
        })
    }

    /// Instances in one role: a line in the log of each, and what the event says of all of them.
    fn each(&mut self, items: &'a Items, role: Role) -> Result<(), Refusal> {
        for epc in &items.epcs {
            self.name(epc, role);
            self.object(epc.canonical())?;
        }
        Ok(())
    }

    fn quantities(&mut self, items: &'a Items, role: Role) {
        for quantity in &items.quantities {
            self.name(&quantity.class, role);
        }
    }

    fn name(&mut self, id: &'a Identifier, role: Role) {
        self.lines.push((id.canonical(), role));
    }

    /// The state of an object that the event names, with what the event says of all that it names.
    fn object(&mut self, id: &'a str) -> Result<&mut (Object, bool), Refusal> {
        use alloc::collections::btree_map::Entry::{Occupied, Vacant};
        match self.objects.entry(ByWords(id)) {
            Occupied(known) => Ok(known.into_mut()),
            Vacant(new) => {
                let key = key::object(id, |bytes| self.writer.digest(bytes));
                let mut object = load(self.writer, &key).unwrap_or_default();
                let changed = state(self.event, self.pos, &mut object)?;
                Ok(new.insert((object, changed)))
            }
        }
    }

    /// Instances that the event says the lot of.
    fn lots(&mut self) {
        let event = self.event;
        for (epc, lot) in lots(event) {
            let Some((object, _)) = self.objects.get(&ByWords(epc.canonical())) else { continue };
            let said: Vec<u64> = object.lots.iter().filter(|(known, _)| *known == lot).map(|(_, by)| *by).collect();
            // What only void events said is to be said again.
            if object.lots.len() >= LOTS_MAX || said.into_iter().any(|by| !self.is_void(by)) {
                continue;
            }
            let Some((object, changed)) = self.objects.get_mut(&ByWords(epc.canonical())) else { continue };
            object.lots.push((lot.clone().into_owned(), self.pos.sequence));
            *changed = true;
            if let Some(gtin) = epc.gtin() {
                self.lots.insert(lot_of(gtin, &lot));
            }
        }
    }
}

/// Place and dispositions; answers whether the object changed.
fn state(event: &Event, pos: Pos, object: &mut Object) -> Result<bool, Refusal> {
    let mut changed = event.location.is_some() && advance(&mut object.located, pos);
    changed |= event.disposition.is_some() && advance(&mut object.disposed, pos);
    let set = event.persistent_set.iter().map(|term| (term, true));
    for (term, holds) in set.chain(event.persistent_unset.iter().map(|term| (term, false))) {
        let known = object.persistent.iter().position(|known| known.word == term.word());
        match known.and_then(|at| object.persistent.get_mut(at)) {
            Some(known) if known.since < pos => (known.since, known.holds) = (pos, holds),
            Some(_) => continue,
            None => {
                object.persistent.push(Persistent { word: term.word().to_owned(), since: pos, holds });
                if object.persistent.len() > PERSISTENT_MAX {
                    let reason = format!("an object has {PERSISTENT_MAX} persistent dispositions already");
                    return Err(Refusal::new(rule::PERSISTENT, "$.persistentDisposition", reason));
                }
            }
        }
        changed = true;
    }
    Ok(changed)
}

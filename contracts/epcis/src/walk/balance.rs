//! Mass balance: what came to be of something against what was used up and disposed of.
//!
//! Amounts of a lot and instances of it are counted apart: a lot that is serialised is the same goods twice over.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;

use super::flow::Flow;
use super::{Step, Walk};
use crate::answer::{Instances, MassBalance};
use crate::identifier::{Identifier, Kind};
use crate::register::{Reader, Role, lot_of, lots};

/// The answer for `item`.
pub(super) fn balance<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier) -> Step<MassBalance, R> {
    let id = item.canonical();
    let (amounts, incomparable) = walk.flows(id)?.sums();
    let instances = if item.kind() == Kind::Lot { instances(walk, id)? } else { None };
    Ok(MassBalance {
        item: id.to_owned(),
        position: walk.position,
        amounts,
        instances,
        incomparable,
        complete: walk.truncated.is_none(),
        truncated: walk.truncated,
    })
}

/// The instances that are said to belong to the lot `id`, and what became of them.
fn instances<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<Option<Instances>, R> {
    let members = walk.members(id)?;
    let mut counted = Instances { created: 0, consumed: 0, disposed: 0 };
    for member in &members {
        counted.created = counted.created.saturating_add(1);
        match walk.end_of(member)? {
            Some(Flow::Consumed) => counted.consumed = counted.consumed.saturating_add(1),
            Some(_) => counted.disposed = counted.disposed.saturating_add(1),
            None => {}
        }
    }
    Ok((!members.is_empty()).then_some(counted))
}

impl<R: Reader> Walk<'_, R> {
    /// The instances of the lot `id`, by valid events.
    pub(super) fn members(&mut self, id: &str) -> Step<BTreeSet<String>, R> {
        let mut members = BTreeSet::new();
        for entry in self.log(id)?.iter().filter(|entry| entry.role == Role::Lot) {
            let Some(record) = self.event(entry.pos.sequence)? else { continue };
            for (epc, lot) in lots(&record.event) {
                if epc.gtin().is_some_and(|gtin| lot_of(gtin, &lot) == id) && self.room(members.len()) {
                    members.insert(epc.canonical().to_owned());
                }
            }
        }
        Ok(members)
    }

    /// What ended the instance `id`: consumed if a transformation used it up, disposed of if it was deleted.
    pub(super) fn end_of(&mut self, id: &str) -> Step<Option<Flow>, R> {
        let mut end = None;
        for entry in self.log(id)?.iter() {
            match Flow::of(entry.role) {
                Some(flow @ (Flow::Consumed | Flow::Disposed)) if self.valid(entry.pos.sequence)?.is_some() => {
                    end = Some(end.map_or(flow, |known: Flow| known.min(flow)));
                }
                _ => {}
            }
        }
        Ok(end)
    }
}

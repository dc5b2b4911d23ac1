//! Mass balance: what came to be of something against what was used up and disposed of.
//!
//! Amounts of a lot and instances of it are counted apart: a lot that is serialised is the same goods twice over.

use alloc::borrow::ToOwned;
use alloc::rc::Rc;

use super::flow::Flow;
use super::lineage::instances as instances_of;
use super::thing::Name;
use super::{Step, Walk};
use crate::answer::{Instances, MassBalance};
use crate::identifier::{Identifier, Kind};
use crate::register::Reader;

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
    walk.read_logs(members.iter())?;
    let mut counted = Instances { created: 0, consumed: 0, disposed: 0 };
    for member in members.iter() {
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
    /// The instances of the lot `id`, by valid events, as many as may be listed.
    pub(super) fn members(&mut self, id: &str) -> Step<Rc<[Name]>, R> {
        let name = self.things.name(id);
        let members = instances_of(self, &name)?;
        match members.get(..self.limits.items) {
            Some(listed) if listed.len() < members.len() => {
                self.room(listed.len());
                Ok(listed.into())
            }
            _ => Ok(members),
        }
    }

    /// What ended an instance: consumed if a transformation used it up, disposed of if it was deleted.
    pub(super) fn end_of(&mut self, name: &Name) -> Step<Option<Flow>, R> {
        let mut end = None;
        for entry in self.log_of(name)?.iter() {
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

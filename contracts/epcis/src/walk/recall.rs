//! Recall: everything an item went into, the containers of these, and where they were last.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::lineage::{Direction, is_container, reach};
use super::window::{Seen, Window};
use super::{Step, Walk, history};
use crate::answer::{self, LastKnown};
use crate::identifier::{Identifier, Kind, kind};
use crate::register::Reader;

/// The answer for `item`.
pub(super) fn recall<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier) -> Step<answer::Recall, R> {
    let id = item.canonical();
    let (containers, products): (Vec<_>, Vec<_>) =
        reach(walk, id, Direction::Forward)?.into_iter().partition(|found| is_container(found));
    let mut ever: BTreeSet<_> = containers.into_iter().collect();
    let mut last_known = Vec::new();
    for product in &products {
        above(walk, product, &mut ever)?;
        if !matches!(kind(product), Kind::Lot | Kind::Class) {
            last_known.push(last(walk, product)?);
        }
    }
    above(walk, id, &mut ever)?;
    Ok(answer::Recall {
        item: id.to_owned(),
        position: walk.position,
        products,
        containers_ever: ever.into_iter().collect(),
        last_known,
        truncated: walk.truncated,
    })
}

/// Every container that `id` was in, directly or in another.
fn above<R: Reader>(walk: &mut Walk<'_, R>, id: &str, ever: &mut BTreeSet<alloc::string::String>) -> Step<(), R> {
    let mut seen = Seen::default();
    let mut open = Vec::from([(id.to_owned(), Window::ALWAYS)]);
    while let Some((id, window)) = open.pop() {
        for stay in walk.stays(&id)? {
            if let Some(within) = stay.window.meet(window)
                && seen.add(&stay.other, within)
            {
                ever.insert(stay.other.clone());
                open.push((stay.other, within));
            }
        }
    }
    Ok(())
}

/// The last place that an event of its history gives.
fn last<R: Reader>(walk: &mut Walk<'_, R>, id: &str) -> Step<LastKnown, R> {
    for (pos, _) in history::events(walk, id)?.into_iter().rev() {
        if let Some(record) = walk.valid(pos.sequence)?
            && let Some(place) = &record.event.location
        {
            let location = Some(place.id.canonical().to_owned());
            return Ok(LastKnown { item: id.to_owned(), location, time_ms: Some(pos.time_ms) });
        }
    }
    Ok(LastKnown { item: id.to_owned(), location: None, time_ms: None })
}

//! Recall: everything an item went into, the containers of these, and where they were last.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::lineage::{Direction, is_container, reach};
use super::thing::Name;
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
    let mut ever: BTreeSet<String> = containers.iter().map(|name| String::from(&**name)).collect();
    let mut last_known = Vec::new();
    let (begin, mut seen) = (walk.things.name(id), Seen::default());
    for product in &products {
        above(walk, product, &mut seen)?;
        if !matches!(kind(product), Kind::Lot | Kind::Class) {
            last_known.push(last(walk, product)?);
        }
    }
    above(walk, &begin, &mut seen)?;
    ever.extend(seen.names(&walk.things).iter().map(|name| String::from(&**name)));
    Ok(answer::Recall {
        item: id.to_owned(),
        position: walk.position,
        products: products.iter().map(|name| String::from(&**name)).collect(),
        containers_ever: ever.into_iter().collect(),
        last_known,
        truncated: walk.truncated,
    })
}

/// Remembers every container that a thing was in, directly or in another. Windows only shrink upwards, so what was seen of a
/// container for one thing is not walked again for another.
pub(super) fn above<R: Reader>(walk: &mut Walk<'_, R>, name: &Name, seen: &mut Seen) -> Step<(), R> {
    let mut open = Vec::from([(name.clone(), Window::ALWAYS)]);
    while let Some((name, window)) = open.pop() {
        for stay in walk.stays_of(&name)?.iter() {
            if let Some(within) = stay.window.meet(window)
                && seen.add(&stay.other, within)
            {
                open.push((stay.other.clone(), within));
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

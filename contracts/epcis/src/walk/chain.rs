//! Chain: what an item comes from or went into, link by link, no further than is asked.
//!
//! It reaches what [`lineage`](super::lineage) reaches, and with [`Way::Recall`] what a recall names, in the order of
//! distance: everything that is one link away, then what is two, so that a thing is found by its shortest way. Things
//! at the greatest distance are looked at once more, to say whether anything lies beyond them.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::lineage::is_container;
use super::thing::Name;
use super::window::{Seen, Window};
use super::{Reach, Step, Walk};
use crate::answer::{Chain, Link, LinkKind, Reached, Way};
use crate::event::{Items, What};
use crate::identifier::{Identifier, Kind, kind};
use crate::register::{Pos, Reader, Relation, Role, is_lot_of, lots};

/// The answer for `item`.
pub(super) fn chain<R: Reader>(walk: &mut Walk<'_, R>, item: &Identifier, way: Way, reach: Reach) -> Step<Chain, R> {
    let id = item.canonical();
    let mut found = Found { id, reach, away: BTreeMap::new(), links: BTreeMap::new(), deeper: false };
    let begin = walk.things.name(id);
    match way {
        Way::Back => found.follow(walk, [(begin, 0)], before)?,
        Way::Forward => found.follow(walk, [(begin, 0)], after)?,
        Way::Recall => {
            found.follow(walk, [(begin.clone(), 0)], after)?;
            let products = found.away.iter().filter(|(found, _)| !is_container(found));
            let products: Vec<(Name, u32)> = products.map(|(found, away)| (walk.things.name(found), *away)).collect();
            found.follow(walk, products.into_iter().chain([(begin, 0)]), above)?;
        }
    }
    Ok(found.page(walk, way))
}

/// A link that leads on, and over which span what it leads to is followed.
struct Lead {
    to: Name,
    window: Window,
    kind: LinkKind,
    through: Option<String>,
    records: [Option<u64>; 2],
}

/// A link without the records that say so.
type Bond = (String, String, LinkKind, Option<String>);

/// What was reached from one item.
struct Found<'a> {
    id: &'a str,
    reach: Reach,
    /// The fewest links to each thing.
    away: BTreeMap<String, u32>,
    /// Links, if they are asked for.
    links: BTreeMap<Bond, BTreeSet<u64>>,
    deeper: bool,
}

impl Found<'_> {
    /// Follows `leads` from things at their distances, nearest first.
    fn follow<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        from: impl IntoIterator<Item = (Name, u32)>,
        leads: impl Fn(&mut Walk<'_, R>, &Name, Window, &mut Vec<Lead>) -> Step<(), R>,
    ) -> Step<(), R> {
        let mut seen = Seen::default();
        let mut open: BTreeMap<u32, Vec<(Name, Window)>> = BTreeMap::new();
        for (id, away) in from {
            open.entry(away).or_default().push((id, Window::ALWAYS));
        }
        if let Some((id, window)) = open.get(&0).and_then(|first| first.first()) {
            seen.add(id, *window);
        }
        let mut next = Vec::new();
        while let Some((away, level)) = open.pop_first() {
            let is_last = self.reach.depth.is_some_and(|depth| away >= depth.get());
            let further = away.saturating_add(1);
            for (id, window) in level {
                leads(walk, &id, window, &mut next)?;
                if !is_last {
                    walk.read_logs(next.iter().map(|lead| &lead.to))?;
                }
                for lead in next.drain(..) {
                    if is_last {
                        self.deeper |= !seen.knows(&lead.to, lead.window);
                        continue;
                    }
                    if !walk.room(self.away.len().saturating_add(self.links.len())) {
                        return Ok(());
                    }
                    if seen.add(&lead.to, lead.window) {
                        self.reached(&lead.to, further);
                        open.entry(further).or_default().push((lead.to.clone(), lead.window));
                    }
                    self.linked(&id, lead);
                }
                if is_last && self.deeper {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn reached(&mut self, id: &str, away: u32) {
        if id == self.id {
            return;
        }
        match self.away.get_mut(id) {
            Some(known) => *known = away.min(*known),
            None => {
                self.away.insert(id.to_owned(), away);
            }
        }
    }

    fn linked(&mut self, from: &str, Lead { to, kind, through, records, .. }: Lead) {
        if self.reach.links {
            self.links
                .entry((from.to_owned(), String::from(&*to), kind, through))
                .or_default()
                .extend(records.into_iter().flatten());
        }
    }

    /// The things or links that were asked for.
    fn page<R: Reader>(self, walk: &Walk<'_, R>, way: Way) -> Chain {
        let Reach { depth, links: is_linked, rows } = self.reach;
        let after = rows.map_or(0, |rows| usize::try_from(rows.after).unwrap_or(usize::MAX));
        let limit = rows.map_or(usize::MAX, |rows| usize::try_from(rows.limit.get()).unwrap_or(usize::MAX));
        let (things_count, links_count) = (self.away.len(), self.links.len());
        let (id, deeper) = (self.id.to_owned(), self.deeper);
        let (mut things, mut links) = (Vec::new(), Vec::new());
        if is_linked {
            links = self.into_links();
            links = links.into_iter().skip(after).take(limit).collect();
        } else {
            things = self.into_things();
            things = things.into_iter().skip(after).take(limit).collect();
        }
        let end = after.saturating_add(things.len()).saturating_add(links.len());
        let count = if is_linked { links_count } else { things_count };
        let next = (end < count).then(|| number(end));
        Chain {
            item: id,
            position: walk.position,
            way,
            depth: depth.map(core::num::NonZeroU32::get),
            things_count: number(things_count),
            links_count: is_linked.then(|| number(links_count)),
            things,
            links,
            next,
            complete: walk.truncated.is_none() && next.is_none() && !deeper,
            deeper,
            truncated: walk.truncated,
        }
    }

    /// Products, then containers.
    fn into_things(self) -> Vec<Reached> {
        let reached = |(item, away): (String, u32)| Reached { is_container: is_container(&item), item, away };
        let mut things: Vec<Reached> = self.away.into_iter().map(reached).collect();
        things.sort_by_key(|thing| thing.is_container);
        things
    }

    /// Links, the nearest first.
    fn into_links(self) -> Vec<Link> {
        let Self { away, links, .. } = self;
        // The item itself is not among what was reached.
        let far = |id: &str| away.get(id).copied().unwrap_or_default();
        let mut links: Vec<(u32, Link)> = links
            .into_iter()
            .map(|((from, to, kind, through), records)| {
                let (near, away, records) = (far(&from), far(&to), records.into_iter().collect());
                (near, Link { from, to, kind, through, records, away })
            })
            .collect();
        links.sort_by_key(|(near, _)| *near);
        links.into_iter().map(|(_, link)| link).collect()
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// The lots of `id`, the inputs of what it came out of, and what it holds.
fn before<R: Reader>(walk: &mut Walk<'_, R>, id: &Name, window: Window, next: &mut Vec<Lead>) -> Step<(), R> {
    if kind(id) == Kind::Instance {
        for (lot, sequence) in walk.lots_of(id)? {
            let (to, records) = (walk.things.name(&lot), [Some(sequence), None]);
            next.push(Lead { to, window: Window::ALWAYS, kind: LinkKind::Lot, through: None, records });
        }
    }
    for entry in walk.log_of(id)?.iter().filter(|entry| entry.role == Role::Output && entry.pos < window.to) {
        for (pos, record) in walk.joined(entry)? {
            if let What::Transformation { inputs, .. } = &record.event.what {
                let records = [Some(pos.sequence), Some(entry.pos.sequence)];
                push(walk, inputs, Window::at(pos), LinkKind::Input, None, records, next);
            }
        }
    }
    held(walk, id, window, next)
}

/// The instances of the lot `id`, the outputs of what it or a container of it went into, and what it holds.
fn after<R: Reader>(walk: &mut Walk<'_, R>, id: &Name, window: Window, next: &mut Vec<Lead>) -> Step<(), R> {
    for entry in walk.log_of(id)?.iter().filter(|entry| entry.role == Role::Lot) {
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        for (epc, lot) in lots(&record.event) {
            if epc.gtin().is_some_and(|gtin| is_lot_of(id, gtin, &lot)) {
                let (to, records) = (walk.things.name(epc.canonical()), [Some(entry.pos.sequence), None]);
                next.push(Lead { to, window: Window::ALWAYS, kind: LinkKind::Instance, through: None, records });
            }
        }
    }
    let mut seen = Seen::default();
    let mut open: Vec<(Option<Name>, Window)> = Vec::from([(None, window)]);
    while let Some((container, window)) = open.pop() {
        let within = container.as_ref().unwrap_or(id);
        for entry in walk.log_of(within)?.iter().filter(|entry| entry.role == Role::Input && window.holds(entry.pos)) {
            for (pos, record) in walk.joined(entry)? {
                if let What::Transformation { outputs, .. } = &record.event.what {
                    let records = [Some(entry.pos.sequence), Some(pos.sequence)];
                    let window = Window { from: pos, to: Pos::END };
                    push(walk, outputs, window, LinkKind::Output, container.as_deref(), records, next);
                }
            }
        }
        for stay in walk.stays_of(within)?.iter() {
            if let Some(within) = stay.window.meet(window)
                && seen.add(&stay.other, within)
            {
                open.push((Some(stay.other.clone()), within));
            }
        }
    }
    held(walk, id, window, next)
}

/// The containers that `id` was in.
fn above<R: Reader>(walk: &mut Walk<'_, R>, id: &Name, window: Window, next: &mut Vec<Lead>) -> Step<(), R> {
    for stay in walk.stays_of(id)?.iter() {
        if let Some(within) = stay.window.meet(window) {
            let kind = match stay.relation {
                Relation::Aggregation => LinkKind::Container,
                Relation::Association => LinkKind::Carrier,
            };
            next.push(Lead { to: stay.other.clone(), window: within, kind, through: None, records: ends(stay.window) });
        }
    }
    Ok(())
}

/// What `id` holds.
fn held<R: Reader>(walk: &mut Walk<'_, R>, id: &Name, window: Window, next: &mut Vec<Lead>) -> Step<(), R> {
    for stay in walk.held(id, window.to)? {
        if let Some(within) = stay.window.meet(window) {
            let kind = match stay.relation {
                Relation::Aggregation => LinkKind::Contents,
                Relation::Association => LinkKind::Attached,
            };
            next.push(Lead { to: stay.other, window: within, kind, through: None, records: ends(stay.window) });
        }
    }
    Ok(())
}

/// The records that began and ended a stay.
fn ends(window: Window) -> [Option<u64>; 2] {
    [Some(window.from.sequence), (window.to < Pos::END).then_some(window.to.sequence)]
}

/// Products are followed through all time, containers only with what they held when they were used or filled.
fn push<R: Reader>(
    walk: &mut Walk<'_, R>,
    items: &Items,
    window: Window,
    kind: LinkKind,
    through: Option<&str>,
    records: [Option<u64>; 2],
    next: &mut Vec<Lead>,
) {
    for id in items.identifiers().map(Identifier::canonical) {
        let window = if is_container(id) { window } else { Window::ALWAYS };
        let to = walk.things.name(id);
        next.push(Lead { to, window, kind, through: through.map(ToOwned::to_owned), records });
    }
}

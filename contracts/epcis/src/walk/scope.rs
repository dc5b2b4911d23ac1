//! Scope of a recall: everything an item went into, the containers of these, where it all is, who has it, and what is
//! nowhere.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::custody::Custody;
use super::flow::Flow;
use super::lineage::{Direction, is_container, reach};
use super::pools::pools;
use super::whereabouts::{Known, Sighting};
use super::window::{Seen, Window};
use super::{Page, Step, Walk};
use crate::answer::{Amount, Amounts, AtPlace, Placed, RecallScope, Recalled, Unaccounted};
use crate::decimal::Decimal;
use crate::identifier::{Identifier, Kind, kind};
use crate::register::{Pos, Reader};
use crate::unit::{Dimension, are_comparable, convert, dimension};

/// The answer for `item`: a page of products and of containers, and the sums of all.
pub(super) fn scope<R: Reader>(
    walk: &mut Walk<'_, R>,
    item: &Identifier,
    Page { after, containers_after, limit }: Page<'_>,
) -> Step<RecallScope, R> {
    let id = item.canonical();
    let mut products: BTreeSet<String> = BTreeSet::new();
    let mut ever: BTreeSet<String> = BTreeSet::new();
    for found in reach(walk, id, Direction::Forward)?.into_iter().chain([id.to_owned()]) {
        let list = if is_container(&found) { &mut ever } else { &mut products };
        list.insert(found);
    }
    let mut above = Seen::default();
    let mut told = Told::default();
    let mut page: Vec<Recalled> = Vec::new();
    let mut next = None;
    for product in products.iter().map(String::as_str).chain(is_container(id).then_some(id)) {
        containers(walk, product, &mut above)?;
        if is_container(product) {
            continue;
        }
        let recalled = told.product(walk, product)?;
        if after.is_some_and(|after| product <= after) {
            continue;
        }
        match page.last() {
            Some(last) if page.len() >= limit => next = next.or(Some(last.item.clone())),
            _ => page.push(recalled),
        }
    }
    ever.remove(id);
    ever.extend(above.into_ids());
    let containers_count = ever.len();
    let mut containers =
        ever.into_iter().filter(|container| containers_after.is_none_or(|after| container.as_str() > after));
    let containers_ever: Vec<String> = containers.by_ref().take(limit).collect();
    let containers_next = containers.next().and_then(|_| containers_ever.last().cloned());
    Ok(RecallScope {
        item: id.to_owned(),
        position: walk.position,
        count: u64::try_from(products.len()).unwrap_or(u64::MAX),
        products: page,
        containers_count: u64::try_from(containers_count).unwrap_or(u64::MAX),
        containers_ever,
        places: told.places.into_iter().map(|(place, here)| here.at(place)).collect(),
        unaccounted: told.unaccounted,
        unplaced: told.unplaced,
        complete: walk.truncated.is_none() && next.is_none() && containers_next.is_none(),
        next,
        containers_next,
        truncated: walk.truncated,
    })
}

/// Remembers every container that `id` was in, directly or in another. Windows only shrink upwards, so what was seen of a
/// container for one thing is not walked again for another.
fn containers<R: Reader>(walk: &mut Walk<'_, R>, id: &str, seen: &mut Seen) -> Step<(), R> {
    let mut open = Vec::from([(id.to_owned(), Window::ALWAYS)]);
    while let Some((id, window)) = open.pop() {
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

/// What is told of all products together.
#[derive(Default)]
struct Told {
    known: Known<Sighting>,
    custody: Known<Custody>,
    places: BTreeMap<Place, Here>,
    unaccounted: Vec<Unaccounted>,
    unplaced: u64,
}

/// A place, who recorded it last, and who has what is there.
type Place = (Option<String>, Option<String>, Option<String>);

/// What is at one place.
#[derive(Default)]
struct Here {
    instances: u64,
    amounts: Vec<Amount>,
}

impl Here {
    fn at(self, (location, recorded_by, holder): Place) -> AtPlace {
        let Self { instances, amounts } = self;
        AtPlace { location, recorded_by, holder, instances, amounts }
    }

    fn add(&mut self, quantity: Decimal, uom: &str) {
        for amount in &mut self.amounts {
            if let Some(sum) = convert(quantity, uom, &amount.uom).and_then(|more| amount.quantity.checked_add(more)) {
                amount.quantity = sum.reduced();
                return;
            }
        }
        self.amounts.push(Amount { quantity: quantity.reduced(), uom: uom.to_owned() });
    }
}

impl Told {
    fn product<R: Reader>(&mut self, walk: &mut Walk<'_, R>, id: &str) -> Step<Recalled, R> {
        let last = self.known.last(walk, id, Pos::END)?;
        let (end, flows) = (walk.end_of(id)?, if kind(id) == Kind::Instance { None } else { Some(walk.flows(id)?) });
        let last_known = last.map(Sighting::last_seen);
        // Outside of GS1's keys only the events tell an instance from a lot.
        let Some(flows) = flows.filter(|flows| !flows.is_instance) else {
            let state = state(end);
            let holder = self.holder(walk, id)?;
            if end.is_none() {
                let place = last_known.as_ref().map(|last| (last.location.clone(), last.recorded_by.clone()));
                self.unplaced = self.unplaced.saturating_add(u64::from(place.is_none()));
                let (location, recorded_by) = place.unzip();
                let here = self.places.entry((location, recorded_by, holder.clone())).or_default();
                here.instances = here.instances.saturating_add(1);
            }
            return Ok(Recalled {
                item: id.to_owned(),
                is_instance: true,
                state,
                last_known,
                holder,
                amounts: Vec::new(),
                parts: Vec::new(),
                incomparable: Vec::new(),
            });
        };
        let (amounts, incomparable) = flows.sums();
        let mut parts = self.packed(walk, id)?;
        for row in &amounts {
            self.loose(walk, id, row, &mut parts)?;
        }
        for part in &parts {
            let place = (part.location.clone(), part.recorded_by.clone(), part.holder.clone());
            let here = self.places.entry(place).or_default();
            if let Some(quantity) = part.quantity {
                here.add(quantity, &part.uom);
            }
        }
        let left = |row: &&Amounts| row.remaining.is_positive();
        let gone = if amounts.is_empty() || amounts.iter().any(|row| left(&row)) { None } else { end };
        // A lot whose pieces have serial numbers is where these are.
        let members = if kind(id) == Kind::Lot { walk.members(id)?.len() } else { 0 };
        let members = Decimal::from(u64::try_from(members).unwrap_or(u64::MAX));
        for row in amounts.iter().filter(left) {
            self.unaccounted.extend(unaccounted(id, row, &parts, members));
        }
        Ok(Recalled {
            item: id.to_owned(),
            is_instance: false,
            state: state(gone),
            last_known,
            holder: None,
            amounts,
            parts,
            incomparable,
        })
    }

    /// Who has custody of a thing by a hand-over.
    fn holder<R: Reader>(&mut self, walk: &mut Walk<'_, R>, id: &str) -> Step<Option<String>, R> {
        Ok(self.custody.custody(walk, id, Pos::END)?.map(Custody::holder))
    }

    /// What is in containers now.
    fn packed<R: Reader>(&mut self, walk: &mut Walk<'_, R>, id: &str) -> Step<Vec<Placed>, R> {
        let mut parts = Vec::new();
        for stay in walk.stays(id)?.into_iter().filter(|stay| stay.window.to == Pos::END) {
            let place = self.known.last(walk, &stay.other, Pos::END)?;
            let (quantity, uom) = stay.left.unzip();
            let (location, recorded_by) = place.map(|place| (place.location, place.recorded_by)).unzip();
            let uom = uom.unwrap_or_default();
            let holder = self.holder(walk, &stay.other)?;
            parts.push(Placed { container: Some(stay.other), location, recorded_by, holder, quantity, uom });
        }
        Ok(parts)
    }

    /// What is in no container, by place.
    fn loose<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        id: &str,
        row: &Amounts,
        parts: &mut Vec<Placed>,
    ) -> Step<(), R> {
        for (place, pool) in pools(walk, id, &row.uom)? {
            if let Some(location) = place {
                parts.push(Placed {
                    container: None,
                    location: Some(location),
                    recorded_by: Some(pool.recorded_by),
                    holder: None,
                    quantity: Some(pool.quantity.reduced()),
                    uom: row.uom.clone(),
                });
            }
        }
        Ok(())
    }
}

/// What became of a product.
fn state(end: Option<Flow>) -> String {
    match end {
        Some(Flow::Consumed) => "consumed",
        Some(_) => "disposed",
        None => "present",
    }
    .to_string()
}

/// What should be left and is at no place.
fn unaccounted(id: &str, row: &Amounts, parts: &[Placed], members: Decimal) -> Option<Unaccounted> {
    let placed = parts.iter().filter(|part| part.location.is_some() && are_comparable(&part.uom, &row.uom));
    let placed = placed.filter_map(|part| convert(part.quantity?, &part.uom, &row.uom));
    let mut left = row.remaining;
    if dimension(&row.uom) == Some(Dimension::Count) {
        left = left.checked_sub(convert(members, "", &row.uom)?)?;
    }
    for quantity in placed {
        left = left.checked_sub(quantity)?;
    }
    left.is_positive().then(|| Unaccounted { item: id.to_owned(), quantity: left.reduced(), uom: row.uom.clone() })
}

//! Scope of a recall: everything an item went into, the containers of these, where it all is, who has it, and what is
//! nowhere.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::custody::Custody;
use super::flow::Flow;
use super::lineage::{Direction, is_container, reach};
use super::pools::pools;
use super::recall::above;
use super::thing::Name;
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
    let begin = walk.things.name(id);
    let reached = reach(walk, id, Direction::Forward)?;
    let (found, mut products): (Vec<Name>, Vec<Name>) = reached.into_iter().partition(|name| is_container(name));
    if !is_container(id) {
        let place = products.partition_point(|product| **product < *id);
        products.insert(place, begin.clone());
    }
    let mut ever = Seen::default();
    let mut told = Told::default();
    let mut page: Vec<Recalled> = Vec::new();
    let mut next = None;
    for product in &products {
        above(walk, product, &mut ever)?;
        let is_before = after.is_some_and(|after| **product <= *after);
        let is_listed = !is_before && page.len() < limit;
        if !is_before && !is_listed {
            next = next.or_else(|| page.last().map(|last| last.item.clone()));
        }
        page.extend(told.product(walk, product, is_listed)?);
    }
    if is_container(id) {
        above(walk, &begin, &mut ever)?;
    }
    for container in found {
        ever.add(&container, Window::ALWAYS);
    }
    let containers = ever.names(&walk.things);
    let containers_count = containers.len();
    let mut containers =
        containers.iter().filter(|container| containers_after.is_none_or(|after| ***container > *after));
    let containers_ever: Vec<String> = containers.by_ref().take(limit).map(|name| String::from(&**name)).collect();
    let containers_next = containers.next().and_then(|_| containers_ever.last().cloned());
    let (places, unplaced) = (told.places(), told.unplaced);
    Ok(RecallScope {
        item: id.to_owned(),
        position: walk.position,
        count: u64::try_from(products.len()).unwrap_or(u64::MAX),
        products: page,
        containers_count: u64::try_from(containers_count).unwrap_or(u64::MAX),
        containers_ever,
        places,
        unaccounted: told.unaccounted,
        unplaced,
        complete: walk.truncated.is_none() && next.is_none() && containers_next.is_none(),
        next,
        containers_next,
        truncated: walk.truncated,
    })
}

/// What is told of all products together.
#[derive(Default)]
struct Told {
    known: Known<Sighting>,
    custody: Known<Custody>,
    places: BTreeMap<Place, Here>,
    /// Instances by the record that saw them last, as which there are far fewer, and who has them.
    sightings: BTreeMap<(u64, Option<String>), (Sighting, u64)>,
    /// Those that no record saw.
    unseen: BTreeMap<Option<String>, u64>,
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
    /// Counts a product; answers what is to be said of it, if it is listed.
    fn product<R: Reader>(
        &mut self,
        walk: &mut Walk<'_, R>,
        name: &Name,
        is_listed: bool,
    ) -> Step<Option<Recalled>, R> {
        let last = self.known.last(walk, name, Pos::END)?;
        let end = walk.end_of(name)?;
        let flows = if kind(name) == Kind::Instance { None } else { Some(walk.flows(name)?) };
        // Outside of GS1's keys only the events tell an instance from a lot.
        let Some(flows) = flows.filter(|flows| !flows.is_instance) else {
            let holder = self.holder(walk, name)?;
            let recalled = is_listed.then(|| instance(name, end, last.as_ref(), holder.clone()));
            if end.is_none() {
                self.instance(last, holder);
            }
            return Ok(recalled);
        };
        let (amounts, incomparable) = flows.sums();
        let mut parts = self.packed(walk, name)?;
        for row in &amounts {
            self.loose(walk, name, row, &mut parts)?;
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
        let members = if kind(name) == Kind::Lot { walk.members(name)?.len() } else { 0 };
        let members = Decimal::from(u64::try_from(members).unwrap_or(u64::MAX));
        for row in amounts.iter().filter(left) {
            self.unaccounted.extend(unaccounted(name, row, &parts, members));
        }
        Ok(is_listed.then(|| Recalled {
            item: String::from(&**name),
            is_instance: false,
            state: state(gone),
            last_known: last.as_ref().and_then(Sighting::last_seen),
            holder: None,
            amounts,
            parts,
            incomparable,
        }))
    }

    /// Who has custody of a thing by a hand-over.
    fn holder<R: Reader>(&mut self, walk: &mut Walk<'_, R>, name: &Name) -> Step<Option<String>, R> {
        Ok(self.custody.custody(walk, name, Pos::END)?.map(Custody::holder))
    }

    /// Counts an instance that there should be where it was seen last.
    fn instance(&mut self, last: Option<Sighting>, holder: Option<String>) {
        let count = match last {
            Some(last) => &mut self.sightings.entry((last.pos.sequence, holder)).or_insert((last, 0)).1,
            None => {
                self.unplaced = self.unplaced.saturating_add(1);
                self.unseen.entry(holder).or_default()
            }
        };
        *count = count.saturating_add(1);
    }

    /// What is where.
    fn places(&mut self) -> Vec<AtPlace> {
        let seen = core::mem::take(&mut self.sightings).into_iter().map(|((_, holder), (last, count))| {
            ((last.location().map(ToOwned::to_owned), Some(last.recorded_by().to_owned()), holder), count)
        });
        let unseen = core::mem::take(&mut self.unseen).into_iter().map(|(holder, count)| ((None, None, holder), count));
        let mut places = core::mem::take(&mut self.places);
        for (place, count) in seen.chain(unseen) {
            let here = places.entry(place).or_default();
            here.instances = here.instances.saturating_add(count);
        }
        places.into_iter().map(|(place, here)| here.at(place)).collect()
    }

    /// What is in containers now.
    fn packed<R: Reader>(&mut self, walk: &mut Walk<'_, R>, name: &Name) -> Step<Vec<Placed>, R> {
        let mut parts = Vec::new();
        for stay in walk.stays_of(name)?.iter().filter(|stay| stay.window.to == Pos::END) {
            let place = self.known.last(walk, &stay.other, Pos::END)?;
            let holder = self.holder(walk, &stay.other)?;
            let (quantity, uom) = stay.left.clone().unzip();
            let place = place.as_ref();
            parts.push(Placed {
                container: Some(String::from(&*stay.other)),
                location: place.and_then(Sighting::location).map(ToOwned::to_owned),
                recorded_by: place.map(|place| place.recorded_by().to_owned()),
                holder,
                quantity,
                uom: uom.unwrap_or_default(),
            });
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

/// What is to be said of an instance.
fn instance(name: &Name, end: Option<Flow>, last: Option<&Sighting>, holder: Option<String>) -> Recalled {
    Recalled {
        item: String::from(&**name),
        is_instance: true,
        state: state(end),
        last_known: last.and_then(Sighting::last_seen),
        holder,
        amounts: Vec::new(),
        parts: Vec::new(),
        incomparable: Vec::new(),
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

//! Pools: where how much of a lot or class is, outside of containers, by what its events say of places.
//!
//! Amounts have no identity, so this is a reckoning, by one rule: what is said to be at a place beyond what was known to be
//! there came from elsewhere, and what goes (is used up, deleted, packed) went from the place that the event names; each
//! takes the rest from where the lot was said to be last, latest first, and from what no event places at the end. An event
//! that says less than is known to be at its place takes nothing away.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::stay::amount_of;
use super::{Step, Walk};
use crate::decimal::Decimal;
use crate::event::{Action, Event};
use crate::register::{Pos, Reader, Record, Role};
use crate::unit::convert;

/// What is said to be at one place.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub(super) quantity: Decimal,
    /// The last event that said so.
    seen: Pos,
    pub(super) recorded_by: String,
}

/// Amounts by place; those that no event places are at `None`.
pub(super) type Pools = BTreeMap<Option<String>, Pool>;

/// How an event changes the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It comes to be, or comes out of a container.
    Comes,
    /// It is seen.
    Seen,
    /// It goes: used up, deleted, or into a container.
    Goes,
}

impl Change {
    fn of(role: Role) -> Option<Self> {
        match role {
            Role::Item(Action::Add) | Role::Output | Role::Portion(_, Action::Delete) => Some(Self::Comes),
            Role::Item(Action::Observe) | Role::Transacted(Action::Add | Action::Observe) => Some(Self::Seen),
            Role::Input | Role::Item(Action::Delete) | Role::Portion(_, Action::Add) => Some(Self::Goes),
            _ => None,
        }
    }
}

/// The pools of `id` in the unit `uom`; what is said in units that are not comparable with it, or not at all, moves nothing.
pub(super) fn pools<R: Reader>(walk: &mut Walk<'_, R>, id: &str, uom: &str) -> Step<Pools, R> {
    let mut moves: Vec<(Pos, Change, Decimal)> = Vec::new();
    let mut seen = BTreeSet::new();
    for entry in walk.log(id)?.iter() {
        let Some(change) = Change::of(entry.role) else { continue };
        let is_output = entry.role == Role::Output;
        if !seen.insert((entry.pos, is_output)) {
            continue;
        }
        let Some(record) = walk.event(entry.pos.sequence)? else { continue };
        if let Some((quantity, unit)) = amount_in(&record.event, is_output, id)
            && let Some(quantity) = convert(quantity, &unit, uom)
        {
            moves.push((entry.pos, change, quantity));
        }
    }
    for stay in walk.stays(id)?.iter() {
        if let (Some(pos), Some((quantity, unit))) = (stay.emptied, &stay.left)
            && let Some(quantity) = convert(*quantity, unit, uom)
        {
            moves.push((pos, Change::Comes, quantity));
        }
    }
    moves.sort_by_key(|(pos, ..)| *pos);
    let mut pools = Pools::new();
    for (pos, change, quantity) in moves {
        if let Some(record) = walk.valid(pos.sequence)? {
            apply(&mut pools, pos, &record, change, quantity);
        }
    }
    Ok(pools)
}

fn amount_in(event: &Event, is_output: bool, id: &str) -> Option<(Decimal, String)> {
    let (first, second) = event.what.items();
    amount_of(if is_output { second? } else { first }, id)
}

fn apply(pools: &mut Pools, pos: Pos, record: &Record, change: Change, quantity: Decimal) {
    let event = &record.event;
    let place = event.location.as_ref().or(event.read_point.as_ref()).map(|place| place.id.canonical().to_owned());
    let there = pools.get(&place).map_or(Decimal::ZERO, |pool| pool.quantity);
    match change {
        Change::Comes => put(pools, place, pos, record, there.checked_add(quantity)),
        Change::Seen if place.is_none() => {}
        Change::Seen => {
            if let Some(more) = quantity.checked_sub(there).filter(|more| more.is_positive()) {
                take(pools, place.as_ref(), more);
                put(pools, place, pos, record, Some(quantity));
            } else {
                put(pools, place, pos, record, Some(there));
            }
        }
        Change::Goes => {
            // What a place is left with, and what is to be taken elsewhere.
            let rest = there.checked_sub(quantity);
            match rest.filter(|rest| rest.mantissa() >= 0) {
                Some(rest) => put(pools, place, pos, record, Some(rest)),
                None => {
                    let more = quantity.checked_sub(there);
                    take(pools, place.as_ref(), more.unwrap_or(Decimal::ZERO));
                    pools.remove(&place);
                }
            }
        }
    }
    pools.retain(|_, pool| pool.quantity.is_positive());
}

fn put(pools: &mut Pools, place: Option<String>, pos: Pos, record: &Record, quantity: Option<Decimal>) {
    if let Some(quantity) = quantity {
        let recorded_by = record.organisation().to_owned();
        pools.insert(place, Pool { quantity, seen: pos, recorded_by });
    }
}

/// Takes so much from other places than `place`, as far as there is so much: from the one that was said last first, and
/// from what no event places at the end.
fn take(pools: &mut Pools, place: Option<&String>, mut more: Decimal) {
    let mut others: Vec<(&Option<String>, &mut Pool)> =
        pools.iter_mut().filter(|(other, _)| other.as_ref() != place).collect();
    others.sort_by_key(|(other, pool)| (other.is_none(), core::cmp::Reverse(pool.seen)));
    for (_, pool) in others {
        let Some(left) = pool.quantity.checked_sub(more) else { return };
        if left.mantissa() >= 0 {
            pool.quantity = left;
            return;
        }
        more = Decimal::ZERO.checked_sub(left).unwrap_or(Decimal::ZERO);
        pool.quantity = Decimal::ZERO;
    }
}

//! Pharma: a lot is commissioned in one event of 500 to 12,000 serial numbers, packed 48 to a case and 40 cases to a pallet,
//! shipped by pallet, received, unpacked and sent on by case.

use super::Story;
use super::scribe::{SITES, Scribe, epcs, extend, field, object, packed};
use countersign_epcis::Identifier;
use countersign_epcis::event::{Action, Event, Items};
use std::collections::VecDeque;

pub(super) const CASE: usize = 48;
pub(super) const PALLET: usize = 40;
pub(super) const SERIALS_MIN: u64 = 500;
pub(super) const SERIALS_MAX: u64 = 12_000;
/// Cases that go to one pharmacy together.
const ORDER: usize = 4;

pub(super) struct Pharma {
    scribe: Scribe,
    lots: u64,
    serials: u64,
}

impl Pharma {
    pub(super) fn new(seed: u64) -> Self {
        Self { scribe: Scribe::new(1, seed), lots: 0, serials: 0 }
    }

    fn commission(&mut self, events: &mut VecDeque<Event>, plant: u64) -> Vec<Identifier> {
        self.lots += 1;
        let product = self.scribe.random.below(40);
        // Few lots are large.
        let most = self.scribe.random.between(SERIALS_MIN, SERIALS_MAX);
        let count = self.scribe.random.between(SERIALS_MIN, most);
        let items: Vec<Identifier> =
            (0..count).map(|serial| self.scribe.item(product, self.serials + serial)).collect();
        self.serials += count;
        self.scribe.wait(20);
        let what = object(Action::Add, epcs(items.iter().cloned()));
        let mut event = self.scribe.event(what, "commissioning", "active", plant);
        let (month, lot) = (self.scribe.random.between(1, 12), format!("B{:06}", self.lots));
        event.ilmd =
            vec![field("cbvmda:lotNumber", lot), field("cbvmda:itemExpirationDate", format!("2028-{month:02}-28"))];
        events.push_back(event);
        items
    }

    fn packs(&mut self, events: &mut VecDeque<Event>, items: &[Identifier], each: usize, at: u64) -> Vec<Identifier> {
        let mut units = Vec::new();
        for some in items.chunks(each) {
            let unit = self.scribe.unit();
            self.scribe.wait(1);
            let what = packed(Action::Add, &unit, epcs(some.iter().cloned()));
            events.push_back(self.scribe.event(what, "packing", "in_progress", at));
            units.push(unit);
        }
        units
    }

    fn goes(&mut self, events: &mut VecDeque<Event>, units: &[Identifier], from: u64, to: u64) {
        for (step, disposition, at) in [("shipping", "in_transit", from), ("receiving", "in_progress", to)] {
            let minutes = self.scribe.random.between(60, 600);
            self.scribe.wait(minutes);
            let event = self.scribe.event(object(Action::Observe, epcs(units.iter().cloned())), step, disposition, at);
            let mut event = self.scribe.shipped(event, from, to);
            let statement = "Seller has complied with each applicable subsection of FDCA Sec. 581(27)(A)-(G).";
            extend(&mut event, [field("chain:transactionStatement", statement)]);
            events.push_back(event);
        }
    }
}

impl Story for Pharma {
    fn tell(&mut self, events: &mut VecDeque<Event>) {
        let plant = self.scribe.random.below(20);
        let items = self.commission(events, plant);
        let cases = self.packs(events, &items, CASE, plant);
        let pallets = self.packs(events, &cases, PALLET, plant);
        for (pallet, cases) in pallets.iter().zip(cases.chunks(PALLET)) {
            let depot = 20 + self.scribe.random.below(80);
            self.goes(events, std::slice::from_ref(pallet), plant, depot);
            let what = packed(Action::Delete, pallet, Items::default());
            events.push_back(self.scribe.event(what, "unpacking", "in_progress", depot));
            for order in cases.chunks(ORDER) {
                let shop = 100 + self.scribe.random.below(SITES - 100);
                self.goes(events, order, depot, shop);
            }
        }
    }
}

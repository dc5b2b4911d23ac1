//! Recall: one lot of 100,000 serial numbers in 2,000 cases on 50 pallets, which ten depots break up for 300 sites. There the
//! cases are emptied, and some of the pieces are dispensed.

use super::scribe::{Scribe, epcs, field, object, packed};
use countersign_epcis::Identifier;
use countersign_epcis::event::{Action, Event, Items};

/// Serial numbers of the lot of [`super::Profile::Recall`].
pub(super) const SERIALS: u64 = 100_000;
/// Serial numbers that one event commissions.
const COMMISSIONED: u64 = 500;
const CASE: u64 = 50;
const PALLET: u64 = 40;
const SITES: u64 = 300;
const DEPOTS: u64 = 10;
/// The first site.
const SITE: u64 = 1_000;
/// Pieces of a site that are dispensed.
const DISPENSED: u64 = 20;

/// One lot and all that became of it.
#[derive(Debug, Clone)]
pub struct Recall {
    scribe: Scribe,
    serials: u64,
}

/// What an event is about.
#[derive(Clone, Copy)]
enum Act {
    Commission(u64),
    Case(u64),
    Pallet(u64),
    ShipPallet(u64),
    ReceivePallet(u64),
    Unpack(u64),
    ShipCases(u64),
    ReceiveCases(u64),
    Open(u64),
    Dispense(u64),
}

impl Recall {
    /// A lot of so many serial numbers, whole cases.
    #[must_use]
    pub fn new(seed: u64, serials: u64) -> Self {
        Self { scribe: Scribe::new(2, seed), serials: serials.div_ceil(CASE).max(1) * CASE }
    }

    /// Serial numbers of the lot.
    #[must_use]
    pub fn serials(&self) -> u64 {
        self.serials
    }

    /// The lot.
    #[must_use]
    pub fn lot(&self) -> Identifier {
        self.scribe.lot(1, 1)
    }

    /// A piece of it.
    #[must_use]
    pub fn item(&self, number: u64) -> Identifier {
        self.scribe.item(1, number)
    }

    fn cases(&self) -> u64 {
        self.serials / CASE
    }

    fn pallets(&self) -> u64 {
        self.cases().div_ceil(PALLET)
    }

    fn sites(&self) -> u64 {
        SITES.min(self.cases())
    }

    /// Its events, in the order in which they happen.
    pub fn events(&self) -> impl Iterator<Item = Event> + Send + use<> {
        let (cases, pallets, sites) = (self.cases(), self.pallets(), self.sites());
        let commissions = self.serials.div_ceil(COMMISSIONED);
        let acts = (0..commissions)
            .map(Act::Commission)
            .chain((0..cases).map(Act::Case))
            .chain((0..pallets).map(Act::Pallet))
            .chain((0..pallets).map(Act::ShipPallet))
            .chain((0..pallets).map(Act::ReceivePallet))
            .chain((0..pallets).map(Act::Unpack))
            .chain((0..sites).map(Act::ShipCases))
            .chain((0..sites).map(Act::ReceiveCases))
            .chain((0..cases).map(Act::Open))
            .chain((0..sites).map(Act::Dispense));
        let mut telling = self.clone();
        acts.map(move |act| telling.event(act))
    }

    fn case(&self, number: u64) -> Identifier {
        self.scribe.numbered_unit(1_000_000 + number)
    }

    fn pallet(&self, number: u64) -> Identifier {
        self.scribe.numbered_unit(number)
    }

    /// The cases that a site is sent: every so manieth.
    fn cases_of(&self, site: u64) -> impl Iterator<Item = Identifier> {
        let step = usize::try_from(self.sites()).unwrap_or(1);
        (site..self.cases()).step_by(step).map(|number| self.case(number))
    }

    fn event(&mut self, act: Act) -> Event {
        let (add, seen, gone) = (Action::Add, Action::Observe, Action::Delete);
        self.scribe.wait(1);
        match act {
            Act::Commission(number) => {
                let from = number * COMMISSIONED;
                let items = (from..self.serials.min(from + COMMISSIONED)).map(|serial| self.item(serial));
                let what = object(add, epcs(items));
                let mut event = self.scribe.event(what, "commissioning", "active", 0);
                let lot = self.lot().lot().unwrap_or_default();
                event.ilmd = vec![field("cbvmda:lotNumber", lot), field("cbvmda:itemExpirationDate", "2028-06-30")];
                event
            }
            Act::Case(number) => {
                let items = epcs((number * CASE..(number + 1) * CASE).map(|serial| self.item(serial)));
                let what = packed(add, &self.case(number), items);
                self.scribe.event(what, "packing", "in_progress", 0)
            }
            Act::Pallet(number) => {
                let cases = number * PALLET..self.cases().min((number + 1) * PALLET);
                let what = packed(add, &self.pallet(number), epcs(cases.map(|case| self.case(case))));
                self.scribe.event(what, "packing", "in_progress", 0)
            }
            Act::ShipPallet(number) => {
                let what = object(seen, epcs([self.pallet(number)]));
                let event = self.scribe.event(what, "shipping", "in_transit", 0);
                self.scribe.shipped(event, 0, 1 + number % DEPOTS)
            }
            Act::ReceivePallet(number) => {
                let what = object(seen, epcs([self.pallet(number)]));
                let event = self.scribe.event(what, "receiving", "in_progress", 1 + number % DEPOTS);
                self.scribe.shipped(event, 0, 1 + number % DEPOTS)
            }
            Act::Unpack(number) => {
                let what = packed(gone, &self.pallet(number), Items::default());
                self.scribe.event(what, "unpacking", "in_progress", 1 + number % DEPOTS)
            }
            Act::ShipCases(site) => {
                let what = object(seen, epcs(self.cases_of(site)));
                let event = self.scribe.event(what, "shipping", "in_transit", 1 + site % DEPOTS);
                self.scribe.shipped(event, 1 + site % DEPOTS, SITE + site)
            }
            Act::ReceiveCases(site) => {
                let what = object(seen, epcs(self.cases_of(site)));
                let event = self.scribe.event(what, "receiving", "in_progress", SITE + site);
                self.scribe.shipped(event, 1 + site % DEPOTS, SITE + site)
            }
            Act::Open(number) => {
                let what = packed(gone, &self.case(number), Items::default());
                self.scribe.event(what, "unpacking", "in_progress", SITE + number % self.sites())
            }
            Act::Dispense(site) => {
                let items = (site * CASE..site * CASE + DISPENSED).map(|serial| self.item(serial));
                self.scribe.event(object(gone, epcs(items)), "dispensing", "dispensed", SITE + site)
            }
        }
    }
}

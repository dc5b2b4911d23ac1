//! Food: 1.1 KB an event, objects, transformations and aggregations 60 : 20 : 20. A harvest is cut into three lots, these
//! into three each, six levels deep; each lot is cooled, shipped and received, and packed on a pallet.

use super::Story;
use super::scribe::{SITES, Scribe, epcs, extend, field, masses, object, packed};
use countersign_epcis::event::{Action, Event, What};
use countersign_epcis::{Decimal, Identifier, Value};
use std::collections::VecDeque;

/// Lots from one harvest to what is sold: five times cut in three.
pub(super) const DEPTH: u32 = 6;
/// Lots that one is cut into.
pub(super) const FAN_OUT: u64 = 3;
const HARVEST_TENTHS: u64 = 36_450;
const PRODUCTS: [&str; 6] = [
    "Romaine lettuce, whole head, field packed, 24 count",
    "Romaine hearts, washed and trimmed, 3 count bag",
    "Spring mix with baby spinach, triple washed, 142 g clamshell",
    "Cherry tomatoes on the vine, class I, 500 g punnet",
    "Fresh-cut fruit salad with mango and pineapple, 350 g cup",
    "Caesar salad kit with dressing and croutons, family size",
];

pub(super) struct Food {
    scribe: Scribe,
    lots: u64,
    /// Lots that are still to be cut: which, how deep, how much, where.
    open: VecDeque<(Identifier, u32, u64, u64)>,
}

impl Food {
    pub(super) fn new(seed: u64) -> Self {
        Self { scribe: Scribe::new(0, seed), lots: 0, open: VecDeque::new() }
    }

    fn lot(&mut self, depth: u32) -> Identifier {
        self.lots += 1;
        self.scribe.lot(u64::from(depth), self.lots)
    }

    fn harvest(&mut self, events: &mut VecDeque<Event>) -> (Identifier, u32, u64, u64) {
        let (lot, farm) = (self.lot(0), self.scribe.random.below(SITES));
        self.scribe.wait(30);
        let what = object(Action::Add, masses([(lot.clone(), HARVEST_TENTHS)]));
        let mut event = self.scribe.event(what, "commissioning", "active", farm);
        event.ilmd = described(&mut self.scribe, 0, &lot);
        events.push_back(event);
        (lot, 0, HARVEST_TENTHS, farm)
    }
}

/// What is said of a lot at its birth.
fn described(scribe: &mut Scribe, depth: u32, lot: &Identifier) -> Vec<(String, Value)> {
    let name = usize::try_from(depth).ok().and_then(|at| PRODUCTS.get(at)).copied().unwrap_or_default();
    vec![
        field("cbvmda:lotNumber", lot.lot().unwrap_or_default()),
        field(
            "cbvmda:itemExpirationDate",
            format!("2026-{:02}-{:02}", scribe.random.between(2, 9), scribe.random.between(1, 28)),
        ),
        field("cbvmda:descriptionShort", name),
        field("cbvmda:countryOfOrigin", "ES"),
    ]
}

impl Story for Food {
    fn tell(&mut self, events: &mut VecDeque<Event>) {
        let (lot, depth, tenths, from) = match self.open.pop_front() {
            Some(open) => open,
            None => self.harvest(events),
        };
        let to = self.scribe.random.below(SITES);
        for (step, disposition, at) in
            [("shipping", "in_transit", from), ("receiving", "in_progress", to), ("storing", "in_progress", to)]
        {
            let hours = self.scribe.random.between(10, 240);
            self.scribe.wait(hours);
            let what = object(Action::Observe, masses([(lot.clone(), tenths)]));
            let event = self.scribe.event(what, step, disposition, at);
            let mut event = self.scribe.shipped(event, from, to);
            let celsius = i128::from(self.scribe.random.between(15, 55));
            extend(
                &mut event,
                [
                    (
                        "chain:coreTemperature".to_owned(),
                        Value::Number(Decimal::new(celsius, 1).unwrap_or(Decimal::ZERO)),
                    ),
                    field("chain:carrier", "Frigo Trans Iberia S.L., trailer R-4471-BCD"),
                ],
            );
            events.push_back(event);
        }
        let outputs: Vec<(Identifier, u64)> = (0..FAN_OUT).map(|_| (self.lot(depth + 1), tenths / FAN_OUT)).collect();
        self.scribe.wait(45);
        let what = What::Transformation {
            inputs: masses([(lot, tenths)]),
            outputs: masses(outputs.iter().cloned()),
            id: None,
        };
        let mut event = self.scribe.event(what, "creating_class_instance", "active", to);
        event.ilmd =
            outputs.first().map(|(first, _)| described(&mut self.scribe, depth + 1, first)).unwrap_or_default();
        // Each output has its own lot number; what they share is said once.
        event.ilmd.retain(|(name, _)| name != "cbvmda:lotNumber");
        extend(&mut event, [field("chain:line", "Line 4, shift B, metal detector checked")]);
        events.push_back(event);
        let pallet = self.scribe.unit();
        self.scribe.wait(10);
        let mut children = masses(outputs.iter().cloned());
        children.epcs = epcs((0..4).map(|_| self.scribe.unit())).epcs;
        let event = self.scribe.event(packed(Action::Add, &pallet, children), "packing", "in_progress", to);
        let mut event = self.scribe.shipped(event, from, to);
        extend(&mut event, [field("chain:packedBy", "Cooperativa Hortofrutícola del Sur, almacén 2")]);
        events.push_back(event);
        if depth + 2 < DEPTH {
            self.open.extend(outputs.into_iter().map(|(lot, tenths)| (lot, depth + 1, tenths, to)));
        }
    }
}

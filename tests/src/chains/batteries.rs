//! Batteries: 0.8 KB at the median and 2.3 KB at most, objects and transformations 71 : 23, the rest associations. Materials
//! with their origin become cells, cells modules, modules packs, and a pack is built into a vehicle.

use super::Story;
use super::scribe::{SITES, Scribe, epcs, extend, field, masses, object};
use countersign_epcis::Identifier;
use countersign_epcis::event::{Action, Event, Items, What};
use std::collections::VecDeque;

const MATERIALS: [(&str, &str); 3] = [
    ("Lithium hydroxide monohydrate, battery grade", "CL"),
    ("Cobalt sulphate heptahydrate, 20.5 % Co", "CD"),
    ("Nickel sulphate hexahydrate, class 1", "ID"),
];
const CELLS: u64 = 24;

pub(super) struct Batteries {
    scribe: Scribe,
    made: u64,
}

impl Batteries {
    pub(super) fn new(seed: u64) -> Self {
        Self { scribe: Scribe::new(5, seed), made: 0 }
    }

    fn material(&mut self, events: &mut VecDeque<Event>, kind: usize, plant: u64) -> Identifier {
        let product = u64::try_from(kind).unwrap_or(0);
        let lot = self.scribe.lot(product, self.made);
        let (mine, tenths) = (self.scribe.random.below(SITES), self.scribe.random.between(1_000, 9_000));
        let (name, country) = MATERIALS.get(kind).copied().unwrap_or_default();
        self.scribe.wait(60);
        let what = object(Action::Add, masses([(lot.clone(), tenths)]));
        let mut event = self.scribe.event(what, "commissioning", "active", mine);
        let (latitude, longitude) = (self.scribe.random.below(55), self.scribe.random.below(70));
        event.ilmd = [
            ("cbvmda:lotNumber", lot.lot().unwrap_or_default()),
            ("cbvmda:countryOfOrigin", country.to_owned()),
            ("cbvmda:descriptionShort", name.to_owned()),
            ("chain:mine", format!("https://sites.example.org/mines/{country}/{latitude}{longitude}")),
            (
                "chain:geolocation",
                format!("geo:-{latitude}.{:06},-{longitude}.{:06}", self.scribe.random.below(1_000_000), self.made),
            ),
            (
                "chain:dueDiligenceReport",
                "https://duediligence.example.org/reports/2025/oecd-annex-ii/rev-3.pdf".to_owned(),
            ),
            (
                "chain:dueDiligenceAssurance",
                "Responsible Minerals Initiative, RMAP conformant until 2027-03-31".to_owned(),
            ),
            (
                "chain:carbonFootprint",
                format!(
                    "{}.{} kg CO2e per kg, cradle to gate, ISO 14067",
                    self.scribe.random.between(3, 19),
                    self.scribe.random.below(10)
                ),
            ),
            (
                "chain:recycledContent",
                format!(
                    "{} % pre-consumer, {} % post-consumer",
                    self.scribe.random.below(30),
                    self.scribe.random.below(20)
                ),
            ),
            (
                "chain:waterStress",
                "basin classified medium-high by WRI Aqueduct 4.0, withdrawal permit 2024/117".to_owned(),
            ),
            (
                "chain:hazardClasses",
                "Acute Tox. 4 H302, Skin Corr. 1B H314, Carc. 1B H350i, Repr. 1B H360F, Aquatic Chronic 1 H410"
                    .to_owned(),
            ),
        ]
        .into_iter()
        .map(|(name, text)| field(name, text))
        .collect();
        extend(&mut event, [field("chain:operator", "Minera del Norte Grande S.A., concession 44-B")]);
        events.push_back(event);
        for (step, disposition, at) in [("shipping", "in_transit", mine), ("receiving", "in_progress", plant)] {
            self.scribe.wait(4_000);
            let what = object(Action::Observe, masses([(lot.clone(), tenths)]));
            let event = self.scribe.event(what, step, disposition, at);
            events.push_back(self.scribe.shipped(event, mine, plant));
        }
        lot
    }

    fn made(&mut self, events: &mut VecDeque<Event>, (inputs, outputs): (Items, Items), plant: u64) {
        self.scribe.wait(120);
        let what = What::Transformation { inputs, outputs, id: None };
        let mut event = self.scribe.event(what, "assembling", "active", plant);
        event.ilmd = vec![
            field("chain:chemistry", "NMC 811, graphite anode"),
            field("chain:passport", format!("https://dpp.example.org/battery/{:08}", self.made)),
        ];
        extend(&mut event, [field("chain:line", "Line 7")]);
        events.push_back(event);
    }
}

impl Story for Batteries {
    fn tell(&mut self, events: &mut VecDeque<Event>) {
        self.made += 1;
        let (plant, factory) = (self.scribe.random.below(SITES), self.scribe.random.below(SITES));
        let mut lots = Vec::new();
        for kind in 0..MATERIALS.len() {
            lots.push((self.material(events, kind, plant), 100));
        }
        let cells: Vec<Identifier> = (0..CELLS).map(|cell| self.scribe.item(10, self.made * CELLS + cell)).collect();
        let modules: Vec<Identifier> = (0..2).map(|module| self.scribe.item(11, self.made * 2 + module)).collect();
        let pack = self.scribe.item(12, self.made);
        let paste = self.scribe.lot(13, self.made);
        self.made(events, (masses(lots), masses([(paste.clone(), 300)])), plant);
        self.made(events, (masses([(paste, 300)]), epcs(cells.iter().cloned())), plant);
        let halves = cells.chunks(cells.len().div_ceil(modules.len())).zip(&modules);
        for (some, module) in halves {
            self.made(events, (epcs(some.iter().cloned()), epcs([module.clone()])), plant);
        }
        for (step, disposition, at) in [
            ("shipping", "in_transit", plant),
            ("receiving", "in_progress", factory),
            ("inspecting", "conformant", factory),
        ] {
            self.scribe.wait(600);
            let event = self.scribe.event(
                object(Action::Observe, epcs(modules.iter().cloned().chain([pack.clone()]))),
                step,
                disposition,
                at,
            );
            let mut event = self.scribe.shipped(event, plant, factory);
            extend(&mut event, [field("chain:stateOfHealth", "100 %")]);
            events.push_back(event);
        }
        let vehicle = self.scribe.item(14, self.made);
        let what = What::Association {
            action: Action::Add,
            parent: Some(vehicle),
            children: epcs(modules.into_iter().chain([pack])),
        };
        events.push_back(self.scribe.event(what, "installing", "active", factory));
    }
}

//! Seafood: the data elements of GDST, 1.1 KB at the median and 2.4 KB at most, objects, transformations and aggregations
//! 60 : 20 : 20. A catch is landed, brought to a plant, filleted, packed twice over and shipped.

use super::Story;
use super::scribe::{SITES, Scribe, epcs, extend, field, masses, object, packed};
use countersign_epcis::event::{Action, Event, What};
use countersign_epcis::value::Field;
use std::collections::VecDeque;

const SPECIES: [&str; 5] =
    ["Thunnus albacares", "Katsuwonus pelamis", "Gadus morhua", "Penaeus vannamei", "Sardina pilchardus"];

pub(super) struct Seafood {
    scribe: Scribe,
    lots: u64,
}

impl Seafood {
    pub(super) fn new(seed: u64) -> Self {
        Self { scribe: Scribe::new(4, seed), lots: 0 }
    }

    fn catch(&mut self) -> Vec<Field> {
        let random = &mut self.scribe.random;
        let (species, vessel) = (random.pick(&SPECIES).unwrap_or("Thunnus albacares"), random.between(100, 999));
        let (area, day) = (random.between(51, 87), random.between(10, 28));
        let fishing = vec![
            ("chain:vesselName", format!("MV Esperanza del Mar {vessel}")),
            ("chain:imoNumber", format!("IMO9{vessel}421")),
            ("chain:vesselFlagState", "ECU".to_owned()),
            ("chain:vesselPublicRegistry", format!("https://registry.example.org/vessels/9{vessel}421")),
            ("chain:satelliteTracking", "https://tracking.example.org/ais".to_owned()),
            ("chain:gearType", "1.1 Purse seine, tuna, with fish aggregating device".to_owned()),
            ("chain:fishingTripIdentifier", format!("TRIP-2026-{vessel}-{day}")),
            ("chain:catchArea", format!("urn:gdst:catchArea:fao:{area}")),
            ("chain:economicZone", "urn:gdst:eez:ECU".to_owned()),
            ("chain:rfmoArea", "urn:gdst:rfmo:IATTC".to_owned()),
            (
                "chain:fisheryImprovementProject",
                "https://fisheryprogress.org/fip-profile/eastern-pacific-tuna".to_owned(),
            ),
            ("chain:harvestCertification", format!("MSC-F-{vessel}{area}, chain of custody MSC-C-5{vessel}")),
            ("chain:fishingAuthorization", format!("AUT-{vessel}-2026/EPO, valid 2026-01-01 to 2026-12-31")),
            ("chain:humanWelfarePolicy", "ILO C188 compliant, third party audited 2025-11".to_owned()),
        ];
        let text = |(name, text): (&str, String)| field(name, text);
        let mut fields: Vec<Field> = fishing.into_iter().map(text).collect();
        fields.extend([
            field("cbvmda:lotNumber", format!("L{:08X}", self.lots)),
            field("cbvmda:speciesForFisheryStatisticsPurposesCode", species.get(..3).unwrap_or("TUN").to_uppercase()),
            field("cbvmda:speciesForFisheryStatisticsPurposesName", species),
            field("cbvmda:harvestStartDate", format!("2026-01-{:02}", day - 9)),
            field("cbvmda:harvestEndDate", format!("2026-01-{day}")),
            field("cbvmda:preservationTechniqueCode", "FREEZING"),
        ]);
        fields
    }

    /// What every event says of its owner and its source.
    fn said(&mut self, event: &mut Event) {
        let number = self.scribe.random.between(1_000, 9_999);
        extend(
            event,
            [
                field("chain:productOwner", format!("urn:gdst:example.org:party:processor-{number}.0")),
                field("chain:informationProvider", "urn:gdst:example.org:party:seafood-trading-group.0"),
            ],
        );
    }
}

impl Story for Seafood {
    fn tell(&mut self, events: &mut VecDeque<Event>) {
        self.lots += 1;
        let (whole, fillet, pack) =
            (self.scribe.lot(0, self.lots), self.scribe.lot(1, self.lots), self.scribe.lot(2, self.lots));
        let (sea, port, plant, depot) = {
            let random = &mut self.scribe.random;
            (random.below(SITES), random.below(SITES), random.below(SITES), random.below(SITES))
        };
        let tenths = self.scribe.random.between(50_000, 400_000);
        let fields = self.catch();
        let mut told: Vec<Event> = Vec::new();
        let mut event =
            self.scribe.event(object(Action::Add, masses([(whole.clone(), tenths)])), "commissioning", "active", sea);
        event.ilmd = fields;
        told.push(event);
        for (step, disposition, from, to) in [
            ("unloading", "in_progress", sea, port),
            ("shipping", "in_transit", port, plant),
            ("receiving", "in_progress", port, plant),
        ] {
            let hours = self.scribe.random.between(60, 2_000);
            self.scribe.wait(hours);
            let what = object(Action::Observe, masses([(whole.clone(), tenths)]));
            let event = self.scribe.event(what, step, disposition, if step == "shipping" { from } else { to });
            told.push(self.scribe.shipped(event, from, to));
        }
        for (input, output, from, to) in
            [(&whole, &fillet, tenths, tenths / 2), (&fillet, &pack, tenths / 2, tenths / 2)]
        {
            self.scribe.wait(240);
            let what = What::Transformation {
                inputs: masses([(input.clone(), from)]),
                outputs: masses([(output.clone(), to)]),
                id: None,
            };
            let mut event = self.scribe.event(what, "creating_class_instance", "active", plant);
            event.ilmd = vec![
                field("cbvmda:lotNumber", output.lot().unwrap_or_default()),
                field("cbvmda:itemExpirationDate", "2027-01-31"),
                field("chain:processingType", "Loining, canning grade, steamed, vacuum packed"),
                field("chain:aquacultureMethod", "none, wild caught"),
                field("chain:plantApproval", "EU approval number EC-0417, HACCP plan 12 rev. 4"),
            ];
            told.push(event);
        }
        let (carton, pallet) = (self.scribe.unit(), self.scribe.unit());
        let cartons: Vec<_> = (0..11).map(|_| self.scribe.unit()).collect();
        for (unit, children) in [
            (&carton, masses([(pack.clone(), tenths / 2)])),
            (&pallet, epcs(cartons.into_iter().chain([carton.clone()]))),
        ] {
            self.scribe.wait(30);
            let event = self.scribe.event(packed(Action::Add, unit, children), "packing", "in_progress", plant);
            told.push(self.scribe.shipped(event, plant, depot));
        }
        for (step, disposition, at) in [("shipping", "in_transit", plant), ("receiving", "in_progress", depot)] {
            let hours = self.scribe.random.between(600, 4_000);
            self.scribe.wait(hours);
            let event = self.scribe.event(object(Action::Observe, epcs([pallet.clone()])), step, disposition, at);
            told.push(self.scribe.shipped(event, plant, depot));
        }
        for mut event in told {
            self.said(&mut event);
            events.push_back(event);
        }
    }
}

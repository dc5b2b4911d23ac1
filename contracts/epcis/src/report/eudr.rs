//! The origin of a shipment or lot as the EU Deforestation Regulation asks for it (EU 2023/1115, Art. 9): every plot
//! that contributed, with its geolocation, and the commodity, country, quantity, supplier and reference numbers.
//!
//! A row is an origin on a plot: a product that was not made of others, found by tracing back. Facts are taken from
//! all events that name the origin: the master data that they carry (`gs1:masterDataAvailableFor`), instance or lot
//! master data, and extensions of the `eudr` vocabulary. One origin whose plot or country is unknown taints all that
//! was mixed with it, and a note says so.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::date::local;
use super::{Column, Row, Sheet, fact};
use crate::event::{Action, Event};
use crate::identifier::{self, Identifier};
use crate::register::Reader;
use crate::walk::{Limits, Stories, Told, Unanswered, origins};

/// The sheet's columns.
pub const COLUMNS: [Column; 19] = [
    Column { name: "origin", title: "Origin product" },
    Column { name: "commodity", title: "Commodity" },
    Column { name: "species", title: "Species" },
    Column { name: "country", title: "Country of production" },
    Column { name: "plot", title: "Plot" },
    Column { name: "geolocation", title: "Geolocation" },
    Column { name: "area", title: "Area (ha)" },
    Column { name: "quantity", title: "Quantity" },
    Column { name: "unit", title: "Unit of measure" },
    Column { name: "produced", title: "Date of production" },
    Column { name: "supplier", title: "Supplier" },
    Column { name: "reference", title: "Reference number" },
    Column { name: "verification", title: "Verification number" },
    Column { name: "compliant", title: "Declared compliant" },
    Column { name: "risk", title: "Declared risk" },
    Column { name: "exemption", title: "Exemption" },
    Column { name: "date", title: "Recorded for" },
    Column { name: "eventId", title: "Event" },
    Column { name: "submitter", title: "Recorded by" },
];

/// What Art. 9(1) requires of each origin.
const REQUIRED: [&str; 7] = ["commodity", "country", "geolocation", "quantity", "unit", "supplier", "reference"];

/// Attributes that hold the position of a plot, the most exact first.
const GEOLOCATION: [&str; 3] = ["polygon", "geolocation", "coordinates"];

/// The origins of `item`, as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn eudr<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Sheet, Unanswered<R::Error>> {
    let Stories { position, stories, truncated } = origins(reader, item, position, limits)?;
    let mut rows = Vec::new();
    for (id, story) in &stories {
        add_rows(id, story, &mut rows);
    }
    let is_unknown = |row: &&Row| row.missing.contains(&"geolocation") || row.missing.contains(&"country");
    let unknown = rows.iter().filter(is_unknown).count();
    let notes = match (unknown, rows.len()) {
        (_, 0) => Vec::from(["Nothing is known of its origin.".to_owned()]),
        (0, _) => Vec::new(),
        (unknown, all) => Vec::from([format!(
            "{unknown} of {all} origins lack their country or plot: all that was mixed with them is of unknown origin."
        )]),
    };
    Ok(Sheet {
        title: "EUDR origin",
        item: item.canonical().to_owned(),
        position,
        columns: &COLUMNS,
        rows,
        notes,
        truncated,
    })
}

/// A piece of land.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plot {
    id: String,
    geolocation: String,
    area: String,
}

/// The rows of one origin: one for each plot, or one without.
fn add_rows(id: &str, story: &[Told], rows: &mut Vec<Row>) {
    let direct: Vec<&Told> = story.iter().filter(|told| told.through.is_none()).collect();
    let begun = direct.iter().find(|told| told.record.event.what.action() == Some(Action::Add));
    let Some(first) = begun.or(direct.first()) else { return };
    let said = |names: &[&str]| {
        let texts = direct.iter().map(|told| fact::said(&told.record.event, id, names));
        texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
    };
    let suppliers =
        direct.iter().map(|told| fact::party(&told.record.event.sources, &["owning_party", "possessing_party"]));
    let supplier = suppliers.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let (quantity, unit) = amount(&said(&["volumeCubicMeters"]), &first.record.event, id);
    let mut plots: Vec<Plot> = Vec::new();
    for plot in direct.iter().flat_map(|told| plots_of(&told.record.event)) {
        if !plots.contains(&plot) {
            plots.push(plot);
        }
    }
    if plots.is_empty() {
        plots.push(Plot::default());
    }
    let (record, event) = (&first.record, &first.record.event);
    for plot in plots {
        let cells = Vec::from([
            id.to_owned(),
            said(&["hasCommodityType", "commodity", "commodityType"]),
            said(&["speciesScientificName", "speciesForFisheryStatisticsPurposesName", "speciesCommonName"]),
            said(&["countryCode", "countryOfOrigin"]),
            plot.id,
            plot.geolocation,
            plot.area,
            quantity.clone(),
            unit.clone(),
            said(&["harvestDate", "harvestDateStart", "productionDate"]),
            supplier.clone(),
            said(&["regulatoryReferenceNumber", "dueDiligenceReferenceNumber"]),
            said(&["regulatoryVerificationNumber"]),
            said(&["isRegulationCompliant"]),
            said(&["hasRiskLevel"]),
            said(&["hasExemptionType"]),
            local(event).0,
            event.event_id.clone().unwrap_or_default(),
            record.submitter.clone(),
        ]);
        rows.push(Row::new(first.pos.sequence, &COLUMNS, cells, &REQUIRED));
    }
}

/// A declared volume, or the amount that the event names.
fn amount(volume: &str, event: &Event, id: &str) -> (String, String) {
    if !volume.is_empty() {
        // UN/ECE Recommendation 20: cubic metre.
        return (volume.to_owned(), "MTQ".to_owned());
    }
    let (items, _) = event.what.items();
    fact::amount(items, &Identifier::parse(id).unwrap_or_else(|_| Identifier::as_written(id)))
}

/// The plots that an event tells of: what its master data locates, or the coordinates of its read point.
fn plots_of(event: &Event) -> Vec<Plot> {
    let mut plots = Vec::new();
    for (id, fields) in fact::all(event) {
        let geolocation = fact::first(fields, &GEOLOCATION);
        if !geolocation.is_empty() {
            let id = identifier::canonical(id).ok().flatten().unwrap_or_else(|| id.to_owned());
            plots.push(Plot { id, geolocation, area: fact::first(fields, &["areaHectares"]) });
        }
    }
    if plots.is_empty()
        && let Some(point) = coordinates(event)
    {
        plots.push(Plot { id: fact::place(event), geolocation: point, area: String::new() });
    }
    plots
}

/// The coordinates of a `geo:` read point, or those that its sensors report.
fn coordinates(event: &Event) -> Option<String> {
    let point = event.read_point.as_ref().and_then(|place| place.id.canonical().strip_prefix("geo:"));
    if let Some(point) = point {
        return Some(point.to_owned());
    }
    let reports = || event.sensors.iter().flat_map(|element| &element.reports);
    let reading = |name: &str| {
        let report =
            reports().find(|report| report.kind.as_ref().is_some_and(|kind| fact::local(kind.word()) == name))?;
        let written = report.fields.iter().find(|(key, _)| key == "value").and_then(|(_, value)| value.as_text());
        report.value.map(|value| value.to_string()).or_else(|| written.map(ToOwned::to_owned))
    };
    Some(format!("{},{}", reading("latitude")?, reading("longitude")?))
}

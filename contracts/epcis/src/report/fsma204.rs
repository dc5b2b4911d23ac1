//! The sortable sheet of FSMA 204 (21 CFR 1.1455): the critical tracking events of a traceability lot, one to a row.
//!
//! Key data elements are those of 21 CFR 1.1325–1.1350, found where GS1 US, "EPCIS Recommendations for FSMA 204
//! CTEs" 2.0, puts them. Which event is which critical tracking event:
//!
//! | event | row |
//! |---|---|
//! | adds an amount of the lot, or its instances where nothing else creates it, of whatever step; a transformation of step `farmHarvest` (GDST) | harvesting |
//! | step `landing` (GDST) | first land-based receiving |
//! | step `other`, `holding` or `storing` with a temperature | cooling |
//! | step `shipping`, `departing`, `transporting` or `consigning` | shipping |
//! | step `receiving` or `accepting` | receiving |
//! | any other transformation | transformation; initial packing looks the same in EPCIS and is not told apart |
//!
//! Events that are none of these (packing into a case, stock-taking) have no row. A transformation has a row for each
//! lot that comes out of it. Events that name instances of the lot, or a container of them, count these. Where an amount
//! of the lot travels in a container that the event names instead, it is the one last put into that container.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::date::local;
use super::{Column, Period, Row, Sheet, fact};
use crate::event::{Action, Event, Items, What};
use crate::identifier::Identifier;
use crate::register::Reader;
use crate::walk::{Limits, Story, Told, Unanswered, story_of_lot};

/// The sheet's columns.
pub const COLUMNS: [Column; 19] = [
    Column { name: "event", title: "Critical tracking event" },
    Column { name: "date", title: "Date" },
    Column { name: "time", title: "Time" },
    Column { name: "lot", title: "Traceability lot code" },
    Column { name: "product", title: "Product identifier" },
    Column { name: "description", title: "Product description" },
    Column { name: "quantity", title: "Quantity" },
    Column { name: "unit", title: "Unit of measure" },
    Column { name: "location", title: "Location of the event" },
    Column { name: "from", title: "Ship-from or previous source location" },
    Column { name: "to", title: "Recipient location" },
    Column { name: "lotSource", title: "Traceability lot code source" },
    Column { name: "documentType", title: "Reference document type" },
    Column { name: "documentNumber", title: "Reference document number" },
    Column { name: "inputs", title: "Lots used" },
    Column { name: "container", title: "Container" },
    Column { name: "step", title: "Business step" },
    Column { name: "eventId", title: "Event" },
    Column { name: "submitter", title: "Recorded by" },
];

/// Attributes that describe a product, the most telling first.
const DESCRIPTION: [&str; 9] = [
    "productDescription",
    "descriptionShort",
    "tradeItemDescription",
    "productName",
    "regulatedProductName",
    "functionalName",
    "speciesForFisheryStatisticsPurposesName",
    "description",
    "commodity",
];

/// Critical tracking events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tracking {
    Harvesting,
    Cooling,
    Landing,
    Shipping,
    Receiving,
    Transformation,
}

impl Tracking {
    /// What `event` is, by its type and step.
    fn of(event: &Event) -> Option<Self> {
        // Steps of GDST are of the seafood's own vocabulary: `urn:gdst:bizStep:landing`.
        let step = fact::local(event.step_word());
        if let What::Transformation { .. } = event.what {
            return Some(if step == "farmHarvest" { Self::Harvesting } else { Self::Transformation });
        }
        match step {
            "landing" => Some(Self::Landing),
            "shipping" | "departing" | "transporting" | "consigning" => Some(Self::Shipping),
            "receiving" | "accepting" => Some(Self::Receiving),
            _ if matches!(event.what, What::Object { action: Action::Add, .. }) => Some(Self::Harvesting),
            "other" | "holding" | "storing" if measures_temperature(event) => Some(Self::Cooling),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Harvesting => "harvesting",
            Self::Cooling => "cooling",
            Self::Landing => "first land-based receiving",
            Self::Shipping => "shipping",
            Self::Receiving => "receiving",
            Self::Transformation => "transformation",
        }
    }

    /// The columns that its section of 21 CFR 1.1325–1.1350 requires. The date is in every event.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Harvesting | Self::Cooling => {
                &["description", "quantity", "unit", "location", "documentType", "documentNumber"]
            }
            Self::Landing => &["lot", "description", "quantity", "unit", "location", "documentType", "documentNumber"],
            Self::Shipping => {
                &["lot", "description", "quantity", "unit", "from", "to", "lotSource", "documentType", "documentNumber"]
            }
            Self::Receiving => &[
                "lot",
                "description",
                "quantity",
                "unit",
                "location",
                "from",
                "lotSource",
                "documentType",
                "documentNumber",
            ],
            Self::Transformation => {
                &["lot", "description", "quantity", "unit", "location", "inputs", "documentType", "documentNumber"]
            }
        }
    }
}

fn measures_temperature(event: &Event) -> bool {
    let mut reports = event.sensors.iter().flat_map(|element| &element.reports);
    reports.any(|report| report.kind.as_ref().is_some_and(|kind| kind.word() == "Temperature"))
}

/// The sheet of `lot` for the events of `period`, as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn fsma204<R: Reader>(
    reader: &mut R,
    lot: &Identifier,
    period: Period,
    position: Option<u64>,
    limits: Limits,
) -> Result<Sheet, Unanswered<R::Error>> {
    let story = story_of_lot(reader, lot, position, limits)?;
    let known = Known::of(&story, lot);
    let mut rows = Vec::new();
    for told in story.events.iter().filter(|told| period.holds(told.pos.time_ms)) {
        match Tracking::of(&told.record.event) {
            // Its lot was there before: numbers are given to what was harvested, packed or made.
            Some(Tracking::Harvesting) if known.is_created && !known.is_named(told) => {}
            Some(tracking) => known.rows(tracking, told, &mut rows),
            None => {}
        }
    }
    let undescribed = rows.iter().filter(|row| row.missing.contains(&"description")).count();
    let notes = (undescribed > 0).then(|| {
        format!(
            "{undescribed} of {} rows lack a description: events carry none, and master data in the header of documents is \
             not recorded.",
            rows.len()
        )
    });
    Ok(Sheet {
        title: "FSMA 204 sortable sheet",
        item: lot.canonical().to_owned(),
        position: story.position,
        columns: &COLUMNS,
        rows,
        notes: notes.into_iter().collect(),
        truncated: story.truncated,
    })
}

/// What the whole story says of a lot, whenever it says it.
struct Known<'a> {
    story: &'a Story,
    lot: &'a Identifier,
    description: String,
    source: String,
    /// Whether an event says how much of the lot there came to be.
    is_created: bool,
}

impl<'a> Known<'a> {
    fn of(story: &'a Story, lot: &'a Identifier) -> Self {
        let events = || story.events.iter().filter(|told| told.through.is_none()).map(|told| &told.record.event);
        let creates = |event: &&Event| match &event.what {
            What::Object { action, .. } => *action == Action::Add,
            What::Transformation { outputs, .. } => names(outputs, lot),
            _ => false,
        };
        // What goes into a transformation is not what its master data describes.
        let describes = |event: &&Event| match &event.what {
            What::Transformation { outputs, .. } => names(outputs, lot),
            _ => true,
        };
        let description = events().filter(describes).map(|event| fact::said(event, lot.canonical(), &DESCRIPTION));
        let is_amount =
            |items: &Items| items.quantities.iter().any(|amount| amount.class.canonical() == lot.canonical());
        let is_created = events().filter(creates).any(|event| match event.what.items() {
            (_, Some(outputs)) => is_amount(outputs),
            (items, None) => is_amount(items),
        });
        Self {
            story,
            lot,
            is_created,
            description: description.into_iter().find(|text| !text.is_empty()).unwrap_or_default(),
            source: events().find(creates).map(fact::place).unwrap_or_default(),
        }
    }

    /// Whether an event names the lot itself.
    fn is_named(&self, told: &Told) -> bool {
        told.record.event.subjects().any(|id| id.canonical() == self.lot.canonical())
    }

    /// Adds the rows of an event.
    fn rows(&self, tracking: Tracking, told: &Told, rows: &mut Vec<Row>) {
        let event = &told.record.event;
        let What::Transformation { inputs, outputs, .. } = &event.what else {
            let (items, _) = event.what.items();
            let amount = match &told.through {
                _ if told.instances > 0 => (told.instances.to_string(), fact::PIECES.to_owned()),
                None => fact::amount(items, self.lot),
                Some(container) => self.put_into(container, told),
            };
            let about = About { lot: self.lot, amount, description: self.description.clone(), inputs: String::new() };
            rows.push(self.row(tracking, told, about, self.source.clone()));
            return;
        };
        let used = fact::joined(inputs.identifiers().map(Identifier::canonical));
        for output in lots(outputs) {
            let own = output.canonical() == self.lot.canonical();
            let description =
                if own { self.description.clone() } else { fact::said(event, output.canonical(), &DESCRIPTION) };
            let amount = fact::amount(outputs, &output);
            let about = About { lot: &output, amount, description, inputs: used.clone() };
            rows.push(self.row(tracking, told, about, fact::place(event)));
        }
    }

    /// The amount of the lot that was last put into `container` before an event.
    fn put_into(&self, container: &str, told: &Told) -> (String, String) {
        let before = self.story.events.iter().rev().filter(|other| other.pos < told.pos);
        let amount = before.filter_map(|other| match &other.record.event.what {
            What::Aggregation { action: Action::Add, parent: Some(parent), children }
                if parent.canonical() == container && names(children, self.lot) =>
            {
                Some(fact::amount(children, self.lot))
            }
            _ => None,
        });
        amount.into_iter().next().unwrap_or_default()
    }

    fn row(&self, tracking: Tracking, told: &Told, about: About<'_>, source: String) -> Row {
        let (record, event) = (&told.record, &told.record.event);
        let (date, time) = local(event);
        let location = fact::place(event);
        let mut from = fact::party(&event.sources, &ROLES);
        if from.is_empty() && tracking == Tracking::Shipping {
            from.clone_from(&location);
        }
        let (kinds, numbers) = fact::documents(event);
        let cells = Vec::from([
            tracking.name().to_owned(),
            date,
            time,
            fact::lot_code(about.lot),
            about.lot.gtin().map(ToOwned::to_owned).unwrap_or_default(),
            about.description,
            about.amount.0,
            about.amount.1,
            location,
            from,
            fact::party(&event.destinations, &ROLES),
            source,
            kinds,
            numbers,
            about.inputs,
            told.through.clone().unwrap_or_default(),
            event.step_word().to_owned(),
            event.event_id.clone().unwrap_or_default(),
            record.submitter.clone(),
        ]);
        Row::new(told.pos.sequence, &COLUMNS, cells, tracking.required())
    }
}

/// What a row is about.
struct About<'a> {
    lot: &'a Identifier,
    amount: (String, String),
    description: String,
    inputs: String,
}

/// A place tells more than a party, and custody more than ownership.
const ROLES: [&str; 3] = ["location", "possessing_party", "owning_party"];

/// Whether `items` name a lot, or instances of it.
fn names(items: &Items, lot: &Identifier) -> bool {
    lots(items).iter().any(|found| found.canonical() == lot.canonical())
        || items.identifiers().any(|found| found.canonical() == lot.canonical())
}

/// The lots among `items`, of instances their lot where it is known, each once.
fn lots(items: &Items) -> Vec<Identifier> {
    let mut lots: Vec<Identifier> = Vec::new();
    let of_instances = items.epcs.iter().map(|epc| epc.lot_class().unwrap_or_else(|| epc.clone()));
    for lot in items.quantities.iter().map(|quantity| quantity.class.clone()).chain(of_instances) {
        if !lots.iter().any(|known| known.canonical() == lot.canonical()) {
            lots.push(lot);
        }
    }
    lots
}

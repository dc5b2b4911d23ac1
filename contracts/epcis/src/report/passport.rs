//! The product passport: what events say of a product, of its lot and of its class, each attribute as it was said last,
//! in three tiers (Regulation (EU) 2024/1781, Art. 10, and for batteries (EU) 2023/1542, Annex XIII).
//!
//! | tier | sees |
//! |---|---|
//! | public | what neither of the others has for itself |
//! | legitimate | and composition, spare parts, dismantling, and how the one product has fared (Annex XIII (2) and (4)) |
//! | authority | and results of tests (Annex XIII (3)), and attributes of vocabularies that are not known here |
//!
//! A tier is a view and protects nothing: whoever may read the ledger may read all of it.
//!
//! Looked at are the master data that events carry (`gs1:masterDataAvailableFor`), instance or lot master data, other
//! extensions, sensor reports and persistent dispositions. What is said of the product itself stands before what is
//! said of its lot, and that before what is said of its class.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::date::local;
use super::{Column, Row, Sheet, fact};
use crate::event::Event;
use crate::identifier::{self, Identifier};
use crate::register::Reader;
use crate::value::{Field, Value};
use crate::walk::{Limits, Stories, Told, Unanswered, stories};

/// The sheet's columns.
pub const COLUMNS: [Column; 9] = [
    Column { name: "attribute", title: "Attribute" },
    Column { name: "value", title: "Value" },
    Column { name: "unit", title: "Unit of measure" },
    Column { name: "tier", title: "Tier" },
    Column { name: "about", title: "Said of" },
    Column { name: "date", title: "Date" },
    Column { name: "time", title: "Time" },
    Column { name: "eventId", title: "Event" },
    Column { name: "submitter", title: "Recorded by" },
];

/// Who looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Anybody.
    #[default]
    Public,
    /// Who repairs, uses again or recycles.
    Legitimate,
    /// Authorities.
    Authority,
}

impl Tier {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Public, Self::Legitimate, Self::Authority];

    /// The tier's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Legitimate => "legitimate",
            Self::Authority => "authority",
        }
    }

    /// The tier of an attribute `prefix:name`.
    fn of(attribute: &str) -> Self {
        let (prefix, name) = attribute.rsplit_once(':').unwrap_or(("", attribute));
        if !VOCABULARIES.contains(&prefix) || TESTS.contains(&name) {
            return Self::Authority;
        }
        if LEGITIMATE.contains(&name) { Self::Legitimate } else { Self::Public }
    }
}

/// Prefixes of published vocabularies of product passports; the standard's own attributes have none.
const VOCABULARIES: [&str; 11] =
    ["", "cbvmda", "eubat", "eucpr", "eudet", "euelec", "eudr", "euppwr", "eutex", "gs1", "oec"];
/// Results of tests.
const TESTS: [&str; 4] = ["resultOfTestReport", "testReportNumber", "riskAssessmentSummary", "dataQualityAssessment"];
/// Composition, spare parts and dismantling, and how one product has fared.
const LEGITIMATE: [&str; 40] = [
    "anodeActiveMaterial",
    "cathodeActiveMaterial",
    "electrolyteType",
    "casNumber",
    "ecNumber",
    "concentration",
    "substanceCasNumber",
    "substanceEcNumber",
    "substanceConcentration",
    "substanceLocation",
    "hasMaterialComposition",
    "hasComponentLocation",
    "hasSubstanceLocation",
    "hasSparePartSources",
    "hasSupplierContact",
    "spareParts",
    "hasDismantlingDocuments",
    "hasDismantlingInstructions",
    "hasDismantlingTime",
    "safetyInstructionsForDismantling",
    "repurposingGuidelines",
    "repurposingPotential",
    "hasStateOfHealth",
    "hasStateOfCharge",
    "hasStateOfCertifiedEnergy",
    "hasRemainingCapacity",
    "hasRemainingEnergy",
    "hasRemainingPowerCapability",
    "hasRemainingRoundTripEfficiency",
    "hasCapacityFade",
    "hasPowerFade",
    "hasInternalResistance",
    "hasInternalResistanceIncrease",
    "hasEvolutionOfSelfDischarge",
    "hasCycleCount",
    "numberOfFullCycles",
    "hasEnergyThroughput",
    "exposureDurationMinutes",
    "Temperature",
    "negativeEvent",
];
/// Members that name or describe no attribute.
const SILENT: [&str; 6] = ["id", "@id", "type", "@type", "@context", "comment"];

/// The passport of `product` as `tier` sees it, as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn passport<R: Reader>(
    reader: &mut R,
    product: &Identifier,
    tier: Tier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Sheet, Unanswered<R::Error>> {
    let mut levels = Vec::from([product.canonical().to_owned()]);
    let above = [product.lot_class(), product.class()].into_iter().flatten().map(Identifier::into_canonical);
    levels.extend(above.filter(|id| id != product.canonical()));
    let Stories { position, stories, truncated } = stories(reader, &levels, position, limits)?;
    let mut rows = Vec::new();
    for (id, story) in &stories {
        let said = last_said(id, story);
        rows.extend(said.into_iter().filter_map(|(attribute, said)| {
            let of = Tier::of(attribute.split('.').next_back().unwrap_or(&attribute));
            (of <= tier).then(|| said.row(id, attribute, of))
        }));
    }
    let notes =
        if rows.is_empty() { Vec::from(["Nothing that this tier sees is recorded.".to_owned()]) } else { Vec::new() };
    Ok(Sheet {
        title: "Product passport",
        item: product.canonical().to_owned(),
        position,
        columns: &COLUMNS,
        rows,
        notes,
        truncated,
    })
}

/// What was said of an attribute, and by which event.
struct Said<'a> {
    told: &'a Told,
    value: String,
    unit: String,
}

impl Said<'_> {
    fn row(&self, id: &str, attribute: String, tier: Tier) -> Row {
        let record = &self.told.record;
        let (date, time) = local(&record.event);
        let cells = Vec::from([
            attribute,
            self.value.clone(),
            self.unit.clone(),
            tier.word().to_owned(),
            id.to_owned(),
            date,
            time,
            record.event.event_id.clone().unwrap_or_default(),
            record.submitter.clone(),
        ]);
        Row::new(self.told.pos.sequence, &COLUMNS, cells, &[])
    }
}

/// What events that name `id` say of it, by attribute; the last of them counts.
fn last_said<'a>(id: &str, story: &'a [Told]) -> BTreeMap<String, Said<'a>> {
    let mut last = BTreeMap::new();
    for told in story.iter().filter(|told| told.through.is_none()) {
        let mut said: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
        of_event(id, &told.record.event, &mut said);
        for (attribute, (values, unit)) in said {
            last.insert(attribute, Said { told, value: values.join("; "), unit });
        }
    }
    last
}

/// Values of attributes, several where they are lists, and their unit.
type Values = BTreeMap<String, (Vec<String>, String)>;

fn of_event(id: &str, event: &Event, said: &mut Values) {
    let is_own = |named: &str| identifier::canonical(named).ok().flatten().as_deref().unwrap_or(named) == id;
    for (_, fields) in fact::all(event).filter(|(named, _)| is_own(named)) {
        collect("", fields, said);
    }
    let begins =
        event.what.items().1.map_or(true, |outputs| outputs.identifiers().any(|found| found.canonical() == id));
    if begins {
        collect("", &event.ilmd, said);
    }
    let others: Vec<Field> = event.extensions.iter().filter(|(key, _)| !fact::is_master_data(key)).cloned().collect();
    collect("", &others, said);
    for report in event.sensors.iter().flat_map(|element| &element.reports) {
        if let (Some(kind), Some(value)) = (&report.kind, report.value) {
            let unit = report.uom.clone().unwrap_or_default();
            said.insert(kind.word().to_owned(), (Vec::from([value.reduced().to_string()]), unit));
        }
    }
    for (terms, holds) in [(&event.persistent_set, "true"), (&event.persistent_unset, "false")] {
        for term in terms {
            let attribute = format!("persistentDisposition.{}", term.word());
            said.insert(attribute, (Vec::from([holds.to_owned()]), String::new()));
        }
    }
}

/// Adds the leaves of fields under their paths. Nested no deeper than [`crate::limits::NESTING_MAX`].
fn collect(path: &str, fields: &[Field], said: &mut Values) {
    for (name, value) in fields.iter().filter(|(name, _)| !SILENT.contains(&name.as_str()) && !name.starts_with('_')) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        add(&path, value, said);
    }
}

fn add(path: &str, value: &Value, said: &mut Values) {
    match value {
        Value::Map(fields) => {
            let member =
                |wanted: &str| fields.iter().find(|(name, _)| fact::local(name) == wanted).map(|(_, value)| value);
            // A quantity with its unit, and a reference, are one value.
            if let (Some(amount), Some(unit)) = (member("value"), member("unitCode")) {
                push(path, amount, unit.as_text().unwrap_or_default(), said);
            } else if let (Some(only), 1) = (member("id").or_else(|| member("@id")), fields.len()) {
                push(path, only, "", said);
            } else {
                collect(path, fields, said);
            }
        }
        Value::List(items) => items.iter().for_each(|item| add(path, item, said)),
        single => push(path, single, "", said),
    }
}

fn push(path: &str, value: &Value, unit: &str, said: &mut Values) {
    let Some(text) = fact::text(value) else { return };
    let (values, of) = said.entry(path.to_owned()).or_default();
    if !values.contains(&text) {
        values.push(text);
    }
    unit.clone_into(of);
}

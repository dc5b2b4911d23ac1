//! The transaction history of one package of medicine as the US Drug Supply Chain Security Act asks for it (21 U.S.C.
//! 360eee(26), (27)): every change of owner back to the manufacturer, with the product's identifier.
//!
//! | event | row |
//! |---|---|
//! | adds the package | commissioning |
//! | disposition `mismatch_…`, `no_pedigree_match`, `damaged`, `recalled`, `stolen` or `non_sellable_other` | exception |
//! | step `shipping`, `departing` or `consigning`, or another with owners on both sides | transfer |
//! | step `receiving` or `accepting` | receipt |
//! | step `dispensing`, `decommissioning`, `destroying` or `killing`, or action DELETE | end |
//!
//! What owners say must join up: each transfer comes from whom the one before went to. Where it does not, a note says
//! so, and so it does where the package was never commissioned. The history tells what was stated; whether a package
//! in hand is genuine is another question, since its identifier may have been copied.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::date::local;
use super::{Column, Row, Sheet, fact};
use crate::event::{Action, Event, What};
use crate::identifier::{Identifier, decoded};
use crate::register::Reader;
use crate::walk::{Limits, Told, Unanswered, story};

/// The sheet's columns.
pub const COLUMNS: [Column; 18] = [
    Column { name: "event", title: "Event" },
    Column { name: "date", title: "Date" },
    Column { name: "time", title: "Time" },
    Column { name: "product", title: "Product identifier" },
    Column { name: "serial", title: "Serial number" },
    Column { name: "lot", title: "Lot number" },
    Column { name: "expiry", title: "Expiration date" },
    Column { name: "description", title: "Product name" },
    Column { name: "from", title: "Transferred from" },
    Column { name: "to", title: "Transferred to" },
    Column { name: "location", title: "Location" },
    Column { name: "documentType", title: "Document type" },
    Column { name: "documentNumber", title: "Document number" },
    Column { name: "container", title: "Container" },
    Column { name: "step", title: "Business step" },
    Column { name: "disposition", title: "Disposition" },
    Column { name: "eventId", title: "Event id" },
    Column { name: "submitter", title: "Recorded by" },
];

/// Dispositions of a product that must not go on.
const EXCEPTIONS: [&str; 8] = [
    "mismatch_class",
    "mismatch_instance",
    "mismatch_quantity",
    "no_pedigree_match",
    "damaged",
    "recalled",
    "stolen",
    "non_sellable_other",
];

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Commissioning,
    Exception,
    Transfer,
    Receipt,
    End,
}

impl Entry {
    fn of(event: &Event) -> Option<Self> {
        let owners = [&event.sources, &event.destinations].map(|parties| !fact::party(parties, &OWNER).is_empty());
        match (event.step_word(), event.what.action()) {
            _ if event.disposition.as_ref().is_some_and(|term| EXCEPTIONS.contains(&term.word())) => {
                Some(Self::Exception)
            }
            ("dispensing" | "decommissioning" | "destroying" | "killing", _) => Some(Self::End),
            ("receiving" | "accepting", _) => Some(Self::Receipt),
            ("shipping" | "departing" | "consigning", _) => Some(Self::Transfer),
            _ if owners == [true, true] => Some(Self::Transfer),
            (_, Some(Action::Add)) if matches!(event.what, What::Object { .. }) => Some(Self::Commissioning),
            (_, Some(Action::Delete)) if matches!(event.what, What::Object { .. }) => Some(Self::End),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Commissioning => "commissioning",
            Self::Exception => "exception",
            Self::Transfer => "transfer",
            Self::Receipt => "receipt",
            Self::End => "end",
        }
    }

    /// What transaction information requires of it.
    fn required(self) -> &'static [&'static str] {
        match self {
            Self::Transfer => &["product", "serial", "lot", "expiry", "description", "from", "to"],
            Self::Receipt => &["product", "serial", "lot", "expiry", "description", "from"],
            Self::Commissioning => &["product", "serial", "lot", "expiry", "description"],
            Self::Exception | Self::End => &["product", "serial"],
        }
    }
}

const OWNER: [&str; 1] = ["owning_party"];
/// Ownership is what the act is about; where nobody says it, custody.
const ROLES: [&str; 3] = ["owning_party", "possessing_party", "location"];

/// The transaction history of `package`, as of the records before `position`.
///
/// # Errors
///
/// If something cannot be read.
pub fn dscsa<R: Reader>(
    reader: &mut R,
    package: &Identifier,
    position: Option<u64>,
    limits: Limits,
) -> Result<Sheet, Unanswered<R::Error>> {
    let story = story(reader, package, position, limits)?;
    let product = Product::of(package, &story.events);
    let (mut rows, mut notes) = (Vec::new(), Vec::new());
    let mut owner: Option<(u64, String)> = None;
    let mut is_commissioned = false;
    for told in &story.events {
        let event = &told.record.event;
        let Some(entry) = Entry::of(event) else { continue };
        is_commissioned |= entry == Entry::Commissioning;
        let (from, to) = (fact::party(&event.sources, &ROLES), fact::party(&event.destinations, &ROLES));
        if entry == Entry::Transfer {
            let before = owner.as_ref().filter(|(_, owner)| !from.is_empty() && *owner != from);
            if let Some((sequence, before)) = before {
                notes.push(format!(
                    "Record {} transfers from {from}, but record {sequence} went to {before}.",
                    told.pos.sequence
                ));
            }
            owner = Some((told.pos.sequence, to.clone())).filter(|(_, to)| !to.is_empty());
        }
        rows.push(product.row(entry, told, from, to));
    }
    if !is_commissioned {
        notes.insert(0, "Nobody recorded that it was commissioned.".to_owned());
    }
    Ok(Sheet {
        title: "DSCSA transaction history",
        item: package.canonical().to_owned(),
        position: story.position,
        columns: &COLUMNS,
        rows,
        notes,
        truncated: story.truncated,
    })
}

/// What the whole story says of the product.
struct Product {
    gtin: String,
    serial: String,
    lot: String,
    expiry: String,
    description: String,
}

impl Product {
    fn of(package: &Identifier, events: &[Told]) -> Self {
        let direct = || events.iter().filter(|told| told.through.is_none()).map(|told| &told.record.event);
        let said = |names: &[&str]| {
            let texts = direct().map(|event| fact::said(event, package.canonical(), names));
            texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
        };
        let plain = |text: &str| decoded(text).unwrap_or_else(|| text.to_owned());
        let named = direct().flat_map(Event::subjects).filter(|id| id.canonical() == package.canonical());
        let lot = named.into_iter().find_map(Identifier::lot).or_else(|| package.lot());
        Self {
            gtin: package.gtin().unwrap_or_default().to_owned(),
            serial: package.serial().map(plain).unwrap_or_default(),
            lot: lot.map_or_else(|| said(&["lotNumber"]), |lot| plain(&lot)),
            expiry: said(&["itemExpirationDate", "expirationDate"]),
            description: said(&["regulatedProductName", "productName", "descriptionShort", "functionalName"]),
        }
    }

    fn row(&self, entry: Entry, told: &Told, from: String, to: String) -> Row {
        let event = &told.record.event;
        let (date, time) = local(event);
        let (kinds, numbers) = fact::documents(event);
        let cells = Vec::from([
            entry.name().to_owned(),
            date,
            time,
            self.gtin.clone(),
            self.serial.clone(),
            self.lot.clone(),
            self.expiry.clone(),
            self.description.clone(),
            from,
            to,
            fact::place(event),
            kinds,
            numbers,
            told.through.clone().unwrap_or_default(),
            event.step_word().to_owned(),
            event.disposition.as_ref().map_or("", |term| term.word()).to_owned(),
            event.event_id.clone().unwrap_or_default(),
            told.record.submitter.clone(),
        ]);
        Row::new(told.pos.sequence, &COLUMNS, cells, entry.required())
    }
}

//! The recall letter: what has to be withdrawn because of an item, one list for each holder.
//!
//! A holder is who has custody by the last hand-over that takes effect: the organisation, or the party where that was
//! entrusted to none. Of what was never handed over it is the organisation that recorded last where the thing is, and the
//! column beside says which of both it is. Rows are what is still there, by holder, place and
//! product: an instance, or an amount of a lot at a place. What was used up or disposed of has no row; what should be
//! left and is nowhere is told in notes.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Column, Row, Sheet, fact};
use crate::answer::{Placed, RecallScope, Recalled};
use crate::identifier::{Identifier, decoded};
use crate::register::Reader;
use crate::walk::{self, AsOf, Limits, Unanswered};

/// The sheet's columns.
pub const COLUMNS: [Column; 11] = [
    Column { name: "holder", title: "Holder" },
    Column { name: "by", title: "Holder by" },
    Column { name: "location", title: "Location" },
    Column { name: "product", title: "Product identifier" },
    Column { name: "lot", title: "Lot" },
    Column { name: "serial", title: "Serial number" },
    Column { name: "quantity", title: "Quantity" },
    Column { name: "unit", title: "Unit of measure" },
    Column { name: "container", title: "Container" },
    Column { name: "seen", title: "Last recorded there" },
    Column { name: "item", title: "Item" },
];

/// Who is to be written to, and about what.
const REQUIRED: [&str; 3] = ["holder", "location", "quantity"];

/// The letter about `item`, as of a number of records or a height if one is given.
///
/// # Errors
///
/// If something cannot be read.
pub fn recall_letter<R: Reader>(
    reader: &mut R,
    item: &Identifier,
    as_of: impl Into<AsOf>,
    limits: Limits,
) -> Result<Sheet, Unanswered<R::Error>> {
    let scope = walk::scope(reader, item, walk::Page::WHOLE, as_of, limits)?;
    let mut rows: Vec<Row> = scope.products.iter().flat_map(rows).collect();
    rows.sort_by(|one, other| one.cells.cmp(&other.cells));
    let notes = notes(&scope);
    Ok(Sheet {
        title: "Recall",
        item: scope.item,
        position: scope.position,
        columns: &COLUMNS,
        rows,
        notes,
        truncated: scope.truncated,
    })
}

fn rows(product: &Recalled) -> Vec<Row> {
    let Some(seen) = product.last_known.as_ref().filter(|_| product.state == "present") else { return Vec::new() };
    let row =
        |(holder, by): (String, &str), location: String, (quantity, unit): (String, String), container: String| {
            let id = Identifier::as_written(&product.item);
            let plain = |text: &str| decoded(text).unwrap_or_else(|| text.to_owned());
            let cells = Vec::from([
                holder,
                by.to_owned(),
                location,
                id.gtin().unwrap_or_default().to_owned(),
                if product.is_instance { String::new() } else { fact::lot_code(&id) },
                id.serial().map(plain).unwrap_or_default(),
                quantity,
                unit,
                container,
                seen.time.to_string(),
                product.item.clone(),
            ]);
            Row::new(seen.sequence, &COLUMNS, cells, &REQUIRED)
        };
    if product.is_instance || product.parts.is_empty() {
        let amount = if product.is_instance { ("1".to_owned(), fact::PIECES.to_owned()) } else { Default::default() };
        let container = seen.through.clone().unwrap_or_default();
        let holder = holder(product.holder.as_ref(), Some(&seen.recorded_by));
        return Vec::from([row(holder, seen.location.clone(), amount, container)]);
    }
    let part = |Placed { container, location, recorded_by, holder: custodian, quantity, uom }: &Placed| {
        let quantity = quantity.map(|quantity| quantity.reduced().to_string()).unwrap_or_default();
        let unit = if uom.is_empty() && !quantity.is_empty() { fact::PIECES.to_owned() } else { uom.clone() };
        row(
            holder(custodian.as_ref(), recorded_by.as_ref()),
            location.clone().unwrap_or_default(),
            (quantity, unit),
            container.clone().unwrap_or_default(),
        )
    };
    product.parts.iter().map(part).collect()
}

/// Who is to be written to, and why: who has custody, or else who recorded it last.
fn holder(custodian: Option<&String>, recorded_by: Option<&String>) -> (String, &'static str) {
    match (custodian, recorded_by) {
        (Some(custodian), _) => (custodian.clone(), "hand-over"),
        (None, Some(recorded_by)) => (recorded_by.clone(), "last record"),
        (None, None) => (String::new(), ""),
    }
}

/// What is nowhere, and what cannot be summed up.
fn notes(scope: &RecallScope) -> Vec<String> {
    let lots = scope.unaccounted.iter().map(|rest| {
        let unit = if rest.uom.is_empty() { fact::PIECES } else { &rest.uom };
        format!("{} {unit} of {} should be left and are nowhere.", rest.quantity.reduced(), rest.item)
    });
    let unplaced =
        (scope.unplaced > 0).then(|| format!("{} instances should be left and are nowhere.", scope.unplaced));
    let odd = scope.products.iter().filter(|product| !product.incomparable.is_empty());
    let odd = odd.map(|product| format!("Amounts of {} are in units that cannot be summed up.", product.item));
    lots.chain(unplaced).chain(odd).collect()
}

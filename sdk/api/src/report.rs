//! Reports in the interface's form, alike in a node that computes one and beside a proof file that shows it.

use crate::method::report::{Report, ReportColumn, ReportRow};
use crate::trace::bound;
use countersign_epcis::report::{Column, Row, Sheet};

/// A sheet in the interface's form.
#[must_use]
pub fn of_sheet(sheet: Sheet) -> Report {
    let column =
        |Column { name, title }: &Column| ReportColumn { name: (*name).to_owned(), title: (*title).to_owned() };
    let row = |Row { sequence, cells, missing }| ReportRow {
        sequence,
        cells,
        missing: missing.into_iter().map(str::to_owned).collect(),
    };
    Report {
        title: sheet.title.to_owned(),
        canonical: sheet.item,
        position: sheet.position,
        columns: sheet.columns.iter().map(column).collect(),
        rows: sheet.rows.into_iter().map(row).collect(),
        notes: sheet.notes,
        complete: sheet.truncated.is_none(),
        truncated: sheet.truncated.map(bound),
    }
}

//! A report as a file: CSV, or a workbook with the sheet and a page about it.

use crate::failure::Usage;
use countersign_api::method::report::Report;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::path::Path;

/// Widest column, in pixels; longer cells are cut on the screen and whole in the file.
const WIDTH_MAX: u32 = 400;

/// The kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Comma-separated values (RFC 4180), UTF-8.
    Csv,
    /// Office Open XML.
    Xlsx,
    /// JSON, as the node answers it.
    Json,
}

impl Kind {
    /// The kind that a file's name ends with.
    pub fn of(path: &Path) -> Result<Self, Usage> {
        match path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("xlsx") => Ok(Self::Xlsx),
            Some("json") => Ok(Self::Json),
            _ => Err(Usage(format!("{}: name a file that ends with .csv, .xlsx or .json", path.display()))),
        }
    }
}

/// The report in a file of this kind.
pub fn bytes(report: &Report, kind: Kind, as_of: &str) -> anyhow::Result<Vec<u8>> {
    match kind {
        Kind::Csv => csv(report),
        Kind::Xlsx => Ok(xlsx(report, as_of)?),
        Kind::Json => Ok(serde_json::to_vec_pretty(report)?),
    }
}

/// Titles of the columns, before and after them the record and what is missing.
pub fn header(report: &Report) -> Vec<&str> {
    let titles = report.columns.iter().map(|column| column.title.as_str());
    std::iter::once("Record").chain(titles).chain(["Missing"]).collect()
}

/// The cells of each row, under [`header`].
pub fn rows(report: &Report) -> impl Iterator<Item = Vec<String>> {
    report.rows.iter().map(|row| {
        let titles = row.missing.iter().map(|name| title(report, name)).collect::<Vec<_>>().join("; ");
        std::iter::once(row.sequence.to_string()).chain(row.cells.iter().cloned()).chain([titles]).collect()
    })
}

fn title<'a>(report: &'a Report, name: &'a str) -> &'a str {
    report.columns.iter().find(|column| column.name == name).map_or(name, |column| column.title.as_str())
}

fn csv(report: &Report) -> anyhow::Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(header(report))?;
    for row in rows(report) {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))
}

/// A cell that no spreadsheet takes for a formula: what stands in events was written by others.
pub fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

fn xlsx(report: &Report, as_of: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name("Report")?;
    for (at, title) in (0..).zip(header(report)) {
        sheet.write_with_format(0, at, title, &bold)?;
    }
    let mut last = 0;
    for (at, row) in (1..).zip(rows(report)) {
        last = at;
        for (column, cell) in (0..).zip(row) {
            // Numbers as numbers, so that they sort; identifiers with leading zeros are none.
            match number(&cell) {
                Some(number) => sheet.write_number(at, column, number)?,
                None => sheet.write_string(at, column, cell)?,
            };
        }
    }
    let columns = u16::try_from(report.columns.len()).unwrap_or(u16::MAX).saturating_add(1);
    sheet.autofilter(0, 0, last, columns)?.set_freeze_panes(1, 0)?;
    sheet.set_autofit_max_width(WIDTH_MAX).autofit();
    let about = workbook.add_worksheet().set_name("About")?;
    let complete = match &report.truncated {
        None => "yes".to_owned(),
        Some(bound) => format!("NO: there is more than one answer holds (bound: {bound})"),
    };
    let facts = [
        ("Report", report.title.clone()),
        ("About", report.canonical.clone()),
        ("As of", as_of.to_owned()),
        ("Records looked at", report.position.to_string()),
        ("Complete", complete),
    ];
    let notes = report.notes.iter().map(|note| ("Note", note.clone()));
    for (at, (name, value)) in (0..).zip(facts.into_iter().chain(notes)) {
        about.write_with_format(at, 0, name, &bold)?.write_string(at, 1, value)?;
    }
    about.set_autofit_max_width(WIDTH_MAX).autofit();
    workbook.save_to_buffer()
}

/// A number that is written as numbers are, and that a spreadsheet holds exactly.
fn number(cell: &str) -> Option<f64> {
    const EXACT_DIGITS: usize = 15;
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = is_digits(whole) && is_digits(fraction) && (whole == "0" || !whole.starts_with('0'));
    (is_plain && digits.len() <= EXACT_DIGITS).then(|| cell.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use countersign_api::method::report::{ReportColumn, ReportRow};

    fn report() -> Report {
        let column = |name: &str, title: &str| ReportColumn { name: name.into(), title: title.into() };
        let row = |sequence, cells: [&str; 2], missing: &[&str]| ReportRow {
            sequence,
            cells: cells.map(str::to_owned).to_vec(),
            missing: missing.iter().map(|name| (*name).to_owned()).collect(),
        };
        Report {
            title: "A report".into(),
            canonical: "urn:a".into(),
            position: 9,
            columns: vec![column("lot", "Lot"), column("quantity", "Quantity")],
            rows: vec![row(3, ["A, \"1\"", "-12.5"], &[]), row(4, ["=HYPERLINK(1)", ""], &["quantity"])],
            notes: vec!["One note.".into()],
            complete: true,
            truncated: None,
        }
    }

    #[test]
    fn csv_has_titles_quotes_and_no_formulas() {
        let text = String::from_utf8(bytes(&report(), Kind::Csv, "block 1").unwrap()).unwrap();
        let lines = "Record,Lot,Quantity,Missing\n3,\"A, \"\"1\"\"\",-12.5,\n4,'=HYPERLINK(1),,Quantity\n";
        assert_eq!(text, lines);
    }

    #[test]
    fn a_workbook_is_a_zip_archive_with_two_sheets() {
        let bytes = bytes(&report(), Kind::Xlsx, "block 1").unwrap();
        assert!(bytes.starts_with(b"PK\x03\x04"));
        let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
        assert!(has(b"xl/worksheets/sheet1.xml") && has(b"xl/worksheets/sheet2.xml"));
    }

    #[test]
    fn only_plain_numbers_are_numbers() {
        for (cell, is) in [
            ("12.5", Some(12.5)),
            ("-3", Some(-3.0)),
            ("0", Some(0.0)),
            ("00860009999923", None),
            ("1e5", None),
            ("1234567890123456", None),
            ("", None),
            (".5", None),
            ("5.", None),
            ("inf", None),
        ] {
            assert_eq!(number(cell), is, "{cell}");
        }
    }

    #[test]
    fn the_kind_of_a_file_is_told_by_its_name() {
        assert_eq!(Kind::of(Path::new("a/b.CSV")).unwrap(), Kind::Csv);
        assert_eq!(Kind::of(Path::new("b.xlsx")).unwrap(), Kind::Xlsx);
        assert!(Kind::of(Path::new("b.xls")).is_err());
    }
}

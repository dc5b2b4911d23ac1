//! Answers as comma-separated values: all tables under one header, and after them what is said about the answer, so that
//! nothing that is missing goes unsaid in the file.

use super::missing;
use crate::sheet::harmless;
use countersign_api::method::trace::Trace;
use countersign_epcis::answer::{Sheet, Sheets};

/// Rows of one table begin with its name; columns that a table does not have are empty in its rows.
pub fn csv(answer: &dyn Sheets) -> anyhow::Result<String> {
    let about = Sheet {
        title: "about",
        head: &["name", "value"],
        rows: answer.facts().into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect(),
    };
    let sheets: Vec<Sheet> = answer.sheets().into_iter().chain([about]).collect();
    let mut columns: Vec<&str> = Vec::new();
    for name in sheets.iter().flat_map(|sheet| sheet.head) {
        if !columns.contains(name) {
            columns.push(name);
        }
    }
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("table").chain(columns.iter().copied()))?;
    for Sheet { title, head, rows } in &sheets {
        for row in rows {
            let cell = |column: &&str| {
                let at = head.iter().position(|name| name == column);
                at.and_then(|at| row.get(at))
                    .filter(|cell| *cell != "–")
                    .map_or_else(String::new, |cell| harmless(cell))
            };
            writer.write_record(std::iter::once((*title).to_owned()).chain(columns.iter().map(cell)))?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// A trace in facts and tables, with all that it says of events.
pub struct Listed<'a>(pub &'a Trace);

impl Sheets for Listed<'_> {
    fn facts(&self) -> Vec<(&'static str, String)> {
        let Self(trace) = self;
        let mut facts = vec![
            ("item", trace.canonical.clone()),
            ("records", format!("the first {} of the contract", trace.position)),
        ];
        let missing = missing(trace).into_iter().filter_map(|line| {
            let (name, what) = line.split_once(": ")?;
            Some((if name == "CUT SHORT" { "CUT SHORT" } else { "MORE FOLLOWS" }, what.to_owned()))
        });
        facts.extend(missing);
        facts
    }

    fn sheets(&self) -> Vec<Sheet> {
        let Self(trace) = self;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let events = trace.events.iter().map(|event| {
            vec![
                event.sequence.to_string(),
                event.event_time.clone(),
                event.kind.clone(),
                text(&event.action),
                text(&event.biz_step),
                text(&event.disposition),
                text(&event.read_point),
                text(&event.biz_location),
                text(&event.through),
                event.submitter.clone(),
                event.height.to_string(),
                event.record_time.clone(),
                text(&event.event_id),
                event.hash.to_string(),
            ]
        });
        let head = &[
            "record",
            "time",
            "event",
            "action",
            "step",
            "disposition",
            "read point",
            "location",
            "in",
            "submitted by",
            "block",
            "recorded",
            "event id",
            "hash",
        ];
        let odd =
            trace.anomalies.iter().map(|odd| vec![odd.sequence.to_string(), odd.rule.clone(), odd.reason.clone()]);
        let items = |all: &[String]| all.iter().map(|item| vec![item.clone()]).collect();
        vec![
            Sheet { title: "events", head, rows: events.collect() },
            Sheet { title: "anomalies", head: &["record", "rule", "reason"], rows: odd.collect() },
            Sheet { title: "places", head: &["location"], rows: items(&trace.locations) },
            Sheet { title: "products", head: &["item"], rows: items(&trace.products) },
            Sheet { title: "containers", head: &["item"], rows: items(&trace.containers) },
        ]
        .into_iter()
        .filter(|sheet| !sheet.rows.is_empty())
        .collect()
    }
}

#[cfg(test)]
mod tests;

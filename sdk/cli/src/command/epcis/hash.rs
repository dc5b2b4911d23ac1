//! `countersign epcis hash`.

use crate::output::{Output, or_dash, say, table};
use crate::session::read_file;
use anyhow::Context as _;
use countersign_epcis::document::{self, Document};
use countersign_epcis::rule::Policy;
use countersign_epcis::{Event, hash};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// An event's hash, or why it has none.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hashed<'a> {
    file: &'a Path,
    event: usize,
    #[serde(rename = "eventID", skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// Shows the hash of each event; false if an event could not be read.
pub fn hash(files: &[PathBuf], with_text: bool, output: Output) -> anyhow::Result<bool> {
    let mut all = Vec::new();
    for file in files {
        let document =
            document::parse(&read_file(file)?, Policy::default()).with_context(|| file.display().to_string())?;
        all.extend(events(file, &document, with_text));
    }
    output.show(&all, |all| table(&["file", "event", "event id", "hash"], all.iter().map(row)))?;
    let faults = all.iter().filter(|hashed| hashed.fault.is_some()).count();
    say(&format!("{} events, {faults} without a hash", all.len()));
    Ok(faults == 0)
}

fn events<'a>(file: &'a Path, document: &Document, with_text: bool) -> Vec<Hashed<'a>> {
    let one = |(at, event): (usize, &Result<Event, _>)| {
        let read = event.as_ref().ok();
        Hashed {
            file,
            event: at,
            event_id: document.event_id(at).map(ToOwned::to_owned),
            hash: read.map(hash::alias),
            text: read.filter(|_| with_text).map(hash::prehash),
            fault: event.as_ref().err().map(ToString::to_string),
        }
    };
    document.events.iter().enumerate().map(one).collect()
}

fn row(hashed: &Hashed<'_>) -> Vec<String> {
    let found = [&hashed.hash, &hashed.text, &hashed.fault].into_iter().flatten();
    let cell = found.map(String::as_str).collect::<Vec<_>>().join("\n");
    vec![hashed.file.display().to_string(), hashed.event.to_string(), or_dash(hashed.event_id.as_deref()), cell]
}

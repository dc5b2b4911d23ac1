//! `countersign epcis query`, `event` and `export`: what is recorded, as the node says it.

use crate::arguments::{EventQuery, Which};
use crate::failure::Usage;
use crate::output::{Output, facts, line, moment, or_dash, say, table};
use crate::session::{Session, now, read_file};
use anyhow::Context as _;
use countersign_api::At;
use countersign_api::method::epcis::{EpcisEvent, EpcisQuery, EventParams, EventRecord, Form, QueryParams};
use countersign_client::Client;
use countersign_epcis::context::RENDERED;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Events of one page of an export.
const EXPORT_PAGE: u32 = 1_000;

/// Lists events.
pub async fn list(wanted: EventQuery, session: &Session, output: Output) -> anyhow::Result<bool> {
    let EventQuery { which, limit, cursor, csv } = wanted;
    let client = session.client()?;
    let mut params = QueryParams { cursor, ..params(which, session, &client).await? };
    let mut events: Vec<EventRecord> = Vec::new();
    loop {
        let left = u32::try_from(events.len()).map_or(0, |listed| limit.get().saturating_sub(listed));
        params.limit = Some(left);
        let page = client.unverified().call_again::<EpcisQuery>(&params).await?.into_said();
        events.extend(page.items);
        params.cursor = page.next_cursor;
        let is_full = u32::try_from(events.len()).is_ok_and(|listed| listed >= limit.get());
        if params.cursor.is_none() || is_full {
            params.at = At::Height(page.height);
            break;
        }
    }
    let told = json!({ "events": events, "nextCursor": params.cursor, "at": params.at });
    if csv {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(HEADER)?;
        events.iter().map(row).try_for_each(|row| writer.write_record(row))?;
        line(String::from_utf8_lossy(&writer.into_inner()?).trim_end());
    } else {
        output.show(&told, |_| table(&HEADER, events.iter().map(row)))?;
    }
    let more = params
        .cursor
        .map_or_else(String::new, |cursor| format!("; MORE FOLLOWS: raise --limit, or go on with --cursor {cursor}"));
    say(&format!("{} events, as the node says{more}", events.len()));
    Ok(true)
}

const HEADER: [&str; 7] = ["record", "time", "event", "step", "where", "submitted by", "event id"];

/// What a list shows of an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Brief {
    #[serde(rename = "type")]
    kind: String,
    event_time: String,
    action: Option<String>,
    biz_step: Option<String>,
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    read_point: Option<Named>,
    biz_location: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

fn row(record: &EventRecord) -> Vec<String> {
    let submitter = record.submitter.as_ref().map(ToString::to_string);
    let id = |brief: Option<&Brief>| brief.and_then(|brief| brief.event_id.clone()).unwrap_or(record.hash.to_string());
    let Ok(brief) = serde_json::from_str::<Brief>(record.event.get()) else {
        let unread = "not readable".to_owned();
        return vec![
            record.sequence.to_string(),
            or_dash(None),
            unread,
            or_dash(None),
            or_dash(None),
            or_dash(submitter.as_deref()),
            id(None),
        ];
    };
    let place = brief.biz_location.as_ref().or(brief.read_point.as_ref()).map(|place| place.id.as_str());
    let kind = [Some(brief.kind.as_str()), brief.action.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    vec![
        record.sequence.to_string(),
        brief.event_time.clone(),
        kind,
        or_dash(brief.biz_step.as_deref()),
        or_dash(place),
        or_dash(submitter.as_deref()),
        id(Some(&brief)),
    ]
}

/// Shows what is recorded under an id.
pub async fn event(id: String, at: At, session: &Session, output: Output) -> anyhow::Result<bool> {
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let params = EventParams { id, contract, at };
    let read = client.unverified().call_again::<EpcisEvent>(&params).await?.into_said();
    output.show(&read, |read| {
        let records = read.data.records.iter().map(|record| {
            let about = facts([
                ("record", record.sequence.to_string()),
                ("declares an error", if record.declares_error { "yes" } else { "no" }.to_owned()),
                ("hash", record.hash.to_string()),
                ("submitted by", or_dash(record.submitter.as_ref().map(ToString::to_string).as_deref())),
                ("transaction", record.transaction.to_string()),
                ("recorded", format!("in block {} at {}", record.height, moment(record.recorded.0))),
            ]);
            format!("{about}\n{}", record.event.get())
        });
        records.collect::<Vec<_>>().join("\n\n")
    })?;
    Ok(true)
}

/// Writes events as a document.
pub async fn export(
    which: Which,
    organisation: Option<String>,
    to: &Path,
    session: &Session,
    output: Output,
) -> anyhow::Result<bool> {
    let client = session.client()?;
    let asked = params(which, session, &client).await?;
    let params = QueryParams { params: ascending(&asked.params)?, limit: Some(EXPORT_PAGE), ..asked };
    let is_stdout = to.as_os_str() == "-";
    let about = || format!("cannot write {}", to.display());
    let count = if is_stdout {
        write_all(&client, params, organisation.as_deref(), &mut std::io::stdout().lock()).await?
    } else {
        let file = std::fs::File::create(to).map_err(|error| Usage(format!("{}: {error}", about())))?;
        let mut writer = std::io::BufWriter::new(file);
        let count = write_all(&client, params, organisation.as_deref(), &mut writer).await?;
        writer.flush().with_context(about)?;
        count
    };
    if !is_stdout {
        let told = json!({ "file": to, "events": count });
        output.show(&told, |_| facts([("file", to.display().to_string()), ("events", count.to_string())]))?;
    }
    say(&format!("{count} events, as the node says"));
    Ok(true)
}

/// Writes a document of all pages; a page is in memory at a time.
async fn write_all(
    client: &Client,
    mut params: QueryParams,
    organisation: Option<&str>,
    writer: &mut impl Write,
) -> anyhow::Result<u64> {
    let created = moment(now()?.0);
    write!(
        writer,
        "{{\"@context\":[{}],\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\",\"creationDate\":\"{created}\",\
         \"epcisBody\":{{\"eventList\":[",
        json!(RENDERED)
    )?;
    let mut count: u64 = 0;
    loop {
        let page = client.unverified().call_again::<EpcisQuery>(&params).await?.into_said();
        let is_own = |record: &&EventRecord| {
            organisation.is_none_or(|wanted| record.submitter.as_ref().is_some_and(|by| by.organisation() == wanted))
        };
        for record in page.items.iter().filter(is_own) {
            let between = if count == 0 { "" } else { "," };
            write!(writer, "{between}\n{}", record.event.get())?;
            count = count.saturating_add(1);
        }
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            break;
        }
    }
    writer.write_all(b"\n]}}\n")?;
    Ok(count)
}

/// The first page of the query that the user means.
async fn params(which: Which, session: &Session, client: &Client) -> anyhow::Result<QueryParams> {
    let Which { parameters, query, at, links } = which;
    let text = match query {
        Some(file) => String::from_utf8(read_file(&file)?).with_context(|| file.display().to_string())?,
        None => object(&parameters)?,
    };
    let params = RawValue::from_string(text).map_err(|error| Usage(format!("the query is not JSON: {error}")))?;
    let form = if links { Form::DigitalLink } else { Form::Written };
    let contract = Some(session.provenance(client).await?);
    Ok(QueryParams { params, form, contract, at, limit: None, cursor: None })
}

/// The parameters with the oldest first, unless they say otherwise: an event is captured again after those before it.
fn ascending(params: &RawValue) -> anyhow::Result<Box<RawValue>> {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(params.get())
        .map_err(|error| Usage(format!("the query is no object in JSON: {error}")))?;
    if !members.contains_key("orderDirection") {
        members.insert("orderDirection".to_owned(), RawValue::from_string(json!("ASC").to_string())?);
    }
    Ok(serde_json::value::to_raw_value(&members)?)
}

/// `NAME=VALUE` as an object: values that are JSON as they are, others as text.
fn object(parameters: &[String]) -> Result<String, Usage> {
    let mut members = Vec::new();
    for parameter in parameters {
        let (name, value) = parameter.split_once('=').ok_or_else(|| {
            Usage(format!("`{parameter}` is no query parameter: NAME=VALUE, such as EQ_bizStep=shipping"))
        })?;
        let is_json = serde_json::from_str::<&RawValue>(value).is_ok();
        let value = if is_json { value.to_owned() } else { json!(value).to_string() };
        members.push(format!("{}:{value}", json!(name)));
    }
    Ok(format!("{{{}}}", members.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_an_object() {
        let given =
            ["EQ_bizStep=shipping", "EQ_action=[\"ADD\"]", "GE_value_CEL=8.50", "GE_eventTime=2026-05-01T08:00:00Z"];
        let text = object(&given.map(str::to_owned)).unwrap();
        assert_eq!(
            text,
            r#"{"EQ_bizStep":"shipping","EQ_action":["ADD"],"GE_value_CEL":8.50,"GE_eventTime":"2026-05-01T08:00:00Z"}"#
        );
        assert!(object(&["shipping".to_owned()]).is_err());
    }
}

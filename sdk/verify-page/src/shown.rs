//! What a file shows, as facts and tables.

use crate::limits::{ROWS_MAX, VALUE_BYTES_MAX};
use crate::verified::moment;
use crate::view::{Fact, Table};
use countersign_epcis::answer::{History, HistoryPage, Lineage, Sheet, Sheets, Step};
use countersign_epcis::report::{self, Report, Row};
use countersign_epcis::time::utc;
use countersign_types::proof::{Entry, ProvenTransaction};
use countersign_types::receipt::EventRecord;
use countersign_types::{Hash, NativeOperation, Outcome, Payload};
use countersign_verify::{Answer, Finding, Part, Question};

/// What was found, in a sentence.
pub(crate) fn title_of(finding: &Finding) -> String {
    match finding {
        Finding::State { entries } => match entries.iter().filter(|entry| entry.value.is_some()).count() {
            present if present == entries.len() => format!("{} of the state", count(present, "entry", "entries")),
            0 => format!("{} of the state at which nothing stands", count(entries.len(), "key", "keys")),
            present => {
                let absent = count(entries.len().saturating_sub(present), "key", "keys");
                format!("{} of the state, and {absent} at which nothing stands", count(present, "entry", "entries"))
            }
        },
        Finding::Transaction(proven) => {
            let outcome = if proven.receipt.succeeded() { "took effect" } else { "had no effect" };
            format!("A transaction that {outcome}")
        }
        Finding::Event(record) => format!("The event {}", record.event.name),
        Finding::Log { log, as_of, .. } => match log.as_of(*as_of) {
            (_, []) => "A log, at these positions without records".to_owned(),
            (_, records) => format!("{} of a log, none left out between", count(records.len(), "record", "records")),
        },
        Finding::Trace { question, .. } => {
            let item = question.item();
            match question {
                Question::History(_, Some(_)) => format!("A part of what happened to {item}"),
                Question::History(_, None) => format!("What happened to {item}"),
                Question::Back(_) => format!("What {item} was made of, and what it holds"),
                Question::Forward(_) => format!("What was made of {item}, and what became of it"),
                Question::Chain(_, way, _) => format!("What leads to what from {item}, {}", way.word()),
                Question::Recall { .. } => format!("What has to be recalled because of {item}"),
                Question::Contents(..) => format!("What was in {item}"),
                Question::Holder(..) => format!("Where {item} was and who had it, by whose word"),
                Question::MassBalance(_) => format!("How much of {item} there should be"),
                Question::Excursions(bounds, None) => format!("Readings of {} out of bounds", bounds.kind),
                Question::Excursions(bounds, Some(_)) => format!("Readings of {} that affect {item}", bounds.kind),
                Question::AuditTrail(event) => format!("All records of the event {event}"),
                Question::VerifyItem(..) => format!("Whether {item} is what is printed on it"),
                Question::Anomalies { since, .. } => format!("What does not fit in the records from {since} on"),
                Question::Report(_, Report::Fsma204(_)) => format!("FSMA 204 sheet of {item}"),
                Question::Report(_, Report::Dscsa) => format!("DSCSA transaction history of {item}"),
                Question::Report(_, Report::Eudr) => format!("EUDR origin of {item}"),
                Question::Report(_, Report::RecallLetter) => format!("Recall of {item}, by holder"),
                Question::Report(_, Report::Passport(tier)) => {
                    format!("Product passport of {item}, tier {}", tier.word())
                }
            }
        }
    }
}

/// What is to be said of it in a word or two.
pub(crate) fn facts_of(finding: &Finding) -> Vec<Fact> {
    match finding {
        Finding::State { .. } => Vec::new(),
        Finding::Transaction(proven) => of_transaction(proven),
        Finding::Event(record) => vec![
            fact("contract", record.event.contract.to_string()),
            fact("transaction", record.transaction.to_string()),
            fact("position", format!("number {} of its block", record.index)),
            fact("data", value(&record.event.data)),
        ],
        Finding::Log { contract, key, as_of, log } => {
            let (then, records) = log.as_of(*as_of);
            let of = then.map_or_else(|| "an unknown number".to_owned(), |count| count.to_string());
            vec![
                fact("contract", contract.to_string()),
                fact("log", key.escape_ascii().to_string()),
                fact("records", format!("{} of {of}, from number {}", records.len(), log.start())),
            ]
        }
        Finding::Trace { contract, question, answer: told, .. } => {
            let (item, canonical, position) = (question.item(), told.item(), told.position());
            let is_whole = told.truncated().is_none() && !told.has_next() && !told.is_deeper();
            let mut facts = vec![fact("item", item.to_owned())];
            if canonical != item {
                facts.push(fact("canonical", canonical.to_owned()));
            }
            facts.extend(
                question.arguments().into_iter().map(|(name, value)| fact("asked", format!("{name}: {value}"))),
            );
            facts.push(fact("contract", contract.to_string()));
            facts.push(fact("records", format!("the first {position} of the contract")));
            if let Some(Part { after: Some(place), .. }) = question.part() {
                facts.push(fact("part", format!("after record {}", place.sequence)));
            }
            let answer = match question.part() {
                Some(_) if is_whole => "complete from there on",
                Some(_) => "a part, and more follows",
                None if is_whole => "complete",
                None => "truncated",
            };
            facts.push(fact("answer", answer.to_owned()));
            if let Some(told) = told.sheets() {
                let own = told.facts().into_iter().filter(|(name, _)| !matches!(*name, "item" | "records"));
                facts.extend(own.map(|(name, value)| fact(name, value)));
            }
            facts
        }
    }
}

/// The records.
pub(crate) fn tables_of(finding: &Finding) -> Vec<Table> {
    match finding {
        Finding::State { entries } => vec![of_entries(entries)],
        Finding::Transaction(proven) => vec![of_events(proven)],
        Finding::Event(record) => vec![of_attributes(record)],
        Finding::Log { as_of, log, .. } => {
            let rows = (log.start()..).zip(log.as_of(*as_of).1).map(|(index, record)| {
                vec![
                    index.to_string(),
                    record.height.to_string(),
                    moment(record.time),
                    record.signer.to_string(),
                    value(&record.entry),
                ]
            });
            vec![table("records", &["number", "block", "recorded", "signed by key", "entry"], rows)]
        }
        Finding::Trace { answer, .. } => match answer.as_ref() {
            Answer::History(history) | Answer::Page(HistoryPage { history, .. }) => of_history(history),
            Answer::Lineage(lineage) => of_lineage(lineage),
            Answer::Report(sheet) => of_report(sheet),
            told => told.sheets().map_or_else(Vec::new, of_sheets),
        },
    }
}

fn of_transaction(proven: &ProvenTransaction) -> Vec<Fact> {
    let (body, receipt) = (&proven.signed.body, &proven.receipt);
    let does = match &body.payload {
        Payload::Call { contract, method, input } => format!("calls {method} of {contract} with {} bytes", input.len()),
        Payload::Deploy { name, code, .. } => format!("deploys {name}, {} bytes of code", code.len()),
        Payload::Native(NativeOperation::PutAccount { account, .. }) => format!("sets the account {}", account.id),
        Payload::Native(NativeOperation::PutOrganisation { .. }) => {
            "sets what its organisation says of itself".to_owned()
        }
        Payload::Native(NativeOperation::Propose { measure, .. }) => format!("proposes {measure}"),
        Payload::Native(NativeOperation::Vote { proposal, approve }) => {
            format!("votes {} the proposal {proposal}", if *approve { "for" } else { "against" })
        }
        Payload::Native(NativeOperation::ReportEquivocation { .. }) => {
            "reports a validator that contradicted itself".to_owned()
        }
        Payload::Upgrade { contract, code, .. } => {
            format!("replaces the code of {contract}, {} bytes of code", code.len())
        }
        Payload::Native(NativeOperation::ApproveCode { contract, code, approve }) => {
            format!("{} the code {code} for {contract}", if *approve { "approves" } else { "no longer approves" })
        }
        Payload::Native(NativeOperation::SetFrozen { contract, frozen }) => {
            format!("{} {contract}", if *frozen { "freezes" } else { "thaws" })
        }
    };
    let outcome = match &receipt.outcome {
        Outcome::Succeeded { .. } => "it took effect".to_owned(),
        Outcome::Failed { code, .. } => format!("the contract refused it with its error {code}"),
        Outcome::Trapped { cause } => format!("the contract trapped, cause {cause}"),
        Outcome::Rejected(code) => format!("the chain refused it: {}", code.explain()),
    };
    vec![
        fact("transaction", proven.id.to_string()),
        fact("what it does", does),
        fact("outcome", outcome),
        fact("signed by key", body.signer.to_string()),
        fact("position", format!("number {} of its block", receipt.index)),
        fact("gas used", receipt.gas_used.to_string()),
    ]
}

fn of_entries(entries: &[Entry]) -> Table {
    let rows = entries.iter().map(|entry| {
        let stands = entry.value.as_deref().map_or_else(|| "nothing".to_owned(), value);
        vec![entry.key.escape_ascii().to_string(), stands]
    });
    table("entries", &["key", "value"], rows)
}

fn of_events(proven: &ProvenTransaction) -> Table {
    let rows = proven.receipt.events.iter().map(|event| {
        vec![event.name.clone(), event.contract.to_string(), attributes(&event.attributes), value(&event.data)]
    });
    table("events", &["event", "contract", "attributes", "data"], rows)
}

fn of_attributes(record: &EventRecord) -> Table {
    let rows = record.event.attributes.iter().map(|(name, bytes)| vec![name.clone(), words(bytes)]);
    table("attributes", &["attribute", "value"], rows)
}

fn of_history(history: &History) -> Vec<Table> {
    let mut tables = vec![table(
        "events",
        &[
            "number",
            "happened",
            "type",
            "step",
            "disposition",
            "where",
            "through",
            "recorded by",
            "recorded",
            "block",
            "hash",
        ],
        history.events.iter().map(of_step),
    )];
    if !history.locations.is_empty() {
        tables.push(table("places", &["place"], history.locations.iter().map(|place| vec![place.clone()])));
    }
    if !history.anomalies.is_empty() {
        let rows =
            history.anomalies.iter().map(|odd| vec![odd.sequence.to_string(), odd.rule.clone(), odd.reason.clone()]);
        tables.push(table("things that do not fit", &["number", "rule", "reason"], rows));
    }
    tables
}

fn of_sheets(told: &dyn Sheets) -> Vec<Table> {
    told.sheets().into_iter().map(|Sheet { title, head, rows }| table(title, head, rows)).collect()
}

fn of_step(step: &Step) -> Vec<String> {
    let kind = if step.action.is_empty() { step.kind.clone() } else { format!("{} {}", step.kind, step.action) };
    let place = step.location.as_deref().or(step.read_point.as_deref());
    vec![
        step.sequence.to_string(),
        utc(step.time_ms),
        kind,
        short(&step.step),
        short(&step.disposition),
        or_dash(place),
        or_dash(step.through.as_deref()),
        step.submitter.clone(),
        utc(i64::try_from(step.recorded_ms).unwrap_or(i64::MAX)),
        step.height.to_string(),
        Hash(step.hash).to_string(),
    ]
}

fn of_lineage(lineage: &Lineage) -> Vec<Table> {
    let list = |caption, head, items: &[String]| table(caption, head, items.iter().map(|item| vec![item.clone()]));
    vec![
        list("products", &["instance, lot or class"], &lineage.products),
        list("containers", &["logistic unit or asset"], &lineage.containers),
    ]
}

fn of_report(sheet: &report::Sheet) -> Vec<Table> {
    let mut head = vec!["record"];
    head.extend(sheet.columns.iter().map(|column| column.title));
    head.push("missing");
    let row = |row: &Row| {
        let numbered = core::iter::once(row.sequence.to_string()).chain(row.cells.iter().cloned());
        numbered.chain([row.missing.join(", ")]).collect()
    };
    let mut tables = vec![table(sheet.title, &head, sheet.rows.iter().map(row))];
    if !sheet.notes.is_empty() {
        tables.push(table("notes", &["note"], sheet.notes.iter().map(|note| vec![note.clone()])));
    }
    tables
}

/// A table of as many rows as are set out; the caption says how many that is.
fn table(what: &str, head: &[&'static str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut rows: Vec<Vec<String>> = rows.into_iter().collect();
    let count = rows.len();
    rows.truncate(ROWS_MAX);
    let caption = match count {
        count if count > ROWS_MAX => format!("{what}: the first {ROWS_MAX} of {count}; all of them are verified"),
        count => format!("{what}: {count}"),
    };
    Table { caption, head: head.to_vec(), rows }
}

fn count(number: usize, one: &str, more: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { more })
}

/// Bytes in words if they are printable, in hexadecimal otherwise, cut off where they are long.
fn value(bytes: &[u8]) -> String {
    let shown = bytes.get(..VALUE_BYTES_MAX).unwrap_or(bytes);
    let rest = if shown.len() < bytes.len() { format!(" … {} bytes", bytes.len()) } else { String::new() };
    format!("{}{rest}", words(shown))
}

fn words(bytes: &[u8]) -> String {
    let is_readable = |text: &&str| !text.is_empty() && !text.chars().any(char::is_control);
    match core::str::from_utf8(bytes).ok().filter(is_readable) {
        Some(text) => text.to_owned(),
        None => bytes.iter().fold(String::from("0x"), |text, byte| text + &format!("{byte:02x}")),
    }
}

fn attributes(attributes: &[(String, Vec<u8>)]) -> String {
    let named: Vec<String> = attributes.iter().map(|(name, bytes)| format!("{name} = {}", words(bytes))).collect();
    or_dash(Some(&named.join(", ")))
}

/// The last part of a vocabulary's word, which is what people call it.
fn short(word: &str) -> String {
    or_dash(word.rsplit([':', '/', '-']).next())
}

fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("–").to_owned()
}

fn fact(name: &'static str, value: String) -> Fact {
    Fact { name, value }
}

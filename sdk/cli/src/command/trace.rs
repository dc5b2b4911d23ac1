//! `countersign trace`.

mod chained;
mod listed;
mod told;

pub use told::human as told;

use crate::arguments::{History, Trace as Question, TraceCommand};
use crate::failure::Usage;
use crate::output::{Output, facts, line, moment, or_dash, say, table};
use crate::session::Session;
use crate::tree;
use anyhow::Context as _;
use countersign_api::Read;
use countersign_api::method::trace::{HistoryParams, Trace};
use countersign_api::trace::of_history_page;
use countersign_client::{Auditor, HistoryPages, Verified};
use countersign_epcis::answer::{HistoryPage, Sheets, Way};
use countersign_types::Height;
use countersign_types::proof::HistoryPlace;
use listed::Listed;
use serde::Serialize;
use serde_json::json;
use std::num::NonZeroU32;
use std::process::ExitCode;
use std::str::FromStr;
use told::Asker;

pub async fn run(command: TraceCommand, session: &Session, output: Output) -> anyhow::Result<ExitCode> {
    let asker = Asker { session, output, csv: command.csv };
    match command.what {
        Question::History(wanted) => asker.history(wanted).await,
        Question::Back(wanted) => asker.lineage(Way::Back, wanted).await,
        Question::Forward(wanted) => asker.lineage(Way::Forward, wanted).await,
        Question::Recall(wanted) => asker.recall(wanted).await,
        Question::Contents(wanted) => asker.contents(wanted).await,
        Question::Holder(wanted) => asker.holder(wanted).await,
        Question::Balance(item) => asker.balance(item).await,
        Question::Excursions(wanted) => asker.excursions(wanted).await,
        Question::Audit(event) => asker.audit(event).await,
        Question::Verify(wanted) => asker.verify(wanted).await,
        Question::Anomalies(wanted) => asker.anomalies(wanted).await,
    }
}

impl Asker<'_> {
    async fn history(self, wanted: History) -> anyhow::Result<ExitCode> {
        let is_tree = wanted.tree;
        let form = |trace: &Trace| if is_tree { tree(trace) } else { human(trace) };
        match self.session.auditor()? {
            Some(auditor) => {
                let (trace, first) = verified_history(wanted, &auditor, self.session).await?;
                self.verified(&trace, &Listed(&trace), &first, || form(&trace))
            }
            None => {
                let read = history(wanted, self.session).await?;
                self.said(&read, &Listed(&read.data), || form(&read.data))
            }
        }
    }

    /// Shows what a proof shows.
    fn verified<T: Serialize, U>(
        self,
        data: &T,
        answer: &dyn Sheets,
        verified: &Verified<U>,
        human: impl FnOnce() -> String,
    ) -> anyhow::Result<ExitCode> {
        let mut rows = verified_as_of(verified);
        rows.extend(verified.basis().sentences().into_iter().map(|reason| ("rests on", reason)));
        let told = json!({
            "data": data, "height": verified.height(), "blockHash": verified.block(), "basis": verified.basis(),
        });
        self.show(&told, answer, rows, human)
    }

    /// Shows what the node says.
    fn said<T: Serialize>(
        self,
        read: &Read<T>,
        answer: &dyn Sheets,
        human: impl FnOnce() -> String,
    ) -> anyhow::Result<ExitCode> {
        let rows = vec![("as of", format!("block {} {}", read.height, read.block_hash))];
        self.show(read, answer, rows, human)?;
        say(
            "This is what the node says. With --root FILE it is verified first; `countersign proof export` makes a file that proves it.",
        );
        Ok(ExitCode::SUCCESS)
    }

    fn show<T: Serialize>(
        self,
        told: &T,
        answer: &dyn Sheets,
        rows: Vec<(&'static str, String)>,
        human: impl FnOnce() -> String,
    ) -> anyhow::Result<ExitCode> {
        if self.csv {
            line(listed::csv(answer)?.trim_end());
            say(&facts(rows));
        } else {
            self.output.show(told, |_| format!("{}\n{}", human(), facts(rows)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A history as a tree, with what is missing.
fn tree(trace: &Trace) -> String {
    let more = missing(trace).into_iter().map(|line| format!("\n{line}")).collect::<String>();
    format!("{}{more}", tree::of_history(trace))
}

/// As many events as are wanted, page by page, each verified before the next is asked for.
async fn verified_history(
    wanted: History,
    auditor: &Auditor,
    session: &Session,
) -> anyhow::Result<(Trace, Verified<HistoryPage>)> {
    let History { item, limit, cursor, .. } = wanted;
    let contract = session.named_contract()?;
    let mut pages = auditor.history(contract, &item.id, item.at, limit);
    if let Some(cursor) = cursor {
        let Place { height, after } = cursor.parse()?;
        pages = pages.after(height, after);
    }
    let first = pages.next().await?.context("there is a first page")?;
    let mut trace = of_history_page(first.data().history.clone(), place(&pages));
    let events = |trace: &Trace| u32::try_from(trace.events.len()).unwrap_or(u32::MAX);
    while let Some(left) = NonZeroU32::new(limit.get().saturating_sub(events(&trace))) {
        pages.limit(left);
        let Some(page) = pages.next().await? else { break };
        trace.append(of_history_page(page.into_data().history, place(&pages)));
    }
    Ok((trace, first))
}

/// Where a verified history goes on, as the user gives it back.
fn place(pages: &HistoryPages<'_>) -> Option<String> {
    pages.place().map(|(height, after)| Place { height, after }.to_string())
}

/// The height that a history is as of, and its last event that was shown.
struct Place {
    height: Height,
    after: HistoryPlace,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.height, self.after.time_ms, self.after.sequence)
    }
}

impl FromStr for Place {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let read = || {
            let [height, time_ms, sequence] = text.split(':').collect::<Vec<_>>().try_into().ok()?;
            let after = HistoryPlace { time_ms: time_ms.parse().ok()?, sequence: sequence.parse().ok()? };
            Some(Self { height: Height(height.parse().ok()?), after })
        };
        read().ok_or_else(|| {
            Usage(format!(
                "`{text}` is no cursor of a verified history: HEIGHT:TIME:RECORD, as the answer before ended with"
            ))
        })
    }
}

/// As of which block something is verified, as rows of facts.
pub fn verified_as_of<T>(verified: &Verified<T>) -> Vec<(&'static str, String)> {
    vec![
        ("VERIFIED", format!("as of block {} at {}", verified.height(), moment(verified.time().0))),
        ("block", verified.block().to_string()),
    ]
}

async fn history(wanted: History, session: &Session) -> anyhow::Result<Read<Trace>> {
    let History { item, limit, cursor, .. } = wanted;
    let client = session.client()?;
    let contract = Some(session.provenance(&client).await?);
    let params = HistoryParams { cursor, ..HistoryParams::first(item.id, contract, item.at) };
    Ok(countersign_client::history(&client, params, limit.get()).await?.into_said())
}

/// A trace for people.
pub fn human(trace: &Trace) -> String {
    let mut parts = vec![facts([("item", trace.canonical.clone())])];
    if !trace.events.is_empty() {
        let rows = trace.events.iter().map(|event| {
            vec![
                event.event_time.clone(),
                [Some(event.kind.as_str()), event.action.as_deref()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" "),
                or_dash(event.biz_step.as_deref()),
                or_dash(event.biz_location.as_deref().or(event.read_point.as_deref())),
                or_dash(event.through.as_deref()),
                event.submitter.clone(),
                event.event_id.clone().unwrap_or_else(|| event.hash.to_string()),
            ]
        });
        parts.push(table(&["time", "event", "step", "where", "in", "submitted by", "event id"], rows));
    }
    if !trace.anomalies.is_empty() {
        let rows = trace
            .anomalies
            .iter()
            .map(|anomaly| vec![anomaly.sequence.to_string(), anomaly.rule.clone(), anomaly.reason.clone()]);
        parts.push(table(&["anomaly in record", "rule", "what is wrong"], rows));
    }
    for (title, list) in
        [("places", &trace.locations), ("products", &trace.products), ("containers", &trace.containers)]
    {
        if !list.is_empty() {
            parts.push(table(&[title], list.iter().map(|item| vec![item.clone()])));
        }
    }
    if trace.events.is_empty() && trace.products.is_empty() && trace.containers.is_empty() {
        parts.push("Nothing is recorded about it.".to_owned());
    }
    parts.extend(missing(trace));
    parts.join("\n")
}

/// What a trace does not tell, in sentences.
fn missing(trace: &Trace) -> Vec<String> {
    let cut = trace.truncated.as_deref().map(|bound| match bound {
        "depth" => "CUT SHORT: more may lie beyond the depth that was asked for.".to_owned(),
        bound => format!("CUT SHORT: there is more than one answer holds (bound: {bound})."),
    });
    let next = trace.next_cursor.as_ref();
    let next = next.map(|cursor| format!("MORE FOLLOWS: raise --limit, or go on with --cursor {cursor}"));
    cut.into_iter().chain(next).collect()
}

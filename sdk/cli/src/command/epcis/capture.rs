//! `countersign epcis capture`: documents recorded, with a receipt for each event.
//!
//! In mode proceed a document is recorded while it is read, and its receipts are printed as they come, so that neither its
//! length nor an error on the way costs memory or receipts. In mode rollback it is one transaction, read whole.

use super::{HEADER, row, rows_warned};
use crate::arguments::CaptureMode;
use crate::failure::Usage;
use crate::output::{Output, line, say, table};
use crate::session::{Session, read_file};
use countersign_client::Signer;
use countersign_client::capture::{self, DocumentReceipt, EventReceipt, Mode, Status, Stopped, Told};
use countersign_types::Address;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

/// Rows of the table for people: of events that stand on the ledger, and as many of others. `--json` prints all.
const ROWS_MAX: usize = 1_000;

/// What is said of one file, or of one event of it.
#[derive(Serialize)]
struct About<'a, T> {
    file: &'a Path,
    #[serde(flatten)]
    said: T,
}

/// Captures files one after the other; answers whether all that they say stands on the ledger.
pub async fn files(files: &[PathBuf], mode: CaptureMode, session: &Session, output: Output) -> anyhow::Result<bool> {
    // Files that cannot be read are found before anything is sent.
    let sources: Vec<Source<'_>> = files.iter().map(|file| Source::open(file, mode)).collect::<Result<_, _>>()?;
    let signer = session.signer().await?;
    let contract = session.provenance_address(signer.client()).await?;
    let mut report = Report { output, rows: Vec::new(), refused: 0, omitted: 0, said: Vec::new() };
    let mut broken = None;
    for source in sources {
        let file = source.file;
        let said = match source.capture(&signer, contract, &mut report).await {
            Ok(said) => said,
            Err(stopped) => {
                let said = (*stopped.receipt).clone();
                broken = Some(anyhow::Error::from(stopped).context(format!("{}", file.display())));
                said
            }
        };
        report.document(file, said);
        if broken.is_some() {
            break;
        }
    }
    report.finish();
    match broken {
        Some(error) => Err(error),
        None => Ok(report.said.iter().all(DocumentReceipt::is_accepted)),
    }
}

/// A document that can be read.
struct Source<'a> {
    file: &'a Path,
    content: Content,
    /// Its bytes, where that is known.
    length: Option<u64>,
}

enum Content {
    /// To be recorded by one transaction.
    Whole(Vec<u8>),
    /// To be recorded while it is read.
    Stream(Box<dyn Read>),
}

impl<'a> Source<'a> {
    fn open(file: &'a Path, mode: CaptureMode) -> anyhow::Result<Self> {
        if let CaptureMode::Rollback = mode {
            let bytes = read_file(file)?;
            let length = u64::try_from(bytes.len()).ok();
            return Ok(Self { file, content: Content::Whole(bytes), length });
        }
        if file.as_os_str() == "-" {
            return Ok(Self { file, content: Content::Stream(Box::new(stdin())), length: None });
        }
        let unread = |cause| Usage(format!("cannot read {}: {cause}", file.display()));
        let open = File::open(file).map_err(unread)?;
        let found = open.metadata().map_err(unread)?;
        if found.is_dir() {
            return Err(Usage(format!("cannot read {}: it is a directory", file.display())).into());
        }
        let length = found.is_file().then_some(found.len());
        Ok(Self { file, content: Content::Stream(Box::new(open)), length })
    }

    async fn capture(
        self,
        signer: &Signer,
        contract: Address,
        report: &mut Report,
    ) -> Result<DocumentReceipt, Stopped> {
        let bar = bar(self.length);
        let (file, mut count) = (self.file, 0u64);
        let mut told = |told: Told| match told {
            Told::Read(bytes) => bar.set_position(bytes),
            Told::Event(event) => {
                count += 1;
                bar.set_message(format!("{count} events, {}", file.display()));
                // Only lines that are printed now would run into the bar.
                if report.output.is_json() {
                    bar.suspend(|| report.event(file, &event));
                } else {
                    report.event(file, &event);
                }
            }
        };
        let outcome = match self.content {
            Content::Stream(source) => capture::capture_stream(signer, contract, source, &mut told).await,
            Content::Whole(bytes) => {
                let outcome = capture::capture(signer, contract, &bytes, Mode::Rollback, |_| {}).await;
                let mut tell = |receipt: &mut DocumentReceipt| {
                    std::mem::take(&mut receipt.events)
                        .into_iter()
                        .for_each(|event| told(Told::Event(Box::new(event))));
                };
                match outcome {
                    Ok(mut receipt) => {
                        tell(&mut receipt);
                        Ok(receipt)
                    }
                    Err(mut stopped) => {
                        tell(&mut stopped.receipt);
                        Err(stopped)
                    }
                }
            }
        };
        bar.finish_and_clear();
        outcome
    }
}

/// What was said of the files so far.
struct Report {
    output: Output,
    /// For people, at the end.
    rows: Vec<Vec<String>>,
    /// How many of them are of events that do not stand on the ledger.
    refused: usize,
    omitted: usize,
    said: Vec<DocumentReceipt>,
}

impl Report {
    /// An event's receipt: a line of JSON at once, or rows for the end.
    fn event(&mut self, file: &Path, event: &EventReceipt) {
        if self.output.is_json() {
            self.line(&About { file, said: event });
            return;
        }
        let is_refused = !matches!(event.status, Status::Accepted { .. } | Status::Duplicate { .. });
        for row in rows(&file.display().to_string(), event) {
            let shown = if is_refused { self.refused } else { self.rows.len() - self.refused };
            if shown < ROWS_MAX {
                self.refused += usize::from(is_refused);
                self.rows.push(row);
            } else {
                self.omitted += 1;
            }
        }
    }

    /// A document's receipt, without its events: the last line of a file in JSON.
    fn document(&mut self, file: &Path, said: DocumentReceipt) {
        if self.output.is_json() {
            self.line(&About { file, said: &said });
        }
        let name = file.display().to_string();
        said.notes.iter().for_each(|note| say(&format!("{name}: {note}")));
        self.rows.extend(said.faults.iter().map(|fault| row(&name, "–", None, "rejected", Some(fault))));
        self.said.push(said);
    }

    fn line<T: Serialize>(&self, value: &T) {
        // Receipts are text and numbers, which JSON always holds.
        if let Ok(text) = serde_json::to_string(value) {
            line(&text);
        }
    }

    fn finish(&self) {
        if !self.output.is_json() {
            line(&table(&HEADER, self.rows.iter().cloned()));
        }
        if self.omitted > 0 {
            say(&format!("{} more rows are not shown; --json prints every receipt", self.omitted));
        }
        let count = |of: fn(&DocumentReceipt) -> usize| self.said.iter().map(of).sum::<usize>();
        say(&format!(
            "{} files: {} accepted, {} known before, {} rejected, {} undecided; {} transactions",
            self.said.len(),
            count(|said| said.accepted),
            count(|said| said.duplicate),
            count(|said| said.rejected),
            count(|said| said.undecided),
            count(|said| said.transactions.len())
        ));
    }
}

/// What a table says of an event's receipt.
pub(super) fn rows(name: &str, event: &EventReceipt) -> Vec<Vec<String>> {
    let (verdict, fault) = match &event.status {
        Status::Accepted { sequence, anomalies: 0, .. } => (format!("accepted as {sequence}"), None),
        Status::Accepted { sequence, anomalies, .. } => {
            (format!("accepted as {sequence}, {anomalies} anomalies"), None)
        }
        Status::Duplicate { sequence, .. } => (format!("known as {sequence}"), None),
        Status::Rejected(fault) => ("rejected".to_owned(), Some(fault)),
        Status::Withdrawn => ("withdrawn".to_owned(), None),
        Status::Undecided { transaction } => (format!("undecided, in {transaction}"), None),
        Status::Unsent => ("not recorded".to_owned(), None),
    };
    let (index, id) = (event.index.to_string(), event.event_id.as_deref());
    let mut rows = vec![row(name, &index, id, &verdict, fault)];
    rows.extend(rows_warned(name, &index, id, &event.warnings, event.warnings_omitted));
    rows
}

/// A bar on stderr, if that is a terminal: how much of the document was read.
fn bar(length: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
    let template = match length {
        Some(_) => "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {wide_msg}",
        None => "{spinner} {bytes} {bytes_per_sec} {wide_msg}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

//! Capturing EPCIS documents: checked here, signed here, recorded by the provenance contract.
//!
//! A document is parsed, validated and made canonical before anything is signed, so most faults cost
//! nothing and name their place in the file. The contract checks again, with the same code, what
//! the document alone cannot tell. In mode *rollback* a document is one transaction, all or nothing;
//! in mode *proceed* its events stand for themselves, many to a transaction, in the document's
//! order. Capturing a document again does no harm: its events are duplicates.

mod answer;
mod plan;
mod receipt;

pub use countersign_api::check::check;
pub use countersign_epcis::answer::Mode;
pub use receipt::{DocumentReceipt, EventReceipt, Status, Verdict};

use crate::signer::explain;
use crate::{Error, Signer};
use answer::{Refused, borsh_of_call};
use countersign_api::check::fault;
use countersign_api::method::tx::{Outcome, Receipt};
use countersign_epcis::document::{Document, parse};
use countersign_epcis::rule::Policy;
use countersign_types::hash::sha256;
use countersign_types::{Address, Hash, Payload};
use plan::{Batch, Ready};

/// The contract's method.
const METHOD: &str = "capture";
/// Number of the trap that says that the gas limit was reached.
const OUT_OF_GAS: u32 = 1;
/// Gas limit to begin with: for each event, and for each of its bytes. About ten times what the
/// reference machine needs.
const EVENT_GAS: u64 = 10_000_000;
const BYTE_GAS: u64 = 5_000;

/// Captures a document, and says of each event what became of it. The error is of the way there; a
/// refused event is in the receipt.
///
/// # Errors
/// [`Error::TooLarge`] for a document that rollback cannot take whole, or as of a call. What was
/// recorded before the error stays recorded, and is a duplicate when the document is sent again.
pub async fn capture(
    signer: &Signer,
    contract: Address,
    bytes: &[u8],
    mode: Mode,
    mut progress: impl FnMut(usize),
) -> Result<DocumentReceipt, Error> {
    let document = match parse(bytes, Policy::default()) {
        Ok(document) => document,
        Err(violation) => return Ok(DocumentReceipt::refused(fault(violation))),
    };
    let mut receipt = DocumentReceipt::of(&document);
    let ready = sort(&document, &mut receipt);
    if mode == Mode::Rollback && ready.len() < document.events.len() {
        ready.iter().for_each(|event| receipt.set(event.index, Status::Withdrawn));
        progress(document.events.len());
        return Ok(receipt.finish());
    }
    progress(document.events.len() - ready.len());
    let mut gas = GasRate::default();
    for batch in plan::batches(ready, mode)? {
        let count = batch.events.len();
        run(signer, contract, batch, mode, &mut gas, (&mut receipt, &document)).await?;
        progress(count);
    }
    Ok(receipt.finish())
}

/// The call that captures events, given by their canonical bytes.
#[must_use]
pub fn call_payload(contract: Address, events: Vec<Vec<u8>>, mode: Mode) -> Payload {
    Payload::Call { contract, method: METHOD.to_owned(), input: borsh_of_call(events, mode) }
}

/// The events that can be sent; the others get their verdict.
fn sort(document: &Document, receipt: &mut DocumentReceipt) -> Vec<Ready> {
    let mut ready = Vec::new();
    for (index, event) in document.events.iter().enumerate() {
        match event {
            Ok(event) => ready.push(Ready { index, bytes: event.canonical_bytes() }),
            Err(violation) => receipt.set(index, Status::Rejected(fault(violation.clone()))),
        }
    }
    ready
}

/// Sends one transaction, again with more gas where it ran out, and notes what became of its events.
async fn run(
    signer: &Signer,
    contract: Address,
    batch: Batch,
    mode: Mode,
    gas: &mut GasRate,
    (receipt, document): (&mut DocumentReceipt, &Document),
) -> Result<(), Error> {
    let most = signer.parameters().transaction_gas_max.0;
    let hashes: Vec<Hash> = batch.events.iter().map(|event| Hash(sha256(&event.bytes))).collect();
    let indexes: Vec<usize> = batch.events.iter().map(|event| event.index).collect();
    let (count, bytes) = (batch.events.len(), batch.bytes);
    let payload = call_payload(contract, batch.events.into_iter().map(|event| event.bytes).collect(), mode);
    let mut limit = gas.limit(count, bytes).min(most);
    let done: Receipt = loop {
        let signed = signer.sign(payload.clone(), Some(limit))?;
        signer.submit(&signed).await?;
        let done = signer.wait(&signed).await?;
        match done.outcome {
            Outcome::Trapped { cause: OUT_OF_GAS } if limit < most => limit = limit.saturating_mul(8).min(most),
            _ => break done,
        }
    };
    gas.learn(count, bytes, done.gas_used.0);
    receipt.transactions.push((&done).into());
    match &done.outcome {
        Outcome::Succeeded { output } => {
            let answers = answer::receipts(&output.0).ok_or_else(|| not_provenance("what it answers is no receipt"))?;
            for answer in answers {
                let at = usize::try_from(answer.index).ok();
                let Some((index, hash)) = at.and_then(|at| Some((*indexes.get(at)?, *hashes.get(at)?))) else {
                    return Err(not_provenance("it answers for events that it was not sent"));
                };
                receipt.set(index, Status::of(answer.outcome, hash, &|path| document.place(index, path)));
            }
        }
        Outcome::Failed { error, .. } => {
            let Some(refused) = Refused::read(&error.0) else { return Err(no_effect(&done)) };
            let culprit = usize::try_from(refused.index).ok().and_then(|at| indexes.get(at).copied());
            for index in indexes {
                let status = if Some(index) == culprit {
                    refused.status(&|path| document.place(index, path))
                } else {
                    Status::Withdrawn
                };
                receipt.set(index, status);
            }
        }
        _ => return Err(no_effect(&done)),
    }
    Ok(())
}

/// How much gas events take, learnt from receipts.
#[derive(Default)]
struct GasRate {
    /// Per event and per byte, whichever gives more.
    measured: Option<(u64, u64)>,
}

impl GasRate {
    fn limit(&self, events: usize, bytes: usize) -> u64 {
        let (events, bytes) = (wide(events), wide(bytes));
        let first = EVENT_GAS.saturating_mul(events).saturating_add(BYTE_GAS.saturating_mul(bytes));
        let Some((per_event, per_byte)) = self.measured else { return first };
        let likely = per_event.saturating_mul(events).max(per_byte.saturating_mul(bytes));
        // Registers grow, so later events may cost more than earlier ones.
        likely.saturating_mul(4).saturating_add(EVENT_GAS)
    }

    fn learn(&mut self, events: usize, bytes: usize, used: u64) {
        let per = |count: usize| used / wide(count).max(1);
        self.measured = Some((per(events), per(bytes)));
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn no_effect(receipt: &Receipt) -> Error {
    Error::NoEffect {
        id: receipt.transaction,
        reason: explain(&receipt.outcome),
        outcome: Box::new(receipt.outcome.clone()),
    }
}

fn not_provenance(cause: &str) -> Error {
    Error::Answer { url: "the contract".to_owned(), cause: format!("{cause}; is it a provenance contract?") }
}

//! Sending a batch: again with more gas where it ran out, in halves where a transaction may not have more.

use super::answer::{self, Refused, borsh_of_call};
use super::line::{Line, Lost};
use super::plan::{Batch, Pace, Ready};
use super::{METHOD, Mode, Recorded, Status};
use crate::Error;
use crate::signer::explain;
use countersign_api::method::epcis::Fault;
use countersign_api::method::tx::{Outcome, Receipt};
use countersign_types::hash::sha256;
use countersign_types::{Address, Hash, Payload};

/// Number of the trap that says that the gas limit was reached.
const OUT_OF_GAS: u32 = 1;

/// What became of the events of a batch, as far as that is known.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// Verdicts by the events' places in the document; an event without one was not recorded.
    pub verdicts: Vec<(usize, Status)>,
    /// The transactions that took effect or whose refusal is a verdict.
    pub transactions: Vec<Recorded>,
    /// Why the rest was not sent.
    pub stopped: Option<Error>,
}

/// The call that captures events, given by their canonical bytes.
#[must_use]
pub fn call_payload(contract: Address, events: Vec<Vec<u8>>, mode: Mode) -> Payload {
    Payload::Call { contract, method: METHOD.to_owned(), input: borsh_of_call(events, mode) }
}

/// Sends the events of a batch, in their order.
pub(super) async fn send<L: Line>(line: &L, contract: Address, batch: Batch, mode: Mode, pace: &mut Pace) -> Sent {
    let mut sent = Sent::default();
    let mut rest = vec![batch];
    while let Some(mut batch) = rest.pop() {
        if mode == Mode::Proceed && pace.is_too_dear(&batch) {
            match batch.halves() {
                Ok((first, second)) => {
                    rest.extend([second, first]);
                    continue;
                }
                Err(single) => batch = single,
            }
        }
        match once(line, contract, &batch, mode, pace).await {
            Ok(receipt) if is_too_dear(&receipt) && mode == Mode::Proceed => match batch.halves() {
                Ok((first, second)) => rest.extend([second, first]),
                Err(single) => sent.verdicts.extend(single.events.iter().map(|event| too_dear(event, pace))),
            },
            Ok(receipt) => {
                pace.learn(batch.events.len(), batch.bytes, receipt.gas_used.0);
                if let Err(cause) = judge(&batch, &receipt, &mut sent) {
                    sent.stopped = Some(cause);
                    return sent;
                }
            }
            Err(Lost { cause, transaction }) => {
                if let Some(transaction) = transaction {
                    let undecided = |event: &Ready| (event.index, Status::Undecided { transaction });
                    sent.verdicts.extend(batch.events.iter().map(undecided));
                }
                sent.stopped = Some(cause);
                return sent;
            }
        }
    }
    sent
}

/// Sends one transaction, again with more gas as long as that may be what it lacks.
async fn once<L: Line>(
    line: &L,
    contract: Address,
    batch: &Batch,
    mode: Mode,
    pace: &mut Pace,
) -> Result<Receipt, Lost> {
    let payload = || {
        let events = batch.events.iter().map(|event| event.bytes.clone()).collect();
        call_payload(contract, events, mode)
    };
    // Of several that half of the most does not suffice for, halves go sooner than all.
    let most = pace.gas_max();
    let enough = if mode == Mode::Proceed && batch.events.len() > 1 { most / 2 } else { most };
    let mut limit = pace.limit(batch.events.len(), batch.bytes);
    loop {
        let receipt = line.send(payload(), limit).await?;
        if is_too_dear(&receipt) {
            pace.shrink(batch.events.len(), batch.bytes, limit);
            if limit < enough {
                limit = limit.saturating_mul(8).min(most);
                continue;
            }
        }
        return Ok(receipt);
    }
}

fn is_too_dear(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Trapped { cause: OUT_OF_GAS })
}

fn too_dear(event: &Ready, pace: &Pace) -> (usize, Status) {
    let reason = format!("recording it takes more gas than a transaction may use, {}", pace.gas_max());
    (event.index, refused(event, "capture.gas", reason, "name fewer things in one event: split it into several"))
}

/// A verdict on an event as a whole that the contract did not speak.
pub(super) fn refused(event: &Ready, rule: &str, reason: String, hint: &str) -> Status {
    let (path, position) = event.document.place(event.index, "$");
    let position = position.map(Into::into);
    Status::Rejected(Fault { path, position, rule: rule.to_owned(), reason, hint: hint.to_owned() })
}

/// Reads the verdicts on a batch from its receipt.
fn judge(batch: &Batch, receipt: &Receipt, sent: &mut Sent) -> Result<(), Error> {
    match &receipt.outcome {
        Outcome::Succeeded { output } => {
            let answers = answer::receipts(&output.0).ok_or_else(|| not_provenance("what it answers is no receipt"))?;
            sent.transactions.push(receipt.into());
            for answer in answers {
                let event = usize::try_from(answer.index).ok().and_then(|at| batch.events.get(at));
                let event = event.ok_or_else(|| not_provenance("it answers for events that it was not sent"))?;
                let place = |path: &str| event.document.place(event.index, path);
                sent.verdicts.push((event.index, Status::of(answer.outcome, Hash(sha256(&event.bytes)), &place)));
            }
            Ok(())
        }
        Outcome::Failed { error, .. } => {
            let Some(refused) = Refused::read(&error.0) else { return Err(no_effect(receipt)) };
            sent.transactions.push(receipt.into());
            let culprit = usize::try_from(refused.index).ok();
            for (at, event) in batch.events.iter().enumerate() {
                let status = if Some(at) == culprit {
                    refused.status(&|path| event.document.place(event.index, path))
                } else {
                    Status::Withdrawn
                };
                sent.verdicts.push((event.index, status));
            }
            Ok(())
        }
        _ if is_too_dear(receipt) => Err(Error::NoEffect {
            id: receipt.transaction,
            reason: "the document takes more gas than a transaction may use, and rollback records it in one: split it or use \
                     mode proceed"
                .to_owned(),
            outcome: Box::new(receipt.outcome.clone()),
        }),
        _ => Err(no_effect(receipt)),
    }
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

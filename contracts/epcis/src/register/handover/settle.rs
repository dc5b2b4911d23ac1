//! Settle: the receiver's word on a hand-over, once and in time.

use alloc::borrow::ToOwned;

use thiserror::Error;

use super::{Handover, Receiver, Settled, State, Terms};
use crate::register::capture::{count, load, record};
use crate::register::record::organisation;
use crate::register::{Stored, Submission, Writer, key};

/// Why a hand-over is not settled. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsettled {
    /// The record hands nothing over, or there is none.
    #[error("the record hands nothing over")]
    Unknown,
    /// The event was declared to be in error.
    #[error("the event is void")]
    Void,
    /// It is for another organisation, or for none.
    #[error("it is for another organisation")]
    NotReceiver,
    /// The receiver wants no say, by its policy when the event was captured.
    #[error("it took effect one-sidedly, by the receiver's policy")]
    OneSided,
    /// It was accepted or refused before.
    #[error("it is settled already")]
    Settled,
    /// Its time is over.
    #[error("it could be accepted until {until_ms}, and no longer")]
    Expired {
        /// The last block time at which it could be settled, milliseconds since 1970 UTC.
        until_ms: u64,
    },
}

/// Accepts what the record `sequence` hands over to the organisation of `by`, or refuses it, for a reason. Answers the
/// hand-over as it is then.
///
/// # Errors
///
/// Why it is not settled; then nothing was written.
///
/// # Panics
///
/// If the registers hold what no capture wrote.
pub fn settle<W: Writer>(
    writer: &mut W,
    sequence: u64,
    by: &Submission,
    refused: Option<&str>,
) -> Result<Handover, Unsettled> {
    let key = key::handover(sequence);
    let mut handover: Handover = load(writer, &key).ok_or(Unsettled::Unknown)?;
    let position = count(writer);
    let mut fault = Some(Unsettled::NotReceiver);
    let receiver = organisation(&by.account);
    for part in &mut handover.parts {
        if part.organisation() != Some(receiver) {
            continue;
        }
        let state = part.state(by.time_ms, |_| true);
        let Some(Receiver { terms: Terms::Countersign { until_ms, settled }, .. }) = &mut part.receiver else {
            fault = fault.map(|_| Unsettled::OneSided);
            continue;
        };
        match state {
            State::Pending => {
                fault = None;
                *settled = Some(Settled {
                    refused: refused.map(ToOwned::to_owned),
                    by: by.account.clone(),
                    position,
                    height: by.height,
                    time_ms: by.time_ms,
                    transaction: by.transaction,
                });
            }
            State::Expired => fault = fault.map(|_| Unsettled::Expired { until_ms: *until_ms }),
            State::Accepted | State::Refused | State::OneSided => fault = fault.map(|_| Unsettled::Settled),
        }
    }
    if let Some(fault) = fault {
        return Err(fault);
    }
    if record(writer, sequence).voided.is_some() {
        return Err(Unsettled::Void);
    }
    writer.write(&key, &handover.to_bytes());
    Ok(handover)
}

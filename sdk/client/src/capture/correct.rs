//! Correcting: a captured event declared to be in error, with the events that put it right, in one transaction.
//!
//! The declaration goes first within it. What is declared is void for what comes after, so a correction may say again what the
//! event said wrongly, such as commission the same serial number; the other way round it would be refused. As the transaction
//! is all or nothing, no error is declared whose correction is refused.

use super::{DocumentReceipt, Mode, Stopped, capture};
use crate::{Error, Signer};
use countersign_api::At;
use countersign_api::check::fault;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::epcis::{EpcisEvent, EventParams, EventRecord, EventRecords, Fault};
use countersign_api::method::identity::{GetAccountParams, IdentityGetAccount};
use countersign_epcis::document::parse;
use countersign_epcis::event::ErrorDeclaration;
use countersign_epcis::rule::{self, Policy};
use countersign_epcis::term::Vocabulary;
use countersign_epcis::{Event, Term, Time, Value, json};
use countersign_types::hash::sha256;
use countersign_types::{AccountId, Address, Hash};

/// What is wrong with an event, and what is right.
#[derive(Debug, Clone)]
pub struct Correction<'a> {
    /// Why the event is in error, in a word of the vocabulary: `incorrect_data`, `did_not_occur`.
    pub reason: &'a str,
    /// When that is declared.
    pub time: Time,
    /// A document of the events that put it right.
    pub with: Option<&'a [u8]>,
}

/// Why an event is not corrected. Nothing was recorded then.
#[derive(Debug, thiserror::Error)]
pub enum NotCorrected {
    /// An error of the event was declared before.
    #[error(
        "record {sequence} declares the event to be in error already; capture what corrects it as an event of its own"
    )]
    Declared {
        /// The record.
        sequence: u64,
    },
    /// Another organisation's event.
    #[error("the event is {submitter}'s, and only its organisation declares it to be in error; the key is of {own}")]
    Foreign {
        /// Who submitted it.
        submitter: String,
        /// Whose the key is.
        own: AccountId,
    },
    /// There is a declaration, and no event.
    #[error("the ledger has no event of this id, only declarations of an error")]
    NoEvent,
    /// A correction that cannot be named by the declaration.
    #[error("event {index} of the correction has no eventID, by which the declaration would name it; give it one")]
    Unnamed {
        /// Its place in the document.
        index: usize,
    },
    /// A correction under the name of what it corrects.
    #[error("event {index} of the correction has the eventID of what it corrects; give it one of its own")]
    SameName {
        /// Its place in the document.
        index: usize,
    },
    /// The declaration, or a correction, breaks a rule.
    #[error("{}: {} ({}) [{}]", .0.path, .0.reason, .0.hint, .0.rule)]
    Refused(Fault),
    /// It was not found, or not asked for.
    #[error(transparent)]
    Client(#[from] Error),
    /// It could not be captured.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Declares the event of an eventID, or of a hash on the chain, to be in error. The receipt lists the declaration and then the
/// corrections; paths in it are within that list.
///
/// # Errors
/// [`NotCorrected`].
pub async fn correct(
    signer: &Signer,
    contract: Address,
    id: &str,
    correction: &Correction<'_>,
) -> Result<DocumentReceipt, NotCorrected> {
    let record = original(signer, contract, id).await?;
    let event = read(signer, &record)?;
    let corrections = correction.with.map_or_else(|| Ok(Vec::new()), |with| corrections(with, &event))?;
    let declared = declared(event, correction, &corrections)?;
    let list = std::iter::once(&declared).chain(&corrections).map(json::render).collect();
    let bytes = json::write(&Value::List(list)).into_bytes();
    Ok(capture(signer, contract, &bytes, Mode::Rollback, |_| {}).await?)
}

/// The record of the event, if the signer may declare it.
async fn original(signer: &Signer, contract: Address, id: &str) -> Result<EventRecord, NotCorrected> {
    let client = signer.client();
    let params = EventParams { id: id.to_owned(), contract: Some(ContractRef(contract.to_string())), at: At::Final };
    let EventRecords { records } = client.call_again::<EpcisEvent>(&params).await?.data;
    if let Some(declaration) = records.iter().find(|record| record.declares_error) {
        return Err(NotCorrected::Declared { sequence: declaration.sequence });
    }
    let record = records.into_iter().next().ok_or(NotCorrected::NoEvent)?;
    let own = GetAccountParams { key: Some(signer.public()), ..GetAccountParams::default() };
    let own = client.call_again::<IdentityGetAccount>(&own).await?.data.account.id;
    match &record.submitter {
        Some(submitter) if submitter.organisation() == own.organisation() => Ok(record),
        submitter => {
            let submitter = submitter.as_ref().map_or_else(|| "somebody else".to_owned(), ToString::to_string);
            Err(NotCorrected::Foreign { submitter, own })
        }
    }
}

/// The event of a record, which must be the one whose hash the record has: what is declared is that event and no other.
fn read(signer: &Signer, record: &EventRecord) -> Result<Event, Error> {
    let other = |cause: &str| Error::Answer { url: signer.client().url().to_owned(), cause: cause.to_owned() };
    let document = parse(record.event.get().as_bytes(), Policy::default()).ok();
    let event = document.and_then(|document| document.accepted().next().cloned());
    let event = event.ok_or_else(|| other("the event of a record cannot be read"))?;
    match Hash(sha256(&event.canonical_bytes())) == record.hash {
        true => Ok(event),
        false => Err(other("the event of a record has another hash than the record says")),
    }
}

/// The events that put it right, each with a name of its own.
fn corrections(with: &[u8], event: &Event) -> Result<Vec<Event>, NotCorrected> {
    let document = parse(with, Policy::default()).map_err(|violation| NotCorrected::Refused(fault(violation)))?;
    let mut corrections = Vec::with_capacity(document.events.len());
    for (index, correction) in document.events.into_iter().enumerate() {
        let correction = correction.map_err(|violation| NotCorrected::Refused(fault(violation)))?;
        match &correction.event_id {
            None => return Err(NotCorrected::Unnamed { index }),
            Some(id) if event.event_id.as_ref() == Some(id) => return Err(NotCorrected::SameName { index }),
            Some(_) => corrections.push(correction),
        }
    }
    Ok(corrections)
}

fn declared(event: Event, correction: &Correction<'_>, corrections: &[Event]) -> Result<Event, NotCorrected> {
    let error = ErrorDeclaration {
        time: correction.time.clone(),
        reason: Some(Term::new(Vocabulary::ErrorReason, correction.reason)),
        corrective_event_ids: corrections.iter().filter_map(|correction| correction.event_id.clone()).collect(),
        extensions: Vec::new(),
    };
    let declared = Event { error: Some(error), ..event };
    rule::check(&declared, Policy::default()).map_err(|violation| NotCorrected::Refused(fault(violation)))?;
    Ok(declared)
}

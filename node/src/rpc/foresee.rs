//! `epcis_validate`: what capturing a document would answer, without capturing it. The contract's own code
//! ([`countersign_epcis::register::capture()`]) runs over the ledger's registers, and writes beside them.

use super::conn::Node;
use super::point::Point;
use super::registers::{LedgerRegisters, Unread, of_unanswered};
use super::trace::asked;
use crate::replica_thread::now;
use countersign_api::check::{checked, refusal, refused};
use countersign_api::method::epcis::{Against, CaptureMode, Checked, Foreseen, ValidateParams};
use countersign_api::{At, Code, RpcError};
use countersign_epcis::Event;
use countersign_epcis::document::{Document, parse};
use countersign_epcis::register::{
    Captured, Known, Reader as _, Record, Refusal, Stored, Submission, Writer, capture, key,
};
use countersign_epcis::rule::Policy;
use countersign_epcis::walk::Unanswered;
use countersign_types::hash::sha256;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub(super) fn foresee(node: &Node, params: &ValidateParams) -> Result<Checked, RpcError> {
    let document = match parse(&params.text(), Policy::default()) {
        Ok(document) => document,
        Err(violation) => return Ok(refused(violation)),
    };
    let mut said = checked(&document);
    let asked = match asked(node, params.contract.as_ref(), At::Final) {
        Ok(asked) => asked,
        // Where nothing is deployed yet, the document alone is checked.
        Err(error) if params.contract.is_none() && error.kind() == Some(Code::ContractUnknown) => return Ok(said),
        Err(error) => return Err(error),
    };
    let mut registers =
        Over { below: LedgerRegisters::at(node, asked.contract, &asked.over), written: BTreeMap::new() };
    let account = params.account.as_ref().map(ToString::to_string);
    judge(&mut registers, &document, &mut said, account.as_deref(), &asked.over)?;
    if params.mode == CaptureMode::Rollback && !said.valid {
        let accepted = said.events.iter_mut().filter_map(|event| event.capture.as_mut());
        accepted
            .filter(|foreseen| **foreseen != Foreseen::Rejected)
            .for_each(|foreseen| *foreseen = Foreseen::Withdrawn);
    }
    said.ledger = Some(Against { contract: asked.contract, height: asked.over.height });
    Ok(said)
}

/// Captures the events in their order.
fn judge(
    registers: &mut Over<'_>,
    document: &Document,
    said: &mut Checked,
    account: Option<&str>,
    newest: &Point,
) -> Result<(), RpcError> {
    let mut by = Submission {
        account: String::new(),
        height: newest.height.next().0,
        time_ms: newest.time.max(now()).0,
        transaction: [0; 32],
    };
    for (index, (event, told)) in document.events.iter().zip(&mut said.events).enumerate() {
        let Ok(event) = event else {
            told.capture = Some(Foreseen::Rejected);
            continue;
        };
        let outcome = registers.catch(|registers| {
            by.account = account.map_or_else(|| registers.declarer(event), str::to_owned);
            capture(registers, event, &by, Policy::default())
        })?;
        told.capture = Some(match outcome {
            Ok(Captured { sequence, duplicate: true, .. }) => Foreseen::Duplicate { sequence },
            Ok(Captured { sequence, anomalies, .. }) => Foreseen::Accepted { sequence, anomalies },
            Err(Refusal { rule, path, reason }) => {
                told.faults.push(refusal(rule, &path, &reason, &|path| document.place(index, path)));
                said.valid = false;
                Foreseen::Rejected
            }
        });
    }
    Ok(())
}

/// Registers with what captures have written beside them. Lines of logs are not kept: no capture reads any.
struct Over<'a> {
    below: LedgerRegisters<'a>,
    written: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Over<'_> {
    /// Runs what reads and writes. A [`Writer`] cannot say that something is not to be read, as a contract never sees that, so
    /// it leaves by unwinding.
    fn catch<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Result<T, RpcError> {
        catch_unwind(AssertUnwindSafe(|| work(self))).map_err(|cause| match cause.downcast::<Unread>() {
            Ok(unread) => of_unanswered(Unanswered::Read(*unread)),
            Err(_) => RpcError::new(Code::NotProvenance, "its registers hold what no capture wrote"),
        })
    }

    /// Who submitted the event that `event` declares to be in error; nobody if it declares none.
    fn declarer(&mut self, event: &Event) -> String {
        if event.error.is_none() {
            return String::new();
        }
        let key = match &event.event_id {
            Some(id) => key::event_id(id, sha256),
            None => key::unnamed(&sha256(&Event { error: None, ..event.clone() }.canonical_bytes())),
        };
        let known = Writer::read(self, &key).and_then(|bytes| Known::from_bytes(&bytes).ok());
        let original = known.and_then(|known| known.original);
        let record = original.and_then(|(sequence, _)| Writer::read(self, &key::record(sequence)));
        record.and_then(|bytes| Record::from_bytes(&bytes).ok()).map(|record| record.submitter).unwrap_or_default()
    }
}

impl Writer for Over<'_> {
    fn read(&mut self, key: &[u8]) -> Option<Vec<u8>> {
        if let Some(written) = self.written.get(key) {
            return Some(written.clone());
        }
        self.below.read(key).unwrap_or_else(|unread| resume_unwind(Box::new(unread)))
    }

    fn write(&mut self, key: &[u8], value: &[u8]) {
        self.written.insert(key.to_vec(), value.to_vec());
    }

    fn log_append(&mut self, _key: &[u8], _entry: &[u8]) {}

    fn digest(&mut self, bytes: &[u8]) -> [u8; 32] {
        sha256(bytes)
    }
}

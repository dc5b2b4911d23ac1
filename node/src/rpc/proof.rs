//! `proof_*`: proof files. All rest on the newest certified block; what they show may stand under an earlier one.

use super::ahead::Ahead;
use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use super::point::Point;
use super::trace::{asked, identifier};
use countersign_api::limits::{EPOCH_ENDS_MAX, PROOF_KEYS_MAX};
use countersign_api::method::proof::{
    GetEventParams, GetLogParams, GetStateParams, GetTraceParams, GetTxParams, GetValidatorChainParams, LogProofFile,
    LogRef, ProofFile, ProofGetEvent, ProofGetLog, ProofGetState, ProofGetTrace, ProofGetTx, ProofGetValidatorChain,
    ValidatorChain,
};
use countersign_api::method::tx::State;
use countersign_api::read::page_size;
use countersign_api::{At, Code, Registry, RpcError};
use countersign_epcis::answer::After;
use countersign_epcis::question::{Part, Question, Unasked};
use countersign_epcis::register::{Pos, key};
use countersign_ledger::{
    Blocks, EventCursor, LedgerError, LogQuestion, TraceQuestion, prove_event, prove_log, prove_state, prove_trace,
    prove_transaction, prove_validators,
};
use countersign_types::hash::sha256;
use countersign_types::limits::PROOF_BYTES_MAX;
use countersign_types::proof::{HistoryPart, HistoryPlace, Log, Proof, Subject, TraceAsOf};
use countersign_types::{Height, state_key};
use serde_json::json;
use std::num::NonZeroU32;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<ProofGetState, _, _>(|conn, params| conn.read(move |node| of_state(node, &params)));
    registry.on::<ProofGetTx, _, _>(|conn, params| conn.read(move |node| of_transaction(node, &params)));
    registry.on::<ProofGetEvent, _, _>(|conn, params| conn.read(move |node| of_event(node, &params)));
    registry.on::<ProofGetLog, _, _>(|conn, params| conn.read(move |node| of_log(node, params)));
    registry.on::<ProofGetTrace, _, _>(|conn, params| conn.view(move |node| of_trace(node, &params)));
    registry.on::<ProofGetValidatorChain, _, _>(|conn, params| conn.read(move |node| of_validators(node, params)));
}

fn of_state(node: &Node, params: &GetStateParams) -> Result<ProofFile, RpcError> {
    if params.keys.is_empty() || params.keys.len() > PROOF_KEYS_MAX {
        return Err(RpcError::new(Code::InvalidParams, format!("give 1 to {PROOF_KEYS_MAX} `keys`")));
    }
    let point = node.point(params.at)?;
    let keys = params.keys.iter().map(countersign_api::method::state::Key::to_bytes);
    Ok(ProofFile { proof: node.prove_entries(keys, &point)? })
}

fn of_transaction(node: &Node, params: &GetTxParams) -> Result<ProofFile, RpcError> {
    let certified = node.point(At::Final)?.height;
    match prove_transaction(node.reader(), certified, &params.id) {
        Ok(Some(proof)) => Ok(ProofFile { proof: bounded(proof)? }),
        Ok(None) => Err(match super::tx::state(node, &params.id)? {
            State::Pending | State::Final { .. } => {
                RpcError::new(Code::ProofUnavailable, "its block is not certified yet; wait for it with `tx_wait`")
            }
            State::Expired => RpcError::new(Code::TransactionExpired, "it expired and is in no block; submit it again"),
            State::Unknown { known_from } => {
                let cause = format!(
                    "this node knows no transaction {} in the blocks from {known_from} on; one of an earlier block is known to \
                     nodes that fetched all blocks",
                    params.id
                );
                RpcError::new(Code::TransactionUnknown, cause).with(json!({ "knownFrom": known_from }))
            }
        }),
        Err(cause) => Err(of_ledger(&cause)),
    }
}

fn of_event(node: &Node, params: &GetEventParams) -> Result<ProofFile, RpcError> {
    let certified = node.point(At::Final)?.height;
    let _: Point = node.point(At::Height(params.height))?;
    let GetEventParams { height, index } = *params;
    match prove_event(node.reader(), certified, EventCursor { height, index }) {
        Ok(Some(proof)) => Ok(ProofFile { proof: bounded(proof)? }),
        Ok(None) => Err(RpcError::new(
            Code::EventUnknown,
            format!("block {height} has no event {index}; `contract_listEvents` lists them"),
        )),
        Err(cause) => Err(of_ledger(&cause)),
    }
}

fn of_log(node: &Node, mut params: GetLogParams) -> Result<LogProofFile, RpcError> {
    let key = match &params.log {
        LogRef::Key(key) => key.0.clone(),
        LogRef::Item(item) => key::naming(identifier(item)?.canonical(), sha256),
    };
    let (limit, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let query = node.query::<ProofGetLog>(&params);
    let cursor: Option<Cursor<u64>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let as_of = node.point(cursor.as_ref().map_or(params.at, |cursor| At::Height(cursor.height)))?;
    // Where the state is no longer kept, the newest shows the log, and the records' heights where it ended then.
    let is_kept = as_of.height >= node.reader().oldest_state();
    let over = if is_kept { as_of.clone() } else { node.point(At::Final)? };
    let (contract, _) = node.provenance(params.contract.as_ref(), &over)?;
    let question = LogQuestion {
        contract,
        key,
        start: cursor.map_or(0, |cursor| cursor.place),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        as_of: (!is_kept).then_some(as_of.height),
    };
    let proof = prove_log(node.reader(), node.blocks(&over)?, question).map_err(|cause| of_ledger(&cause))?;
    let next = next(&proof, as_of.height).map(|place| query.text(&Cursor { height: as_of.height, place }));
    Ok(LogProofFile { proof: bounded(proof)?, next_cursor: next })
}

/// Where the page after this one begins, if there is one as of the height.
fn next(proof: &Proof, height: Height) -> Option<u64> {
    let Subject::Log { log: Log { records, page: Some(page), .. }, .. } = &proof.subject else { return None };
    let held = records.iter().take_while(|record| record.height <= height).count();
    let end = page.start.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
    (held == records.len() && end < page.range.count()).then_some(end)
}

fn of_trace(node: &Node, params: &GetTraceParams) -> Result<ProofFile, RpcError> {
    let question = question(params)?;
    let asked = asked(node, params.contract.as_ref(), params.at)?;
    let (contract, over, position) = (asked.contract, &asked.over, asked.position);
    if let Question::History(item, part) = &question {
        let after = part.and_then(|part| part.after).map(|After { time_ms, sequence }| Pos { time_ms, sequence });
        let limit = part.map_or(usize::MAX, |part| usize::try_from(part.limit.get()).unwrap_or(usize::MAX));
        Ahead { contract, item, over: over.height, after, limit }.read(node);
    }
    let (answer, mut reads) = node.answer_recorded(&question, &asked)?;
    if answer.truncated().is_some() {
        let cause = "the trace is longer than one answer; of a history, ask for parts with `limit`";
        return Err(RpcError::new(Code::ProofTooLarge, cause));
    }
    let past = position.map(|position| TraceAsOf { height: asked.as_of.height, position });
    if let Some(past) = past {
        // The records around the position show that it is that of the height.
        let around = past.position.checked_sub(1).into_iter().chain([past.position]);
        reads.entries.extend(around.map(|sequence| state_key::storage(&contract, &key::record(sequence))));
    }
    let page = question.part().map(|Part { after, limit }| {
        let after = after.map(|After { time_ms, sequence }| HistoryPlace { time_ms, sequence });
        HistoryPart { after, limit }
    });
    let question = TraceQuestion {
        contract,
        query: question.word().to_owned(),
        item: question.item().to_owned(),
        as_of: past,
        page,
        arguments: question.arguments(),
    };
    let proof = prove_trace(node.reader(), node.blocks(over)?, question, &reads);
    Ok(ProofFile { proof: bounded(proof.map_err(|cause| of_ledger(&cause))?)? })
}

fn of_validators(node: &Node, params: GetValidatorChainParams) -> Result<ValidatorChain, RpcError> {
    let certified = node.point(At::Final)?.height;
    if certified == Height::ZERO {
        return Err(RpcError::new(Code::NotReady, "no block is certified yet; try again in a moment"));
    }
    let GetValidatorChainParams { epoch, height } = params;
    let chain = prove_validators(node.reader(), certified, epoch, height, EPOCH_ENDS_MAX);
    let countersign_ledger::ValidatorChain { epochs, anchor, earlier, more } =
        chain.map_err(|cause| of_ledger(&cause))?;
    Ok(ValidatorChain { epochs, anchor, earlier, more })
}

/// What is asked.
fn question(params: &GetTraceParams) -> Result<Question, RpcError> {
    let (limit, after) = (params.limit, params.after);
    let after = after.map(|HistoryPlace { time_ms, sequence }| After { time_ms, sequence });
    let part = NonZeroU32::new(page_size(limit)).filter(|_| limit.is_some() || after.is_some());
    let part = part.map(|limit| Part { after, limit });
    Question::read(params.query.word(), &params.item, part, &params.arguments).map_err(|cause| {
        let code = if matches!(cause, Unasked::Item { .. }) { Code::IdentifierInvalid } else { Code::InvalidParams };
        RpcError::new(code, cause)
    })
}

impl Node {
    /// Proves state entries.
    pub fn prove_entries(&self, keys: impl IntoIterator<Item = Vec<u8>>, point: &Point) -> Result<Proof, RpcError> {
        let proof = prove_state(self.reader(), self.blocks(point)?, &keys.into_iter().collect());
        bounded(proof.map_err(|cause: LedgerError| of_ledger(&cause))?)
    }

    /// Something shown at a point, resting on the newest certificate.
    fn blocks(&self, point: &Point) -> Result<Blocks, RpcError> {
        Ok(Blocks { shown: point.height, certified: self.point(At::Final)?.height })
    }
}

/// A proof that fits a file. What it holds in bytes is doubled in hexadecimal, and what is around that only adds.
fn bounded(proof: Proof) -> Result<Proof, RpcError> {
    let bytes = proof.payload_bytes().saturating_mul(2);
    if bytes > PROOF_BYTES_MAX {
        let cause = format!("more than {bytes} bytes, at most {PROOF_BYTES_MAX} are sent; ask for less");
        return Err(RpcError::new(Code::ProofTooLarge, cause));
    }
    Ok(proof)
}

//! `tx_*`: transactions and what became of them.

use super::conn::{Conn, Node};
use super::failure::{of_bad, of_ledger, of_not_taken};
use crate::context::NotTaken;
use crate::pending::Standing;
use crate::waiters::Fate;
use countersign_api::limits::{SUBMIT_MAX, WAIT_MS_MAX};
use countersign_api::method::tx::{
    Receipt, State, SubmitResult, Submitted, SubmittedBatch, TxGet, TxSubmit, TxSubmitBatch, TxWait, WaitParams,
};
use countersign_api::{Bytes, Code, Registry, RpcError};
use countersign_replica::Refused;
use countersign_types::transaction::BadTransaction;
use countersign_types::{Hash, SignedTransaction};
use std::time::Duration;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TxSubmit, _, _>(|conn, params| async move {
        match submit(&conn.node, vec![params.transaction]).await.pop() {
            Some(Ok(id)) => Ok(Submitted { id }),
            Some(Err(error)) => Err(error),
            None => Err(RpcError::new(Code::InternalError, "no verdict")),
        }
    });
    registry.on::<TxSubmitBatch, _, _>(|conn, params| async move {
        let count = params.transactions.len();
        if count > SUBMIT_MAX {
            let cause = format!("{count} transactions, at most {SUBMIT_MAX} are taken at once");
            return Err(RpcError::new(Code::InvalidParams, cause));
        }
        let verdicts = submit(&conn.node, params.transactions).await;
        let result = |verdict: Result<Hash, RpcError>| verdict.map_or_else(SubmitResult::Error, SubmitResult::Id);
        Ok(SubmittedBatch { results: verdicts.into_iter().map(result).collect() })
    });
    registry.on::<TxGet, _, _>(|conn, params| conn.read(move |node| state(node, &params.id)));
    registry.on::<TxWait, _, _>(|conn, params| async move { wait(conn, params).await });
}

/// Decodes and submits; a verdict for each, in order.
async fn submit(node: &Node, transactions: Vec<Bytes>) -> Vec<Result<Hash, RpcError>> {
    let decoded: Vec<Result<SignedTransaction, RpcError>> = transactions
        .into_iter()
        .map(|bytes| SignedTransaction::from_bytes(&bytes.0).map_err(|cause| of_bad(&BadTransaction::from(cause))))
        .collect();
    let good: Vec<SignedTransaction> = decoded.iter().filter_map(|decoded| decoded.as_ref().ok()).cloned().collect();
    let mut verdicts =
        if good.is_empty() { Vec::new().into_iter() } else { node.context.submit(good).await.into_iter() };
    let verdict = |decoded: Result<SignedTransaction, RpcError>| {
        let signed = decoded?;
        match verdicts.next().unwrap_or(Err(NotTaken::STOPPING)) {
            Ok(id) => Ok(id),
            // Submitting again what waits already does no harm and succeeds.
            Err(NotTaken::Refused(Refused::Known)) => Ok(signed.body.id()),
            Err(cause) => Err(of_not_taken(&cause)),
        }
    };
    decoded.into_iter().map(verdict).collect()
}

/// What the ledger, and then what this node remembers, says of a transaction.
pub(super) fn state(node: &Node, id: &Hash) -> Result<State, RpcError> {
    // Asked before the ledger: what leaves the pool in between is in the ledger.
    let standing = node.context.shared.pending.standing(id);
    let reader = node.reader();
    let failed = |cause| of_ledger(&cause);
    match reader.locate(id).map_err(failed)? {
        Some((height, _)) if height <= reader.certified() => {
            let (receipt, header) = (reader.receipt(id).map_err(failed)?, reader.header(height).map_err(failed)?);
            match (receipt, header) {
                (Some(receipt), Some(header)) => {
                    Ok(State::Final { receipt: Box::new(Receipt::of(&receipt, header.hash())) })
                }
                _ => Err(RpcError::new(Code::InternalError, "the receipt is missing; run `countersignd verify`")),
            }
        }
        Some(_) => Ok(State::Pending),
        None => Ok(match standing {
            Some(Standing::Waiting) => State::Pending,
            Some(Standing::Expired) => State::Expired,
            None => State::Unknown { known_from: reader.base().next() },
        }),
    }
}

async fn wait(conn: Conn, params: WaitParams) -> Result<State, RpcError> {
    let timeout = Duration::from_millis(params.timeout_ms.unwrap_or(WAIT_MS_MAX).min(WAIT_MS_MAX));
    let id = params.id;
    let fate = conn.node.context.shared.waiters.wait(id).map_err(|cause| RpcError::new(Code::Busy, cause))?;
    let now = conn.clone().read(move |node| state(node, &id)).await?;
    if matches!(now, State::Final { .. } | State::Expired) {
        return Ok(now);
    }
    match tokio::time::timeout(timeout, fate).await {
        Ok(Ok(Fate::Expired)) => Ok(State::Expired),
        Ok(Ok(Fate::Final(_)) | Err(_)) | Err(_) => conn.read(move |node| state(node, &id)).await,
    }
}

//! `tx_try`: what a transaction would do.

use super::conn::{Conn, Node};
use super::failure::{of_bad, of_replica};
use crate::replica_thread::now;
use countersign_api::method::tx::{Event, Outcome, SubmitParams, Tried, TxTry};
use countersign_api::{At, Code, Read, Registry, RpcError, U64};
use countersign_replica::execute::{Executed, Executor};
use countersign_replica::state_source::{At as StateAt, Ripe};
use countersign_types::transaction::BadTransaction;
use countersign_types::{Header, SignedTransaction, TimestampMs, VerifiedTransaction, state_key};
use std::sync::Arc;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TxTry, _, _>(|conn, params| async move {
        let gate = conn.node.trials.clone();
        conn.node.work(&gate, move |node| run(node, &params)).await
    });
}

fn run(node: &Node, params: &SubmitParams) -> Result<Read<Tried>, RpcError> {
    let transaction = SignedTransaction::from_bytes(&params.transaction.0)
        .map_err(BadTransaction::from)
        .and_then(|signed| signed.verify(&node.context.chain))
        .map_err(|cause| of_bad(&cause))?;
    let point = node.point(At::Final)?;
    let none = || RpcError::new(Code::NotReady, "no block is certified yet; try again in a moment");
    let newest = point.header.as_ref().ok_or_else(none)?;
    if transaction.body().expires != TimestampMs(0) {
        let cause =
            "a transaction that is tried is signed with an expiry of 0, so that whoever sees it cannot submit it";
        return Err(RpcError::new(Code::InvalidParams, cause));
    }
    let header = Header { height: newest.height.next(), time: newest.time.max(now()), ..newest.clone() };
    let vm = node.context.vm.aside();
    let executor = Executor {
        vm: &vm,
        chain: node.context.chain,
        parameters: &node.context.genesis.parameters,
        overrides: &[],
        is_trial: true,
    };
    let base = StateAt { reader: node.reader(), height: point.height };
    let transactions: [Arc<VerifiedTransaction>; 1] = [Arc::new(transaction)];
    let executed =
        executor.execute(&base, &header, &transactions, Ripe::default()).map_err(|cause| of_replica(&cause))?;
    Ok(point.read(tried(executed)?, None))
}

fn tried(executed: Executed) -> Result<Tried, RpcError> {
    let Executed { mut receipts, changes } = executed;
    let none = || RpcError::new(Code::InternalError, "the trial left no receipt");
    let receipt = receipts.pop().ok_or_else(none)?;
    let count = |is_removed: bool| {
        let of_contracts = changes.writes.iter().filter(|(key, _)| state_key::is_storage(key));
        let found = of_contracts.filter(|(_, value)| value.is_none() == is_removed).count();
        u64::try_from(found).unwrap_or(u64::MAX)
    };
    Ok(Tried {
        outcome: Outcome::from(&receipt.outcome),
        gas_used: U64(receipt.gas_used.0),
        events: receipt.events.iter().map(Event::from).collect(),
        written: count(false),
        removed: count(true),
        appended: u64::try_from(changes.records.len()).unwrap_or(u64::MAX),
    })
}

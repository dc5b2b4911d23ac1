//! Transactions as lists: those of a block, and how many wait.

use super::conn::{Conn, Node};
use super::cursor::Cursor;
use super::failure::of_ledger;
use countersign_api::method::tx::{ListParams, Listed, Outcome, Pool, TxList, TxPoolStatus};
use countersign_api::read::page_size;
use countersign_api::{At, Code, Page, Registry, RpcError, U64};
use countersign_replica::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_TRANSACTIONS_MAX};
use countersign_types::Receipt;

pub(super) fn register(registry: &mut Registry<Conn>) {
    registry.on::<TxList, _, _>(|conn, params| conn.read(move |node| list(node, params)));
    registry.on::<TxPoolStatus, _, _>(|conn, _| async move { status(&conn.node) });
}

fn status(node: &Node) -> Result<Pool, RpcError> {
    let standing = node.context.shared.standing();
    let (_, counters) = standing.ok_or_else(|| RpcError::new(Code::NotReady, "the node is starting"))?;
    let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    Ok(Pool {
        waiting: counters.waiting,
        waiting_bytes: counters.waiting_bytes,
        waiting_max: number(MEMPOOL_TRANSACTIONS_MAX),
        waiting_bytes_max: number(MEMPOOL_BYTES_MAX),
        admitted: counters.admitted,
        refused: counters.refused,
    })
}

/// What became of a block's transactions, and behind them of the scheduled calls that it ran.
fn list(node: &Node, mut params: ListParams) -> Result<Page<Listed>, RpcError> {
    let (size, cursor) = (page_size(params.limit.take()), params.cursor.take());
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let query = node.query::<TxList>(&params);
    let cursor: Option<Cursor<u32>> = cursor.as_deref().map(|text| query.cursor(text)).transpose()?;
    let point = node.point(cursor.as_ref().map_or(params.at, |cursor| At::Height(cursor.height)))?;
    let receipts = node.reader().receipts(point.height).map_err(|cause| of_ledger(&cause))?;
    let first = cursor.map_or(0, |cursor| cursor.place.saturating_add(1));
    let mut rest = receipts.into_iter().skip_while(|receipt| receipt.index < first);
    let listed = |receipt: Receipt| Listed {
        transaction: receipt.transaction,
        index: receipt.index,
        outcome: Outcome::from(&receipt.outcome),
        gas_used: U64(receipt.gas_used.0),
        events: u64::try_from(receipt.events.len()).unwrap_or(u64::MAX),
    };
    let items: Vec<Listed> = rest.by_ref().take(size).map(listed).collect();
    let place = items.last().map(|last| last.index).filter(|_| rest.next().is_some());
    let next = place.map(|place| query.text(&Cursor { height: point.height, place }));
    Ok(point.page(items, next))
}

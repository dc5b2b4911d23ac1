//! What a node keeps is bounded, whatever it is sent: every buffer of the replica, its mempool and its engine.

use super::Violation;
use countersign_consensus::limits::{
    BLOCKS_MAX, CHECKPOINTS_AHEAD_MAX, EVIDENCE_PER_SIGNER_MAX, FETCHES_MAX, VIEWS_AHEAD_MAX,
};
use countersign_ledger::Store;
use countersign_replica::Replica;
use countersign_replica::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_TRANSACTIONS_MAX, PAYLOADS_MAX, REPAIR_HEIGHTS_MAX};
use countersign_types::Genesis;

/// Peers are known by their seats, and by others while they have none.
const NAMES_PER_PEER: usize = 2;

pub(super) fn check<S: Store>(node: u16, replica: &Replica<S>, genesis: &Genesis) -> Result<(), Violation> {
    let kept = replica.kept();
    let rules = &genesis.parameters;
    let (engine, pool) = (kept.engine, kept.mempool);
    let validators = replica.validators().members().len();
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let (window, block) = (size(rules.run_ahead), size(u64::from(rules.block_transactions_max)));
    let bounds = [
        ("views ahead", engine.views_ahead, size(VIEWS_AHEAD_MAX)),
        ("votes of one step", engine.votes, validators),
        ("blocks", engine.blocks, BLOCKS_MAX),
        // Two windows below what is executed, which is at most one below what is final.
        ("heights with results", engine.results, 4 * window + size(CHECKPOINTS_AHEAD_MAX) + 1),
        ("blocks being fetched", engine.fetches, FETCHES_MAX),
        // On results that a start finds uncertified, while there is no room to write them.
        ("own votes that are not durable after a turn", engine.unsynced, window + 1),
        ("cases of equivocation", engine.reported, validators * EVIDENCE_PER_SIGNER_MAX),
        ("answers about itself", engine.answers, validators),
        ("transactions waiting", pool.transactions, MEMPOOL_TRANSACTIONS_MAX),
        ("bytes of transactions waiting", pool.bytes, MEMPOOL_BYTES_MAX),
        ("places in queues", pool.queued, 2 * MEMPOOL_TRANSACTIONS_MAX),
        ("transactions to gossip again", pool.watched, pool.transactions),
        ("transactions in order", pool.indexed, pool.transactions),
        ("ids that blocks hold", pool.taken, (window + 1) * block),
        ("payloads", kept.payloads, PAYLOADS_MAX),
        ("transactions being checked", kept.checking, PAYLOADS_MAX * block),
        ("finalised blocks to execute", kept.finalised, window + 1),
        // A node whose ledger is behind extends what it has not executed yet.
        ("blocks to extend", kept.open, engine.blocks),
        ("validators to report", kept.reports, validators),
        ("damaged heights", kept.repairs, REPAIR_HEIGHTS_MAX),
        ("peers that were served", kept.served, NAMES_PER_PEER * genesis.validators.members().len()),
    ];
    match bounds.into_iter().find(|(_, count, most)| count > most) {
        Some((what, count, most)) => {
            Err(Violation::new("bounds", format!("v{node} keeps {count} {what}, at most {most} are allowed")))
        }
        None => Ok(()),
    }
}

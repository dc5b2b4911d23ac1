//! What a node keeps is bounded, whatever it is sent.

use super::Violation;
use countersign_ledger::Store;
use countersign_replica::Replica;
use countersign_replica::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_TRANSACTIONS_MAX, PAYLOADS_MAX};

pub(super) fn check<S: Store>(node: u16, replica: &Replica<S>) -> Result<(), Violation> {
    let counters = replica.counters();
    let bounds = [
        ("transactions waiting", counters.waiting, MEMPOOL_TRANSACTIONS_MAX),
        ("bytes of transactions waiting", counters.waiting_bytes, MEMPOOL_BYTES_MAX),
        ("payloads", counters.payloads, PAYLOADS_MAX),
        ("payloads being gathered", counters.gathering, PAYLOADS_MAX),
    ];
    for (what, count, most) in bounds {
        if usize::try_from(count).is_ok_and(|count| count > most) {
            return Err(Violation::new("bounds", format!("v{node} keeps {count} {what}, at most {most} are allowed")));
        }
    }
    Ok(())
}

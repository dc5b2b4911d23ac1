//! What `/metrics` shows. `docs/metrics.md` lists every name.

use super::conn::Node;
use super::gate::Gate;
use crate::context::Context;
use crate::listener::{ListenerCounters, SocketGate};
use crate::metrics::{Family, Kind, Metrics, listener, network};
use countersign_consensus::Status;
use countersign_ledger::Class;
use countersign_replica::counters::Counters;
use countersign_vm::VmCounters;
use std::sync::Arc;

/// All sources of a node.
pub(super) fn metrics(node: &Node, counters: Arc<ListenerCounters>, gate: SocketGate) -> Metrics {
    let mut metrics = Metrics::default();
    let (context, reads, views) = (Arc::clone(&node.context), node.reads.clone(), node.views.clone());
    metrics.source(move || listener(&counters, &gate));
    metrics.source(move || {
        let connected = context.connected_validators(&context.membership.now());
        let mut families = network(&context.network.stats(), connected);
        families.extend(ledger(&context));
        families.extend(queues(&context, &reads, &views));
        families.extend(machine(&context.vm.counters()));
        if let Some((status, counters)) = context.shared.standing() {
            families.extend(consensus(&status));
            families.extend(replica(&counters));
        }
        families
    });
    metrics
}

fn ledger(context: &Context) -> Vec<Family> {
    let (syncs, micros) = context.shared.syncs();
    let mut oldest = Family::new(Kind::Gauge, "ledger_oldest_height", "Oldest height of which a class is kept");
    for class in Class::ALL {
        oldest = oldest.sample(&[("class", class.name())], context.reader.oldest(class).0);
    }
    let mut space = Family::new(Kind::Gauge, "ledger_space_bytes", "Bytes on disk of a space of the ledger");
    for (name, bytes) in context.reader.space_bytes() {
        space = space.sample(&[("space", name.name())], bytes);
    }
    let damaged = context.reader.damaged();
    let awaited = u64::try_from(damaged.heights.len()).unwrap_or(u64::MAX);
    vec![
        Family::gauge("ledger_executed_height", "Newest executed height", context.reader.tip().height.0),
        Family::gauge("ledger_certified_height", "Newest height with a certified result", context.reader.certified().0),
        Family::gauge(
            "ledger_oldest_state_height",
            "Oldest height whose state is kept",
            context.reader.oldest_state().0,
        ),
        Family::gauge(
            "ledger_snapshot_height",
            "Height of the snapshot that the ledger was restored from, 0 if none",
            context.reader.base().0,
        ),
        Family::gauge(
            "snapshot_height",
            "Height of the newest snapshot offered to peers",
            context.snapshots.newest().0,
        ),
        Family::counter(
            "snapshot_pieces_served",
            "Pieces of snapshots sent to peers",
            context.snapshot_server.served(),
        ),
        Family::counter(
            "snapshots_damaged",
            "Snapshots that were dropped because a piece was damaged on the disk",
            context.snapshots.damaged(),
        ),
        oldest,
        space,
        Family::counter("ledger_damage_met", "Reads that met damage on the disk", damaged.met),
        Family::gauge("ledger_damaged_heights", "Damaged heights that are awaited from peers", awaited),
        Family::counter("ledger_mended_heights", "Damaged heights that were written anew", damaged.mended),
        Family::counter(
            "ledger_mended_places",
            "Parts of a damaged state or log that were stored anew from what peers sent",
            context.mended_places,
        ),
        Family::gauge(
            "ledger_damage_lasting",
            "1 if something is damaged that peers cannot send: restore the ledger or let it sync anew",
            u64::from(damaged.lasting.is_some()),
        ),
        Family::gauge(
            "ledger_damaged_file",
            "1 if a file of the database is damaged: restore the ledger or let it sync anew",
            u64::from(damaged.file.is_some()),
        ),
        Family::counter("journal_syncs", "Syncs of the vote journal", syncs),
        Family::counter("journal_sync_microseconds", "Time spent in syncs of the vote journal", micros),
        Family::gauge(
            "disk_full",
            "1 while voting has stopped for want of room on the disk",
            u64::from(context.shared.is_space_low()),
        ),
        Family::gauge("uptime_seconds", "Time since the node started", context.started.elapsed().as_secs()),
    ]
}

fn queues(context: &Context, reads: &Gate, views: &Gate) -> Vec<Family> {
    let mut items = Family::new(Kind::Gauge, "queue_items", "Things that wait in a queue");
    let mut bytes = Family::new(Kind::Gauge, "queue_bytes", "Bytes that they hold of their senders' allowances");
    for (name, gauge) in [("replica", &context.replica_inbox), ("verifier", &context.verifier.waiting())] {
        let (waiting, held) = gauge.read();
        items = items.sample(&[("queue", name)], waiting);
        bytes = bytes.sample(&[("queue", name)], held);
    }
    let calls = Family::new(Kind::Gauge, "rpc_waiting", "Calls that wait: for a thread, or for a transaction")
        .sample(&[("for", "read")], reads.waiting())
        .sample(&[("for", "view")], views.waiting())
        .sample(&[("for", "transaction")], context.shared.waiters.count());
    vec![items, bytes, calls]
}

fn machine(counters: &VmCounters) -> Vec<Family> {
    let VmCounters { calls, views, for_calls, for_views, ahead, refused, unsaved, bytes } = counters;
    let counter = |name, help| Family::new(Kind::Counter, name, help);
    let mut runs = counter("contract_runs", "Top-level runs of contracts");
    let mut run_time = counter("contract_run_microseconds", "Time spent in runs of contracts");
    for (kind, ran) in [("call", calls), ("view", views)] {
        runs = runs.sample(&[("kind", kind)], ran.count);
        run_time = run_time.sample(&[("kind", kind)], ran.micros);
    }
    let mut uses = counter("contract_code_uses", "Compiled code asked for, by where it was");
    let mut time = counter("contract_code_microseconds", "Time spent making compiled code ready");
    for (wanted, code) in [("call", for_calls), ("view", for_views), ("ahead", ahead)] {
        for (from, count) in [("memory", code.found), ("disk", code.loaded), ("compiler", code.compiled)] {
            uses = uses.sample(&[("for", wanted), ("from", from)], count);
        }
        for (from, micros) in [("disk", code.load_micros), ("compiler", code.compile_micros)] {
            time = time.sample(&[("for", wanted), ("from", from)], micros);
        }
    }
    vec![
        runs,
        run_time,
        uses,
        time,
        Family::gauge("contract_code_bytes", "Bytes of compiled code in memory", *bytes),
        Family::counter("contract_code_refused", "Files of compiled code that were damaged or foreign", *refused),
        Family::counter("contract_code_unsaved", "Compiled code that could not be stored", *unsaved),
    ]
}

fn consensus(status: &Status) -> Vec<Family> {
    let active = u64::try_from(status.active.len()).unwrap_or(u64::MAX);
    let mut counters = Family::new(Kind::Counter, "consensus_events", "What happened in the protocol");
    for (name, value) in status.counters.named() {
        counters = counters.sample(&[("kind", name)], value);
    }
    vec![
        Family::gauge("consensus_view", "The current view", status.view.0),
        Family::gauge("consensus_leader", "Index of the current view's leader", status.leader.into()),
        Family::gauge("consensus_block_due", "1 while a block is due", status.due.into()),
        Family::gauge("consensus_prepared_height", "Height of the highest certified proposal", status.prepared.0),
        Family::gauge("consensus_final_height", "Newest final height", status.finalised.0),
        Family::gauge("consensus_failed_views", "Views that failed since the last final block", status.failures.into()),
        Family::gauge(
            "consensus_recovering",
            "1 while nothing is signed because the vote journal was lost",
            status.recovering.into(),
        ),
        Family::gauge("consensus_validators_active", "Validators heard of in recent views", active),
        counters,
    ]
}

fn replica(counters: &Counters) -> Vec<Family> {
    vec![
        Family::counter("blocks", "Blocks executed", counters.blocks),
        Family::counter("transactions", "Transactions in executed blocks", counters.transactions),
        Family::counter("transactions_succeeded", "Of these, those that took effect", counters.succeeded),
        Family::counter("scheduled_calls", "Scheduled calls run", counters.scheduled),
        Family::counter("scheduled_calls_succeeded", "Of these, those that took effect", counters.scheduled_succeeded),
        Family::gauge(
            "scheduled_late_milliseconds",
            "How late the first waiting scheduled call is",
            counters.scheduled_late_ms,
        ),
        Family::counter(
            "gas",
            "Gas that transactions used, what they paid ahead for scheduled calls included",
            counters.gas,
        ),
        Family::gauge("block_gas", "The same of the newest block", counters.block_gas),
        Family::counter("mempool_admitted", "Transactions taken into the mempool", counters.admitted),
        Family::counter("mempool_refused", "Transactions that the mempool refused", counters.refused),
        Family::gauge("mempool_transactions", "Transactions waiting", counters.waiting),
        Family::gauge("mempool_bytes", "Bytes of transactions waiting", counters.waiting_bytes),
        Family::gauge("payloads", "Proposed blocks whose transactions are kept", counters.payloads),
        Family::gauge("payloads_gathering", "Of these, those that lack transactions", counters.gathering),
        Family::counter("transactions_fetched", "Transactions that gossip had not brought in time", counters.fetched),
        Family::counter("blocks_synced", "Blocks taken over while catching up", counters.synced),
        Family::gauge(
            "sync_peers_keep_from",
            "First block that peers keep where this node needs an earlier one, 0 if it does not",
            counters.peers_keep_from,
        ),
        Family::gauge("sync_target_height", "Height that is being caught up to, 0 if none", counters.wanted),
        Family::gauge(
            "execution_halted_height",
            "Height of the block that is not executed since it stopped this node twice, 0 if none",
            counters.halted,
        ),
        Family::counter("journal_bytes", "Bytes appended to the vote journal", counters.journal_bytes),
    ]
}

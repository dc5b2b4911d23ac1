//! Blocks, certificates, transactions, receipts, results and their indexes.

use super::{Progress, Report, base};
use crate::event::{index_keys, records};
use crate::ledger::StoredTransaction;
use crate::range_tree::Owner;
use crate::reader::Reader;
use crate::record::key_number;
use crate::snapshot::Snapshot;
use crate::state::load;
use crate::store::{Direction, KeyRange, Space, Store};
use crate::tip::Tip;
use countersign_types::hash::Tag;
use countersign_types::range::Range;
use countersign_types::receipt::EventRecord;
use countersign_types::{
    Certificate, ExecutionResult, Genesis, Hash, Header, Height, KnownEpoch, Outcome, Receipt, RejectCode,
    SignedTransaction, TimestampMs, merkle, overrides as decreed, vote::Phase,
};
use std::collections::BTreeMap;

/// How many rows the indexes should have.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) events: u64,
    /// Headers that a snapshot brought.
    pub(super) headers: u64,
    /// Places of transactions, which stay when their blocks are pruned.
    pub(super) transactions: u64,
    /// Places of scheduled calls whose receipts are kept. They stay too, and nobody knows how many there were before.
    pub(super) scheduled: u64,
}

/// What the blocks before lead one to expect of the next.
struct Expected {
    parent: Hash,
    time: TimestampMs,
    range: Range,
    /// Hashes of the results of the last window, by height.
    results: BTreeMap<Height, Hash>,
    /// A finality certificate named this block, which has not come yet.
    awaited: Option<Hash>,
    /// The epoch of the next block.
    epoch: KnownEpoch,
}

impl Expected {
    /// What a snapshot leads one to expect of the block after it.
    fn after(snapshot: &Snapshot, first: KnownEpoch) -> Self {
        let tip = snapshot.tip().clone();
        let blocks = snapshot.manifest().blocks.iter();
        Self {
            parent: tip.block,
            time: tip.time,
            range: tip.range,
            results: blocks.map(|block| (block.header.height, block.result.hash())).collect(),
            awaited: None,
            epoch: snapshot.epochs().last().map_or(first, |epoch| epoch.known.clone()),
        }
    }
}

pub(super) fn check<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    report: &mut Report,
    progress: &mut impl FnMut(Progress),
) -> Rows {
    let start = Tip::of_genesis(genesis, Hash::ZERO);
    let mut expected = Expected {
        parent: start.block,
        time: start.time,
        range: start.range,
        results: BTreeMap::new(),
        awaited: None,
        epoch: KnownEpoch::first(genesis),
    };
    let mut rows = Rows::default();
    let tip = reader.tip();
    let base = reader.base();
    if base > Height::ZERO {
        let Some(base) = base::check(reader, genesis, report) else { return rows };
        rows.headers = base.headers;
        expected = Expected::after(&base.snapshot, expected.epoch);
    }
    for number in base.0.saturating_add(1)..=tip.height.0 {
        let height = Height(number);
        check_height(reader, genesis, height, &mut expected, &mut rows, report);
        report.blocks += 1;
        expected.results.retain(|known, _| height.since(*known) < genesis.parameters.run_ahead);
        progress(Progress { part: "blocks", done: number, total: tip.height.0 });
    }
    report.expect(tip.height, tip.height == Height::ZERO || tip.block == expected.parent, "the tip is another block");
    report.expect(tip.height, tip.range == expected.range, "the stored range of results is another");
    let last = reader.store().scan(Space::Certificates, &KeyRange::all(), Direction::Backward, 1).map_err(Into::into);
    let last = report.taken(tip.height, last).unwrap_or_default();
    let last = last.first().map_or(Some(0), |(key, _)| key_number(key));
    report.expect(
        tip.height,
        last == Some(reader.certified().0),
        "the last certificate is not of the certified height",
    );
    rows
}

fn check_height<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    height: Height,
    expected: &mut Expected,
    rows: &mut Rows,
    report: &mut Report,
) {
    let (header, finality, result) = (
        report.taken(height, reader.header(height)).flatten(),
        report.taken(height, reader.finality(height)).flatten(),
        report.taken(height, reader.result(height)).flatten(),
    );
    let (Some(header), Some(finality), Some(result)) = (header, finality, result) else {
        // What follows is judged from the next block that can be read.
        expected.results.insert(height, Hash::ZERO);
        return;
    };
    check_header(reader, genesis, &header, expected, report);
    check_finality(reader, genesis, height, header.hash(), &finality, expected, report);
    rows.transactions = rows.transactions.saturating_add(u64::from(header.transactions));
    let kept = report.kept_from;
    let transactions =
        (height >= kept.bodies).then(|| report.taken(height, reader.transactions(height)).unwrap_or_default());
    if let Some(transactions) = &transactions {
        check_transactions(reader, &header, transactions, report);
    }
    let receipts = (height >= kept.receipts).then(|| report.taken(height, reader.receipts(height)).unwrap_or_default());
    if let Some(receipts) = &receipts {
        let events = records(height, receipts);
        check_receipts(transactions.as_deref(), &header, receipts, &events, &result, report);
        check_scheduled(reader, &header, receipts, rows, report);
        check_events(reader, &events, rows, report);
    }
    check_overrides(reader, genesis, &result, receipts.as_deref().unwrap_or_default(), &expected.epoch, report);
    check_result(reader, genesis, &header, &result, expected, report);
    expected.parent = header.hash();
    expected.time = header.time;
    super::log::append(reader, Owner::RESULTS, &mut expected.range, &result.hash(), height, report);
    expected.results.insert(height, result.hash());
    check_epoch(reader, genesis, &result, expected, report);
}

/// Goes on to the epoch that begins above a height, if one does.
fn check_epoch<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    result: &ExecutionResult,
    expected: &mut Expected,
    report: &mut Report,
) {
    let height = result.height;
    let epochs = report.taken(height, reader.epochs()).unwrap_or_default();
    let begun = epochs.into_iter().rfind(|(_, origin, _)| *origin == height);
    let order = begun.as_ref().and_then(|(epoch, ..)| report.taken(height, reader.restart(*epoch)).flatten());
    let next = expected.epoch.epoch.next();
    match (begun, order) {
        (Some((epoch, _, validators)), Some(order)) => match expected.epoch.followed(genesis.chain(), &order) {
            Ok(known) if known == (KnownEpoch { epoch, validators }) && order.result == *result => {
                expected.epoch = known
            }
            Ok(_) => report.fault(height, "a restart order is for another epoch or height"),
            Err(cause) => report.fault(height, format!("a restart order is refused: {cause}")),
        },
        (Some((epoch, _, validators)), None) if epoch == next && validators.hash() == result.next_validators => {
            expected.epoch = KnownEpoch { epoch, validators };
        }
        (None, _) if result.next_validators == expected.epoch.validators.hash() => {}
        _ => report.fault(height, "the result names other validators than the next epoch's"),
    }
}

fn check_header<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    header: &Header,
    expected: &Expected,
    report: &mut Report,
) {
    let height = header.height;
    let hash = header.hash();
    report.expect(height, header.chain == genesis.chain(), "the header is of another chain");
    report.expect(height, header.parent == expected.parent, "the header's parent is another block");
    report.expect(height, header.time > expected.time, "the header is not later than its parent");
    let epoch = &expected.epoch;
    report.expect(height, header.validators == epoch.validators.hash(), "the header names other validators");
    report.expect(height, header.epoch == epoch.epoch, "the header names another epoch");
    let named = match Height(height.0.saturating_sub(genesis.parameters.run_ahead)) {
        Height::ZERO => Some(Hash::ZERO),
        earlier => expected.results.get(&earlier).copied(),
    };
    report.expect(height, named == Some(header.result), "the header names another earlier result");
    let indexed = report.taken(height, reader.height_of_block(&hash)).flatten();
    report.expect(height, indexed == Some(height), "the index of blocks does not lead to this one");
}

fn check_finality<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    height: Height,
    block: Hash,
    certificate: &Certificate,
    expected: &mut Expected,
    report: &mut Report,
) {
    report.expect(height, certificate.phase == Phase::Commit, "the finality certificate is not of COMMITs");
    check_signatures(genesis, &expected.epoch, height, certificate, report);
    if expected.awaited.is_some_and(|awaited| awaited != certificate.digest && awaited != block) {
        report.fault(height, "an earlier finality certificate names a block that is not in the chain");
    }
    expected.awaited = None;
    if certificate.digest == block {
        return;
    }
    match report.taken(height, reader.height_of_block(&certificate.digest)).flatten() {
        Some(later) if later > height => {}
        Some(_) => report.fault(height, "the finality certificate is of an earlier block"),
        // The later block may not have been committed before the node stopped.
        None => expected.awaited = Some(certificate.digest),
    }
}

fn check_signatures(
    genesis: &Genesis,
    epoch: &KnownEpoch,
    height: Height,
    certificate: &Certificate,
    report: &mut Report,
) {
    report.certificates += 1;
    report.expect(height, certificate.epoch == epoch.epoch, "a certificate is of another epoch");
    if let Err(cause) = certificate.verify(genesis.chain(), &epoch.validators) {
        report.fault(height, format!("a certificate of phase {:?} is refused: {cause}", certificate.phase));
    }
}

fn check_transactions<S: Store>(
    reader: &Reader<S>,
    header: &Header,
    transactions: &[StoredTransaction],
    report: &mut Report,
) {
    let height = header.height;
    let hashes: Vec<Hash> = transactions.iter().map(|stored| Hash::of(Tag::SIGNED, &stored.bytes)).collect();
    report.expect(
        height,
        u32::try_from(hashes.len()) == Ok(header.transactions) && merkle::root(&hashes) == header.transactions_root,
        "the transactions do not hash to the header's root",
    );
    for (index, (stored, hash)) in (0..).zip(transactions.iter().zip(&hashes)) {
        report.transactions += 1;
        let id = SignedTransaction::from_bytes(&stored.bytes).map(|signed| signed.body.id());
        if stored.signed_hash != *hash || id != Ok(stored.id) {
            report.fault(height, format!("transaction {index} is stored under other names than its own"));
        }
        let place = report.taken(height, reader.locate(&stored.id)).flatten();
        if place != Some((height, index)) {
            report.fault(height, format!("the index of transactions does not lead to transaction {index}"));
        }
    }
}

fn check_receipts(
    transactions: Option<&[StoredTransaction]>,
    header: &Header,
    receipts: &[Receipt],
    events: &[EventRecord],
    result: &ExecutionResult,
    report: &mut Report,
) {
    let height = result.height;
    let hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
    report.expect(
        height,
        merkle::root(&hashes) == result.receipts_root,
        "the receipts do not hash to the result's root",
    );
    let are_here = u32::try_from(receipts.len()).is_ok_and(|count| count >= header.transactions)
        && (0u32..).zip(receipts).all(|(index, receipt)| receipt.height == height && receipt.index == index);
    let belong = are_here
        && transactions.is_none_or(|transactions| {
            receipts.len() >= transactions.len()
                && receipts.iter().zip(transactions).all(|(receipt, stored)| receipt.transaction == stored.id)
        });
    report.expect(height, belong, "the receipts are not those of the block's transactions");
    let hashes: Vec<Hash> = events.iter().map(EventRecord::hash).collect();
    report.expect(height, merkle::root(&hashes) == result.events_root, "the events do not hash to the result's root");
}

/// The index leads to scheduled calls too, which stand behind the transactions.
fn check_scheduled<S: Store>(
    reader: &Reader<S>,
    header: &Header,
    receipts: &[Receipt],
    rows: &mut Rows,
    report: &mut Report,
) {
    let height = header.height;
    for receipt in receipts.iter().filter(|receipt| receipt.index >= header.transactions) {
        rows.scheduled = rows.scheduled.saturating_add(1);
        let place = report.taken(height, reader.locate(&receipt.transaction)).flatten();
        if place != Some((height, receipt.index)) {
            report
                .fault(height, format!("the index of transactions does not lead to scheduled call {}", receipt.index));
        }
    }
}

/// A transaction fails by decree exactly if there is one that a quorum signed.
fn check_overrides<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    result: &ExecutionResult,
    receipts: &[Receipt],
    epoch: &KnownEpoch,
    report: &mut Report,
) {
    let height = result.height;
    let overrides = report.taken(height, reader.overrides(height)).unwrap_or_default();
    for signed in &overrides {
        report.certificates += 1;
        let decree = &signed.decree;
        report.expect(
            height,
            (decree.height, decree.block) == (height, result.block),
            "an override is of another block",
        );
        if let Err(cause) = signed.verify(genesis.chain(), &epoch.validators) {
            report.fault(height, format!("an override is refused: {cause}"));
        }
    }
    report.expect(height, decreed::root(&overrides) == result.overrides, "the overrides are not those of the result");
    for receipt in receipts {
        let decreed = overrides.iter().any(|signed| signed.decree.transaction == receipt.transaction);
        let failed = receipt.outcome == Outcome::Rejected(RejectCode::Overridden);
        report.expect(height, decreed == failed, "a transaction did not end as an override decrees");
    }
}

fn check_events<S: Store>(reader: &Reader<S>, events: &[EventRecord], rows: &mut Rows, report: &mut Report) {
    for event in events {
        let keys: std::collections::BTreeSet<_> = index_keys(event).into_iter().collect();
        for key in keys {
            rows.events += 1;
            let row = report.taken(event.height, reader.store().get(Space::Events, &key).map_err(Into::into)).flatten();
            if row.is_none() {
                report.fault(event.height, format!("event {} is missing in the index of events", event.index));
            }
        }
    }
}

fn check_result<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    header: &Header,
    result: &ExecutionResult,
    expected: &Expected,
    report: &mut Report,
) {
    let height = header.height;
    report.expect(height, result.height == height && result.block == header.hash(), "the result is of another block");
    report.expect(height, result.range_root == expected.range.root(), "the result has another root of earlier results");
    if height >= reader.oldest_state() {
        let root = report.taken(height, reader.shared().root(height));
        let agrees = root.is_none_or(|root| root.hash() == result.state_root);
        report.expect(height, agrees, "the stored root is not that of the result");
        report.taken(height, load::delta(reader.store(), height));
    }
    if let Some(certificate) = report.taken(height, reader.result_certificate(height)).flatten() {
        let fits = certificate.phase == Phase::Checkpoint
            && certificate.number == height.0
            && certificate.digest == result.hash();
        report.expect(height, fits, "the result certificate is for another result");
        check_signatures(genesis, &expected.epoch, height, &certificate, report);
    }
}

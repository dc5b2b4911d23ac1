//! Proof files: of what a query read, of transactions, of events, of logs.

use crate::error::LedgerError;
use crate::event::{EventCursor, records};
use crate::reader::{LogPage, Reader};
use crate::store::Store;
use countersign_types::proof::{
    Anchor, Earlier, Entry, EventProof, HistoryPart, Log, Page, Proof, Subject, TraceAsOf, TransactionProof, VERSION,
};
use countersign_types::receipt::EventRecord;
use countersign_types::{Address, Epoch, EpochEnd, Hash, Height, Receipt, Restart, RestartOrder, merkle, state_key};
use std::collections::{BTreeMap, BTreeSet};

/// The two blocks of a proof: the one under which something is shown, and the one whose certificate it rests on. The
/// newest certified one serves for both, or for the second: the first may be any before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocks {
    /// The block under which it is shown.
    pub shown: Height,
    /// The block whose certificate it rests on.
    pub certified: Height,
}

impl Blocks {
    /// One block for both.
    #[must_use]
    pub fn at(height: Height) -> Self {
        Self { shown: height, certified: height }
    }
}

/// What a query read: the keys of state entries and whole logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Keys of state entries, whether they were there or not.
    pub entries: BTreeSet<Vec<u8>>,
    /// Contract and key of logs.
    pub logs: BTreeSet<(Address, Vec<u8>)>,
}

/// A question about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceQuestion {
    /// The provenance contract.
    pub contract: Address,
    /// The question's word.
    pub query: String,
    /// The item as it is asked for.
    pub item: String,
    /// The height that is asked about, if it is not that of the block under which it is shown.
    pub as_of: Option<TraceAsOf>,
    /// The part of a history that is asked for, if not the whole.
    pub page: Option<HistoryPart>,
    /// What is asked beside the item, by name.
    pub arguments: BTreeMap<String, String>,
}

/// Some records of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuestion {
    /// The contract.
    pub contract: Address,
    /// The log's key.
    pub key: Vec<u8>,
    /// Position of the first record.
    pub start: u64,
    /// Most records; a page holds no more than [`crate::limits::PAGE_ITEMS_MAX`] and
    /// [`crate::limits::LOG_PAGE_BYTES_MAX`].
    pub limit: usize,
    /// The height that is asked about, if it is not that of the block under which it is shown.
    pub as_of: Option<Height>,
}

/// The proof of state entries, present or absent.
///
/// # Errors
/// [`LedgerError::NotCertified`] if the block is not certified, [`LedgerError::Pruned`] if the state is no longer kept.
pub fn prove_state<S: Store>(
    reader: &Reader<S>,
    blocks: Blocks,
    keys: &BTreeSet<Vec<u8>>,
) -> Result<Proof, LedgerError> {
    let frame = Frame::new(reader, blocks)?;
    let entries = entries(reader, blocks.shown, keys)?;
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let witness = reader.witness(blocks.shown, &keys)?;
    Ok(frame.around(Subject::State { entries, witness }))
}

/// The proof of everything that was read to answer a question about an item.
///
/// # Errors
/// As [`prove_state`].
pub fn prove_trace<S: Store>(
    reader: &Reader<S>,
    blocks: Blocks,
    question: TraceQuestion,
    reads: &Reads,
) -> Result<Proof, LedgerError> {
    let frame = Frame::new(reader, blocks)?;
    let entries = entries(reader, blocks.shown, &reads.entries)?;
    let past = question.as_of.map(|as_of| as_of.height);
    let logs = reads.logs.iter().map(|(contract, key)| read_log(reader, blocks.shown, contract, key, past));
    let logs = logs.collect::<Result<_, LedgerError>>()?;
    let ranges: Vec<Vec<u8>> = reads.logs.iter().map(|(contract, key)| state_key::log(contract, key)).collect();
    let keys: Vec<&[u8]> = reads.entries.iter().chain(&ranges).map(Vec::as_slice).collect();
    let witness = reader.witness(blocks.shown, &keys)?;
    let TraceQuestion { contract, query, item, as_of, page, arguments } = question;
    Ok(frame.around(Subject::Trace { contract, query, item, as_of, page, arguments, entries, logs, witness }))
}

/// A log that was read: whole, or as of a height in the past up to the first later record, where a page holds that much.
fn read_log<S: Store>(
    reader: &Reader<S>,
    shown: Height,
    contract: &Address,
    key: &[u8],
    past: Option<Height>,
) -> Result<Log, LedgerError> {
    if let Some(past) = past {
        let needed = reader.log_len_at(contract, key, past)?.saturating_add(1);
        let found = reader.log_page(contract, key, shown, 0..needed, usize::MAX)?;
        if !found.is_last() && found.end() >= needed {
            return Ok(log_of(contract, key, found));
        }
    }
    let records = reader.log_at(contract, key, shown)?;
    Ok(Log { contract: *contract, key: key.to_vec(), records, page: None })
}

/// Records with what shows where they stand, unless they are all of the log.
fn log_of(contract: &Address, key: &[u8], found: LogPage) -> Log {
    let whole = found.start == 0 && found.is_last();
    let page = (!whole).then_some(Page { start: found.start, range: found.range, path: found.path });
    Log { contract: *contract, key: key.to_vec(), records: found.records, page }
}

/// The proof of records of a log. As of a height in the past, it has the first later record too, where the log went on
/// behind the page's end: that shows where it ended then.
///
/// # Errors
/// As [`prove_state`].
pub fn prove_log<S: Store>(reader: &Reader<S>, blocks: Blocks, question: LogQuestion) -> Result<Proof, LedgerError> {
    let frame = Frame::new(reader, blocks)?;
    let LogQuestion { contract, key, start, limit, as_of } = question;
    let wanted = start.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX));
    let held = as_of.map(|height| reader.log_len_at(&contract, &key, height)).transpose()?;
    let end = match held {
        Some(held) if wanted >= held => held.saturating_add(1).max(start),
        _ => wanted,
    };
    let found = reader.log_page(&contract, &key, blocks.shown, start..end, usize::MAX)?;
    let witness = reader.witness(blocks.shown, &[&state_key::log(&contract, &key)])?;
    let log = log_of(&contract, &key, found);
    Ok(frame.around(Subject::Log { log, as_of, witness }))
}

/// The proof of a transaction with its receipt, resting on a certified block; `None` if no block up to that one has it, and
/// for a scheduled call, which is no transaction and whose events are proven by themselves.
///
/// # Errors
/// As [`prove_state`].
pub fn prove_transaction<S: Store>(
    reader: &Reader<S>,
    certified: Height,
    id: &Hash,
) -> Result<Option<Proof>, LedgerError> {
    let Some((height, index)) = reader.locate(id)?.filter(|(height, _)| *height <= certified) else {
        return Ok(None);
    };
    let frame = Frame::new(reader, Blocks { shown: height, certified })?;
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    let mut transactions = reader.transactions(height)?;
    let mut receipts = reader.receipts(height)?;
    let receipt = receipts.get(at).filter(|receipt| receipt.transaction == *id);
    if at >= transactions.len() && receipt.is_some() {
        return Ok(None);
    }
    let names: Vec<Hash> = transactions.iter().map(|stored| stored.signed_hash).collect();
    let hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
    let short = LedgerError::Inconsistent { height, what: "a transaction stands behind the end of its block" };
    let (path, receipt_path) = merkle::prove(&names, at).zip(merkle::prove(&hashes, at)).ok_or(short)?;
    // A path was found, so both lists reach as far.
    let (transaction, receipt) = (transactions.swap_remove(at).bytes, receipts.swap_remove(at));
    let proof = TransactionProof { transaction, path: path.into(), receipt, receipt_path: receipt_path.into() };
    Ok(Some(frame.around(Subject::Transaction(proof))))
}

/// The proof of an event, resting on a certified block; `None` if there is none at that place.
///
/// # Errors
/// As [`prove_state`].
pub fn prove_event<S: Store>(
    reader: &Reader<S>,
    certified: Height,
    place: EventCursor,
) -> Result<Option<Proof>, LedgerError> {
    let EventCursor { height, index } = place;
    if height == Height::ZERO || height > certified {
        return Ok(None);
    }
    let mut events = records(height, &reader.receipts(height)?);
    let hashes: Vec<Hash> = events.iter().map(EventRecord::hash).collect();
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    let Some(path) = merkle::prove(&hashes, at) else { return Ok(None) };
    let frame = Frame::new(reader, Blocks { shown: height, certified })?;
    // A path was found, so there is an event.
    let record = events.swap_remove(at);
    Ok(Some(frame.around(Subject::Event(EventProof { record, path: path.into() }))))
}

/// How validators lead from a known epoch to a newer certified block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidatorChain {
    /// The ends of epochs from the known one on.
    pub epochs: Vec<EpochEnd>,
    /// The newest certified block of the epoch that they lead to.
    pub anchor: Anchor,
    /// The known block in its place before that, if there is one before that.
    pub earlier: Option<Earlier>,
    /// Whether there are newer epochs.
    pub more: bool,
}

/// How validators lead from an epoch to that of a certified block, over at most so many ends of epochs, for somebody who
/// knows that epoch's validators and a block at a height (zero for none).
///
/// # Errors
/// As [`prove_state`].
pub fn prove_validators<S: Store>(
    reader: &Reader<S>,
    certified: Height,
    from: Epoch,
    known: Height,
    ends_max: usize,
) -> Result<ValidatorChain, LedgerError> {
    let missing = |height| LedgerError::NotCertified { height, certified: reader.certified() };
    let newest = reader.anchor(certified)?.ok_or_else(|| missing(certified))?;
    let mut epochs = reader.epoch_ends(newest.header.epoch)?;
    epochs.retain(|end| end.certificate.epoch >= from);
    // The first end that is left for later is the last block of the epoch that the others lead to.
    let left = epochs.get(ends_max).map(|end| end.result.height);
    let anchor = match left {
        None => newest,
        Some(last) => reader.anchor(last)?.ok_or_else(|| missing(last))?,
    };
    epochs.truncate(ends_max);
    let at = anchor.header.height;
    let is_before = known > Height::ZERO && known < at;
    let earlier = is_before.then(|| earlier(reader, known, at)).transpose()?;
    Ok(ValidatorChain { epochs, anchor, earlier, more: left.is_some() })
}

/// A block in its place before a certified one.
fn earlier<S: Store>(reader: &Reader<S>, shown: Height, certified: Height) -> Result<Earlier, LedgerError> {
    let missing = || LedgerError::NotCertified { height: shown, certified: reader.certified() };
    let header = reader.header(shown)?.ok_or_else(missing)?;
    let result = reader.result(shown)?.ok_or_else(missing)?;
    Ok(Earlier { header, result, proof: reader.result_proof(shown, certified)? })
}

/// The end of an epoch by an order, with the proof that the state at its height lets its signers order it.
///
/// # Errors
/// [`LedgerError::Unknown`] above the tip, [`LedgerError::Pruned`] if the state at the height is no longer kept.
pub fn end_by_order<S: Store>(reader: &Reader<S>, order: &RestartOrder) -> Result<EpochEnd, LedgerError> {
    let RestartOrder { epoch, result, certificate, validators, signatures, .. } = order.clone();
    let keys = order.state_keys();
    let entries = entries(reader, result.height, &keys)?;
    let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
    let witness = reader.witness(result.height, &keys)?;
    let restart = Some(Restart { epoch, signatures, entries, witness });
    Ok(EpochEnd { result, certificate, validators, restart })
}

fn entries<S: Store>(reader: &Reader<S>, height: Height, keys: &BTreeSet<Vec<u8>>) -> Result<Vec<Entry>, LedgerError> {
    keys.iter().map(|key| Ok(Entry { key: key.clone(), value: reader.read_at(key, height)? })).collect()
}

/// All of a proof but its subject.
struct Frame {
    chain: Hash,
    epochs: Vec<EpochEnd>,
    anchor: Anchor,
    earlier: Option<Earlier>,
}

impl Frame {
    fn new<S: Store>(reader: &Reader<S>, Blocks { shown, certified }: Blocks) -> Result<Self, LedgerError> {
        let missing = |height| LedgerError::NotCertified { height, certified: reader.certified() };
        if shown > certified || shown == Height::ZERO {
            return Err(missing(shown));
        }
        let anchor = reader.anchor(certified)?.ok_or_else(|| missing(certified))?;
        let earlier = (shown != certified).then(|| earlier(reader, shown, certified)).transpose()?;
        let epochs = reader.epoch_ends(anchor.header.epoch)?;
        Ok(Self { chain: reader.chain(), epochs, anchor, earlier })
    }

    fn around(self, subject: Subject) -> Proof {
        let Self { chain, epochs, anchor, earlier } = self;
        Proof { version: VERSION, chain, epochs, anchor, earlier, subject }
    }
}

//! Making a snapshot from a ledger, beside its writer.
//!
//! Subtrees are tried from the top: one that takes too many bytes is left for its two sides, so each entry is read twice
//! on average, and no more than one piece is held in memory.

use super::checked::Snapshot;
use super::error::SnapshotError;
use super::layout::{Layout, LogStart};
use super::logs::{LogHead, LogsPiece, Run, first_from};
use super::manifest::Manifest;
use super::state::StatePiece;
use super::walk::Subtree;
use super::{Piece, Progress, Shelf};
use crate::limits::{LOG_ROWS_AT_ONCE, SNAPSHOT_LOGS_BYTES, SNAPSHOT_STATE_BYTES};
use crate::reader::Reader;
use crate::store::Store;
use crate::tree::Node;
use countersign_types::range::RangeProof;
use countersign_types::state::Step;
use countersign_types::{ExecutionResult, Genesis, Hash, Height, codec};

/// Makes the snapshot of a height, whose state is kept from being pruned meanwhile. The manifest is put last.
///
/// # Errors
/// [`SnapshotError::Height`] if the result of the height or one of the two windows before it is not certified here, or
/// its state is not kept; the ledger's and the shelf's.
pub fn make<S: Store>(
    reader: &Reader<S>,
    genesis: &Genesis,
    height: Height,
    shelf: &mut impl Shelf,
    progress: impl FnMut(Progress),
) -> Result<Snapshot, SnapshotError> {
    let pin = reader.pin(height)?;
    let root = reader.shared().root(height)?;
    // First what may not be there yet, since the rest takes long.
    let empty = |result: &ExecutionResult| Layout {
        chain: genesis.chain(),
        height,
        result: result.hash(),
        tree: Vec::new(),
        logs: Vec::new(),
    };
    let mut manifest = Manifest::of(reader, genesis, height, empty)?;
    (manifest.layout.tree, manifest.layout.logs) = cut(reader, &root, shelf, progress)?;
    drop(pin);
    let parts = manifest.pieces()?;
    // What others would refuse is not offered to them.
    let snapshot = manifest.verify(genesis)?;
    for (bytes, part) in parts.iter().zip(0..) {
        shelf.put(Piece::Manifest { part }, bytes)?;
    }
    Ok(snapshot)
}

type Cuts = (Vec<Step>, Vec<Vec<LogStart>>);

fn cut<S: Store>(
    reader: &Reader<S>,
    root: &Node,
    shelf: &mut impl Shelf,
    progress: impl FnMut(Progress),
) -> Result<Cuts, SnapshotError> {
    let mut maker = Maker { reader, shelf, progress, tree: Vec::new(), logs: Vec::new() };
    maker.subtree(&Subtree::Node(root.clone()), 0, 0)?;
    Ok((maker.tree, maker.logs))
}

struct Maker<'a, S, H, P> {
    reader: &'a Reader<S>,
    shelf: &'a mut H,
    progress: P,
    tree: Vec<Step>,
    logs: Vec<Vec<LogStart>>,
}

impl<S: Store, H: Shelf, P: FnMut(Progress)> Maker<'_, S, H, P> {
    /// `before` is what stands left of the subtree, in 2^16ths of all paths.
    fn subtree(&mut self, subtree: &Subtree, depth: usize, before: u64) -> Result<(), SnapshotError> {
        let (hash, shared) = (subtree.hash(depth), self.reader.shared());
        if hash == Hash::ZERO {
            self.tree.push(Step::Empty);
            return Ok(());
        }
        if let Some(entries) = subtree.entries(shared, depth, SNAPSHOT_STATE_BYTES)? {
            self.tree.push(Step::Stub(hash));
            self.piece(StatePiece { entries })?;
            (self.progress)(Progress { done: before.saturating_add(share(depth)), total: share(0) });
            return Ok(());
        }
        // More than one entry, so there are two sides.
        let nothing = Subtree::Leaves(Vec::new());
        let (left, right) = subtree.sides(shared, depth)?.unwrap_or((nothing.clone(), nothing));
        self.tree.push(Step::Node);
        let below = depth.saturating_add(1);
        self.subtree(&left, below, before)?;
        self.subtree(&right, below, before.saturating_add(share(below)))
    }

    fn piece(&mut self, piece: StatePiece) -> Result<(), SnapshotError> {
        let cut = number(self.logs.len())?;
        let name = Piece::State { cut };
        let logs = piece.logs().map_err(|cause| SnapshotError::Piece { piece: name, cause })?;
        self.shelf.put(name, &codec::encode(&piece))?;
        drop(piece);
        let mut packer =
            Packer { reader: self.reader, shelf: self.shelf, cut, starts: Vec::new(), open: Open::default() };
        for (head, log) in logs.iter().zip(0..) {
            packer.log(head, log)?;
        }
        packer.close()?;
        debug_assert_eq!(packer.starts.first().copied(), first_from(&logs, 0), "pieces begin with the first record");
        self.logs.push(packer.starts);
        Ok(())
    }
}

/// Puts records into pieces.
struct Packer<'a, S, H> {
    reader: &'a Reader<S>,
    shelf: &'a mut H,
    cut: u32,
    starts: Vec<LogStart>,
    open: Open,
}

/// The piece that is being filled.
#[derive(Default)]
struct Open {
    runs: Vec<Run>,
    bytes: usize,
}

impl<S: Store, H: Shelf> Packer<'_, S, H> {
    fn log(&mut self, head: &LogHead, log: u32) -> Result<(), SnapshotError> {
        let count = head.range.count();
        let mut run = Run { log, index: 0, records: Vec::new(), proof: RangeProof::default() };
        let mut index = 0u64;
        while index < count {
            let left = usize::try_from(count - index).unwrap_or(usize::MAX).min(LOG_ROWS_AT_ONCE);
            let records = self.reader.log_records(&head.contract, &head.key, index, left)?;
            if records.is_empty() {
                return Err(self.reader.log_damaged(&head.contract, &head.key).into());
            }
            for record in records {
                let bytes = record.to_bytes();
                let more = bytes.len().saturating_add(LENGTH_BYTES).saturating_add(RUN_BYTES);
                if self.open.bytes > 0 && self.open.bytes.saturating_add(more) > SNAPSHOT_LOGS_BYTES {
                    let next = Run { log, index, records: Vec::new(), proof: RangeProof::default() };
                    self.add(head, std::mem::replace(&mut run, next), index)?;
                    self.close()?;
                }
                if run.records.is_empty() {
                    self.open.bytes = self.open.bytes.saturating_add(RUN_BYTES);
                }
                self.open.bytes = self.open.bytes.saturating_add(bytes.len()).saturating_add(LENGTH_BYTES);
                run.records.push(bytes);
                index = index.saturating_add(1);
            }
        }
        self.add(head, run, index)
    }

    /// Adds a run that ends before `end`, unless it is empty. A whole log needs no proof.
    fn add(&mut self, head: &LogHead, mut run: Run, end: u64) -> Result<(), SnapshotError> {
        if !run.records.is_empty() {
            run.proof = self.reader.prove_run(&head.contract, &head.key, &head.range, run.index..end)?;
            self.open.runs.push(run);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), SnapshotError> {
        let Open { runs, .. } = std::mem::take(&mut self.open);
        let Some(first) = runs.first() else { return Ok(()) };
        let start = LogStart { log: first.log, index: first.index };
        let piece = Piece::Logs { cut: self.cut, part: number(self.starts.len())? };
        self.starts.push(start);
        self.shelf.put(piece, &codec::encode(&LogsPiece { runs }))
    }
}

/// Bytes of a length.
const LENGTH_BYTES: usize = 4;
/// Bytes of a run besides its records and its proof's hashes: log, index and two lengths.
const RUN_BYTES: usize = 4 + 8 + 2 * LENGTH_BYTES;

/// 2^16ths of all paths below a node at a depth.
fn share(depth: usize) -> u64 {
    u32::try_from(depth).ok().and_then(|depth| (1u64 << 16).checked_shr(depth)).unwrap_or(0)
}

/// Number of a piece; a manifest of the largest size names fewer than 2^32.
fn number(count: usize) -> Result<u32, SnapshotError> {
    let max = usize::try_from(u32::MAX).unwrap_or(usize::MAX);
    u32::try_from(count).map_err(|_| SnapshotError::TooLarge { what: "a snapshot", bytes: count, max })
}

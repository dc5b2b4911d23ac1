//! Mending the ledger: damaged rows of certified heights come again from peers, and peers get them from here.

use super::Replica;
use super::perform::{named_by, stored};
use crate::error::ReplicaError;
use crate::heal::StatePlace;
use crate::input::Output;
use crate::limits::{STATE_BYTES_MAX, STATE_PLACES_MAX, SYNC_BYTES_MAX};
use crate::repair::Gathered;
use crate::wire::{CertifiedBlock, Part, Piece, Wire};
use countersign_consensus::Target;
use countersign_ledger::snapshot::{self, Below, StatePiece};
use countersign_ledger::{Class, LedgerError, Repair, Store};
use countersign_types::{
    Address, Block, Certificate, Height, Phase, Receipt, SignedOverride, ValidatorSet, merkle, overrides,
};

impl<S: Store> Replica<S> {
    /// Looks after what reads found damaged since the last turn, and asks for it.
    pub(super) fn mend(&mut self) -> Result<(), ReplicaError> {
        if self.reader.damage_changes() != self.damage_seen {
            self.damage_seen = self.reader.damage_changes();
            self.repairs.note(self.reader.damaged().heights);
        }
        while let Some(height) = self.repairs.next(self.now, self.certified) {
            let lacks = self.ledger.lacks(height)?;
            if lacks.any() {
                let block = if lacks.block { None } else { self.served(height)? };
                self.repairs.begin(height, block);
                self.rewrite(None)?;
            } else {
                self.ledger.not_damaged(height);
                self.repairs.done(height);
            }
        }
        let (peers, own) = (self.peers(), self.own);
        if let Some((peer, height, part)) = self.repairs.due(self.now, peers, own) {
            let message = Wire::RecordWanted { height, part };
            self.outputs.push(Output::Send { to: Target::One(peer), message, after: 0 });
        }
        Ok(())
    }

    /// Sends a peer a part of a height that it lost; nothing of what is not here either.
    pub(super) fn serve_record(&mut self, to: u16, height: Height, part: Part) -> Result<(), ReplicaError> {
        if height == Height::ZERO || height > self.certified || !self.blocks_served.may(to, self.now) {
            return Ok(());
        }
        let piece = match part {
            Part::Block => Piece::Block(self.served(height)?.map(Box::new)),
            Part::Receipts { from } => {
                let receipts = self.reader.receipts(height).map(Some).or_else(not_here)?.unwrap_or_default();
                Piece::Receipts { from, receipts: page(receipts, from) }
            }
        };
        self.outputs.push(Output::Send { to: Target::One(to), message: Wire::Record { height, piece }, after: 0 });
        Ok(())
    }

    /// Sends a peer what stands at places of the state that it lost. What is damaged here too is not sent.
    pub(super) fn serve_state(&mut self, to: u16, height: Height, places: &[StatePlace]) -> Result<(), ReplicaError> {
        if places.len() > STATE_PLACES_MAX || !self.blocks_served.may(to, self.now) {
            return Ok(());
        }
        let (mut pieces, mut room): (Vec<Option<StatePiece>>, usize) = (Vec::new(), STATE_BYTES_MAX);
        for place in places {
            let read = snapshot::below(&self.reader, height, (&place.prefix, place.depth.into()), room);
            let piece = match read.map(Some).or_else(not_here)? {
                Some(Below::Piece(piece)) => Some(piece),
                // It is asked for again, with room for itself.
                Some(Below::Large) if !pieces.is_empty() => break,
                Some(Below::Large | Below::Many) | None => None,
            };
            room = room.saturating_sub(borsh::object_length(&piece).unwrap_or(usize::MAX));
            pieces.push(piece);
        }
        self.outputs.push(Output::Send { to: Target::One(to), message: Wire::State { pieces }, after: 0 });
        Ok(())
    }

    /// Sends a peer records of a log that it lost, from a position on, proven under the log's range of so many. What is damaged here too is
    /// not sent.
    pub(super) fn serve_log(
        &mut self,
        to: u16,
        contract: &Address,
        key: &[u8],
        (count, start): (u64, u64),
    ) -> Result<(), ReplicaError> {
        if !self.blocks_served.may(to, self.now) {
            return Ok(());
        }
        let run = self.reader.log_run_of(contract, key, count, start).or_else(not_here)?;
        self.outputs.push(Output::Send { to: Target::One(to), message: Wire::Log(run), after: 0 });
        Ok(())
    }

    /// The block at a height, for a peer; none if it was pruned here or is damaged. Damage is noted and mended.
    pub(super) fn served(&self, height: Height) -> Result<Option<CertifiedBlock>, ReplicaError> {
        CertifiedBlock::read(&self.reader, height).or_else(not_here)
    }

    /// Takes a part of a damaged height that a peer sent.
    pub(super) fn take_record(&mut self, from: u16, height: Height, piece: Piece) -> Result<(), ReplicaError> {
        if !self.repairs.awaits(from, height) {
            return Ok(());
        }
        let is_useful = match piece {
            Piece::Block(Some(block)) if self.repairs.awaits_block() && self.is_certified_at(height, &block)? => {
                self.repairs.take_block(*block);
                self.rewrite(None)?
            }
            Piece::Receipts { from, receipts } => match self.repairs.take_receipts(from, receipts) {
                Gathered::Some => true,
                Gathered::All => {
                    let receipts = self.repairs.take_gathered();
                    self.rewrite(Some(receipts))?
                }
                Gathered::Wrong => false,
            },
            Piece::Block(_) => false,
        };
        if !is_useful {
            self.repairs.failed(self.now, self.peers());
        }
        Ok(())
    }

    /// Writes a height anew if everything is here; `false` if what came does not belong there.
    fn rewrite(&mut self, gathered: Option<Vec<Receipt>>) -> Result<bool, ReplicaError> {
        let Some(certified) = self.repairs.block().cloned() else { return Ok(false) };
        let height = certified.result.height;
        let is_kept = height >= self.reader.oldest(Class::Receipts);
        let receipts = match gathered {
            None if is_kept && certified.result.receipts_root == merkle::root(&[]) => Some(Vec::new()),
            None if is_kept => match self.ledger.receipts_here(&certified.result)? {
                Some(receipts) => Some(receipts),
                // They are asked for next.
                None => return Ok(true),
            },
            other => other,
        };
        let CertifiedBlock { block, transactions, finality, result, certificate, overrides, .. } = certified;
        let Some(transactions) = named_by(&block.transactions, &transactions, &self.chain) else { return Ok(false) };
        let transactions = transactions.iter().map(|transaction| stored(transaction)).collect();
        let repair = Repair { block, transactions, finality, result, certificate, overrides, receipts };
        match self.ledger.repair(&repair) {
            Ok(()) => {
                self.repairs.done(height);
                self.outputs.push(Output::Mended { height });
                Ok(true)
            }
            // What a peer sends stops nobody.
            Err(LedgerError::Repair { .. }) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Whether a block is the one at a certified height: a quorum of the epoch that it names signed its result, and nothing that
    /// is sound here says otherwise ([`countersign_ledger::Ledger::repair`] compares).
    fn is_certified_at(&self, height: Height, certified: &CertifiedBlock) -> Result<bool, ReplicaError> {
        let CertifiedBlock { block, finality, result, certificate, overrides: decreed, .. } = certified;
        let header = &block.header;
        let Some((origin, set)) = self.reader.epoch(header.epoch)? else { return Ok(false) };
        let proven = |certificate: &Certificate| {
            certificate.epoch == header.epoch && certificate.verify(self.chain, &set).is_ok()
        };
        Ok(height > origin
            && (header.height, result.height, result.block) == (height, height, block.hash())
            && (certificate.phase, certificate.number, certificate.digest)
                == (Phase::Checkpoint, height.0, result.hash())
            && finality.phase == Phase::Commit
            && overrides::check_count(decreed.len()).is_ok()
            && proven(certificate)
            && proven(finality)
            && self.were_decreed(block, decreed, &set))
    }

    /// Whether a quorum of these validators signed all this about a block.
    pub(super) fn were_decreed(&self, block: &Block, overrides: &[SignedOverride], set: &ValidatorSet) -> bool {
        let place = (block.header.height, block.hash());
        overrides.iter().all(|signed| {
            (signed.decree.height, signed.decree.block) == place && signed.verify(self.chain, set).is_ok()
        })
    }
}

/// What cannot be read here is not here for a peer; other failures are ours.
fn not_here<T>(cause: LedgerError) -> Result<Option<T>, ReplicaError> {
    match cause {
        LedgerError::Pruned { .. } | LedgerError::BeforeSnapshot { .. } => Ok(None),
        cause if cause.damaged_row().is_some() => Ok(None),
        cause => Err(cause.into()),
    }
}

/// Receipts from a position on, as many as an answer holds; one always fits, see
/// [`crate::limits::RECEIPT_BYTES_MAX`].
fn page(receipts: Vec<Receipt>, from: u32) -> Vec<Receipt> {
    let mut bytes = 0usize;
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let fits = |receipt: &Receipt| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(borsh::object_length(receipt).unwrap_or(usize::MAX));
        is_first || bytes <= SYNC_BYTES_MAX
    };
    receipts.into_iter().skip(from).take_while(fits).collect()
}

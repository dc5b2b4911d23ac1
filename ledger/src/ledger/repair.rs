//! Writing damaged rows of one height anew from what peers sent.
//!
//! Who calls this has checked the signatures; here everything must belong together, to the height, and to those of its
//! neighbours and own rows that can be read. Then all rows of the height go in one synced batch. What was pruned stays away.

use super::commit::{are_for, put_bodies, put_header, put_receipts};
use super::{Ledger, StoredTransaction};
use crate::error::LedgerError;
use crate::event::{index_events, records};
use crate::record::{height_key, override_key, put_sealed};
use crate::store::{Batch, Space, Store};
use countersign_types::{
    Block, Certificate, ExecutionResult, Hash, Height, Receipt, SignedOverride, merkle, overrides, vote::Phase,
};

/// What belongs to a certified height.
#[derive(Debug, Clone)]
pub struct Repair {
    /// The block.
    pub block: Block,
    /// Its transactions in order.
    pub transactions: Vec<StoredTransaction>,
    /// The COMMIT certificate that finalised it.
    pub finality: Certificate,
    /// Its result.
    pub result: ExecutionResult,
    /// The quorum under the result.
    pub certificate: Certificate,
    /// What was decreed about its transactions.
    pub overrides: Vec<SignedOverride>,
    /// Their receipts in order, and those of the scheduled calls; none where they were pruned here.
    pub receipts: Option<Vec<Receipt>>,
}

/// Which rows of a height cannot be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Header, transactions or the result certificate.
    pub block: bool,
    /// Receipts. They are judged by the header's result, so nothing is said of them without it.
    pub receipts: bool,
}

impl Lacks {
    /// Whether anything is.
    #[must_use]
    pub const fn any(self) -> bool {
        self.block || self.receipts
    }
}

impl<S: Store> Ledger<S> {
    /// Reads everything of a height; says what is damaged. What was pruned is not.
    ///
    /// # Errors
    /// The store's, if it is not damage.
    pub fn lacks(&self, height: Height) -> Result<Lacks, LedgerError> {
        let reader = self.reader();
        if is_damaged(reader.header(height))? {
            return Ok(Lacks { block: true, receipts: false });
        }
        let block = is_damaged(reader.transactions(height))? || is_damaged(reader.result_certificate(height))?;
        Ok(Lacks { block, receipts: is_damaged(reader.receipts(height))? })
    }

    /// Receipts of a height that are here and have this root; `None` if they must come from somebody else.
    ///
    /// # Errors
    /// As [`Ledger::lacks`].
    pub fn receipts_here(&self, result: &ExecutionResult) -> Result<Option<Vec<Receipt>>, LedgerError> {
        match self.reader().receipts_under(result.height, &result.receipts_root) {
            Err(cause) if cause.damaged_row().is_some() => Ok(None),
            other => other,
        }
    }

    /// Writes all rows of a height anew.
    ///
    /// # Errors
    /// [`LedgerError::Repair`] if it does not belong there, and the store's; then this node must stop.
    pub fn repair(&mut self, repair: &Repair) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        let height = repair.result.height;
        if let Some(what) = self.misfit(repair)? {
            return Err(LedgerError::Repair { height, what });
        }
        let floors = self.shared.view().floors;
        let mut batch = Batch::default();
        put_header(&mut batch, &repair.block.header, &repair.finality, &repair.result);
        put_sealed(&mut batch, Space::Certificates, &height_key(height), &repair.certificate);
        if height >= floors.bodies {
            put_bodies(&mut batch, height, &repair.transactions);
        }
        if let Some(receipts) = repair.receipts.as_ref().filter(|_| height >= floors.receipts) {
            let hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
            put_receipts(&mut batch, height, repair.transactions.len(), receipts, &hashes);
            index_events(&mut batch, &records(height, receipts));
        }
        if !repair.overrides.is_empty() {
            put_sealed(&mut batch, Space::Meta, &override_key(height), &repair.overrides);
        }
        self.write(batch, true)?;
        self.shared.damage.mended(height);
        Ok(())
    }

    /// Forgets that a height was found damaged: it was read since and is whole, or was pruned.
    pub fn not_damaged(&self, height: Height) {
        self.shared.damage.mended(height);
    }

    /// What does not belong together, if anything.
    fn misfit(&self, repair: &Repair) -> Result<Option<&'static str>, LedgerError> {
        let Repair { block, transactions, finality, result, certificate, overrides: decreed, receipts } = repair;
        let height = result.height;
        let reader = self.reader();
        let floors = self.shared.view().floors;
        let neighbour = |height| readable(reader.header(height));
        let (before, after) = (neighbour(height.previous())?, neighbour(height.next())?);
        let own = readable(reader.result(height))?;
        let hashes: Vec<Hash> = receipts.iter().flatten().map(Receipt::hash).collect();
        let names = transactions.iter().map(|transaction| &transaction.signed_hash);
        let hash = block.hash();
        let faults = [
            (height == Height::ZERO || height > reader.certified(), "the height is not certified here"),
            (!block.is_consistent(), "the header does not name the transactions"),
            (!block.transactions.iter().eq(names), "the transactions are others"),
            (block.header.chain != self.shared.chain, "the block is of another chain"),
            (block.header.height != height || result.block != hash, "the result is of another block"),
            (before.is_some_and(|before| before.hash() != block.header.parent), "the parent is another block"),
            (after.is_some_and(|after| after.parent != hash), "the next block has another parent"),
            (own.is_some_and(|own| own != *result), "the result is another than the one here"),
            (finality.phase != Phase::Commit, "the finality certificate is not of COMMITs"),
            // One of its own view or a later one is the block's or a descendant's, by agreement.
            (
                finality.epoch != block.header.epoch
                    || finality.number < block.header.view.0
                    || finality.number == block.header.view.0 && finality.digest != hash,
                "the finality certificate is not the block's",
            ),
            (
                (certificate.phase, certificate.number, certificate.digest)
                    != (Phase::Checkpoint, height.0, result.hash()),
                "the certificate is for another result",
            ),
            (overrides::root(decreed) != result.overrides, "the overrides are not those of the result"),
            (receipts.is_none() && height >= floors.receipts, "its receipts are missing"),
            (
                receipts.is_some() && merkle::root(&hashes) != result.receipts_root,
                "the receipts are not those of the result",
            ),
            (
                receipts.as_ref().is_some_and(|receipts| !are_for(receipts, transactions)),
                "the receipts are for other transactions",
            ),
        ];
        Ok(faults.into_iter().find(|(is_fault, _)| *is_fault).map(|(_, what)| what))
    }
}

/// Whether a read met damage.
fn is_damaged<T>(read: Result<T, LedgerError>) -> Result<bool, LedgerError> {
    match read {
        Ok(_) | Err(LedgerError::Pruned { .. }) => Ok(false),
        Err(cause) if cause.damaged_row().is_some() => Ok(true),
        Err(cause) => Err(cause),
    }
}

/// What can be read; nothing where it is damaged.
fn readable<T>(read: Result<Option<T>, LedgerError>) -> Result<Option<T>, LedgerError> {
    match read {
        Err(cause) if cause.damaged_row().is_some() => Ok(None),
        other => other,
    }
}

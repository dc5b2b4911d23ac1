//! Blocks, transactions, receipts, results and certificates.

use super::Reader;
use crate::error::LedgerError;
use crate::ledger::StoredTransaction;
use crate::record::{
    MARK, META_EPOCH, Place, StoredEpoch, StoredHeader, TRANSACTION_NAMES, Unpacked, decode_place, epoch_key,
    height_key, key_number, mark, override_key, restart_key, split_names,
};
use crate::retention::Class;
use crate::store::{Direction, KeyRange, Space, Store};
use countersign_types::hash::Tag;
use countersign_types::proof::Anchor;
use countersign_types::{
    Block, Certificate, Epoch, EpochEnd, ExecutionResult, Hash, Header, Height, KnownEpoch, Receipt, SignedOverride,
    SignedTransaction, ValidatorSet, merkle,
};

/// A block and the signed bytes of its transactions.
pub type SignedBlock = (Block, Vec<Vec<u8>>);

impl<S: Store> Reader<S> {
    fn stored_header(&self, height: Height) -> Result<Option<StoredHeader>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a header", space: Space::Headers, key: &key };
        self.noted(self.by_height(place, height).and_then(|bytes| bytes.map(|bytes| place.unseal(&bytes)).transpose()))
    }

    /// The record at a height: `None` above the tip and at genesis; missing below is damage, unless the ledger began
    /// with a snapshot above.
    fn by_height(&self, place: Place<'_>, height: Height) -> Result<Option<Vec<u8>>, LedgerError> {
        if height == Height::ZERO || height > self.tip().height {
            return Ok(None);
        }
        let bytes = self.store().get(place.space, place.key)?;
        let base = self.base();
        if bytes.is_none() && height <= base {
            return Err(LedgerError::BeforeSnapshot { what: place.what, height, base });
        }
        bytes.map(Some).ok_or_else(|| place.damaged())
    }

    /// A part of a block that may have been pruned, with what `read` makes of its row.
    fn part<T>(
        &self,
        class: Class,
        height: Height,
        read: impl FnOnce(Place<'_>, &[u8]) -> Result<T, LedgerError>,
    ) -> Result<Option<T>, LedgerError> {
        let key = height_key(height);
        let (what, space) = match class {
            Class::Receipts => ("a block's receipts", Space::Receipts),
            Class::Bodies | Class::States => ("a block's transactions", Space::Bodies),
        };
        let place = Place { what, space, key: &key };
        self.refuse_pruned(class, height)?;
        let bytes = self.by_height(place, height);
        let read = bytes.and_then(|bytes| bytes.map(|bytes| read(place, &bytes)).transpose());
        read.map_err(|cause| self.shared().explain_of(class, height, cause))
    }

    /// Says so of what is no longer kept, before anything else of its block is looked for.
    fn refuse_pruned(&self, what: Class, height: Height) -> Result<(), LedgerError> {
        let oldest = self.oldest(what);
        if height > Height::ZERO && height < oldest {
            return Err(LedgerError::Pruned { what, height, oldest });
        }
        Ok(())
    }

    /// Notes a read that met damage.
    pub(super) fn noted<T>(&self, read: Result<T, LedgerError>) -> Result<T, LedgerError> {
        read.inspect_err(|cause| self.shared().damage.note(cause))
    }

    /// The header at a height.
    ///
    /// # Errors
    /// [`LedgerError::BeforeSnapshot`], what is damaged, or the store's.
    pub fn header(&self, height: Height) -> Result<Option<Header>, LedgerError> {
        Ok(self.stored_header(height)?.map(|stored| stored.header))
    }

    /// The COMMIT certificate that finalised a height: its own block's or a later one's.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn finality(&self, height: Height) -> Result<Option<Certificate>, LedgerError> {
        Ok(self.stored_header(height)?.map(|stored| stored.certificate))
    }

    /// The result of executing a height. Height 0 has one only at the tip.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn result(&self, height: Height) -> Result<Option<ExecutionResult>, LedgerError> {
        let tip = self.tip();
        if height == tip.height {
            return Ok(Some(tip.result.clone()));
        }
        Ok(self.stored_header(height)?.map(|stored| stored.result))
    }

    /// The quorum's certificate of a height's result, if it was gathered.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn result_certificate(&self, height: Height) -> Result<Option<Certificate>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a result certificate", space: Space::Certificates, key: &key };
        let bytes = self.store().get(Space::Certificates, &key).map_err(LedgerError::from);
        self.noted(bytes.and_then(|bytes| bytes.map(|bytes| place.unseal(&bytes)).transpose()))
    }

    /// As [`Reader::result_certificate`], and none where it is damaged: it can be gathered again like one that never was.
    ///
    /// # Errors
    /// The store's.
    pub fn sound_certificate(&self, height: Height) -> Result<Option<Certificate>, LedgerError> {
        match self.result_certificate(height) {
            Err(cause) if cause.damaged_row().is_some() => Ok(None),
            other => other,
        }
    }

    /// Header, result and its certificate, once there is one: what proofs at a height rest on.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn anchor(&self, height: Height) -> Result<Option<Anchor>, LedgerError> {
        let Some(StoredHeader { header, result, .. }) = self.stored_header(height)? else { return Ok(None) };
        let certificate = self.result_certificate(height)?;
        Ok(certificate.map(|certificate| Anchor { header, result, certificate }))
    }

    /// The last height before an epoch and its validators; `None` if it has not begun.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn epoch(&self, epoch: Epoch) -> Result<Option<(Height, ValidatorSet)>, LedgerError> {
        let key = epoch_key(epoch);
        let place = Place { what: "an epoch", space: Space::Meta, key: &key };
        let stored = self.store().get(Space::Meta, &key)?;
        let stored: Option<StoredEpoch> = stored.map(|bytes| place.unseal(&bytes)).transpose()?;
        Ok(stored.map(|StoredEpoch { origin, validators }| (origin, validators)))
    }

    /// All epochs that have begun: number, last height before it, validators.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn epochs(&self) -> Result<Vec<(Epoch, Height, ValidatorSet)>, LedgerError> {
        self.scan_epochs(Direction::Forward, usize::MAX)
    }

    /// The epoch of the next height: the newest one, since an epoch is noted with the last block before it.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn newest_epoch(&self) -> Result<(Epoch, Height, ValidatorSet), LedgerError> {
        let place = Place { what: "an epoch", space: Space::Meta, key: &META_EPOCH };
        self.scan_epochs(Direction::Backward, 1)?.pop().ok_or_else(|| place.damaged())
    }

    fn scan_epochs(
        &self,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<(Epoch, Height, ValidatorSet)>, LedgerError> {
        let rows = self.store().scan(Space::Meta, &KeyRange::prefix(&META_EPOCH), direction, limit)?;
        rows.into_iter()
            .map(|(key, bytes)| {
                let place = Place { what: "an epoch", space: Space::Meta, key: &key };
                let number = key.get(META_EPOCH.len()..).and_then(key_number);
                let StoredEpoch { origin, validators } = place.unseal(&bytes)?;
                Ok((Epoch(number.ok_or_else(|| place.damaged())?), origin, validators))
            })
            .collect()
    }

    /// The order that an epoch began by, with the end of the one before; none if it began as epochs do.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn restart(&self, epoch: Epoch) -> Result<Option<EpochEnd>, LedgerError> {
        let key = restart_key(epoch);
        let place = Place { what: "a restart order", space: Space::Meta, key: &key };
        let Some(bytes) = self.store().get(Space::Meta, &key)? else { return Ok(None) };
        place.unseal(&bytes).map(Some)
    }

    /// The epoch of a block that is stored, and its validators.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn epoch_at(&self, height: Height) -> Result<Option<KnownEpoch>, LedgerError> {
        let Some(header) = self.header(height)? else { return Ok(None) };
        let epoch = self.epoch(header.epoch)?;
        Ok(epoch.map(|(_, validators)| KnownEpoch { epoch: header.epoch, validators }))
    }

    /// What was decreed about transactions of the block at a height.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn overrides(&self, height: Height) -> Result<Vec<SignedOverride>, LedgerError> {
        let key = override_key(height);
        let place = Place { what: "the overrides of a block", space: Space::Meta, key: &key };
        let Some(bytes) = self.store().get(Space::Meta, &key)? else { return Ok(Vec::new()) };
        place.unseal(&bytes)
    }

    /// The ends of all epochs before one, in order: what shows its validators to whoever has the
    /// genesis.
    ///
    /// # Errors
    /// [`LedgerError::NotCertified`] if the last of them is not certified yet; else as
    /// [`Reader::header`].
    pub fn epoch_ends(&self, before: Epoch) -> Result<Vec<EpochEnd>, LedgerError> {
        let mut epochs = self.epochs()?;
        epochs.retain(|(epoch, ..)| *epoch <= before);
        let mut ends = Vec::new();
        for (index, (epoch, origin, validators)) in epochs.iter().enumerate().skip(1) {
            // An epoch that a restart ended before it had a block is no link of the chain.
            if epochs.get(index.saturating_add(1)).is_some_and(|(_, next, _)| next == origin) {
                continue;
            }
            if let Some(end) = self.restart(*epoch)? {
                ends.push(end);
                continue;
            }
            let key = epoch_key(*epoch);
            let place = Place { what: "an epoch", space: Space::Meta, key: &key };
            let result = self.result(*origin)?.ok_or_else(|| place.damaged())?;
            let not_certified = LedgerError::NotCertified { height: *origin, certified: self.certified() };
            let certificate = self.result_certificate(*origin)?.ok_or(not_certified)?;
            ends.push(EpochEnd { result, certificate, validators: validators.clone(), restart: None });
        }
        Ok(ends)
    }

    /// The height of a block by its hash.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn height_of_block(&self, hash: &Hash) -> Result<Option<Height>, LedgerError> {
        let place = Place { what: "a block's height", space: Space::Blocks, key: &hash.0 };
        let bytes = self.store().get(Space::Blocks, &hash.0).map_err(LedgerError::from);
        let Some(bytes) = self.noted(bytes)? else { return Ok(None) };
        let height = self.noted(place.decode(&bytes))?;
        let header = self.header(height)?.filter(|header| header.hash() == *hash);
        self.noted(header.map(|_| Some(height)).ok_or_else(|| place.damaged()))
    }

    /// The block at a height.
    ///
    /// # Errors
    /// [`LedgerError::Pruned`] if its transactions are no longer kept; else as [`Reader::header`].
    pub fn block(&self, height: Height) -> Result<Option<Block>, LedgerError> {
        Ok(self.signed_block(height)?.map(|(block, _)| block))
    }

    /// The block at a height and the signed bytes of its transactions, which are those that it names.
    ///
    /// # Errors
    /// As [`Reader::block`].
    pub fn signed_block(&self, height: Height) -> Result<Option<SignedBlock>, LedgerError> {
        let stored = self.stored_block(height, |_| true)?;
        Ok(stored.map(|(block, stored)| (block, stored.into_iter().map(|stored| stored.bytes).collect())))
    }

    /// The transactions of a block, in order; none if there is no such block.
    ///
    /// # Errors
    /// As [`Reader::block`].
    pub fn transactions(&self, height: Height) -> Result<Vec<StoredTransaction>, LedgerError> {
        // What names a block's transactions covers their signed bytes, and not the ids that stand beside them.
        let has_own_id = |stored: &StoredTransaction| {
            SignedTransaction::from_bytes(&stored.bytes).is_ok_and(|signed| signed.body.id() == stored.id)
        };
        Ok(self.stored_block(height, has_own_id)?.map(|(_, stored)| stored).unwrap_or_default())
    }

    /// A block and its transactions, which are those that it names and have whatever `is_sound` asks for.
    fn stored_block(
        &self,
        height: Height,
        is_sound: impl Fn(&StoredTransaction) -> bool,
    ) -> Result<Option<(Block, Vec<StoredTransaction>)>, LedgerError> {
        self.refuse_pruned(Class::Bodies, height)?;
        let Some(header) = self.header(height)? else { return Ok(None) };
        self.part(Class::Bodies, height, |place, bytes| {
            let items = Unpacked::<TRANSACTION_NAMES>::new(bytes).and_then(|packed| packed.all());
            let stored: Vec<_> = items.ok_or_else(|| place.damaged())?.into_iter().map(stored_transaction).collect();
            let block = Block { header, transactions: stored.iter().map(|stored| stored.signed_hash).collect() };
            let are_sound = stored.iter().all(|stored| is_as_named(stored) && is_sound(stored));
            if block.is_consistent() && are_sound { Ok((block, stored)) } else { Err(place.damaged()) }
        })
    }

    /// Where a transaction stands, by its id: block and position. Scheduled calls that a block ran stand behind its
    /// transactions.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn locate(&self, id: &Hash) -> Result<Option<(Height, u32)>, LedgerError> {
        let place = Place { what: "a transaction's place", space: Space::Places, key: &id.0 };
        let bytes = self.store().get(Space::Places, &id.0).map_err(LedgerError::from);
        let decode = |bytes: Vec<u8>| decode_place(&bytes).ok_or_else(|| place.damaged());
        self.noted(bytes.and_then(|bytes| bytes.map(decode).transpose()))
    }

    /// A transaction by its id; none if it is a scheduled call's.
    ///
    /// # Errors
    /// As [`Reader::block`], and of a scheduled call's as [`Reader::receipts`].
    pub fn transaction(&self, id: &Hash) -> Result<Option<StoredTransaction>, LedgerError> {
        let Some((height, index)) = self.locate(id)? else { return Ok(None) };
        let found = self.part(Class::Bodies, height, |place, bytes| {
            let item = Unpacked::<TRANSACTION_NAMES>::new(bytes)
                .and_then(|packed| packed.item(usize::try_from(index).ok()?))
                .map(stored_transaction);
            match item {
                Some(found) if found.id == *id && is_as_named(&found) => Ok(Some(found)),
                // Behind the transactions there may be a scheduled call.
                None => Ok(None),
                Some(_) => Err(place.damaged()),
            }
        })?;
        match found.flatten() {
            Some(found) => Ok(Some(found)),
            None => self
                .receipt(id)?
                .filter(|_| self.is_scheduled(height, index))
                .map(|_| None)
                .ok_or_else(|| self.misplaced(id)),
        }
    }

    /// Whether a position in a block is one behind its transactions.
    fn is_scheduled(&self, height: Height, index: u32) -> bool {
        self.header(height).is_ok_and(|header| header.is_some_and(|header| index >= header.transactions))
    }

    /// All receipts of a block, in order: of its transactions, then of the scheduled calls that it ran. None if there is
    /// no such block.
    ///
    /// # Errors
    /// [`LedgerError::Pruned`] if they are no longer kept; else as [`Reader::header`].
    pub fn receipts(&self, height: Height) -> Result<Vec<Receipt>, LedgerError> {
        self.refuse_pruned(Class::Receipts, height)?;
        let Some(result) = self.result(height)? else { return Ok(Vec::new()) };
        Ok(self.receipts_under(height, &result.receipts_root)?.unwrap_or_default())
    }

    /// The receipts of a block, which must have this root.
    pub(crate) fn receipts_under(&self, height: Height, root: &Hash) -> Result<Option<Vec<Receipt>>, LedgerError> {
        self.part(Class::Receipts, height, |place, bytes| {
            let items = Unpacked::<MARK>::new(bytes).and_then(|packed| packed.all()).ok_or_else(|| place.damaged())?;
            let receipts: Vec<Receipt> =
                items.iter().map(|(_, receipt)| place.decode(receipt)).collect::<Result<_, _>>()?;
            let hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
            let is_marked = items.iter().zip(&hashes).all(|((known, _), hash)| mark(hash) == **known);
            if is_marked && *root == merkle::root(&hashes) { Ok(receipts) } else { Err(place.damaged()) }
        })
    }

    /// A transaction's or scheduled call's receipt by its id.
    ///
    /// # Errors
    /// As [`Reader::receipts`].
    pub fn receipt(&self, id: &Hash) -> Result<Option<Receipt>, LedgerError> {
        let Some((height, index)) = self.locate(id)? else { return Ok(None) };
        let found = self.part(Class::Receipts, height, |place, bytes| {
            let item = Unpacked::<MARK>::new(bytes).and_then(|packed| packed.item(usize::try_from(index).ok()?));
            let (known, bytes) = item.ok_or_else(|| place.damaged())?;
            let receipt: Receipt = place.decode(bytes)?;
            let is_here = (receipt.transaction, receipt.height, receipt.index) == (*id, height, index);
            // The whole root would take the hashes of all the block's receipts.
            if is_here && mark(&receipt.hash()) == *known { Ok(receipt) } else { Err(place.damaged()) }
        })?;
        found.map(Some).ok_or_else(|| self.misplaced(id))
    }

    /// An index entry that leads nowhere.
    fn misplaced(&self, id: &Hash) -> LedgerError {
        let cause = Place { what: "a transaction's place", space: Space::Places, key: &id.0 }.damaged();
        self.shared().damage.note(&cause);
        cause
    }
}

/// Whether a transaction's bytes are those of the name that it has in its block.
fn is_as_named(stored: &StoredTransaction) -> bool {
    stored.signed_hash == Hash::of(Tag::SIGNED, &stored.bytes)
}

fn stored_transaction((names, bytes): (&[u8; TRANSACTION_NAMES], &[u8])) -> StoredTransaction {
    let (id, signed_hash) = split_names(names);
    StoredTransaction { id, signed_hash, bytes: bytes.to_vec() }
}

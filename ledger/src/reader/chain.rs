//! Blocks, transactions, receipts, results and certificates.

use super::Reader;
use crate::error::LedgerError;
use crate::ledger::StoredTransaction;
use crate::record::{
    MARK, META_EPOCH, Place, StoredEpoch, StoredHeader, TRANSACTION_NAMES, Unpacked, decode_place, epoch_key,
    height_key, key_number, mark, override_key, restart_key, split_names,
};
use crate::store::{Direction, KeyRange, Space, Store};
use countersign_types::hash::Tag;
use countersign_types::proof::Anchor;
use countersign_types::{
    Block, Certificate, Epoch, EpochEnd, ExecutionResult, Hash, Header, Height, KnownEpoch, Receipt, SignedOverride,
    ValidatorSet, merkle,
};

impl<S: Store> Reader<S> {
    fn stored_header(&self, height: Height) -> Result<Option<StoredHeader>, LedgerError> {
        let key = height_key(height);
        let Some(bytes) = self.by_height(Space::Headers, "a header", height)? else { return Ok(None) };
        Place { what: "a header", space: Space::Headers, key: &key }.unseal(&bytes).map(Some)
    }

    /// The record at a height: `None` above the tip and at genesis; missing below is damage, unless the ledger began
    /// with a snapshot above.
    fn by_height(&self, space: Space, what: &'static str, height: Height) -> Result<Option<Vec<u8>>, LedgerError> {
        let key = height_key(height);
        if height == Height::ZERO || height > self.tip().height {
            return Ok(None);
        }
        let bytes = self.store().get(space, &key)?;
        let base = self.base();
        if bytes.is_none() && height <= base {
            return Err(LedgerError::BeforeSnapshot { what, height, base });
        }
        bytes.map(Some).ok_or_else(|| Place { what, space, key: &key }.damaged())
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
        self.store().get(Space::Certificates, &key)?.map(|bytes| place.unseal(&bytes)).transpose()
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
        let Some(bytes) = self.store().get(Space::Blocks, &hash.0)? else { return Ok(None) };
        let height = place.decode(&bytes)?;
        let header = self.header(height)?.filter(|header| header.hash() == *hash);
        header.map(|_| Some(height)).ok_or_else(|| place.damaged())
    }

    /// The block at a height.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn block(&self, height: Height) -> Result<Option<Block>, LedgerError> {
        let Some(header) = self.header(height)? else { return Ok(None) };
        let transactions = self.transactions(height)?.into_iter().map(|stored| stored.signed_hash).collect();
        let block = Block { header, transactions };
        if block.is_consistent() {
            return Ok(Some(block));
        }
        let key = height_key(height);
        Err(Place { what: "a block's transactions", space: Space::Bodies, key: &key }.damaged())
    }

    /// The transactions of a block, in order; none if there is no such block.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn transactions(&self, height: Height) -> Result<Vec<StoredTransaction>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a block's transactions", space: Space::Bodies, key: &key };
        let Some(bytes) = self.by_height(place.space, place.what, height)? else { return Ok(Vec::new()) };
        let items = Unpacked::<TRANSACTION_NAMES>::new(&bytes).and_then(|packed| packed.all());
        Ok(items.ok_or_else(|| place.damaged())?.into_iter().map(stored_transaction).collect())
    }

    /// Where a transaction stands, by its id: block and position.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn locate(&self, id: &Hash) -> Result<Option<(Height, u32)>, LedgerError> {
        let place = Place { what: "a transaction's place", space: Space::Places, key: &id.0 };
        let bytes = self.store().get(Space::Places, &id.0)?;
        bytes.map(|bytes| decode_place(&bytes).ok_or_else(|| place.damaged())).transpose()
    }

    /// A transaction by its id.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn transaction(&self, id: &Hash) -> Result<Option<StoredTransaction>, LedgerError> {
        let Some((height, index)) = self.locate(id)? else { return Ok(None) };
        let key = height_key(height);
        let place = Place { what: "a block's transactions", space: Space::Bodies, key: &key };
        let bytes = self.by_height(place.space, place.what, height)?.ok_or_else(|| place.damaged())?;
        let item = Unpacked::<TRANSACTION_NAMES>::new(&bytes)
            .and_then(|packed| packed.item(usize::try_from(index).ok()?))
            .map(stored_transaction);
        let is_sound =
            |found: &StoredTransaction| found.id == *id && found.signed_hash == Hash::of(Tag::SIGNED, &found.bytes);
        item.filter(is_sound).map(Some).ok_or_else(|| place.damaged())
    }

    /// All receipts of a block, in order; none if there is no such block.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn receipts(&self, height: Height) -> Result<Vec<Receipt>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a block's receipts", space: Space::Receipts, key: &key };
        let Some(bytes) = self.by_height(place.space, place.what, height)? else { return Ok(Vec::new()) };
        let items = Unpacked::<MARK>::new(&bytes).and_then(|packed| packed.all()).ok_or_else(|| place.damaged())?;
        let receipts: Vec<Receipt> =
            items.iter().map(|(_, receipt)| place.decode(receipt)).collect::<Result<_, _>>()?;
        let hashes: Vec<Hash> = receipts.iter().map(Receipt::hash).collect();
        let is_marked = items.iter().zip(&hashes).all(|((known, _), hash)| mark(hash) == **known);
        match self.result(height)? {
            Some(result) if is_marked && result.receipts_root == merkle::root(&hashes) => Ok(receipts),
            _ => Err(place.damaged()),
        }
    }

    /// A transaction's receipt by its id.
    ///
    /// # Errors
    /// As [`Reader::header`].
    pub fn receipt(&self, id: &Hash) -> Result<Option<Receipt>, LedgerError> {
        let Some((height, index)) = self.locate(id)? else { return Ok(None) };
        let key = height_key(height);
        let place = Place { what: "a block's receipts", space: Space::Receipts, key: &key };
        let bytes = self.by_height(place.space, place.what, height)?.ok_or_else(|| place.damaged())?;
        let item = Unpacked::<MARK>::new(&bytes).and_then(|packed| packed.item(usize::try_from(index).ok()?));
        let (known, bytes) = item.ok_or_else(|| place.damaged())?;
        let receipt: Receipt = place.decode(bytes)?;
        let is_here = (receipt.transaction, receipt.height, receipt.index) == (*id, height, index);
        // The whole root would take the hashes of all the block's receipts.
        if is_here && mark(&receipt.hash()) == *known { Ok(Some(receipt)) } else { Err(place.damaged()) }
    }
}

fn stored_transaction((names, bytes): (&[u8; TRANSACTION_NAMES], &[u8])) -> StoredTransaction {
    let (id, signed_hash) = split_names(names);
    StoredTransaction { id, signed_hash, bytes: bytes.to_vec() }
}

//! Taking executed blocks back whose results are not certified: the operators' emergency exits need it, and nothing
//! else. Everything a block wrote goes in one synced batch, so a crash leaves the old tip or the new one.
//!
//! Packs of buckets and values that the blocks taken back wrote stay, and are cleared away in their turn.

use super::{Ledger, StoredTransaction};
use crate::error::LedgerError;
use crate::event::{index_keys, records};
use crate::range_tree::Owner;
use crate::record::{
    META_STATE, META_TIP, Place, StoredHeader, StoredTip, TRANSACTION_NAMES, Unpacked, epoch_key, height_key, key_mark,
    log_key, log_of, log_prefix, override_key, put_sealed, restart_key, split_names,
};
use crate::state::{StoredState, load};
use crate::store::{Batch, Space, Store};
use crate::tip::Tip;
use crate::tree::{Account, Accounts, Node, differences};
use countersign_types::range::Range;
use countersign_types::{Block, Certificate, Height, codec};
use std::sync::Arc;

/// What becomes of the blocks that are taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They stay final and are to be executed again: [`Ledger::aside`] answers them.
    Again,
    /// They never were.
    Dropped,
}

/// A final block that waits to be executed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// The block.
    pub block: Block,
    /// The COMMIT certificate that finalised it.
    pub certificate: Certificate,
    /// Signed bytes of its transactions.
    pub transactions: Vec<Vec<u8>>,
}

impl<S: Store> Ledger<S> {
    /// Takes the tip back to a height that is certified or above the last certified one.
    ///
    /// # Errors
    /// [`LedgerError::Rewind`] if a block above it is certified, or its state is gone; what is damaged, or the store's.
    pub fn rewind(&mut self, to: Height, fate: Fate) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        let (tip, certified) = (self.tip.height, self.shared.view().certified);
        if to > tip || to < certified || to < self.oldest {
            return Err(LedgerError::Rewind { to, certified, tip });
        }
        let mut batch = Batch::default();
        if fate == Fate::Dropped {
            self.drop_aside(&mut batch)?;
        }
        for height in (to.0.saturating_add(1)..=tip.0).map(Height) {
            self.unindex(height, fate, &mut batch)?;
        }
        self.undo_state(to, &mut batch)?;
        for (epoch, origin, _) in self.reader().epochs()? {
            if origin > to {
                batch.remove(Space::Meta, epoch_key(epoch));
                batch.remove(Space::Meta, restart_key(epoch));
            }
        }
        Owner::RESULTS.shorten(&mut batch, to.0, tip.0);
        let stored = StoredTip { tip: self.tip_at(to)?, oldest: self.oldest };
        put_sealed(&mut batch, Space::Meta, META_TIP, &stored);
        let root = self.shared.root(to)?;
        let state = self.state_at(to, &root, &mut batch)?;
        put_sealed(&mut batch, Space::Meta, META_STATE, &state);
        self.write(batch, true)?;
        (self.tip, self.state) = (Arc::new(stored.tip), state);
        self.shared.go_back(self.tip.clone(), root);
        Ok(())
    }

    /// What is known of the state's rows, as of a height. Packs that were written above it stay, and are dead.
    fn state_at(&mut self, to: Height, root: &Node, batch: &mut Batch) -> Result<StoredState, LedgerError> {
        let then = load::delta(&self.shared.store, to)?.accounts;
        let at = |then: Account, now: Account| Account { next: now.next, written: now.written, ..then };
        let now = self.state.accounts;
        let accounts = Accounts { pages: at(then.pages, now.pages), values: at(then.values, now.values) };
        let mut state = StoredState { accounts, ..self.state.clone() };
        state.floors.retain(|floors| floors.height <= to);
        state.put_table(to, root, &mut self.filled, batch);
        Ok(state)
    }

    /// The block above the tip that was taken back to be executed again, if there is one.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub fn aside(&self) -> Result<Option<Aside>, LedgerError> {
        let Some(aside) = self.aside_at(self.tip.height.next())? else { return Ok(None) };
        Ok(Some(aside).filter(|aside| aside.block.header.parent == self.tip.block))
    }

    fn aside_at(&self, height: Height) -> Result<Option<Aside>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a header", space: Space::Headers, key: &key };
        let Some(bytes) = self.shared.store.get(place.space, &key)? else { return Ok(None) };
        let StoredHeader { header, certificate, .. } = place.unseal(&bytes)?;
        let stored = self.bodies(height)?;
        let transactions = stored.iter().map(|stored| stored.signed_hash).collect();
        let block = Block { header, transactions };
        Ok(Some(Aside { block, certificate, transactions: stored.into_iter().map(|stored| stored.bytes).collect() }))
    }

    fn drop_aside(&self, batch: &mut Batch) -> Result<(), LedgerError> {
        let mut height = self.tip.height.next();
        while self.shared.store.get(Space::Headers, &height_key(height))?.is_some() {
            batch.remove(Space::Headers, height_key(height));
            batch.remove(Space::Bodies, height_key(height));
            height = height.next();
        }
        Ok(())
    }

    fn bodies(&self, height: Height) -> Result<Vec<StoredTransaction>, LedgerError> {
        let key = height_key(height);
        let place = Place { what: "a block's transactions", space: Space::Bodies, key: &key };
        let bytes = self.shared.store.get(place.space, &key)?.ok_or_else(|| place.damaged())?;
        let items = Unpacked::<TRANSACTION_NAMES>::new(&bytes).and_then(|packed| packed.all());
        let stored = items.ok_or_else(|| place.damaged())?.into_iter().map(|(names, bytes)| {
            let (id, signed_hash) = split_names(names);
            StoredTransaction { id, signed_hash, bytes: bytes.to_vec() }
        });
        Ok(stored.collect())
    }

    /// Removes a block from the indexes.
    fn unindex(&self, height: Height, fate: Fate, batch: &mut Batch) -> Result<(), LedgerError> {
        let reader = self.reader();
        let key = height_key(height);
        if let Some(result) = reader.result(height)? {
            batch.remove(Space::Blocks, result.block.0);
        }
        for stored in self.bodies(height)? {
            batch.remove(Space::Places, stored.id.0);
        }
        let receipts = reader.receipts(height)?;
        for receipt in &receipts {
            batch.remove(Space::Places, receipt.transaction.0);
        }
        for event in records(height, &receipts) {
            for key in index_keys(&event) {
                batch.remove(Space::Events, key);
            }
        }
        let rows: &[Space] = match fate {
            Fate::Again => &[Space::Receipts, Space::Deltas],
            Fate::Dropped => &[Space::Receipts, Space::Deltas, Space::Headers, Space::Bodies],
        };
        for space in rows {
            batch.remove(*space, key);
        }
        batch.remove(Space::Meta, override_key(height));
        Ok(())
    }

    /// Puts the index of keys and the logs back to a height's.
    fn undo_state(&self, to: Height, batch: &mut Batch) -> Result<(), LedgerError> {
        let (before, after) = (self.shared.root(to)?, self.shared.root(self.tip.height)?);
        for (before, after) in differences(&*self.shared, &before, &after)? {
            let before = before.map(|leaf| self.shared.entry(&leaf)).transpose()?;
            let after = after.map(|leaf| self.shared.entry(&leaf)).transpose()?;
            match (&before, &after) {
                (None, Some((key, _))) => batch.remove(Space::Keys, key.as_slice()),
                (Some((key, _)), None) => batch.put(Space::Keys, key.as_slice(), key_mark(key)),
                _ => {}
            }
            let Some((key, grown)) = &after else { continue };
            let Some((contract, log)) = log_of(key) else { continue };
            let count = |range: &[u8]| codec::decode::<Range>(range, range.len()).map_or(0, |range| range.count());
            let kept = before.as_ref().map_or(0, |(_, range)| count(range));
            let prefix = log_prefix(&contract, log);
            for index in kept..count(grown) {
                batch.remove(Space::Logs, log_key(prefix, index));
            }
            Owner::log(&contract, log).shorten(batch, kept, count(grown));
        }
        Ok(())
    }

    /// The range over the results up to a height. What follows in the chain names its root.
    fn range_at(&self, height: Height) -> Result<Range, LedgerError> {
        if height == self.tip.height {
            return Ok(self.tip.range.clone());
        }
        let reader = self.reader();
        let range = reader.range_of_results(height)?;
        let next = reader.result(height.next())?.filter(|next| next.range_root == range.root());
        let place = Place { what: "the range over all results", space: Space::Trees, key: &height_key(height) };
        next.map(|_| range).ok_or_else(|| place.damaged())
    }

    fn tip_at(&self, height: Height) -> Result<Tip, LedgerError> {
        let reader = self.reader();
        if height == Height::ZERO {
            let mut tip = self.begin.clone();
            tip.result.state_root = self.shared.root(height)?.hash();
            return Ok(tip);
        }
        let key = height_key(height);
        let place = Place { what: "a header", space: Space::Headers, key: &key };
        let (header, result) = (reader.header(height)?, reader.result(height)?);
        let (header, result) = header.zip(result).ok_or_else(|| place.damaged())?;
        Ok(Tip {
            height,
            block: result.block,
            time: header.time,
            epoch: header.epoch,
            view: header.view,
            result,
            range: self.range_at(height)?,
        })
    }
}

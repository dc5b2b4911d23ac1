//! The writer. There is one for a store, and nothing else writes.
//!
//! A block's whole effect is one synced batch: block, finality certificate, transactions, receipts,
//! state, log records and indexes stand together or not at all. After a failed write the ledger
//! takes nothing more, since nobody knows what the disk holds.

mod commit;
mod mend;
mod mend_logs;
mod repair;
mod restart;
mod restore;
mod rewind;

use crate::error::LedgerError;
use crate::genesis::genesis_state;
use crate::lines::Written;
use crate::range_tree::RangeTree;
use crate::reader::{Reader, stored_base};
use crate::record::{
    FORMAT, META_CERTIFIED, META_CHAIN, META_FLOORS, META_FORMAT, META_RESTORING, META_STATE, META_TIP, Place,
    StoredHeader, StoredTip, height_key, key_number, put_sealed,
};
use crate::retention::{Floors, Retention};
use crate::shared::{Begin, Shared, View};
use crate::state::roots::Roots;
use crate::state::{StateChange, StoredState, load};
use crate::store::{Batch, Direction, KeyRange, Space, Store};
use crate::tip::Tip;
use crate::tree::{Accounts, Node};
use commit::put_epoch;
use countersign_types::{
    Address, Block, Certificate, Epoch, ExecutionResult, Genesis, Hash, Height, Receipt, SignedOverride,
    log::LogRecord, vote::Phase,
};
pub use mend::Survey;
pub use mend_logs::{LogRun, LogSurvey, LostRun, RUN_RECORDS};
pub use repair::{Lacks, Repair};
pub(crate) use restore::Restoring;
pub use rewind::{Aside, Fate};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A finalised block with everything that executing it gave.
#[derive(Debug, Clone)]
pub struct ExecutedBlock {
    /// The block.
    pub block: Block,
    /// The COMMIT certificate that finalised it: its own or a later block's.
    pub certificate: Certificate,
    /// Its transactions in order.
    pub transactions: Vec<StoredTransaction>,
    /// Their receipts in order, then those of the scheduled calls that the block ran.
    pub receipts: Vec<Receipt>,
    /// New values of state keys (logs' ranges among them), `None` to remove.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Records appended to logs.
    pub log_records: Vec<AppendedRecord>,
    /// What was decreed about its transactions, kept beside it for whoever executes it later.
    pub overrides: Vec<SignedOverride>,
    /// Hash of the result that a quorum signed, if that is known already: with another one nothing is stored.
    pub expected: Option<Hash>,
}

/// A transaction as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTransaction {
    /// Its id.
    pub id: Hash,
    /// Hash of the signed bytes, its name in the block.
    pub signed_hash: Hash,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

/// A record appended to a contract's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendedRecord {
    /// The contract.
    pub contract: Address,
    /// The log's key.
    pub key: Vec<u8>,
    /// Its position in the log.
    pub index: u64,
    /// The record.
    pub record: LogRecord,
    /// The trees of the log's range that it completes, as far as they are stored ([`RangeTree::stored`]).
    pub trees: Vec<RangeTree>,
}

/// The only writer of a store.
#[derive(Debug)]
pub struct Ledger<S> {
    shared: Arc<Shared<S>>,
    tip: Arc<Tip>,
    state: StoredState,
    /// Partitions of the list of places that have a row.
    filled: BTreeSet<u16>,
    oldest: Height,
    /// The tip of height 0, but for its state root.
    begin: Tip,
    retention: Retention,
    /// The lowest height whose block somebody still needs.
    poisoned: bool,
}

impl<S: Store> Ledger<S> {
    /// Makes a ledger in an empty store.
    ///
    /// # Errors
    /// [`LedgerError::Genesis`], [`LedgerError::NotEmpty`], or the store's.
    pub fn create(store: S, genesis: &Genesis) -> Result<Self, LedgerError> {
        genesis.check()?;
        for space in Space::ALL {
            if !store.scan(space, &KeyRange::all(), Direction::Forward, 1)?.is_empty() {
                return Err(LedgerError::NotEmpty);
            }
        }
        let tip = Tip::of_genesis(genesis, Hash::ZERO);
        let shared = Shared::new(store, genesis.chain(), View::empty(Arc::new(tip)));
        let entries = genesis_state(genesis);
        let state = StateChange::new(&shared, &Node::Empty, &entries, Accounts::default())?;
        let tip = Tip::of_genesis(genesis, state.root.hash());
        let mut batch = Batch::default();
        batch.put(Space::Meta, META_FORMAT, FORMAT.to_le_bytes());
        batch.put(Space::Meta, META_CHAIN, genesis.chain().0);
        put_epoch(&mut batch, Epoch::ZERO, Height::ZERO, &genesis.validators);
        put_sealed(&mut batch, Space::Meta, META_CERTIFIED, &Height::ZERO);
        let mut ledger = Self {
            shared: Arc::new(shared),
            tip: Arc::new(tip.clone()),
            state: StoredState::default(),
            filled: BTreeSet::new(),
            oldest: Height::ZERO,
            begin: tip.clone(),
            retention: Retention::default(),
            poisoned: false,
        };
        ledger.write_state(batch, tip, state)?;
        Ok(ledger)
    }

    /// Opens the ledger of a chain and checks that its newest height is whole.
    ///
    /// # Errors
    /// [`LedgerError::Empty`], [`LedgerError::HalfRestored`], [`LedgerError::Foreign`], [`LedgerError::Format`], or
    /// what is damaged.
    pub fn open(store: S, genesis: &Genesis) -> Result<Self, LedgerError> {
        check_identity(&store, genesis)?;
        let stored: StoredTip = sealed_meta(&store, META_TIP, "the tip")?;
        let certified: Height = sealed_meta(&store, META_CERTIFIED, "the certified height")?;
        let StoredTip { tip, oldest } = stored;
        check_tip(&store, &tip, genesis)?;
        let base = stored_base(&store)?;
        let begin = base.map(|base| Begin { height: base.height, before: base.range.count() }).unwrap_or_default();
        let state: StoredState = sealed_meta(&store, META_STATE, "the state's accounts")?;
        let (root, filled) = load::root(&store, &state, tip.height)?;
        let floors = floors(&store, certified.max(begin.height.next()))?;
        store.forget_events(floors.receipts.0);
        let inconsistent = |what| LedgerError::Inconsistent { height: tip.height, what };
        if root.hash() != tip.state_root() {
            return Err(inconsistent("the state tree has another root than the result"));
        }
        if oldest > tip.height || state.redo > tip.height.next() {
            return Err(inconsistent("the oldest height kept is above the tip"));
        }
        if certified > tip.height {
            return Err(inconsistent("the certified height is above the tip"));
        }
        if last_certificate(&store)? != Some(certified) {
            return Err(inconsistent("the last result certificate is not that of the certified height"));
        }
        let tip = Arc::new(tip);
        let mut roots = Roots::default();
        roots.reset(tip.height, root);
        let shared =
            Shared::new(store, genesis.chain(), View { tip: tip.clone(), certified, begin, oldest, roots, floors });
        let ledger = Self {
            shared: Arc::new(shared),
            tip,
            state,
            filled,
            oldest,
            begin: Tip::of_genesis(genesis, Hash::ZERO),
            retention: Retention::default(),
            poisoned: false,
        };
        ledger.check_epochs(genesis)?;
        Ok(ledger)
    }

    /// All epochs are known, from the genesis' to the next height's.
    fn check_epochs(&self, genesis: &Genesis) -> Result<(), LedgerError> {
        let inconsistent = |what| LedgerError::Inconsistent { height: self.tip.height, what };
        let epochs = self.reader().epochs()?;
        let first = epochs.first().map(|(epoch, _, validators)| (*epoch, validators));
        if first != Some((Epoch::ZERO, &genesis.validators)) {
            return Err(inconsistent("the first epoch is not that of the genesis"));
        }
        match epochs.last() {
            Some((_, _, validators)) if validators.hash() == self.tip.result.next_validators => Ok(()),
            // By order, which the next block puts into the state.
            Some((epoch, origin, _)) if *origin == self.tip.height && self.reader().restart(*epoch)?.is_some() => {
                Ok(())
            }
            _ => Err(inconsistent("the newest epoch has other validators")),
        }
    }

    /// Where the ledger stands.
    #[must_use]
    pub fn tip(&self) -> &Tip {
        &self.tip
    }

    /// Keeps this much of the past from the next block on. What is gone does not come back.
    pub fn retain(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// Keeps the blocks from this height on until told otherwise, whatever is retained.
    pub fn hold(&mut self, from: Option<Height>) {
        self.shared.hold(from);
    }

    /// A reader; any number work beside the writer.
    #[must_use]
    pub fn reader(&self) -> Reader<S> {
        Reader::new(self.shared.clone())
    }

    /// Keeps the certificate of a result. Not synced: it can be gathered again, and it is durable
    /// with the next block at the latest.
    ///
    /// # Errors
    /// [`LedgerError::Unknown`] above the tip, [`LedgerError::Diverged`] if our result is another;
    /// then this node must stop.
    pub fn put_result_certificate(
        &mut self,
        result: &ExecutionResult,
        certificate: &Certificate,
    ) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        let height = result.height;
        let own = self.reader().result(height)?.ok_or(LedgerError::Unknown { height, tip: self.tip.height })?;
        if own != *result || certificate.digest != result.hash() {
            return Err(LedgerError::Diverged { height, own: own.hash(), certified: certificate.digest });
        }
        let is_checkpoint = certificate.phase == Phase::Checkpoint && certificate.number == height.0;
        if !is_checkpoint || height == Height::ZERO {
            return Err(LedgerError::Block {
                height,
                tip: self.tip.height,
                what: "the certificate is not one of this height's result",
            });
        }
        let certified = self.shared.view().certified.max(height);
        let mut batch = Batch::default();
        put_sealed(&mut batch, Space::Certificates, &height_key(height), certificate);
        put_sealed(&mut batch, Space::Meta, META_CERTIFIED, &certified);
        self.write(batch, false)?;
        self.shared.view_mut().certified = certified;
        Ok(())
    }

    /// Answers once everything written is on disk, result certificates too.
    ///
    /// # Errors
    /// The store's; then this node must stop.
    pub fn sync(&mut self) -> Result<(), LedgerError> {
        self.refuse_if_poisoned()?;
        let mut batch = Batch::default();
        put_sealed(&mut batch, Space::Meta, META_CERTIFIED, &self.shared.view().certified);
        self.write(batch, true)
    }

    fn refuse_if_poisoned(&self) -> Result<(), LedgerError> {
        if self.poisoned { Err(LedgerError::Poisoned) } else { Ok(()) }
    }

    fn write(&mut self, batch: Batch, sync: bool) -> Result<(), LedgerError> {
        let written = Written::by(&batch);
        let done = self.shared.store.write(batch, sync);
        // Before the height is shown to readers.
        self.shared.lines.written(&written);
        done.map_err(|cause| {
            self.poisoned = true;
            cause.into()
        })
    }
}

fn check_identity<S: Store>(store: &S, genesis: &Genesis) -> Result<(), LedgerError> {
    if let Some(bytes) = store.get(Space::Meta, META_RESTORING)? {
        let place = Place { what: "the height to be restored", space: Space::Meta, key: META_RESTORING };
        return Err(LedgerError::HalfRestored { height: place.unseal(&bytes)? });
    }
    let Some(format) = store.get(Space::Meta, META_FORMAT)? else {
        for space in Space::ALL {
            if !store.scan(space, &KeyRange::all(), Direction::Forward, 1)?.is_empty() {
                return Err(Place { what: "the format", space: Space::Meta, key: META_FORMAT }.damaged());
            }
        }
        return Err(LedgerError::Empty);
    };
    let found = Place { what: "the format", space: Space::Meta, key: META_FORMAT }.decode(&format)?;
    if found != FORMAT {
        return Err(LedgerError::Format { found, expected: FORMAT });
    }
    let place = Place { what: "the chain's id", space: Space::Meta, key: META_CHAIN };
    let bytes = store.get(Space::Meta, META_CHAIN)?.ok_or_else(|| place.damaged())?;
    let (found, expected): (Hash, Hash) = (place.decode(&bytes)?, genesis.chain());
    if found == expected { Ok(()) } else { Err(LedgerError::Foreign { found, expected }) }
}

fn sealed_meta<S: Store, T: borsh::BorshDeserialize>(
    store: &S,
    key: &'static [u8],
    what: &'static str,
) -> Result<T, LedgerError> {
    let place = Place { what, space: Space::Meta, key };
    let bytes = store.get(Space::Meta, key)?.ok_or_else(|| place.damaged())?;
    place.unseal(&bytes)
}

/// From where on parts of blocks are kept: all of them, until some were pruned.
fn floors<S: Store>(store: &S, most: Height) -> Result<Floors, LedgerError> {
    if store.get(Space::Meta, META_FLOORS)?.is_none() {
        return Ok(Floors::default());
    }
    let floors: Floors = sealed_meta(store, META_FLOORS, "the heights of which blocks are kept")?;
    if floors.bodies.max(floors.receipts) > most {
        let what = "blocks above the certified height are said to be pruned";
        return Err(LedgerError::Inconsistent { height: most, what });
    }
    Ok(floors)
}

/// Height, block and result of the tip must be those of the header record.
fn check_tip<S: Store>(store: &S, tip: &Tip, genesis: &Genesis) -> Result<(), LedgerError> {
    let inconsistent = |what| LedgerError::Inconsistent { height: tip.height, what };
    if tip.range.count() != tip.height.0 || !tip.range.is_well_formed() {
        return Err(inconsistent("the range of results has another length than the chain"));
    }
    if tip.height == Height::ZERO {
        let expected = Tip::of_genesis(genesis, tip.state_root());
        return if *tip == expected { Ok(()) } else { Err(inconsistent("height 0 is not that of the genesis")) };
    }
    let key = height_key(tip.height);
    let place = Place { what: "the header of the tip", space: Space::Headers, key: &key };
    let bytes = store.get(Space::Headers, &key)?.ok_or_else(|| place.damaged())?;
    let StoredHeader { header, result, .. } = place.unseal(&bytes)?;
    let agrees = header.hash() == tip.block
        && header.height == tip.height
        && header.time == tip.time
        && header.view == tip.view
        && header.epoch == tip.epoch
        && result == tip.result
        && result.block == tip.block
        && result.height == tip.height;
    if agrees { Ok(()) } else { Err(inconsistent("the tip and its header record differ")) }
}

/// Height of the newest result certificate, 0 if there is none. It is written together with the certified height.
fn last_certificate<S: Store>(store: &S) -> Result<Option<Height>, LedgerError> {
    let rows = store.scan(Space::Certificates, &KeyRange::all(), Direction::Backward, 1)?;
    Ok(rows.first().map_or(Some(Height::ZERO), |(key, _)| key_number(key).map(Height)))
}

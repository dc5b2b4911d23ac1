//! Stored bytes: the keys and values of each space, as `FORMAT.md` lists them.

use crate::error::LedgerError;
use crate::limits::RECORD_BYTES_MAX;
use crate::store::{Batch, Space};
use crate::tip::Tip;
use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::hash::{Tag, sha256};
use countersign_types::range::Range;
use countersign_types::state;
use countersign_types::{
    Address, Certificate, Epoch, ExecutionResult, Hash, Header, Height, ValidatorSet, codec, state_key,
};

/// Version of the layout.
pub(crate) const FORMAT: u32 = 2;
/// Keys of [`Space::Meta`].
pub(crate) const META_FORMAT: &[u8] = b"format";
pub(crate) const META_CHAIN: &[u8] = b"chain";
pub(crate) const META_TIP: &[u8] = b"tip";
pub(crate) const META_STATE: &[u8] = b"state";
pub(crate) const META_CERTIFIED: &[u8] = b"certified";
/// What a ledger began with that was restored from a snapshot, a sealed [`StoredBase`].
pub(crate) const META_BASE: &[u8] = b"base";
/// Height of the snapshot that is being restored; the store is no ledger while it is there.
pub(crate) const META_RESTORING: &[u8] = b"restoring";
/// Key of [`crate::retention::Floors`]; missing until something of a block was pruned.
pub(crate) const META_FLOORS: &[u8] = b"floors";
/// What the keys of epochs begin with.
pub(crate) const META_EPOCH: [u8; 5] = *b"epoch";

/// Puts a row that [`Place::unseal`] reads.
pub(crate) fn put_sealed<T: BorshSerialize>(batch: &mut Batch, space: Space, key: &[u8], value: &T) {
    batch.put(space, key, Place { what: "", space, key }.seal(value));
}

/// Key of an epoch's [`StoredEpoch`] in [`Space::Meta`]: the word and its number, big-endian.
pub(crate) fn epoch_key(epoch: Epoch) -> [u8; 13] {
    join(META_EPOCH, number_key(epoch.0))
}

/// Key of the overrides of a block's transactions in [`Space::Meta`].
pub(crate) fn override_key(height: Height) -> [u8; 16] {
    join(*b"override", height_key(height))
}

/// Key of the order that an epoch began by in [`Space::Meta`], a sealed [`countersign_types::EpochEnd`].
pub(crate) fn restart_key(epoch: Epoch) -> [u8; 15] {
    join(*b"restart", number_key(epoch.0))
}

/// Value of an epoch in [`Space::Meta`], written with the last block of the one before.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredEpoch {
    /// The last height of the epoch before.
    pub(crate) origin: Height,
    pub(crate) validators: ValidatorSet,
}

/// Value of `tip` in [`Space::Meta`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredTip {
    pub(crate) tip: Tip,
    /// Oldest height whose whole state is kept.
    pub(crate) oldest: Height,
}

/// Value of `base` in [`Space::Meta`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredBase {
    /// Height of the snapshot.
    pub(crate) height: Height,
    /// Range over the results before the blocks that it carried.
    pub(crate) range: Range,
}

/// Value in [`Space::Headers`].
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct StoredHeader {
    pub(crate) header: Header,
    pub(crate) certificate: Certificate,
    pub(crate) result: ExecutionResult,
}

/// What is expected where; turns missing or unreadable bytes into [`LedgerError::Damaged`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) what: &'static str,
    pub(crate) space: Space,
    pub(crate) key: &'a [u8],
}

impl Place<'_> {
    pub(crate) fn damaged(&self) -> LedgerError {
        LedgerError::Damaged { what: self.what, space: self.space, key: self.key.to_vec() }
    }
    /// A row's bytes: borsh, and the hash of space, key and that, which tells damage and what was written elsewhere.
    pub(crate) fn seal<T: BorshSerialize>(&self, value: &T) -> Vec<u8> {
        let mut bytes = codec::encode(value);
        let digest = self.digest(&bytes);
        bytes.extend_from_slice(&digest.0);
        bytes
    }
    /// What [`Place::seal`] made.
    pub(crate) fn unseal<T: BorshDeserialize>(&self, bytes: &[u8]) -> Result<T, LedgerError> {
        let (bytes, digest) = bytes.split_last_chunk::<32>().ok_or_else(|| self.damaged())?;
        if self.digest(bytes).0 == *digest { self.decode(bytes) } else { Err(self.damaged()) }
    }
    fn digest(&self, bytes: &[u8]) -> Hash {
        let length = u8::try_from(self.key.len()).unwrap_or(u8::MAX);
        Hash::of_parts(Tag::ROW, &[self.space.name().as_bytes(), &[length], self.key, bytes])
    }
    pub(crate) fn decode<T: BorshDeserialize>(&self, bytes: &[u8]) -> Result<T, LedgerError> {
        codec::decode(bytes, RECORD_BYTES_MAX).map_err(|_| self.damaged())
    }
}

/// Key of a height or a sequence number: big-endian, so that keys are in order.
pub(crate) fn number_key(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

pub(crate) fn height_key(height: Height) -> [u8; 8] {
    number_key(height.0)
}

/// The number of a key that [`number_key`] made.
pub(crate) fn key_number(key: &[u8]) -> Option<u64> {
    key.try_into().ok().map(u64::from_be_bytes)
}

/// Prefix of a log's keys: the first 16 bytes of the SHA-256 of `contract | key`.
pub(crate) fn log_prefix(contract: &Address, key: &[u8]) -> [u8; 16] {
    first_half(sha256(&[&contract.0, key].concat()))
}

/// `prefix 16 | index u64`.
pub(crate) fn log_key(prefix: [u8; 16], index: u64) -> [u8; 24] {
    join(prefix, index.to_be_bytes())
}

/// Contract and key of the log whose range stands at this state key.
pub(crate) fn log_of(key: &[u8]) -> Option<(Address, &[u8])> {
    let (contract, log) = (key.get(1..33)?, key.get(34..)?);
    let contract = Address(contract.try_into().ok()?);
    (state_key::log(&contract, log) == key).then_some((contract, log))
}

/// `height u64 | index u32`, little-endian: value of [`Space::Places`].
pub(crate) fn encode_place(height: Height, index: u32) -> [u8; 12] {
    join(height.0.to_le_bytes(), index.to_le_bytes())
}

pub(crate) fn decode_place(bytes: &[u8]) -> Option<(Height, u32)> {
    let (height, index) = bytes.split_first_chunk::<8>()?;
    Some((Height(u64::from_le_bytes(*height)), u32::from_le_bytes(index.try_into().ok()?)))
}

/// Value of [`Space::Keys`]: the first 8 bytes of the key's path.
pub(crate) fn key_mark(key: &[u8]) -> [u8; MARK] {
    mark(&state::path(key))
}

/// What stands beside a receipt in [`Space::Receipts`].
pub(crate) const MARK: usize = 8;

/// The first 8 bytes of a hash, which tell damage.
pub(crate) fn mark(hash: &Hash) -> [u8; MARK] {
    let mut mark = [0; MARK];
    for (to, from) in mark.iter_mut().zip(hash.0) {
        *to = from;
    }
    mark
}

/// Key and value of an item in [`Space::Values`]: `key length u32 | key | value`.
pub(crate) fn decode_value(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// A block's transactions or receipts in one record: `count u32 | (names | end u32)… | items…`,
/// where `end` is where the item ends among the items, and names are [`NAMES`] bytes.
#[derive(Debug, Default)]
pub(crate) struct Packed<const NAMES: usize> {
    table: Vec<u8>,
    items: Vec<u8>,
    count: u32,
}

impl<const NAMES: usize> Packed<NAMES> {
    pub(crate) fn push(&mut self, names: &[u8; NAMES], item: &[u8]) {
        self.items.extend_from_slice(item);
        self.table.extend_from_slice(names);
        self.table.extend_from_slice(&length(self.items.len()).to_le_bytes());
        self.count = self.count.saturating_add(1);
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        [&self.count.to_le_bytes(), self.table.as_slice(), self.items.as_slice()].concat()
    }
}

/// A view of bytes that [`Packed`] made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unpacked<'a, const NAMES: usize> {
    table: &'a [u8],
    items: &'a [u8],
    width: usize,
}

impl<'a, const NAMES: usize> Unpacked<'a, NAMES> {
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk::<4>()?;
        let width = NAMES.checked_add(4)?;
        let table = usize::try_from(u32::from_le_bytes(*count)).ok()?.checked_mul(width)?;
        let (table, items) = rest.split_at_checked(table)?;
        Some(Self { table, items, width })
    }

    pub(crate) fn count(&self) -> usize {
        self.table.len() / self.width
    }

    /// Names and bytes of the item at `index`; `None` beyond the end or if the table is damaged.
    pub(crate) fn item(&self, index: usize) -> Option<(&'a [u8; NAMES], &'a [u8])> {
        let (names, end) = self.row(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => self.row(before)?.1,
            None => 0,
        };
        Some((names, self.items.get(start..end)?))
    }

    fn row(&self, index: usize) -> Option<(&'a [u8; NAMES], usize)> {
        let start = index.checked_mul(self.width)?;
        let row = self.table.get(start..start.checked_add(self.width)?)?;
        let (names, end) = row.split_first_chunk::<NAMES>()?;
        Some((names, usize::try_from(u32::from_le_bytes(end.try_into().ok()?)).ok()?))
    }

    /// All items, or `None` if any is damaged.
    pub(crate) fn all(&self) -> Option<Vec<(&'a [u8; NAMES], &'a [u8])>> {
        (0..self.count()).map(|index| self.item(index)).collect()
    }
}

/// Id and signed hash of a transaction, as they stand in [`Space::Bodies`].
pub(crate) const TRANSACTION_NAMES: usize = 64;

pub(crate) fn transaction_names(id: &Hash, signed: &Hash) -> [u8; TRANSACTION_NAMES] {
    join(id.0, signed.0)
}

pub(crate) fn split_names(names: &[u8; TRANSACTION_NAMES]) -> (Hash, Hash) {
    let mut halves = names.as_chunks::<32>().0.iter().map(|half| Hash(*half));
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

/// The first 16 bytes of a digest.
pub(crate) fn first_half(digest: [u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    for (to, from) in half.iter_mut().zip(digest) {
        *to = from;
    }
    half
}

/// Two arrays one after the other.
pub(crate) fn join<const A: usize, const B: usize, const C: usize>(a: [u8; A], b: [u8; B]) -> [u8; C] {
    const { assert!(A + B == C, "the parts fill the whole") };
    let mut out = [0; C];
    for (to, from) in out.iter_mut().zip(a.into_iter().chain(b)) {
        *to = from;
    }
    out
}

/// Lengths here are below [`RECORD_BYTES_MAX`], as the block's limits have it.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("records of a block are below 256 MiB")
}

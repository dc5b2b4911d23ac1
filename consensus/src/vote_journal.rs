//! The vote journal's bytes: framed, hash-chained records, each stored twice.
//!
//! ```text
//! segment = copy copy copy copy …          (two equal copies of each record, one after the other)
//! copy    = magic "CSJ1" | length u32 LE | sequence u64 LE | previous 32 | payload | check 32
//! check   = SHA-256 of the journal tag, the salt and everything before it in the copy
//! previous = check of the record before, zeros for the first of a segment
//! ```
//! One bad copy is repaired from the other. Two bad copies at the very end are a torn write and
//! dropped: nothing that rests on them can have been sent, since they were never synced. Two bad
//! copies with an intact one of any record behind them are damage: the validator has lost votes and must recover.
//!
//! The salt is a secret of the node (a hash of its key's seed): without it a transaction could
//! carry bytes that look like an intact record inside a torn one. It also ties the file to its key.

use crate::mutation::{Mutation, planted};
use countersign_types::Hash;
use countersign_types::hash::Tag;

const MAGIC: [u8; 4] = *b"CSJ1";
const HEAD: usize = 4 + 4 + 8 + 32;
const CHECK: usize = 32;
/// Largest payload: what the replica writes of a block's transactions, 2 MiB named bytes and
/// their envelopes, rounded up.
pub const PAYLOAD_BYTES_MAX: usize = 8 << 20;

/// A file that only grows. An error of any call is final: the node stops and never tries again.
pub trait JournalFile {
    /// What the disk says when it fails.
    type Error;
    /// Appends bytes.
    ///
    /// # Errors
    /// The disk's.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
    /// Answers once everything appended is on disk.
    ///
    /// # Errors
    /// The disk's.
    fn sync(&mut self) -> Result<(), Self::Error>;
    /// Replaces the whole content atomically and durably (new file, sync, rename, sync of the directory).
    ///
    /// # Errors
    /// The disk's.
    fn replace(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

/// Why a record cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a journal record of {bytes} bytes, at most {PAYLOAD_BYTES_MAX} are allowed")]
pub struct RecordTooLong {
    /// Its length.
    pub bytes: usize,
}

/// Votes are lost: intact records follow ones that are not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the vote journal is damaged after {intact} bytes, {records} records are intact before")]
pub struct JournalDamaged {
    /// Bytes before the damage.
    pub intact: usize,
    /// Records before the damage.
    pub records: usize,
}

/// Frames records one after the other.
#[derive(Clone, PartialEq, Eq)]
pub struct Framer {
    salt: Hash,
    sequence: u64,
    previous: Hash,
}

impl std::fmt::Debug for Framer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Framer").field("sequence", &self.sequence).field("previous", &self.previous).finish()
    }
}

impl Framer {
    /// At the beginning of a segment.
    #[must_use]
    pub fn new(salt: Hash) -> Self {
        Self { salt, sequence: 0, previous: Hash::ZERO }
    }

    /// Both copies of the next record.
    ///
    /// # Errors
    /// [`RecordTooLong`].
    pub fn frame(&mut self, payload: &[u8]) -> Result<Vec<u8>, RecordTooLong> {
        let too_long = RecordTooLong { bytes: payload.len() };
        let length = u32::try_from(payload.len()).map_err(|_| too_long.clone())?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(too_long);
        }
        let mut copy = Vec::with_capacity(2 * (HEAD + payload.len() + CHECK));
        copy.extend_from_slice(&MAGIC);
        copy.extend_from_slice(&length.to_le_bytes());
        copy.extend_from_slice(&self.sequence.to_le_bytes());
        copy.extend_from_slice(&self.previous.0);
        copy.extend_from_slice(payload);
        self.previous = Hash::of_parts(Tag::JOURNAL, &[&self.salt.0, &copy]);
        self.sequence += 1;
        copy.extend_from_slice(&self.previous.0);
        copy.extend_from_within(..);
        Ok(copy)
    }
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// Payloads in order.
    pub payloads: Vec<Vec<u8>>,
    /// Bytes of the file that are records; anything behind is a torn write to be cut off.
    pub valid_len: usize,
    /// The whole segment with bad copies repaired, to be written in place of the file; `None` if
    /// no copy was bad.
    pub repaired: Option<Vec<u8>>,
    /// Goes on where the segment ends.
    pub framer: Framer,
}

/// Reads a segment.
///
/// # Errors
/// [`JournalDamaged`] if an intact copy of any record follows ones that are not.
pub fn replay(bytes: &[u8], salt: Hash) -> Result<Replayed, JournalDamaged> {
    let mut replayed = Replayed { payloads: Vec::new(), valid_len: 0, repaired: None, framer: Framer::new(salt) };
    while let Some((payload, first_good, second_good)) = next(bytes, &replayed) {
        let start = replayed.valid_len;
        let framed = replayed.framer.frame(&payload).unwrap_or_default();
        let end = start + framed.len();
        if !(first_good && second_good) && replayed.repaired.is_none() {
            replayed.repaired = Some(bytes.get(..start).unwrap_or_default().to_vec());
        }
        if let Some(repaired) = &mut replayed.repaired {
            repaired.extend_from_slice(&framed);
        }
        replayed.payloads.push(payload);
        replayed.valid_len = end.min(bytes.len());
    }
    let rest = bytes.get(replayed.valid_len..).unwrap_or_default();
    if has_record(rest, &salt) && !planted(Mutation::DamageTakenForTorn) {
        return Err(JournalDamaged { intact: replayed.valid_len, records: replayed.payloads.len() });
    }
    Ok(replayed)
}

/// The next record, and which of its copies are good.
fn next(bytes: &[u8], replayed: &Replayed) -> Option<(Vec<u8>, bool, bool)> {
    let rest = bytes.get(replayed.valid_len..)?;
    if let Some(payload) = copy_at(rest, &replayed.framer) {
        let second = rest.get(HEAD + payload.len() + CHECK..).and_then(|rest| copy_at(rest, &replayed.framer));
        return Some((payload.to_vec(), true, second == Some(payload)));
    }
    second_copy(rest, &replayed.framer).map(|payload| (payload.to_vec(), false, true))
}

/// The intact copy at the beginning of `bytes` that continues the chain.
fn copy_at<'a>(bytes: &'a [u8], framer: &Framer) -> Option<&'a [u8]> {
    let (sequence, previous, payload) = any_copy_at(bytes, &framer.salt)?;
    (sequence == framer.sequence && previous == framer.previous).then_some(payload)
}

/// An intact copy at the beginning of `bytes`, whatever its place in the chain.
fn any_copy_at<'a>(bytes: &'a [u8], salt: &Hash) -> Option<(u64, Hash, &'a [u8])> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (sequence, rest) = rest.split_first_chunk::<8>()?;
    let (previous, rest) = rest.split_first_chunk::<32>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= PAYLOAD_BYTES_MAX)?;
    let (payload, rest) = rest.split_at_checked(length)?;
    let (check, _) = rest.split_first_chunk::<32>()?;
    let checked = bytes.get(..HEAD + length)?;
    (Hash::of_parts(Tag::JOURNAL, &[&salt.0, checked]).0 == *check).then_some((
        u64::from_le_bytes(*sequence),
        Hash(*previous),
        payload,
    ))
}

/// Finds the second copy of the next record when the first is bad: it is where the magic stands
/// again and everything fits. Its place also tells where the first copy began.
fn second_copy<'a>(bytes: &'a [u8], framer: &Framer) -> Option<&'a [u8]> {
    magics(bytes).skip_while(|start| *start == 0).find_map(|start| {
        let payload = copy_at(bytes.get(start..)?, framer)?;
        (start == HEAD + payload.len() + CHECK).then_some(payload)
    })
}

/// Whether an intact copy of a record stands anywhere in `bytes`. Also one of an earlier record is no torn write: it was
/// written where later ones stood.
fn has_record(bytes: &[u8], salt: &Hash) -> bool {
    magics(bytes).any(|start| bytes.get(start..).is_some_and(|rest| any_copy_at(rest, salt).is_some()))
}

/// Offsets at which the magic stands.
fn magics(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC).map(|(start, _)| start)
}

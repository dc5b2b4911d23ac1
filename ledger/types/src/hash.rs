//! SHA-256 with a tag in front, so that bytes of one kind never hash like bytes of another.

use crate::hex::hex_bytes;
use borsh::{BorshDeserialize, BorshSerialize};
use sha2::block_api::compress256;
use sha2::{Digest, Sha256};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct Hash(pub [u8; 32]);

hex_bytes!(Hash, 32, "a hash");

impl Hash {
    /// All zeros: stands for "nothing".
    pub const ZERO: Self = Self([0; 32]);

    /// Digest of `tag length u8 | tag | bytes`. Tags are constants of at most 255 bytes.
    #[must_use]
    pub fn of(tag: Tag, bytes: &[u8]) -> Self {
        Self::of_parts(tag, &[bytes])
    }

    /// As [`Hash::of`] over the parts one after the other. The caller sees to it that the parts
    /// cannot be cut elsewhere (fixed lengths).
    #[must_use]
    pub fn of_parts(tag: Tag, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update([u8::try_from(tag.0.len()).unwrap_or(u8::MAX)]);
        hasher.update(tag.0.as_bytes());
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// As [`Hash::of_parts`] over two hashes, for a tag of two bytes: 67 bytes, which are two blocks of SHA-256 whose
    /// padding is known. Trees are made of little else.
    #[must_use]
    pub(crate) fn of_pair(tag: Tag, left: &Self, right: &Self) -> Self {
        let [first, second] = *tag.0.as_bytes() else { return Self::of_parts(tag, &[&left.0, &right.0]) };
        let mut blocks = [[0u8; 64]; 2];
        let [[length, tag_first, tag_second, one @ ..], [end_first, end_second, end_third, padding, .., high, low]] =
            &mut blocks;
        (*length, *tag_first, *tag_second, *padding) = (2, first, second, 0x80);
        let (to_left, to_right) = one.split_at_mut(32);
        to_left.copy_from_slice(&left.0);
        let (begin, [last_first, last_second, last_third]) = right.0.split_last_chunk().unwrap_or((&[], &[0; 3]));
        to_right.copy_from_slice(begin);
        (*end_first, *end_second, *end_third) = (*last_first, *last_second, *last_third);
        [*high, *low] = (PAIR_BYTES * 8).to_be_bytes();
        let mut state = SHA256_START;
        compress256(&mut state, &blocks);
        let mut digest = [0; 32];
        for (to, from) in digest.as_chunks_mut::<4>().0.iter_mut().zip(state) {
            *to = from.to_be_bytes();
        }
        Self(digest)
    }

    /// Digest of the borsh encoding of a value.
    #[must_use]
    pub fn of_value<T: BorshSerialize + ?Sized>(tag: Tag, value: &T) -> Self {
        Self::of(tag, &crate::codec::encode(value))
    }
}

/// Bytes of a message of [`Hash::of_pair`].
const PAIR_BYTES: u16 = 1 + 2 + 32 + 32;

/// Where SHA-256 begins (FIPS 180-4, 5.3.3).
const SHA256_START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// SHA-256 of the bytes alone, without a tag: names contract code.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A domain of hashing. The constants below are all there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag(&'static str);

macro_rules! tags {
    ($($name:ident = $text:literal, $doc:literal;)*) => {
        impl Tag {
            $(#[doc = $doc] pub const $name: Self = Self($text);)*
        }
    };
}
tags! {
    GENESIS = "cs/genesis", "The genesis; its hash is the chain's id.";
    TRANSACTION = "cs/tx", "A transaction's body; its hash is the transaction's id and is what is signed.";
    KEY_PROOF = "cs/key", "Chain and account; signed by a key that is to belong to the account.";
    SIGNED = "cs/signed", "A signed transaction; its hash names it in blocks.";
    BLOCK = "cs/block", "A header.";
    VALIDATORS = "cs/validators", "A validator set.";
    VOTE = "cs/vote", "A vote's statement.";
    RESULT = "cs/result", "An execution result.";
    RECEIPT = "cs/receipt", "A receipt.";
    EVENT = "cs/event", "An event record.";
    CONTRACT = "cs/contract", "A contract's name; its hash is the contract's address.";
    LEAF = "cs/leaf", "A leaf of a Merkle tree.";
    NODE = "cs/node", "An inner node of a Merkle tree.";
    RANGE = "cs/range", "The root of a Merkle mountain range.";
    STATE_PATH = "cs/path", "A state key; its hash is the key's path in the tree.";
    STATE_VALUE = "cs/value", "A state value.";
    STATE_LEAF = "s0", "A leaf of the state tree.";
    STATE_NODE = "s1", "An inner node of the state tree.";
    LOG_LEAF = "cs/log", "An entry of a contract's log.";
    SCHEDULED = "cs/scheduled", "A scheduled call's origin; its hash is the call's id.";
    RULES = "cs/rules", "Rules of governance.";
    MEASURE = "cs/measure", "What a proposal proposes; equal measures are one proposal.";
    CONSENT = "cs/consent", "What admins of an organisation ask for together.";
    OVERRIDE = "cs/override", "What a quorum decrees about a transaction; signed by validators.";
    OVERRIDES = "cs/overrides", "What was decreed about the transactions of a block.";
    RESTART = "cs/restart", "A restart order; signed by admins.";
    ROW = "cs/row", "A row of the ledger's database: its space, its key and its bytes.";
    SNAPSHOT = "cs/snapshot", "The layout of a snapshot; its hash names the snapshot.";
    JOURNAL = "cs/journal", "A record of the vote journal.";
    EPCIS_EVENT = "cs/epcis", "Canonical bytes of an EPCIS event.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_hashes_like_its_parts() {
        for (left, right) in [(0, 0), (1, 2), (0xff, 0x80)] {
            let (left, right) = (Hash([left; 32]), Hash([right; 32]));
            for tag in [Tag::STATE_LEAF, Tag::STATE_NODE] {
                assert_eq!(Hash::of_pair(tag, &left, &right), Hash::of_parts(tag, &[&left.0, &right.0]));
            }
        }
    }
}

//! That who sets an account has its new keys' holders with it: a key signs the account that it is to belong to.
//!
//! Without it an admin could register a key of somebody else, who could then never register it with an account of
//! its own, and whose signatures would count as the admin's organisation's.

use crate::account::AccountId;
use crate::hash::{Hash, Tag};
use crate::key::{BadSignature, PublicKey, SecretKey, Signature};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// A key's consent to belong to an account.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct KeyProof {
    /// The key.
    pub key: PublicKey,
    /// Its signature of [`KeyProof::statement`].
    pub signature: Signature,
}

impl KeyProof {
    /// What is signed: chain and account, `organisation/name`.
    #[must_use]
    pub fn statement(chain: &Hash, account: &AccountId) -> Hash {
        Hash::of_parts(Tag::KEY_PROOF, &[&chain.0, account.as_str().as_bytes()])
    }

    /// Made by who holds the key.
    #[must_use]
    pub fn new(key: &SecretKey, chain: &Hash, account: &AccountId) -> Self {
        Self { key: key.public(), signature: key.sign(&Self::statement(chain, account).0) }
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, chain: &Hash, account: &AccountId) -> Result<(), BadSignature> {
        self.key.verify(&Self::statement(chain, account).0, &self.signature)
    }
}

//! A transaction and what became of it.

use super::BadProof;
use super::path::ListPath;
use crate::block::Header;
use crate::hash::{Hash, Tag};
use crate::receipt::Receipt;
use crate::result::ExecutionResult;
use crate::transaction::SignedTransaction;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A signed transaction in its block, and its receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TransactionProof {
    /// The signed bytes, in hexadecimal: borsh of [`SignedTransaction`].
    #[serde(with = "crate::hex::serde_bytes")]
    pub transaction: Vec<u8>,
    /// Path of the signed bytes' hash to the header's `transactionsRoot`.
    pub path: ListPath,
    /// The receipt.
    pub receipt: Receipt,
    /// Path of the receipt's hash to the result's `receiptsRoot`.
    pub receipt_path: ListPath,
}

/// A transaction that is for certain in a block, with its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenTransaction {
    /// Its id.
    pub id: Hash,
    /// As it was signed.
    pub signed: SignedTransaction,
    /// What became of it.
    pub receipt: Receipt,
}

impl TransactionProof {
    /// Checks both paths and that they are about the same transaction.
    ///
    /// # Errors
    /// [`BadProof`].
    pub(super) fn verify(&self, header: &Header, result: &ExecutionResult) -> Result<ProvenTransaction, BadProof> {
        let signed = SignedTransaction::from_bytes(&self.transaction)?;
        let (id, receipt) = (signed.body.id(), &self.receipt);
        if signed.body.chain != header.chain {
            return Err(BadProof::Apart("the chain"));
        }
        signed.body.signer.verify(&id.0, &signed.signature).map_err(|_| BadProof::Apart("the signature"))?;
        if receipt.transaction != id || receipt.height != header.height {
            return Err(BadProof::Apart("the receipt"));
        }
        let of = |what| move |cause| BadProof::Path { what, cause };
        let (index, count) = (u64::from(receipt.index), u64::from(header.transactions));
        let named = Hash::of(Tag::SIGNED, &self.transaction);
        self.path.verify(&named, &header.transactions_root).map_err(of("the transaction"))?;
        self.path.check_place(index, count).map_err(of("the transaction"))?;
        self.receipt_path.verify(&receipt.hash(), &result.receipts_root).map_err(of("the receipt"))?;
        self.receipt_path.check_place(index, count).map_err(of("the receipt"))?;
        Ok(ProvenTransaction { id, signed, receipt: receipt.clone() })
    }
}

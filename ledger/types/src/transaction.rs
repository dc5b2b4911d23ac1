//! Transactions: what a client signs.
//!
//! The id hashes the body without the signature, so nobody can make a second id of a signed
//! transaction. Blocks name transactions by the hash of their signed bytes, so a block also fixes
//! the signature.

use crate::account::{Account, AccountId, Organisation};
use crate::codec::{self, DecodeError};
use crate::contract::{Address, is_full_name};
use crate::evidence::{BadEvidence, Evidence};
use crate::hash::{Hash, Tag};
use crate::key::{BadSignature, Claim, PublicKey, SecretKey, Signature};
use crate::key_proof::KeyProof;
use crate::limits::{
    ADMIN_THRESHOLD_MAX, NAME_BYTES_MAX, PAYLOAD_BYTES_MAX, REASON_BYTES_MAX, TITLE_BYTES_MAX, TRANSACTION_BYTES_MAX,
};
use crate::number::{Gas, TimestampMs};
use crate::proposal::{BadMeasure, Measure};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The body of a transaction. There are no sequence numbers: it is unique by its id within its
/// expiry window, so one lost transaction blocks no other.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Transaction {
    /// The chain's id.
    pub chain: Hash,
    /// The key that signs.
    pub signer: PublicKey,
    /// Makes equal calls different.
    pub nonce: u64,
    /// Block time after which it is not executed.
    pub expires: TimestampMs,
    /// Most gas it may use.
    pub gas_limit: Gas,
    /// What to do.
    pub payload: Payload,
}

/// What a transaction does.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Payload {
    /// Calls a method of a contract.
    Call {
        /// The contract.
        contract: Address,
        /// The method, an export of its module.
        method: String,
        /// borsh of the arguments, one after the other.
        input: Vec<u8>,
    },
    /// Deploys a contract and runs its `init` method if it has one.
    Deploy {
        /// `organisation/name`, the organisation being the signer's.
        name: String,
        /// The WebAssembly module.
        code: Vec<u8>,
        /// Arguments of `init`.
        input: Vec<u8>,
    },
    /// Changes the chain's own state.
    Native(NativeOperation),
    /// Replaces a contract's code and runs the new code's `migrate` method if it has one. Needs the deployer's role in the
    /// organisation that owns the contract.
    Upgrade {
        /// The contract.
        contract: Address,
        /// The WebAssembly module.
        code: Vec<u8>,
        /// Arguments of `migrate`.
        input: Vec<u8>,
    },
}

impl Payload {
    /// The module that it brings, if it brings one.
    #[must_use]
    pub fn code(&self) -> Option<&[u8]> {
        match self {
            Self::Deploy { code, .. } | Self::Upgrade { code, .. } => Some(code),
            Self::Call { .. } | Self::Native(_) => None,
        }
    }
}

/// An operation of the chain itself.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum NativeOperation {
    /// Creates or replaces an account of the signer's organisation. Needs the admin role.
    PutAccount {
        /// The account.
        account: Account,
        /// One for each key that the account does not have yet.
        proofs: Vec<KeyProof>,
    },
    /// Sets what the signer's organisation says of itself. Needs the admin role.
    PutOrganisation {
        /// Name for people.
        name: String,
        /// Global location number, if it has one.
        gln: Option<String>,
        /// Whom to ask, if it says so.
        contact: Option<String>,
        /// How many of its admins must ask for the same before it is done.
        threshold: u16,
    },
    /// Proposes something that organisations decide together, and votes for it; where an equal proposal is open, votes for
    /// that. Needs the admin role.
    Propose {
        /// What is to be decided.
        measure: Measure,
        /// Why.
        reason: String,
        /// How long it can be voted on, milliseconds from the block's time on.
        open_ms: u64,
    },
    /// Votes on a proposal, or changes the vote. Needs the admin role.
    Vote {
        /// The proposal's number.
        proposal: u64,
        /// For it or against it.
        approve: bool,
    },
    /// Records that a validator of the current epoch contradicted itself. The signer is an account with the admin role,
    /// or a validator with the key that it votes with: validators report by themselves what they see.
    ReportEquivocation {
        /// The proof.
        evidence: Evidence,
    },
    /// Approves code for a contract, or takes that back. Needs the admin role. Deployments and upgrades use approvals up.
    ApproveCode {
        /// `organisation/name` of the contract, which need not exist yet.
        contract: String,
        /// SHA-256 of the module.
        code: Hash,
        /// Whether it is approved.
        approve: bool,
    },
    /// Stops a contract of the signer's organisation, or takes that back. Needs the admin role.
    SetFrozen {
        /// The contract.
        contract: Address,
        /// Whether it is stopped.
        frozen: bool,
    },
}

impl Transaction {
    /// The id, which is also what is signed.
    #[must_use]
    pub fn id(&self) -> Hash {
        Hash::of_value(Tag::TRANSACTION, self)
    }
    /// Signs it. The key must be the one that `signer` names.
    #[must_use]
    pub fn sign(self, key: &SecretKey) -> SignedTransaction {
        let signature = key.sign(&self.id().0);
        SignedTransaction { body: self, signature }
    }
}

/// A transaction with a signature that nobody has checked.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedTransaction {
    /// The body.
    pub body: Transaction,
    /// Signature of its id.
    pub signature: Signature,
}

/// Why a transaction is refused before it is executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTransaction {
    /// Its bytes are wrong.
    #[error("{0}")]
    Decode(#[from] DecodeError),
    /// It is meant for another chain.
    #[error("it is for chain {given}, this is chain {expected}")]
    Chain {
        /// The chain it names.
        given: Hash,
        /// This chain.
        expected: Hash,
    },
    /// Input or code is too long.
    #[error("its payload has {bytes} bytes, at most {PAYLOAD_BYTES_MAX} are allowed")]
    Payload {
        /// Bytes given.
        bytes: usize,
    },
    /// A method or contract name is empty or too long.
    #[error("its method or contract name must have 1 to 64 bytes")]
    Name,
    /// An account it sets is not in order.
    #[error("the account {0} is malformed: check its name, roles and keys")]
    Account(AccountId),
    /// A key did not sign that it belongs to the account, or is none of its keys.
    #[error(
        "the proof of the key {0} does not hold for this account and chain; its holder makes one with `countersign key prove`"
    )]
    KeyProof(PublicKey),
    /// What it proposes is malformed.
    #[error("the proposal is refused: {0}")]
    Measure(#[from] BadMeasure),
    /// The reason of a proposal is too long.
    #[error("its reason has {bytes} bytes, at most {REASON_BYTES_MAX} are allowed")]
    Reason {
        /// Bytes given.
        bytes: usize,
    },
    /// What it says of the organisation is malformed.
    #[error(
        "what it says of the organisation is malformed: name and contact have at most {TITLE_BYTES_MAX} bytes, a GLN 13 digits, the threshold is from 1 to {ADMIN_THRESHOLD_MAX}"
    )]
    Organisation,
    /// The name in an approval is none.
    #[error("`{0}` is no contract's name: give organisation/name")]
    ContractName(String),
    /// What it reports is no contradiction.
    #[error(transparent)]
    Evidence(#[from] BadEvidence),
    /// The signature does not verify.
    #[error("its signature is not valid for the signer's key")]
    Signature(#[from] BadSignature),
}

impl SignedTransaction {
    /// Decodes strictly, up to the largest transaction.
    ///
    /// # Errors
    /// [`DecodeError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        codec::decode(bytes, TRANSACTION_BYTES_MAX)
    }

    /// Checks everything that does not need the state or the signature.
    ///
    /// # Errors
    /// [`BadTransaction`].
    pub fn check_shape(&self, chain: &Hash) -> Result<(), BadTransaction> {
        let body = &self.body;
        if body.chain != *chain {
            return Err(BadTransaction::Chain { given: body.chain, expected: *chain });
        }
        let (name, bytes) = match &body.payload {
            Payload::Call { method, input, .. } => (Some(method), input.len()),
            Payload::Deploy { name, code, input } => (Some(name), code.len().saturating_add(input.len())),
            Payload::Upgrade { code, input, .. } => (None, code.len().saturating_add(input.len())),
            Payload::Native(NativeOperation::Propose { measure, reason, .. }) => {
                measure.check()?;
                if reason.len() > REASON_BYTES_MAX {
                    return Err(BadTransaction::Reason { bytes: reason.len() });
                }
                (None, 0)
            }
            Payload::Native(NativeOperation::PutOrganisation { name, gln, contact, threshold }) => {
                if !Organisation::says(name, gln.as_deref(), contact.as_deref(), *threshold) {
                    return Err(BadTransaction::Organisation);
                }
                (None, 0)
            }
            Payload::Native(NativeOperation::ApproveCode { contract, .. }) => {
                if !is_full_name(contract) {
                    return Err(BadTransaction::ContractName(contract.clone()));
                }
                (None, 0)
            }
            Payload::Native(NativeOperation::SetFrozen { .. } | NativeOperation::Vote { .. }) => (None, 0),
            Payload::Native(NativeOperation::PutAccount { account, proofs }) => {
                if !account.is_valid() || proofs.len() > account.keys.len() {
                    return Err(BadTransaction::Account(account.id.clone()));
                }
                (None, 0)
            }
            Payload::Native(NativeOperation::ReportEquivocation { evidence }) => {
                if !evidence.contradicts() {
                    return Err(BadEvidence.into());
                }
                (None, 0)
            }
        };
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(BadTransaction::Payload { bytes });
        }
        if name.is_some_and(|name| name.is_empty() || name.len() > 2 * NAME_BYTES_MAX + 1) {
            return Err(BadTransaction::Name);
        }
        Ok(())
    }

    /// Checks what other keys have signed in it. Comes last, since the signer answers for that much work.
    fn check_proofs(&self, chain: &Hash) -> Result<(), BadTransaction> {
        let (accounts, proofs): (&[Account], &[KeyProof]) = match &self.body.payload {
            Payload::Native(NativeOperation::PutAccount { account, proofs }) => {
                (core::slice::from_ref(account), proofs)
            }
            Payload::Native(NativeOperation::Propose { measure, .. }) => measure.proofs(),
            _ => return Ok(()),
        };
        for proof in proofs {
            let holder = accounts.iter().find(|account| account.keys.iter().any(|entry| entry.key == proof.key));
            if holder.is_none_or(|account| proof.verify(chain, &account.id).is_err()) {
                return Err(BadTransaction::KeyProof(proof.key));
            }
        }
        Ok(())
    }

    /// Checks shape and signature of one transaction.
    ///
    /// # Errors
    /// [`BadTransaction`].
    pub fn verify(self, chain: &Hash) -> Result<VerifiedTransaction, BadTransaction> {
        self.check_shape(chain)?;
        let id = self.body.id();
        self.body.signer.verify(&id.0, &self.signature)?;
        self.check_proofs(chain)?;
        Ok(VerifiedTransaction::new(self, id))
    }
}

/// A transaction of the right shape with a valid signature, with its names computed once. Only
/// [`SignedTransaction::verify`] and [`verify_all`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedTransaction {
    signed: SignedTransaction,
    id: Hash,
    hash: Hash,
    bytes: Vec<u8>,
}

impl VerifiedTransaction {
    fn new(signed: SignedTransaction, id: Hash) -> Self {
        let bytes = codec::encode(&signed);
        let hash = Hash::of(Tag::SIGNED, &bytes);
        Self { signed, id, hash, bytes }
    }
    /// The body.
    #[must_use]
    pub fn body(&self) -> &Transaction {
        &self.signed.body
    }
    /// The id.
    #[must_use]
    pub fn id(&self) -> Hash {
        self.id
    }
    /// Hash of the signed bytes, the name in blocks.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }
    /// The signed bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Checks many transactions, their signatures in one batch. Each gets its own verdict.
#[must_use]
pub fn verify_all(
    transactions: Vec<SignedTransaction>,
    chain: &Hash,
) -> Vec<Result<VerifiedTransaction, BadTransaction>> {
    let ids: Vec<Hash> = transactions.iter().map(|signed| signed.body.id()).collect();
    let claims: Vec<Claim<'_>> = transactions
        .iter()
        .zip(&ids)
        .map(|(signed, id)| Claim { key: signed.body.signer, message: &id.0, signature: signed.signature })
        .collect();
    let verdicts = crate::key::verify_each(&claims);
    transactions
        .into_iter()
        .zip(ids)
        .zip(verdicts)
        .map(|((signed, id), valid)| {
            signed.check_shape(chain)?;
            if !valid {
                return Err(BadSignature.into());
            }
            signed.check_proofs(chain)?;
            Ok(VerifiedTransaction::new(signed, id))
        })
        .collect()
}

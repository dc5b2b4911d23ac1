//! Proof files: what the ledger says, checkable without trusting whoever handed it over.
//!
//! The chain of reasons: the genesis (which the reader has from elsewhere) names the validators; a
//! quorum of them signed an execution result; the result names the state root; the witness shows
//! what stands under that root. `PROOF.md` in the ledger crate says what each field means.

use crate::block::Header;
use crate::certificate::{BadCertificate, Certificate};
use crate::contract::Address;
use crate::epoch::{BadEpochEnd, EpochEnd, KnownEpoch};
use crate::genesis::Genesis;
use crate::hash::Hash;
use crate::log::{LogRecord, range_of};
use crate::number::{Height, TimestampMs};
use crate::range::Range;
use crate::result::ExecutionResult;
use crate::state::{BadWitness, Witness};
use crate::vote::Phase;
use crate::{codec, state_key};
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Version of the file's layout.
pub const VERSION: u32 = 1;

/// The certified point of the chain that a proof rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Anchor {
    /// Header of the block.
    pub header: Header,
    /// Result of executing it.
    pub result: ExecutionResult,
    /// The quorum's signatures under the result.
    pub certificate: Certificate,
}

/// A state entry and its value, or its absence.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Entry {
    /// The key in the state ([`state_key`]), in hexadecimal.
    #[serde(with = "crate::proof::hex_bytes")]
    pub key: Vec<u8>,
    /// The value in hexadecimal, `null` if the key is absent.
    #[serde(with = "crate::proof::hex_option")]
    pub value: Option<Vec<u8>>,
}

/// A whole log of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Log {
    /// The contract.
    pub contract: Address,
    /// The log's key, in hexadecimal.
    #[serde(with = "crate::proof::hex_bytes")]
    pub key: Vec<u8>,
    /// All its records from the first on.
    pub records: Vec<LogRecordText>,
}

/// A log record in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogRecordText {
    /// Height of the block that appended it.
    pub height: Height,
    /// Time of that block.
    pub time: TimestampMs,
    /// The transaction that appended it.
    pub transaction: Hash,
    /// The key that signed it.
    pub signer: crate::PublicKey,
    /// The contract's bytes, in hexadecimal.
    #[serde(with = "crate::proof::hex_bytes")]
    pub entry: Vec<u8>,
}

impl From<LogRecord> for LogRecordText {
    fn from(LogRecord { height, time, transaction, signer, entry }: LogRecord) -> Self {
        Self { height, time, transaction, signer, entry }
    }
}
impl From<&LogRecordText> for LogRecord {
    fn from(text: &LogRecordText) -> Self {
        Self {
            height: text.height,
            time: text.time,
            transaction: text.transaction,
            signer: text.signer,
            entry: text.entry.clone(),
        }
    }
}

/// What a proof file is about. It states the question; the verifier finds the answer again from
/// the proven entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", tag = "kind")]
pub enum Subject {
    /// The entries themselves.
    State,
    /// An item's trace, walked over the entries and logs of a provenance contract.
    #[serde(rename_all = "camelCase")]
    Trace {
        /// The contract.
        contract: Address,
        /// `history`, `back` or `forward`.
        query: String,
        /// The item as it was asked for.
        item: String,
    },
}

/// A proof, doubtful until [`Proof::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Proof {
    /// [`VERSION`].
    pub version: u32,
    /// The chain's id.
    pub chain: Hash,
    /// What is asked.
    pub subject: Subject,
    /// How the validators of the anchor's epoch follow from those of the genesis: the ends of all
    /// epochs before, in order. None in the first epoch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epochs: Vec<EpochEnd>,
    /// The certified point.
    pub anchor: Anchor,
    /// State entries.
    pub entries: Vec<Entry>,
    /// Whole logs.
    pub logs: Vec<Log>,
    /// Shows all of the above under the anchor's state root.
    pub witness: Witness,
}

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// Made by another version.
    #[error("the file has version {0}, this program reads version {VERSION}")]
    Version(u32),
    /// It is about another chain.
    #[error("it is about chain {given}, the genesis is of chain {expected}")]
    Chain {
        /// The file's chain.
        given: Hash,
        /// The genesis' chain.
        expected: Hash,
    },
    /// Header, result and certificate do not belong together.
    #[error("{0} does not belong to the rest of the anchor")]
    Anchor(&'static str),
    /// The hand-over to an epoch fails.
    #[error("the end of epoch {index}: {cause}")]
    Epoch {
        /// The epoch.
        index: usize,
        /// Why.
        cause: BadEpochEnd,
    },
    /// The certificate is not a quorum's.
    #[error("the certificate is refused: {0}")]
    Certificate(#[from] BadCertificate),
    /// The witness fails.
    #[error("entry {index}: {cause}")]
    Entry {
        /// Position in `entries`.
        index: usize,
        /// Why.
        cause: BadWitness,
    },
    /// The witness is no tree under the certified root.
    #[error("{0}")]
    Witness(#[from] BadWitness),
    /// A log's records are not all of it, or not unchanged.
    #[error("log {index}: its records are not the whole, unchanged log")]
    Log {
        /// Position in `logs`.
        index: usize,
    },
}

/// What a checked proof shows. Reading a key or log that the proof does not cover answers `None`.
#[derive(Debug, Clone)]
#[must_use]
pub struct Proven {
    /// Height of the certified block.
    pub height: Height,
    /// Its time.
    pub time: TimestampMs,
    /// Its hash.
    pub block: Hash,
    entries: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    logs: BTreeMap<(Address, Vec<u8>), Vec<LogRecord>>,
}

impl Proven {
    /// The value at a state key: `None` if not covered, `Some(None)` if proven absent.
    #[must_use]
    pub fn entry(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.entries.get(key).map(|value| value.as_deref())
    }
    /// All records of a log, if covered.
    #[must_use]
    pub fn log(&self, contract: &Address, key: &[u8]) -> Option<&[LogRecord]> {
        self.logs.get(&(*contract, key.to_vec())).map(Vec::as_slice)
    }
    /// All entries, in order of their keys.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.entries.iter().map(|(key, value)| (key.as_slice(), value.as_deref()))
    }
}

impl Anchor {
    /// Checks that header, result and certificate belong together and to the chain.
    ///
    /// # Errors
    /// [`BadProof::Anchor`] or [`BadProof::Certificate`].
    pub fn verify(&self, chain: &Hash, set: &crate::ValidatorSet) -> Result<(), BadProof> {
        let Self { header, result, certificate } = self;
        if header.chain != *chain {
            return Err(BadProof::Anchor("the header"));
        }
        if result.block != header.hash() || result.height != header.height {
            return Err(BadProof::Anchor("the execution result"));
        }
        if certificate.phase != Phase::Checkpoint
            || certificate.number != result.height.0
            || certificate.digest != result.hash()
        {
            return Err(BadProof::Anchor("the certificate"));
        }
        let _: crate::Certified = certificate.verify(*chain, set)?;
        Ok(())
    }
}

impl Proof {
    /// Checks the proof against a genesis that the reader trusts.
    ///
    /// # Errors
    /// [`BadProof`] says which link fails.
    pub fn verify(&self, genesis: &Genesis) -> Result<Proven, BadProof> {
        if self.version != VERSION {
            return Err(BadProof::Version(self.version));
        }
        let chain = genesis.chain();
        if self.chain != chain {
            return Err(BadProof::Chain { given: self.chain, expected: chain });
        }
        let known = KnownEpoch::first(genesis).after(chain, &self.epochs);
        let known = known.map_err(|(index, cause)| BadProof::Epoch { index, cause })?;
        if self.anchor.header.epoch != known.epoch || self.anchor.certificate.epoch != known.epoch {
            return Err(BadProof::Anchor("the epoch"));
        }
        self.anchor.verify(&chain, &known.validators)?;
        let witnessed = self.witness.verify(&self.anchor.result.state_root)?;
        let mut entries = BTreeMap::new();
        for (index, Entry { key, value }) in self.entries.iter().enumerate() {
            witnessed.check(key, value.as_deref()).map_err(|cause| BadProof::Entry { index, cause })?;
            entries.insert(key.clone(), value.clone());
        }
        let mut logs = BTreeMap::new();
        for (index, log) in self.logs.iter().enumerate() {
            let records: Vec<LogRecord> = log.records.iter().map(LogRecord::from).collect();
            let range: Range = range_of(&log.contract, &log.key, &records);
            let stored = (range.count() > 0).then(|| codec::encode(&range));
            witnessed
                .check(&state_key::log(&log.contract, &log.key), stored.as_deref())
                .map_err(|_| BadProof::Log { index })?;
            logs.insert((log.contract, log.key.clone()), records);
        }
        let header = &self.anchor.header;
        Ok(Proven { height: header.height, time: header.time, block: self.anchor.result.block, entries, logs })
    }
}

/// Bytes as hexadecimal text.
mod hex_bytes {
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::hex::encode(bytes))
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::hex::decode_vec(&text).ok_or_else(|| D::Error::custom("must be 0x and hexadecimal digits"))
    }
}

/// Optional bytes as hexadecimal text or null.
mod hex_option {
    use alloc::string::String;
    use alloc::vec::Vec;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_some(&crate::hex::encode(bytes)),
            None => serializer.serialize_none(),
        }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(deserializer)?
            .map(|text| {
                crate::hex::decode_vec(&text).ok_or_else(|| D::Error::custom("must be 0x and hexadecimal digits"))
            })
            .transpose()
    }
}

//! The chain's nouns: what is signed, hashed, stored and proven.
//!
//! Everything here is pure: no I/O, clock, randomness, floats or iteration over hash maps, so that
//! the same bytes mean the same on every validator, in the client and in a browser. Bytes are
//! [borsh](https://borsh.io) without trailing bytes ([`codec`]); hashes are SHA-256 over a tag and
//! the bytes ([`hash`]). `FORMAT.md` in the ledger crate lists the layouts that are stored or sent.
#![no_std]
extern crate alloc;

pub mod account;
pub mod block;
pub mod certificate;
pub mod codec;
pub mod contract;
pub mod epoch;
pub mod evidence;
pub mod genesis;
pub mod governance;
pub mod hash;
mod hex;
pub mod key;
pub mod key_proof;
pub mod limits;
pub mod log;
pub mod merkle;
pub mod number;
pub mod overrides;
pub mod policy;
pub mod proof;
pub mod proposal;
pub mod range;
pub mod receipt;
pub mod restart;
pub mod result;
pub mod result_proof;
pub mod schedule;
pub mod state;
pub mod state_key;
pub mod transaction;
pub mod validator;
pub mod vote;

pub use account::{Account, AccountId, KeyEntry, Organisation, Roles, Standing};
pub use block::{Block, Header};
pub use certificate::{Certificate, Certified};
pub use codec::{DecodeError, decode, encode};
pub use contract::{Address, CodeRecord, ContractRecord, Frozen, Layout, Revision};
pub use epoch::{EpochEnd, EpochState, KnownEpoch, SetChange};
pub use evidence::{BadEvidence, Equivocation, Evidence};
pub use genesis::{Genesis, Parameters};
pub use governance::{Rules, RulesState};
pub use hash::Hash;
pub use key::{PublicKey, SecretKey, Signature};
pub use key_proof::KeyProof;
pub use number::{Epoch, Gas, Height, TimestampMs, View};
pub use overrides::{Override, SignedOverride};
pub use policy::{DeployPolicy, PolicyState};
pub use proposal::{Ballot, Consent, Decision, Measure, Proposal, Told};
pub use receipt::{Event, Outcome, Receipt, RejectCode};
pub use restart::{Restart, RestartOrder};
pub use result::ExecutionResult;
pub use result_proof::{BadResultProof, ResultProof};
pub use schedule::ScheduledCall;
pub use transaction::{NativeOperation, Payload, SignedTransaction, Transaction, VerifiedTransaction};
pub use validator::{BadChange, Validator, ValidatorSet};
pub use vote::{Phase, Vote, VoteStatement};

//! What an engine is started with.

use countersign_types::{
    Certificate, Epoch, ExecutionResult, Hash, Height, Parameters, SecretKey, TimestampMs, ValidatorSet, View,
};

/// What does not change while the engine runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The chain's id.
    pub chain: Hash,
    /// The epoch.
    pub epoch: Epoch,
    /// Its validators.
    pub set: ValidatorSet,
    /// The last block before the epoch, on which its first block stands.
    pub origin: Origin,
    /// The epoch of the block before and its validators, whose result certificates are named within the first
    /// run-ahead window; none in epoch zero.
    pub before: Option<(Epoch, ValidatorSet)>,
    /// The signing key. Who has none, or one that is not in the set, follows without voting.
    pub key: Option<SecretKey>,
    /// The chain's rules.
    pub parameters: Parameters,
}

/// The last block before an epoch. It counts as certified at the epoch's view zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Its height, zero for the first epoch.
    pub height: Height,
    /// Its hash; the chain's id for the first epoch.
    pub block: Hash,
}

/// A block that was executed, and how far its result is agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// What executing it gave.
    pub result: ExecutionResult,
    /// The result certificate, once there is one.
    pub certificate: Option<Certificate>,
}

/// Where the ledger stands: the last block that was executed and stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its height, zero for genesis.
    pub height: Height,
    /// Its hash; the chain's id at height zero.
    pub block: Hash,
    /// Its time; that of genesis at height zero.
    pub time: TimestampMs,
    /// The view in which it was proposed; zero for the epoch's origin.
    pub view: View,
    /// The epoch's last height, if it is decided.
    pub last: Option<Height>,
    /// Results of the last `2 × run_ahead` heights up to `height` (fewer near genesis), rising.
    pub recent: Vec<Recent>,
    /// Heights with a transaction that fails by decree (P6.5).
    pub overridden: Vec<Height>,
}

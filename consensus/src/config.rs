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
    /// Index in the set and signing key; `None` for an observer, which follows without voting.
    pub own: Option<(u16, SecretKey)>,
    /// The chain's rules.
    pub parameters: Parameters,
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
    /// The view in which it was proposed; zero at height zero.
    pub view: View,
    /// Results of the last `2 × run_ahead` heights up to `height` (fewer near genesis), rising.
    pub recent: Vec<Recent>,
}

//! Where the ledger stands.

use borsh::{BorshDeserialize, BorshSerialize};
use countersign_types::range::Range;
use countersign_types::{Epoch, ExecutionResult, Genesis, Hash, Height, TimestampMs, View};

/// The last committed block and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tip {
    /// Its height, 0 before the first block.
    pub height: Height,
    /// Its hash; the chain's id before the first block.
    pub block: Hash,
    /// Its time; the genesis' before the first block.
    pub time: TimestampMs,
    /// Epoch in which it was proposed; 0 before the first block.
    pub epoch: Epoch,
    /// View in which it was proposed; 0 before the first block.
    pub view: View,
    /// The result of executing it.
    pub result: ExecutionResult,
    /// The range over the results of all heights from 1 to this one: its root is the next result's
    /// `range_root`.
    pub range: Range,
}

impl Tip {
    /// Root of the state tree.
    #[must_use]
    pub fn state_root(&self) -> Hash {
        self.result.state_root
    }

    /// Where a chain begins. Height 0 has a result like any other, so that code need not tell it
    /// apart: its block is the chain's id, it has no receipts, events or earlier results, and it is
    /// never certified, since everybody makes it from the genesis.
    #[must_use]
    pub fn of_genesis(genesis: &Genesis, state_root: Hash) -> Self {
        let chain = genesis.chain();
        Self {
            height: Height::ZERO,
            block: chain,
            time: genesis.time,
            epoch: Epoch::ZERO,
            view: View::ZERO,
            result: ExecutionResult {
                height: Height::ZERO,
                block: chain,
                state_root,
                receipts_root: Hash::ZERO,
                events_root: Hash::ZERO,
                next_validators: genesis.validators.hash(),
                range_root: Hash::ZERO,
                overrides: Hash::ZERO,
            },
            range: Range::default(),
        }
    }
}

//! Executing a stored chain again from its genesis, to see that this program gives the results that were certified.

use crate::error::ReplicaError;
use crate::guard::Guard;
use crate::replica::{Final, Machine, named_by};
use crate::wire::CertifiedBlock;
use countersign_ledger::{Ledger, Reader, Store};
use countersign_types::{ExecutionResult, Genesis, Hash, Height, Parameters};
use countersign_vm::Vm;
use std::fmt;

/// A chain that is executed again, block by block, into a ledger of its own.
pub struct Replay<'a, S: Store> {
    vm: &'a Vm,
    chain: Hash,
    rules: Parameters,
    ledger: Ledger<S>,
}

impl<S: Store> fmt::Debug for Replay<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("chain", &self.chain).field("tip", &self.ledger.tip().height).finish()
    }
}

/// Why a chain cannot be executed again to the same end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The ledger or the contract machine failed, or the block is not the next one.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The stored transactions are not those that the block names.
    #[error("block {height} is stored with other transactions than it names; run `countersignd verify`")]
    Transactions {
        /// The block.
        height: Height,
    },
    /// Executing the block gave something else than was certified.
    #[error("block {height} gives another result than was certified: {} differs", .parts.join(", "))]
    Differs {
        /// The block.
        height: Height,
        /// Names of the fields of the results that differ.
        parts: Vec<&'static str>,
    },
}

impl<'a, S: Store> Replay<'a, S> {
    /// Begins at the genesis, in an empty store.
    ///
    /// # Errors
    /// As [`Ledger::create`].
    pub fn begin(store: S, genesis: &Genesis, vm: &'a Vm) -> Result<Self, ReplayError> {
        let ledger = Ledger::create(store, genesis).map_err(ReplicaError::from)?;
        Ok(Self { vm, chain: genesis.chain(), rules: genesis.parameters.clone(), ledger })
    }

    /// Reads what has been executed.
    #[must_use]
    pub fn reader(&self) -> Reader<S> {
        self.ledger.reader()
    }

    /// Makes everything that was executed durable.
    ///
    /// # Errors
    /// The store's.
    pub fn end(mut self) -> Result<(), ReplayError> {
        Ok(self.ledger.sync().map_err(ReplicaError::from)?)
    }

    /// Executes the next block and compares the result.
    ///
    /// # Errors
    /// [`ReplayError`]. After [`ReplayError::Differs`] the block's receipts can be read here; nothing may follow.
    pub fn block(&mut self, certified: CertifiedBlock) -> Result<(), ReplayError> {
        let CertifiedBlock { block, transactions, finality, result, certificate, overrides, restart } = certified;
        let height = block.header.height;
        if let Some(end) = restart {
            self.ledger.restart(&end, self.rules.run_ahead).map_err(ReplicaError::from)?;
        }
        let transactions =
            named_by(&block.transactions, &transactions, &self.chain).ok_or(ReplayError::Transactions { height })?;
        let machine = Machine { vm: self.vm, chain: self.chain, rules: &self.rules };
        let job =
            Final { block, certificate: finality, transactions: &transactions, decrees: overrides, expected: None };
        let (own, _) = machine.perform(&mut self.ledger, &mut Guard::default(), job)?;
        let parts = differing(&own, &result);
        if !parts.is_empty() {
            return Err(ReplayError::Differs { height, parts });
        }
        self.ledger.put_result_certificate(&result, &certificate).map_err(ReplicaError::from)?;
        Ok(())
    }
}

fn differing(own: &ExecutionResult, certified: &ExecutionResult) -> Vec<&'static str> {
    let ExecutionResult {
        height,
        block,
        state_root,
        receipts_root,
        events_root,
        next_validators,
        range_root,
        overrides,
    } = certified;
    let parts = [
        ("height", own.height == *height),
        ("block", own.block == *block),
        ("stateRoot", own.state_root == *state_root),
        ("receiptsRoot", own.receipts_root == *receipts_root),
        ("eventsRoot", own.events_root == *events_root),
        ("nextValidators", own.next_validators == *next_validators),
        ("rangeRoot", own.range_root == *range_root),
        ("overrides", own.overrides == *overrides),
    ];
    parts.into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
}

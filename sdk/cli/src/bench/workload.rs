//! What the transactions of a load do.

use super::events::Events;
use countersign_api::method::contract::ContractRef;
use countersign_client::capture::{Mode, call_payload};
use countersign_client::contract::Contract;
use countersign_client::{Client, Error, Final, Signer};
use countersign_types::{Address, Payload};
use serde_json::Value;

/// A source of payloads.
#[derive(Debug, Clone)]
pub enum Workload {
    /// The same call again and again.
    Same(Payload),
    /// Captures of new events, so many to a transaction.
    Events {
        /// The provenance contract.
        contract: Address,
        /// Where they come from.
        events: Box<Events>,
        /// How many to a transaction.
        batch: usize,
    },
}

impl Workload {
    /// Calls of a method that changes nothing by being repeated.
    pub async fn call(client: &Client, contract: &ContractRef, method: &str, args: &Value) -> anyhow::Result<Self> {
        let contract = Contract::open(client, contract).await?;
        let input = contract.abi.encode_args(method, args).map_err(Error::from)?;
        Ok(Self::Same(Payload::Call { contract: contract.address, method: method.to_owned(), input }))
    }

    /// Captures of nothing: a signature, a run of Wasm and a receipt.
    pub fn empty_capture(contract: Address) -> Self {
        Self::Same(call_payload(contract, Vec::new(), Mode::Proceed))
    }

    /// Captures of events.
    pub fn events(contract: Address, batch: usize) -> Self {
        Self::Events { contract, events: Box::new(Events::new()), batch }
    }

    /// Events in a transaction.
    pub fn events_per_transaction(&self) -> usize {
        match self {
            Self::Same(_) => 0,
            Self::Events { batch, .. } => *batch,
        }
    }

    /// The next payload.
    pub fn next(&mut self) -> Payload {
        match self {
            Self::Same(payload) => payload.clone(),
            Self::Events { contract, events, batch } => {
                let events = (0..*batch).map(|_| events.next()).collect();
                call_payload(*contract, events, Mode::Rollback)
            }
        }
    }

    /// Runs one transaction alone, and answers a gas limit for the others: thrice what it used.
    /// Blocks are filled by limits, so a limit far above use would leave them half empty.
    pub async fn probe(&self, signer: &Signer) -> Result<u64, Error> {
        let payload = self.clone().next();
        let most = signer.parameters().transaction_gas_max.0;
        let Final { receipt, .. } = signer.execute(payload, Some(most)).await?;
        Ok(receipt.gas_used.0.saturating_mul(3).saturating_add(1_000_000).min(most))
    }
}

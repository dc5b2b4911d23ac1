//! Line: where transactions go and receipts come from. It is a node; in tests it is what they want.

use crate::{Error, Signer};
use countersign_api::method::tx::Receipt;
use countersign_types::{Hash, Payload};

/// Where transactions go.
pub(super) trait Line {
    /// Most gas of a transaction.
    fn gas_max(&self) -> u64;

    /// Sends a transaction and waits for its receipt, whatever that says.
    fn send(&self, payload: Payload, gas: u64) -> impl Future<Output = Result<Receipt, Lost>> + Send;
}

/// There is no receipt.
#[derive(Debug)]
pub(super) struct Lost {
    pub cause: Error,
    /// The transaction, if it may still take effect.
    pub transaction: Option<Hash>,
}

impl Line for Signer {
    fn gas_max(&self) -> u64 {
        self.parameters().transaction_gas_max.0
    }

    async fn send(&self, payload: Payload, gas: u64) -> Result<Receipt, Lost> {
        let signed = self.sign(payload, Some(gas)).map_err(|cause| Lost { cause, transaction: None })?;
        let id = signed.body.id();
        let lost = |cause: Error| {
            // Only these say that it was not taken and never will be.
            let is_settled = match &cause {
                Error::Expired { .. } => true,
                Error::Rpc(error) => !error.data.retryable,
                _ => false,
            };
            Lost { transaction: (!is_settled).then_some(id), cause }
        };
        self.submit(&signed).await.map_err(lost)?;
        // Once it was taken, only the chain decides.
        self.wait(&signed).await.map_err(|cause| {
            let is_settled = matches!(cause, Error::Expired { .. });
            Lost { transaction: (!is_settled).then_some(id), cause }
        })
    }
}

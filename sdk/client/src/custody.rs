//! Hand-overs: listed, accepted and refused, and who may: parties entrusted to organisations, and how these receive.
//!
//! What is written is a transaction and ends with its receipt. Lists are the node's word; who has an item is proven by
//! [`Auditor::trace`](crate::Auditor::trace) with the question `holder`.

use crate::contract::Contract;
use crate::limits::ACCEPT_MAX;
use crate::{Client, Error, Final, Signer, Unverified};
use countersign_api::Page;
use countersign_api::method::contract::ContractRef;
use countersign_api::method::epcis::{EpcisListHandovers, HandoverPolicy, HandoverRow, ListHandoversParams};
use serde_json::{Value, json};

/// The hand-overs of a provenance contract, for the organisation of a signer.
#[derive(Debug)]
pub struct Custody<'a> {
    signer: &'a Signer,
    contract: Contract,
}

impl<'a> Custody<'a> {
    /// Asks for the contract's interface.
    ///
    /// # Errors
    /// As of [`Contract::open`].
    pub async fn open(signer: &'a Signer, contract: &ContractRef) -> Result<Self, Error> {
        Ok(Self { signer, contract: Contract::open(signer.client(), contract).await? })
    }

    /// Accepts what these records hand over to the signer's organisation: each transaction all of its own or none, at most
    /// [`ACCEPT_MAX`] in one. Where one is refused, those before it are accepted.
    ///
    /// # Errors
    /// As of [`Contract::call`].
    pub async fn accept(&self, sequences: &[u64]) -> Result<Vec<Final>, Error> {
        let mut done = Vec::new();
        for some in sequences.chunks(ACCEPT_MAX) {
            done.push(self.call("accept", json!({ "sequences": some })).await?);
        }
        Ok(done)
    }

    /// Refuses what a record hands over to the signer's organisation, for a reason.
    ///
    /// # Errors
    /// As of [`Contract::call`].
    pub async fn refuse(&self, sequence: u64, reason: &str) -> Result<Final, Error> {
        self.call("refuse", json!({ "sequence": sequence, "reason": reason })).await
    }

    /// Lets an organisation act for a party from now on, or none. The signer is an admin of the organisation that deployed
    /// the contract.
    ///
    /// # Errors
    /// As of [`Contract::call`].
    pub async fn entrust(&self, party: &str, organisation: Option<&str>) -> Result<Final, Error> {
        self.call("entrust", json!({ "party": party, "organisation": organisation })).await
    }

    /// Says how the signer's organisation receives from another, or from all that it has set nothing for. The signer is an
    /// admin.
    ///
    /// # Errors
    /// As of [`Contract::call`].
    pub async fn set_policy(&self, giver: Option<&str>, policy: HandoverPolicy) -> Result<Final, Error> {
        let policy = match policy {
            HandoverPolicy::OneSided => json!("OneSided"),
            HandoverPolicy::Countersign { window_ms } => json!({ "Countersign": { "window_ms": window_ms } }),
        };
        self.call("set_handover_policy", json!({ "giver": giver, "policy": policy })).await
    }

    async fn call(&self, method: &str, args: Value) -> Result<Final, Error> {
        Ok(self.contract.call(self.signer, method, &args, None).await?.done)
    }
}

/// Asks for pages one after the other, all as of the first one's block, until there are `rows_max` rows or no more. The answer
/// has a `next_cursor` where something follows.
///
/// # Errors
/// As of a call.
pub async fn handovers(
    client: &Client,
    mut params: ListHandoversParams,
    rows_max: usize,
) -> Result<Unverified<Page<HandoverRow>>, Error> {
    let limit = |left: usize| u32::try_from(left).ok();
    params.limit = limit(rows_max);
    let mut page = client.call_again::<EpcisListHandovers>(&params).await?;
    while let Some(cursor) = page.next_cursor.clone()
        && page.items.len() < rows_max
    {
        params.cursor = Some(cursor);
        params.limit = limit(rows_max.saturating_sub(page.items.len()));
        let next = client.call_again::<EpcisListHandovers>(&params).await?;
        if (next.height, next.block_hash) != (page.height, page.block_hash) {
            let cause = format!("a page as of block {}, the first is as of block {}", next.height, page.height);
            return Err(Error::Answer { url: client.url().to_owned(), cause });
        }
        page.items.extend(next.items);
        page.next_cursor = next.next_cursor;
    }
    Ok(Unverified::new(page))
}

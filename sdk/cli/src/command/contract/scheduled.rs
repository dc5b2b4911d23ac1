//! `countersign contract scheduled`.

use crate::output::{Output, moment, say, table};
use crate::session::Session;
use countersign_api::method::contract::{ContractListScheduled, ContractRef, ListScheduledParams};

/// Lists calls that wait.
pub async fn list(contract: Option<ContractRef>, limit: u32, session: &Session, output: Output) -> anyhow::Result<()> {
    let client = session.client()?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut params = ListScheduledParams { contract, limit: Some(limit), cursor: None };
    let mut calls = Vec::new();
    loop {
        let page = client.unverified().call_again::<ContractListScheduled>(&params).await?.into_said();
        calls.extend(page.items);
        params.cursor = page.next_cursor;
        if params.cursor.is_none() || calls.len() >= most {
            break;
        }
    }
    let more = params.cursor.is_some() || calls.len() > most;
    calls.truncate(most);
    output.show(&calls, |calls| {
        let rows = calls.iter().map(|call| {
            vec![
                moment(call.time.0),
                call.contract.to_string(),
                call.method.clone(),
                call.gas.0.to_string(),
                call.account.to_string(),
                call.id.to_string(),
            ]
        });
        table(&["at", "contract", "method", "gas", "for", "id"], rows)
    })?;
    if more {
        say("There are more; raise --limit.");
    }
    Ok(())
}

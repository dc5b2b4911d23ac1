//! `countersign contract events`, also called `logs`.

use crate::arguments::Events;
use crate::failure::Usage;
use crate::output::{Output, or_dash, say, table};
use crate::session::Session;
use countersign_api::method::chain::SubscribeParams;
use countersign_api::method::contract::{ContractListEvents, EventRecord, ListEventsParams};
use countersign_api::method::tx::Attribute;
use countersign_api::{Bytes, Order};
use countersign_client::{Client, Error, Subscription};
use countersign_types::Height;
use serde_json::Value;
use std::time::Duration;

/// How long to wait before a connection that broke is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Events up to the newest block.
pub async fn list(filter: Events, session: &Session, output: Output) -> anyhow::Result<()> {
    let client = session.client()?;
    let wanted = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let mut params = question(filter)?;
    let mut records: Vec<EventRecord> = Vec::new();
    loop {
        params.limit = u32::try_from(wanted - records.len()).ok();
        let page = client.unverified().call_again::<ContractListEvents>(&params).await?.into_said();
        records.extend(page.items.into_iter().take(wanted - records.len()));
        params.cursor = page.next_cursor;
        if params.cursor.is_none() || records.len() >= wanted {
            break;
        }
    }
    if params.cursor.is_some() {
        say("There are more; raise --limit or narrow the question.");
    }
    output.show(&records, |records| table(&["block:index", "event", "contract", "fields"], records.iter().map(row)))
}

/// Events as they come. Ends only with an error that waiting does not mend.
pub async fn follow(filter: Events, session: &Session, output: Output) -> anyhow::Result<()> {
    let client = session.client()?;
    let mut from = filter.from;
    let mut params = question(filter)?;
    loop {
        let broken = match follow_on(&client, &mut params, &mut from, output).await {
            Err(error) if error.downcast_ref::<Error>().is_some_and(Error::is_network) => error,
            outcome => return outcome,
        };
        say(&format!("{broken}; trying again"));
        tokio::time::sleep(PAUSE).await;
    }
}

/// Follows blocks over one connection; `from` is always the first height that has not been shown.
async fn follow_on(
    client: &Client,
    params: &mut ListEventsParams,
    from: &mut Option<Height>,
    output: Output,
) -> anyhow::Result<()> {
    // What lies behind comes in pages, which pass over blocks without events.
    if let Some(first) = *from {
        *from = Some(show(client, params, first, None, output).await?.next());
    }
    let mut blocks = Subscription::open(client, &SubscribeParams { from: *from, receipts: false }).await?;
    loop {
        let block = blocks.next().await?;
        if block.transactions > 0 {
            show(client, params, block.height, Some(block.height), output).await?;
        }
        *from = Some(block.height.next());
    }
}

/// Shows events between two heights, and answers the height up to which that is all.
async fn show(
    client: &Client,
    params: &mut ListEventsParams,
    from: Height,
    to: Option<Height>,
    output: Output,
) -> anyhow::Result<Height> {
    (params.from, params.to, params.cursor) = (Some(from), to, None);
    loop {
        let page = client.unverified().call_again::<ContractListEvents>(params).await?.into_said();
        // Where several nodes answer at one address, this one may not have come to the block that another has told of.
        if to.is_some_and(|to| page.height < to) {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        for record in &page.items {
            output.record(record, |record| row(record).join("  "))?;
        }
        params.cursor = page.next_cursor;
        if params.cursor.is_none() {
            return Ok(to.unwrap_or(page.height).max(Height(from.0.saturating_sub(1))));
        }
    }
}

fn question(filter: Events) -> anyhow::Result<ListEventsParams> {
    let attribute = match filter.field.as_deref().map(|field| field.split_once('=')) {
        None => None,
        Some(Some((name, value))) => Some(Attribute { name: name.to_owned(), value: Bytes(value.as_bytes().to_vec()) }),
        Some(None) => return Err(Usage("--field is FIELD=VALUE".to_owned()).into()),
    };
    Ok(ListEventsParams {
        contract: filter.contract,
        name: filter.name,
        attribute,
        from: filter.from,
        to: filter.to,
        limit: None,
        cursor: None,
        order: if filter.newest { Order::Descending } else { Order::Ascending },
    })
}

fn row(record: &EventRecord) -> Vec<String> {
    let value = record.event.value.as_ref().map_or_else(|| record.event.data.to_text(), Value::to_string);
    vec![
        format!("{}:{}", record.height, record.index),
        or_dash(Some(&record.event.name)),
        record.event.contract.to_string(),
        value,
    ]
}

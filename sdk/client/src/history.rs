//! An item's history over as many pages as are wanted.

use crate::{Client, Error, Unverified};
use countersign_api::Read;
use countersign_api::limits::PAGE_MAX;
use countersign_api::method::trace::{HistoryParams, Trace, TraceHistory};

/// Asks for pages one after the other, all as of the first one's block, until there are `events_max` events or no more.
/// The answer has a `next_cursor` where something follows, and `complete` is set if nothing does.
///
/// # Errors
/// Those of [`Asking::call_again`](crate::Asking::call_again).
pub async fn history(
    client: &Client,
    mut params: HistoryParams,
    events_max: u32,
) -> Result<Unverified<Read<Trace>>, Error> {
    let size = |left: u32| Some(left.clamp(1, PAGE_MAX));
    params.limit = size(events_max);
    let mut read = client.call_again::<TraceHistory>(&params).await?;
    loop {
        let events = u32::try_from(read.data.events.len()).unwrap_or(u32::MAX);
        let (Some(cursor), left @ 1..) = (read.data.next_cursor.clone(), events_max.saturating_sub(events)) else {
            return Ok(Unverified::new(read));
        };
        params.cursor = Some(cursor);
        params.limit = size(left);
        let next = client.call_again::<TraceHistory>(&params).await?;
        if (next.height, next.block_hash) != (read.height, read.block_hash) {
            let cause = format!("a page as of block {}, the first is as of block {}", next.height, read.height);
            return Err(Error::Answer { url: client.url().to_owned(), cause });
        }
        read.data.append(next.data);
    }
}

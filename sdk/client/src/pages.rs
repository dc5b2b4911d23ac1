//! Pages that are verified one by one, with nothing left out between them.
//!
//! All are as of the first one's block. Each is held against the place where the one before ended, so that a node can only
//! refuse to go on, which is an error and never an end.

use crate::auditor::log_params;
use crate::{Auditor, Error};
use countersign_api::At;
use countersign_api::method::proof::GetLogParams;
use countersign_epcis::Identifier;
use countersign_epcis::answer::{Chain, HistoryPage, Way};
use countersign_epcis::walk::{Reach, Rows};
use countersign_types::proof::{HistoryPart, HistoryPlace};
use countersign_types::{Address, Height};
use countersign_verify::{LogPage, Question, Verified};
use std::num::NonZeroU32;

/// The pages of an item's history. See [`Auditor::history`].
#[derive(Debug)]
#[must_use]
pub struct HistoryPages<'a> {
    auditor: &'a Auditor,
    contract: Address,
    item: String,
    at: At,
    part: HistoryPart,
    is_done: bool,
}

impl<'a> HistoryPages<'a> {
    pub(crate) fn new(auditor: &'a Auditor, contract: Address, item: &str, at: At, limit: NonZeroU32) -> Self {
        let part = HistoryPart { after: None, limit };
        Self { auditor, contract, item: item.to_owned(), at, part, is_done: false }
    }

    /// Goes on after a place in the history as of a height, where earlier pages ended.
    pub fn after(self, height: Height, place: HistoryPlace) -> Self {
        Self { at: At::Height(height), part: HistoryPart { after: Some(place), ..self.part }, ..self }
    }

    /// At most so many events in the pages to come.
    pub fn limit(&mut self, limit: NonZeroU32) {
        self.part.limit = limit;
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// As of [`Auditor::history_page`]. The page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Verified<HistoryPage>>, Error> {
        if self.is_done {
            return Ok(None);
        }
        let page = self.auditor.history_page(self.contract, &self.item, self.at, self.part).await?;
        self.at = At::Height(self.height_of(page.height()));
        match page.data().next {
            Some(next) => self.part.after = Some(HistoryPlace { time_ms: next.time_ms, sequence: next.sequence }),
            None => self.is_done = true,
        }
        Ok(Some(page))
    }

    /// The height that all pages are as of and the last event that was given, if something follows.
    #[must_use]
    pub fn place(&self) -> Option<(Height, HistoryPlace)> {
        match self.at {
            At::Height(height) if !self.is_done => self.part.after.map(|place| (height, place)),
            _ => None,
        }
    }

    /// The height that a page shown under a block is as of.
    fn height_of(&self, shown: Height) -> Height {
        if let At::Height(height) = self.at { height } else { shown }
    }
}

/// The pages of a chain. See [`Auditor::chain_pages`].
#[derive(Debug)]
#[must_use]
pub struct ChainPages<'a> {
    auditor: &'a Auditor,
    contract: Address,
    item: Identifier,
    way: Way,
    reach: Reach,
    at: At,
    /// What is asked next; none after the last page.
    rows: Option<Rows>,
}

impl<'a> ChainPages<'a> {
    pub(crate) fn new(
        auditor: &'a Auditor,
        contract: Address,
        item: Identifier,
        way: Way,
        reach: Reach,
        at: At,
        limit: NonZeroU32,
    ) -> Self {
        Self { auditor, contract, item, way, reach, at, rows: Some(Rows { after: 0, limit }) }
    }

    /// Goes on as of a height, after so many things or links.
    pub fn after(self, height: Height, after: u64) -> Self {
        Self { at: At::Height(height), rows: self.rows.map(|rows| Rows { after, ..rows }), ..self }
    }

    /// At most so many things or links in the pages to come.
    pub fn limit(&mut self, limit: NonZeroU32) {
        self.rows = self.rows.map(|rows| Rows { limit, ..rows });
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// As of [`Auditor::trace`]. The page can be asked for again.
    pub async fn next(&mut self) -> Result<Option<Verified<Chain>>, Error> {
        let Some(rows) = self.rows else { return Ok(None) };
        let reach = Reach { rows: Some(rows), ..self.reach };
        let question = Question::Chain(self.item.clone(), self.way, reach);
        let page = self.auditor.trace(self.contract, &question, self.at).await?.links()?;
        if !matches!(self.at, At::Height(_)) {
            self.at = At::Height(page.height());
        }
        self.rows = page.data().next.map(|after| Rows { after, ..rows });
        Ok(Some(page))
    }

    /// The height that all pages are as of, and how many things or links were given, if something follows.
    #[must_use]
    pub fn place(&self) -> Option<(Height, u64)> {
        match self.at {
            At::Height(height) => self.rows.map(|rows| (height, rows.after)),
            _ => None,
        }
    }
}

/// The pages of a log. See [`Auditor::log_pages`].
#[derive(Debug)]
#[must_use]
pub struct LogPages<'a> {
    auditor: &'a Auditor,
    contract: Address,
    key: Vec<u8>,
    /// What is asked next; none after the last page.
    params: Option<GetLogParams>,
    as_of: At,
    /// Position of the next page's first record.
    start: u64,
}

impl<'a> LogPages<'a> {
    pub(crate) fn new(auditor: &'a Auditor, contract: Address, key: &[u8], at: At, limit: Option<u32>) -> Self {
        let params = Some(log_params(contract, key, at, limit));
        Self { auditor, contract, key: key.to_vec(), params, as_of: at, start: 0 }
    }

    /// The next page; none after the last.
    ///
    /// # Errors
    /// [`Error::Answer`] if the node does not go on although the log does, and as of [`Auditor::log`]. The page can be
    /// asked for again.
    pub async fn next(&mut self) -> Result<Option<Verified<LogPage>>, Error> {
        let Some(params) = &mut self.params else { return Ok(None) };
        let (page, cursor) = self.auditor.log_page(params, &self.contract, &self.key, self.start, self.as_of).await?;
        let LogPage { start, count, records } = page.data();
        let end = start.saturating_add(u64::try_from(records.len()).unwrap_or(u64::MAX));
        let is_last = count.is_some_and(|count| end >= count);
        if !is_last && (cursor.is_none() || records.is_empty()) {
            let cause = format!("it ends a log at record {end}, and does not show that it ends there");
            return Err(Error::Answer { url: self.auditor.url().to_owned(), cause });
        }
        if !matches!(self.as_of, At::Height(_)) {
            self.as_of = At::Height(page.height());
        }
        self.start = end;
        params.cursor = cursor;
        if is_last {
            self.params = None;
        }
        Ok(Some(page))
    }
}

//! The node's index of events, for queries by business step, kind of event or location: the provenance contract announces every
//! capture with these three, so the index leads to all records with one of the words asked for.
//!
//! It is worth its reads where few records have such a word. That is told from its first hits; where they lie close together,
//! or the announcements of old blocks are pruned, the records are looked at one by one instead, which finds the same.

use super::super::conn::Node;
use super::super::failure::of_ledger;
use crate::limits::{QUERY_HITS, QUERY_HITS_MAX, QUERY_SPARSE, QUERY_WORDS_MAX};
use countersign_abi::attributes::VALUE_BYTES_MAX;
use countersign_api::RpcError;
use countersign_epcis::query::{Query, Words};
use countersign_ledger::{Direction, EventCursor, EventFilter, LedgerError};
use countersign_types::{Address, Height};
use std::collections::VecDeque;

/// What the contract announces a capture by.
const CAPTURED: &str = "Captured";

/// Numbers of records that have one of some words, in the order of capture or against it.
pub(super) struct Hits<'a> {
    node: &'a Node,
    direction: Direction,
    branches: Vec<Branch>,
    /// Records on the far side of this one are not wanted.
    bound: Bound,
}

/// Where records are asked for.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    /// The contract.
    pub contract: Address,
    /// The last block.
    pub height: Height,
    /// Records have numbers below this one.
    pub position: u64,
    /// The record after which to go on, with its block.
    pub after: Option<(u64, Height)>,
}

/// The hits of one word.
struct Branch {
    filter: EventFilter,
    ready: VecDeque<u64>,
    next: Next,
}

enum Next {
    Start,
    From(EventCursor),
    End,
}

impl Node {
    /// The rarest of the words that a query asks for, where that is rare enough to go by.
    pub(super) fn hits(&self, query: &Query, bound: Bound) -> Result<Option<Hits<'_>>, RpcError> {
        let direction = if query.descending { Direction::Backward } else { Direction::Forward };
        let mut rarest: Option<(u64, Hits<'_>)> = None;
        for words in query.words() {
            let is_indexed = words.words.iter().all(|word| (1..=VALUE_BYTES_MAX).contains(&word.len()));
            if !is_indexed || words.words.len() > QUERY_WORDS_MAX {
                continue;
            }
            let mut hits = Hits { node: self, direction, branches: branches(words, bound), bound };
            let Some(gap) = unpruned(hits.gap())? else { continue };
            if gap >= QUERY_SPARSE && rarest.as_ref().is_none_or(|(known, _)| *known < gap) {
                rarest = Some((gap, hits));
            }
        }
        Ok(rarest.map(|(_, hits)| hits))
    }
}

fn branches(words: Words<'_>, bound: Bound) -> Vec<Branch> {
    let branch = |word: &String| {
        let filter = EventFilter {
            contract: Some(bound.contract),
            name: Some(CAPTURED.to_owned()),
            attribute: Some((words.attribute.to_owned(), word.clone().into_bytes())),
            from: Height::ZERO,
            to: bound.height,
        };
        Branch { filter, ready: VecDeque::new(), next: Next::Start }
    };
    words.words.iter().map(branch).collect()
}

/// What an index says, unless it does not reach back far enough.
fn unpruned<T>(outcome: Result<T, LedgerError>) -> Result<Option<T>, RpcError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(LedgerError::Pruned { .. }) => Ok(None),
        Err(cause) => Err(of_ledger(&cause)),
    }
}

impl Hits<'_> {
    /// At most so many more, fewer at the end only; none if the index does not reach far enough.
    pub(super) fn take(&mut self, count: usize) -> Result<Option<Vec<u64>>, RpcError> {
        let mut taken = Vec::new();
        while taken.len() < count {
            let Some(found) = unpruned(self.next())? else { return Ok(None) };
            let Some(sequence) = found else { break };
            taken.push(sequence);
        }
        Ok(Some(taken))
    }

    /// All of them, in the order of capture; none if they are too many, or the index does not reach far enough.
    pub(super) fn all(mut self) -> Result<Option<Vec<u64>>, RpcError> {
        let most = usize::try_from(QUERY_HITS_MAX).unwrap_or(usize::MAX);
        let all = self.take(most.saturating_add(1))?;
        Ok(all.filter(|all| all.len() <= most).map(|mut all| {
            all.sort_unstable();
            all
        }))
    }

    /// How many records there are to one hit, about: by the first hits.
    fn gap(&mut self) -> Result<u64, LedgerError> {
        let mut gap = u64::MAX;
        for at in 0..self.branches.len() {
            self.fill(at)?;
            let Some(branch) = self.branches.get(at).filter(|branch| !matches!(branch.next, Next::End)) else {
                continue;
            };
            if let (Some(first), Some(last)) = (branch.ready.front(), branch.ready.back()) {
                let hits = u64::try_from(branch.ready.len()).unwrap_or(u64::MAX);
                gap = gap.min(first.abs_diff(*last) / hits.max(1));
            }
        }
        let words = u64::try_from(self.branches.len()).unwrap_or(u64::MAX);
        Ok(gap / words.max(1))
    }

    /// The next one of any word.
    fn next(&mut self) -> Result<Option<u64>, LedgerError> {
        for at in 0..self.branches.len() {
            self.fill(at)?;
        }
        let fronts = self.branches.iter().filter_map(|branch| branch.ready.front().copied());
        let next = match self.direction {
            Direction::Forward => fronts.min(),
            Direction::Backward => fronts.max(),
        };
        for branch in self.branches.iter_mut().filter(|branch| branch.ready.front().copied() == next) {
            branch.ready.pop_front();
        }
        Ok(next)
    }

    /// Reads hits of a word until there is one, or no more.
    fn fill(&mut self, at: usize) -> Result<(), LedgerError> {
        let Self { node, direction, branches, bound } = self;
        let Some(branch) = branches.get_mut(at) else { return Ok(()) };
        while branch.ready.is_empty() {
            let start = match branch.next {
                Next::End => return Ok(()),
                Next::From(cursor) => Some(cursor),
                Next::Start => bound.after.map(|(_, height)| EventCursor {
                    height,
                    index: if *direction == Direction::Forward { 0 } else { u32::MAX },
                }),
            };
            let page = node.reader().events(&branch.filter, start, QUERY_HITS, *direction)?;
            branch.next = page.next.map_or(Next::End, Next::From);
            // The number of the record is the announcement's first field.
            let sequence = |data: &[u8]| data.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
            let found = page.items.iter().filter_map(|record| sequence(&record.event.data));
            let is_wanted = |found: &u64| {
                let is_later = match (bound.after, *direction) {
                    (None, _) => true,
                    (Some((after, _)), Direction::Forward) => *found > after,
                    (Some((after, _)), Direction::Backward) => *found < after,
                };
                is_later && *found < bound.position
            };
            branch.ready.extend(found.filter(is_wanted));
        }
        Ok(())
    }
}

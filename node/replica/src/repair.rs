//! Repair: bringing damaged heights of this node's ledger again from peers, one height and one question at a time.
//!
//! A height whose header, transactions, certificate or receipts cannot be read is asked of one peer after the other: the block,
//! which proves itself by its result certificate, then, if the receipts are damaged too, those, in pages, which the
//! result's root proves. An answer that is wrong or does not come leads to the next peer. When all were asked twice, other
//! heights go first for a while. This file decides whom to ask for what and when; it never touches the ledger.

use crate::limits::{
    RECEIPT_BYTES_MAX, REPAIR_HEIGHTS_MAX, REPAIR_PAUSE_MS, REPAIR_RECEIPTS_BYTES_MAX, SCHEDULED_CALLS_PER_BLOCK,
    SYNC_BYTES_MAX, SYNC_RETRY_MS,
};
use crate::wire::{CertifiedBlock, Part};
use countersign_types::{Height, Receipt, TimestampMs, merkle};
use std::collections::BTreeSet;

/// What is damaged and how far its repair has come.
#[derive(Debug, Default)]
pub struct Repairs {
    wanted: BTreeSet<Height>,
    current: Option<Current>,
    /// Whom to ask.
    peer: u16,
    /// Heights that nobody could send are left alone until then.
    rests_until: TimestampMs,
    given_up: BTreeSet<Height>,
}

/// The height that is being brought.
#[derive(Debug)]
struct Current {
    height: Height,
    asked: Option<TimestampMs>,
    tries: u16,
    /// Once it has come, or from the start if only receipts are damaged.
    block: Option<Box<CertifiedBlock>>,
    receipts: Vec<Receipt>,
    receipts_bytes: usize,
}

/// What a page of receipts made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gathered {
    /// More are needed.
    Some,
    /// All that the block's result speaks of.
    All,
    /// The page is none that was asked for, empty, or too much, or the peer has no others than these, which are wrong.
    Wrong,
}

impl Repairs {
    /// Notes damaged heights, as many as are looked after at once.
    pub fn note(&mut self, heights: impl IntoIterator<Item = Height>) {
        for height in heights {
            if self.wanted.len() < REPAIR_HEIGHTS_MAX {
                self.wanted.insert(height);
            }
        }
    }

    /// Heights to be brought.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The height to begin with now, if none is under way: the lowest that is certified.
    pub fn next(&mut self, now: TimestampMs, certified: Height) -> Option<Height> {
        if self.current.is_some() {
            return None;
        }
        if !self.given_up.is_empty() && now >= self.rests_until {
            self.given_up.clear();
        }
        self.wanted.iter().copied().find(|height| *height <= certified && !self.given_up.contains(height))
    }

    /// Begins to bring a height; with its block if that is sound here.
    pub fn begin(&mut self, height: Height, block: Option<CertifiedBlock>) {
        let block = block.map(Box::new);
        self.current = Some(Current { height, asked: None, tries: 0, block, receipts: Vec::new(), receipts_bytes: 0 });
    }

    /// When something is due.
    #[must_use]
    pub fn next_at(&self) -> Option<TimestampMs> {
        match &self.current {
            Some(current) => current.asked.map(|asked| asked.plus(SYNC_RETRY_MS)),
            None if self.wanted.is_empty() => None,
            None => Some(self.rests_until).filter(|_| !self.given_up.is_empty()),
        }
    }

    /// The question to send now, if one is due: to whom, and for what of which height. `peers` is the number of those that can
    /// be asked, `own` is not asked.
    pub fn due(&mut self, now: TimestampMs, peers: u16, own: Option<u16>) -> Option<(u16, Height, Part)> {
        match self.current.as_ref()?.asked {
            Some(asked) if now >= asked && now.since(asked) < SYNC_RETRY_MS => return None,
            Some(_) => self.failed(now, peers),
            None => {}
        }
        if Some(self.peer) == own {
            self.peer = after(self.peer, peers);
        }
        if self.peer >= peers || Some(self.peer) == own {
            self.peer = 0;
        }
        let peer = self.peer;
        let current = self.current.as_mut().filter(|_| Some(peer) != own)?;
        current.asked = Some(now);
        let from = u32::try_from(current.receipts.len()).unwrap_or(u32::MAX);
        let part = if current.block.is_some() { Part::Receipts { from } } else { Part::Block };
        Some((peer, current.height, part))
    }

    /// Whether an answer about this height is awaited from a peer.
    #[must_use]
    pub fn awaits(&self, peer: u16, height: Height) -> bool {
        self.peer == peer
            && self.current.as_ref().is_some_and(|current| current.asked.is_some() && current.height == height)
    }

    /// Whether a block is awaited, rather than receipts.
    #[must_use]
    pub fn awaits_block(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.block.is_none())
    }

    /// Takes the block, which was checked.
    pub fn take_block(&mut self, block: CertifiedBlock) {
        if let Some(current) = &mut self.current {
            current.block = Some(Box::new(block));
            current.asked = None;
        }
    }

    /// The block, once it is here.
    #[must_use]
    pub fn block(&self) -> Option<&CertifiedBlock> {
        self.current.as_ref()?.block.as_deref()
    }

    /// Takes a page of receipts, which nothing has proven yet.
    pub fn take_receipts(&mut self, from: u32, page: Vec<Receipt>) -> Gathered {
        let Some(current) = &mut self.current else { return Gathered::Wrong };
        let Some(block) = &current.block else { return Gathered::Wrong };
        let count = block.block.transactions.len();
        let most = count.saturating_add(SCHEDULED_CALLS_PER_BLOCK);
        let root = block.result.receipts_root;
        let bytes: usize = page.iter().filter_map(|receipt| borsh::object_length(receipt).ok()).sum();
        current.receipts_bytes = current.receipts_bytes.saturating_add(bytes);
        let is_next = usize::try_from(from) == Ok(current.receipts.len());
        let fits = page.len() <= most.saturating_sub(current.receipts.len());
        if !is_next || page.is_empty() || !fits || current.receipts_bytes > REPAIR_RECEIPTS_BYTES_MAX {
            return Gathered::Wrong;
        }
        current.receipts.extend(page);
        current.asked = None;
        // How many scheduled calls the block ran is not known before: the root tells when all are here.
        let hashes = || current.receipts.iter().map(Receipt::hash).collect::<Vec<_>>();
        if current.receipts.len() < count {
            Gathered::Some
        } else if merkle::root(&hashes()) == root {
            Gathered::All
        } else if bytes <= SYNC_BYTES_MAX.saturating_sub(RECEIPT_BYTES_MAX) {
            // Another one would have had room: these are all that the peer has.
            Gathered::Wrong
        } else {
            Gathered::Some
        }
    }

    /// Takes what was gathered out, to be judged.
    pub fn take_gathered(&mut self) -> Vec<Receipt> {
        self.current.as_mut().map(|current| std::mem::take(&mut current.receipts)).unwrap_or_default()
    }

    /// The peer was of no use: the next one is asked, anew for all receipts; after two rounds the height is left for a while.
    pub fn failed(&mut self, now: TimestampMs, peers: u16) {
        self.peer = after(self.peer, peers);
        let Some(current) = &mut self.current else { return };
        current.asked = None;
        current.receipts.clear();
        current.receipts_bytes = 0;
        current.tries = current.tries.saturating_add(1);
        if current.tries >= peers.saturating_mul(2) {
            self.given_up.insert(current.height);
            self.rests_until = now.plus(REPAIR_PAUSE_MS);
            self.current = None;
        }
    }

    /// A height needs nothing any more.
    pub fn done(&mut self, height: Height) {
        self.wanted.remove(&height);
        self.given_up.remove(&height);
        if self.current.as_ref().is_some_and(|current| current.height == height) {
            self.current = None;
        }
    }
}

fn after(peer: u16, peers: u16) -> u16 {
    if peer.saturating_add(1) >= peers { 0 } else { peer.saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: TimestampMs = TimestampMs(1_000);

    fn damaged(heights: &[u64]) -> Repairs {
        let mut repairs = Repairs::default();
        repairs.note(heights.iter().copied().map(Height));
        repairs
    }

    #[test]
    fn the_lowest_certified_height_goes_first_and_alone() {
        let mut repairs = damaged(&[9, 4, 30]);
        assert_eq!(repairs.next(AT, Height(3)), None, "nothing that is not certified");
        assert_eq!(repairs.next(AT, Height(20)), Some(Height(4)));
        repairs.begin(Height(4), None);
        assert_eq!(repairs.next(AT, Height(20)), None);
        repairs.done(Height(4));
        assert_eq!(repairs.next(AT, Height(20)), Some(Height(9)));
    }

    #[test]
    fn one_peer_after_the_other_is_asked_and_never_itself() {
        let mut repairs = damaged(&[4]);
        repairs.begin(Height(4), None);
        let mut asked = Vec::new();
        let mut now = AT;
        for _ in 0..6 {
            asked.extend(repairs.due(now, 4, Some(0)).map(|(peer, ..)| peer));
            assert_eq!(repairs.due(now, 4, Some(0)), None, "one question at a time");
            now = now.plus(SYNC_RETRY_MS);
        }
        assert_eq!(asked, [1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn what_nobody_sends_rests_and_comes_again() {
        let mut repairs = damaged(&[4, 7]);
        repairs.begin(Height(4), None);
        for _ in 0..8 {
            assert!(repairs.due(AT, 4, Some(3)).is_some());
            repairs.failed(AT, 4);
        }
        assert_eq!(repairs.next(AT, Height(9)), Some(Height(7)), "others go first");
        repairs.begin(Height(7), None);
        repairs.done(Height(7));
        assert_eq!(repairs.next(AT, Height(9)), None);
        assert_eq!(repairs.next_at(), Some(AT.plus(REPAIR_PAUSE_MS)));
        assert_eq!(repairs.next(AT.plus(REPAIR_PAUSE_MS), Height(9)), Some(Height(4)));
    }

    #[test]
    fn alone_in_the_world_nobody_is_asked() {
        let mut repairs = damaged(&[4]);
        repairs.begin(Height(4), None);
        assert_eq!(repairs.due(AT, 1, Some(0)), None);
    }

    #[test]
    fn answers_of_others_or_about_others_are_not_awaited() {
        let mut repairs = damaged(&[4]);
        repairs.begin(Height(4), None);
        assert!(!repairs.awaits(1, Height(4)), "nothing was asked");
        let asked = repairs.due(AT, 4, Some(0));
        assert_eq!(asked, Some((1, Height(4), Part::Block)));
        assert!(repairs.awaits(1, Height(4)) && repairs.awaits_block());
        assert!(!repairs.awaits(2, Height(4)) && !repairs.awaits(1, Height(5)));
        assert_eq!(repairs.take_receipts(0, Vec::new()), Gathered::Wrong, "a block was asked for");
    }
}

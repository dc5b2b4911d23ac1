//! Transactions of blocks that are proposed but not yet committed.
//!
//! A block names its transactions; here they are gathered until all are held. Only then may the
//! block be voted for.

use crate::execute::outside_window;
use crate::limits::{
    CHECKING_MS, FETCH_RETRY_MS, FETCH_STEPS_MAX, FETCH_TRANSACTIONS_MAX, FETCH_TRIES_PER_STEP, PAYLOADS_MAX,
};
use countersign_types::{Block, Hash, Height, Parameters, TimestampMs, VerifiedTransaction};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A proposed block and what is held of its transactions.
#[derive(Debug)]
pub struct Gathering {
    /// The block.
    pub block: Block,
    /// Its unfinalised ancestors.
    pub ancestors: Vec<Hash>,
    held: BTreeMap<Hash, Arc<VerifiedTransaction>>,
    missing: BTreeSet<Hash>,
    /// Bytes and gas of those that are held.
    bytes: u64,
    gas: u64,
    asked: Option<TimestampMs>,
    tries: u16,
}

/// The gathered payloads by block.
#[derive(Debug, Default)]
pub struct Payloads {
    blocks: BTreeMap<Hash, Gathering>,
    /// Names that came and are being checked, and since when.
    checking: BTreeMap<Hash, TimestampMs>,
}

/// What is wrong with a block's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPayload {
    /// Over a limit of the chain.
    Limits,
    /// An id stands twice, or in an unfinalised ancestor as well.
    Repeated,
    /// A transaction has expired, or expires too late.
    Window,
}

impl Payloads {
    /// Begins to gather a block's transactions with those that `find` knows. If there are too many
    /// blocks, the one of the lowest view that is none of `needed` makes room.
    pub fn begin(
        &mut self,
        block: Block,
        ancestors: Vec<Hash>,
        needed: &[Hash],
        find: impl Fn(&Hash) -> Option<Arc<VerifiedTransaction>>,
    ) {
        if self.blocks.len() >= PAYLOADS_MAX {
            let spare = self.blocks.iter().filter(|(hash, _)| !needed.contains(hash) && !ancestors.contains(hash));
            let oldest = spare.min_by_key(|(_, gathering)| gathering.block.header.view).map(|(hash, _)| *hash);
            if let Some(oldest) = oldest {
                self.blocks.remove(&oldest);
            }
        }
        let hash = block.hash();
        let held: BTreeMap<_, _> = block.transactions.iter().filter_map(|name| Some((*name, find(name)?))).collect();
        let missing = block.transactions.iter().filter(|name| !held.contains_key(name)).copied().collect();
        let mut gathering =
            Gathering { block, ancestors, held: BTreeMap::new(), missing, bytes: 0, gas: 0, asked: None, tries: 0 };
        for (name, transaction) in held {
            gathering.hold(name, transaction);
        }
        self.blocks.entry(hash).or_insert(gathering);
    }

    /// A gathering by its block.
    #[must_use]
    pub fn find(&self, block: &Hash) -> Option<&Gathering> {
        self.blocks.get(block)
    }

    /// Adds a transaction to every block that lacks it; answers those blocks.
    pub fn supply(&mut self, transaction: &Arc<VerifiedTransaction>) -> Vec<Hash> {
        let name = transaction.hash();
        self.checking.remove(&name);
        let mut supplied = Vec::new();
        for (hash, gathering) in &mut self.blocks {
            if gathering.missing.remove(&name) {
                gathering.hold(name, Arc::clone(transaction));
                supplied.push(*hash);
            }
        }
        supplied
    }

    /// A transaction of any gathered block.
    #[must_use]
    pub fn transaction(&self, name: &Hash) -> Option<Arc<VerifiedTransaction>> {
        self.blocks.values().find_map(|gathering| gathering.held.get(name)).map(Arc::clone)
    }

    /// What to ask for now: the block's proposer and the names, and how often it was asked before.
    pub fn due(&mut self, now: TimestampMs) -> Vec<(u16, u16, Vec<Hash>)> {
        let mut requests = Vec::new();
        self.checking.retain(|_, since| now >= *since && now.since(*since) < CHECKING_MS);
        let checking = &self.checking;
        for gathering in self.blocks.values_mut() {
            let due = gathering.asked.is_none_or(|asked| now.since(asked) >= gathering.patience() || now < asked);
            if gathering.is_whole() || !due {
                continue;
            }
            let missing = gathering.missing.iter().filter(|name| !checking.contains_key(*name));
            let names: Vec<Hash> = missing.take(FETCH_TRANSACTIONS_MAX).copied().collect();
            if !names.is_empty() {
                requests.push((gathering.block.header.proposer, gathering.tries, names));
            }
            gathering.asked = Some(now);
            gathering.tries = gathering.tries.saturating_add(1);
        }
        requests
    }

    /// Whether any block lacks this transaction, and nobody is checking it; then somebody is from now on. What is
    /// checked is not asked for again for a while: code is compiled before it comes back.
    pub fn takes(&mut self, name: &Hash, now: TimestampMs) -> bool {
        let takes =
            self.blocks.values().any(|gathering| gathering.missing.contains(name)) && !self.checking.contains_key(name);
        if takes {
            self.checking.insert(*name, now);
        }
        takes
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Number of transactions that came and are being checked.
    #[must_use]
    pub fn checking(&self) -> usize {
        self.checking.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Blocks that lack transactions.
    #[must_use]
    pub fn gathering(&self) -> usize {
        self.blocks.values().filter(|gathering| !gathering.is_whole()).count()
    }

    /// Whether any block lacks transactions.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.blocks.values().any(|gathering| !gathering.is_whole())
    }

    /// Ids of all transactions in the given blocks, as far as they are held.
    #[must_use]
    pub fn ids_in<'a>(&self, blocks: impl IntoIterator<Item = &'a Hash>) -> BTreeSet<Hash> {
        let held = blocks.into_iter().filter_map(|hash| self.blocks.get(hash));
        held.flat_map(|gathering| gathering.held.values().map(|transaction| transaction.id())).collect()
    }

    /// When missing transactions are to be asked for again.
    #[must_use]
    pub fn next_at(&self) -> Option<TimestampMs> {
        let waiting = self.blocks.values().filter(|gathering| !gathering.is_whole());
        waiting.map(|gathering| gathering.asked.map_or(TimestampMs::ZERO, |at| at.plus(gathering.patience()))).min()
    }

    /// Checks a payload against the chain's limits and its ancestors; `None` while that needs more of it.
    #[must_use]
    pub fn check(&self, gathering: &Gathering, rules: &Parameters) -> Option<Result<(), BadPayload>> {
        if gathering.is_over(rules) {
            return Some(Err(BadPayload::Limits)); // Whatever the rest of it is, it need not come.
        }
        gathering.is_whole().then(|| self.check_whole(gathering, rules))
    }

    fn check_whole(&self, gathering: &Gathering, rules: &Parameters) -> Result<(), BadPayload> {
        let transactions = gathering.in_order();
        let time = gathering.block.header.time;
        if transactions.iter().any(|transaction| outside_window(rules, transaction.body().expires, time).is_some()) {
            return Err(BadPayload::Window);
        }
        let mut ids = self.ids_in(&gathering.ancestors);
        if transactions.iter().all(|transaction| ids.insert(transaction.id())) {
            Ok(())
        } else {
            Err(BadPayload::Repeated)
        }
    }

    /// Takes a finalised block's transactions out, in order; `None` if they are not all held.
    pub fn take(&mut self, block: &Hash) -> Option<Vec<Arc<VerifiedTransaction>>> {
        self.blocks.get(block).filter(|gathering| gathering.is_whole())?;
        self.blocks.remove(block).map(|gathering| gathering.in_order())
    }

    /// Drops a block that must not be agreed.
    pub fn drop_block(&mut self, block: &Hash) {
        self.blocks.remove(block);
    }

    /// Drops blocks at or below a committed height.
    pub fn prune(&mut self, committed: Height) {
        self.blocks.retain(|_, gathering| gathering.block.header.height > committed);
    }

    /// All whole payloads.
    pub fn whole(&self) -> impl Iterator<Item = &Gathering> {
        self.blocks.values().filter(|gathering| gathering.is_whole())
    }
}

impl Gathering {
    /// Whether all transactions are held.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether what is held is more than a block may hold already.
    fn is_over(&self, rules: &Parameters) -> bool {
        self.block.transactions.len() > usize::try_from(rules.block_transactions_max).unwrap_or(usize::MAX)
            || self.bytes > rules.block_bytes_max.into()
            || self.gas > rules.block_gas_max.0
    }

    fn hold(&mut self, name: Hash, transaction: Arc<VerifiedTransaction>) {
        self.bytes = self.bytes.saturating_add(u64::try_from(transaction.bytes().len()).unwrap_or(u64::MAX));
        self.gas = self.gas.saturating_add(transaction.body().gas_limit.0);
        self.held.insert(name, transaction);
    }

    /// How long an answer is awaited: longer after every round of peers asked in vain.
    fn patience(&self) -> u64 {
        FETCH_RETRY_MS << (self.tries / FETCH_TRIES_PER_STEP).min(FETCH_STEPS_MAX)
    }

    /// The held transactions in the block's order.
    #[must_use]
    pub fn in_order(&self) -> Vec<Arc<VerifiedTransaction>> {
        self.block.transactions.iter().filter_map(|name| self.held.get(name)).map(Arc::clone).collect()
    }
}

//! What must hold, whatever happens. Nothing here calls the engine: certificates, quorums, contradictions and results
//! are counted again from what nodes sent and stored.

mod bounds;
mod certificates;
mod chain;
mod schedule;
mod votes;

use countersign_ledger::{Reader, Store};
use countersign_replica::Replica;
use countersign_replica::wire::Wire;
use countersign_types::{Epoch, Genesis, Hash, Height, PublicKey, TimestampMs, ValidatorSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {text}")]
pub struct Violation {
    /// The rule; the same one while a failing seed's faults are reduced.
    pub rule: &'static str,
    /// What happened.
    pub text: String,
}

impl Violation {
    /// A rule that was broken.
    #[must_use]
    pub fn new(rule: &'static str, text: impl Display) -> Self {
        Self { rule, text: text.to_string() }
    }

    /// Whether a garbled database explains it: it says so, or what it shows proves nothing.
    #[must_use]
    pub fn is_of_damage(&self) -> bool {
        matches!(self.rule, "ledger" | "certificates")
    }
}

/// What a client's transaction does if it succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// It adds to the counter.
    Adds(u64),
    /// It schedules a call for this time, which succeeds.
    Books(TimestampMs),
    /// Something that no other transaction shows.
    Else,
}

/// What the checker remembers.
#[derive(Debug)]
pub struct Checker {
    votes: votes::Votes,
    chain: chain::Chain,
    certificates: certificates::Certificates,
    /// Transactions that a client was told are final, and where.
    acknowledged: BTreeMap<Hash, Height>,
    genesis: Genesis,
}

impl Checker {
    /// Of a chain, some of whose validators have keys whose votes mean nothing, others keys whose votes on results do.
    #[must_use]
    pub fn new(genesis: &Genesis, corrupt: BTreeSet<PublicKey>, confused: BTreeSet<PublicKey>) -> Self {
        Self {
            votes: votes::Votes::default(),
            chain: chain::Chain::new(genesis, corrupt, confused),
            certificates: certificates::Certificates::new(genesis),
            acknowledged: BTreeMap::new(),
            genesis: genesis.clone(),
        }
    }

    /// A client signed this.
    pub fn issued(&mut self, transaction: Hash, does: Does) {
        self.chain.issued(transaction, does);
    }

    /// Whether a scheduled call waits for its time.
    #[must_use]
    pub fn schedule_waits(&self) -> bool {
        self.chain.schedule.waits()
    }

    /// Scheduled calls that ran.
    #[must_use]
    pub fn scheduled(&self) -> u64 {
        self.chain.schedule.count()
    }

    /// Organisations vote in an epoch for the validators of the next.
    pub fn wanted(&mut self, epoch: Epoch, set: &ValidatorSet) {
        self.certificates.wanted(epoch, set);
    }

    /// A clock of an honest validator showed this, and views failed so often in a row.
    pub fn clock(&mut self, shown_ms: u64, failures: u32) {
        self.chain.clock(shown_ms, failures);
    }

    /// A validator's message left it: it must not contradict what it signed before, also before a crash.
    ///
    /// # Errors
    /// The contradiction.
    pub fn sent(&mut self, node: u16, message: &Wire) -> Result<(), Violation> {
        self.votes.sent(node, message)
    }

    /// A node took its turn: what it keeps is bounded.
    ///
    /// # Errors
    /// The bound that it passed.
    pub fn kept<S: Store>(&self, node: u16, replica: &Replica<S>) -> Result<(), Violation> {
        bounds::check(node, replica, &self.genesis)
    }

    /// A node executed a block: every node must have the same one with the same result. Answers it.
    ///
    /// # Errors
    /// The fork, the divergence, or what is invalid about the block.
    pub fn executed<S: Store>(&mut self, node: u16, reader: &Reader<S>, height: Height) -> Result<Hash, Violation> {
        let block = self.chain.executed(node, reader, height)?;
        self.certificates.finality(node, reader, height)?;
        Ok(block)
    }

    /// A node tells its clients that a height is final: it has its result certificate.
    ///
    /// # Errors
    /// If it has none.
    pub fn announced<S: Store>(&self, node: u16, reader: &Reader<S>, height: Height) -> Result<(), Violation> {
        self.certificates.announced(node, reader, height)
    }

    /// A node has a result certificate of a height.
    ///
    /// # Errors
    /// If it is no quorum's.
    pub fn certified<S: Store>(&mut self, node: u16, reader: &Reader<S>, height: Height) -> Result<(), Violation> {
        self.certificates.result(node, reader, height)
    }

    /// A client was told that a transaction is final.
    pub fn acknowledge(&mut self, transaction: Hash, height: Height) {
        self.acknowledged.entry(transaction).or_insert(height);
    }

    /// Where an acknowledged transaction stands.
    #[must_use]
    pub fn place(&self, transaction: &Hash) -> Option<Height> {
        self.acknowledged.get(transaction).copied()
    }

    /// Number of acknowledged transactions.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// In the end: every acknowledged transaction stands in the same block of every ledger, and every certificate
    /// holds a quorum's signatures. Answers what a garbled database shows of that.
    ///
    /// # Errors
    /// The first loss in a database that was not garbled.
    pub fn finish<S: Store>(&mut self, node: u16, reader: &Reader<S>, garbled: bool) -> Result<Damage, Violation> {
        let mut damage = Damage::default();
        for (transaction, height) in &self.acknowledged {
            let lost = match reader.receipt(transaction) {
                Ok(Some(receipt)) if receipt.height == *height && receipt.transaction == *transaction => continue,
                Ok(_) if garbled => {
                    damage.unnoticed = true;
                    continue;
                }
                Err(_) if garbled => {
                    damage.noticed = true;
                    continue;
                }
                other => format!("v{node} lost acknowledged {transaction} of block {height}: {other:?}"),
            };
            return Err(Violation::new("durability", lost));
        }
        for height in (1..=reader.certified().0).map(Height) {
            for checked in
                [self.certificates.finality(node, reader, height), self.certificates.result(node, reader, height)]
            {
                match checked {
                    Err(violation) if garbled && violation.rule == "ledger" => damage.noticed = true,
                    Err(_) if garbled => damage.unnoticed = true,
                    checked => checked?,
                }
            }
        }
        Ok(damage)
    }
}

/// What a garbled database shows in the end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Damage {
    /// It says of something that it is damaged.
    pub noticed: bool,
    /// It shows something that is not so. None of it proves anything to others.
    pub unnoticed: bool,
}

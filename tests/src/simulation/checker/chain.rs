//! One chain, the same everywhere, and valid: linked, in time, each transaction once, results as models of the counter and of
//! the schedule have them.

use super::schedule::Schedule;
use super::{Does, Violation};
use countersign_ledger::{LedgerError, Reader, Store};
use countersign_types::{
    Epoch, Evidence, Genesis, Hash, Header, Height, NativeOperation, Outcome, Payload, Phase, PublicKey, Receipt,
    SignedTransaction, TimestampMs, Vote, VoteStatement,
};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub(super) struct Chain {
    genesis: Hash,
    began: TimestampMs,
    precision_ms: u64,
    /// Block and result at each height, as the first node stored them.
    blocks: BTreeMap<Height, (Hash, Hash)>,
    headers: BTreeMap<Height, Header>,
    /// What clients signed, and what it does.
    issued: BTreeMap<Hash, Does>,
    included: BTreeSet<Hash>,
    /// Keys of validators whose votes mean nothing.
    corrupt: BTreeSet<PublicKey>,
    /// Whose votes on results mean nothing.
    confused: BTreeSet<PublicKey>,
    total: u64,
    pub(super) schedule: Schedule,
    /// Whose contradictions are recorded, and in which epoch.
    convicted: BTreeSet<(Epoch, u16)>,
    /// The latest time that an honest clock has shown.
    latest_ms: u64,
    /// The most views that failed in a row.
    failures: u32,
}

impl Chain {
    pub(super) fn new(genesis: &Genesis, corrupt: BTreeSet<PublicKey>, confused: BTreeSet<PublicKey>) -> Self {
        Self {
            genesis: genesis.chain(),
            began: genesis.time,
            precision_ms: genesis.parameters.time_precision_ms,
            blocks: BTreeMap::new(),
            headers: BTreeMap::new(),
            issued: BTreeMap::new(),
            included: BTreeSet::new(),
            corrupt,
            confused,
            total: 0,
            schedule: Schedule::default(),
            convicted: BTreeSet::new(),
            latest_ms: 0,
            failures: 0,
        }
    }

    pub(super) fn issued(&mut self, transaction: Hash, does: Does) {
        self.issued.insert(transaction, does);
    }

    pub(super) fn clock(&mut self, shown_ms: u64, failures: u32) {
        self.latest_ms = self.latest_ms.max(shown_ms);
        self.failures = self.failures.max(failures);
    }

    pub(super) fn executed<S: Store>(
        &mut self,
        node: u16,
        reader: &Reader<S>,
        height: Height,
    ) -> Result<Hash, Violation> {
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let Some(result) = reader.result(height).map_err(failed)? else {
            let text = format!("v{node} has no result of the block {height} that it executed");
            return Err(Violation::new("ledger", text));
        };
        // Blocks that everybody stored and nobody told of, since the power failed on the way.
        let known = self.headers.last_key_value().map_or(Height::ZERO, |(height, _)| *height);
        for untold in (known.0 + 1..height.0).map(Height) {
            self.executed(node, reader, untold)?;
        }
        let (block, own) = (result.block, result.hash());
        match self.blocks.get(&height) {
            Some((first, _)) if *first != block => {
                let text = format!("fork at height {height}: {first} and {block} (v{node})");
                Err(Violation::new("agreement", text))
            }
            Some((_, first)) if *first != own => {
                let text = format!("different results of block {height}: v{node} {own}, others {first}");
                Err(Violation::new("equal roots", text))
            }
            Some(_) => Ok(block),
            None => {
                self.blocks.insert(height, (block, own));
                self.append(node, reader, height, block)?;
                Ok(block)
            }
        }
    }

    /// A block that nobody has executed before.
    fn append<S: Store>(
        &mut self,
        node: u16,
        reader: &Reader<S>,
        height: Height,
        block: Hash,
    ) -> Result<(), Violation> {
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let invalid = |what: String| Violation::new("validity", format!("block {height} of v{node}: {what}"));
        let header = reader.header(height).map_err(failed)?.ok_or_else(|| invalid("no header".into()))?;
        let before = self.headers.get(&Height(height.0.saturating_sub(1)));
        let parent = match before {
            Some(_) => self.blocks.get(&Height(height.0.saturating_sub(1))).map(|(block, _)| *block),
            None => (height == Height(1)).then_some(self.genesis),
        };
        if parent != Some(header.parent) || header.height != height || header.hash() != block {
            return Err(invalid(format!("it does not follow {parent:?}: {header:?}")));
        }
        if before.map_or(self.began, |before| before.time) >= header.time {
            return Err(invalid("its time is not later than its parent's".into()));
        }
        let ahead = self.precision_ms.checked_shl(self.failures.saturating_add(1)).unwrap_or(u64::MAX);
        if header.time.0 > self.latest_ms.saturating_add(ahead) {
            let text = format!("block {height} is of {}, no honest clock is past {}", header.time, self.latest_ms);
            return Err(Violation::new("time", text));
        }
        self.contents(node, reader, &header)?;
        self.headers.insert(height, header);
        Ok(())
    }

    fn contents<S: Store>(&mut self, node: u16, reader: &Reader<S>, header: &Header) -> Result<(), Violation> {
        let height = header.height;
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let invalid = |what: String| Violation::new("validity", format!("block {height} of v{node}: {what}"));
        let receipts = reader.receipts(height).map_err(failed)?;
        if usize::try_from(header.transactions).is_ok_and(|transactions| receipts.len() < transactions) {
            return Err(invalid(format!("{} transactions and {} receipts", header.transactions, receipts.len())));
        }
        // Behind the transactions stand scheduled calls, which ran before them.
        let (receipts, scheduled): (Vec<Receipt>, Vec<Receipt>) =
            receipts.into_iter().partition(|receipt| receipt.index < header.transactions);
        self.schedule.ran(header, &scheduled).map_err(&invalid)?;
        for receipt in receipts.into_iter().chain(scheduled) {
            let id = receipt.transaction;
            if !self.included.insert(id) {
                return Err(invalid(format!("{id} was included before")));
            }
            if receipt.index >= header.transactions {
                continue;
            }
            let Outcome::Succeeded { output } = receipt.outcome else { continue };
            match self.issued.get(&id) {
                None => self.report(node, reader, height, &id)?,
                Some(Does::Else) => {}
                Some(Does::Books(at)) => self.schedule.booked(&id, *at),
                Some(Does::Adds(adds)) => {
                    self.total += adds;
                    if output != self.total.to_le_bytes() {
                        return Err(invalid(format!("{id} made the counter {output:?}, not {}", self.total)));
                    }
                }
            }
        }
        Ok(())
    }

    /// What no client submitted is a validator's report of another one, and that one signed both votes.
    fn report<S: Store>(&mut self, node: u16, reader: &Reader<S>, height: Height, id: &Hash) -> Result<(), Violation> {
        let failed = |error: LedgerError| Violation::new("ledger", format!("v{node} height {height}: {error}"));
        let invalid = |what: &str| Violation::new("validity", format!("block {height} of v{node}: {id} {what}"));
        let stored = reader.transactions(height).map_err(failed)?.into_iter().find(|stored| stored.id == *id);
        let signed = stored.and_then(|stored| SignedTransaction::from_bytes(&stored.bytes).ok());
        let body = signed.and_then(|signed| signed.verify(&self.genesis).ok()).map(|verified| verified.body().clone());
        let Some(Payload::Native(NativeOperation::ReportEquivocation { evidence })) = body.map(|body| body.payload)
        else {
            return Err(invalid("took effect and nobody submitted it"));
        };
        let Evidence { first, second } = &evidence;
        let set = reader.epoch(first.epoch).map_err(failed)?.map(|(_, set)| set);
        let Some((set, accused)) =
            set.and_then(|set| Some((set.hash(), set.members().get(usize::from(first.signer))?.key)))
        else {
            return Err(invalid("accuses nobody"));
        };
        let signed = |vote: &Vote| {
            let Vote { phase, epoch, number, digest, .. } = *vote;
            let statement = VoteStatement { chain: self.genesis, epoch, validators: set, phase, number, digest };
            statement.verify(&accused, &vote.signature).is_ok()
        };
        let same_step = first.phase == second.phase && first.digest != second.digest;
        let excluded =
            [(first.phase, second.phase), (second.phase, first.phase)].contains(&(Phase::Commit, Phase::ViewChange));
        let contradict = (first.epoch, first.number, first.signer) == (second.epoch, second.number, second.signer)
            && (same_step || excluded);
        if !contradict || !signed(first) || !signed(second) {
            return Err(invalid("reports what is no contradiction"));
        }
        if !self.convicted.insert((first.epoch, first.signer)) {
            return Err(Violation::new("evidence", format!("block {height}: {id} convicts v{} again", first.signer)));
        }
        let confused = first.phase == Phase::Checkpoint && self.confused.contains(&accused);
        if !self.corrupt.contains(&accused) && !confused {
            return Err(Violation::new("evidence", format!("block {height}: {id} convicts an honest validator")));
        }
        Ok(())
    }
}

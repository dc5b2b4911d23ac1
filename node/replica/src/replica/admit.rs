//! Transactions coming in: from clients, by gossip, and from peers that were asked for them.

use super::Replica;
use crate::access::authorise;
use crate::error::ReplicaError;
use crate::execute::{intrinsic_gas, outside_window};
use crate::input::{Output, Source};
use crate::limits::{FETCH_BYTES_MAX, FETCH_TRANSACTIONS_MAX};
use crate::mempool::Refused;
use crate::state_source::{Latest, StateSource};
use crate::wire::Wire;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_consensus::{Message, Target};
use countersign_ledger::Store;
use countersign_types::hash::Tag;
use countersign_types::{Hash, RejectCode, SignedTransaction, VerifiedTransaction, state_key};
use std::collections::BTreeSet;
use std::sync::Arc;

impl<S: Store> Replica<S> {
    pub(super) fn admit_all(
        &mut self,
        transactions: Vec<Arc<VerifiedTransaction>>,
        source: Source,
    ) -> Result<(), ReplicaError> {
        let mut verdicts = Vec::with_capacity(transactions.len());
        let mut fresh = Vec::new();
        for transaction in transactions {
            if source == Source::Fetched {
                self.counters.fetched += 1;
                self.supply(&transaction)?;
                continue;
            }
            if self.payloads.is_waiting() {
                self.supply(&transaction)?;
            }
            let verdict = self.admit(&transaction)?;
            match verdict {
                Ok(()) => {
                    self.counters.admitted += 1;
                    fresh.push(Arc::clone(&transaction));
                }
                Err(_) => self.counters.refused += 1,
            }
            verdicts.push(verdict.map(|()| transaction.id()));
        }
        if let Source::Client { ticket } = source {
            for transaction in &fresh {
                self.mempool.watch(transaction.hash(), self.now, self.rules.view_timeout_ms);
            }
            if !fresh.is_empty() {
                self.outputs.push(Output::Gossip { transactions: fresh });
            }
            self.outputs.push(Output::Admitted { ticket, verdicts });
        }
        Ok(())
    }

    /// Takes a transaction in if it could succeed in the next block.
    fn admit(&mut self, transaction: &Arc<VerifiedTransaction>) -> Result<Result<(), Refused>, ReplicaError> {
        if self.mempool.holds_id(&transaction.id()) {
            return Ok(Err(Refused::Known));
        }
        let body = transaction.body();
        let tip = self.ledger.tip();
        let (height, time) = (tip.height.next(), tip.time.max(self.now));
        let refused = |code| Ok(Err(Refused::Rejected(code)));
        if let Some(code) = outside_window(&self.rules, body.expires, time) {
            return refused(code);
        }
        if body.gas_limit > self.rules.transaction_gas_max || body.gas_limit.0 < intrinsic_gas(transaction) {
            return refused(RejectCode::GasLimit);
        }
        let state = Latest(&self.reader);
        let consumed = state.read(&state_key::consumed(body.expires, &transaction.id()))?.is_some();
        if consumed && !planted(Mutation::ExecutedTwice) {
            return refused(RejectCode::Duplicate);
        }
        match authorise(&state, &body.signer, &body.payload, height)? {
            Ok(account) => Ok(self.mempool.admit(Arc::clone(transaction), account.id.organisation())),
            Err(code) => refused(code),
        }
    }

    /// Gossips again what no block has taken.
    pub(super) fn gossip_again(&mut self) {
        let transactions = self.mempool.gossip_again(self.now, self.rules.view_timeout_ms);
        if !transactions.is_empty() {
            self.outputs.push(Output::Gossip { transactions });
        }
    }

    fn supply(&mut self, transaction: &Arc<VerifiedTransaction>) -> Result<(), ReplicaError> {
        self.payloads.supply(transaction).iter().try_for_each(|block| self.judge(block))
    }

    pub(super) fn expire(&mut self) {
        let transactions = self.mempool.expire(self.ledger.tip().time.max(self.now));
        if !transactions.is_empty() {
            self.outputs.push(Output::Expired { transactions });
        }
    }

    /// Sends a peer the transactions it asks for, as far as they are held.
    pub(super) fn serve_transactions(&mut self, to: u16, names: &[Hash]) -> Result<(), ReplicaError> {
        if !self.transactions_served.may(to, self.now) || planted(Mutation::TransactionsUnserved) {
            return Ok(());
        }
        let mut missing = BTreeSet::new();
        let mut found = Vec::new();
        let mut bytes = 0;
        for name in names.iter().take(FETCH_TRANSACTIONS_MAX) {
            let Some(transaction) = self.mempool.find(name).or_else(|| self.payloads.transaction(name)) else {
                missing.insert(*name);
                continue;
            };
            bytes += transaction.bytes().len();
            if bytes > FETCH_BYTES_MAX && !found.is_empty() {
                break;
            }
            found.push(transaction.bytes().to_vec());
        }
        self.find_executed(&missing, bytes, &mut found)?;
        if !found.is_empty() {
            self.outputs.push(Output::Send { to: Target::One(to), message: Wire::Transactions(found), after: 0 });
        }
        Ok(())
    }

    /// P9.4: sends a peer a block that was executed here and is not certified. The engine no longer holds it after a start.
    pub(super) fn serve_executed(&mut self, to: u16, hash: &Hash) -> Result<(), ReplicaError> {
        let Some(height) = self.reader.height_of_block(hash)? else { return Ok(()) };
        if height <= self.engine.certified_below().max(self.reader.base())
            || !self.transactions_served.may(to, self.now)
        {
            return Ok(());
        }
        if let Some(block) = self.reader.block(height)? {
            let message = Message::BlockResponse(Box::new(block));
            let message = Wire::Consensus { epoch: self.epoch, message };
            self.outputs.push(Output::Send { to: Target::One(to), message, after: 0 });
        }
        Ok(())
    }

    /// Looks for transactions in blocks that were executed here and are not certified. Nobody can catch up on those yet, and
    /// who lacks their payload may be the one whose CHECKPOINT the certificate lacks.
    fn find_executed(
        &self,
        names: &BTreeSet<Hash>,
        mut bytes: usize,
        found: &mut Vec<Vec<u8>>,
    ) -> Result<(), ReplicaError> {
        let mut height = self.engine.certified_below().max(self.reader.base()).next();
        while !names.is_empty() && height <= self.ledger.tip().height && bytes <= FETCH_BYTES_MAX {
            let block = self.reader.block(height)?;
            if block.is_some_and(|block| block.transactions.iter().any(|name| names.contains(name))) {
                let stored = self.reader.transactions(height)?.into_iter();
                for transaction in stored.filter(|transaction| names.contains(&transaction.signed_hash)) {
                    bytes += transaction.bytes.len();
                    if bytes <= FETCH_BYTES_MAX || found.is_empty() {
                        found.push(transaction.bytes);
                    }
                }
            }
            height = height.next();
        }
        Ok(())
    }

    /// Hands transactions that a peer sent to the verifiers, if they were asked for.
    pub(super) fn verify_fetched(&mut self, all: &[Vec<u8>]) {
        let (payloads, now) = (&mut self.payloads, self.now);
        let wanted = all.iter().filter(|bytes| payloads.takes(&Hash::of(Tag::SIGNED, bytes), now));
        let transactions: Vec<SignedTransaction> =
            wanted.filter_map(|bytes| SignedTransaction::from_bytes(bytes).ok()).collect();
        if !transactions.is_empty() {
            self.outputs.push(Output::Verify { transactions });
        }
    }
}

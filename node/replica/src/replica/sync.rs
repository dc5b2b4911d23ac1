//! Catching up from peers, and helping them to.

use super::Replica;
use super::perform::{Final, named_by};
use crate::error::ReplicaError;
use crate::input::Output;
use crate::limits::{SYNC_BLOCKS_MAX, SYNC_BYTES_MAX};
use crate::wire::{CertifiedBlock, Wire};
use countersign_consensus::mutation::{Mutation, planted};
use countersign_consensus::{Event, Synced, Target};
use countersign_ledger::{Class, LedgerError, Store};
use countersign_types::{Certificate, Epoch, EpochEnd, ExecutionResult, Height, Phase, overrides};

impl<S: Store> Replica<S> {
    /// Sends a peer certified blocks from a height on.
    pub(super) fn serve_blocks(&mut self, to: u16, first: Height) -> Result<(), ReplicaError> {
        if !self.blocks_served.may(to, self.now) {
            return Ok(());
        }
        let mut blocks = Vec::new();
        let mut bytes = 0;
        let mut height = first;
        while height <= self.certified && blocks.len() < SYNC_BLOCKS_MAX && height > Height::ZERO {
            let Some(block) = self.served(height)? else { break };
            bytes += block.bytes();
            if bytes > SYNC_BYTES_MAX && !blocks.is_empty() {
                break;
            }
            blocks.push(block);
            height = height.next();
        }
        let oldest = self.reader.oldest(Class::Bodies);
        let is_gone = blocks.is_empty() && Height::ZERO < first && first < oldest && first <= self.certified;
        let message =
            if is_gone { Wire::BlocksGone { oldest } } else { Wire::Blocks { certified: self.certified, blocks } };
        self.outputs.push(Output::Send { to: Target::One(to), message, after: 0 });
        Ok(())
    }

    /// Takes over blocks that a peer sent, as far as they prove themselves.
    pub(super) fn take_blocks(
        &mut self,
        from: u16,
        certified: Height,
        blocks: Vec<CertifiedBlock>,
    ) -> Result<(), ReplicaError> {
        if !self.catch_up.awaits(from) {
            return Ok(());
        }
        let before = self.counters.synced;
        for block in blocks.into_iter().take(SYNC_BLOCKS_MAX) {
            if !self.take_block(block)? {
                break;
            }
        }
        let useful = self.counters.synced > before;
        self.catch_up.answered(useful, self.peers());
        if useful {
            // What a peer claims is believed no further than the next answer.
            let reach = self.ledger.tip().height.plus(u64::try_from(SYNC_BLOCKS_MAX).unwrap_or(0));
            self.catch_up.want(certified.min(reach), from);
        }
        Ok(())
    }

    /// Notes that a peer no longer keeps the next block.
    pub(super) fn note_gone(&mut self, from: u16, oldest: Height) {
        let needs = self.ledger.tip().height.next();
        if !self.catch_up.awaits(from) || oldest <= needs {
            return;
        }
        let faulty_max = self.set.faulty_max();
        let before = self.catch_up.peers_keep_from(faulty_max);
        self.catch_up.gone(from, oldest);
        self.catch_up.answered(false, self.peers());
        if let Some(oldest) = self.catch_up.peers_keep_from(faulty_max).filter(|_| before.is_none()) {
            self.outputs.push(Output::Stranded { needs, oldest });
        }
    }

    /// Takes one block over; `false` if it is not the next one or does not prove itself.
    fn take_block(&mut self, certified: CertifiedBlock) -> Result<bool, ReplicaError> {
        let CertifiedBlock { block, transactions, finality, result, certificate, overrides, restart } = certified;
        let header = block.header.clone();
        if let Some(end) = restart
            && header.height == self.ledger.tip().height.next()
            && header.epoch > self.epoch
            && !self.take_restart(header.epoch, &end)?
        {
            return Ok(false);
        }
        let tip = self.ledger.tip();
        let proven = |certificate: &Certificate| {
            planted(Mutation::CatchUpUnproven)
                || certificate.epoch == header.epoch
                    && header.epoch == self.epoch
                    && certificate.verify(self.chain, &self.set).is_ok()
        };
        if header.height <= tip.height {
            self.take_certificate(header.height, &result, certificate)?;
            return Ok(true);
        }
        let follows = header.height == tip.height.next() && header.parent == tip.block && header.chain == self.chain;
        let belongs = result.height == header.height
            && result.block == block.hash()
            && certificate.phase == Phase::Checkpoint
            && certificate.number == header.height.0
            && certificate.digest == result.hash();
        // A COMMIT certificate of its own view or a later one is the block's or a descendant's, by agreement.
        let is_final = finality.phase == Phase::Commit
            && (finality.number > header.view.0 || finality.number == header.view.0 && finality.digest == block.hash());
        if !follows || !belongs || !is_final || !block.is_consistent() || !proven(&certificate) || !proven(&finality) {
            return Ok(false);
        }
        let Some(transactions) = named_by(&block.transactions, &transactions, &self.chain) else { return Ok(false) };
        // What was decreed is part of the certified result, so nobody can leave out or add an override and have this
        // node run what no node survives.
        if overrides::check_count(overrides.len()).is_err()
            || overrides::root(&overrides) != result.overrides
            || !self.were_decreed(&block, &overrides, &self.set)
        {
            return Ok(false);
        }
        self.guard.refuse_late(&block, &overrides)?;
        if self.guard.condemns(&block, &overrides) {
            self.halt();
            return Ok(false);
        }
        let expected = Some(result.hash());
        let job = Final { block, certificate: finality, transactions: &transactions, decrees: overrides, expected };
        let own = match self.execute(job) {
            Ok(own) => own,
            // Everything that it rests on is proven, so it is this machine that errs.
            Err(ReplicaError::Ledger(LedgerError::Diverged { height, .. })) => {
                return Err(ReplicaError::Diverged { height });
            }
            Err(cause) => return Err(cause),
        };
        self.counters.synced += 1;
        self.certify(result.clone(), certificate.clone())?;
        self.events.push_back(Event::Synced(Synced {
            height: header.height,
            block: own.block,
            time: header.time,
            view: header.view,
            result,
            last: self.epoch_last()?,
            certificate: Some(certificate),
        }));
        Ok(true)
    }

    /// Takes the certificate of a result that is here without one.
    fn take_certificate(
        &mut self,
        height: Height,
        result: &ExecutionResult,
        certificate: Certificate,
    ) -> Result<(), ReplicaError> {
        let lacks = height > self.complete
            && self.reader.sound_certificate(height)?.is_none()
            && self.reader.result(height)?.is_some_and(|own| own == *result);
        let of_result = (certificate.phase, certificate.number, certificate.digest);
        let Some(own) = self.reader.header(height)?.filter(|_| lacks) else { return Ok(()) };
        if of_result != (Phase::Checkpoint, height.0, result.hash()) || certificate.epoch != own.epoch {
            return Ok(());
        }
        let Some((_, set)) = self.reader.epoch(own.epoch)? else { return Ok(()) };
        if certificate.verify(self.chain, &set).is_err() {
            return Ok(());
        }
        self.counters.synced += 1;
        if own.epoch == self.epoch {
            self.events.push_back(Event::ResultCertified(certificate.clone())); // The engine may wait for it.
        }
        self.certify(result.clone(), certificate)
    }

    /// P11.4: goes on to the epoch of an order that a peer sent, if the ledger stands where it says.
    fn take_restart(&mut self, epoch: Epoch, end: &EpochEnd) -> Result<bool, ReplicaError> {
        if end.restart.is_none() || self.engine.status().certified > end.result.height {
            return Ok(false);
        }
        let tip = self.ledger.tip();
        let known = self.reader.epoch_at(tip.height)?;
        let begun = known.and_then(|known| known.followed(self.chain, end).ok());
        if end.result != tip.result || begun.is_none_or(|begun| begun.epoch != epoch) {
            return Ok(false);
        }
        match self.ledger.restart(end, self.rules.run_ahead) {
            Ok(()) => {}
            // What a peer sends stops nobody.
            Err(cause) if cause.is_ours() => return Err(cause.into()),
            Err(_) => return Ok(false),
        }
        // What the epoch before had finalised above was dropped by the order.
        self.finalised.clear();
        self.halted = None;
        self.begin_epoch()?;
        Ok(true)
    }
}

//! Epochs: which one a replica stands in, and how it goes on to the next.

use super::Replica;
use crate::error::ReplicaError;
use crate::input::Output;
use crate::state_source::{Latest, StateSource};
use crate::wire::Wire;
use countersign_consensus::mutation::{Mutation, planted};
use countersign_consensus::{Base, Config, Engine, Event, Message, Origin, Recent, Target};
use countersign_ledger::{Reader, Store};
use countersign_types::{Epoch, EpochState, Height, Parameters, SecretKey, ValidatorSet, View, state_key};
use std::cmp::Ordering;

/// An epoch as the ledger knows it.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) epoch: Epoch,
    pub(super) set: ValidatorSet,
    origin: Origin,
    before: Option<(Epoch, ValidatorSet)>,
    last: Option<Height>,
}

impl Standing {
    /// The epoch that agrees on the next height, or the one before while results of it lack their
    /// certificates: those are still to be voted for.
    pub(super) fn of<S: Store>(reader: &Reader<S>, base: &[Recent]) -> Result<Self, ReplicaError> {
        let state = epoch_state(reader)?;
        let tip = reader.tip().height;
        let (newest, ..) = reader.newest_epoch()?;
        if newest > state.epoch {
            return Self::numbered(reader, newest, None); // P11.3: by order, which the next block puts into the state.
        }
        let settled = base.iter().all(|recent| recent.certificate.is_some());
        if state.epoch > Epoch::ZERO && state.origin == tip && !settled {
            return Self::numbered(reader, state.epoch.previous(), Some(tip));
        }
        Self::numbered(reader, state.epoch, state.last())
    }

    fn numbered<S: Store>(reader: &Reader<S>, epoch: Epoch, last: Option<Height>) -> Result<Self, ReplicaError> {
        let damaged = ReplicaError::State { what: "an epoch" };
        let Some((height, set)) = reader.epoch(epoch)? else { return Err(damaged) };
        let block = match height {
            Height::ZERO => reader.chain(),
            height => reader.result(height)?.ok_or(damaged)?.block,
        };
        let before = reader.epoch_at(height)?.map(|known| (known.epoch, known.validators));
        Ok(Self { epoch, set, origin: Origin { height, block }, before, last })
    }

    /// What its engine is started with.
    pub(super) fn config(&self, chain: countersign_types::Hash, key: Option<SecretKey>, rules: &Parameters) -> Config {
        Config {
            chain,
            epoch: self.epoch,
            set: self.set.clone(),
            origin: self.origin,
            before: self.before.clone(),
            key,
            parameters: rules.clone(),
        }
    }

    /// The ledger's tip as its engine wants it.
    pub(super) fn base<S: Store>(&self, reader: &Reader<S>, recent: Vec<Recent>, overridden: Vec<Height>) -> Base {
        let tip = reader.tip();
        let view = if tip.height == self.origin.height { View::ZERO } else { tip.view };
        Base { height: tip.height, block: tip.block, time: tip.time, view, last: self.last, recent, overridden }
    }
}

/// Results and certificates of the newest heights, two windows of them.
pub(super) fn recent<S: Store>(reader: &Reader<S>, run_ahead: u64) -> Result<Vec<Recent>, ReplicaError> {
    let tip = reader.tip().height;
    let first = tip.0.saturating_sub(run_ahead.saturating_mul(2)).saturating_add(1);
    let result = |height| reader.result(height)?.ok_or(ReplicaError::State { what: "the result of a recent block" });
    (first..=tip.0)
        .map(Height)
        .map(|height| Ok(Recent { result: result(height)?, certificate: reader.sound_certificate(height)? }))
        .collect()
}

/// The epoch of the next height.
fn epoch_state<S: Store>(reader: &Reader<S>) -> Result<EpochState, ReplicaError> {
    let state = Latest(reader).read_value(&state_key::epoch(), "the epoch")?;
    state.ok_or(ReplicaError::State { what: "the epoch" })
}

impl<S: Store> Replica<S> {
    /// The last height of this replica's epoch, once it is decided.
    pub(super) fn epoch_last(&self) -> Result<Option<Height>, ReplicaError> {
        let state = epoch_state(&self.reader)?;
        Ok(if state.epoch == self.epoch { state.last() } else { Some(state.origin) })
    }

    /// A message of the consensus engine: a validator's of this epoch is for ours; a later one says that we are behind,
    /// an earlier one that its sender is.
    ///
    /// # Errors
    /// What is damaged, or the store's.
    pub(super) fn hear(&mut self, from: u16, epoch: Epoch, message: Message) -> Result<(), ReplicaError> {
        let epoch = if planted(Mutation::EpochsMixed) { self.epoch } else { epoch };
        match epoch.cmp(&self.epoch) {
            Ordering::Equal if from >= self.set.count() => {}
            Ordering::Equal => match message {
                Message::BlockRequest { block } if !self.engine.holds(&block) => self.serve_executed(from, &block)?,
                message => self.events.push_back(Event::Received { from, message }),
            },
            Ordering::Greater if from >= self.set.count() => {}
            Ordering::Greater => self.catch_up.want(self.ledger.tip().height.next(), from),
            Ordering::Less => {
                if self.epochs_told.may(from, self.now) {
                    let message = Wire::Consensus { epoch: self.epoch, message: self.engine.position() };
                    self.outputs.push(Output::Send { to: Target::One(from), message, after: 0 });
                }
            }
        }
        Ok(())
    }

    /// Goes on with the next epoch's engine, once the one of this epoch has nothing more to do.
    pub(super) fn begin_epoch(&mut self) -> Result<(), ReplicaError> {
        // Who forgot the last certificates would drop votes of the new epoch with the old one's journal.
        self.ledger.sync()?;
        let recent = recent(&self.reader, self.rules.run_ahead)?;
        let standing = Standing::of(&self.reader, &recent)?;
        let config = standing.config(self.chain, self.key.clone(), &self.rules);
        let overridden = self.guard.heights(&self.reader, self.rules.run_ahead)?;
        let base = standing.base(&self.reader, recent, overridden);
        let engine = Engine::new(config, base, self.engine.memory(), self.engine.next_entry())?;
        self.epoch = standing.epoch;
        self.set = standing.set;
        self.own = self.key.as_ref().and_then(|key| self.set.index_of(&key.public()));
        self.engine = engine;
        self.reports.clear();
        self.events.clear();
        self.events.push_back(Event::Tick);
        self.pending = false;
        self.alarm = None;
        // The old epoch's votes are done with: the journal begins anew.
        self.journal_stale = true;
        self.outputs.push(Output::Epoch { epoch: self.epoch, validators: self.set.clone() });
        Ok(())
    }
}

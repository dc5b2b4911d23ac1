//! A node: its disk, the duties of a replica towards the engine, and the engine.

use crate::validators::{Validators, execute};
use countersign_consensus::{Base, Engine, Message, Origin, Recent, Record, Stop, Target};
use countersign_types::{Block, Certificate, Epoch, ExecutionResult, Hash, Height, Phase, TimestampMs, View, Vote};
use std::collections::{BTreeMap, BTreeSet};

/// A stored block.
#[derive(Debug, Clone)]
pub struct Stored {
    pub block: Block,
    pub result: ExecutionResult,
    pub certificate: Option<Certificate>,
}

pub struct Node {
    pub engine: Option<Engine>,
    /// The validator whose key it holds; a twin shares it with another node.
    pub(super) identity: u16,
    pub(super) epoch: Epoch,
    /// The last block before the epoch.
    pub(super) origin: Origin,
    pub(super) life: u64,
    pub(super) durable: Vec<(u64, Record)>,
    pub(super) unsynced: Vec<(u64, Record)>,
    pub(super) next_entry: u64,
    pub(super) syncing: bool,
    pub(super) held_back: Vec<(u64, Target, Message)>,
    pub ledger: Vec<Stored>,
    pub(super) to_execute: Vec<Block>,
    pub(super) wake_at: Option<TimestampMs>,
    pub said: BTreeMap<(Epoch, Phase, u64), Vote>,
    pub pending: BTreeSet<Hash>,
    pub(super) told_due: bool,
    pub(super) bodies: BTreeMap<Hash, Block>,
    pub stops: Vec<Stop>,
    pub sent: u64,
    /// How far its clock is off.
    pub clock_off: i64,
    /// Milliseconds that executing a block takes at least.
    pub execute_ms: u64,
}

impl Node {
    pub(super) fn new(validators: &Validators, index: u16) -> Self {
        Self {
            engine: None,
            identity: index,
            epoch: Epoch(0),
            origin: validators.origin,
            life: 0,
            durable: vec![(0, validators.origin(index))],
            unsynced: Vec::new(),
            next_entry: 1,
            syncing: false,
            held_back: Vec::new(),
            ledger: Vec::new(),
            to_execute: Vec::new(),
            wake_at: None,
            said: BTreeMap::new(),
            pending: BTreeSet::new(),
            told_due: false,
            bodies: BTreeMap::new(),
            stops: Vec::new(),
            sent: 0,
            clock_off: 0,
            execute_ms: 1,
        }
    }

    /// Those of its epoch.
    pub(super) fn validators(&self, validators: &Validators) -> Validators {
        validators.in_epoch(self.epoch, self.origin)
    }

    /// The epoch's last height, once it is decided.
    pub(super) fn last(&self, validators: &Validators, changes_after: Option<u64>) -> Option<Height> {
        let decided = self.origin.height.0 + changes_after?;
        (self.ledger.len() as u64 >= decided).then(|| Height(decided + validators.parameters.run_ahead))
    }

    pub(super) fn base(&self, validators: &Validators, changes_after: Option<u64>) -> Base {
        let Some(last) = self.ledger.last() else { return validators.base() };
        let from = self.ledger.len().saturating_sub(2 * validators.parameters.run_ahead as usize);
        let recent = self.ledger[from..]
            .iter()
            .map(|stored| Recent { result: stored.result.clone(), certificate: stored.certificate.clone() })
            .collect();
        let header = &last.block.header;
        let view = if header.height == self.origin.height { View(0) } else { header.view };
        let epoch_end = self.last(validators, changes_after);
        Base {
            height: header.height,
            block: last.block.hash(),
            time: header.time,
            view,
            last: epoch_end,
            recent,
            overridden: Vec::new(),
        }
    }

    /// Executes and stores a block unless catch-up was faster.
    pub(super) fn store(&mut self, block: Block) -> Option<ExecutionResult> {
        if block.header.height.0 != self.ledger.len() as u64 + 1 {
            return None;
        }
        let result = execute(&block, self.ledger.last().map(|stored| &stored.result));
        self.ledger.push(Stored { block, result: result.clone(), certificate: None });
        self.forget_stored();
        Some(result)
    }

    pub(super) fn forget_stored(&mut self) {
        for transaction in self.ledger.iter().flat_map(|stored| &stored.block.transactions) {
            self.pending.remove(transaction);
        }
    }

    /// What was sent is never contradicted, not even by a later life of the node.
    pub(super) fn check_said(&mut self, index: u16, message: &Message) {
        let votes = match message {
            Message::Vote { vote, .. } => vec![vote.clone()],
            Message::PrePrepare(proposal) => {
                let header = &proposal.block.header;
                let vote = |phase, signature| Vote {
                    phase,
                    epoch: header.epoch,
                    number: proposal.view.0,
                    digest: proposal.block.hash(),
                    signer: index,
                    signature,
                };
                vec![vote(Phase::PrePrepare, proposal.signature), vote(Phase::Prepare, proposal.prepare)]
            }
            _ => Vec::new(),
        };
        for vote in votes {
            assert_eq!(vote.signer, index);
            let before = self.said.entry((vote.epoch, vote.phase, vote.number)).or_insert_with(|| vote.clone());
            assert_eq!(*before, vote, "validator {index} contradicts itself");
            let excluded = match vote.phase {
                Phase::Commit => Phase::ViewChange,
                Phase::ViewChange => Phase::Commit,
                _ => continue,
            };
            assert!(
                !self.said.contains_key(&(vote.epoch, excluded, vote.number)),
                "COMMIT and VIEW-CHANGE of view {}",
                vote.number
            );
            let durable =
                self.durable.iter().rev().any(|(_, record)| matches!(record, Record::Vote(known) if *known == vote));
            let view = View(vote.number);
            let finalised = self.ledger.last().is_some_and(|stored| {
                let header = &stored.block.header;
                (header.epoch, header.view) >= (vote.epoch, view)
            });
            assert!(durable || finalised, "said before durable");
        }
    }
}

//! The thread that drives the replica: it gives the replica facts and the time, and carries out its
//! orders in the one order that is safe: append to the vote journal, sync, send.

use crate::fact::Fact;
use crate::journal_file::{JournalFile, JournalFileError};
use crate::limits::{GOSSIP_DELAY, GOSSIP_FLUSH_BYTES, SPACE_LOOK_INTERVAL, TURN_INPUTS_MAX};
use crate::members::{Members, Membership};
use crate::network::{Class, NetworkHandle};
use crate::queue::{Held, QueueReceiver};
use crate::shared::Shared;
use crate::space::Space;
use crate::suspect::Suspects;
use crate::verifier::{Job, Verifier};
use countersign_consensus::Target;
use countersign_consensus::vote_journal::Framer;
use countersign_ledger::Store;
use countersign_replica::{Input, Output, Replica, Source, wire};
use countersign_types::{Epoch, Hash, Height, TimestampMs, codec};
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant, SystemTime};

/// Everything the thread owns.
pub struct ReplicaThread<S: Store> {
    /// The replica.
    pub replica: Replica<S>,
    /// Facts from the network, the verifiers and clients.
    pub inputs: QueueReceiver<Fact>,
    /// The vote journal's file.
    pub journal: JournalFile,
    /// Frames what is appended to it.
    pub framer: Framer,
    /// The journal's secret.
    pub salt: Hash,
    /// To peers.
    pub network: NetworkHandle,
    /// Checks fetched transactions.
    pub verifier: Verifier,
    /// What the rest of the node sees.
    pub shared: Arc<Shared>,
    /// Who agrees now.
    pub membership: Arc<Membership>,
    /// Room for what is to be written.
    pub space: Space,
    /// Damage to the state that was looked after already.
    pub suspects: Suspects,
}

/// Why the thread ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The replica ordered it.
    #[error("{0}")]
    Replica(#[from] countersign_replica::ReplicaError),
    /// The vote journal cannot be written: nothing may be signed any more.
    #[error("{0}; the node stops, since it could otherwise forget a vote")]
    Journal(#[from] JournalFileError),
    /// A record does not fit the journal.
    #[error("{0}")]
    Record(#[from] countersign_consensus::vote_journal::RecordTooLong),
    /// Reads met damage to the state: it is mended before the node goes on.
    #[error("the disk has damaged the state of the ledger")]
    Damaged,
    /// It was asked to, or nobody sends inputs any more.
    #[error("the node is stopping")]
    Stopping,
    /// The thread panicked: a mistake of ours.
    #[error("the replica's thread panicked; its last words are in the log")]
    Panicked,
}

/// Gossip that waits for company: one signature of the network covers the whole batch.
#[derive(Default)]
struct Outgoing {
    batch: Vec<Vec<u8>>,
    bytes: usize,
    since: Option<Instant>,
}

impl<S: Store> ReplicaThread<S> {
    /// Runs until the node stops.
    pub fn run(mut self) -> Ended {
        let mut gossip = Outgoing::default();
        let mut wake = None;
        let mut heard_by = self.membership.now();
        let guests = Fact::Own(Input::Guests { count: heard_by.guests() });
        let mut turn = vec![TICK, Held { value: guests, share: None }];
        let mut was_low = false;
        let mut damage = 0;
        loop {
            if self.meets_damage(&mut damage) {
                return Ended::Damaged;
            }
            turn.extend(std::iter::from_fn(|| self.inputs.receive_now()).take(TURN_INPUTS_MAX));
            let is_low = self.space.is_low();
            self.shared.set_space_low(is_low);
            if std::mem::replace(&mut was_low, is_low) != is_low {
                // Guests that came while nothing was heard must not be missed.
                let guests = Fact::Own(Input::Guests { count: heard_by.guests() });
                turn.insert(0, Held { value: Fact::Own(Input::Room { enough: !is_low }), share: None });
                turn.insert(1, Held { value: guests, share: None });
            }
            if let Err(ended) = self.turn(std::mem::take(&mut turn), &mut heard_by, &mut gossip, &mut wake) {
                return ended;
            }
            self.shared.publish(self.replica.status(), self.replica.counters());
            let mut wait = if is_low { SPACE_LOOK_INTERVAL } else { wake.map_or(IDLE, until) };
            if let Some(since) = gossip.since {
                wait = wait.min(GOSSIP_DELAY.saturating_sub(since.elapsed()));
            }
            let fact = match self.inputs.receive_within(wait) {
                Ok(fact) => fact,
                Err(RecvTimeoutError::Timeout) => TICK,
                Err(RecvTimeoutError::Disconnected) => return Ended::Stopping,
            };
            if self.shared.is_stopping() {
                return Ended::Stopping;
            }
            if !is_low && matches!(fact.value, Fact::Own(Input::Tick)) && wake.is_some_and(|wake| now() >= wake) {
                wake = None;
            }
            turn.push(fact);
        }
    }

    /// Whether reads, here or for clients, have found damage to the state that nobody looked after yet.
    fn meets_damage(&self, seen: &mut u64) -> bool {
        let reader = self.replica.reader();
        let changes = reader.damage_changes();
        std::mem::replace(seen, changes) != changes && self.suspects.has_new(&reader.damaged())
    }

    fn turn(
        &mut self,
        facts: Vec<Held<Fact>>,
        heard_by: &mut Arc<Members>,
        gossip: &mut Outgoing,
        wake: &mut Option<TimestampMs>,
    ) -> Result<(), Ended> {
        let mut outputs = Vec::new();
        for Held { value, share } in facts {
            let ordered = input_of(value, heard_by).map(|input| self.tell(input, heard_by)).unwrap_or_default();
            drop(share); // Its sender may have more waiting now.
            // A replica that stopped must not be told anything any more.
            let stops = ordered.iter().any(|output| matches!(output, Output::Stop(_)));
            outputs.extend(ordered);
            if stops {
                break;
            }
        }
        loop {
            let entry = self.write_journal(&outputs)?;
            for output in outputs {
                self.carry_out(output, gossip, wake)?;
            }
            let Some(entry) = entry else { break };
            outputs = self.tell(Input::Persisted { entry }, heard_by);
        }
        self.flush(gossip);
        Ok(())
    }

    /// Tells the replica. From the epoch that it begins with this, it knows peers by other indexes.
    fn tell(&mut self, input: Input, heard_by: &mut Arc<Members>) -> Vec<Output> {
        let mut outputs = self.replica.handle(now(), input);
        let begun = outputs.iter().rev().find_map(|output| match output {
            Output::Epoch { epoch, validators } => Some((*epoch, validators.clone())),
            _ => None,
        });
        if let Some((epoch, validators)) = begun {
            let origin = self.origin(epoch);
            *heard_by = Arc::new(heard_by.next(self.membership.viewpoint(), epoch, origin, validators));
            outputs.extend(self.replica.handle(now(), Input::Guests { count: heard_by.guests() }));
        }
        outputs
    }

    /// The last height before an epoch that has begun.
    fn origin(&self, epoch: Epoch) -> Height {
        let reader = self.replica.reader();
        // The replica has read it a moment ago.
        reader.epoch(epoch).ok().flatten().map_or(reader.tip().height, |(origin, _)| origin)
    }

    /// Appends what must be durable and syncs it once; the last entry that is durable now.
    fn write_journal(&mut self, outputs: &[Output]) -> Result<Option<u64>, Ended> {
        let (mut last, mut dirty) = (None, false);
        for output in outputs {
            match output {
                Output::Persist { entry, bytes } => {
                    self.journal.append(&self.framer.frame(bytes)?)?;
                    (last, dirty) = (entry.or(last), true);
                }
                Output::Rotate { records } => {
                    self.framer = Framer::new(self.salt);
                    let mut segment = Vec::new();
                    for record in records {
                        segment.extend(self.framer.frame(record)?);
                    }
                    self.journal.replace(&segment)?;
                    dirty = false;
                }
                _ => {}
            }
        }
        if dirty {
            let started = Instant::now();
            self.journal.sync()?;
            self.shared.synced(started.elapsed());
        }
        Ok(last)
    }

    fn carry_out(
        &mut self,
        output: Output,
        gossip: &mut Outgoing,
        wake: &mut Option<TimestampMs>,
    ) -> Result<(), Ended> {
        match output {
            Output::Persist { .. } | Output::Rotate { .. } => {}
            Output::Send { to, message, after: _ } => self.send(to, &message),
            Output::Gossip { transactions } => {
                for transaction in transactions {
                    // A large transaction travels alone.
                    if gossip.bytes + transaction.bytes().len() > GOSSIP_FLUSH_BYTES {
                        self.publish(gossip);
                    }
                    gossip.since.get_or_insert_with(Instant::now);
                    gossip.bytes += transaction.bytes().len();
                    gossip.batch.push(transaction.bytes().to_vec());
                }
            }
            Output::Verify { transactions } => {
                if self.verifier.submit(Job { transactions, source: Source::Fetched, verdicts: None }).is_err() {
                    tracing::debug!("verifiers are busy; fetched transactions will be asked for again");
                }
            }
            Output::Admitted { ticket, verdicts } => self.shared.admitted(ticket, verdicts),
            Output::Declined { ticket } => self.shared.drop_submission(ticket),
            Output::Committed { height, transactions } => self.shared.committed(height, transactions),
            Output::Certified { height } => {
                self.shared.certified(height);
                self.membership.certified(height);
            }
            Output::Halted { attempt } => tracing::error!(
                height = attempt.height.0,
                block = %attempt.block,
                overrides = attempt.overrides,
                "this block stopped the node twice and is not executed: nothing is executed until an override comes; \
                 see `A block that no node survives` in operate.md"
            ),
            Output::Mended { height } => {
                tracing::warn!(height = height.0, "damaged rows of the ledger were written anew from what peers sent");
            }
            Output::Stranded { needs, oldest } => tracing::error!(
                needs = needs.0,
                oldest = oldest.0,
                "peers no longer keep the blocks that this node needs: it must join by a snapshot, \
                 see `A node that was away too long` in operate.md"
            ),
            Output::Expired { transactions } => self.shared.expired(&transactions),
            Output::Epoch { epoch, validators } => {
                let origin = self.origin(epoch);
                let members = self.membership.now().next(self.membership.viewpoint(), epoch, origin, validators);
                self.membership.begin(Arc::new(members));
            }
            Output::Equivocation { signer, text } => {
                tracing::error!(
                    validator = signer,
                    evidence = text,
                    "a validator signed two statements that exclude each other"
                )
            }
            Output::WakeAt(time) => *wake = Some(wake.map_or(time, |wake| wake.min(time))),
            Output::Stop(cause) => return Err(cause.into()),
        }
        Ok(())
    }

    /// Messages to peers that are away are dropped; the protocol repeats what matters.
    fn send(&self, to: Target, message: &wire::Wire) {
        let class = match message.class() {
            wire::Class::Consensus => Class::Consensus,
            wire::Class::Sync => Class::Sync,
        };
        let bytes = message.to_bytes();
        let sent = match to {
            Target::All => self.network.broadcast(class, bytes).map(|_| ()),
            Target::One(index) => match self.membership.now().peer(index) {
                Some(peer) => self.network.send(&peer, class, bytes),
                None => return,
            },
        };
        if let Err(cause) = sent {
            tracing::debug!(%cause, "a message was not sent");
        }
    }

    fn flush(&self, gossip: &mut Outgoing) {
        if gossip.since.is_some_and(|since| since.elapsed() >= GOSSIP_DELAY) {
            self.publish(gossip);
        }
    }

    fn publish(&self, gossip: &mut Outgoing) {
        let Outgoing { batch, .. } = std::mem::take(gossip);
        if batch.is_empty() {
            return;
        }
        if let Err(cause) = self.network.broadcast_transactions(codec::encode(&batch)) {
            tracing::debug!(%cause, "a batch was not gossiped");
        }
    }
}

/// Time has passed, and nothing else.
const TICK: Held<Fact> = Held { value: Fact::Own(Input::Tick), share: None };

/// What the replica is told of a fact; nothing if it is about somebody who is gone since.
fn input_of(fact: Fact, members: &Members) -> Option<Input> {
    Some(match fact {
        Fact::Own(input) => input,
        Fact::Heard { peer, message } => Input::Received { from: members.index_of(&peer)?, message },
        Fact::Connected { peer } => Input::Connected { peer: members.index_of(&peer)? },
    })
}

/// Longest wait without any input.
const IDLE: Duration = Duration::from_secs(1);

/// The wall clock. Before 1970 it reads zero.
#[must_use]
pub fn now() -> TimestampMs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    TimestampMs(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// How long to wait for `wake`, at least a millisecond so that no turn spins.
fn until(wake: TimestampMs) -> Duration {
    Duration::from_millis(wake.since(now()).max(1)).min(IDLE)
}

//! Three of the four validators, who make blocks without the fourth, and what the fourth is told.

use crate::chain::{BEGIN, genesis, key, replica};
use countersign_consensus::{Message, Target};
use countersign_ledger::MemoryStore;
use countersign_replica::wire::{CertifiedBlock, Wire};
use countersign_replica::{Input, Output, Replica, Source};
use countersign_types::{Certificate, Epoch, Hash, Height, Phase, Signature, TimestampMs, VerifiedTransaction, Vote};
use std::collections::VecDeque;
use std::sync::Arc;

/// A replica with its disk, which never fails.
pub struct Validator {
    pub replica: Replica<MemoryStore>,
    pub now: TimestampMs,
}

impl Validator {
    pub fn new(index: u8) -> Self {
        Self::with(index, replica(index))
    }

    /// A validator that starts from what its disk holds.
    pub fn with(index: u8, replica: Replica<MemoryStore>) -> Self {
        let mut validator = Self { replica, now: BEGIN };
        validator.tell(Input::Tick);
        // Two others hold no votes of it.
        for peer in (0..4).filter(|peer| *peer != u16::from(index)).take(2) {
            let message = Message::VotesResponse { nonce: BEGIN.0, finalised: None, votes: Vec::new() };
            validator.hear(peer, Wire::Consensus { epoch: Epoch::ZERO, message });
        }
        assert!(!validator.replica.status().rejoining);
        validator
    }

    /// Tells it something; answers its orders, those that follow from syncing the journal among them.
    pub fn tell(&mut self, input: Input) -> Vec<Output> {
        let mut told = Vec::new();
        let mut outputs = self.replica.handle(self.now, input);
        loop {
            let entry = outputs.iter().filter_map(|output| match output {
                Output::Persist { entry, .. } => *entry,
                _ => None,
            });
            let last = entry.max();
            told.append(&mut outputs);
            let Some(entry) = last else { return told };
            outputs = self.replica.handle(self.now, Input::Persisted { entry });
        }
    }

    pub fn hear(&mut self, from: u16, message: Wire) -> Vec<Output> {
        self.tell(Input::Received { from, message })
    }

    pub fn wait(&mut self, milliseconds: u64) -> Vec<Output> {
        self.now = self.now.plus(milliseconds);
        self.tell(Input::Tick)
    }

    pub fn height(&self) -> Height {
        self.replica.reader().tip().height
    }

    /// Hears of a certified result far above, from `from`: it is behind and asks for blocks. Answers whom, and from
    /// which height on.
    pub fn fall_behind(&mut self, from: u16) -> (u16, Height) {
        let certificate = certificate(Phase::Checkpoint, 1_000, Hash([9; 32]));
        asked_blocks(
            &self.hear(from, Wire::Consensus { epoch: Epoch::ZERO, message: Message::Certificate(certificate) }),
        )
        .unwrap()
    }
}

/// What was sent, and to whom.
pub fn sent(outputs: &[Output]) -> impl Iterator<Item = (Target, &Wire)> {
    outputs.iter().filter_map(|output| match output {
        Output::Send { to, message, .. } => Some((*to, message)),
        _ => None,
    })
}

/// Who is asked for blocks, and from which height on.
pub fn asked_blocks(outputs: &[Output]) -> Option<(u16, Height)> {
    sent(outputs).find_map(|(to, message)| match (to, message) {
        (Target::One(peer), Wire::BlocksWanted { from }) => Some((peer, *from)),
        _ => None,
    })
}

/// A real vote.
pub fn vote(phase: Phase, number: u64, digest: Hash, signer: u8) -> Vote {
    let genesis = genesis();
    let unsigned =
        Vote { phase, epoch: Epoch::ZERO, number, digest, signer: signer.into(), signature: Signature([0; 64]) };
    let signature = unsigned.statement(genesis.chain(), genesis.validators.hash()).sign(&key(signer + 1));
    Vote { signature, ..unsigned }
}

/// A real certificate of validators 0, 1 and 2.
pub fn certificate(phase: Phase, number: u64, digest: Hash) -> Certificate {
    let signatures = (0..3).map(|signer| (signer.into(), vote(phase, number, digest, signer).signature)).collect();
    Certificate { phase, epoch: Epoch::ZERO, number, digest, signatures }
}

/// Validators 0, 1 and 2 once they have executed a block of this transaction that nobody sent a CHECKPOINT for.
pub fn executed_only(transaction: &Arc<VerifiedTransaction>) -> Vec<Validator> {
    let mut validators: Vec<Validator> = (0..3).map(Validator::new).collect();
    let mut queue: VecDeque<(usize, Input)> = VecDeque::new();
    for index in 0..3 {
        let transactions = vec![Arc::clone(transaction)];
        queue.push_back((index, Input::Transactions { transactions, source: Source::Gossip }));
    }
    let is_checkpoint = |input: &Input| match input {
        Input::Received { message: Wire::Consensus { message: Message::Vote { vote, .. }, .. }, .. } => {
            vote.phase == Phase::Checkpoint
        }
        _ => false,
    };
    for _ in 0..20_000 {
        while let Some((to, input)) = queue.pop_front() {
            if !is_checkpoint(&input) {
                validators[to].tell(input).into_iter().for_each(|output| post(to, output, &mut queue));
            }
        }
        if validators.iter().all(|validator| validator.height() >= Height(1)) {
            break;
        }
        for (index, validator) in validators.iter_mut().enumerate() {
            validator.wait(5).into_iter().for_each(|output| post(index, output, &mut queue));
        }
    }
    assert!(
        validators.iter().all(|validator| validator.height() >= Height(1) && validator.replica.certified() < Height(1))
    );
    validators
}

/// Blocks 1 to `count` with their certificates, each with a transaction, made by validators 0, 1 and 2.
pub fn certified_blocks(count: usize, transactions: &[Arc<VerifiedTransaction>]) -> Vec<CertifiedBlock> {
    let mut validators: Vec<Validator> = (0..3).map(Validator::new).collect();
    let mut queue: VecDeque<(usize, Input)> = VecDeque::new();
    for (turn, transaction) in transactions.iter().take(count).enumerate() {
        for index in 0..3 {
            let transactions = vec![Arc::clone(transaction)];
            queue.push_back((index, Input::Transactions { transactions, source: Source::Gossip }));
        }
        let goal = Height(u64::try_from(turn).unwrap() + 1);
        let all = |validators: &[Validator]| validators.iter().all(|validator| validator.replica.certified() >= goal);
        assert!(run(&mut validators, &mut queue, all), "no block {goal}");
    }
    let served = validators[0].hear(3, Wire::BlocksWanted { from: Height(1) });
    let blocks = sent(&served).find_map(|(_, message)| match message {
        Wire::Blocks { blocks, .. } => Some(blocks.clone()),
        _ => None,
    });
    blocks.unwrap().into_iter().take(count).collect()
}

/// Lets validators 0, 1 and 2 talk until something holds; whether it came to that within 100 s.
pub fn run(
    validators: &mut [Validator],
    queue: &mut VecDeque<(usize, Input)>,
    holds: impl Fn(&[Validator]) -> bool,
) -> bool {
    for _ in 0..20_000 {
        deliver(validators, queue);
        if holds(validators) {
            return true;
        }
        for (index, validator) in validators.iter_mut().enumerate() {
            for output in validator.wait(5) {
                post(index, output, queue);
            }
        }
    }
    false
}

fn deliver(validators: &mut [Validator], queue: &mut VecDeque<(usize, Input)>) {
    while let Some((to, input)) = queue.pop_front() {
        for output in validators[to].tell(input) {
            post(to, output, queue);
        }
    }
}

fn post(from: usize, output: Output, queue: &mut VecDeque<(usize, Input)>) {
    let (to, message) = match output {
        Output::Send { to, message, .. } => (to, message),
        Output::Verify { transactions } => {
            let chain = genesis().chain();
            let transactions =
                transactions.into_iter().map(|signed| Arc::new(signed.verify(&chain).unwrap())).collect();
            queue.push_back((from, Input::Transactions { transactions, source: Source::Fetched }));
            return;
        }
        _ => return,
    };
    for receiver in (0..3).filter(|receiver| *receiver != from) {
        if to == Target::All || to == Target::One(u16::try_from(receiver).unwrap()) {
            let from = u16::try_from(from).unwrap();
            queue.push_back((receiver, Input::Received { from, message: message.clone() }));
        }
    }
}

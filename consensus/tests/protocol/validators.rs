//! Keys, sets, votes and certificates for tests.

use countersign_consensus::{Base, Committee, Config, Origin, Record};
use countersign_types::hash::Tag;
use countersign_types::{
    Block, Certificate, Epoch, ExecutionResult, Hash, Header, Height, Parameters, Phase, SecretKey, TimestampMs,
    Validator, ValidatorSet, View, Vote, merkle,
};

/// Time of genesis.
pub const GENESIS: TimestampMs = TimestampMs(1_000_000);

/// A set of validators whose secrets are known.
#[derive(Clone)]
pub struct Validators {
    pub keys: Vec<SecretKey>,
    pub committee: Committee,
    pub parameters: Parameters,
    /// The last block before the epoch.
    pub origin: Origin,
}

/// The validators of an epoch: the same keys in a set of another name.
fn members(keys: &[SecretKey], epoch: Epoch) -> ValidatorSet {
    let members = keys.iter().enumerate().map(|(index, key)| Validator {
        organisation: if epoch == Epoch(0) { format!("org{index}") } else { format!("org{index}-{}", epoch.0) },
        key: key.public(),
        network_key: SecretKey::from_seed(&[index as u8 + 101; 32]).public(),
    });
    ValidatorSet::new(members.collect()).unwrap()
}

pub fn hash(text: &str) -> Hash {
    Hash::of(Tag::GENESIS, text.as_bytes())
}

impl Validators {
    pub fn new(count: u8) -> Self {
        let keys: Vec<SecretKey> = (0..count).map(|index| SecretKey::from_seed(&[index + 1; 32])).collect();
        let committee = Committee::new(hash("chain"), Epoch(0), members(&keys, Epoch(0)));
        let origin = Origin { height: Height(0), block: committee.chain() };
        Self { keys, committee, parameters: Parameters { run_ahead: 4, ..Parameters::default() }, origin }
    }

    /// The same validators in an epoch that begins after a block.
    pub fn in_epoch(&self, epoch: Epoch, origin: Origin) -> Self {
        let committee = Committee::new(self.committee.chain(), epoch, members(&self.keys, epoch));
        Self { committee, origin, ..self.clone() }
    }

    pub fn config(&self, own: u16) -> Config {
        Config {
            chain: self.committee.chain(),
            epoch: self.committee.epoch(),
            set: self.committee.set().clone(),
            origin: self.origin,
            before: self
                .committee
                .epoch()
                .0
                .checked_sub(1)
                .map(|before| (Epoch(before), members(&self.keys, Epoch(before)))),
            key: Some(self.keys[usize::from(own)].clone()),
            parameters: self.parameters.clone(),
        }
    }

    pub fn base(&self) -> Base {
        let block = self.committee.chain();
        Base {
            height: Height(0),
            block,
            time: GENESIS,
            view: View(0),
            last: None,
            recent: Vec::new(),
            overridden: Vec::new(),
        }
    }

    pub fn origin(&self, own: u16) -> Record {
        Record::origin(self.committee.chain(), self.keys[usize::from(own)].public())
    }

    pub fn vote(&self, phase: Phase, number: u64, digest: Hash, signer: u16) -> Vote {
        let signature = self.committee.statement(phase, number, digest).sign(&self.keys[usize::from(signer)]);
        Vote { phase, epoch: self.committee.epoch(), number, digest, signer, signature }
    }

    pub fn certificate(&self, phase: Phase, number: u64, digest: Hash, signers: &[u16]) -> Certificate {
        let signatures =
            signers.iter().map(|signer| (*signer, self.vote(phase, number, digest, *signer).signature)).collect();
        Certificate { phase, epoch: self.committee.epoch(), number, digest, signatures }
    }

    /// A block of the view's leader.
    pub fn block(&self, view: u64, parent: Hash, height: u64, time: TimestampMs, transactions: &[Hash]) -> Block {
        let header = Header {
            chain: self.committee.chain(),
            height: Height(height),
            epoch: self.committee.epoch(),
            view: View(view),
            parent,
            time,
            proposer: self.committee.leader(View(view)),
            validators: self.committee.set_hash(),
            transactions_root: merkle::root(transactions),
            transactions: transactions.len() as u32,
            result: Hash::ZERO,
        };
        Block { header, transactions: transactions.to_vec() }
    }
}

/// Deterministic execution: the state is the hash of all blocks.
pub fn execute(block: &Block, before: Option<&ExecutionResult>) -> ExecutionResult {
    let state = before.map_or(Hash::ZERO, |result| result.state_root);
    ExecutionResult {
        height: block.header.height,
        block: block.hash(),
        state_root: Hash::of_parts(Tag::NODE, &[&state.0, &block.hash().0]),
        receipts_root: block.header.transactions_root,
        events_root: Hash::ZERO,
        next_validators: block.header.validators,
        range_root: before.map_or(Hash::ZERO, ExecutionResult::hash),
        overrides: Hash::ZERO,
    }
}

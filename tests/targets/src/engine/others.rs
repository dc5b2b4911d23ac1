//! The other validators, who sign anything.

use countersign_consensus::{Base, Committee, Config, Origin, Proposal, Record};
use countersign_types::hash::Tag;
use countersign_types::{
    Block, Certificate, Epoch, ExecutionResult, Hash, Header, Height, Parameters, Phase, SecretKey, Signature,
    TimestampMs, Validator, ValidatorSet, View, Vote, merkle,
};

/// K.
pub const RUN_AHEAD: u64 = 2;
/// Time of genesis.
pub const GENESIS: TimestampMs = TimestampMs(1_000_000);
/// The engine's index.
pub const OWN: u16 = 1;
const COUNT: u8 = 4;

/// Four validators' keys.
pub struct Others {
    keys: Vec<SecretKey>,
    committee: Committee,
    parameters: Parameters,
}

impl Others {
    pub fn new() -> Self {
        let keys: Vec<SecretKey> = (0..COUNT).map(|index| SecretKey::from_seed(&[index + 1; 32])).collect();
        let members = (0..COUNT).zip(&keys).map(|(index, key)| Validator {
            organisation: format!("org{index}"),
            key: key.public(),
            network_key: SecretKey::from_seed(&[index + 101; 32]).public(),
        });
        let set = ValidatorSet::new(members.collect()).expect("four different keys");
        let committee = Committee::new(Hash::of(Tag::GENESIS, b"chain"), Epoch(0), set);
        Self { keys, committee, parameters: Parameters { run_ahead: RUN_AHEAD, ..Parameters::default() } }
    }

    pub fn chain(&self) -> Hash {
        self.committee.chain()
    }

    pub fn indices(&self) -> impl Iterator<Item = u16> + use<> {
        (0..u16::from(COUNT)).filter(|index| *index != OWN)
    }

    /// One of them.
    pub fn signer(&self, number: u8) -> u16 {
        self.indices().nth(usize::from(number % (COUNT - 1))).unwrap_or(0)
    }

    pub fn leader(&self, view: u64) -> u16 {
        self.committee.leader(View(view))
    }

    /// How many results a start looks at.
    pub fn results_kept(&self) -> usize {
        usize::try_from(2 * self.parameters.run_ahead).unwrap_or(0)
    }

    pub fn config(&self) -> Config {
        Config {
            chain: self.chain(),
            epoch: self.committee.epoch(),
            set: self.committee.set().clone(),
            origin: Origin { height: Height(0), block: self.chain() },
            before: None,
            key: self.keys.get(usize::from(OWN)).cloned(),
            parameters: self.parameters.clone(),
        }
    }

    pub fn base(&self) -> Base {
        Base {
            height: Height(0),
            block: self.chain(),
            time: GENESIS,
            view: View(0),
            last: None,
            recent: Vec::new(),
            overridden: Vec::new(),
        }
    }

    pub fn origin(&self) -> Record {
        Record::origin(self.chain(), self.key(OWN).public())
    }

    pub fn vote(&self, phase: Phase, number: u64, digest: Hash, signer: u16) -> Vote {
        let signature = self.sign(phase, number, digest, signer);
        Vote { phase, epoch: self.committee.epoch(), number, digest, signer, signature }
    }

    pub fn certificate(&self, phase: Phase, number: u64, digest: Hash) -> Certificate {
        let signatures = self.indices().map(|signer| (signer, self.sign(phase, number, digest, signer))).collect();
        Certificate { phase, epoch: self.committee.epoch(), number, digest, signatures }
    }

    /// A block of a view on a parent, or on genesis.
    pub fn block(&self, view: u64, parent: Option<&Block>, now: TimestampMs, transactions: &[Hash]) -> Block {
        let (height, on, time) = parent.map_or((Height::ZERO, self.chain(), GENESIS), |parent| {
            (parent.header.height, parent.hash(), parent.header.time)
        });
        let header = Header {
            chain: self.chain(),
            height: height.next(),
            epoch: self.committee.epoch(),
            view: View(view),
            parent: on,
            time: now.max(time.plus(1)),
            proposer: self.leader(view),
            validators: self.committee.set_hash(),
            transactions_root: merkle::root(transactions),
            transactions: u32::try_from(transactions.len()).unwrap_or(0),
            result: Hash::ZERO,
        };
        Block { header, transactions: transactions.to_vec() }
    }

    /// The leader's proposal of a block whose parent is of view `below`. Of its reasons, `shown`
    /// says which are there. None in views that the engine leads: it has its key alone.
    pub fn proposal(&self, view: u64, block: Block, below: u64, shown: u8) -> Option<Proposal> {
        let leader = self.leader(view);
        if leader == OWN {
            return None;
        }
        let hash = block.hash();
        let parent = (below > 0 && shown != 7).then(|| self.certificate(Phase::Prepare, below, block.header.parent));
        let gap = (below + 1..view).take(4).map(|view| self.certificate(Phase::ViewChange, view, Hash::ZERO));
        Some(Proposal {
            view: View(view),
            signature: self.sign(Phase::PrePrepare, view, hash, leader),
            prepare: self.sign(Phase::Prepare, view, hash, leader),
            parent,
            gap: if shown == 6 { Vec::new() } else { gap.collect() },
            result: None,
            block,
        })
    }

    fn sign(&self, phase: Phase, number: u64, digest: Hash, signer: u16) -> Signature {
        self.committee.statement(phase, number, digest).sign(self.key(signer))
    }

    fn key(&self, index: u16) -> &SecretKey {
        self.keys.get(usize::from(index)).expect("a member")
    }
}

/// What executing a block gives: the state is the hash of all blocks.
pub fn execute(block: &Block, before: Hash) -> ExecutionResult {
    ExecutionResult {
        height: block.header.height,
        block: block.hash(),
        state_root: Hash::of_parts(Tag::NODE, &[&before.0, &block.hash().0]),
        receipts_root: block.header.transactions_root,
        events_root: Hash::ZERO,
        next_validators: block.header.validators,
        range_root: before,
        overrides: Hash::ZERO,
    }
}

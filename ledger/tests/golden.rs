//! Golden vectors: fixed inputs and the bytes or digests they must give for ever.
//!
//! `golden/vectors.txt` holds one `name = hex` a line, so that other implementations can use it. A
//! change to it is a new version of the format, with a migration. `COUNTERSIGN_BLESS=1` writes it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation, clippy::panic, missing_docs)]

#[path = "ledger/chain.rs"]
#[allow(dead_code)]
mod chain;

use chain::{Chain, START, Work, certify, contract, genesis, user, work};
use countersign_ledger::snapshot::{self, Piece};
use countersign_ledger::store::{KeyRange, Space};
use countersign_ledger::{Blocks, Direction, MemoryStore, Reads, Store, TraceQuestion, prove_trace};
use countersign_types::account::KeyEntry;
use countersign_types::governance::{Electorate, Threshold};
use countersign_types::hash::{Tag, sha256};
use countersign_types::log::LogRecord;
use countersign_types::proof::{Entry, HistoryPart, HistoryPlace, Subject, Trusted};
use countersign_types::proposal::Wanted;
use countersign_types::range::{Perfect, Range, RangeProof};
use countersign_types::receipt::EventRecord;
use countersign_types::vote::{Phase, VoteStatement};
use countersign_types::{
    Account, AccountId, Address, Ballot, Block, CodeRecord, Consent, ContractRecord, Decision, DeployPolicy, Epoch,
    EpochEnd, EpochState, Equivocation, Event, Evidence, ExecutionResult, Frozen, Gas, Hash, Header, Height, KeyProof,
    Layout, Measure, NativeOperation, Organisation, Outcome, Override, Payload, PolicyState, Proposal, Receipt,
    RejectCode, Restart, RestartOrder, ResultProof, Revision, Roles, Rules, RulesState, ScheduledCall, SecretKey,
    SetChange, Signature, SignedOverride, Standing, TimestampMs, Told, Transaction, View, Vote, codec, merkle,
    overrides, state, state_key,
};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::num::NonZeroU32;

struct Vectors(String);

impl Vectors {
    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(self.0, "{name} = {hex}").unwrap();
    }
    fn encoding<T: borsh::BorshSerialize>(&mut self, name: &str, value: &T) {
        self.bytes(name, &codec::encode(value));
    }
    fn hash(&mut self, name: &str, hash: &Hash) {
        self.bytes(name, &hash.0);
    }
}

fn transaction(payload: Payload) -> Transaction {
    Transaction {
        chain: Hash([1; 32]),
        signer: user().public(),
        nonce: 7,
        expires: TimestampMs(START.0 + 60_000),
        gas_limit: Gas(1_000_000),
        payload,
    }
}

fn account() -> Account {
    Account {
        id: "farm/gate".parse().unwrap(),
        roles: Roles::ADMIN.with(Roles::DEVICE),
        keys: vec![KeyEntry { key: user().public(), valid_from: Height(3), valid_to: Some(Height(9)) }],
        attributes: std::collections::BTreeMap::new(),
    }
}

fn header() -> Header {
    Header {
        chain: Hash([1; 32]),
        height: Height(5),
        epoch: Epoch(1),
        view: View(6),
        parent: Hash([2; 32]),
        time: START,
        proposer: 3,
        validators: Hash([4; 32]),
        transactions_root: Hash([5; 32]),
        transactions: 2,
        result: Hash([6; 32]),
    }
}

fn result() -> ExecutionResult {
    ExecutionResult {
        height: Height(5),
        block: Hash([1; 32]),
        state_root: Hash([2; 32]),
        receipts_root: Hash([3; 32]),
        events_root: Hash([4; 32]),
        next_validators: Hash([5; 32]),
        range_root: Hash([6; 32]),
        overrides: Hash([7; 32]),
    }
}

fn event() -> Event {
    Event {
        contract: contract(),
        name: "captured".into(),
        data: vec![1, 2],
        attributes: vec![("lot".into(), b"L-1".to_vec())],
    }
}

fn evidence() -> Evidence {
    let first = Vote {
        phase: Phase::Commit,
        epoch: Epoch(3),
        number: 7,
        digest: Hash([1; 32]),
        signer: 2,
        signature: Signature([5; 64]),
    };
    Evidence { second: Vote { digest: Hash([2; 32]), ..first.clone() }, first }
}

fn transactions(vectors: &mut Vectors) {
    let call = Payload::Call { contract: contract(), method: "capture".into(), input: vec![1, 2, 3] };
    let deploy = Payload::Deploy { name: "farm/provenance".into(), code: b"\0asm".to_vec(), input: vec![] };
    let native = Payload::Native(NativeOperation::PutAccount {
        account: account(),
        proofs: vec![KeyProof::new(&user(), &Hash([1; 32]), &account().id)],
    });
    let measure = Measure::Validators { epoch: Epoch(2), validators: genesis().validators };
    let propose = NativeOperation::Propose { measure, reason: "d joins".into(), open_ms: 60_000 };
    let organisation = NativeOperation::PutOrganisation {
        name: "Farm".into(),
        gln: Some("9521321000010".into()),
        contact: Some("ops@farm.example".into()),
        threshold: 2,
    };
    let report = Payload::Native(NativeOperation::ReportEquivocation { evidence: evidence() });
    let upgrade = Payload::Upgrade { contract: contract(), code: b"\0asm".to_vec(), input: vec![1] };
    let name = "farm/provenance".to_owned();
    let approve = NativeOperation::ApproveCode { contract: name, code: Hash([1; 32]), approve: true };
    let freeze = NativeOperation::SetFrozen { contract: contract(), frozen: true };
    for (name, payload) in [
        ("upgrade", upgrade),
        ("put-organisation", Payload::Native(organisation)),
        ("vote", Payload::Native(NativeOperation::Vote { proposal: 7, approve: false })),
        ("approve-code", Payload::Native(approve)),
        ("set-frozen", Payload::Native(freeze)),
        ("call", call),
        ("deploy", deploy),
        ("put-account", native),
        ("propose", Payload::Native(propose)),
        ("report-equivocation", report),
    ] {
        let body = transaction(payload);
        let id = body.id();
        let signed = body.sign(&user());
        vectors.encoding(&format!("transaction.{name}"), &signed);
        vectors.hash(&format!("transaction.{name}.id"), &id);
        vectors.hash(&format!("transaction.{name}.signed-hash"), &Hash::of_value(Tag::SIGNED, &signed));
    }
    vectors.hash("key-proof.statement", &KeyProof::statement(&Hash([1; 32]), &account().id));
    vectors.encoding("key-proof", &KeyProof::new(&user(), &Hash([1; 32]), &account().id));
}

fn deploy_policy() -> DeployPolicy {
    DeployPolicy { organisations: Some(["farm".to_owned(), "mill".to_owned()].into()), approvals: 2, upgrades: false }
}

fn life_cycle(vectors: &mut Vectors) {
    let (name, code) = ("farm/provenance", Hash([1; 32]));
    vectors.encoding("policy-state", &PolicyState { version: 3, policy: deploy_policy() });
    let (by, at) = ("farm/erp".parse().unwrap(), Height(4));
    vectors.encoding("revision", &Revision { code, by, at, transaction: Hash([2; 32]) });
    for (what, key) in [
        ("policy", state_key::policy()),
        ("approvals", state_key::approvals(name, 2, &code)),
        ("revision", state_key::revision(&contract(), 2)),
    ] {
        vectors.bytes(&format!("state-key.{what}"), &key);
    }
}

fn governance(vectors: &mut Vectors) {
    let (proof, organisation) = (KeyProof::new(&user(), &Hash([1; 32]), &account().id), "farm".to_owned());
    let (admins, proofs) = (vec![account()], vec![proof]);
    let rules = Rules { members: Threshold { of: Electorate::Members, ..Threshold::default() }, ..Rules::default() };
    let farm = Organisation {
        gln: Some("9521321000010".into()),
        contact: Some("ops@farm.example".into()),
        threshold: 2,
        standing: Standing::Suspended { from: Height(4) },
        ..Organisation::new("farm", "Farm")
    };
    vectors.encoding("organisation", &farm);
    let measures = [
        ("validators", Measure::Validators { epoch: Epoch(2), validators: genesis().validators }),
        ("deployment", Measure::Deployment { version: 3, policy: deploy_policy() }),
        ("freeze", Measure::Freeze { contract: contract(), revision: 2, frozen: true }),
        ("code", Measure::Code { contract: "farm/provenance".into(), revision: 2, code: Hash([1; 32]) }),
        (
            "admit",
            Measure::Admit {
                organisation: Organisation::new("farm", "Farm"),
                admins: admins.clone(),
                proofs: proofs.clone(),
            },
        ),
        ("standing", Measure::Standing { organisation: organisation.clone(), standing: Wanted::Expelled }),
        ("admins", Measure::Admins { organisation, admins, proofs }),
        ("rules", Measure::Rules { version: 1, rules: rules.clone() }),
    ];
    for (name, measure) in &measures {
        vectors.encoding(&format!("measure.{name}"), measure);
        vectors.hash(&format!("measure.{name}.hash"), &measure.hash());
    }
    vectors.encoding("rules-state", &RulesState { version: 1, rules });
    let by: AccountId = "farm/admin".parse().unwrap();
    let proposal = Proposal {
        measure: Measure::Freeze { contract: contract(), revision: 2, frozen: true },
        reason: "recall".into(),
        proposer: by.clone(),
        height: Height(4),
        time: TimestampMs(5),
        expires: TimestampMs(6),
        votes: [("farm".to_owned(), Ballot { approve: true, by: by.clone(), height: Height(4) })].into(),
        decision: Some(Decision { adopted: true, height: Height(5) }),
    };
    vectors.encoding("proposal", &proposal);
    vectors.encoding("consent", &Consent { admins: [by].into(), until: TimestampMs(9) });
    vectors.encoding("told.waits", &Told::Waits { asked: 1, needed: 2 });
    vectors.encoding("told.voted", &Told::Voted { proposal: 7, adopted: Some(true) });
}

fn emergency_exits(vectors: &mut Vectors) {
    let keys: Vec<SecretKey> = (1..=2).map(|seed| SecretKey::from_seed(&[seed; 32])).collect();
    let decree =
        Override { chain: Hash([1; 32]), height: Height(5), block: Hash([2; 32]), transaction: Hash([3; 32]), code: 7 };
    let parts: Vec<SignedOverride> = keys.iter().map(|key| decree.sign(key)).collect();
    vectors.encoding("override", &decree);
    vectors.hash("override.statement", &decree.statement());
    let signed = SignedOverride::join(&parts).unwrap();
    vectors.encoding("override.signed", &signed);
    vectors.hash("overrides.root", &overrides::root(&[signed]));
    vectors.hash("overrides.root.none", &overrides::root(&[]));
    vectors.bytes("state-key.overridden", &state_key::overridden(Height(5)));
    let order = RestartOrder {
        chain: Hash([1; 32]),
        epoch: Epoch(2),
        result: result(),
        certificate: certify(&genesis(), Phase::Checkpoint, 5, result().hash()),
        validators: genesis().validators,
        signatures: Vec::new(),
    };
    let order = order.sign(account().id, &user()).unwrap();
    vectors.hash("restart.statement", &order.statement());
    let entries = vec![Entry { key: state_key::epoch(), value: Some(codec::encode(&EpochState::default())) }];
    let witness = state::Witness(vec![state::Step::Node, state::Step::Empty, state::Step::Stub(Hash([4; 32]))]);
    let restart = Some(Restart { epoch: Epoch(2), signatures: order.signatures, entries, witness });
    let RestartOrder { result, certificate, validators, .. } = order;
    vectors.encoding("epoch-end.restart", &EpochEnd { result, certificate, validators, restart });
}

fn receipts(vectors: &mut Vectors) {
    for (name, outcome) in [
        ("succeeded", Outcome::Succeeded { output: vec![1] }),
        ("failed", Outcome::Failed { code: 3, error: vec![2] }),
        ("trapped", Outcome::Trapped { cause: 4 }),
        ("rejected", Outcome::Rejected(RejectCode::Duplicate)),
    ] {
        let receipt = Receipt {
            transaction: Hash([7; 32]),
            height: Height(5),
            index: 1,
            outcome,
            gas_used: Gas(900),
            events: vec![event()],
        };
        vectors.encoding(&format!("receipt.{name}"), &receipt);
        vectors.hash(&format!("receipt.{name}.hash"), &receipt.hash());
    }
    let call = ScheduledCall {
        at: TimestampMs(70),
        contract: contract(),
        method: "expire".into(),
        input: vec![1, 2],
        gas: Gas(50_000),
        account: "farm/erp".parse().unwrap(),
        roles: Roles::SUBMITTER,
        transaction: Hash([7; 32]),
        position: 3,
        height: Height(5),
    };
    vectors.encoding("scheduled-call", &call);
    vectors.hash("scheduled-call.id", &call.id());
    let record = EventRecord { height: Height(5), index: 2, transaction: Hash([7; 32]), event: event() };
    vectors.encoding("event-record", &record);
    vectors.hash("event-record.hash", &record.hash());
}

fn consensus(vectors: &mut Vectors) {
    vectors.encoding("genesis", &genesis());
    vectors.hash("genesis.chain", &genesis().chain());
    vectors.encoding("parameters", &genesis().parameters);
    vectors.encoding("validators", &genesis().validators);
    vectors.hash("validators.hash", &genesis().validators.hash());
    vectors.encoding("header", &header());
    vectors.hash("header.hash", &header().hash());
    vectors.encoding("block", &Block { header: header(), transactions: vec![Hash([8; 32]), Hash([9; 32])] });
    vectors.encoding("result", &result());
    vectors.hash("result.hash", &result().hash());
    for phase in [Phase::PrePrepare, Phase::Prepare, Phase::Commit, Phase::ViewChange, Phase::Checkpoint] {
        let statement = VoteStatement {
            chain: Hash([1; 32]),
            epoch: Epoch(2),
            validators: Hash([2; 32]),
            phase,
            number: 3,
            digest: Hash([3; 32]),
        };
        vectors.bytes(&format!("vote.{phase:?}.signing-bytes"), &statement.signing_bytes());
        let vote = Vote {
            phase,
            epoch: Epoch(2),
            number: 3,
            digest: Hash([3; 32]),
            signer: 1,
            signature: statement.sign(&user()),
        };
        vectors.encoding(&format!("vote.{phase:?}"), &vote);
    }
    vectors.encoding("certificate", &certify(&genesis(), Phase::Checkpoint, 5, result().hash()));
}

fn state_and_logs(vectors: &mut Vectors) {
    vectors.encoding("account", &account());
    vectors.encoding("organisation", &genesis().organisations[0]);
    let record = ContractRecord {
        name: "farm/provenance".into(),
        code: Hash([1; 32]),
        deployer: "farm/erp".parse().unwrap(),
        deployed_at: Height(4),
        revision: 2,
        frozen: Frozen { by_owner: true, by_network: false },
    };
    vectors.encoding("contract-record", &record);
    let record = CodeRecord {
        methods: vec!["capture".into(), "init".into()],
        code_bytes: 300_000,
        data_bytes: 15_000,
        elements: 68,
        memory_pages: 17,
        layout: Some(Layout { version: 3, fields: Hash([4; 32]) }),
    };
    vectors.encoding("code-record", &record);
    vectors.bytes("contract.address", &contract().0);
    for (name, key) in [
        ("parameters", state_key::parameters()),
        ("validators", state_key::validators()),
        ("epoch", state_key::epoch()),
        ("organisations", state_key::organisations()),
        ("admins", state_key::admins("farm")),
        ("rules", state_key::rules()),
        ("proposal", state_key::proposal(7)),
        ("proposal-next", state_key::proposal_next()),
        ("proposal-of", state_key::proposal_of(&Hash([1; 32]))),
        ("consent", state_key::consent("farm", &Hash([1; 32]))),
        ("organisation", state_key::organisation("farm")),
        ("account", state_key::account("farm/erp")),
        ("account-of-key", state_key::account_of_key(&user().public())),
        ("contract", state_key::contract(&contract())),
        ("code", state_key::code(&Hash([1; 32]))),
        ("code-record", state_key::code_record(&Hash([1; 32]))),
        ("consumed", state_key::consumed(TimestampMs(1), &Hash([2; 32]))),
        ("equivocation", state_key::equivocation(Epoch(3), 2)),
        ("scheduled", state_key::scheduled(TimestampMs(1), 2)),
        ("scheduled-next", state_key::scheduled_next()),
        ("storage", state_key::storage(&Address([3; 32]), b"key")),
        ("log", state_key::log(&Address([3; 32]), b"key")),
    ] {
        vectors.bytes(&format!("state-key.{name}"), &key);
        vectors.hash(&format!("state-key.{name}.path"), &state::path(&key));
    }
    let change = SetChange { set: genesis().validators, last: Height(17) };
    vectors.encoding("epoch-state", &EpochState { epoch: Epoch(3), origin: Height(9), change: Some(change) });
    let (height, time) = (Height(9), TimestampMs(3));
    let reporter = account().id;
    vectors.encoding("equivocation", &Equivocation { evidence: evidence(), reporter, height, time });
    vectors.hash("state.value-hash", &state::value_hash(b"value"));
    vectors.hash("state.leaf", &state::leaf_hash(&Hash([1; 32]), &Hash([2; 32])));
    vectors.hash("state.node", &state::node_hash(&Hash([1; 32]), &Hash([2; 32])));
    let record = LogRecord {
        height: Height(5),
        time: START,
        transaction: Hash([7; 32]),
        signer: user().public(),
        entry: b"entry".to_vec(),
    };
    vectors.bytes("log.record", &record.to_bytes());
    vectors.hash("log.item", &record.item(&contract(), b"all", 3));
    let items: Vec<Hash> = (0..7).map(|byte| Hash([byte; 32])).collect();
    for count in 0..=items.len() {
        vectors.hash(&format!("merkle.root.{count}"), &merkle::root(&items[..count]));
        vectors.hash(&format!("range.root.{count}"), &Range::over(&items[..count]).root());
    }
    vectors.encoding("range.7", &Range::over(&items));
    let tree = |tree: Perfect| merkle::root(&items[tree.first() as usize..=tree.last() as usize]);
    let path = RangeProof::of(7, 1, 5, |needed| Ok::<_, Infallible>(tree(needed))).unwrap().unwrap();
    vectors.encoding("range.7.proof.1-5", &path);
    vectors.encoding("result-proof", &ResultProof { range: Range::over(&items), path });
}

/// A log that is long enough for a tree of its range to be a row.
fn trees(vectors: &mut Vectors) {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    let appends = (0..64u8).map(|entry| (b"all".to_vec(), vec![entry])).collect();
    chain.commit_certified(&Work { appends, ..Work::default() });
    let rows = store.scan(Space::Trees, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    let [(key, value)] = rows.as_slice() else { panic!("one tree: {rows:?}") };
    vectors.bytes("disk.trees.log-key", key);
    vectors.bytes("disk.trees.log-value", value);
    let page = chain.reader().log_page(&contract(), b"all", Height(1), 3..5, 2).unwrap();
    vectors.encoding("log-page.path", &page.path);
}

/// A chain of six blocks: every row on disk, and a proof.
fn disk(vectors: &mut Vectors) {
    let store = MemoryStore::new();
    let mut chain = Chain::create(store.clone());
    vectors.hash("chain.0.state-root", &chain.tip().state_root());
    for height in 1..=6 {
        let result = chain.commit_certified(&work(height));
        vectors.hash(&format!("chain.{height}.result"), &result.hash());
    }
    for space in Space::ALL {
        let rows = store.scan(space, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
        vectors.bytes(&format!("disk.{space}.rows-digest"), &sha256(&codec::encode(&rows)));
        let Some((key, value)) = rows.last() else { continue };
        vectors.bytes(&format!("disk.{space}.last-key"), key);
        vectors.bytes(&format!("disk.{space}.last-value"), value);
    }
    let reads = Reads {
        entries: [state_key::storage(&contract(), &0u64.to_be_bytes()), b"absent".to_vec()].into(),
        logs: [(contract(), b"all".to_vec())].into(),
    };
    let question = TraceQuestion {
        contract: contract(),
        query: "history".into(),
        item: "https://id.gs1.org/01/09521321000018/21/s1".into(),
        as_of: None,
        page: None,
        arguments: Default::default(),
    };
    let prove = |blocks| prove_trace(&chain.reader(), blocks, question.clone(), &reads).unwrap();
    let Subject::Trace { witness, .. } = prove(Blocks::at(Height(6))).subject else { unreachable!() };
    vectors.encoding("proof.witness", &witness);
    let proof = prove(Blocks { shown: Height(5), certified: Height(6) });
    assert!(proof.verify(&Trusted::from(&genesis())).is_ok());
    vectors.bytes("proof.json.sha256", &sha256(serde_json::to_string(&proof).unwrap().as_bytes()));
    let after = Some(HistoryPlace { time_ms: -1, sequence: 7 });
    let part = HistoryPart { after, limit: NonZeroU32::new(100).unwrap() };
    vectors.bytes("proof.page.json", serde_json::to_string(&part).unwrap().as_bytes());
}

/// A snapshot with a log that goes over two pieces, and the rows that restoring it adds.
fn snapshots(vectors: &mut Vectors) {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=9 {
        chain.commit_certified(&work(height));
    }
    let appends = (0..9u8).map(|entry| (b"long".to_vec(), vec![entry; 64 << 10])).collect();
    chain.commit_certified(&Work { appends, ..Work::default() });
    let mut pieces: BTreeMap<Piece, Vec<u8>> = BTreeMap::new();
    let made = snapshot::make(&chain.reader(), &chain.genesis, Height(10), &mut pieces, |_| {}).unwrap();
    vectors.hash("snapshot.id", &made.id());
    vectors.encoding("snapshot.layout", &made.manifest().layout);
    vectors.encoding("snapshot.manifest", made.manifest());
    for (piece, bytes) in &pieces {
        vectors.encoding(&format!("snapshot.{piece}.name"), piece);
        vectors.bytes(&format!("snapshot.{piece}.sha256"), &sha256(bytes));
    }
    vectors.encoding("snapshot.small", &snapshot::StatePiece { entries: vec![(b"key".to_vec(), b"value".to_vec())] });
    let proof = RangeProof(vec![Hash([1; 32])]);
    let run = snapshot::Run { log: 2, index: 7, records: vec![b"record".to_vec()], proof };
    vectors.encoding("snapshot.runs", &snapshot::LogsPiece { runs: vec![run] });
    let store = MemoryStore::new();
    snapshot::restore(store.clone(), &pieces, &chain.genesis, |_| {}).unwrap();
    let rows = store.scan(Space::Meta, &KeyRange::all(), Direction::Forward, usize::MAX).unwrap();
    let base = rows.iter().find(|(key, _)| key == b"base").unwrap();
    vectors.bytes("disk.meta.base", &base.1);
}

#[test]
fn everything_hashed_or_stored_has_the_bytes_it_always_had() {
    let mut vectors = Vectors(String::new());
    transactions(&mut vectors);
    life_cycle(&mut vectors);
    governance(&mut vectors);
    emergency_exits(&mut vectors);
    receipts(&mut vectors);
    consensus(&mut vectors);
    state_and_logs(&mut vectors);
    disk(&mut vectors);
    trees(&mut vectors);
    snapshots(&mut vectors);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/vectors.txt");
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(path, &vectors.0).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    for (found, expected) in vectors.0.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(vectors.0.lines().count(), expected.lines().count());
}

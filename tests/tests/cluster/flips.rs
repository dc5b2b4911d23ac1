//! Bits that flip on the disk of a stopped node: each is detected or harmless, and what it changed is never served.
//!
//! A directory that real validators filled is copied, one bit of one file is flipped, and the copy is opened as a node opens it:
//! ledger, vote journal, compiled contracts. Then everything that JSON-RPC serves is read, and must be what the undamaged
//! directory answers, or an error; and the whole database is checked. `FLIPS=200 SEED=7 cargo test --release --test cluster flips`
//! flips more; each kind of file has the same share of them, so that small files are met too.

use super::{progress, setting};
use countersign_consensus::vote_journal;
use countersign_ledger::verify::verify;
use countersign_ledger::{Direction, EventFilter, Ledger, LedgerError, Reader, RocksStore};
use countersign_replica::query::View;
use countersign_replica::{Guard, Replica, ReplicaConfig};
use countersign_tests::cluster::load::Load;
use countersign_tests::cluster::{COUNTER, Cluster, contract_module, program};
use countersign_tests::directory;
use countersign_types::{Genesis, Hash, Height, SecretKey, hash::sha256};
use countersign_vm::{DiskConfig, Vm, VmConfig};
use countersignd::keystore::{self, Purpose};
use countersignd::node::{JOURNAL_FILE, LEDGER_DIRECTORY, read_genesis};
use countersignd::{compiler, journal_file};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Flips in CI; each costs a copy and a check of the whole directory, about a quarter of a second.
const FLIPS: u32 = 24;
const NODE: u16 = 1;
const PROVENANCE: &str = "org0/provenance";

#[tokio::test(flavor = "multi_thread")]
async fn no_flipped_bit_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = filled(directory.path()).await;
    let subject = Owner::of(&cluster);
    let data = cluster.home(NODE).join("data");
    let copy = directory.path().join("copy");
    directory::copy(&data, &copy).unwrap();
    let pristine = subject.examine(&copy);
    assert!(pristine.refused.is_none() && pristine.faults == Some(0), "{:?} {:?}", pristine.refused, pristine.faults);
    assert!(pristine.answers.len() > 300 && pristine.answers.values().all(Result::is_ok), "{}", pristine.answers.len());

    let kinds = kinds(&data);
    println!("files: {:?}", kinds.iter().map(|(kind, files)| (*kind, files.len())).collect::<Vec<_>>());
    let mut random = Random(u64::from(setting("SEED", 1)));
    let mut table: BTreeMap<&str, [u32; 5]> = BTreeMap::new();
    for flip in 0..setting("FLIPS", FLIPS) {
        let (kind, files) = kinds.iter().nth(flip as usize % kinds.len()).unwrap();
        let (file, byte) = place(files, &mut random);
        let bit = random.below(8);
        std::fs::remove_dir_all(&copy).unwrap();
        directory::copy(&data, &copy).unwrap();
        let mut bytes = std::fs::read(copy.join(&file)).unwrap();
        bytes[byte] ^= 1 << bit;
        std::fs::write(copy.join(&file), bytes).unwrap();
        let at = format!("flip {flip}: bit {bit} of byte {byte} of {}", file.display());
        let found = subject.examine(&copy);
        let outcome = judge(&pristine, &found, &at);
        // An end of the log that looks like a write cut off by a power failure cannot be told from one.
        assert!(!matches!(outcome, Outcome::Behind) || *kind == "wal", "{at}: blocks are lost");
        table.entry(kind).or_default()[outcome as usize] += 1;
    }
    println!("{:<10} {:>8} {:>8} {:>8} {:>8} {:>8}", "kind", "refused", "noticed", "mended", "behind", "harmless");
    for (kind, [refused, noticed, mended, behind, harmless]) in table {
        println!("{kind:<10} {refused:>8} {noticed:>8} {mended:>8} {behind:>8} {harmless:>8}");
    }
}

/// What became of a flip.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    /// The node does not start.
    Refused,
    /// Reads fail, the check of the database finds it, or the journal is known to have forgotten.
    Noticed,
    /// It was corrected from a second copy, or thrown away and made anew.
    Mended,
    /// The newest blocks are gone as after a power failure; all others are as they were, and peers have them.
    Behind,
    /// Nothing differs.
    Harmless,
}

fn judge(pristine: &Examined, found: &Examined, at: &str) -> Outcome {
    if let Some(cause) = &found.refused {
        println!("{at}: refused: {cause}");
        return Outcome::Refused;
    }
    if found.tip < pristine.tip {
        assert_eq!(found.faults, Some(0), "{at}");
        for (what, answer) in found.answers.iter().filter(|(what, _)| is_of_a_height(what)) {
            assert_eq!(answer.as_ref().ok(), pristine.answers[what].as_ref().ok(), "{at}: {what}");
        }
        return Outcome::Behind;
    }
    let mut failed = 0;
    for (what, answer) in &found.answers {
        match answer {
            Ok(answer) => assert_eq!(Some(Ok(answer)), pristine.answers.get(what).map(Result::as_ref), "{at}: {what}"),
            Err(_) => failed += 1,
        }
    }
    let are_missing = pristine.answers.keys().any(|what| !found.answers.contains_key(what));
    let faults = found.faults.unwrap_or_default();
    assert!(failed == 0 || faults > 0, "{at}: reads fail and the check finds nothing");
    assert!(!are_missing || failed > 0 || faults > 0, "{at}: answers are missing without a fault");
    match &found.journal {
        Journal::Whole(payloads) => assert_eq!(Some(payloads), pristine.journal.whole(), "{at}: votes are forgotten"),
        Journal::Damaged => {
            println!("{at}: the journal says that it has forgotten");
            return Outcome::Noticed;
        }
    }
    if failed > 0 || faults > 0 {
        println!("{at}: {failed} reads fail, {faults} faults");
        return Outcome::Noticed;
    }
    let was_mended = found.journal_repaired || found.code_refused > 0;
    if was_mended { Outcome::Mended } else { Outcome::Harmless }
}

/// Whether an answer is of one height and its block, whatever came later.
fn is_of_a_height(what: &str) -> bool {
    let kinds = ["header ", "result ", "block ", "transactions ", "receipts ", "transaction ", "receipt "];
    kinds.iter().any(|kind| what.starts_with(kind))
}

/// Whose directory it is.
struct Owner {
    genesis: Genesis,
    validator: [u8; 32],
    network: [u8; 32],
}

/// What a directory answers.
#[derive(Default)]
struct Examined {
    refused: Option<String>,
    tip: Height,
    answers: BTreeMap<String, Result<[u8; 32], String>>,
    faults: Option<u64>,
    journal: Journal,
    journal_repaired: bool,
    code_refused: u64,
}

/// What a vote journal holds.
#[derive(Default)]
enum Journal {
    #[default]
    Damaged,
    Whole(Vec<Vec<u8>>),
}

impl Journal {
    fn whole(&self) -> Option<&Vec<Vec<u8>>> {
        match self {
            Self::Whole(payloads) => Some(payloads),
            Self::Damaged => None,
        }
    }
}

impl Owner {
    fn of(cluster: &Cluster) -> Self {
        let home = cluster.home(NODE);
        let seed = |name: &str, purpose| **keystore::load(&home.join(name), purpose).unwrap().expose();
        Self {
            genesis: read_genesis(&cluster.genesis()).unwrap(),
            validator: seed("validator.key", Purpose::Validator),
            network: seed("network.key", Purpose::Network),
        }
    }

    /// Opens a directory as a node does, and reads and checks everything.
    fn examine(&self, data: &Path) -> Examined {
        let mut found = Examined::default();
        let ledger = RocksStore::open(&data.join(LEDGER_DIRECTORY)).map_err(LedgerError::from);
        let ledger = match ledger.and_then(|store| Ledger::open(store, &self.genesis)) {
            Ok(ledger) => ledger,
            Err(cause) => {
                found.refused = Some(cause.to_string());
                return found;
            }
        };
        let bytes = std::fs::read(data.join(JOURNAL_FILE)).unwrap();
        let replayed = vote_journal::replay(&bytes, journal_file::salt(&self.validator));
        let mut payloads = Vec::new();
        if let Ok(replayed) = replayed {
            found.journal_repaired = replayed.repaired.is_some();
            payloads.clone_from(&replayed.payloads);
            found.journal = Journal::Whole(replayed.payloads);
        }
        let disk = Some(DiskConfig::new(data.join(compiler::DIRECTORY), compiler::secret(&self.network)));
        let vm = Arc::new(Vm::new(VmConfig { disk, clock: compiler::clock, ..VmConfig::default() }).unwrap());
        let config = ReplicaConfig {
            genesis: self.genesis.clone(),
            key: Some(SecretKey::from_seed(&self.validator)),
            journal: payloads,
            guard: Guard::default(),
        };
        let replica = match Replica::open(config, ledger, Arc::clone(&vm)) {
            Ok(replica) => replica,
            Err(cause) => {
                found.refused = Some(cause.to_string());
                return found;
            }
        };
        let reader = replica.reader();
        found.tip = reader.tip().height;
        found.answers = answers(&reader, &vm, self.genesis.chain());
        found.code_refused = vm.counters().refused;
        found.faults = Some(verify(&reader, &self.genesis, |_| ()).faults_count);
        found
    }
}

/// Everything that JSON-RPC serves of a ledger, as digests by what was asked.
fn answers(reader: &Reader<RocksStore>, vm: &Vm, chain: Hash) -> BTreeMap<String, Result<[u8; 32], String>> {
    let mut answers = BTreeMap::new();
    let mut note = |what: String, answer: Result<String, LedgerError>| {
        answers.insert(what, answer.map(|answer| sha256(answer.as_bytes())).map_err(|cause| cause.to_string()));
    };
    fn said<T: std::fmt::Debug>(read: Result<T, LedgerError>) -> Result<String, LedgerError> {
        read.map(|read| format!("{read:?}"))
    }
    note("tip".into(), Ok(format!("{:?} {}", reader.tip(), reader.certified())));
    note("epochs".into(), said(reader.epochs()));
    let tip = reader.tip().height;
    for height in (1..=tip.0).map(Height) {
        note(format!("header {height}"), said(reader.header(height)));
        note(format!("finality {height}"), said(reader.finality(height)));
        note(format!("result {height}"), said(reader.result(height)));
        note(format!("certificate {height}"), said(reader.result_certificate(height)));
        note(format!("block {height}"), said(reader.signed_block(height)));
        note(format!("transactions {height}"), said(reader.transactions(height)));
        note(format!("receipts {height}"), said(reader.receipts(height)));
        note(format!("overrides {height}"), said(reader.overrides(height)));
        if let Ok(Some(header)) = reader.header(height) {
            note(format!("height of {height}"), said(reader.height_of_block(&header.hash())));
        }
        for id in reader.transactions(height).unwrap_or_default().into_iter().map(|stored| stored.id) {
            note(format!("transaction {id}"), said(reader.transaction(&id)));
            note(format!("receipt {id}"), said(reader.receipt(&id)));
        }
    }
    for direction in [Direction::Forward, Direction::Backward] {
        let mut start = None;
        loop {
            let page = reader.events(&EventFilter::all(), start, 100, direction);
            let next = page.as_ref().ok().and_then(|page| page.next);
            note(format!("events {direction:?} from {start:?}"), said(page));
            match next {
                Some(next) => start = Some(next),
                None => break,
            }
        }
    }
    let mut keys = Vec::new();
    for prefix in [0u8, 1] {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let rows = reader.scan(&[prefix], after.as_deref(), 500);
            let last = rows.as_ref().ok().and_then(|rows| rows.last()).map(|(key, _)| key.clone());
            keys.extend(rows.as_ref().map(|rows| rows.iter().map(|(key, _)| key.clone()).collect()).unwrap_or(vec![]));
            note(format!("state {prefix} after {after:?}"), said(rows));
            match last {
                Some(last) => after = Some(last),
                None => break,
            }
        }
    }
    let certified = reader.certified();
    for key in &keys {
        note(format!("value of {key:?} at {certified}"), said(reader.read_at(key, certified)));
        if let (Some(contract), Some(log), Some(1)) = (key.get(1..33), key.get(34..), key.get(33)) {
            let contract = countersign_types::Address(contract.try_into().unwrap());
            note(format!("log {key:?}"), said(reader.log_at(&contract, log, certified)));
        }
    }
    // What a proof is made of.
    note("anchor".into(), said(reader.anchor(certified)));
    for key in &keys {
        note(format!("witness of {key:?}"), said(reader.witness(certified, &[key])));
    }
    if let Ok(Some(header)) = reader.header(certified) {
        // The arguments of the second one do not fit: its code is run, and says so.
        for (name, method) in [(COUNTER, "total"), (PROVENANCE, "history")] {
            let contract = countersign_types::Address::of(name);
            let view = View { contract, method: method.into(), input: Vec::new(), gas_limit: 1_000_000_000 };
            let outcome = view.run(vm, chain, reader, &header).map(|outcome| sha256(format!("{outcome:?}").as_bytes()));
            answers.insert(format!("view of {name}"), outcome.map_err(|cause| cause.to_string()));
        }
    }
    answers
}

/// Four validators that deployed contracts, counted, captured documents and were started again, all stopped.
async fn filled(directory: &Path) -> Cluster {
    let mut cluster = Cluster::start(directory, 4, &["--heartbeat-ms", "1000"]).await.unwrap();
    cluster.deploy_counter().await.unwrap();
    let signer = cluster.signer("org0/admin", 0).await.unwrap();
    let code = contract_module("provenance").unwrap();
    let deployed =
        countersign_client::contract::deploy(&signer, PROVENANCE, code, &serde_json::Value::Null, None).await;
    assert!(deployed.unwrap().1.receipt.succeeded());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let mut load = Load::start(&cluster, 0..4).await.unwrap();
    for (index, document) in (0..).zip(["1-farm", "2-packer", "3-distribution", "4-shops"]) {
        progress(&cluster, &load, 10).await;
        let output = Command::new(program("countersign").unwrap())
            .args(["--rpc", &cluster.url(index), "--key"])
            .arg(cluster.key(&format!("org{index}/erp")))
            .args(["epcis", "capture"])
            .arg(demo.join(format!("{document}.json")))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // A start moves what is in the write-ahead log into files.
        load.stop().await;
        cluster.stop(NODE).unwrap();
        cluster.spawn(NODE).unwrap();
        cluster.ready(NODE).await.unwrap();
        load = Load::start(&cluster, 0..4).await.unwrap();
    }
    progress(&cluster, &load, 20).await;
    load.stop().await;
    for node in 0..4 {
        cluster.stop(node).unwrap();
    }
    cluster
}

/// The files of a directory that are not empty, by kind; paths are relative to it.
fn kinds(data: &Path) -> BTreeMap<&'static str, Vec<(PathBuf, usize)>> {
    let mut kinds: BTreeMap<&'static str, Vec<(PathBuf, usize)>> = BTreeMap::new();
    let mut directories = vec![data.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                directories.push(entry.path());
                continue;
            }
            let path = entry.path().strip_prefix(data).unwrap().to_owned();
            let length = usize::try_from(entry.metadata().unwrap().len()).unwrap();
            if length > 0 && entry.file_type().unwrap().is_file() {
                kinds.entry(kind(&path)).or_default().push((path, length));
            }
        }
    }
    for files in kinds.values_mut() {
        files.sort();
    }
    kinds
}

fn kind(path: &Path) -> &'static str {
    let name = path.file_name().unwrap().to_str().unwrap();
    match (path.parent().unwrap().to_str().unwrap(), path.extension().and_then(|extension| extension.to_str())) {
        ("ledger", Some("sst")) => "table",
        ("ledger", Some("log")) => "wal",
        ("ledger", _) if name.starts_with("MANIFEST") => "manifest",
        ("ledger", _) if name.starts_with("OPTIONS") => "options",
        ("ledger", _) if name.starts_with("LOG") => "log",
        ("ledger", _) if name == "CURRENT" => "current",
        ("ledger", _) => "identity",
        ("", _) if name == JOURNAL_FILE => "journal",
        ("", _) => "other",
        _ => "compiled",
    }
}

/// A byte of one of the files, each as likely as any other.
fn place(files: &[(PathBuf, usize)], random: &mut Random) -> (PathBuf, usize) {
    let mut byte = random.below(files.iter().map(|(_, length)| *length).sum());
    for (file, length) in files {
        if byte < *length {
            return (file.clone(), byte);
        }
        byte -= length;
    }
    unreachable!("the byte is below the sum of all lengths")
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

//! Snapshots: what is restored is the ledger it was made from, and nothing else is taken for it.

use crate::chain::{Chain, Work, contract, genesis, work};
use countersign_ledger::limits::{SNAPSHOT_LOGS_BYTES, SNAPSHOT_PIECE_BYTES_MAX, SNAPSHOT_STATE_BYTES};
use countersign_ledger::snapshot::{
    self, BadManifest, BadPiece, Folder, LogsPiece, Manifest, Piece, Served, Shelf, Snapshot, SnapshotError, StatePiece,
};
use countersign_ledger::store::memory::Fault;
use countersign_ledger::verify::verify;
use countersign_ledger::{Fate, Ledger, LedgerError, MemoryStore, Store};
use countersign_types::range::RangeProof;
use countersign_types::state::Step;
use countersign_types::{EpochState, Hash, Height, Signature, ValidatorSet, codec, state_key};
use std::collections::BTreeMap;

type Pieces = BTreeMap<Piece, Vec<u8>>;

fn storage(name: &[u8]) -> Vec<u8> {
    state_key::storage(&contract(), name)
}

/// Some megabytes: values, one of them large, a long log, one with large records, and many short ones.
fn heavy(height: u64) -> Work {
    let mut work = work(height);
    for number in 0..60u64 {
        work.writes.insert(storage(&[&height.to_be_bytes()[..], &number.to_be_bytes()].concat()), Some(vec![3; 2_000]));
    }
    if height == 3 {
        work.writes.insert(storage(b"code"), Some(vec![1; 1 << 20]));
    }
    for number in 0..40u64 {
        work.appends.push((b"long".to_vec(), vec![4; 100]));
        work.appends.push((b"large".to_vec(), vec![5; 2_000]));
        work.appends.push(([&height.to_be_bytes()[..], &number.to_be_bytes()].concat(), vec![6; 10]));
    }
    work
}

fn chain_of(heights: u64, does: impl Fn(u64) -> Work) -> Chain<MemoryStore> {
    let mut chain = Chain::create(MemoryStore::new());
    for height in 1..=heights {
        chain.commit_certified(&does(height));
    }
    chain
}

fn made<S: Store>(chain: &Chain<S>, height: u64) -> (Snapshot, Pieces) {
    let mut pieces = Pieces::new();
    let snapshot = snapshot::make(&chain.reader(), &chain.genesis, Height(height), &mut pieces, |_| {}).unwrap();
    (snapshot, pieces)
}

fn restored(pieces: &Pieces) -> Chain<MemoryStore> {
    let genesis = genesis();
    Chain { ledger: snapshot::restore(MemoryStore::new(), pieces, &genesis, |_| {}).unwrap(), genesis }
}

#[test]
fn a_restored_ledger_is_the_one_it_was_made_from_and_goes_on() {
    let mut origin = chain_of(30, heavy);
    let (snapshot, pieces) = made(&origin, 30);
    assert!(snapshot.cuts() > 4, "several subtrees");
    assert!((0..snapshot.cuts()).any(|cut| snapshot.starts(cut).len() > 2), "logs in several pieces");
    for (name, bytes) in &pieces {
        assert!(bytes.len() <= SNAPSHOT_PIECE_BYTES_MAX, "{name}");
        let alone = matches!(name, Piece::State { .. }) && entries(bytes) == 1;
        let most = SNAPSHOT_STATE_BYTES.max(SNAPSHOT_LOGS_BYTES) + 16_384;
        assert!(bytes.len() <= most || alone, "{name} has {} bytes", bytes.len());
    }
    let mut copy = restored(&pieces);
    assert_eq!(copy.tip(), origin.tip());
    assert_eq!((copy.reader().certified(), copy.reader().base()), (Height(30), Height(30)));
    let report = verify(&copy.reader(), &copy.genesis, |_| {});
    assert_eq!(report.faults, [], "{report:?}");
    same_state(&origin, &copy);
    // Both go on alike; what is certified, rewound and proven later needs nothing that is missing.
    for height in 31..=40 {
        let block = origin.block(&heavy(height));
        assert_eq!(origin.ledger.commit(block.clone()).unwrap(), copy.ledger.commit(block).unwrap());
    }
    for to in [34, 30] {
        copy.ledger.rewind(Height(to), Fate::Dropped).unwrap();
    }
    for height in 31..=40 {
        copy.commit(&heavy(height));
    }
    assert_eq!(copy.tip(), origin.tip());
    for height in 31..=40 {
        let result = copy.reader().result(Height(height)).unwrap().unwrap();
        copy.certify(&result);
        origin.certify(&result);
    }
    let report = verify(&copy.reader(), &copy.genesis, |_| {});
    assert_eq!(report.faults, [], "{report:?}");
    same_state(&origin, &copy);
    for (earlier, later) in [(23, 24), (24, 40), (30, 31), (31, 40), (39, 40)] {
        copy.reader().result_proof(Height(earlier), Height(later)).unwrap();
    }
    assert_eq!(made(&copy, 40).1, made(&origin, 40).1, "a copy makes the same snapshot");
}

fn entries(bytes: &[u8]) -> usize {
    codec::decode::<StatePiece>(bytes, bytes.len()).unwrap().entries.len()
}

fn same_state<A: Store, B: Store>(one: &Chain<A>, other: &Chain<B>) {
    let (one, other) = (one.reader(), other.reader());
    let height = one.tip().height;
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = one.scan(&[], after.as_deref(), 500).unwrap();
        assert_eq!(rows, other.scan(&[], after.as_deref(), 500).unwrap());
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
    }
    let few: [&[u8]; 4] = [b"all", &[0], &[1], &[2]];
    let short = [&7u64.to_be_bytes()[..], &3u64.to_be_bytes()].concat();
    for log in few.into_iter().chain([b"long".as_slice(), b"large", &short]) {
        let records = one.log_at(&contract(), log, height).unwrap();
        assert_eq!(records, other.log_at(&contract(), log, height).unwrap());
    }
}

#[test]
fn whoever_makes_a_snapshot_makes_the_same_pieces() {
    let chain = chain_of(12, heavy);
    // Another node has another quorum's signatures, and went further since.
    let mut other = Chain::create(MemoryStore::new());
    for height in 1..=20 {
        let result = other.commit(&heavy(height));
        other.certify_by(&result, [0, 2, 3]);
    }
    let ((one, pieces), (two, others)) = (made(&chain, 12), made(&other, 12));
    assert_ne!(one.manifest(), two.manifest());
    assert_eq!(one.id(), two.id());
    let is_piece = |piece: &Piece| !matches!(piece, Piece::Manifest { .. });
    let of = |pieces: Pieces| pieces.into_iter().filter(|(piece, _)| is_piece(piece)).collect::<Pieces>();
    assert_eq!(of(pieces), of(others));
}

#[test]
fn what_stood_before_the_snapshot_is_said_to_be_missing() {
    let chain = chain_of(40, work);
    let copy = restored(&made(&chain, 40).1);
    let reader = copy.reader();
    let missing = |height| move |cause: &LedgerError| matches!(cause, LedgerError::BeforeSnapshot { height: found, base: Height(40), .. } if *found == Height(height));
    for height in [1, 20, 32] {
        assert!(reader.header(Height(height)).is_err_and(|cause| missing(height)(&cause)));
    }
    let pruned = |cause: &LedgerError| matches!(cause, LedgerError::Pruned { oldest: Height(41), .. });
    for height in [1, 33, 40] {
        assert!(reader.transactions(Height(height)).is_err_and(|cause| pruned(&cause)));
        assert!(reader.receipts(Height(height)).is_err_and(|cause| pruned(&cause)));
        assert!(reader.block(Height(height)).is_err_and(|cause| pruned(&cause)));
    }
    for height in 33..=40 {
        assert_eq!(reader.header(Height(height)).unwrap(), chain.reader().header(Height(height)).unwrap());
        assert!(reader.anchor(Height(height)).unwrap().is_some());
    }
    assert!(matches!(reader.read_at(b"x", Height(39)), Err(LedgerError::Pruned { oldest: Height(40), .. })));
    assert!(reader.result_proof(Height(3), Height(40)).is_err_and(|cause| missing(3)(&cause)));
}

#[test]
fn snapshots_follow_changes_of_the_validators() {
    let mut chain = Chain::create(MemoryStore::new());
    let sets = [vec![1, 2, 3, 5], vec![2, 3, 5, 6], vec![5, 6, 7, 8]];
    for (number, seeds) in (1..).zip(&sets) {
        for turn in 0..9 {
            chain.commit_certified(&work(number * 10 + turn));
        }
        let set = ValidatorSet::new(seeds.iter().map(|seed| crate::chain::validator(*seed)).collect()).unwrap();
        let last = chain.tip().height.next();
        let state = EpochState { epoch: countersign_types::Epoch(number), origin: last, change: None };
        let mut hand_over = work(number * 10 + 9);
        hand_over.writes.insert(state_key::validators(), Some(codec::encode(&set)));
        hand_over.writes.insert(state_key::epoch(), Some(codec::encode(&state)));
        chain.commit_certified(&hand_over);
        // At the last height of an epoch, and inside the next one.
        for more in 0..2 {
            if more > 0 {
                chain.commit_certified(&work(number * 100));
            }
            let (snapshot, pieces) = made(&chain, chain.tip().height.0);
            assert_eq!(snapshot.validators(), Some(&set));
            let copy = restored(&pieces);
            assert_eq!(copy.reader().epochs().unwrap(), chain.reader().epochs().unwrap());
            let report = verify(&copy.reader(), &copy.genesis, |_| {});
            assert_eq!(report.faults, [], "{report:?}");
        }
    }
    let (snapshot, _) = made(&chain, chain.tip().height.0);
    let refused = |change: &dyn Fn(&mut Manifest)| {
        let mut manifest = snapshot.manifest().clone();
        change(&mut manifest);
        manifest.verify(&chain.genesis).unwrap_err()
    };
    assert!(matches!(refused(&|m| drop(m.epochs.remove(0))), BadManifest::Epoch { .. }));
    assert!(matches!(refused(&|m| drop(m.epochs.pop())), BadManifest::Parts { .. }));
    assert!(matches!(refused(&|m| m.epochs.swap(0, 1)), BadManifest::Epoch { .. }));
    assert!(matches!(refused(&|m| m.epochs[1] = m.epochs[0].clone()), BadManifest::Epoch { .. }));
    assert!(matches!(refused(&|m| m.epochs[1].header.height = Height(3)), BadManifest::Parts { .. }));
    assert!(matches!(refused(&|m| m.epochs[1].end.certificate.signatures.truncate(2)), BadManifest::Epoch { .. }));
    assert!(matches!(refused(&|m| m.epochs[1].finality = m.epochs[0].finality.clone()), BadManifest::Parts { .. }));
}

#[test]
fn lies_of_a_manifest_are_refused() {
    let chain = chain_of(20, work);
    let (snapshot, _) = made(&chain, 20);
    let (other, _) = made(&chain, 19);
    let honest = snapshot.manifest();
    assert_eq!(honest.blocks.len(), 8);
    assert!(honest.clone().verify(&chain.genesis).is_ok());
    let mut foreign = genesis();
    foreign.network = "other".into();
    assert!(matches!(honest.clone().verify(&foreign), Err(BadManifest::Chain { .. })));
    type Lie = (&'static str, fn(&mut Manifest, &Manifest));
    let lies: [Lie; 21] = [
        ("another format", |m, _| m.format = 2),
        ("another height", |m, _| m.layout.height = Height(21)),
        ("genesis", |m, _| m.layout.height = Height(0)),
        ("another result", |m, _| m.layout.result = Hash([1; 32])),
        ("another tree", |m, _| m.layout.tree = vec![Step::Stub(Hash([1; 32]))]),
        ("no tree", |m, _| m.layout.tree.clear()),
        ("more than a tree", |m, _| m.layout.tree.push(Step::Empty)),
        ("an endless tree", |m, _| m.layout.tree = vec![Step::Node; 300]),
        ("no list of logs", |m, _| m.layout.logs.clear()),
        ("one list more", |m, _| m.layout.logs.push(Vec::new())),
        ("one block less", |m, _| drop(m.blocks.remove(0))),
        ("the last block left out", |m, _| drop(m.blocks.pop())),
        ("blocks exchanged", |m, _| m.blocks.swap(2, 3)),
        ("blocks of another height", |m, other| m.blocks = other.blocks.clone()),
        ("another range", |m, other| m.range = other.range.clone()),
        ("a result of another state", |m, _| m.blocks[7].result.state_root = Hash([2; 32])),
        ("an earlier result", |m, _| m.blocks[1].result.receipts_root = Hash([2; 32])),
        ("an earlier header", |m, _| m.blocks[1].header.time = m.blocks[1].header.time.plus(1)),
        ("a signature less", |m, _| m.blocks[7].certificate.signatures.truncate(2)),
        ("a false signature", |m, _| m.blocks[7].certificate.signatures[1].1 = Signature([7; 64])),
        ("not final", |m, _| m.blocks[3].finality.signatures[1].1 = Signature([7; 64])),
    ];
    for (what, lie) in lies {
        let mut manifest = honest.clone();
        lie(&mut manifest, other.manifest());
        assert!(manifest.verify(&chain.genesis).is_err(), "{what}");
    }
    // Of its bytes, each matters.
    let bytes = codec::encode(honest);
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << (at % 8);
        let found = Manifest::from_bytes(&changed).and_then(|manifest| manifest.verify(&chain.genesis));
        assert!(found.is_err(), "byte {at}");
    }
    assert!(Manifest::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn a_piece_that_a_disk_changed_or_lost_is_not_handed_on() {
    let chain = chain_of(12, heavy);
    let (_, pieces) = made(&chain, 12);
    let served = |pieces: &Pieces| Served::open(pieces.clone(), &chain.genesis).unwrap();
    let mut sound = served(&pieces);
    for (piece, bytes) in &pieces {
        assert_eq!(sound.piece(*piece).unwrap().as_ref(), Some(bytes), "{piece}");
        // The manifest is read when it is opened; afterwards it may be damaged too.
        let mut found =
            Served::of(Flawed { pieces: &pieces, flaw: (*piece, bytes.len() / 2) }, sound.snapshot().clone()).unwrap();
        let refused = found.piece(*piece);
        assert!(matches!(&refused, Err(SnapshotError::Piece { piece: at, .. }) if at == piece), "{piece}: {refused:?}");
        let mut lost = pieces.clone();
        lost.remove(piece);
        let mut found = Served::of(lost, sound.snapshot().clone()).unwrap();
        assert!(matches!(found.piece(*piece), Err(SnapshotError::Missing { piece: at }) if at == *piece), "{piece}");
    }
    for nothing in [Piece::Manifest { part: 9 }, Piece::State { cut: 999 }, Piece::Logs { cut: 0, part: 99 }] {
        assert_eq!(sound.piece(nothing).unwrap(), None);
    }
}

/// A shelf with a bit flipped in one piece.
struct Flawed<'a> {
    pieces: &'a Pieces,
    flaw: (Piece, usize),
}

impl Shelf for Flawed<'_> {
    fn put(&mut self, _: Piece, _: &[u8]) -> Result<(), SnapshotError> {
        unreachable!("it is only read")
    }

    fn get(&self, piece: Piece) -> Result<Option<Vec<u8>>, SnapshotError> {
        let mut bytes = self.pieces.get(&piece).cloned();
        if piece == self.flaw.0
            && let Some(byte) = bytes.as_mut().and_then(|bytes| bytes.get_mut(self.flaw.1))
        {
            *byte ^= 1;
        }
        Ok(bytes)
    }
}

#[test]
fn pieces_that_are_not_the_ones_are_refused_each_by_itself() {
    let chain = chain_of(12, heavy);
    let (snapshot, pieces) = made(&chain, 12);
    let mut refused = 0;
    for (name, bytes) in &pieces {
        let logs = match *name {
            Piece::Manifest { .. } => continue,
            Piece::State { cut } | Piece::Logs { cut, .. } => {
                snapshot.check_state(cut, &pieces[&Piece::State { cut }]).unwrap().1
            }
        };
        let judge = |bytes: &[u8]| match *name {
            Piece::Logs { cut, part } => snapshot.check_logs(cut, part, &logs, bytes).map(|_| ()),
            Piece::State { cut } => snapshot.check_state(cut, bytes).map(|_| ()),
            Piece::Manifest { .. } => Ok(()),
        };
        judge(bytes).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 9 + 1) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            assert!(judge(&changed).is_err(), "{name}, byte {at}");
            refused += 1;
        }
        assert!(judge(&[]).is_err() && judge(&bytes[..bytes.len() - 1]).is_err());
        for other in pieces.keys().filter(|other| *other != name) {
            assert!(judge(&pieces[other]).is_err(), "{other} in the place of {name}");
        }
    }
    assert!(refused > 50);
}

#[test]
fn pieces_of_logs_are_whole_and_in_their_place() {
    let chain = chain_of(30, heavy);
    let (snapshot, pieces) = made(&chain, 30);
    let cut = (0..snapshot.cuts()).find(|cut| snapshot.starts(*cut).len() > 2).unwrap();
    let (_, logs) = snapshot.check_state(cut, &pieces[&Piece::State { cut }]).unwrap();
    let honest: LogsPiece = codec::decode(&pieces[&Piece::Logs { cut, part: 1 }], SNAPSHOT_PIECE_BYTES_MAX).unwrap();
    let judge = |change: &dyn Fn(&mut LogsPiece)| {
        let mut piece = honest.clone();
        change(&mut piece);
        snapshot.check_logs(cut, 1, &logs, &codec::encode(&piece)).map(|_| ())
    };
    judge(&|_| {}).unwrap();
    assert!(matches!(judge(&|piece| drop(piece.runs.pop())), Err(BadPiece::Run { .. })));
    assert!(matches!(judge(&|piece| piece.runs.insert(0, piece.runs[0].clone())), Err(BadPiece::Run { run: 1 })));
    assert!(judge(&|piece| drop(piece.runs[0].records.pop())).is_err());
    assert!(judge(&|piece| drop(piece.runs[0].records.remove(0))).is_err());
    assert!(matches!(
        judge(&|piece| piece.runs[0].proof = RangeProof(vec![Hash::ZERO; 200])),
        Err(BadPiece::Records { run: 0, .. })
    ));
    assert!(matches!(judge(&|piece| piece.runs[0].records[0] = vec![1; 10]), Err(BadPiece::Record { run: 0, .. })));
    assert!(matches!(snapshot.check_logs(cut, 9_999, &logs, &[]), Err(BadPiece::Unknown)));
    assert!(matches!(snapshot.check_state(9_999, &[]), Err(BadPiece::Unknown)));
    // A manifest that lets logs begin elsewhere is found out with the state piece.
    let mut manifest = snapshot.manifest().clone();
    let place = usize::try_from(cut).unwrap();
    manifest.layout.logs[place].clear();
    let liar = manifest.verify(&chain.genesis).unwrap();
    assert_ne!(liar.id(), snapshot.id());
    assert!(matches!(liar.check_state(cut, &pieces[&Piece::State { cut }]), Err(BadPiece::Layout)));
}

#[test]
fn what_is_restored_in_part_is_no_ledger() {
    let chain = chain_of(12, work);
    let (_, pieces) = made(&chain, 12);
    let whole = MemoryStore::new();
    drop(snapshot::restore(whole.clone(), &pieces, &chain.genesis, |_| {}).unwrap());
    let writes = whole.writes();
    assert!(writes >= 3, "{writes}");
    for after in 0..writes {
        for fault in [Fault::Lost, Fault::Kept] {
            let store = MemoryStore::new();
            store.fail_after(after, fault);
            assert!(snapshot::restore(store.clone(), &pieces, &chain.genesis, |_| {}).is_err());
            store.crash(usize::MAX);
            match Ledger::open(store.clone(), &chain.genesis) {
                Err(LedgerError::Empty) => assert_eq!((after, fault), (0, Fault::Lost)),
                Err(LedgerError::HalfRestored { height: Height(12) }) => {
                    let again = snapshot::restore(store, &pieces, &chain.genesis, |_| {});
                    assert!(matches!(again, Err(SnapshotError::Ledger(LedgerError::NotEmpty))));
                }
                Ok(ledger) => {
                    assert_eq!((after + 1, fault), (writes, Fault::Kept), "the last write makes it one");
                    assert_eq!(ledger.tip(), chain.tip());
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    // A power failure keeps what was written before it, or some of it.
    for kept in 0..4 {
        let store = MemoryStore::new();
        store.fail_after(writes - 1, Fault::Lost);
        assert!(snapshot::restore(store.clone(), &pieces, &chain.genesis, |_| {}).is_err());
        store.crash(kept);
        let opened = Ledger::open(store, &chain.genesis);
        assert!(matches!(opened, Err(LedgerError::HalfRestored { .. })), "{opened:?}");
    }
    let mut lacking = pieces.clone();
    lacking.remove(&Piece::State { cut: 0 });
    let missing = snapshot::restore(MemoryStore::new(), &lacking, &chain.genesis, |_| {});
    assert!(matches!(missing, Err(SnapshotError::Missing { piece: Piece::State { cut: 0 } })));
}

#[test]
fn heights_that_are_not_certified_or_not_kept_have_no_snapshot() {
    let mut chain = chain_of(6, work);
    chain.commit(&work(7));
    let mut pieces = Pieces::new();
    let mut make = |chain: &Chain<MemoryStore>, height| {
        snapshot::make(&chain.reader(), &chain.genesis, Height(height), &mut pieces, |_| {}).map(|_| ())
    };
    assert!(matches!(make(&chain, 7), Err(SnapshotError::Height { height: Height(7), .. })));
    assert!(matches!(make(&chain, 0), Err(SnapshotError::Height { .. })));
    assert!(matches!(make(&chain, 8), Err(SnapshotError::Ledger(LedgerError::Unknown { .. }))));
    assert!(make(&chain, 1).is_ok() && make(&chain, 6).is_ok());
    // A pinned height stays readable while others are pruned, and no longer.
    let pin = chain.reader().pin(Height(6)).unwrap();
    for height in 8..=200 {
        chain.commit_certified(&work(height));
    }
    assert!(matches!(make(&chain, 5), Err(SnapshotError::Ledger(LedgerError::Pruned { oldest: Height(6), .. }))));
    assert_eq!(chain.reader().oldest_state(), Height(6));
    drop(pin);
    for height in 201..=330 {
        chain.commit_certified(&work(height));
    }
    assert!(chain.reader().oldest_state() > Height(190));
}

#[test]
fn a_folder_keeps_pieces_as_files_and_a_check_says_which_are_bad() {
    let directory = tempfile::tempdir().unwrap();
    let chain = chain_of(12, heavy);
    let mut folder = Folder::make(&directory.path().join("12")).unwrap();
    let made = snapshot::make(&chain.reader(), &chain.genesis, Height(12), &mut folder, |_| {}).unwrap();
    assert_eq!(made.height(), Height(12));
    folder.sync().unwrap();
    let (snapshot, checked) = snapshot::check(&folder, &chain.genesis, |_| {}).unwrap();
    assert!(checked.is_sound(), "{checked:?}");
    assert_eq!((snapshot.height(), checked.pieces), (Height(12), snapshot.pieces()));
    let restored = snapshot::restore(MemoryStore::new(), &folder, &chain.genesis, |_| {}).unwrap();
    assert_eq!(restored.tip(), chain.tip());

    let name = Piece::State { cut: 1 };
    let path = folder.path().join(name.to_string());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    folder.remove(Piece::State { cut: 2 }).unwrap();
    let (_, checked) = snapshot::check(&folder, &chain.genesis, |_| {}).unwrap();
    assert_eq!(checked.faults_count, 2, "{checked:?}");
    assert!(
        checked.faults[0].contains("state-00000001")
            && checked.faults[1].contains("state-00000002 of the snapshot is missing")
    );
    // A file that grew without bound is read no further than a piece may be long.
    std::fs::write(&path, vec![0; 4 << 20]).unwrap();
    assert_eq!(Shelf::get(&folder, name).unwrap().unwrap().len(), SNAPSHOT_PIECE_BYTES_MAX + 1);
}

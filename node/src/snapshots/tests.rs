#![allow(clippy::unwrap_used)]

use super::*;
use countersign_ledger::{ExecutedBlock, Ledger, MemoryStore};
use countersign_types::vote::{Phase, VoteStatement};
use countersign_types::{
    Account, Block, Certificate, DeployPolicy, Header, KeyEntry, Organisation, Parameters, Roles, Rules, SecretKey,
    TimestampMs, Validator, ValidatorSet, View, merkle,
};

fn key() -> SecretKey {
    SecretKey::from_seed(&[1; 32])
}

fn genesis() -> Genesis {
    let validator = Validator {
        organisation: "farm".into(),
        key: key().public(),
        network_key: SecretKey::from_seed(&[2; 32]).public(),
    };
    Genesis {
        network: "test".into(),
        time: TimestampMs(1_700_000_000_000),
        parameters: Parameters::default(),
        deployment: DeployPolicy::default(),
        governance: Rules::default(),
        validators: ValidatorSet::new(vec![validator]).unwrap(),
        organisations: vec![Organisation::new("farm", "Farm")],
        accounts: vec![Account {
            id: "farm/erp".parse().unwrap(),
            roles: Roles::SUBMITTER,
            keys: vec![KeyEntry { key: key().public(), valid_from: Height::ZERO, valid_to: None }],
            attributes: std::collections::BTreeMap::new(),
        }],
    }
}

fn certify(genesis: &Genesis, phase: Phase, digest: Hash) -> Certificate {
    let (chain, validators) = (genesis.chain(), genesis.validators.hash());
    let (epoch, number) = (countersign_types::Epoch::ZERO, 1);
    let statement = VoteStatement { chain, epoch, validators, phase, number, digest };
    Certificate { phase, epoch, number, digest, signatures: vec![(0, statement.sign(&key()))] }
}

/// The snapshot of a chain of one block, in a node's data directory.
fn make(data: &Path) -> Genesis {
    let genesis = genesis();
    let mut ledger = Ledger::create(MemoryStore::new(), &genesis).unwrap();
    let header = Header {
        chain: genesis.chain(),
        height: Height(1),
        epoch: countersign_types::Epoch::ZERO,
        view: View(1),
        parent: ledger.tip().block,
        time: genesis.time.plus(1),
        proposer: 0,
        validators: genesis.validators.hash(),
        transactions_root: merkle::root(&[]),
        transactions: 0,
        result: Hash::ZERO,
    };
    let block = Block { header, transactions: Vec::new() };
    let result = ledger
        .commit(ExecutedBlock {
            certificate: certify(&genesis, Phase::Commit, block.hash()),
            block,
            transactions: Vec::new(),
            receipts: Vec::new(),
            writes: BTreeMap::new(),
            log_records: Vec::new(),
            overrides: Vec::new(),
            expected: None,
        })
        .unwrap();
    ledger.put_result_certificate(&result, &certify(&genesis, Phase::Checkpoint, result.hash())).unwrap();
    let mut folder = Folder::make(&data.join(SNAPSHOTS_DIRECTORY).join("1")).unwrap();
    let _ = countersign_ledger::snapshot::make(&ledger.reader(), &genesis, Height(1), &mut folder, |_| {}).unwrap();
    genesis
}

#[test]
fn a_node_that_makes_none_offers_none_and_holds_nothing_back() {
    let data = tempfile::tempdir().unwrap();
    let genesis = make(data.path());
    let made = Snapshots::open(data.path(), &genesis, 100).unwrap();
    assert_eq!((made.offers().len(), made.needed_from()), (1, Some(Height(2))));
    let none = Snapshots::open(data.path(), &genesis, 0).unwrap();
    let place = data.path().join(SNAPSHOTS_DIRECTORY).join("1");
    assert_eq!((none.offers().len(), none.needed_from(), place.exists()), (0, None, true));
}

#[test]
fn a_damaged_piece_is_not_served_and_its_snapshot_no_more_offered() {
    let pieces = [Piece::Manifest { part: 0 }, Piece::State { cut: 0 }];
    for damaged in pieces {
        let data = tempfile::tempdir().unwrap();
        let genesis = make(data.path());
        let snapshots = Snapshots::open(data.path(), &genesis, 100).unwrap();
        let id = snapshots.offers().first().unwrap().snapshot;
        // What it never had says nothing about the disk.
        for piece in [Piece::State { cut: 9 }, Piece::Logs { cut: 0, part: 0 }, Piece::Manifest { part: 1 }] {
            assert_eq!(snapshots.piece(&id, piece), None);
        }
        assert!(pieces.iter().all(|piece| snapshots.piece(&id, *piece).is_some()));
        let place = data.path().join(SNAPSHOTS_DIRECTORY).join("1");
        let file = place.join(damaged.to_string());
        let mut bytes = fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        *bytes.get_mut(middle).unwrap() ^= 1;
        fs::write(&file, bytes).unwrap();
        assert_eq!((snapshots.offers().len(), snapshots.damaged()), (1, 0));
        assert_eq!(snapshots.piece(&id, damaged), None);
        assert_eq!((snapshots.offers(), snapshots.damaged(), place.exists()), (Vec::new(), 1, false));
        assert_eq!((snapshots.needed_from(), snapshots.piece(&id, damaged)), (None, None));
    }
}

//! Bytes that must not change: the journal's records and the messages of each class.

use crate::chain::{call, genesis, header, key};
use crate::network::certificate;
use countersign_consensus::{Message, Record};
use countersign_ledger::LogRun;
use countersign_ledger::snapshot::{Piece as SnapshotPiece, StatePiece};
use countersign_replica::heal::StatePlace;
use countersign_replica::journal::JournalRecord;
use countersign_replica::snapshot::Offer;
use countersign_replica::wire::{CertifiedBlock, Class, Part, Piece, Wire};
use countersign_types::proof::Entry;
use countersign_types::range::RangeProof;
use countersign_types::restart::AdminSignature;
use countersign_types::state::{Step, Witness};
use countersign_types::{
    Address, Block, Epoch, EpochEnd, ExecutionResult, Hash, Header, Height, Override, Phase, Restart, SignedOverride,
    View, codec, merkle, overrides, state_key,
};

fn wires() -> Vec<(Class, &'static str, Wire)> {
    let query = Message::Query { view: View(3), finalised: View(2), certified: Height(1) };
    vec![
        (
            Class::Consensus,
            "00050000000000000006030000000000000002000000000000000100000000000000",
            Wire::Consensus { epoch: Epoch(5), message: query },
        ),
        (Class::Consensus, WANTED, Wire::TransactionsWanted(vec![Hash([7; 32])])),
        (Class::Consensus, "020200000002000000010200000000", Wire::Transactions(vec![vec![1, 2], vec![]])),
        (Class::Sync, "030900000000000000", Wire::BlocksWanted { from: Height(9) }),
        (Class::Sync, "04090000000000000000000000", Wire::Blocks { certified: Height(9), blocks: Vec::new() }),
        (Class::Sync, CERTIFIED, Wire::Blocks { certified: Height(1), blocks: vec![certified()] }),
        (Class::Sync, "05090000000000000000", Wire::RecordWanted { height: Height(9), part: Part::Block }),
        (
            Class::Sync,
            "0509000000000000000102000000",
            Wire::RecordWanted { height: Height(9), part: Part::Receipts { from: 2 } },
        ),
        (Class::Sync, "0609000000000000000000", Wire::Record { height: Height(9), piece: Piece::Block(None) }),
        (
            Class::Sync,
            "060900000000000000010200000000000000",
            Wire::Record { height: Height(9), piece: Piece::Receipts { from: 2, receipts: Vec::new() } },
        ),
        (Class::Sync, "07", Wire::SnapshotsWanted),
        (
            Class::Sync,
            "08010000000900000000000000070707070707070707070707070707070707070707070707070707070707070702000000",
            Wire::Snapshots(vec![Offer { height: Height(9), snapshot: Hash([7; 32]), manifest_parts: 2 }]),
        ),
        (
            Class::Sync,
            "090707070707070707070707070707070707070707070707070707070707070707020400000003000000",
            Wire::SnapshotPieceWanted { snapshot: Hash([7; 32]), piece: SnapshotPiece::Logs { cut: 4, part: 3 } },
        ),
        (
            Class::Sync,
            "0a0707070707070707070707070707070707070707070707070707070707070707010400000001020000000102",
            Wire::SnapshotPiece {
                snapshot: Hash([7; 32]),
                piece: SnapshotPiece::State { cut: 4 },
                bytes: Some(vec![1, 2]),
            },
        ),
        (Class::Sync, "0b0900000000000000", Wire::BlocksGone { oldest: Height(9) }),
        (
            Class::Sync,
            "0c09000000000000000100000007070707070707070707070707070707070707070707070707070707070707070c00",
            Wire::StateWanted { height: Height(9), places: vec![StatePlace { prefix: Hash([7; 32]), depth: 12 }] },
        ),
        (
            Class::Sync,
            "0d020000000001010000000100000003020000000405",
            Wire::State { pieces: vec![None, Some(StatePiece { entries: vec![(vec![3], vec![4, 5])] })] },
        ),
        (
            Class::Sync,
            "0e070707070707070707070707070707070707070707070707070707070707070702000000010209000000000000000400000000000000",
            Wire::LogWanted { contract: Address([7; 32]), key: vec![1, 2], count: 9, start: 4 },
        ),
        (
            Class::Sync,
            "0f0101000000020000000304010000000808080808080808080808080808080808080808080808080808080808080808",
            Wire::Log(Some(LogRun { records: vec![vec![3, 4]], proof: RangeProof(vec![Hash([8; 32])]) })),
        ),
        (Class::Sync, "0f00", Wire::Log(None)),
    ]
}

const WANTED: &str = "01010000000707070707070707070707070707070707070707070707070707070707070707";

/// A block that has all a block can be sent with. `WRITE_VECTORS=1` writes its golden bytes.
const CERTIFIED: &str = include_str!("certified_block.hex");

fn certified() -> CertifiedBlock {
    let transaction = call(11, 1);
    let transactions = vec![transaction.hash()];
    let header = Header { transactions_root: merkle::root(&transactions), transactions: 1, ..header(1, 1) };
    let block = Block { header, transactions };
    let hash = block.hash();
    let chain = genesis().chain();
    let decree = Override { chain, height: Height(1), block: hash, transaction: transaction.id(), code: 7 };
    let parts: Vec<SignedOverride> = (1..=3).map(|number| decree.sign(&key(number))).collect();
    let overrides = vec![SignedOverride::join(&parts).unwrap()];
    let result = ExecutionResult {
        height: Height(1),
        block: hash,
        state_root: Hash([1; 32]),
        receipts_root: Hash([2; 32]),
        events_root: Hash([3; 32]),
        next_validators: genesis().validators.hash(),
        range_root: Hash([4; 32]),
        overrides: overrides::root(&overrides),
    };
    let (finality, certificate) =
        (certificate(Phase::Commit, 1, hash), certificate(Phase::Checkpoint, 1, result.hash()));
    let account = "a/admin".parse().unwrap();
    let restart = Restart {
        epoch: Epoch(1),
        signatures: vec![AdminSignature { account, key: key(11).public(), signature: key(11).sign(b"order") }],
        entries: vec![Entry { key: state_key::epoch(), value: Some(vec![5]) }],
        witness: Witness(vec![Step::Node, Step::Empty, Step::Stub(Hash([6; 32]))]),
    };
    let end = EpochEnd {
        result: result.clone(),
        certificate: certificate.clone(),
        validators: genesis().validators,
        restart: Some(restart),
    };
    CertifiedBlock {
        block,
        transactions: vec![transaction.bytes().to_vec()],
        finality,
        result,
        certificate,
        overrides,
        restart: Some(Box::new(end)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn messages_are_the_golden_ones_and_pass_in_their_own_class_alone() {
    if std::env::var_os("WRITE_VECTORS").is_some() {
        let wire = Wire::Blocks { certified: Height(1), blocks: vec![certified()] };
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/replica/certified_block.hex");
        std::fs::write(path, hex(&wire.to_bytes())).unwrap();
    }
    for (class, golden, wire) in wires() {
        let bytes = wire.to_bytes();
        assert_eq!(hex(&bytes), golden, "{wire:?}");
        assert_eq!(wire.class(), class);
        assert_eq!(Wire::from_bytes(&bytes, class).unwrap(), wire);
        let other = if class == Class::Sync { Class::Consensus } else { Class::Sync };
        assert!(Wire::from_bytes(&bytes, other).is_err(), "{wire:?} in the wrong class");
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(
            Wire::from_bytes(&longer, class).is_err() && Wire::from_bytes(&bytes[..bytes.len() - 1], class).is_err()
        );
    }
    for class in [Class::Consensus, Class::Sync] {
        assert!(Wire::from_bytes(&vec![0; class.bytes_max() + 1], class).is_err());
    }
}

#[test]
fn a_block_in_an_answer_counts_with_all_that_goes_with_it() {
    let block = certified();
    assert_eq!(block.bytes(), codec::encode(&block).len());
}

#[test]
fn journal_records_come_back_as_they_were_written() {
    let transaction = call(11, 1);
    let block = Block { header: header(1, 1), transactions: vec![transaction.hash()] };
    for record in [
        JournalRecord::Engine(Record::origin(genesis().chain(), crate::chain::key(1).public())),
        JournalRecord::Engine(Record::Amnesia),
        JournalRecord::Payload {
            block,
            ancestors: vec![Hash([3; 32])],
            transactions: vec![transaction.bytes().to_vec()],
        },
    ] {
        let bytes = record.to_bytes();
        assert_eq!(JournalRecord::from_bytes(&bytes).unwrap(), record);
        assert!(JournalRecord::from_bytes(&bytes[1..]).is_err());
    }
    assert_eq!(hex(&JournalRecord::Engine(Record::Amnesia).to_bytes()), "0004");
}

//! Damaged blocks: never served, asked for again, and taken from nobody who cannot prove them.

use crate::chain::{call, genesis, key, open};
use crate::network::{Validator, certified_blocks, sent};
use countersign_consensus::Target;
use countersign_ledger::store::Space;
use countersign_ledger::verify::verify;
use countersign_ledger::{Ledger, MemoryStore};
use countersign_replica::Output;
use countersign_replica::wire::{CertifiedBlock, Part, Piece, Wire};
use countersign_types::{Hash, Height, Receipt};

const BLOCKS: usize = 6;
const AT: Height = Height(3);

/// Validator 3 with blocks that others made, its disk, and what they are.
struct Damaged {
    validator: Validator,
    store: MemoryStore,
    blocks: Vec<CertifiedBlock>,
    receipts: Vec<Receipt>,
}

fn started(store: &MemoryStore) -> Validator {
    Validator::with(3, open(Ledger::open(store.clone(), &genesis()).unwrap(), Some(key(4))))
}

/// Bits of these rows of a block have flipped.
fn damaged(spaces: &[Space]) -> Damaged {
    let store = MemoryStore::new();
    let calls: Vec<_> = (0..BLOCKS as u64).map(|nonce| call(11, nonce)).collect();
    let blocks = certified_blocks(BLOCKS, &calls);
    let mut validator = Validator::with(3, open(Ledger::create(store.clone(), &genesis()).unwrap(), Some(key(4))));
    let (peer, _) = validator.fall_behind(0);
    validator.hear(peer, Wire::Blocks { certified: Height(BLOCKS as u64), blocks: blocks.clone() });
    assert_eq!(validator.height(), Height(BLOCKS as u64));
    let receipts = validator.replica.reader().receipts(AT).unwrap();
    for space in spaces {
        assert!(store.rot(*space, &AT.0.to_be_bytes(), 321));
    }
    Damaged { validator, store, blocks, receipts }
}

/// What is asked for, and of whom.
fn asked(outputs: &[Output]) -> Option<(u16, Height, Part)> {
    sent(outputs).find_map(|(to, message)| match (to, message) {
        (Target::One(peer), Wire::RecordWanted { height, part }) => Some((peer, *height, *part)),
        _ => None,
    })
}

fn mended(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Mended { height } if *height == AT))
}

impl Damaged {
    /// A peer asks for the damaged block and gets none of it; then the validator asks others.
    fn noticed(&mut self) -> (u16, Height, Part) {
        let outputs = self.validator.hear(0, Wire::BlocksWanted { from: AT });
        assert!(sent(&outputs).all(|(_, message)| match message {
            Wire::Blocks { blocks, .. } => blocks.is_empty(),
            _ => true,
        }));
        asked(&outputs).expect("it asks for what is damaged")
    }

    fn block(&self) -> Box<CertifiedBlock> {
        Box::new(self.blocks[2].clone())
    }

    fn answer(&mut self, from: u16, piece: Piece) -> Vec<Output> {
        self.validator.hear(from, Wire::Record { height: AT, piece })
    }

    fn is_sound(&self) -> bool {
        verify(&self.validator.replica.reader(), &genesis(), |_| ()).is_sound()
    }
}

#[test]
fn each_part_of_a_block_is_brought_again() {
    for (spaces, parts) in [
        (vec![Space::Headers], vec![Part::Block]),
        (vec![Space::Bodies], vec![Part::Block]),
        (vec![Space::Certificates], vec![Part::Block]),
        (vec![Space::Receipts], vec![Part::Receipts { from: 0 }]),
        (vec![Space::Headers, Space::Receipts], vec![Part::Block, Part::Receipts { from: 0 }]),
        (vec![Space::Bodies, Space::Receipts, Space::Certificates], vec![Part::Block, Part::Receipts { from: 0 }]),
    ] {
        let mut damaged = damaged(&spaces);
        let (mut peer, height, mut part) = match spaces == [Space::Receipts] {
            true => {
                assert!(damaged.validator.replica.reader().receipts(AT).is_err());
                asked(&damaged.validator.wait(1)).unwrap()
            }
            false => damaged.noticed(),
        };
        let mut outputs = Vec::new();
        for (index, expected) in parts.iter().enumerate() {
            assert_eq!((height, part), (AT, *expected), "{spaces:?}");
            let piece = match part {
                Part::Block => Piece::Block(Some(damaged.block())),
                Part::Receipts { from } => Piece::Receipts { from, receipts: damaged.receipts.clone() },
            };
            outputs = damaged.answer(peer, piece);
            if index + 1 < parts.len() {
                (peer, _, part) = asked(&outputs).unwrap();
            }
        }
        assert!(mended(&outputs), "{spaces:?}");
        assert!(damaged.is_sound(), "{spaces:?}");
        assert_eq!(asked(&damaged.validator.wait(100_000)), None, "nothing is missing any more");
        // It is durable.
        damaged.store.crash(0);
        damaged.validator = started(&damaged.store);
        assert!(damaged.is_sound(), "{spaces:?}");
    }
}

#[test]
fn what_proves_nothing_changes_nothing_and_the_next_peer_is_asked() {
    let mut damaged = damaged(&[Space::Bodies]);
    let (mut peer, ..) = damaged.noticed();
    let good = damaged.block();
    let mut lies: Vec<Option<Box<CertifiedBlock>>> = vec![None, Some(Box::new(damaged.blocks[3].clone()))];
    let lie = |change: &dyn Fn(&mut CertifiedBlock)| {
        let mut block = good.clone();
        change(&mut block);
        Some(block)
    };
    let other = damaged.blocks[4].clone();
    lies.push(lie(&|block| block.transactions.clear()));
    lies.push(lie(&|block| block.transactions[0] = other.transactions[0].clone()));
    lies.push(lie(&|block| block.result.state_root = Hash([9; 32])));
    lies.push(lie(&|block| block.certificate.signatures.truncate(2)));
    lies.push(lie(&|block| block.certificate = other.certificate.clone()));
    lies.push(lie(&|block| block.finality.signatures[0].1 = block.finality.signatures[1].1));
    lies.push(lie(&|block| block.block.header.time.0 += 1));
    for (index, lie) in lies.into_iter().enumerate() {
        // An answer of somebody who was not asked is not looked at.
        damaged.answer((peer + 1) % 3, Piece::Block(Some(damaged.block())));
        let outputs = damaged.answer(peer, Piece::Block(lie));
        assert!(!mended(&outputs), "lie {index}");
        let mut outputs = outputs;
        let next = (0..1_000).find_map(|_| {
            let next = asked(&outputs);
            outputs = damaged.validator.wait(100);
            next
        });
        let (next, ..) = next.expect("it asks on");
        assert_ne!(next, 3, "not itself");
        peer = next;
    }
    assert!(mended(&damaged.answer(peer, Piece::Block(Some(good)))));
    assert!(damaged.is_sound());
}

#[test]
fn receipts_that_are_not_those_of_the_result_are_refused() {
    let mut damaged = damaged(&[Space::Receipts]);
    assert!(damaged.validator.replica.reader().receipts(AT).is_err());
    let (mut peer, ..) = asked(&damaged.validator.wait(1)).unwrap();
    let good = damaged.receipts.clone();
    let mut richer = good.clone();
    richer[0].gas_used.0 += 1;
    for (from, receipts) in
        [(0, richer), (1, good.clone()), (0, Vec::new()), (0, [good.clone(), good.clone()].concat())]
    {
        let outputs = damaged.answer(peer, Piece::Receipts { from, receipts });
        assert!(!mended(&outputs));
        let (next, _, part) = asked(&outputs).expect("the next one is asked at once");
        assert_eq!(part, Part::Receipts { from: 0 });
        assert_ne!(next, peer);
        peer = next;
    }
    assert!(mended(&damaged.answer(peer, Piece::Receipts { from: 0, receipts: good })));
    assert!(damaged.is_sound());
}

#[test]
fn who_has_a_record_serves_it_and_who_has_not_says_so() {
    let mut damaged = damaged(&[Space::Receipts]);
    let mut piece = |height, part| {
        let outputs = damaged.validator.hear(0, Wire::RecordWanted { height, part });
        sent(&outputs).find_map(|(to, message)| match message {
            Wire::Record { height: of, piece } => Some((to, *of == height, piece.clone())),
            _ => None,
        })
    };
    let to = Target::One(0);
    let block = |index: usize| Box::new(damaged_blocks()[index].clone());
    assert_eq!(piece(Height(2), Part::Block), Some((to, true, Piece::Block(Some(block(1))))));
    let receipts = piece(Height(2), Part::Receipts { from: 0 });
    assert!(matches!(receipts, Some((_, true, Piece::Receipts { from: 0, receipts })) if receipts.len() == 1));
    let past = piece(Height(2), Part::Receipts { from: 7 });
    assert_eq!(past, Some((to, true, Piece::Receipts { from: 7, receipts: Vec::new() })));
    let lost = piece(AT, Part::Receipts { from: 0 });
    assert_eq!(lost, Some((to, true, Piece::Receipts { from: 0, receipts: Vec::new() })));
    assert_eq!(piece(Height(99), Part::Block), None, "nothing is said of what is not certified");
    assert_eq!(piece(Height(0), Part::Block), None);
}

/// The same blocks again: signatures are deterministic.
fn damaged_blocks() -> Vec<CertifiedBlock> {
    let calls: Vec<_> = (0..BLOCKS as u64).map(|nonce| call(11, nonce)).collect();
    certified_blocks(BLOCKS, &calls)
}

//! Snapshots, as peers and files bring them.

use countersign_ledger::snapshot::{LogStart, LogsPiece, Manifest, Place, StatePiece};
use countersign_types::state::{path, value_hash};
use countersign_types::{Genesis, Hash, codec};

/// A manifest that the genesis' validators did not sign is refused.
pub fn manifest(data: &[u8]) {
    let Ok(manifest) = Manifest::from_bytes(data) else { return };
    assert_eq!(codec::encode(&manifest), data, "two encodings of one manifest");
    let genesis: Genesis = codec::decode(&genesis(), usize::MAX).expect("the golden genesis");
    if manifest.verify(&genesis).is_ok() {
        assert!(manifest_seeds().iter().any(|seed| seed == data), "nobody signed this");
    }
}

/// A piece is what it claims under no hash but its own.
pub fn piece(data: &[u8]) {
    let place = Place { prefix: Hash::ZERO, depth: 0, hash: Hash([1; 32]) };
    assert!(StatePiece::verify(data, &place).is_err(), "entries with a hash that nobody can have found");
    if let Ok(piece) = codec::decode::<StatePiece>(data, 1 << 16)
        && let [(key, value)] = piece.entries.as_slice()
    {
        let hash = countersign_types::state::leaf_hash(&path(key), &value_hash(value));
        let piece = StatePiece::verify(data, &Place { hash, ..place }).expect("a lone entry is its own subtree");
        let _ = piece.logs();
    }
    let start = LogStart { log: 0, index: 0 };
    assert!(LogsPiece::verify(data, &[], start, None).is_err(), "records of no log");
}

pub fn manifest_seeds() -> Vec<Vec<u8>> {
    crate::seeds::ledger(&["snapshot.manifest"])
}

pub fn piece_seeds() -> Vec<Vec<u8>> {
    crate::seeds::ledger(&["snapshot.small", "snapshot.runs"])
}

fn genesis() -> Vec<u8> {
    crate::seeds::ledger(&["genesis"]).swap_remove(0)
}

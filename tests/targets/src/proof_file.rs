//! Proof files and checkpoints as a verifier reads them, beginning with the golden files.
//!
//! Only one block of their chain has a certificate that a file can rest on, and nobody has its keys: whatever is accepted
//! rests on that block.

use countersign_types::proof::Checkpoint;
use countersign_verify::{Options, report, trusted};

const GENESIS: &[u8] = include_bytes!("../../data/proof/genesis.json");
const CHECKPOINT: &[u8] = include_bytes!("../../data/proof/checkpoint.json");
const FILES: [&[u8]; 6] = [
    include_bytes!("../../data/proof/state.proof.json"),
    include_bytes!("../../data/proof/transaction.proof.json"),
    include_bytes!("../../data/proof/event.proof.json"),
    include_bytes!("../../data/proof/log-page.proof.json"),
    include_bytes!("../../data/proof/log-as-of.proof.json"),
    include_bytes!("../../data/proof/trace-as-of.proof.json"),
];

/// Reads it as a file, under both roots, and as a root.
pub fn file(data: &[u8]) {
    for root in [GENESIS, CHECKPOINT] {
        if let Ok(found) = report(data, root, &Options::default()) {
            let certified = found.basis.certified;
            let known: Result<Checkpoint, _> = serde_json::from_slice(CHECKPOINT);
            assert!(
                known.is_ok_and(|known| known.block == certified.block && known.result == certified.result),
                "forged"
            );
            assert!(serde_json::to_string(&found).is_ok(), "a report cannot be written");
        }
    }
    let _ = trusted(data);
}

/// Two golden files of each sort, compact as nodes write them, and the roots.
pub fn seeds() -> Vec<Vec<u8>> {
    let compact = |text: &[u8]| {
        let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
        value.to_string().into_bytes()
    };
    FILES.iter().copied().chain([GENESIS, CHECKPOINT]).map(compact).collect()
}

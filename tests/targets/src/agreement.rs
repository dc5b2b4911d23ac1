//! What validators say to each other, and what they read from their own disk.

use crate::ledger::decoded;
use countersign_consensus::vote_journal::replay;
use countersign_consensus::{Message, Record};
#[cfg(feature = "replica")]
use countersign_replica::wire::{Class, Wire};
use countersign_types::Hash;

pub fn message(data: &[u8]) {
    if let Ok(message) = Message::decode(data) {
        assert_eq!(message.encode(), data, "two encodings of one message");
    }
}

pub fn record(data: &[u8]) {
    if let Ok(record) = Record::decode(data) {
        assert_eq!(record.encode(), data, "two encodings of one record");
        let _ = decoded::<Record>(data, data.len());
    }
}

/// What is read back is read back again, also after repair.
pub fn journal(data: &[u8]) {
    let Ok(first) = replay(data, Hash::ZERO) else { return };
    assert!(first.valid_len <= data.len());
    let whole = first.repaired.clone().unwrap_or_else(|| data.get(..first.valid_len).unwrap_or_default().to_vec());
    let Ok(again) = replay(&whole, Hash::ZERO) else { unreachable!("a repaired journal is damaged") };
    assert_eq!(again.payloads, first.payloads);
    assert_eq!((again.valid_len, again.repaired), (whole.len(), None));
}

#[cfg(feature = "replica")]
pub fn wire(data: &[u8]) {
    for class in [Class::Consensus, Class::Sync] {
        if let Ok(wire) = Wire::from_bytes(data, class) {
            assert_eq!(wire.to_bytes(), data, "two encodings of one message");
            assert!(wire.class() == class);
        }
    }
}

#[cfg(feature = "replica")]
pub fn wire_seeds() -> Vec<Vec<u8>> {
    let messages = crate::seeds::consensus("message/").into_iter().filter_map(|bytes| Message::decode(&bytes).ok());
    let others = [
        Wire::TransactionsWanted(vec![Hash::ZERO]),
        Wire::Transactions(crate::seeds::ledger(&["transaction.call"])),
        Wire::BlocksWanted { from: countersign_types::Height(3) },
        Wire::Blocks { certified: countersign_types::Height(3), blocks: Vec::new() },
    ];
    let consensus = messages.map(|message| Wire::Consensus { epoch: countersign_types::Epoch(1), message });
    consensus.chain(others).map(|wire| wire.to_bytes()).collect()
}

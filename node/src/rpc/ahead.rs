//! Reading ahead for histories.
//!
//! A contract reads the record of each event when it comes to it, one after the other, and on a ledger that is larger than
//! memory each waits for the disk twice. The item's log says beforehand which records these are, so they are read here, several
//! at a time, into the ledger's caches. What is read is thrown away: the answer is the contract's alone, and a contract of
//! another layout only loses the time.

use super::conn::Node;
use crate::limits::{AHEAD_RECORDS_EACH, AHEAD_RECORDS_MAX, AHEAD_THREADS};
use countersign_epcis::Identifier;
use countersign_epcis::register::{Entry, Pos, Role, Stored as _, key};
use countersign_ledger::LedgerError;
use countersign_types::hash::sha256;
use countersign_types::{Address, Height, state_key};

/// Whose history is going to be read.
pub(super) struct Ahead<'a> {
    pub contract: Address,
    pub item: &'a Identifier,
    /// The state that is read.
    pub over: Height,
    /// The last event that is not asked for.
    pub after: Option<Pos>,
    /// Most events.
    pub limit: usize,
}

impl Ahead<'_> {
    /// Reads the records of the item's events. What fails here fails again where it matters.
    pub fn read(&self, node: &Node) {
        let Ok(keys) = self.keys(node) else { return };
        let each = keys.len().div_ceil(AHEAD_THREADS).max(AHEAD_RECORDS_EACH);
        if keys.len() <= each {
            return;
        }
        let reader = node.reader();
        std::thread::scope(|scope| {
            for some in keys.chunks(each) {
                let read = || some.iter().for_each(|key| drop(reader.read_at(key, self.over)));
                if std::thread::Builder::new().name("ahead".to_owned()).spawn_scoped(scope, read).is_err() {
                    return;
                }
            }
        });
    }

    /// State keys of the records, in the order in which they were written.
    fn keys(&self, node: &Node) -> Result<Vec<Vec<u8>>, LedgerError> {
        let log = key::naming(self.item.canonical(), sha256);
        let lines = node.reader().log_records(&self.contract, &log, 0, AHEAD_RECORDS_MAX)?;
        let entries = lines.iter().filter(|line| line.height <= self.over);
        let mut wanted: Vec<Pos> = entries
            .filter_map(|line| Entry::from_bytes(&line.entry).ok())
            .filter(|entry| entry.role != Role::Lot && self.after.is_none_or(|after| entry.pos > after))
            .map(|entry| entry.pos)
            .collect();
        wanted.sort_unstable();
        wanted.truncate(self.limit);
        wanted.sort_unstable_by_key(|pos| pos.sequence);
        Ok(wanted.iter().map(|pos| state_key::storage(&self.contract, &key::record(pos.sequence))).collect())
    }
}
